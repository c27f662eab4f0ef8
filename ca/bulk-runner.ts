// One row of a bulk operation to its end: an enrolment, or a revocation.
import { CryptoError } from '../crypto/errors.ts';
import { FormatError } from '../formats/errors.ts';
import { toHex } from '../formats/bytes.ts';
import type { Actor } from '../storage/actor.ts';
import type { CaBatchTable } from '../storage/schema/ca-enrolment.ts';
import { BatchRunner, type BatchWork } from '../storage/batch-runner.ts';
import type { Writer } from '../storage/database.ts';
import { enrolmentOfText, type RevocationSettings } from './bulk.ts';
import { batchById, caBatches, finishItem, itemPlace, waitingItems } from './bulk-store.ts';
import { enrol } from './enrol.ts';
import type { EnrolmentParts } from './enrolment.ts';
import { CaError } from './errors.ts';
import { registeredCertificate, type Sight } from './register.ts';
import { revokeCertificate } from './revoke.ts';

/** A row whose enrolment was cut short by crashes is begun anew so many times. */
const BEGINNINGS = 5;

type Item = Awaited<ReturnType<typeof waitingItems>>[number];

/** @param failed - hears of faults; the batch is left as it is and taken up with the next `wake`. */
export function bulkRunner(
  parts: EnrolmentParts,
  failed: (error: unknown) => void,
): BatchRunner<CaBatchTable, Item> {
  return new BatchRunner(new BulkWork(parts), failed);
}

class BulkWork implements BatchWork<CaBatchTable, Item> {
  readonly batches = caBatches;
  readonly rowsALook = 64;
  readonly atOnce = 8;
  readonly find = batchById;
  readonly waiting = waitingItems;
  readonly database;
  readonly clock;
  readonly runner;
  readonly #parts: EnrolmentParts;

  constructor(parts: EnrolmentParts) {
    this.#parts = parts;
    this.database = parts.database;
    this.clock = parts.clock;
    this.runner = `run_${toHex(parts.random(8))}`;
  }

  async completed(tx: Writer, id: string, at: Date): Promise<void> {
    const actor = { id: 'system', department: null };
    await this.#parts.audit.append(tx, { at, actor, action: 'ca.batch-completed', subject: id, details: {} });
  }

  /** One row to its end. A refusal is the row's result; a fault is not, and leaves the row waiting. */
  async row(batch: CaBatchTable, item: Item): Promise<void> {
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
