// What a person may do at our APIs by what they are: an officer with roles, or a resident.
import type { PeopleDependencies } from './accounts.ts';
import { officerOf } from './officers.ts';
import type { Scope } from './principal.ts';
import { scopesOfRoles } from './roles.ts';

/**
 * Scopes of an account, not acting for anybody. An officer's are those of the office and of their own data; whoever holds
 * no office sees their own licenses too.
 */
export async function scopesOfAccount(
  dependencies: Pick<PeopleDependencies, 'database'>,
  account: string,
): Promise<readonly Scope[]> {
  const officer = await officerOf(dependencies, account);
  if (officer === null || officer.roles.length === 0) return ['licenses:own', 'identity:own'];
  return [...scopesOfRoles(officer.roles), 'identity:own'];
}
