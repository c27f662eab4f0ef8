// Adds a passkey on the page of one's own ways to sign in.
import type { Words } from '../../verification/report.ts';
import { ask, follow, tell } from './page/ask.ts';
import { makePasskey, passkeysWork, type CreationOptions } from './page/passkeys.ts';

const insecure: Words = {
  zh: '当前连接不是安全连接（HTTPS），不能使用通行密钥。',
  en: 'This connection is not secure (HTTPS): passkeys do not work here.',
};
const stopped: Words = {
  zh: '没有完成；可能此设备已登记。',
  en: 'It was not completed; perhaps this device is enrolled already.',
};

/** The part is there only after a fresh login. */
const part = document.getElementById('passkey');
const button = document.getElementById('passkey-button');
const label = document.getElementById('passkey-label');
const region = document.getElementById('passkey-status');

async function add(section: HTMLElement, name: string, status: HTMLElement): Promise<void> {
  const address = section.dataset['address'] ?? '';
  const formToken = section.dataset['token'] ?? '';
  const options = await ask(`${address}/passkey-options`, { formToken });
  if (options.kind === 'problem') {
    tell(status, options.words);
    return;
  }
  let answer: Readonly<Record<string, unknown>>;
  try {
    answer = await makePasskey(options.value as unknown as CreationOptions);
  } catch {
    tell(status, stopped);
    return;
  }
  const outcome = await ask(`${address}/passkey`, { formToken, label: name, answer });
  if (outcome.kind === 'problem') tell(status, outcome.words);
  else if (!follow(outcome.value)) tell(status, stopped);
}

if (
  part !== null &&
  region !== null &&
  button instanceof HTMLButtonElement &&
  label instanceof HTMLInputElement
) {
  if (passkeysWork()) {
    button.disabled = false;
    button.addEventListener('click', () => {
      button.disabled = true;
      const name = label.value.trim() === '' ? '我的设备' : label.value.trim();
      void add(part, name, region).finally(() => {
        button.disabled = false;
      });
    });
  } else {
    tell(region, insecure);
  }
}
