// What two persons must agree to before a command does it, once an installation has administrators.
import { operator, type Installation } from '../api/installation.ts';
import { requireTwoPersons, type WantedApproval } from '../api/two-persons.ts';

/** Words of `--approval` for help texts. */
export const approvalHelp =
  '  --approval ID     the approved request of two persons (tpr_…); needed once the installation has administrators';

/** Takes the approval of `--approval` up. @throws IdentityError as `requireTwoPersons`. */
export function takeUpApproval(
  installation: Installation,
  approval: string | undefined,
  wanted: WantedApproval,
): Promise<void> {
  return requireTwoPersons(installation, operator, approval, wanted);
}
