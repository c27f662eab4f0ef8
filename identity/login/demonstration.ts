// Demonstration only: a sample account is chosen from a list and counts as shown, which proves nothing and is worth rung 1.
import { IdentityError } from '../errors.ts';
import { failed, succeeded } from './outcome.ts';
import type { Factor, LoginParts } from './parts.ts';

/** @throws IdentityError `demonstration-only`, `login-refused`. */
export async function chooseDemonstrationAccount(
  parts: LoginParts & { readonly demonstration: boolean },
  choice: { readonly accounts: readonly string[]; readonly account: string },
): Promise<Factor> {
  if (!parts.demonstration) {
    throw new IdentityError(
      'demonstration-only',
      'Signing in without proof exists in the demonstration only.',
    );
  }
  if (!choice.accounts.includes(choice.account)) {
    return failed(parts, 'demonstration', null, 'account-not-found');
  }
  return succeeded(parts, 'demonstration', {
    account: choice.account,
    authenticator: null,
    certificate: null,
    used: {
      kind: 'upstream',
      userVerified: false,
      originBound: false,
      keyStorage: null,
      enrolledRung: 1,
      ceiling: 1,
    },
  });
}
