// The phone: choosing the digits shows the passkey; the server compares both.
import type { Words } from '../../verification/report.ts';
import { ask, follow, tell } from './page/ask.ts';
import { elementOf } from './page/elements.ts';
import { passkeysWork, showPasskey, type RequestOptions } from './page/passkeys.ts';

const phone = elementOf('phone', HTMLElement);
const region = elementOf('phone-state', HTMLElement);
const address = phone.dataset['address'] ?? '';
const formToken = phone.dataset['token'] ?? '';
const buttons = [...document.querySelectorAll<HTMLButtonElement>('button.number')];

const insecure: Words = {
  zh: '当前连接不是安全连接（HTTPS），不能使用通行密钥。',
  en: 'This connection is not secure (HTTPS): passkeys do not work here.',
};
const stopped: Words = { zh: '没有完成，可以重试。', en: 'It was not completed; you can try again.' };

async function confirm(number: number): Promise<void> {
  const options = await ask(`${address}/passkey-options`, { formToken });
  if (options.kind === 'problem') {
    tell(region, options.words);
    return;
  }
  let answer: Readonly<Record<string, unknown>>;
  try {
    answer = await showPasskey(options.value as unknown as RequestOptions);
  } catch {
    tell(region, stopped);
    return;
  }
  const outcome = await ask(`${address}/answer`, { formToken, number, answer });
  if (outcome.kind === 'problem') tell(region, outcome.words);
  else if (!follow(outcome.value)) tell(region, stopped);
}

if (passkeysWork()) {
  for (const button of buttons) {
    button.disabled = false;
    button.addEventListener('click', () => {
      for (const each of buttons) each.disabled = true;
      void confirm(Number(button.dataset['number'])).finally(() => {
        for (const each of buttons) each.disabled = false;
      });
    });
  }
} else {
  tell(region, insecure);
}
