// What working through a batch writes: leases, results, beginnings, ends.
import type { Reader, Writer } from '../storage/database.ts';
import type { LicenseBatchItemTable } from '../storage/schema/license-batches.ts';

export type WaitingItem = Pick<LicenseBatchItemTable, 'position' | 'attempts' | 'input_cipher'>;

/** Rows that wait, in order, after a position. */
export function waitingItems(
  db: Reader,
  batch: string,
  after: number,
  limit: number,
): Promise<readonly WaitingItem[]> {
  return db
    .selectFrom('license_batch_item')
    .select(['position', 'attempts', 'input_cipher'])
    .where('batch', '=', batch)
    .where('state', '=', 'waiting')
    .where('position', '>', after)
    .orderBy('position')
    .limit(limit)
    .execute();
}

/** Ends a waiting row. What it asked for is forgotten. */
export async function finishItem(
  tx: Writer,
  batch: string,
  position: number,
  result: { readonly license: string } | { readonly code: string; readonly message: string },
  at: Date,
): Promise<void> {
  const set =
    'license' in result
      ? { state: 'done' as const, license: result.license }
      : { state: 'refused' as const, code: result.code, message: result.message.slice(0, 1000) };
  await tx
    .updateTable('license_batch_item')
    .set({ ...set, input_cipher: null, finished_at: at.toISOString() })
    .where('batch', '=', batch)
    .where('position', '=', position)
    .where('state', '=', 'waiting')
    .execute();
}

/** The issue that was begun for a row was given up: the next has another key. */
export async function countAttempt(
  tx: Writer,
  batch: string,
  position: number,
  attempts: number,
): Promise<void> {
  await tx
    .updateTable('license_batch_item')
    .set({ attempts })
    .where('batch', '=', batch)
    .where('position', '=', position)
    .where('state', '=', 'waiting')
    .execute();
}

/** Batches that nobody works on, oldest first. */
export async function idleBatches(db: Reader, now: Date): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('license_batch')
    .select('id')
    .where('state', '=', 'running')
    .where((e) => e.or([e('leased_until', 'is', null), e('leased_until', '<', now.toISOString())]))
    .orderBy('created_at')
    .execute();
  return rows.map(({ id }) => id);
}

/** Takes or keeps a running batch for `runner` until `until`. @returns whether it is the runner's */
export async function leaseBatch(
  tx: Writer,
  batch: string,
  runner: string,
  now: Date,
  until: Date,
): Promise<boolean> {
  const result = await tx
    .updateTable('license_batch')
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
export async function releaseBatch(tx: Writer, batch: string, runner: string): Promise<void> {
  await tx
    .updateTable('license_batch')
    .set({ runner: null, leased_until: null })
    .where('id', '=', batch)
    .where('runner', '=', runner)
    .execute();
}

/** Ends leases that last no longer than `until`. @returns how many */
export async function endLeases(tx: Writer, until: Date): Promise<number> {
  const result = await tx
    .updateTable('license_batch')
    .set({ runner: null, leased_until: null })
    .where('state', '=', 'running')
    .where('leased_until', '<=', until.toISOString())
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** @returns whether the batch was running and nothing in it waited any more */
export async function completeBatch(tx: Writer, batch: string, at: Date): Promise<boolean> {
  const result = await tx
    .updateTable('license_batch')
    .set({ state: 'completed', completed_at: at.toISOString(), runner: null, leased_until: null })
    .where('id', '=', batch)
    .where('state', '=', 'running')
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('license_batch_item')
            .select('position')
            .where('batch', '=', batch)
            .where('state', '=', 'waiting'),
        ),
      ),
    )
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Stops a batch: what waits is not issued any more, and is forgotten. @returns whether it was not over yet */
export async function cancelBatch(tx: Writer, batch: string, at: Date): Promise<boolean> {
  const result = await tx
    .updateTable('license_batch')
    .set({ state: 'cancelled', completed_at: at.toISOString(), runner: null, leased_until: null })
    .where('id', '=', batch)
    .where('state', 'in', ['receiving', 'running'])
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  await tx
    .updateTable('license_batch_item')
    .set({ state: 'cancelled', input_cipher: null, finished_at: at.toISOString() })
    .where('batch', '=', batch)
    .where('state', '=', 'waiting')
    .execute();
  return true;
}

/** Batches whose rows never came all, begun before `before`. */
export async function unreceivedBatches(db: Reader, before: Date): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('license_batch')
    .select('id')
    .where('state', '=', 'receiving')
    .where('created_at', '<', before.toISOString())
    .execute();
  return rows.map(({ id }) => id);
}
