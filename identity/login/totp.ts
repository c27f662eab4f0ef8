// Time-based codes (RFC 6238): six digits, thirty seconds, and a step that was accepted is accepted never again.
import { generateURI, verifySync } from 'otplib';
import { base32Of } from '../../formats/base32.ts';
import type { Actor } from '../../storage/actor.ts';
import { IdentityError } from '../errors.ts';
import type { Rung } from '../levels.ts';
import { attemptRules, countAttempt, forgetAttemptsIn } from './attempts.ts';
import {
  authenticatorsOf,
  enrolAuthenticator,
  openSecret,
  useAuthenticator,
  type Authenticator,
} from './authenticators.ts';
import { consumeChallenge, makeChallenge } from './challenges.ts';
import { failed, succeeded } from './outcome.ts';
import type { Factor, LoginParts } from './parts.ts';

/** Seconds of a step, and how far a telephone's clock may be off: one step to either side. */
const period = 30;
const tolerance = 30;
/** 160 bits, as RFC 4226 section 4 recommends. */
const secretBytes = 20;
const enrolSeconds = 15 * 60;
const codePattern = /^\d{6}$/;

export interface TotpEnrolment {
  /** Brought back with the first code. */
  readonly nonce: string;
  /** What the app scans. */
  readonly uri: string;
  /** The same to be typed. */
  readonly secret: string;
}

/** Begins an enrolment: the secret is kept (encrypted) until its first code was shown. @param label - masked name in the app */
export async function beginTotp(
  parts: LoginParts,
  begun: { readonly boundTo: string; readonly issuer: string; readonly label: string },
): Promise<TotpEnrolment> {
  const secret = base32Of(parts.random(secretBytes));
  const { nonce } = await makeChallenge(parts, {
    kind: 'totp-enrol',
    boundTo: begun.boundTo,
    seconds: enrolSeconds,
    payload: secret,
  });
  return { nonce, secret, uri: generateURI({ issuer: begun.issuer, label: begun.label, secret }) };
}

/**
 * Ends an enrolment with the first code.
 * @throws IdentityError `challenge-refused`, `code-refused` (the enrolment then begins again).
 */
export async function finishTotp(
  parts: LoginParts,
  actor: Pick<Actor, 'id' | 'department'>,
  finished: {
    readonly boundTo: string;
    readonly nonce: string;
    readonly code: string;
    readonly account: string;
    readonly rung: Rung | 0;
  },
): Promise<string> {
  const { boundTo, nonce, account, rung } = finished;
  const secret = await consumeChallenge(parts, { kind: 'totp-enrol', nonce, boundTo });
  const step = stepOf(secret, finished.code, parts.clock(), -1);
  if (step === null) throw new IdentityError('code-refused', 'The code does not fit: scan again.');
  return parts.database.write((tx) =>
    enrolAuthenticator(parts, tx, actor, {
      account,
      kind: 'totp',
      label: '动态口令 Authenticator app',
      aal: 1,
      deviceBound: false,
      attested: false,
      rung,
      lookup: null,
      publicPart: {},
      secret,
      counter: step,
    }),
  );
}

/**
 * Checks a code of any of the account's apps.
 * @throws IdentityError `code-refused`, `login-delayed`.
 */
export async function checkTotp(parts: LoginParts, account: string, code: string): Promise<Factor> {
  const scope = { rule: attemptRules.device, subject: `totp ${account}` };
  await countAttempt(parts, [scope]);
  const now = parts.clock();
  for (const app of await authenticatorsOf(parts.database.reader, account, 'totp')) {
    const step = stepOf(openSecret(parts, app), code, now, app.counter);
    if (step === null) continue;
    // Of two answers with one code, on any node, the first moves the step and the second finds it there.
    const first = await parts.database.write((tx) => useAuthenticator(tx, app.id, now, step));
    if (!first) return failed(parts, 'totp', account, 'code-used', 'code-refused');
    return succeeded(parts, 'totp', factorOf(app), (tx) => forgetAttemptsIn(tx, parts, [scope]));
  }
  return failed(parts, 'totp', account, 'wrong-code', 'code-refused');
}

function factorOf(app: Authenticator): Factor {
  return {
    account: app.account,
    authenticator: app.id,
    certificate: null,
    used: {
      kind: 'totp',
      userVerified: false,
      originBound: false,
      keyStorage: null,
      enrolledRung: app.enrolledRung,
      ceiling: null,
    },
  };
}

/** The step whose code this is, above `after`; null where there is none. */
function stepOf(secret: string, code: string, now: Date, after: number): number | null {
  if (!codePattern.test(code)) return null;
  const epoch = Math.floor(now.getTime() / 1000);
  const result = verifySync({ secret, token: code, epoch, period, epochTolerance: tolerance });
  if (!result.valid || !('timeStep' in result)) return null;
  return result.timeStep > after ? result.timeStep : null;
}
