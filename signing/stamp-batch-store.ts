// Rows of batches of stamps: a batch and its documents.
import type { FieldCipher, FieldPlace } from '../crypto/field-cipher.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { LeasedBatches, type BatchCounts } from '../storage/leased-batches.ts';
import type { StampBatchItemTable, StampBatchTable } from '../storage/schema/stamp-batches.ts';

export const stampBatches = new LeasedBatches({ batches: 'stamp_batch', items: 'stamp_batch_item' });

export type BatchCipher = Pick<FieldCipher, 'seal' | 'open'>;

/** How far a batch is. */
export interface StampBatchProgress extends BatchCounts {
  readonly id: string;
  readonly state: StampBatchTable['state'];
  readonly total: number;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
}

/** What came of one document. */
export interface StampBatchItem {
  readonly position: number;
  readonly reference: string | null;
  readonly document: string;
  readonly state: StampBatchItemTable['state'];
  readonly stamp: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly finishedAt: Date | null;
}

const rowsAStatement = 100;

/** Where a document's order is encrypted. */
export function itemPlace(batch: string, position: number): FieldPlace {
  return { table: 'stamp_batch_item', column: 'input_cipher', row: `${batch}/${position}` };
}

/** @returns false where the client used the key before: nothing was written then. */
export async function insertStampBatch(
  tx: Writer,
  batch: Omit<StampBatchTable, 'state' | 'runner' | 'leased_until' | 'completed_at'>,
  items: readonly Pick<StampBatchItemTable, 'reference' | 'document' | 'input_cipher'>[],
): Promise<boolean> {
  const result = await tx
    .insertInto('stamp_batch')
    .values({ ...batch, state: 'running', runner: null, leased_until: null, completed_at: null })
    .onConflict((conflict) => conflict.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return false;
  const rows = items.map((item, index): StampBatchItemTable => ({
    batch: batch.id,
    position: index + 1,
    ...item,
    state: 'waiting',
    attempts: 0,
    stamp: null,
    code: null,
    message: null,
    finished_at: null,
  }));
  for (let start = 0; start < rows.length; start += rowsAStatement) {
    await tx
      .insertInto('stamp_batch_item')
      .values(rows.slice(start, start + rowsAStatement))
      .execute();
  }
  return true;
}

export async function stampBatchById(db: Reader | Writer, id: string): Promise<StampBatchTable | null> {
  const row = await db.selectFrom('stamp_batch').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export async function stampBatchByKey(
  db: Reader,
  client: string,
  key: string,
): Promise<StampBatchTable | null> {
  const row = await db
    .selectFrom('stamp_batch')
    .selectAll()
    .where('client', '=', client)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ?? null;
}

export async function stampBatchProgress(db: Reader, row: StampBatchTable): Promise<StampBatchProgress> {
  return {
    id: row.id,
    state: row.state,
    total: row.total,
    ...(await stampBatches.counts(db, row.id)),
    createdAt: new Date(row.created_at),
    completedAt: row.completed_at === null ? null : new Date(row.completed_at),
  };
}

/** Documents in order, after a position, at most `limit`. */
export async function stampBatchItems(
  db: Reader,
  batch: string,
  after: number,
  limit: number,
): Promise<readonly StampBatchItem[]> {
  const rows = await db
    .selectFrom('stamp_batch_item')
    .selectAll()
    .where('batch', '=', batch)
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    position: row.position,
    reference: row.reference,
    document: row.document,
    state: row.state,
    stamp: row.stamp,
    code: row.code,
    message: row.message,
    finishedAt: row.finished_at === null ? null : new Date(row.finished_at),
  }));
}

export type WaitingItem = Pick<StampBatchItemTable, 'position' | 'document' | 'attempts'> & {
  readonly input_cipher: string | null;
};

export function waitingStampItems(
  db: Reader,
  batch: string,
  after: number,
  limit: number,
): Promise<readonly WaitingItem[]> {
  return db
    .selectFrom('stamp_batch_item')
    .select(['position', 'document', 'attempts', 'input_cipher'])
    .where('batch', '=', batch)
    .where('state', '=', 'waiting')
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
}

/** Ends a waiting document. Its order is forgotten. */
export async function finishStampItem(
  tx: Writer,
  batch: string,
  position: number,
  result: { readonly stamp: string } | { readonly code: string; readonly message: string },
  at: Date,
): Promise<void> {
  // What was under way when the batch was stopped is finished, and told.
  const made = 'stamp' in result;
  const set = made
    ? { state: 'done' as const, stamp: result.stamp }
    : { state: 'refused' as const, code: result.code, message: result.message };
  await tx
    .updateTable('stamp_batch_item')
    .set({ ...set, input_cipher: null, finished_at: at.toISOString() })
    .where('batch', '=', batch)
    .where('position', '=', position)
    .where('state', 'in', made ? ['waiting', 'cancelled'] : ['waiting'])
    .execute();
}
