// Rows of what an act stamped beside its licenses: decisions and the documents that belong to them.
import type { Reader, Writer } from '../storage/database.ts';

/**
 * Enters the stamps of an act's documents, in order, with its intention.
 * @param first place of the first: 0 is the decision's, further documents follow from 1
 */
export async function insertActStamps(
  tx: Writer,
  act: string,
  stamps: readonly string[],
  first: 0 | 1,
): Promise<void> {
  if (stamps.length === 0) return;
  await tx
    .insertInto('license_act_stamp')
    .values(stamps.map((stamp, index) => ({ act, position: first + index, stamp })))
    .execute();
}

/** Stamps of an act's documents, in order. */
export async function stampsOfAct(db: Reader, act: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('license_act_stamp')
    .select('stamp')
    .where('act', '=', act)
    .orderBy('position')
    .execute();
  return rows.map(({ stamp }) => stamp);
}
