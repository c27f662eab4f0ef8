// What two persons must agree to before a command does it, once an installation has administrators.
import { operator, type Installation } from '../api/installation.ts';
import { noSessions } from '../identity/account-events.ts';
import { IdentityError } from '../identity/errors.ts';
import { takeUpApprovalIn } from '../identity/two-person.ts';
import type { TwoPersonKind } from '../identity/two-person-kinds.ts';

/** Words of `--approval` for help texts. */
export const approvalHelp =
  '  --approval ID     the approved request of two persons (tpr_…); needed once the installation has administrators';

/**
 * Takes the approval up. A demonstration, and an installation without administrators, needs none: nobody could give it.
 * @throws IdentityError `two-person-request-not-found` (saying what to ask for), `two-person-request-decided`.
 */
export async function takeUpApproval(
  installation: Installation,
  approval: string | undefined,
  wanted: { readonly kind: TwoPersonKind; readonly parameters: Readonly<Record<string, string>> },
): Promise<void> {
  if (installation.demonstration) return;
  const administrator = await installation.database.reader
    .selectFrom('officer_role')
    .select('id')
    .where('administrative', '=', 1)
    .where('ended_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (administrator === undefined) return;
  if (approval === undefined) {
    const parameters = Object.entries(wanted.parameters).map(([name, value]) => `${name} = ${value}`);
    throw new IdentityError(
      'two-person-request-not-found',
      `This needs two persons. Ask for ${wanted.kind} with ${parameters.join(', ')}, have it approved, then pass --approval.`,
    );
  }
  const people = { ...installation, events: noSessions };
  await installation.database.write((tx) =>
    takeUpApprovalIn(tx, people, operator, { id: approval, ...wanted }),
  );
}
