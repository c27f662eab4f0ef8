// Worker thread: takes second opinions from shared memory and answers them there.
import { parentPort, workerData } from 'node:worker_threads';
import { OpinionSlots } from './opinion-slots.ts';
import { agrees } from './second-opinion.ts';

/** Looks for another question before the thread goes to sleep, some 50 µs: waking it costs about as much. */
const LOOKS = 5_000;

function opinion(slots: OpinionSlots, slot: number): boolean | null {
  try {
    return agrees(slots.question(slot));
  } catch {
    return null;
  }
}

function waitForQuestion(slots: OpinionSlots, asked: number): void {
  for (let look = 0; look < LOOKS; look += 1) if (slots.asked !== asked) return;
  slots.wait(asked);
}

const slots = new OpinionSlots(workerData as SharedArrayBuffer);
for (;;) {
  // Counted before looking: a question laid in meanwhile ends the wait at once.
  const { asked } = slots;
  for (let slot = slots.take(); slot !== null; slot = slots.take()) {
    if (slots.answer(slot, opinion(slots, slot))) parentPort?.postMessage(null);
  }
  waitForQuestion(slots, asked);
}
