// Rows of authorisations, automatic matters and approvals: given, counted, ended. What an authorisation allows stands in its document.
import type { Reader, Writer } from '../storage/database.ts';
import type { SealAuthorisationTable } from '../storage/schema/seal-life.ts';
import { beijingDay, type Authorisation } from './authorisation.ts';
import type { UseApproval } from './use-terms.ts';

export async function insertAuthorisation(
  tx: Writer,
  authorisation: Authorisation,
  document: string,
): Promise<void> {
  await tx
    .insertInto('seal_authorisation')
    .values({
      id: authorisation.id,
      seal_id: authorisation.sealId,
      department: authorisation.owner,
      document,
      valid_from: authorisation.validFrom.toISOString(),
      valid_until: authorisation.validUntil.toISOString(),
      granted_by: authorisation.grantedBy,
      approved_by: authorisation.approvedBy,
      granted_at: authorisation.grantedAt.toISOString(),
      used: 0,
      revoked_at: null,
      revoked_by: null,
      revoked_reason: null,
    })
    .execute();
}

/** Authorisations of a seal that are not revoked and not past their end, the latest first. */
export function openAuthorisations(
  db: Reader,
  sealId: string,
  now: Date,
): Promise<readonly SealAuthorisationTable[]> {
  return db
    .selectFrom('seal_authorisation')
    .selectAll()
    .where('seal_id', '=', sealId)
    .where('revoked_at', 'is', null)
    .where('valid_until', '>', now.toISOString())
    .orderBy('granted_at', 'desc')
    .orderBy('id')
    .limit(100)
    .execute();
}

/** Every authorisation of a department's seals, newest first. */
export function authorisationsOf(
  db: Reader,
  department: string,
  limit: number,
): Promise<readonly SealAuthorisationTable[]> {
  return db
    .selectFrom('seal_authorisation')
    .selectAll()
    .where('department', '=', department)
    .orderBy('granted_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/**
 * Counts one use. Of many at once exactly as many succeed as there is volume left.
 * @returns why not: revoked meanwhile, or used up; null where it was counted
 */
export async function countUse(
  tx: Writer,
  authorisation: Authorisation,
  at: Date,
): Promise<'revoked' | 'used-up' | null> {
  const counted = await tx
    .updateTable('seal_authorisation')
    .set((e) => ({ used: e('used', '+', 1) }))
    .where('id', '=', authorisation.id)
    .where('revoked_at', 'is', null)
    .where('used', '<', authorisation.total)
    .executeTakeFirst();
  if (counted.numUpdatedRows !== 1n) {
    const row = await tx
      .selectFrom('seal_authorisation')
      .select('revoked_at')
      .where('id', '=', authorisation.id)
      .executeTakeFirst();
    return row?.revoked_at === null ? 'used-up' : 'revoked';
  }
  const today = await tx
    .insertInto('seal_authorisation_day')
    .values({ authorisation: authorisation.id, day: beijingDay(at), used: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['authorisation', 'day'])
        .doUpdateSet((e) => ({ used: e('seal_authorisation_day.used', '+', 1) }))
        .where('seal_authorisation_day.used', '<', authorisation.perDay),
    )
    .executeTakeFirst();
  return today.numInsertedOrUpdatedRows === 1n ? null : 'used-up';
}

/** Ends an authorisation of the department's. @returns whether this very call did. */
export async function revokeAuthorisationRow(
  tx: Writer,
  id: string,
  department: string,
  ended: { readonly by: string; readonly reason: string; readonly at: Date },
): Promise<boolean> {
  const result = await tx
    .updateTable('seal_authorisation')
    .set({ revoked_at: ended.at.toISOString(), revoked_by: ended.by, revoked_reason: ended.reason })
    .where('id', '=', id)
    .where('department', '=', department)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** 自动核发: whether the department's matter needs no approval. */
export async function isAutomatic(db: Reader, department: string, matter: string): Promise<boolean> {
  const row = await db
    .selectFrom('automatic_matter')
    .select('ended_at')
    .where('department', '=', department)
    .where('matter', '=', matter)
    .executeTakeFirst();
  return row !== undefined && row.ended_at === null;
}

/** Marks a matter, or takes the mark away. */
export async function writeAutomatic(
  tx: Writer,
  mark: {
    readonly department: string;
    readonly matter: string;
    readonly automatic: boolean;
    readonly by: string;
    readonly at: Date;
  },
): Promise<void> {
  const at = mark.at.toISOString();
  const ended = mark.automatic ? null : at;
  await tx
    .insertInto('automatic_matter')
    .values({
      department: mark.department,
      matter: mark.matter,
      marked_at: at,
      marked_by: mark.by,
      ended_at: ended,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['department', 'matter'])
        .doUpdateSet({ marked_at: at, marked_by: mark.by, ended_at: ended }),
    )
    .execute();
}

/** Matters of a department that are marked now. */
export async function automaticMatters(db: Reader, department: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('automatic_matter')
    .select('matter')
    .where('department', '=', department)
    .where('ended_at', 'is', null)
    .orderBy('matter')
    .execute();
  return rows.map(({ matter }) => matter);
}

/** @returns false where the person approved the document before. */
export async function insertApproval(
  tx: Writer,
  id: string,
  department: string,
  approval: UseApproval,
): Promise<boolean> {
  const result = await tx
    .insertInto('seal_approval')
    .values({
      id,
      department,
      document_digest: approval.digest,
      person: approval.person,
      level: approval.level,
      approved_at: approval.at.toISOString(),
    })
    .onConflict((conflict) => conflict.columns(['department', 'document_digest', 'person']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Approvals given here of one document. */
export async function approvalsOf(
  db: Reader,
  department: string,
  digest: string,
): Promise<readonly UseApproval[]> {
  const rows = await db
    .selectFrom('seal_approval')
    .selectAll()
    .where('department', '=', department)
    .where('document_digest', '=', digest)
    .orderBy('approved_at')
    .limit(50)
    .execute();
  return rows.map((row) => ({
    person: row.person,
    level: row.level,
    at: new Date(row.approved_at),
    digest: row.document_digest,
  }));
}
