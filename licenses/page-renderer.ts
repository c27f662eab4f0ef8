// A small pool of worker threads that draw pages, so that no page ever holds up the main thread.
import { Worker } from 'node:worker_threads';
import { LicenseError, type Complaint, type LicenseErrorCode } from './errors.ts';
import type { PageContent } from './page-layout.ts';
import type { PageOrder } from './page.ts';

/** What a worker is asked. */
export type PageTask =
  | { readonly kind: 'examine'; readonly content: PageContent }
  | { readonly kind: 'pictures'; readonly content: PageContent }
  | { readonly kind: 'draw'; readonly order: PageOrder };

/** What it answers. Errors cross the thread as plain values. */
export type PageReply =
  | { readonly kind: 'done'; readonly page: Uint8Array | null }
  | {
      readonly kind: 'refused';
      readonly code: LicenseErrorCode;
      readonly message: string;
      readonly complaints: readonly Complaint[];
    }
  | { readonly kind: 'failed'; readonly message: string };

export interface PageRenderer {
  /**
   * Sets the page without drawing it: every refusal of words happens here, before an identifier is used up.
   * @throws LicenseError `glyph-missing`, `text-overflow`, `renderer-busy`
   */
  examine(content: PageContent): Promise<void>;
  /**
   * Draws a page as PDF/A-3b with its code read back.
   * @throws LicenseError as `examine`, and `code-too-long`, `code-unreadable`, `page-failed`
   */
  draw(order: PageOrder): Promise<Uint8Array>;
  /**
   * Pictures of the pages for screens, one SVG document each, without code and photo.
   * @throws LicenseError as `examine`
   */
  pictures(content: PageContent): Promise<readonly string[]>;
  /** Stops the workers; waiting work is refused with `renderer-busy`. */
  close(): Promise<void>;
}

interface Waiting {
  readonly task: PageTask;
  readonly resolve: (page: Uint8Array | null) => void;
  readonly reject: (error: Error) => void;
}

interface Slot {
  worker: Worker | null;
  current: Waiting | null;
}

class WorkerPool implements PageRenderer {
  readonly #slots: readonly Slot[];
  readonly #queue: Waiting[] = [];
  readonly #queueLimit: number;
  #closed = false;

  constructor(workers: number, queueLimit: number) {
    this.#slots = Array.from({ length: workers }, () => ({ worker: null, current: null }));
    this.#queueLimit = queueLimit;
  }

  async examine(content: PageContent): Promise<void> {
    await this.#run({ kind: 'examine', content });
  }

  async draw(order: PageOrder): Promise<Uint8Array> {
    const page = await this.#run({ kind: 'draw', order });
    if (page === null) throw new LicenseError('page-failed', 'The page was not drawn.');
    return page;
  }

  async pictures(content: PageContent): Promise<readonly string[]> {
    const text = await this.#run({ kind: 'pictures', content });
    if (text === null) throw new LicenseError('page-failed', 'The page was not drawn.');
    return JSON.parse(new TextDecoder().decode(text)) as readonly string[];
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0))
      waiting.reject(new LicenseError('renderer-busy', 'The service is stopping.'));
    for (const slot of this.#slots) await slot.worker?.terminate();
  }

  #run(task: PageTask): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      if (this.#closed || this.#queue.length >= this.#queueLimit) {
        reject(new LicenseError('renderer-busy', 'Too many pages are waiting to be drawn.'));
        return;
      }
      this.#queue.push({ task, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.current !== null) continue;
      const next = this.#queue.shift();
      if (next === undefined) return;
      slot.current = next;
      slot.worker ??= this.#start(slot);
      slot.worker.ref();
      slot.worker.postMessage(next.task);
    }
  }

  #start(slot: Slot): Worker {
    const entry = import.meta.url.endsWith('.ts') ? './page-worker.ts' : './page-worker.js';
    const worker = new Worker(new URL(entry, import.meta.url), { execArgv: [] });
    worker.on('message', (reply: PageReply) => this.#settle(slot, reply));
    worker.on('error', (error: unknown) => {
      slot.worker = null;
      this.#settle(slot, { kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    });
    worker.on('exit', () => {
      if (slot.worker === worker) slot.worker = null;
      this.#settle(slot, { kind: 'failed', message: 'The page worker ended.' });
    });
    return worker;
  }

  #settle(slot: Slot, reply: PageReply): void {
    const waiting = slot.current;
    if (waiting === null) return;
    slot.current = null;
    // An idle worker does not keep the process alive.
    slot.worker?.unref();
    if (reply.kind === 'done') waiting.resolve(reply.page);
    else if (reply.kind === 'refused') {
      waiting.reject(new LicenseError(reply.code, reply.message, { complaints: reply.complaints }));
    } else {
      waiting.reject(
        new LicenseError('page-failed', 'A page could not be drawn.', { cause: new Error(reply.message) }),
      );
    }
    this.#dispatch();
  }
}

/**
 * Starts nothing yet: a worker starts with the first page it gets.
 * @param options.workers threads, 1–16
 * @param options.queueLimit pages that may wait before `renderer-busy`
 */
export function createPageRenderer(options: {
  readonly workers: number;
  readonly queueLimit: number;
}): PageRenderer {
  return new WorkerPool(Math.min(16, Math.max(1, options.workers)), options.queueLimit);
}
