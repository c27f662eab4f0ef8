// Demonstration only: login names, telephones and the one password of the made-up residents, each enrolled once.
import { demonstrationLogins, demonstrationPassword } from '../fixtures/logins.ts';
import { accountOfPerson } from '../identity/accounts.ts';
import { IdentityError } from '../identity/errors.ts';
import { authenticatorsOf } from '../identity/login/authenticators.ts';
import { addLoginName } from '../identity/login/names.ts';
import { setPassword } from '../identity/login/password.ts';
import { enrolTelephone } from '../identity/login/sms.ts';
import { findPerson } from '../identity/persons.ts';
import { operator } from './installation.ts';
import type { Services } from './services.ts';

/** @throws IdentityError `demonstration-only`. @returns how many were enrolled now. */
export async function enrolDemonstrationDoors(
  services: Services,
  logins: typeof demonstrationLogins = demonstrationLogins,
): Promise<number> {
  if (!services.demonstration) {
    throw new IdentityError('demonstration-only', 'Production has no sample passwords.');
  }
  const { doors } = services.login;
  let enrolled = 0;
  for (const { person, name, telephone } of logins) {
    const key = { type: 'resident-identity-card' as const, number: person.number, name: person.name };
    const found = await findPerson(services, key);
    const account = found === null ? null : await accountOfPerson(services, found.id);
    if (account === null) continue;
    if ((await authenticatorsOf(services.database.reader, account.id, 'password')).length > 0) continue;
    const rung = await doors.accounts.rungOf(account.id);
    await services.database.write((tx) => addLoginName(doors, tx, account.id, name));
    await setPassword(doors, operator, { account: account.id, password: demonstrationPassword, rung });
    await enrolTelephone(doors, operator, { account: account.id, telephone, rung });
    enrolled += 1;
  }
  return enrolled;
}
