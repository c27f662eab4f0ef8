// One document of a batch of stamps to its end, and what a start finds of batches of before.
import { toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { CryptoError } from '../crypto/errors.ts';
import type { Actor } from '../storage/actor.ts';
import type { StampBatchTable } from '../storage/schema/stamp-batches.ts';
import { BatchRunner, leaseTime, type BatchWork } from '../storage/batch-runner.ts';
import type { Writer } from '../storage/database.ts';
import { SigningError } from './errors.ts';
import { keptOrder, type StampBatchParts } from './stamp-batch.ts';
import {
  finishStampItem,
  itemPlace,
  stampBatchById,
  stampBatches,
  waitingStampItems,
  type WaitingItem,
} from './stamp-batch-store.ts';
import type { StampParts } from './stamp-order.ts';
import { stampDocument } from './stamp.ts';

/** A document whose stamp was cut short by crashes, or kept waiting by an outage, is begun anew so many times. */
const beginnings = 5;

/** @param failed - hears of faults; the batch is left as it is and taken up with the next `wake`. */
export function stampBatchRunner(
  parts: StampParts & StampBatchParts,
  failed: (error: unknown) => void,
): BatchRunner<StampBatchTable, WaitingItem> {
  return new BatchRunner(new StampBatchWork(parts), failed);
}

class StampBatchWork implements BatchWork<StampBatchTable, WaitingItem> {
  readonly batches = stampBatches;
  readonly rowsALook = 32;
  /** Copying, hashing and the time-stamp of one overlap with those of others. */
  readonly atOnce = 4;
  readonly find = stampBatchById;
  readonly waiting = waitingStampItems;
  readonly database;
  readonly clock;
  readonly runner;
  readonly #parts: StampParts & StampBatchParts;

  constructor(parts: StampParts & StampBatchParts) {
    this.#parts = parts;
    this.database = parts.database;
    this.clock = parts.clock;
    this.runner = `run_${toHex(parts.random(8))}`;
  }

  async completed(tx: Writer, id: string, at: Date): Promise<void> {
    const actor = { id: 'system', department: null };
    await this.#parts.audit.append(tx, {
      at,
      actor,
      action: 'stamp.batch-completed',
      subject: id,
      details: {},
    });
  }

  /** One document to its end. A refusal is its result; a fault is not, and leaves it waiting. */
  async row(batch: StampBatchTable, item: WaitingItem): Promise<void> {
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
          await database.write((tx) => stampBatches.countAttempt(tx, batch.id, position, attempt + 1));
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
  return parts.database.write((tx) => stampBatches.endLeases(tx, new Date(before.getTime() + leaseTime)));
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
