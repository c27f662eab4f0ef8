// Works through batches of licenses: one process a batch by lease, several rows at once, taken up again after a crash.
import { setTimeout as pause } from 'node:timers/promises';
import { CryptoError } from '../crypto/errors.ts';
import { toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { SigningError } from '../signing/errors.ts';
import type { Actor } from '../storage/actor.ts';
import type { LicenseBatchTable } from '../storage/schema/license-batches.ts';
import { WokenWork } from '../storage/woken-work.ts';
import { orderOfKept } from './batch-order.ts';
import { giveUpStale } from './act-abandon.ts';
import { itemPlace, licenseBatchById, licenseBatchProgress } from './batch-store.ts';
import {
  cancelBatch,
  completeBatch,
  countAttempt,
  endLeases,
  finishItem,
  idleBatches,
  leaseBatch,
  releaseBatch,
  unreceivedBatches,
  waitingItems,
  type WaitingItem,
} from './batch-work-store.ts';
import { LicenseError } from './errors.ts';
import { issueLicense } from './issue.ts';
import type { LicenseParts } from './parts.ts';

/** A process that says nothing for so long has died; its batch is another's. */
const leaseTime = 2 * 60_000;
/** How often the lease is renewed, which is also how soon a stopped batch is noticed. */
const renewal = 500;
const rowsALook = 200;
/** Drawing, signing, time-stamp and commit of one row overlap with those of others; a request alone still finds a worker. */
const atOnce = 12;
/** A row whose issue was cut short by crashes, or kept waiting by an outage, is begun anew so many times. */
const beginnings = 5;
/** While others draw. */
const busyPause = 250;
/** Rows that never came all are forgotten after so long. */
const receivingTime = 24 * 3_600_000;

export class LicenseBatchRunner {
  readonly #parts: LicenseParts;
  readonly #name: string;
  readonly #work: WokenWork;
  readonly #renewed = new Map<string, number>();

  /** @param failed hears of faults; the batch is left as it is and taken up with the next `wake` */
  constructor(parts: LicenseParts, failed: (error: unknown) => void) {
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

  /** Finishes the rows under way and lets go. */
  stop(): Promise<void> {
    return this.#work.stop();
  }

  async #look(): Promise<void> {
    for (const id of await idleBatches(this.#parts.database.reader, this.#parts.clock()))
      await this.#batch(id);
  }

  /** Renews it where that is due. @returns false where the batch was stopped, or is another's by now */
  async #lease(id: string): Promise<boolean> {
    const now = this.#parts.clock();
    const renewed = this.#renewed.get(id);
    if (renewed !== undefined && now.getTime() - renewed < renewal) return true;
    const until = new Date(now.getTime() + leaseTime);
    // Those who come meanwhile need not ask as well.
    this.#renewed.set(id, now.getTime());
    const held = await this.#parts.database.write((tx) => leaseBatch(tx, id, this.#name, now, until));
    if (!held) this.#renewed.delete(id);
    return held;
  }

  async #batch(id: string): Promise<void> {
    const { database } = this.#parts;
    try {
      let after = 0;
      while (!this.#work.stopped && (await this.#lease(id))) {
        const batch = await licenseBatchById(database.reader, id);
        const items = await waitingItems(database.reader, id, after, rowsALook);
        const last = items.at(-1);
        if (batch === null || last === undefined) {
          await this.#complete(id);
          return;
        }
        await this.#rows(batch, items);
        after = last.position;
      }
    } finally {
      this.#renewed.delete(id);
      await database.write((tx) => releaseBatch(tx, id, this.#name));
    }
  }

  async #complete(id: string): Promise<void> {
    const { database, audit, clock } = this.#parts;
    const batch = await licenseBatchById(database.reader, id);
    if (batch === null) return;
    const { done, refused } = await licenseBatchProgress(database.reader, batch);
    await database.write(async (tx) => {
      const at = clock();
      if (!(await completeBatch(tx, id, at))) return;
      const details = { done: String(done), refused: String(refused) };
      const actor = { id: 'system', department: null };
      await audit.append(tx, { at, actor, action: 'license.batch-completed', subject: id, details });
    });
  }

  async #rows(batch: LicenseBatchTable, items: readonly WaitingItem[]): Promise<void> {
    const waiting = [...items];
    const worker = async (): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        if (this.#work.stopped || !(await this.#lease(batch.id))) return;
        await this.#row(batch, item);
      }
    };
    const results = await Promise.allSettled(Array.from({ length: atOnce }, worker));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** A row that whoever held the batch before has had for longer than a lease: it is begun anew. */
  async #takenFromTheDead(batch: LicenseBatchTable, key: string): Promise<boolean> {
    const before = new Date(this.#parts.clock().getTime() - leaseTime);
    return giveUpStale(this.#parts, batch.client, key, before);
  }

  /** One row to its end. A refusal is its result; a fault is not, and leaves it waiting. */
  async #row(batch: LicenseBatchTable, item: WaitingItem): Promise<void> {
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
          await database.write((tx) => countAttempt(tx, batch.id, position, attempt + 1));
          if (attempt + 1 < beginnings) {
            await pause(isBusy(error) ? busyPause * (attempt + 1) : 0);
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
      if (!(await cancelBatch(tx, id, before))) continue;
      const actor = { id: 'system', department: null };
      const details = { reason: 'unreceived' };
      await audit.append(tx, { at: before, actor, action: 'license.batch-cancelled', subject: id, details });
    }
    return endLeases(tx, new Date(before.getTime() + leaseTime));
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
