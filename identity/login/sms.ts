// Codes by text message: a weak factor (ASVS 5.0 6.6.1), never the only one offered, and silent about who has which number.
import type { Actor } from '../../storage/actor.ts';
import { IdentityError } from '../errors.ts';
import type { Rung } from '../levels.ts';
import { attemptRules, countAttempt, forgetAttemptsIn } from './attempts.ts';
import {
  authenticatorByLookup,
  authenticatorsOf,
  endAuthenticator,
  enrolAuthenticator,
  openSecret,
  useAuthenticator,
  type Authenticator,
} from './authenticators.ts';
import { codeSeconds, makeCode, takeCode } from './codes.ts';
import { addLoginName, maskedTelephone, normalisedTelephone } from './names.ts';
import { failed, succeeded } from './outcome.ts';
import type { AttemptSource, Factor, LoginParts, MessageSender } from './parts.ts';

function lookupOf(parts: LoginParts, telephone: string): string {
  return `sms:${parts.index.of('authenticator-telephone', telephone)}`;
}

/**
 * Sends a login code to a number somebody typed. A number nobody enrolled gets no message and the caller hears the same:
 * the same rows are written, and the message is handed over after the answer is certain.
 * @param source - who asks; limits are counted per number and per address
 * @returns what is still to be sent: the caller answers first and then calls it.
 * @throws IdentityError `method-not-available`, `login-delayed`, `login-refused` (no telephone number).
 */
export async function requestLoginCode(
  parts: LoginParts,
  source: AttemptSource,
  request: { readonly telephone: string; readonly boundTo: string },
): Promise<() => Promise<void>> {
  const messages = senderOf(parts);
  const telephone = normalisedTelephone(request.telephone);
  if (telephone === null) throw new IdentityError('login-refused', 'This is no mobile number.');
  await countSending(parts, source, telephone);
  const enrolled = await authenticatorByLookup(parts.database.reader, lookupOf(parts, telephone));
  const code = await makeCode(parts, {
    purpose: 'login',
    boundTo: request.boundTo,
    account: enrolled?.account ?? null,
    authenticator: enrolled?.id ?? null,
    target: null,
  });
  return () => (enrolled === null ? Promise.resolve() : messages.send(telephone, loginWords(code)));
}

/**
 * Sends a code to the number an account enrolled: the second factor after a password.
 * @returns the masked number, and what is still to be sent.
 * @throws IdentityError `method-not-available` also where there is no number; `login-delayed`.
 */
export async function requestSecondCode(
  parts: LoginParts,
  source: AttemptSource,
  request: { readonly account: string; readonly boundTo: string },
): Promise<{ readonly telephone: string; readonly send: () => Promise<void> }> {
  const messages = senderOf(parts);
  const [enrolled] = await authenticatorsOf(parts.database.reader, request.account, 'sms');
  if (enrolled === undefined) {
    throw new IdentityError('method-not-available', 'No telephone is enrolled.');
  }
  const telephone = openSecret(parts, enrolled);
  await countSending(parts, source, telephone);
  const code = await makeCode(parts, {
    purpose: 'login',
    boundTo: request.boundTo,
    account: request.account,
    authenticator: enrolled.id,
    target: null,
  });
  return { telephone: maskedTelephone(telephone), send: () => messages.send(telephone, loginWords(code)) };
}

/**
 * Checks a login code. @param asked.account - whose code it must be, after a password; null for a login by number alone
 * @throws IdentityError `code-refused`, `login-delayed`.
 */
export async function checkLoginCode(
  parts: LoginParts,
  source: AttemptSource,
  asked: { readonly boundTo: string; readonly code: string; readonly account: string | null },
): Promise<Factor> {
  const scope = { rule: attemptRules.challenge, subject: `sms ${source.address}` };
  await countAttempt(parts, [scope]);
  const match = await takeCode(parts, { purpose: 'login', boundTo: asked.boundTo, code: asked.code });
  if (match === null || match.authenticator === null || (asked.account ?? match.account) !== match.account) {
    return failed(parts, 'sms', asked.account, 'wrong-code', 'code-refused');
  }
  const enrolled = (await authenticatorsOf(parts.database.reader, match.account, 'sms')).find(
    ({ id }) => id === match.authenticator,
  );
  const used =
    enrolled !== undefined &&
    (await parts.database.write((tx) => useAuthenticator(tx, enrolled.id, parts.clock())));
  if (!used) return failed(parts, 'sms', match.account, 'ended', 'code-refused');
  return succeeded(parts, 'sms', factorOf(enrolled), (tx) => forgetAttemptsIn(tx, parts, [scope]));
}

/**
 * Sends the code that enrols a number. A number that is another account's is told by its holder's message only.
 * @returns what is still to be sent. @throws IdentityError `method-not-available`, `login-name-invalid`, `login-delayed`.
 */
export async function beginTelephone(
  parts: LoginParts,
  source: AttemptSource,
  begun: { readonly account: string; readonly telephone: string; readonly boundTo: string },
): Promise<() => Promise<void>> {
  const messages = senderOf(parts);
  const telephone = normalisedTelephone(begun.telephone);
  if (telephone === null) throw new IdentityError('login-name-invalid', 'This is no mobile number.');
  await countSending(parts, source, telephone);
  const code = await makeCode(parts, {
    purpose: 'enrol-telephone',
    boundTo: begun.boundTo,
    account: begun.account,
    authenticator: null,
    target: telephone,
  });
  return () =>
    messages.send(
      telephone,
      `【印信】验证码 ${code}，用于登记本手机号，${codeSeconds / 60} 分钟内有效。非本人操作请忽略。`,
    );
}

/**
 * Enrols the number whose code came back, in place of the one before; it becomes a name to log in under.
 * @throws IdentityError `code-refused`, `authenticator-exists`, `login-name-taken`.
 */
export async function finishTelephone(
  parts: LoginParts,
  actor: Pick<Actor, 'id' | 'department'>,
  finished: {
    readonly account: string;
    readonly boundTo: string;
    readonly code: string;
    readonly rung: Rung | 0;
  },
): Promise<string> {
  const { account, boundTo, code, rung } = finished;
  const match = await takeCode(parts, { purpose: 'enrol-telephone', boundTo, code });
  const telephone = match?.target ?? null;
  if (match?.account !== account || telephone === null) {
    throw new IdentityError('code-refused', 'The code is wrong, was used, or has expired.');
  }
  return enrolTelephone(parts, actor, { account, telephone, rung });
}

/** Enrols a number that is known to be the person's. @throws IdentityError `authenticator-exists`, `login-name-taken`. */
export function enrolTelephone(
  parts: LoginParts,
  actor: Pick<Actor, 'id' | 'department'>,
  added: { readonly account: string; readonly telephone: string; readonly rung: Rung | 0 },
): Promise<string> {
  const { account, telephone, rung } = added;
  return parts.database.write(async (tx) => {
    for (const old of await authenticatorsOf(tx, account, 'sms')) {
      await endAuthenticator(parts, tx, actor, { account, id: old.id, reason: 'replaced' });
      await tx.deleteFrom('login_name').where('account', '=', account).where('kind', '=', 'phone').execute();
    }
    await addLoginName(parts, tx, account, telephone);
    return enrolAuthenticator(parts, tx, actor, {
      account,
      kind: 'sms',
      label: maskedTelephone(telephone),
      aal: 1,
      deviceBound: false,
      attested: false,
      rung,
      lookup: lookupOf(parts, telephone),
      publicPart: {},
      secret: telephone,
    });
  });
}

/** @throws IdentityError `method-not-available`. */
function senderOf(parts: LoginParts): MessageSender {
  if (parts.messages === null) {
    throw new IdentityError('method-not-available', 'Text messages cannot be sent here.');
  }
  return parts.messages;
}

function countSending(parts: LoginParts, source: AttemptSource, telephone: string): Promise<void> {
  return countAttempt(parts, [
    { rule: attemptRules.telephone, subject: telephone },
    { rule: attemptRules.codeAddress, subject: source.address },
  ]);
}

function loginWords(code: string): string {
  return `【印信】验证码 ${code}，用于登录，${codeSeconds / 60} 分钟内有效。工作人员不会向您索要，请勿告诉任何人。`;
}

function factorOf(enrolled: Authenticator): Factor {
  return {
    account: enrolled.account,
    authenticator: enrolled.id,
    certificate: null,
    used: {
      kind: 'sms',
      userVerified: false,
      originBound: false,
      keyStorage: null,
      enrolledRung: enrolled.enrolledRung,
      ceiling: null,
    },
  };
}
