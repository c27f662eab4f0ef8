// A process whose thread for second opinions dies over open questions, again and again: every question is answered all the same.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { secondOpinion, underWayDuring } from '../../ca/opinion-thread.ts';
import { plainQuestion } from './opinion-questions.ts';

/** Those for second opinions, the newest last: the loader of sources has a thread, too. */
const threads: Worker[] = [];
process.on('worker', (thread) => {
  if (thread.threadName === 'second opinion') threads.push(thread);
});

const question = plainQuestion();
const ask = (count: number): Promise<boolean[]> =>
  Promise.all(Array.from({ length: count }, () => underWayDuring(() => secondOpinion(question))));

// Threads that are idle or dying keep no process alive.
const awake = setInterval(() => undefined, 1000);
let rounds = 0;
for (; rounds < 6; rounds += 1) {
  await ask(8);
  const thread = threads.at(-1);
  if (threads.length !== rounds + 1 || thread === undefined) throw new Error('No other thread was started.');
  // Long enough for it to have started.
  await pause(300);
  const ended = once(thread, 'exit');
  // As many as have a slot: the thread is at the first of them when it dies.
  const asked = ask(30);
  void thread.terminate();
  const late = pause(20_000, null, { ref: false }).then(() => {
    throw new Error('Nobody answers.');
  });
  const answers = await Promise.race([asked, late]);
  if (answers.length !== 30 || answers.includes(false)) throw new Error('A question was answered wrongly.');
  await ended;
}
process.stdout.write(`${rounds} threads died\n`);
clearInterval(awake);
