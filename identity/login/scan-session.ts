// A phone confirms a scan by being signed in: with a login of the last minutes, of the level that is asked for, and the right number.
import { IdentityError } from '../errors.ts';
import { isRung, type Rung, type UsedAuthenticator } from '../levels.ts';
import type { Login } from '../sessions.ts';
import type { AuthenticatorKind } from './authenticators.ts';
import type { Factor, LoginParts } from './parts.ts';
import { answerScan, requireScanned } from './scan.ts';

/** Seconds a login on the phone is recent enough to stand for its holder being there now. */
export const scanFreshSeconds = 5 * 60;

/** No login that was confirmed elsewhere reaches the window's rung: the key is not where the person works. */
const highest: Rung = 3;

/** Whether a login on the phone may confirm, and what it lacks. */
export function mayConfirmScan(
  login: Pick<Login, 'authTime' | 'level'>,
  floor: Rung | null,
  now: Date,
): 'yes' | 'not-fresh' | 'too-low' {
  if (now.getTime() - login.authTime.getTime() > scanFreshSeconds * 1000) return 'not-fresh';
  return floor !== null && login.level < floor ? 'too-low' : 'yes';
}

/**
 * Confirms by a login on the phone. The wrong number ends the attempt, as with a passkey.
 * @throws IdentityError `scan-not-found`, `scan-refused`, `reauthentication-needed`, `level-not-reached`.
 */
export async function confirmScanBySession(
  parts: LoginParts,
  confirmed: {
    readonly id: string;
    readonly phone: string;
    readonly number: number;
    readonly login: Login;
  },
): Promise<void> {
  const { id, phone, number, login } = confirmed;
  const { floor } = await requireScanned(parts, { id, phone });
  switch (mayConfirmScan(login, floor, parts.clock())) {
    case 'not-fresh':
      throw new IdentityError('reauthentication-needed', 'Sign in again on the phone before you confirm.');
    case 'too-low':
      throw new IdentityError('level-not-reached', `This login needs level ${floor ?? 1} on the phone too.`);
    case 'yes':
      await answerScan(parts, { id, phone, number, factors: await factorsOf(parts, login) });
  }
}

/** What a login was made with, as factors of the login it confirms: none is worth more than it was. */
async function factorsOf(parts: Pick<LoginParts, 'database'>, login: Login): Promise<readonly Factor[]> {
  const rows =
    login.authenticators.length === 0
      ? []
      : await parts.database.reader
          .selectFrom('authenticator')
          .select(['id', 'kind', 'aal', 'enrolled_rung'])
          .where('id', 'in', login.authenticators)
          .where('account', '=', login.account)
          .where('state', '=', 'active')
          .execute();
  const ceiling = login.aal < highest ? login.aal : highest;
  const factors = rows.map((row): Factor => {
    const enrolled = isRung(row.enrolled_rung) ? row.enrolled_rung : 1;
    return {
      account: login.account,
      authenticator: row.id,
      certificate: row.kind === 'certificate' ? login.certificate : null,
      used: { ...usedAs(row.kind), enrolledRung: enrolled, ceiling },
    };
  });
  if (factors.length > 0) return factors;
  if (login.authenticators.length > 0)
    throw new IdentityError('reauthentication-needed', 'What this phone was signed in with was removed.');
  // A sample account of the demonstration shows nothing, and is worth the lowest rung here as there.
  return [
    {
      account: login.account,
      authenticator: null,
      certificate: login.certificate,
      used: { ...usedAs('upstream'), enrolledRung: 1, ceiling: 1 },
    },
  ];
}

function usedAs(kind: AuthenticatorKind): Omit<UsedAuthenticator, 'enrolledRung' | 'ceiling'> {
  const key = kind === 'passkey' || kind === 'certificate';
  return { kind, userVerified: kind === 'passkey', originBound: key, keyStorage: key ? 'software' : null };
}
