// The audit row of every attempt to log in, and the one refusal that all wrong answers share.
import type { Writer } from '../../storage/database.ts';
import { IdentityError, type IdentityErrorCode } from '../errors.ts';
import type { Factor, LoginParts } from './parts.ts';

export type LoginMethod =
  | 'password'
  | 'totp'
  | 'sms'
  | 'passkey'
  | 'certificate'
  | 'certificate-tls'
  | 'scan'
  | 'upstream'
  | 'demonstration';

/**
 * Records that a factor was shown and held.
 * @param alongside - what else the success changes, in the same write: one disk sync for all of it
 * @throws IdentityError `login-refused` where nobody may log in under the account now: recorded as a failure.
 */
export async function succeeded(
  parts: LoginParts,
  method: LoginMethod,
  factor: Factor,
  alongside: (tx: Writer) => Promise<unknown> = () => Promise.resolve(),
): Promise<Factor> {
  if (!(await parts.accounts.isActive(factor.account))) {
    return failed(parts, method, factor.account, 'account-not-active');
  }
  await parts.database.write(async (tx) => {
    await alongside(tx);
    await parts.audit.append(tx, {
      at: parts.clock(),
      actor: { id: `account:${factor.account}`, department: null },
      action: 'login.succeeded',
      subject: factor.account,
      details: { method, authenticator: factor.authenticator ?? '' },
    });
  });
  return factor;
}

/**
 * Records a failed attempt and refuses it. What the caller hears never tells why.
 * @param account - whom it was about where that is known, else null
 * @param reason - for the audit alone
 * @throws IdentityError always: `code`, or `login-refused`.
 */
export async function failed(
  parts: LoginParts,
  method: LoginMethod,
  account: string | null,
  reason: string,
  code: IdentityErrorCode = 'login-refused',
): Promise<never> {
  await parts.database.write((tx) =>
    parts.audit.append(tx, {
      at: parts.clock(),
      actor: { id: 'anonymous', department: null },
      action: 'login.failed',
      subject: account ?? 'unknown',
      details: { method, reason },
    }),
  );
  throw new IdentityError(code, refusalWords[code] ?? 'The login details are not right.');
}

const refusalWords: Partial<Readonly<Record<IdentityErrorCode, string>>> = {
  'code-refused': 'The code is wrong, was used, or has expired.',
  'challenge-refused': 'The challenge was used, has expired or is another one.',
  'certificate-refused': 'The certificate or its signature does not hold here.',
  'passkey-refused': 'The passkey or its answer does not hold here.',
  'scan-refused': 'The scan login was refused.',
  'upstream-refused': 'The other provider did not confirm the login.',
};
