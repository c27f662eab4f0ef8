// Passwords: set, changed, and checked in a time that tells nothing about who exists.
import type { PasswordHasher } from '../../crypto/password.ts';
import type { Actor } from '../../storage/actor.ts';
import type { Writer } from '../../storage/database.ts';
import type { Rung } from '../levels.ts';
import {
  attemptRules,
  countAttempt,
  forgetAttemptsIn,
  returnAttemptIn,
  type AttemptScope,
} from './attempts.ts';
import {
  authenticatorsOf,
  endAuthenticator,
  enrolAuthenticator,
  openSecret,
  useAuthenticator,
  type Authenticator,
} from './authenticators.ts';
import { isKnownDevice } from './devices.ts';
import { accountOfName, nameIndex, namesOf } from './names.ts';
import { failed, succeeded } from './outcome.ts';
import { normalisedPassword, requireAcceptablePassword } from './password-rules.ts';
import type { AttemptSource, Factor, LoginParts } from './parts.ts';

export interface PasswordParts extends LoginParts {
  readonly hasher: PasswordHasher;
}

/** More than this is hashed for nobody: it is refused before any work. */
const longestTyped = 512;

/**
 * Sets an account's password in place of the one before.
 * @param set.known - names by which the person is known, beside the login names
 * @returns the authenticator's identifier.
 * @throws IdentityError `password-unacceptable`; CryptoError `password-busy`.
 */
export async function setPassword(
  parts: PasswordParts,
  actor: Pick<Actor, 'id' | 'department'>,
  set: {
    readonly account: string;
    readonly password: string;
    readonly rung: Rung | 0;
    readonly known?: readonly string[];
  },
): Promise<string> {
  const names = await namesOf(parts, set.account);
  requireAcceptablePassword(set.password, [...names, ...(set.known ?? [])]);
  const phc = await parts.hasher.hash(normalisedPassword(set.password));
  return parts.database.write(async (tx) => {
    for (const old of await authenticatorsOf(tx, set.account, 'password')) {
      await endAuthenticator(parts, tx, actor, { account: set.account, id: old.id, reason: 'replaced' });
    }
    return enrolAuthenticator(parts, tx, actor, {
      account: set.account,
      kind: 'password',
      label: '密码 Password',
      aal: 1,
      deviceBound: false,
      attested: false,
      rung: set.rung,
      lookup: null,
      publicPart: {},
      secret: phc,
    });
  });
}

/**
 * Checks a name and a password. Unknown names, accounts without a password and wrong passwords cost the same and are
 * answered alike (ASVS 5.0 6.3.8).
 * @throws IdentityError `login-refused`, `login-delayed`; CryptoError `password-busy` (before any hashing).
 */
export async function checkPassword(
  parts: PasswordParts,
  source: AttemptSource,
  typed: { readonly name: string; readonly password: string },
): Promise<Factor> {
  const index = nameIndex(parts.index, typed.name);
  const account = await accountOfName(parts.database.reader, index);
  const own = await isKnownDevice(parts, source.device, account);
  const scopes = scopesOf(index, source, own);
  await countAttempt(parts, scopes.counted);
  // Nobody's name is looked for all the same.
  const [stored] = await authenticatorsOf(parts.database.reader, account ?? '', 'password');
  const phc = stored === undefined ? null : openSecret(parts, stored);
  const password = normalisedPassword(typed.password);
  const holds = await parts.hasher.verify(phc, password.length > longestTyped ? '' : password);
  if (!holds || stored === undefined || account === null) {
    return failed(parts, 'password', account, stored === undefined ? 'unknown' : 'wrong-password');
  }
  const fresh = await renewed(parts, phc, password);
  return succeeded(parts, 'password', factorOf(stored), async (tx) => {
    await forgetAttemptsIn(tx, parts, scopes.own);
    if (scopes.shared !== null) await returnAttemptIn(tx, parts, scopes.shared);
    await noteUse(parts, tx, stored.id, fresh);
  });
}

function factorOf(stored: Authenticator): Factor {
  return {
    account: stored.account,
    authenticator: stored.id,
    certificate: null,
    used: {
      kind: 'password',
      userVerified: false,
      originBound: false,
      keyStorage: null,
      enrolledRung: stored.enrolledRung,
      ceiling: null,
    },
  };
}

/**
 * As `checkPassword`, for an account that showed another factor first.
 * @throws as `checkPassword`.
 */
export async function checkAccountPassword(
  parts: PasswordParts,
  source: AttemptSource,
  typed: { readonly account: string; readonly password: string },
): Promise<Factor> {
  const scope = { rule: attemptRules.device, subject: `password ${typed.account} ${source.address}` };
  await countAttempt(parts, [scope]);
  const { account } = typed;
  const [stored] = await authenticatorsOf(parts.database.reader, account, 'password');
  const phc = stored === undefined ? null : openSecret(parts, stored);
  const password = normalisedPassword(typed.password);
  const holds = await parts.hasher.verify(phc, password.length > longestTyped ? '' : password);
  if (!holds || stored === undefined) return failed(parts, 'password', account, 'wrong-password');
  const fresh = await renewed(parts, phc, password);
  return succeeded(parts, 'password', factorOf(stored), async (tx) => {
    await forgetAttemptsIn(tx, parts, [scope]);
    await noteUse(parts, tx, stored.id, fresh);
  });
}

/** A known browser has its own count; a strange one is counted by name and address, by address, and by name. */
function scopesOf(
  index: string,
  source: AttemptSource,
  own: boolean,
): {
  readonly counted: readonly AttemptScope[];
  /** Cleared by a success. */
  readonly own: readonly AttemptScope[];
  readonly shared: AttemptScope | null;
} {
  if (own && source.device !== null) {
    const device = { rule: attemptRules.device, subject: `${index} ${source.device}` };
    return { counted: [device], own: [device], shared: null };
  }
  const pair = { rule: attemptRules.pair, subject: `${index} ${source.address}` };
  const address = { rule: attemptRules.address, subject: source.address };
  const name = { rule: attemptRules.name, subject: index };
  return { counted: [pair, address, name], own: [pair, name], shared: address };
}

/** A hash made with less than is asked of new ones today is made anew while the password is at hand; null otherwise. */
async function renewed(parts: PasswordParts, phc: string | null, password: string): Promise<string | null> {
  return phc !== null && parts.hasher.outdated(phc) ? parts.hasher.hash(password) : null;
}

async function noteUse(parts: PasswordParts, tx: Writer, id: string, fresh: string | null): Promise<void> {
  await useAuthenticator(tx, id, parts.clock());
  if (fresh === null) return;
  const place = { table: 'authenticator', column: 'secret_cipher', row: id };
  await tx
    .updateTable('authenticator')
    .set({ secret_cipher: parts.cipher.seal(place, fresh) })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .execute();
}
