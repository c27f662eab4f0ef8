// Rows of batches of licenses: a batch, its rows, and which process works on it.
import type { FieldPlace } from '../crypto/field-cipher.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { BatchCounts } from '../storage/leased-batches.ts';
import type { LicenseBatchItemTable, LicenseBatchTable } from '../storage/schema/license-batches.ts';
import { licenseBatches } from './batch-work-store.ts';

/** How far a batch is. */
export interface LicenseBatchProgress extends BatchCounts {
  readonly id: string;
  readonly kind: LicenseBatchTable['kind'];
  readonly state: LicenseBatchTable['state'];
  readonly total: number;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
}

/** What came of one row. */
export interface LicenseBatchItem {
  readonly position: number;
  readonly reference: string | null;
  readonly state: LicenseBatchItemTable['state'];
  readonly license: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly finishedAt: Date | null;
}

export type NewItem = Pick<
  LicenseBatchItemTable,
  'position' | 'reference' | 'input_cipher' | 'code' | 'message'
>;

/** Where a row is encrypted. */
export function itemPlace(batch: string, position: number): FieldPlace {
  return { table: 'license_batch_item', column: 'input_cipher', row: `${batch}/${position}` };
}

/** @returns false where the client used the key before: nothing was written then. */
export async function insertLicenseBatch(
  tx: Writer,
  batch: Omit<LicenseBatchTable, 'state' | 'runner' | 'leased_until' | 'completed_at'>,
): Promise<boolean> {
  const result = await tx
    .insertInto('license_batch')
    .values({ ...batch, state: 'receiving', runner: null, leased_until: null, completed_at: null })
    .onConflict((conflict) => conflict.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Enters some rows; those that are there already stay as they are. What was refused while it was read is finished at once. */
export async function insertItems(
  tx: Writer,
  batch: string,
  items: readonly NewItem[],
  at: Date,
): Promise<void> {
  await tx
    .insertInto('license_batch_item')
    .values(
      items.map((item) => ({
        batch,
        ...item,
        state: item.code === null ? ('waiting' as const) : ('refused' as const),
        attempts: 0,
        license: null,
        finished_at: item.code === null ? null : at.toISOString(),
      })),
    )
    .onConflict((conflict) => conflict.columns(['batch', 'position']).doNothing())
    .execute();
}

/** Every row is here: the batch may be worked on. @returns whether it was still being received */
export async function startLicenseBatch(tx: Writer, batch: string): Promise<boolean> {
  const result = await tx
    .updateTable('license_batch')
    .set({ state: 'running' })
    .where('id', '=', batch)
    .where('state', '=', 'receiving')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** @returns null where there is none */
export async function licenseBatchById(db: Reader | Writer, id: string): Promise<LicenseBatchTable | null> {
  const row = await db.selectFrom('license_batch').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** @returns null where the client never used this key for a batch */
export async function licenseBatchByKey(
  db: Reader,
  client: string,
  key: string,
): Promise<LicenseBatchTable | null> {
  const row = await db
    .selectFrom('license_batch')
    .selectAll()
    .where('client', '=', client)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ?? null;
}

/** A department's batches, newest first. */
export function licenseBatchesOf(
  db: Reader,
  department: string,
  limit: number,
): Promise<readonly LicenseBatchTable[]> {
  return db
    .selectFrom('license_batch')
    .selectAll()
    .where('department', '=', department)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Counts its rows. */
export async function licenseBatchProgress(
  db: Reader,
  row: LicenseBatchTable,
): Promise<LicenseBatchProgress> {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    total: row.total,
    ...(await licenseBatches.counts(db, row.id)),
    createdAt: new Date(row.created_at),
    completedAt: row.completed_at === null ? null : new Date(row.completed_at),
  };
}

/** Rows in order, after a position, at most `limit`. */
export async function licenseBatchItems(
  db: Reader,
  batch: string,
  after: number,
  limit: number,
): Promise<readonly LicenseBatchItem[]> {
  const rows = await db
    .selectFrom('license_batch_item')
    .select(['position', 'reference', 'state', 'license', 'code', 'message', 'finished_at'])
    .where('batch', '=', batch)
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map(({ finished_at, ...row }) => ({
    ...row,
    finishedAt: finished_at === null ? null : new Date(finished_at),
  }));
}
