// Rows of copies for a purpose to values and back; personal data under the key of the license they were made from.
import type { FieldCipher } from '../crypto/field-cipher.ts';
import type { StatusReference } from '../formats/cose/cwt.ts';
import { STATUS } from '../formats/qr/labels.ts';
import type { Actor } from '../storage/actor.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { LicenseCopyTable } from '../storage/schema/presentations.ts';
import type { CodeText } from './code-picture.ts';
import type { LicenseParts } from './parts.ts';
import { writeStatus } from './status.ts';

/** A copy that was made. */
export interface LicenseCopy {
  readonly id: string;
  readonly license: string;
  readonly grantNumber: string;
  /** Credit code of the department it was made for. */
  readonly department: string;
  readonly matter: string;
  readonly fields: readonly string[];
  readonly recordHash: string;
  readonly stampId: string;
  readonly document: { readonly digest: string; readonly size: number };
  readonly madeAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

const place = (column: 'record' | 'code', row: string): { table: string; column: string; row: string } => ({
  table: 'license_copy',
  column,
  row,
});

type Intended = Omit<
  LicenseCopyTable,
  | 'state'
  | 'record'
  | 'code'
  | 'stamp'
  | 'document'
  | 'document_size'
  | 'completed_at'
  | 'ended_at'
  | 'abandoned_reason'
>;

/** @returns false where the client used the key before: nothing was written then. */
export async function insertIntendedCopy(
  tx: Writer,
  cipher: FieldCipher,
  copy: Intended,
  record: string,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('license_copy')
    .values({
      ...copy,
      state: 'intended',
      record: cipher.seal(place('record', copy.id), record),
      code: null,
      stamp: null,
      document: null,
      document_size: null,
      completed_at: null,
      ended_at: null,
      abandoned_reason: null,
    })
    .onConflict((conflict) => conflict.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

/**
 * Where a license stands in the write that intends a copy of it; its row is locked, so that no change of it and no other copy
 * comes between.
 * @returns its state, and how many copies were intended since
 */
export async function copiedNow(
  tx: Writer,
  license: string,
  since: Date,
): Promise<{ readonly state: string | null; readonly copies: number }> {
  const row = await tx
    .selectFrom('license')
    .select('state')
    .where('id', '=', license)
    .where('record', 'is not', null)
    .forUpdate()
    .executeTakeFirst();
  const { count } = await tx
    .selectFrom('license_copy')
    .select((e) => e.fn.countAll<number | string>().as('count'))
    .where('license', '=', license)
    .where('intended_at', '>', since.toISOString())
    .executeTakeFirstOrThrow();
  return { state: row?.state ?? null, copies: Number(count) };
}

/** @returns whether it was still intended. */
export async function completeCopy(
  tx: Writer,
  cipher: FieldCipher,
  id: string,
  made: {
    readonly code: CodeText;
    readonly stampId: string;
    readonly document: LicenseCopy['document'];
    readonly at: Date;
  },
): Promise<boolean> {
  const completed = await tx
    .updateTable('license_copy')
    .set({
      state: 'completed',
      code: cipher.seal(place('code', id), JSON.stringify(made.code)),
      stamp: made.stampId,
      document: made.document.digest,
      document_size: made.document.size,
      completed_at: made.at.toISOString(),
    })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .executeTakeFirst();
  return completed.numUpdatedRows === 1n;
}

/** Null for one that is intended or was given up. */
export function copyOf(row: LicenseCopyTable): LicenseCopy | null {
  const { stamp, document, completed_at: completedAt } = row;
  if (row.state !== 'completed' || stamp === null || document === null || completedAt === null) return null;
  return {
    id: row.id,
    license: row.license,
    grantNumber: row.grant_number,
    department: row.department,
    matter: row.matter,
    fields: JSON.parse(row.fields) as readonly string[],
    recordHash: row.record_hash,
    stampId: stamp,
    // Either engine may hand out a 64-bit integer as text.
    document: { digest: document, size: Number(row.document_size) },
    madeAt: new Date(completedAt),
    expiresAt: new Date(row.expires_at),
    endedAt: row.ended_at === null ? null : new Date(row.ended_at),
  };
}

/** Rows of one holder, the newest first. */
export function copyRows(
  db: Reader,
  holderIndex: string,
  limit: number,
): Promise<readonly LicenseCopyTable[]> {
  return db
    .selectFrom('license_copy')
    .selectAll()
    .where('holder_index', '=', holderIndex)
    .where('state', '=', 'completed')
    .orderBy('intended_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

function statusOf(row: Pick<LicenseCopyTable, 'status_list' | 'status_index'>): StatusReference | null {
  const { status_list: list, status_index: index } = row;
  return list === null || index === null ? null : { list, index };
}

/**
 * Gives up copies that were intended: one, or all that a crash left. A page that was sealed before the copy failed never left
 * the store; should it ever, its code is out of force.
 * @returns how many
 */
export async function abandonCopies(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit' | 'clock'>,
  which: { readonly id: string } | { readonly before: Date },
  reason: string,
): Promise<number> {
  const at = parts.clock();
  const given = await tx
    .updateTable('license_copy')
    .set({ state: 'abandoned', record: null, abandoned_reason: reason })
    .where('state', '=', 'intended')
    .$if('id' in which, (q) => ('id' in which ? q.where('id', '=', which.id) : q))
    .$if('before' in which, (q) =>
      'before' in which ? q.where('intended_at', '<', which.before.toISOString()) : q,
    )
    .returning(['id', 'client', 'status_list', 'status_index'])
    .execute();
  for (const row of given) {
    const status = statusOf(row);
    if (status !== null) await writeStatus(tx, status, STATUS.outOfForce, at);
    await parts.audit.append(tx, {
      at,
      actor: { id: row.client, department: null },
      action: 'license-copy.abandoned',
      subject: row.id,
      details: { reason },
    });
  }
  return given.length;
}

/** Ends one at the holder's wish. @returns whether it was in force; @param now */
export async function endCopyIn(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit'>,
  actor: Actor,
  ending: { readonly id: string; readonly holderIndex: string; readonly now: Date },
): Promise<boolean> {
  const [ended] = await tx
    .updateTable('license_copy')
    .set({ ended_at: ending.now.toISOString() })
    .where('id', '=', ending.id)
    .where('holder_index', '=', ending.holderIndex)
    .where('state', '=', 'completed')
    .where('ended_at', 'is', null)
    .returning(['license', 'status_list', 'status_index'])
    .execute();
  if (ended === undefined) return false;
  const status = statusOf(ended);
  if (status !== null) await writeStatus(tx, status, STATUS.outOfForce, ending.now);
  await parts.audit.append(tx, {
    at: ending.now,
    actor,
    action: 'license-copy.ended',
    subject: ended.license,
    details: { copy: ending.id },
  });
  return true;
}
