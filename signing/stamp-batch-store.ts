// Rows of batches of stamps: a batch, its documents, and which process works on it.
import type { FieldCipher, FieldPlace } from '../crypto/field-cipher.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { StampBatchItemTable, StampBatchTable } from '../storage/schema/stamp-batches.ts';

export type BatchCipher = Pick<FieldCipher, 'seal' | 'open'>;

/** How far a batch is. */
export interface StampBatchProgress {
  readonly id: string;
  readonly state: StampBatchTable['state'];
  readonly total: number;
  readonly waiting: number;
  readonly done: number;
  readonly refused: number;
  readonly cancelled: number;
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
  const counts = await db
    .selectFrom('stamp_batch_item')
    .select((e) => ['state', e.fn.countAll<number>().as('count')])
    .where('batch', '=', row.id)
    .groupBy('state')
    .execute();
  const count = (state: StampBatchItemTable['state']): number =>
    counts.find((each) => each.state === state)?.count ?? 0;
  return {
    id: row.id,
    state: row.state,
    total: row.total,
    waiting: count('waiting'),
    done: count('done'),
    refused: count('refused'),
    cancelled: count('cancelled'),
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
  const set =
    'stamp' in result
      ? { state: 'done' as const, stamp: result.stamp }
      : { state: 'refused' as const, code: result.code, message: result.message };
  await tx
    .updateTable('stamp_batch_item')
    .set({ ...set, input_cipher: null, finished_at: at.toISOString() })
    .where('batch', '=', batch)
    .where('position', '=', position)
    .where('state', '=', 'waiting')
    .execute();
}

/** The stamp that was begun for a document was given up by a crash: the next has another key. */
export async function countAttempt(
  tx: Writer,
  batch: string,
  position: number,
  attempts: number,
): Promise<void> {
  await tx
    .updateTable('stamp_batch_item')
    .set({ attempts })
    .where('batch', '=', batch)
    .where('position', '=', position)
    .where('state', '=', 'waiting')
    .execute();
}

/** Batches that nobody works on, oldest first. */
export async function idleStampBatches(db: Reader, now: Date): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('stamp_batch')
    .select('id')
    .where('state', '=', 'running')
    .where((e) => e.or([e('leased_until', 'is', null), e('leased_until', '<', now.toISOString())]))
    .orderBy('created_at')
    .execute();
  return rows.map(({ id }) => id);
}

/** Takes or keeps a running batch for `runner` until `until`. @returns whether it is the runner's */
export async function leaseStampBatch(
  tx: Writer,
  batch: string,
  runner: string,
  now: Date,
  until: Date,
): Promise<boolean> {
  const result = await tx
    .updateTable('stamp_batch')
    .set({ runner, leased_until: until.toISOString() })
    .where('id', '=', batch)
    .where('state', '=', 'running')
    .where((e) =>
      e.or([
        e('runner', 'is', null),
        e('runner', '=', runner),
        e('leased_until', 'is', null),
        e('leased_until', '<', now.toISOString()),
      ]),
    )
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Lets go of a batch, so that it is taken up at once by whoever looks next. */
export async function releaseStampBatch(tx: Writer, batch: string, runner: string): Promise<void> {
  await tx
    .updateTable('stamp_batch')
    .set({ runner: null, leased_until: null })
    .where('id', '=', batch)
    .where('runner', '=', runner)
    .execute();
}

/** Ends leases that last no longer than `until`. @returns how many */
export async function endStampLeases(tx: Writer, until: Date): Promise<number> {
  const result = await tx
    .updateTable('stamp_batch')
    .set({ runner: null, leased_until: null })
    .where('state', '=', 'running')
    .where('leased_until', '<=', until.toISOString())
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** @returns whether the batch was running and nothing in it waited any more */
export async function completeStampBatch(tx: Writer, batch: string, at: Date): Promise<boolean> {
  const result = await tx
    .updateTable('stamp_batch')
    .set({ state: 'completed', completed_at: at.toISOString(), runner: null, leased_until: null })
    .where('id', '=', batch)
    .where('state', '=', 'running')
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('stamp_batch_item')
            .select('position')
            .where('batch', '=', batch)
            .where('state', '=', 'waiting'),
        ),
      ),
    )
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Stops a running batch: what waits is not stamped any more. @returns whether it was running */
export async function cancelStampBatch(tx: Writer, batch: string, at: Date): Promise<boolean> {
  const result = await tx
    .updateTable('stamp_batch')
    .set({ state: 'cancelled', completed_at: at.toISOString(), runner: null, leased_until: null })
    .where('id', '=', batch)
    .where('state', '=', 'running')
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  await tx
    .updateTable('stamp_batch_item')
    .set({ state: 'cancelled', input_cipher: null, finished_at: at.toISOString() })
    .where('batch', '=', batch)
    .where('state', '=', 'waiting')
    .execute();
  return true;
}
