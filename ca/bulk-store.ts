// Rows of bulk operations: a batch and its items.
import { sql } from 'kysely';
import type { FieldCipher } from '../crypto/field-cipher.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { LeasedBatches } from '../storage/leased-batches.ts';
import type { CaBatchItemTable, CaBatchTable } from '../storage/schema/ca-enrolment.ts';

export const caBatches = new LeasedBatches({ batches: 'ca_batch', items: 'ca_batch_item' });

/** How far a batch is. */
export interface BatchProgress {
  readonly id: string;
  readonly kind: CaBatchTable['kind'];
  readonly state: CaBatchTable['state'];
  readonly total: number;
  readonly waiting: number;
  readonly done: number;
  readonly refused: number;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
}

/** What came of one row. */
export interface BatchItem {
  readonly position: number;
  readonly state: CaBatchItemTable['state'];
  readonly serial: string | null;
  readonly enrolment: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly finishedAt: Date | null;
}

export type NewItem =
  | { readonly state: 'waiting'; readonly cipher: string | null; readonly serial: string | null }
  | { readonly state: 'refused'; readonly code: string; readonly message: string };

const ROWS_A_STATEMENT = 100;

/** Where a row of a batch is encrypted. */
export function itemPlace(batch: string, position: number): Parameters<FieldCipher['seal']>[0] {
  return { table: 'ca_batch_item', column: 'input_cipher', row: `${batch}/${position}` };
}

/** @returns false where the client used the key before: nothing was written then. */
export async function insertBatch(
  tx: Writer,
  batch: Omit<CaBatchTable, 'state' | 'runner' | 'leased_until' | 'completed_at'>,
): Promise<boolean> {
  const result = await tx
    .insertInto('ca_batch')
    .values({ ...batch, state: 'running', runner: null, leased_until: null, completed_at: null })
    .onConflict((conflict) => conflict.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function insertItems(
  tx: Writer,
  batch: string,
  items: readonly NewItem[],
  at: Date,
): Promise<void> {
  const rows = items.map((item, index): CaBatchItemTable => ({
    batch,
    position: index + 1,
    state: item.state,
    input_cipher: item.state === 'waiting' ? item.cipher : null,
    serial: item.state === 'waiting' ? item.serial : null,
    enrolment: null,
    code: item.state === 'refused' ? item.code : null,
    message: item.state === 'refused' ? item.message : null,
    finished_at: item.state === 'refused' ? at.toISOString() : null,
  }));
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    await tx
      .insertInto('ca_batch_item')
      .values(rows.slice(start, start + ROWS_A_STATEMENT))
      .execute();
  }
}

/** Which certificates a bulk revocation means; every part given must hold. */
export interface RevocationFilter {
  readonly authority?: string | undefined;
  readonly profile?: string | undefined;
  readonly subjectKey?: string | undefined;
  readonly issuedBefore?: Date | undefined;
  /** Only what this department's registration authority enrolled; null for all. */
  readonly department: string | null;
}

/** Writes an item for every certificate in force that fits. @returns how many, counted up to `most` + 1. */
export async function insertFiltered(
  tx: Writer,
  batch: string,
  filter: RevocationFilter,
  now: Date,
  most: number,
): Promise<number> {
  const { authority, profile, subjectKey, issuedBefore, department } = filter;
  const chosen = tx
    .selectFrom('ca_certificate')
    .leftJoin('ca_revocation', 'ca_revocation.serial', 'ca_certificate.serial')
    .leftJoin('ca_enrolment', 'ca_enrolment.id', 'ca_certificate.enrolment')
    .where('ca_certificate.state', '=', 'issued')
    // Certificates of authorities and of our own services are not revoked in bulk.
    .where('ca_certificate.enrolment', 'is not', null)
    .where('ca_certificate.not_after', '>=', now.toISOString())
    .where((e) => e.or([e('ca_revocation.state', 'is', null), e('ca_revocation.state', '!=', 'revoked')]))
    .$if(authority !== undefined, (q) => q.where('ca_certificate.authority', '=', authority ?? ''))
    .$if(profile !== undefined, (q) => q.where('ca_certificate.profile', '=', profile ?? ''))
    .$if(subjectKey !== undefined, (q) => q.where('ca_certificate.subject_key', '=', subjectKey ?? ''))
    .$if(issuedBefore !== undefined, (q) =>
      q.where('ca_certificate.issued_at', '<', issuedBefore?.toISOString() ?? ''),
    )
    .$if(department !== null, (q) => q.where('ca_enrolment.department', '=', department ?? ''))
    .orderBy('ca_certificate.serial')
    .limit(most + 1)
    .select([
      sql<string>`${batch}`.as('batch'),
      sql<number>`row_number() over (order by ca_certificate.serial)`.as('position'),
      sql<'waiting'>`'waiting'`.as('state'),
      'ca_certificate.serial as serial',
    ]);
  const inserted = await tx
    .insertInto('ca_batch_item')
    .columns(['batch', 'position', 'state', 'serial'])
    .expression(chosen)
    .executeTakeFirst();
  return Number(inserted.numInsertedOrUpdatedRows ?? 0n);
}

export async function setTotal(tx: Writer, batch: string, total: number): Promise<void> {
  await tx.updateTable('ca_batch').set({ total }).where('id', '=', batch).execute();
}

export async function batchById(reader: Reader, id: string): Promise<CaBatchTable | null> {
  const row = await reader.selectFrom('ca_batch').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export async function batchByKey(reader: Reader, client: string, key: string): Promise<CaBatchTable | null> {
  const row = await reader
    .selectFrom('ca_batch')
    .selectAll()
    .where('client', '=', client)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ?? null;
}

export async function progressOf(reader: Reader, row: CaBatchTable): Promise<BatchProgress> {
  const { waiting, done, refused } = await caBatches.counts(reader, row.id);
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    total: row.total,
    waiting,
    done,
    refused,
    createdAt: new Date(row.created_at),
    completedAt: row.completed_at === null ? null : new Date(row.completed_at),
  };
}

/** Items in order, after a position, at most `limit`. */
export async function itemsAfter(
  reader: Reader,
  batch: string,
  after: number,
  limit: number,
): Promise<readonly BatchItem[]> {
  const rows = await reader
    .selectFrom('ca_batch_item')
    .selectAll()
    .where('batch', '=', batch)
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    position: row.position,
    state: row.state,
    serial: row.serial,
    enrolment: row.enrolment,
    code: row.code,
    message: row.message,
    finishedAt: row.finished_at === null ? null : new Date(row.finished_at),
  }));
}

export function waitingItems(
  reader: Reader,
  batch: string,
  after: number,
  limit: number,
): Promise<readonly Pick<CaBatchItemTable, 'position' | 'input_cipher' | 'serial'>[]> {
  return reader
    .selectFrom('ca_batch_item')
    .select(['position', 'input_cipher', 'serial'])
    .where('batch', '=', batch)
    .where('state', '=', 'waiting')
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
}

/** Ends one item; what was sent goes. */
export async function finishItem(
  tx: Writer,
  batch: string,
  position: number,
  result: Pick<CaBatchItemTable, 'state'> &
    Partial<Pick<CaBatchItemTable, 'serial' | 'enrolment' | 'code' | 'message'>>,
  at: Date,
): Promise<void> {
  await tx
    .updateTable('ca_batch_item')
    .set({ ...result, input_cipher: null, finished_at: at.toISOString() })
    .where('batch', '=', batch)
    .where('position', '=', position)
    .where('state', '=', 'waiting')
    .execute();
}
