// The login page's keys: a passkey, a certificate file opened here, or the signer on this computer.
import type { Words } from '../../verification/report.ts';
import { ask, follow, tell } from './page/ask.ts';
import { elementOf } from './page/elements.ts';
import { passkeysWork, showPasskey, type RequestOptions } from './page/passkeys.ts';
import type { AskedLogin, SignedLogin } from './page/certificate-sign.ts';

const login = elementOf('login', HTMLElement);
const token = login.dataset['token'] ?? '';
const passkeyAddress = login.dataset['passkey'] ?? '';
const certificateAddress = login.dataset['certificate'] ?? '';

const passkeyButton = elementOf('passkey-button', HTMLButtonElement);
const passkeyStatus = elementOf('passkey-status', HTMLElement);
const certificate = elementOf('certificate', HTMLElement);
const keyFile = elementOf('key-file', HTMLInputElement);
const keyPassword = elementOf('key-password', HTMLInputElement);
const certificateButton = elementOf('certificate-button', HTMLButtonElement);
const signerButton = elementOf('signer-button', HTMLButtonElement);
const certificateStatus = elementOf('certificate-status', HTMLElement);

const insecure: Words = {
  zh: '当前连接不是安全连接（HTTPS），浏览器不提供此功能。',
  en: 'This connection is not secure (HTTPS), so the browser does not offer this.',
};
const waiting: Words = { zh: '请在设备上确认…', en: 'Confirm on your device…' };
const stopped: Words = { zh: '没有完成，可以重试。', en: 'It was not completed; you can try again.' };
const signing: Words = { zh: '正在用证书签名…', en: 'Signing with the certificate…' };

/** Runs one attempt with the buttons off. */
async function busy(buttons: readonly HTMLButtonElement[], work: () => Promise<void>): Promise<void> {
  for (const button of buttons) button.disabled = true;
  try {
    await work();
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

async function withPasskey(): Promise<void> {
  const options = await ask(`${passkeyAddress}-options`, { formToken: token });
  if (options.kind === 'problem') {
    tell(passkeyStatus, options.words);
    return;
  }
  tell(passkeyStatus, waiting);
  let answer: Readonly<Record<string, unknown>>;
  try {
    answer = await showPasskey(options.value as unknown as RequestOptions);
  } catch {
    // The person said no, or there is no passkey for this site: browsers do not tell which.
    tell(passkeyStatus, stopped);
    return;
  }
  await send(passkeyAddress, { formToken: token, answer }, passkeyStatus);
}

async function send(address: string, body: object, region: HTMLElement): Promise<void> {
  const outcome = await ask(address, body);
  if (outcome.kind === 'problem') tell(region, outcome.words);
  else if (!follow(outcome.value)) tell(region, stopped);
}

/** Asks for a nonce, has it signed by `sign`, and sends the answer. */
async function withCertificate(sign: (asked: AskedLogin) => Promise<SignedLogin | Words>): Promise<void> {
  const challenge = await ask(`${certificateAddress}-challenge`, { formToken: token });
  if (challenge.kind === 'problem') {
    tell(certificateStatus, challenge.words);
    return;
  }
  tell(certificateStatus, signing);
  const asked: AskedLogin = {
    nonce: String(challenge.value['nonce']),
    client: String(challenge.value['client']),
    interaction: String(challenge.value['interaction']),
  };
  const answer = await sign(asked);
  if ('zh' in answer) {
    tell(certificateStatus, answer);
    return;
  }
  await send(certificateAddress, { formToken: token, nonce: asked.nonce, ...answer }, certificateStatus);
}

const codeWords: Readonly<Record<string, Words>> = {
  'pkcs12-password': { zh: '口令不正确。', en: 'The password does not open the file.' },
  'pkcs12-legacy': {
    zh: '该文件使用旧的加密方式，请用本机签名程序。',
    en: 'The file is encrypted the old way; use the signer on this computer.',
  },
};
const unreadable: Words = { zh: '无法使用该证书文件。', en: 'This certificate file cannot be used.' };

async function signHere(asked: AskedLogin): Promise<SignedLogin | Words> {
  const file = keyFile.files?.[0];
  if (file === undefined) return { zh: '请选择证书文件。', en: 'Choose the certificate file.' };
  try {
    const { signLogin } = await import('./page/certificate-sign.ts');
    return await signLogin(asked, new Uint8Array(await file.arrayBuffer()), keyPassword.value);
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
    return codeWords[code] ?? unreadable;
  } finally {
    keyPassword.value = '';
  }
}

const noSigner: Words = {
  zh: '没有找到本机签名程序。请先运行 yinxin signer，并允许本网站。',
  en: 'No signer was found. Run yinxin signer first, and allow this site in it.',
};

async function signBySigner(asked: AskedLogin): Promise<SignedLogin | Words> {
  try {
    const response = await fetch(`${certificate.dataset['signer'] ?? ''}/v1/certificate-login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(asked),
      cache: 'no-store',
      credentials: 'omit',
    });
    const value = (await response.json()) as Readonly<Record<string, unknown>>;
    if (!response.ok)
      return { zh: '签名程序没有签名。', en: `The signer did not sign: ${String(value['error'])}.` };
    return {
      certificate: String(value['certificate']),
      algorithm: String(value['algorithm']),
      signature: String(value['signature']),
    };
  } catch {
    return noSigner;
  }
}

if (passkeysWork()) {
  passkeyButton.disabled = false;
  passkeyButton.addEventListener('click', () => void busy([passkeyButton], withPasskey));
} else {
  tell(passkeyStatus, insecure);
}

const both = [certificateButton, signerButton];
if (isSecureContext) {
  for (const button of both) button.disabled = false;
  certificateButton.addEventListener('click', () => void busy(both, () => withCertificate(signHere)));
  signerButton.addEventListener('click', () => void busy(both, () => withCertificate(signBySigner)));
} else {
  tell(certificateStatus, insecure);
}

// A page that is gone back to may hold a password still.
window.addEventListener('pageshow', () => {
  keyPassword.value = '';
});
