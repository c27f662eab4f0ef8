// One row of a batch of licenses to its end, and what a start finds of batches of before.
import { setTimeout as pause } from 'node:timers/promises';
import { CryptoError } from '../crypto/errors.ts';
import { toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { SigningError } from '../signing/errors.ts';
import type { Actor } from '../storage/actor.ts';
import type { LicenseBatchTable } from '../storage/schema/license-batches.ts';
import { BatchRunner, leaseTime, type BatchWork } from '../storage/batch-runner.ts';
import type { Writer } from '../storage/database.ts';
import { orderOfKept } from './batch-order.ts';
import { giveUpStale } from './act-abandon.ts';
import { itemPlace, licenseBatchById } from './batch-store.ts';
import {
  finishItem,
  licenseBatches,
  unreceivedBatches,
  waitingItems,
  type WaitingItem,
} from './batch-work-store.ts';
import { LicenseError } from './errors.ts';
import { issueLicense } from './issue.ts';
import type { LicenseParts } from './parts.ts';

/**
 * A row whose issue was cut short by crashes, or kept waiting by an outage, is begun so many times. A dozen rows run at once, and
 * one of them may be what brings the process down: the others must not be refused before somebody has seen to it.
 */
const beginnings = 10;
/** While others draw. */
const busyPause = 250;
/** Rows that never came all are forgotten after so long. */
const receivingTime = 24 * 3_600_000;

/** @param failed hears of faults; the batch is left as it is and taken up with the next `wake` */
export function licenseBatchRunner(
  parts: LicenseParts,
  failed: (error: unknown) => void,
): BatchRunner<LicenseBatchTable, WaitingItem> {
  return new BatchRunner(new LicenseBatchWork(parts), failed);
}

class LicenseBatchWork implements BatchWork<LicenseBatchTable, WaitingItem> {
  readonly batches = licenseBatches;
  readonly rowsALook = 200;
  /** Drawing, signing, time-stamp and commit of one row overlap with those of others; a request alone still finds a worker. */
  readonly atOnce = 12;
  readonly find = licenseBatchById;
  readonly waiting = waitingItems;
  readonly database;
  readonly clock;
  readonly runner;
  readonly #parts: LicenseParts;

  constructor(parts: LicenseParts) {
    this.#parts = parts;
    this.database = parts.database;
    this.clock = parts.clock;
    this.runner = `run_${toHex(parts.random(8))}`;
  }

  async completed(tx: Writer, id: string, at: Date): Promise<void> {
    const { done, refused } = await licenseBatches.counts(tx, id);
    const details = { done: String(done), refused: String(refused) };
    const actor = { id: 'system', department: null };
    await this.#parts.audit.append(tx, {
      at,
      actor,
      action: 'license.batch-completed',
      subject: id,
      details,
    });
  }

  /** A row that whoever held the batch before has had for longer than a lease: it is begun anew. */
  async #takenFromTheDead(batch: LicenseBatchTable, key: string): Promise<boolean> {
    const before = new Date(this.#parts.clock().getTime() - leaseTime);
    return giveUpStale(this.#parts, batch.client, key, before);
  }

  /** One row to its end. A refusal is its result; a fault is not, and leaves it waiting. */
  async row(batch: LicenseBatchTable, item: WaitingItem): Promise<void> {
    const { database, cipher, clock } = this.#parts;
    const { position } = item;
    const { matter, caseNumber, ...order } = orderOfKept(
      cipher.open(itemPlace(batch.id, position), item.input_cipher ?? ''),
    );
    for (let attempt = item.attempts; ; attempt += 1) {
      // The same beginning has the same key, whoever takes it up: it never issues twice.
      const key = `${batch.id}:${position}:${attempt + 1}`;
      try {
        const { id: license } = await issueLicense(this.#parts, {
          ...order,
          actor: JSON.parse(batch.actor) as Actor,
          matter: matter ?? batch.matter,
          caseNumber: caseNumber ?? null,
          idempotencyKey: key,
        });
        await database.write((tx) => finishItem(tx, batch.id, position, { license }, clock()));
        return;
      } catch (error) {
        if (error instanceof LicenseError && error.code === 'idempotency-in-progress') {
          if (!(await this.#takenFromTheDead(batch, key))) return;
          continue;
        }
        if (isRepeatable(error)) {
          await database.write((tx) => licenseBatches.countAttempt(tx, batch.id, position, attempt + 1));
          if (attempt + 1 < beginnings) {
            await pause(isBusy(error) ? busyPause * Math.min(attempt + 1, 4) : 0);
            continue;
          }
          // Nobody's fault, and no result: what is busy or down now is tried again with the next wake.
          if (isBusy(error)) return;
        }
        if (!isRefusal(error)) throw error;
        const { code } = error;
        const result = { code, message: wordsOf(error) };
        await database.write((tx) => finishItem(tx, batch.id, position, result, clock()));
        return;
      }
    }
  }
}

/**
 * At start-up: batches of a process that held them before `before` are free again, and those whose rows never came all are
 * given up and forgotten.
 * @returns how many
 */
export async function settleLicenseBatches(
  parts: Pick<LicenseParts, 'database' | 'audit'>,
  before: Date,
): Promise<number> {
  const { database, audit } = parts;
  const stale = await unreceivedBatches(database.reader, new Date(before.getTime() - receivingTime));
  return database.write(async (tx) => {
    for (const id of stale) {
      if (!(await licenseBatches.cancel(tx, id, before))) continue;
      const actor = { id: 'system', department: null };
      const details = { reason: 'unreceived' };
      await audit.append(tx, { at: before, actor, action: 'license.batch-cancelled', subject: id, details });
    }
    return licenseBatches.endLeases(tx, new Date(before.getTime() + leaseTime));
  });
}

/** The message, and every place that was complained about. */
function wordsOf(error: Refusal): string {
  if (!(error instanceof LicenseError) || error.complaints.length === 0) return error.message;
  const places = error.complaints.map(({ field, reason }) => `${field}: ${reason}`);
  return error.message.includes(places[0] ?? '') ? error.message : `${error.message} ${places.join(' ')}`;
}

function isBusy(error: unknown): boolean {
  return (
    (error instanceof LicenseError && error.code === 'renderer-busy') ||
    (error instanceof SigningError && error.code === 'timestamp-unavailable')
  );
}

/** Cut short by a crash and given up since, or something that is busy or down: nothing has been issued. */
function isRepeatable(error: unknown): boolean {
  if (isBusy(error)) return true;
  const ours = error instanceof LicenseError || error instanceof SigningError;
  return ours && error.code === 'idempotency-abandoned';
}

type Refusal = LicenseError | SigningError | FormatError | CryptoError;

function isRefusal(error: unknown): error is Refusal {
  return (
    error instanceof LicenseError ||
    error instanceof SigningError ||
    error instanceof FormatError ||
    error instanceof CryptoError
  );
}
