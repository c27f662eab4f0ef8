// Works through batches in the background: a few rows at a time, one process a batch, resumed by whoever looks next.
import { CryptoError } from '../crypto/errors.ts';
import { FormatError } from '../formats/errors.ts';
import { toHex } from '../formats/bytes.ts';
import type { Actor } from '../storage/actor.ts';
import type { CaBatchTable } from '../storage/schema/ca-enrolment.ts';
import { WokenWork } from '../storage/woken-work.ts';
import { enrolmentOfText, type RevocationSettings } from './bulk.ts';
import {
  batchById,
  completeBatch,
  finishItem,
  idleBatches,
  itemPlace,
  lease,
  release,
  waitingItems,
} from './bulk-store.ts';
import { enrol } from './enrol.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { CaError } from './errors.ts';
import { registeredCertificate, type Sight } from './register.ts';
import { revokeCertificate } from './revoke.ts';

/** A process that says nothing for so long has died; its batch is another's. */
const LEASE = 2 * 60_000;
const ROWS_A_LEASE = 64;
const AT_ONCE = 8;
/** A row whose enrolment was cut short by crashes is begun anew so many times. */
const BEGINNINGS = 5;

type Item = Awaited<ReturnType<typeof waitingItems>>[number];

export class BulkRunner {
  readonly #parts: EnrolmentParts;
  readonly #name: string;
  readonly #work: WokenWork;

  /** @param failed - hears of faults; the batch is left as it is and taken up with the next `wake`. */
  constructor(parts: EnrolmentParts, failed: (error: unknown) => void) {
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

  #lease(id: string): Promise<boolean> {
    const now = this.#parts.clock();
    const until = new Date(now.getTime() + LEASE);
    return this.#parts.database.write((tx) => lease(tx, id, this.#name, now, until));
  }

  async #batch(id: string): Promise<void> {
    const { database } = this.#parts;
    try {
      let after = 0;
      while (!this.#work.stopped && (await this.#lease(id))) {
        const batch = await batchById(database.reader, id);
        const items = await waitingItems(database.reader, id, after, ROWS_A_LEASE);
        const last = items.at(-1);
        if (batch === null || last === undefined) {
          await this.#complete(id);
          return;
        }
        await this.#rows(batch, items);
        after = last.position;
      }
    } finally {
      await database.write((tx) => release(tx, id, this.#name));
    }
  }

  async #complete(id: string): Promise<void> {
    const { database, audit, clock } = this.#parts;
    await database.write(async (tx) => {
      const at = clock();
      if (!(await completeBatch(tx, id, at))) return;
      const actor = { id: 'system', department: null };
      await audit.append(tx, { at, actor, action: 'ca.batch-completed', subject: id, details: {} });
    });
  }

  async #rows(batch: CaBatchTable, items: readonly Item[]): Promise<void> {
    const waiting = [...items];
    const worker = async (): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        if (this.#work.stopped) return;
        await this.#row(batch, item);
      }
    };
    const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** One row to its end. A refusal is the row's result; a fault is not, and leaves the row waiting. */
  async #row(batch: CaBatchTable, item: Item): Promise<void> {
    const { database, clock } = this.#parts;
    try {
      await (batch.kind === 'enrol' ? this.#enrol(batch, item) : this.#revoke(batch, item));
    } catch (error) {
      if (error instanceof CaError && error.code === 'idempotency-in-progress') return;
      if (!(error instanceof CaError || error instanceof FormatError || error instanceof CryptoError)) {
        throw error;
      }
      const { code, message } = error;
      await database.write((tx) =>
        finishItem(tx, batch.id, item.position, { state: 'refused', code, message }, clock()),
      );
    }
  }

  async #enrol(batch: CaBatchTable, item: Item): Promise<void> {
    const { database, cipher, clock } = this.#parts;
    const place = itemPlace(batch.id, item.position);
    const { csr, ...row } = enrolmentOfText(cipher.open(place, item.input_cipher ?? ''));
    const actor = JSON.parse(batch.actor) as Actor;
    for (let beginning = 1; ; beginning += 1) {
      try {
        const result = await enrol(this.#parts, {
          ...row,
          actor,
          key: { kind: 'csr', der: csr },
          idempotencyKey: `${batch.id}:${item.position}:${beginning}`,
        });
        const { serial, enrolment } = result;
        await database.write((tx) =>
          finishItem(tx, batch.id, item.position, { state: 'done', serial, enrolment }, clock()),
        );
        return;
      } catch (error) {
        // Cut short by a crash and given up since: the row has no certificate yet.
        const interrupted = error instanceof CaError && error.code === 'idempotency-abandoned';
        if (!interrupted || beginning >= BEGINNINGS) throw error;
      }
    }
  }

  async #revoke(batch: CaBatchTable, item: Item): Promise<void> {
    const { database, clock } = this.#parts;
    const { reason, invalidityDate, sight } = JSON.parse(batch.settings) as RevocationSettings & {
      readonly sight: Sight;
    };
    const serial = item.serial ?? '';
    await registeredCertificate(database.reader, sight, serial, clock());
    await revokeCertificate(this.#parts, {
      serial,
      reason,
      actor: JSON.parse(batch.actor) as Actor,
      ...(invalidityDate === null ? {} : { invalidityDate: new Date(invalidityDate) }),
      // The same write: a crash leaves both or neither.
      alongside: (tx) => finishItem(tx, batch.id, item.position, { state: 'done' }, clock()),
    });
  }
}
