// What a person is told when a step does not hold: in both languages, and never more than whoever guesses may know.
import { CryptoError } from '../crypto/errors.ts';
import { IdentityError, type IdentityErrorCode } from '../identity/errors.ts';
import type { Words } from '../verification/report.ts';

/** A refusal as the page says it. */
export interface SaidProblem {
  readonly status: number;
  readonly words: Words;
  /** Seconds to wait, or null. */
  readonly wait: number | null;
}

const said: Partial<Readonly<Record<IdentityErrorCode, readonly [status: number, zh: string, en: string]>>> =
  {
    // One text for an unknown name, a wrong password, an account that is locked (ASVS 5.0 6.3.8).
    'login-refused': [
      401,
      '登录名或密码不正确，或此账号不能登录。',
      'Name or password is wrong, or the account cannot sign in.',
    ],
    'login-delayed': [
      429,
      '尝试次数过多。通行密钥和数字证书仍可使用。',
      'Too many attempts. Passkeys and certificates still work.',
    ],
    'code-refused': [401, '验证码不正确、已使用或已过期。', 'The code is wrong, used or too old.'],
    'code-not-sent': [
      503,
      '验证码暂时无法发送，请换一种方式。',
      'The code could not be sent; use another way.',
    ],
    'challenge-refused': [
      401,
      '本次验证已失效，请重试。',
      'This attempt was used or has expired; try again.',
    ],
    'certificate-refused': [
      401,
      '证书不能用于登录：可能已吊销、过期、不是本系统签发，或未关联账号。',
      'The certificate cannot be used: revoked, expired, not issued here, or of nobody with an account.',
    ],
    'passkey-refused': [401, '通行密钥验证未通过。', 'The passkey was not accepted.'],
    'scan-not-found': [404, '二维码已失效，请重新显示。', 'The code has expired; show a new one.'],
    'scan-refused': [401, '手机上没有确认登录。', 'The telephone did not confirm the login.'],
    'upstream-refused': [
      401,
      '对方系统没有确认登录，或该身份尚未关联账号。',
      'The other provider did not confirm the login, or it is linked to no account yet.',
    ],
    'upstream-unavailable': [503, '对方系统暂时没有响应。', 'The other provider does not answer.'],
    'method-not-available': [404, '此登录方式不可用。', 'This way to sign in is not offered.'],
    'account-ended': [
      401,
      '登录名或密码不正确，或此账号不能登录。',
      'Name or password is wrong, or the account cannot sign in.',
    ],
    'interaction-other-account': [
      403,
      '该服务要求使用另一个账号登录。',
      'The service expects another account.',
    ],
    'level-not-reached': [
      403,
      '没有达到该服务要求的实名等级。',
      'The level this service asks for was not reached.',
    ],
    'password-unacceptable': [
      422,
      '该密码不能使用：8 至 128 个字符，且不能是常见、已泄露的密码或由您的名称组成。',
      'This password cannot be used: 8 to 128 characters, none of the known ones, not built of your name.',
    ],
    'login-name-invalid': [
      422,
      '登录名为 3 至 40 个字母、数字或汉字，不能全是数字；手机号须为有效号码。',
      'A login name has 3 to 40 letters or digits, and not digits alone; a number must be a mobile number.',
    ],
    'login-name-taken': [409, '登录名或手机号已被使用。', 'This name or number is taken.'],
    'authenticator-exists': [
      409,
      '该登录方式已登记，或数量已达上限。',
      'This is enrolled already, or there are too many.',
    ],
    'authenticator-last': [
      409,
      '这是最后一种登录方式，不能移除。',
      'The last way to sign in cannot be removed.',
    ],
    'authenticator-not-found': [404, '没有这种登录方式。', 'There is no such way to sign in.'],
    'mandate-not-found': [403, '该授权已失效，请重新选择。', 'This mandate has ended; choose again.'],
  };

/** @returns null where the error is nothing a person did: it goes on as a problem or a fault. */
export function problemWords(error: unknown): SaidProblem | null {
  if (error instanceof CryptoError && error.code === 'password-busy') {
    return {
      status: 429,
      words: { zh: '登录人数较多，请稍后再试。', en: 'Many people sign in just now; try again in a moment.' },
      wait: 1,
    };
  }
  if (!(error instanceof IdentityError)) return null;
  const known = said[error.code];
  if (known === undefined) return null;
  const [status, zh, en] = known;
  return { status, words: { zh, en }, wait: error.retryAfter ?? null };
}
