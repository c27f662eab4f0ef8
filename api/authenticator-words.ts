// Kinds of authenticators and what happened to them, in words.
import type { AuthenticatorKind } from '../identity/login/authenticators.ts';
import type { Words } from '../verification/report.ts';

export const kindWords: Readonly<Record<AuthenticatorKind, Words>> = {
  password: { zh: '密码', en: 'Password' },
  totp: { zh: '动态口令', en: 'Authenticator app' },
  sms: { zh: '短信验证码', en: 'Text message' },
  passkey: { zh: '通行密钥', en: 'Passkey' },
  certificate: { zh: '数字证书', en: 'Certificate' },
  upstream: { zh: '其他统一身份认证', en: 'Another identity provider' },
};

/** What a notice says. */
export function noticeWords(kind: string): Words {
  const [what, which = ''] = kind.split('-', 2);
  const known = Object.hasOwn(kindWords, which) ? kindWords[which as AuthenticatorKind] : null;
  if (known !== null && what === 'enrolled') {
    return { zh: `登记了${known.zh}`, en: `${known.en} enrolled` };
  }
  if (known !== null && what === 'ended') return { zh: `移除了${known.zh}`, en: `${known.en} removed` };
  if (kind === 'new-browser') return { zh: '在新的浏览器上登录', en: 'Signed in from another browser' };
  return { zh: '账号有变动', en: 'The account was changed' };
}
