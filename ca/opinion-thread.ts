// Second opinions on another thread, where many certificates are made at once; one alone is judged where it is made.
import { Worker } from 'node:worker_threads';
import { agrees, type OpinionQuestion } from './second-opinion.ts';

/** Certificates under way from which on the other thread pays: waking it costs as much as one opinion. */
const MANY = 4;
/** Questions sent together. */
const TOGETHER = 8;
/** Questions the other thread may be behind before this one answers for itself. */
const BEHIND = 12;

/** Answers of one message, in the order of its questions: null where a question could not be answered at all. */
export type Opinions = readonly (boolean | null)[];

interface Waiting {
  readonly question: OpinionQuestion;
  readonly resolve: (agreed: boolean) => void;
  readonly reject: (error: Error) => void;
}

let worker: Worker | null = null;
let underWay = 0;
let gathering: Waiting[] = [];
/** Messages sent and not yet answered, in order. */
const sent: Waiting[][] = [];
let behind = 0;

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
    if (underWay < MANY) {
      resolve(agrees(question));
      return;
    }
    const waiting = { question, resolve, reject };
    if (behind >= BEHIND) {
      // In a turn of its own, so that what the other thread has answered comes in first.
      setImmediate(judge, waiting);
      return;
    }
    behind += 1;
    gathering.push(waiting);
    if (gathering.length >= TOGETHER) send();
    else if (gathering.length === 1) setImmediate(send);
  });
}

function send(): void {
  if (gathering.length === 0) return;
  const batch = gathering;
  gathering = [];
  sent.push(batch);
  worker ??= start();
  worker.ref();
  worker.postMessage(batch.map(({ question }) => question));
}

function start(): Worker {
  const entry = import.meta.url.endsWith('.ts') ? './opinion-worker.ts' : './opinion-worker.js';
  const started = new Worker(new URL(entry, import.meta.url), { execArgv: [] });
  started.on('message', (opinions: Opinions) => answer(opinions));
  const ended = (): void => {
    if (worker === started) worker = null;
    // The thread died, the questions did not: they are answered here.
    for (const batch of sent.splice(0)) settle(batch, []);
  };
  started.on('error', ended);
  started.on('exit', ended);
  return started;
}

function answer(opinions: Opinions): void {
  const batch = sent.shift();
  // An idle thread does not keep the process alive.
  if (sent.length === 0) worker?.unref();
  if (batch !== undefined) settle(batch, opinions);
}

function settle(batch: readonly Waiting[], opinions: Opinions): void {
  behind -= batch.length;
  for (const [index, waiting] of batch.entries()) {
    const opinion = opinions[index] ?? null;
    // What the other thread could not say is said here, with its error.
    if (opinion === null) judge(waiting);
    else waiting.resolve(opinion);
  }
}

function judge({ question, resolve, reject }: Waiting): void {
  try {
    resolve(agrees(question));
  } catch (error) {
    reject(error instanceof Error ? error : new Error('No second opinion was to be had.', { cause: error }));
  }
}
