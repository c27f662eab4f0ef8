// Rows of acts: what one request issues, what it stamped beside its licenses, and what is left of one that was given up.
import { STATUS } from '../formats/qr/labels.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { LicenseActTable } from '../storage/schema/licenses.ts';
import { deleteHolders } from './holders.ts';
import { deletePhotos } from './photo.ts';
import { deleteRecordKeys } from './record-keys.ts';
import { writeStatus } from './status.ts';

/** @returns false where the client used the key before, or the case is handled already: nothing was written then. */
export async function insertIntendedAct(
  tx: Writer,
  act: Omit<LicenseActTable, 'state' | 'completed_at' | 'abandoned_reason'>,
): Promise<boolean> {
  const result = await tx
    .insertInto('license_act')
    .values({ ...act, state: 'intended', completed_at: null, abandoned_reason: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** @returns whether the act was still intended. */
export async function completeAct(tx: Writer, id: string, at: Date): Promise<boolean> {
  const result = await tx
    .updateTable('license_act')
    .set({ state: 'completed', completed_at: at.toISOString() })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** An act that was given up. */
export interface AbandonedAct {
  readonly id: string;
  readonly client: string;
  readonly department: string;
  readonly licenses: readonly string[];
}

/**
 * Gives up intended acts. Their personal data goes; identifiers, serials and status entries stay used for ever. A page that
 * was sealed before the act failed never left the store; should it ever, its code is out of force.
 */
export async function abandonActs(
  tx: Writer,
  which: { readonly id: string } | { readonly before: Date },
  reason: string,
  at: Date,
): Promise<readonly AbandonedAct[]> {
  const acts = await tx
    .updateTable('license_act')
    .set({ state: 'abandoned', abandoned_reason: reason })
    .where('state', '=', 'intended')
    .$if('id' in which, (q) => ('id' in which ? q.where('id', '=', which.id) : q))
    .$if('before' in which, (q) =>
      'before' in which ? q.where('intended_at', '<', which.before.toISOString()) : q,
    )
    .returning(['id', 'client', 'department'])
    .execute();
  const given: AbandonedAct[] = [];
  for (const act of acts) {
    const licenses = await tx
      .updateTable('license')
      .set({ state: 'abandoned', record: null, succession: null, holder_index: null, number_index: null })
      .where('act', '=', act.id)
      .where('state', '=', 'intended')
      .returning(['id', 'status_list', 'status_index'])
      .execute();
    const abandoned = licenses.map((license) => license.id);
    await deleteHolders(tx, abandoned);
    await deletePhotos(tx, abandoned);
    await deleteRecordKeys(tx, abandoned);
    for (const { status_list: list, status_index: index } of licenses)
      if (list !== null && index !== null) await writeStatus(tx, { list, index }, STATUS.outOfForce, at);
    given.push({ ...act, licenses: abandoned });
  }
  return given;
}

/** @returns null where the client never used this key. */
export async function findActByKey(db: Reader, client: string, key: string): Promise<LicenseActTable | null> {
  const row = await db
    .selectFrom('license_act')
    .selectAll()
    .where('client', '=', client)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ?? null;
}

/** The completed case of a department. */
export async function findCase(
  db: Reader,
  department: string,
  caseNumber: string,
): Promise<LicenseActTable | null> {
  const row = await db
    .selectFrom('license_act')
    .selectAll()
    .where('department', '=', department)
    .where('case_number', '=', caseNumber)
    .where('kind', '=', 'case')
    .where('state', '=', 'completed')
    .executeTakeFirst();
  return row ?? null;
}

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
