// Second opinions where many certificates are made at once: another thread answers them, and this one when it is free; one
// alone is judged where it is made.
import { Worker } from 'node:worker_threads';
import { OpinionSlots } from './opinion-slots.ts';
import { agrees, type OpinionQuestion } from './second-opinion.ts';

/** Certificates under way from which on the other thread pays: waking it costs as much as one opinion. */
const MANY = 4;

interface Waiting {
  readonly question: OpinionQuestion;
  readonly resolve: (agreed: boolean) => void;
  readonly reject: (error: Error) => void;
}

const slots = new OpinionSlots();
/** Who waits, by slot. */
const waiting = new Map<number, Waiting>();
let worker: Worker | null = null;
let underWay = 0;
let turnComes = false;

/** Counts a certificate under way while `work` lasts: by their number the place of judging is chosen. */
export async function underWayDuring<T>(work: () => Promise<T>): Promise<T> {
  underWay += 1;
  try {
    return await work();
  } finally {
    underWay -= 1;
  }
}

/** As `agrees`, here or on the other thread. Rejects as `agrees` throws. */
export function secondOpinion(question: OpinionQuestion): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asking = { question, resolve, reject };
    const slot = underWay < MANY ? null : slots.ask(question);
    if (slot === null) {
      judge(asking);
      return;
    }
    waiting.set(slot, asking);
    worker ??= start();
    comeBack();
  });
}

function comeBack(): void {
  if (turnComes) return;
  turnComes = true;
  setImmediate(turn);
}

/** Hands out what was answered; where nothing was, takes one question itself, or else waits to be told. */
function turn(): void {
  turnComes = false;
  worker?.unref();
  if (handOut()) {
    if (waiting.size > 0) comeBack();
    return;
  }
  if (waiting.size === 0) return;
  const slot = slots.take();
  if (slot !== null) {
    settleHere(slot);
    comeBack();
    return;
  }
  slots.waitForAnswer();
  // An answer that came just before would not be told of.
  if (handOut()) comeBack();
  else worker?.ref();
}

/** @returns whether there was anything to hand out. */
function handOut(): boolean {
  let some = false;
  for (const slot of waiting.keys()) {
    const opinion = slots.opinion(slot);
    if (opinion === undefined) continue;
    some = true;
    // What the other thread could not say is said here, with its error.
    if (opinion === null) settleHere(slot);
    else leave(slot)?.resolve(opinion);
  }
  return some;
}

function leave(slot: number): Waiting | undefined {
  const left = waiting.get(slot);
  waiting.delete(slot);
  slots.free(slot);
  return left;
}

function settleHere(slot: number): void {
  const left = leave(slot);
  if (left !== undefined) judge(left);
}

function judge({ question, resolve, reject }: Waiting): void {
  try {
    resolve(agrees(question));
  } catch (error) {
    reject(error instanceof Error ? error : new Error('No second opinion was to be had.', { cause: error }));
  }
}

function start(): Worker {
  const entry = import.meta.url.endsWith('.ts') ? './opinion-worker.ts' : './opinion-worker.js';
  const started = new Worker(new URL(entry, import.meta.url), {
    name: 'second opinion',
    execArgv: [],
    workerData: slots.memory,
  });
  started.on('message', comeBack);
  const ended = (): void => {
    if (worker !== started) return;
    worker = null;
    // The thread died, the questions did not: the ones it had are answered here.
    for (const slot of [...waiting.keys()]) if (slots.isTaken(slot)) settleHere(slot);
    comeBack();
  };
  started.on('error', ended);
  started.on('exit', ended);
  // An idle thread does not keep the process alive.
  started.unref();
  return started;
}
