// Works through batches of stamps: one process a batch by lease, several documents at once, taken up again after a crash.
import { toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { CryptoError } from '../crypto/errors.ts';
import type { Actor } from '../storage/actor.ts';
import type { StampBatchTable } from '../storage/schema/stamp-batches.ts';
import { WokenWork } from '../storage/woken-work.ts';
import { SigningError } from './errors.ts';
import { keptOrder, type StampBatchParts } from './stamp-batch.ts';
import {
  completeStampBatch,
  countAttempt,
  endStampLeases,
  finishStampItem,
  idleStampBatches,
  itemPlace,
  leaseStampBatch,
  releaseStampBatch,
  stampBatchById,
  waitingStampItems,
  type WaitingItem,
} from './stamp-batch-store.ts';
import type { StampParts } from './stamp-order.ts';
import { stampDocument } from './stamp.ts';

/** A process that says nothing for so long has died; its batch is another's. */
const leaseTime = 2 * 60_000;
const documentsALease = 32;
/** Copying, hashing and the time-stamp of one overlap with those of others. */
const atOnce = 4;
/** A document whose stamp was cut short by crashes, or kept waiting by an outage, is begun anew so many times. */
const beginnings = 5;

export class StampBatchRunner {
  readonly #parts: StampParts & StampBatchParts;
  readonly #name: string;
  readonly #work: WokenWork;

  /** @param failed - hears of faults; the batch is left as it is and taken up with the next `wake`. */
  constructor(parts: StampParts & StampBatchParts, failed: (error: unknown) => void) {
    this.#parts = parts;
    this.#name = `run_${toHex(parts.random(8))}`;
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

  /** Finishes the documents under way and lets go. */
  stop(): Promise<void> {
    return this.#work.stop();
  }

  async #look(): Promise<void> {
    for (const id of await idleStampBatches(this.#parts.database.reader, this.#parts.clock()))
      await this.#batch(id);
  }

  #lease(id: string): Promise<boolean> {
    const now = this.#parts.clock();
    const until = new Date(now.getTime() + leaseTime);
    return this.#parts.database.write((tx) => leaseStampBatch(tx, id, this.#name, now, until));
  }

  async #batch(id: string): Promise<void> {
    const { database } = this.#parts;
    try {
      let after = 0;
      while (!this.#work.stopped && (await this.#lease(id))) {
        const batch = await stampBatchById(database.reader, id);
        const items = await waitingStampItems(database.reader, id, after, documentsALease);
        const last = items.at(-1);
        if (batch === null || last === undefined) {
          await this.#complete(id);
          return;
        }
        await this.#documents(batch, items);
        after = last.position;
      }
    } finally {
      await database.write((tx) => releaseStampBatch(tx, id, this.#name));
    }
  }

  async #complete(id: string): Promise<void> {
    const { database, audit, clock } = this.#parts;
    await database.write(async (tx) => {
      const at = clock();
      if (!(await completeStampBatch(tx, id, at))) return;
      const actor = { id: 'system', department: null };
      await audit.append(tx, { at, actor, action: 'stamp.batch-completed', subject: id, details: {} });
    });
  }

  async #documents(batch: StampBatchTable, items: readonly WaitingItem[]): Promise<void> {
    const waiting = [...items];
    const worker = async (): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        // The lease is also how a cancelled batch is noticed.
        if (this.#work.stopped || !(await this.#lease(batch.id))) return;
        await this.#document(batch, item);
      }
    };
    const results = await Promise.allSettled(Array.from({ length: atOnce }, worker));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** One document to its end. A refusal is its result; a fault is not, and leaves it waiting. */
  async #document(batch: StampBatchTable, item: WaitingItem): Promise<void> {
    const { database, cipher, clock } = this.#parts;
    const { position } = item;
    const order = keptOrder(cipher.open(itemPlace(batch.id, position), item.input_cipher ?? ''));
    for (let attempt = item.attempts; ; attempt += 1) {
      try {
        const { stampId } = await stampDocument(this.#parts, {
          ...order,
          actor: JSON.parse(batch.actor) as Actor,
          source: { stored: item.document },
          // The same beginning has the same key, whoever takes it up: it never stamps twice.
          idempotencyKey: `${batch.id}:${position}:${attempt + 1}`,
        });
        await database.write((tx) => finishStampItem(tx, batch.id, position, { stamp: stampId }, clock()));
        return;
      } catch (error) {
        if (error instanceof SigningError && error.code === 'idempotency-in-progress') return;
        if (isRepeatable(error) && attempt + 1 < beginnings) {
          await database.write((tx) => countAttempt(tx, batch.id, position, attempt + 1));
          continue;
        }
        if (!isRefusal(error)) throw error;
        const { code, message } = error;
        await database.write((tx) => finishStampItem(tx, batch.id, position, { code, message }, clock()));
        return;
      }
    }
  }
}

/**
 * At start-up: batches of a process that held them before `before` are free again, and are not waited for.
 * @returns how many
 */
export function settleStampBatches(parts: Pick<StampBatchParts, 'database'>, before: Date): Promise<number> {
  return parts.database.write((tx) => endStampLeases(tx, new Date(before.getTime() + leaseTime)));
}

/** Cut short by a crash and given up since, or a time-stamp that did not come: nothing signed has left. */
function isRepeatable(error: unknown): boolean {
  return (
    error instanceof SigningError &&
    (error.code === 'idempotency-abandoned' || error.code === 'timestamp-unavailable')
  );
}

function isRefusal(error: unknown): error is SigningError | FormatError | CryptoError {
  return error instanceof SigningError || error instanceof FormatError || error instanceof CryptoError;
}
