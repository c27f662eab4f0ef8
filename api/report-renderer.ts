// One worker thread that draws reports, so that none ever holds up the main thread; started by the first.
import { Worker } from 'node:worker_threads';
import type { Report } from '../verification/report.ts';
import { ApiError } from './errors.ts';

/** What the worker answers. */
export type ReportReply =
  | { readonly kind: 'done'; readonly page: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string };

export interface ReportRenderer {
  /**
   * Draws a report as PDF.
   * @throws ApiError `verification-busy` where too many wait, `internal` where it cannot be drawn
   */
  draw(report: Report): Promise<Uint8Array>;
  /** Stops the worker; what waits or runs is refused with `verification-busy`. */
  close(): Promise<void>;
}

interface Waiting {
  readonly report: Report;
  readonly resolve: (page: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

class WorkerRenderer implements ReportRenderer {
  readonly #queueLimit: number;
  readonly #queue: Waiting[] = [];
  #worker: Worker | null = null;
  #current: Waiting | null = null;
  #closed = false;

  constructor(queueLimit: number) {
    this.#queueLimit = queueLimit;
  }

  draw(report: Report): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#closed || this.#queue.length >= this.#queueLimit) {
        reject(busy());
        return;
      }
      this.#queue.push({ report, resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(busy());
    const running = this.#current;
    this.#current = null;
    running?.reject(busy());
    await this.#worker?.terminate();
  }

  #dispatch(): void {
    if (this.#current !== null) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#current = next;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(next.report);
  }

  #start(): Worker {
    const entry = import.meta.url.endsWith('.ts') ? './report-worker.ts' : './report-worker.js';
    const worker = new Worker(new URL(entry, import.meta.url), { execArgv: [] });
    worker.on('message', (reply: ReportReply) => this.#settle(reply));
    worker.on('error', (error: unknown) => {
      this.#worker = null;
      this.#settle({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      this.#settle({ kind: 'failed', message: 'The report worker ended.' });
    });
    return worker;
  }

  #settle(reply: ReportReply): void {
    const waiting = this.#current;
    if (waiting === null) return;
    this.#current = null;
    // An idle worker does not keep the process alive.
    this.#worker?.unref();
    if (reply.kind === 'done') waiting.resolve(reply.page);
    else
      waiting.reject(
        new ApiError('internal', 'A report could not be drawn.', { cause: new Error(reply.message) }),
      );
    this.#dispatch();
  }
}

function busy(): ApiError {
  return new ApiError('verification-busy', 'Too many reports are waiting to be drawn.', { retryAfter: 5 });
}

/** Starts nothing yet. */
export function createReportRenderer(queueLimit: number): ReportRenderer {
  return new WorkerRenderer(queueLimit);
}
