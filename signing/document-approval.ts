// 用印审批 given here: a person approves one document, by its digest, before it is stamped.
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { Suite } from '../crypto/suite.ts';
import { decidedByPersons, isPerson, type Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import { approvalsOf, insertApproval } from './authorisation-store.ts';
import { SigningError } from './errors.ts';
import { newIdentifier } from './identifiers.ts';
import { departmentOf, requireScope } from './seal-use.ts';
import type { UseApproval } from './use-terms.ts';

/**
 * Approves a document for the actor's department; approving it again changes nothing.
 * @param given digest as the suite makes it, level 1 to 9
 * @returns every approval of the document there is
 * @throws SigningError `scope-missing`, `decider-not-person`, `department-missing`, `approval-invalid`
 */
export async function approveDocument(
  parts: {
    readonly database: Database;
    readonly audit: AuditLog;
    readonly clock: Clock;
    readonly random: RandomBytes;
    readonly suite: Suite;
  },
  actor: Actor,
  given: { readonly digest: string; readonly level: number },
): Promise<readonly UseApproval[]> {
  requireScope(actor, 'stamps:approve');
  // What a system vouches for of its own persons stands in its request for a stamp (use-rights.ts), with their levels.
  if (!isPerson(actor)) throw new SigningError('decider-not-person', decidedByPersons);
  const department = departmentOf(actor);
  const { digest, level } = given;
  if (!digest.startsWith(`${parts.suite.digest}:`))
    throw new SigningError('approval-invalid', `Documents are named by ${parts.suite.digest} here.`);
  if (!Number.isInteger(level) || level < 1 || level > 9)
    throw new SigningError('approval-invalid', 'The level of an approval is 1 to 9.');
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    const id = newIdentifier('apr', parts.random);
    if (!(await insertApproval(tx, id, department, { person: actor.id, level, at, digest }))) return;
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'seal-approval.given',
      subject: id,
      details: { document: digest, level: String(level) },
    });
  });
  return approvalsOf(parts.database.reader, department, digest);
}
