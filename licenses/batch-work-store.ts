// What working through a batch of licenses reads and writes: rows that wait, and their results.
import type { Reader, Writer } from '../storage/database.ts';
import { LeasedBatches } from '../storage/leased-batches.ts';
import type { LicenseBatchItemTable } from '../storage/schema/license-batches.ts';

export const licenseBatches = new LeasedBatches({ batches: 'license_batch', items: 'license_batch_item' });

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
  // What was under way when the batch was stopped is finished, and told.
  const made = 'license' in result;
  const set = made
    ? { state: 'done' as const, license: result.license }
    : { state: 'refused' as const, code: result.code, message: result.message.slice(0, 1000) };
  await tx
    .updateTable('license_batch_item')
    .set({ ...set, input_cipher: null, finished_at: at.toISOString() })
    .where('batch', '=', batch)
    .where('position', '=', position)
    .where('state', 'in', made ? ['waiting', 'cancelled'] : ['waiting'])
    .execute();
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
