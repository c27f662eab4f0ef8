// The verifier's wait: counts down, asks every two seconds, and fetches the answer as soon as the holder has agreed.
import { ask, tell } from './page/ask.ts';
import { elementOf } from './page/elements.ts';

const claim = elementOf('claim', HTMLElement);
const left = elementOf('claim-left', HTMLElement);
const take = elementOf('take', HTMLButtonElement);
/** By this device's own ticks. */
const until = performance.now() + Number(claim.dataset['seconds']) * 1000;
const address = claim.dataset['address'] ?? '';
const formToken = claim.dataset['token'] ?? '';
const pause = 2000;

take.hidden = true;

async function look(): Promise<void> {
  const answer = await ask(`${address}/state`, { formToken });
  const state = answer.kind === 'value' ? answer.value['state'] : 'claimed';
  if (state === 'approved') {
    take.form?.submit();
    return;
  }
  if (state !== 'claimed') {
    window.location.reload();
    return;
  }
  const rest = Math.max(0, Math.ceil((until - performance.now()) / 1000));
  if (rest % 10 < 2 || left.textContent.trim() === '')
    tell(left, { zh: `等待持证人答复，剩余 ${rest} 秒`, en: `Waiting for the holder, ${rest} s left` });
  window.setTimeout(() => void look(), pause);
}

void look();
