// Settles at start what a crash left of enrolments: intentions given up, keys never handed over, old certificates to revoke.
import type { Writer } from '../storage/database.ts';
import { revokeUndelivered, revokeUnlessRevoked } from './enrol.ts';
import type { EnrolmentParts } from './enrolment.ts';
import {
  abandonEnrolments,
  markSuperseded,
  openSupersessions,
  undeliveredEnrolments,
} from './enrolment-store.ts';

const SYSTEM = { id: 'system', department: null };

/**
 * Run after issuances were settled and the hierarchy is open. Nothing is signed again.
 * @param before - left-overs of this process or of another node from before then
 * @returns how many enrolments were touched.
 */
export async function settleEnrolments(parts: EnrolmentParts, before: Date): Promise<number> {
  const abandoned = await parts.database.write(async (tx) => {
    const given = await abandonEnrolments(tx, { before }, 'interrupted');
    for (const { id } of given) {
      await parts.audit.append(tx, {
        at: parts.clock(),
        actor: SYSTEM,
        action: 'enrolment.abandoned',
        subject: id,
        details: { reason: 'interrupted' },
      });
    }
    return given.length;
  });
  const undelivered = await undeliveredEnrolments(parts.database.reader, before);
  for (const { id, serial } of undelivered)
    if (serial !== null) await revokeUndelivered(parts, SYSTEM, { id, serial });
  const open = await openSupersessions(parts.database.reader, before);
  for (const { id, replaces } of open) await supersede(parts, SYSTEM, id, replaces);
  return abandoned + undelivered.length + open.length;
}

/** Revokes the certificate that a re-key replaced, and notes that it is done. Safe to repeat. */
export async function supersede(
  parts: EnrolmentParts,
  actor: { readonly id: string; readonly department: string | null },
  enrolment: string,
  replaced: string | null,
): Promise<void> {
  const mark = (tx: Writer): Promise<void> => markSuperseded(tx, enrolment);
  if (replaced === null) await parts.database.write(mark);
  else await revokeUnlessRevoked(parts, actor, replaced, 'superseded', mark);
}
