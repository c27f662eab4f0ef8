// Worker threads that verify uploaded files: a hostile file costs its own time and nobody else's, and not for long.
import { Worker } from 'node:worker_threads';
import type { EvidenceSource } from '../verification/evidence.ts';
import type { VerificationDependencies } from '../verification/dependencies.ts';
import type { Report } from '../verification/report.ts';
import type { SealStatusRequest } from '../verification/seal-status.ts';
import type { TrustList } from '../verification/trust-list-model.ts';
import { ApiError } from './errors.ts';
import type { SealedUpload } from './upload.ts';

/** A file in memory, or one on disk that stays there until the report is made. */
export type FileToVerify = { readonly bytes: Uint8Array } | SealedUpload;

/** What a worker is told. */
export interface VerificationTask {
  readonly kind: 'task';
  readonly document: FileToVerify;
  readonly time: Date;
  /** By which the report names the file. */
  readonly documentDigest: VerificationDependencies['documentDigest'];
  readonly holder: VerificationDependencies['holder'];
  /** Of an encrypted PDF; the worker has the ciphers. */
  readonly password: string | undefined;
  readonly anchors: VerificationDependencies['anchors'];
  readonly policy: VerificationDependencies['policy'];
  /** Absent where it is the one the worker was told last. */
  readonly trustList?: TrustList | null;
}

/** What it asks meanwhile. */
export type VerificationQuestion =
  | { readonly kind: 'revocation'; readonly request: Parameters<EvidenceSource['revocation']>[0] }
  | { readonly kind: 'status-list'; readonly list: number; readonly supplyPoint: string | null }
  | { readonly kind: 'seal-status'; readonly request: SealStatusRequest };

export interface VerificationAnswer {
  readonly kind: 'answer';
  readonly id: number;
  readonly value: unknown;
}

export type VerificationReply =
  | { readonly kind: 'begun' }
  | { readonly kind: 'question'; readonly id: number; readonly question: VerificationQuestion }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'failed'; readonly message: string };

export interface VerificationPool {
  /**
   * Verifies a file with the facts given.
   * @throws ApiError `verification-busy`, `verification-too-costly`; whatever a source of facts throws
   */
  verify(document: FileToVerify, facts: VerificationDependencies): Promise<Report>;
  /** Stops the workers; what waits or runs is refused with `verification-busy`. */
  close(): Promise<void>;
}

export interface VerificationPoolOptions {
  /** Threads. */
  readonly workers: number;
  /** Files that may wait before `verification-busy`. */
  readonly queueLimit: number;
  /** Milliseconds one file may take. */
  readonly timeLimit: number;
  /** Megabytes one worker's own heap may grow to. */
  readonly memoryLimit: number;
}

interface Waiting {
  readonly document: FileToVerify;
  readonly facts: VerificationDependencies;
  readonly resolve: (report: Report) => void;
  readonly reject: (error: unknown) => void;
}

interface Slot {
  worker: Worker | null;
  /** The trust list that the worker has; undefined before its first file. */
  trustList: TrustList | null | undefined;
  current: Waiting | null;
  timer: NodeJS.Timeout | undefined;
}

/** What a worker may take to start, in milliseconds. */
const STARTING = 30_000;

function busy(): ApiError {
  return new ApiError('verification-busy', 'Too many files are waiting to be verified.', { retryAfter: 5 });
}

function tooCostly(): ApiError {
  return new ApiError('verification-too-costly', 'The file takes more work than a verification is given.');
}

class WorkerPool implements VerificationPool {
  readonly #options: VerificationPoolOptions;
  readonly #slots: readonly Slot[];
  readonly #queue: Waiting[] = [];
  #closed = false;

  constructor(options: VerificationPoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, () => ({
      worker: null,
      trustList: undefined,
      current: null,
      timer: undefined,
    }));
  }

  verify(document: FileToVerify, facts: VerificationDependencies): Promise<Report> {
    return new Promise((resolve, reject) => {
      if (this.#closed || this.#queue.length >= this.#options.queueLimit) {
        reject(busy());
        return;
      }
      this.#queue.push({ document, facts, resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(busy());
    for (const slot of this.#slots) await this.#giveUp(slot, busy());
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.current !== null) continue;
      const next = this.#queue.shift();
      if (next === undefined) return;
      slot.current = next;
      this.#limit(slot, this.#options.timeLimit + STARTING);
      slot.worker ??= this.#start(slot);
      slot.worker.ref();
      const { document, facts } = next;
      const trustList = facts.trustList ?? null;
      // Copying the list into the worker costs this thread more than all else of a verification.
      const news = trustList === slot.trustList ? {} : { trustList };
      slot.trustList = trustList;
      slot.worker.postMessage({
        kind: 'task',
        document,
        time: facts.time,
        documentDigest: facts.documentDigest,
        holder: facts.holder,
        password: facts.encrypted?.password,
        anchors: facts.anchors,
        policy: facts.policy,
        ...news,
      } satisfies VerificationTask);
    }
  }

  #start(slot: Slot): Worker {
    const entry = import.meta.url.endsWith('.ts') ? './verification-worker.ts' : './verification-worker.js';
    slot.trustList = undefined;
    const worker = new Worker(new URL(entry, import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#options.memoryLimit },
    });
    worker.on('message', (reply: VerificationReply) => {
      if (slot.worker === worker) this.#hear(slot, reply);
    });
    worker.on('error', (error: unknown) => {
      if (slot.worker !== worker) return;
      slot.worker = null;
      const exhausted =
        error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#end(slot, (waiting) =>
        waiting.reject(exhausted ? tooCostly() : new Error('A verification failed.', { cause: error })),
      );
    });
    worker.on('exit', () => {
      if (slot.worker !== worker) return;
      slot.worker = null;
      this.#end(slot, (waiting) => waiting.reject(new Error('The verification worker ended.')));
    });
    return worker;
  }

  #hear(slot: Slot, reply: VerificationReply): void {
    const { current, worker } = slot;
    if (current === null) return;
    // A file's time counts from when its worker looks at it, not from when the worker was started.
    if (reply.kind === 'begun') this.#limit(slot, this.#options.timeLimit);
    else if (reply.kind === 'report') this.#end(slot, (waiting) => waiting.resolve(reply.report));
    else if (reply.kind === 'failed')
      this.#end(slot, (waiting) =>
        waiting.reject(new Error('A verification failed.', { cause: new Error(reply.message) })),
      );
    else
      answerOf(current.facts, reply.question).then(
        (value) => worker?.postMessage({ kind: 'answer', id: reply.id, value } satisfies VerificationAnswer),
        // A fact that cannot be had is a fault of ours: its own refusal is told, and the worker begins afresh.
        (error: unknown) => (slot.current === current ? this.#giveUp(slot, error) : undefined),
      );
  }

  #limit(slot: Slot, milliseconds: number): void {
    clearTimeout(slot.timer);
    slot.timer = setTimeout(() => void this.#giveUp(slot, tooCostly()), milliseconds);
  }

  /** Ends whatever the slot's worker does by ending the worker; the next file gets a new one. */
  async #giveUp(slot: Slot, error: unknown): Promise<void> {
    const { worker } = slot;
    slot.worker = null;
    this.#end(slot, (waiting) => waiting.reject(error));
    await worker?.terminate();
  }

  #end(slot: Slot, tell: (waiting: Waiting) => void): void {
    const waiting = slot.current;
    if (waiting === null) return;
    clearTimeout(slot.timer);
    slot.current = null;
    // An idle worker does not keep the process alive.
    slot.worker?.unref();
    tell(waiting);
    this.#dispatch();
  }
}

function answerOf(facts: VerificationDependencies, question: VerificationQuestion): Promise<unknown> {
  if (question.kind === 'status-list')
    return facts.statusLists?.statusList(question.list, question.supplyPoint) ?? Promise.resolve(null);
  if (question.kind === 'seal-status')
    return facts.sealStatus?.sealStatus(question.request) ?? Promise.resolve('not-asked');
  return facts.evidence?.revocation(question.request) ?? Promise.resolve({ crls: [], ocsps: [] });
}

/** Starts nothing yet: a worker starts with the first file it gets. */
export function createVerificationPool(options: VerificationPoolOptions): VerificationPool {
  return new WorkerPool(options);
}
