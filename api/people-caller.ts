// Who calls about people: the account behind a principal, and whether its login is worth enough for what is asked.
import { accountOfPerson, type Account } from '../identity/accounts.ts';
import { IdentityError } from '../identity/errors.ts';
import type { Rung } from '../identity/levels.ts';
import type { Principal } from '../identity/principal.ts';
import { ApiError } from './errors.ts';
import type { Services } from './services.ts';

/** The level at which officers work on people, and a legal representative on an enterprise. */
export const officeLevel: Rung = 3;

export interface PeopleCaller {
  readonly principal: Principal;
  /** Active. */
  readonly account: Account;
}

/**
 * @param level - what the login must be worth. In the demonstration nobody proves anything, so no level is asked for.
 * @throws ApiError `unauthenticated`, `scope-missing` for a system or somebody without an account; IdentityError
 * `account-ended`, `level-too-low`.
 */
export async function peopleCaller(
  services: Services,
  principal: Principal | null,
  level: Rung = 1,
): Promise<PeopleCaller> {
  if (principal === null) throw new ApiError('unauthenticated', 'Sign in first.');
  const person = /^person:(.+)$/.exec(principal.id)?.[1];
  const account = person === undefined ? null : await accountOfPerson(services, person);
  if (account === null) throw new ApiError('scope-missing', 'The caller is no person with an account.');
  if (account.state !== 'active')
    throw new IdentityError('account-ended', `The account is ${account.state}.`);
  if (principal.level < level && !services.demonstration) {
    throw new IdentityError(
      'level-too-low',
      `This needs a login of level ${level}: sign in by a stronger way.`,
    );
  }
  return { principal, account };
}
