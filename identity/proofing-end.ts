// Withdrawing a proofing that was wrong: the level falls at once, and sessions above it end.
import type { Actor } from '../storage/actor.ts';
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { requireRole } from './officers.ts';

/**
 * A window's supervisor withdraws a proofing of the own department, or a security administrator any.
 * @param withdrawal.reason - 1 to 200 characters, no personal value: it stands in the audit
 * @throws IdentityError `role-missing`, `case-not-found` (none, ended, or of another department), `own-matter`.
 */
export async function withdrawProofing(
  dependencies: PeopleDependencies,
  actor: Actor,
  withdrawal: { readonly by: string; readonly id: string; readonly reason: string },
): Promise<void> {
  const officer = await requireRole(
    dependencies,
    withdrawal.by,
    'window-supervisor',
    'security-administrator',
  );
  const anywhere = officer.roles.includes('security-administrator');
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    const row = await tx
      .selectFrom('proofing')
      .select(['account', 'source', 'rung', 'method'])
      .where('id', '=', withdrawal.id)
      .where('ended_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined || !(anywhere || row.source === officer.department)) {
      throw new IdentityError('case-not-found', 'The department has no such proofing in force.');
    }
    if (row.account === withdrawal.by)
      throw new IdentityError('own-matter', 'Nobody works on a case of their own.');
    await tx
      .updateTable('proofing')
      .set({ ended_at: at.toISOString(), ended_reason: 'withdrawn' })
      .where('id', '=', withdrawal.id)
      .execute();
    await dependencies.events.levelLowered(tx, row.account);
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'account.proofing-ended',
      subject: row.account,
      details: {
        proofing: withdrawal.id,
        rung: String(row.rung),
        method: row.method,
        reason: withdrawal.reason.trim().slice(0, 200),
      },
    });
  });
}
