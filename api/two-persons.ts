// What one person alone never does: an approval of two is taken up, once, before the work begins.
import type { FieldCipher } from '../crypto/field-cipher.ts';
import { noSessions } from '../identity/account-events.ts';
import { IdentityError } from '../identity/errors.ts';
import { takeUpApprovalIn } from '../identity/two-person.ts';
import { twoPersonTable, type TwoPersonKind } from '../identity/two-person-kinds.ts';
import type { Actor } from '../storage/actor.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { Installation } from './installation.ts';

/** What two persons must have agreed to, word for word. */
export interface WantedApproval {
  readonly kind: TwoPersonKind;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What is needed of an installation. */
export type TwoPersonParts = Pick<
  Installation,
  'database' | 'audit' | 'clock' | 'random' | 'index' | 'demonstration'
> & { readonly cipher: FieldCipher };

/** Whether there is anybody who could approve: 三员 in office. */
export async function hasAdministrators(reader: Reader): Promise<boolean> {
  const administrator = await reader
    .selectFrom('officer_role')
    .select('id')
    .where('administrative', '=', 1)
    .where('ended_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return administrator !== undefined;
}

/**
 * Takes an approval up, once, for exactly what was approved. A demonstration, and an installation without administrators,
 * needs none: nobody could give it.
 * @param approval - `tpr_…`, or undefined where the caller brings none
 * @throws IdentityError `two-person-request-not-found` (says what to ask for), `two-person-request-decided`.
 */
export async function requireTwoPersons(
  parts: TwoPersonParts,
  actor: Actor,
  approval: string | undefined,
  wanted: WantedApproval,
): Promise<void> {
  const takeUp = await twoPersonsIn(parts, actor, approval, wanted);
  await parts.database.write(takeUp);
}

/**
 * As `requireTwoPersons`, to be taken up inside the write that does the work: work that is refused leaves the approval.
 * @returns what to call in that write
 */
export async function twoPersonsIn(
  parts: TwoPersonParts,
  actor: Actor,
  approval: string | undefined,
  wanted: WantedApproval,
): Promise<(tx: Writer) => Promise<void>> {
  if (parts.demonstration || !(await hasAdministrators(parts.database.reader))) {
    return () => Promise.resolve();
  }
  if (approval === undefined) {
    const named = Object.entries(wanted.parameters).map(([name, value]) => `${name} = ${value}`);
    throw new IdentityError(
      'two-person-request-not-found',
      `This needs two persons (${twoPersonTable[wanted.kind].en}). Ask for ${wanted.kind} with ${named.join(', ')}, have it approved, then bring the approval.`,
    );
  }
  return (tx) => takeUpApprovalIn(tx, { ...parts, events: noSessions }, actor, { id: approval, ...wanted });
}
