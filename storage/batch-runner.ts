// Works through leased batches: one process a batch, several rows at once, taken up again after a crash by whoever looks next.
import type { Database, Reader, Writer } from './database.ts';
import type { LeasedBatches } from './leased-batches.ts';
import { WokenWork } from './woken-work.ts';

/** A process that says nothing for so long has died; its batch is another's. */
export const leaseTime = 2 * 60_000;
/** Milliseconds after which a lease is renewed. */
const renewal = 500;

/** What differs from one kind of batch to another. */
export interface BatchWork<Batch, Item extends { readonly position: number }> {
  readonly database: Database;
  readonly clock: () => Date;
  readonly batches: LeasedBatches;
  /** Name of this process among those that may hold a batch. */
  readonly runner: string;
  /** Rows that are fetched at a time. */
  readonly rowsALook: number;
  /** Rows that are worked on at a time. */
  readonly atOnce: number;
  find(db: Reader, id: string): Promise<Batch | null>;
  /** Rows that wait, in order, after a position. */
  waiting(db: Reader, id: string, after: number, limit: number): Promise<readonly Item[]>;
  /** One row to its end. A refusal is its result; whatever is thrown is a fault, and leaves the row waiting. */
  row(batch: Batch, item: Item): Promise<void>;
  /** In the write that ends the batch. */
  completed(tx: Writer, id: string, at: Date): Promise<void>;
}

/** Work that goes on by itself. */
export interface BackgroundWork {
  wake(): void;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export class BatchRunner<Batch, Item extends { readonly position: number }> implements BackgroundWork {
  readonly #of: BatchWork<Batch, Item>;
  readonly #work: WokenWork;
  readonly #renewed = new Map<string, number>();

  /** @param failed hears of faults; the batch is left as it is and taken up with the next `wake` */
  constructor(work: BatchWork<Batch, Item>, failed: (error: unknown) => void) {
    this.#of = work;
    this.#work = new WokenWork(() => this.#look(), failed);
  }

  /** Looks for batches nobody works on: after a submission, at start, and now and then. */
  wake(): void {
    this.#work.wake();
  }

  /** Resolves when nothing is being worked on. */
  idle(): Promise<void> {
    return this.#work.idle();
  }

  /** Finishes the rows under way and lets go. */
  stop(): Promise<void> {
    return this.#work.stop();
  }

  async #look(): Promise<void> {
    const { batches, database, clock } = this.#of;
    for (const id of await batches.idle(database.reader, clock())) await this.#batch(id);
  }

  /** Renews it where that is due. @returns false where the batch was stopped, or is another's by now */
  async #lease(id: string): Promise<boolean> {
    const { batches, database, runner } = this.#of;
    const now = this.#of.clock();
    const renewed = this.#renewed.get(id);
    if (renewed !== undefined && now.getTime() - renewed < renewal)
      return batches.holds(database.reader, id, runner);
    const until = new Date(now.getTime() + leaseTime);
    // Those who come meanwhile need not ask as well.
    this.#renewed.set(id, now.getTime());
    const held = await database.write((tx) => batches.lease(tx, id, runner, now, until));
    if (!held) this.#renewed.delete(id);
    return held;
  }

  async #batch(id: string): Promise<void> {
    const { batches, database, runner, rowsALook } = this.#of;
    try {
      let after = 0;
      while (!this.#work.stopped && (await this.#lease(id))) {
        const batch = await this.#of.find(database.reader, id);
        const items = await this.#of.waiting(database.reader, id, after, rowsALook);
        const last = items.at(-1);
        if (batch === null || last === undefined) {
          await this.#complete(id);
          return;
        }
        await this.#rows(id, batch, items);
        after = last.position;
      }
    } finally {
      this.#renewed.delete(id);
      await database.write((tx) => batches.release(tx, id, runner));
    }
  }

  async #complete(id: string): Promise<void> {
    const { batches, database } = this.#of;
    await database.write(async (tx) => {
      const at = this.#of.clock();
      if (await batches.complete(tx, id, at)) await this.#of.completed(tx, id, at);
    });
  }

  async #rows(id: string, batch: Batch, items: readonly Item[]): Promise<void> {
    const waiting = [...items];
    const worker = async (): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        // What was stopped is not begun any more.
        if (this.#work.stopped || !(await this.#lease(id))) return;
        await this.#of.row(batch, item);
      }
    };
    const results = await Promise.allSettled(Array.from({ length: this.#of.atOnce }, worker));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}
