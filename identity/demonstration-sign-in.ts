// Demonstration only: choose a sample officer or holder from a list and be signed in, without any proof.
import type { BlindIndex } from '../crypto/blind-index.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import { IdentityError } from './errors.ts';
import type { Principal } from './principal.ts';

/** A sample account. Its key is not personal; names shown are the fixtures'. */
export interface DemonstrationAccount {
  readonly key: string;
  readonly name: string;
  readonly principal: Principal;
  /** `acc_…` of the person behind it. */
  readonly account?: string;
}

export interface SignInDependencies {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly index: BlindIndex;
  readonly demonstration: boolean;
  readonly accounts: readonly DemonstrationAccount[];
}

export interface Session {
  readonly account: DemonstrationAccount;
  readonly principal: Principal;
  /** Must come back with every form of this session. */
  readonly formToken: string;
}

/** Sessions end after this, used or not. */
export const sessionSeconds = 12 * 3600;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/**
 * Opens a session for a sample account and audits the login.
 * @returns the token for the cookie; only its keyed hash is stored.
 * @throws IdentityError `demonstration-only`, `account-not-found` (audited as a failed login).
 */
export async function signIn(dependencies: SignInDependencies, accountKey: string): Promise<string> {
  requireDemonstration(dependencies);
  const account = dependencies.accounts.find((known) => known.key === accountKey);
  const at = dependencies.clock();
  if (account === undefined) {
    await dependencies.database.write((tx) =>
      dependencies.audit.append(tx, {
        at,
        actor: { id: 'anonymous', department: null },
        action: 'login.failed',
        subject: 'demonstration',
        details: { reason: 'account-not-found' },
      }),
    );
    throw new IdentityError('account-not-found', 'There is no such demonstration account.');
  }
  const token = encodeBase64url(dependencies.random(32));
  const formToken = encodeBase64url(dependencies.random(32));
  await dependencies.database.write(async (tx) => {
    // Logging in is rare enough to sweep here what has expired.
    await tx.deleteFrom('demonstration_session').where('expires_at', '<=', at.toISOString()).execute();
    await tx
      .insertInto('demonstration_session')
      .values({
        token_mac: dependencies.index.of('demonstration-session', token),
        principal: account.principal.id,
        account: account.key,
        csrf_token: formToken,
        created_at: at.toISOString(),
        expires_at: new Date(at.getTime() + sessionSeconds * 1000).toISOString(),
      })
      .execute();
    await dependencies.audit.append(tx, {
      at,
      actor: account.principal,
      action: 'login.succeeded',
      subject: account.principal.id,
      details: { method: 'demonstration' },
    });
  });
  return token;
}

/** @returns the session of a cookie's token, or null for none, an unknown or an expired one. */
export async function sessionOf(dependencies: SignInDependencies, token: string): Promise<Session | null> {
  if (!dependencies.demonstration || !tokenPattern.test(token)) return null;
  const row = await dependencies.database.reader
    .selectFrom('demonstration_session')
    .select(['account', 'csrf_token', 'expires_at'])
    .where('token_mac', '=', dependencies.index.of('demonstration-session', token))
    .executeTakeFirst();
  if (row === undefined || row.expires_at <= dependencies.clock().toISOString()) return null;
  const account = dependencies.accounts.find((known) => known.key === row.account);
  return account === undefined ? null : { account, principal: account.principal, formToken: row.csrf_token };
}

/** Ends the session; ending one that is not there is no error. */
export async function signOut(dependencies: SignInDependencies, token: string): Promise<void> {
  await dependencies.database.write(async (tx) => {
    await tx
      .deleteFrom('demonstration_session')
      .where('token_mac', '=', dependencies.index.of('demonstration-session', token))
      .execute();
  });
}

function requireDemonstration(dependencies: SignInDependencies): void {
  if (!dependencies.demonstration) {
    throw new IdentityError(
      'demonstration-only',
      'Signing in without proof exists in the demonstration only.',
    );
  }
}
