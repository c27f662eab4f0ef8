// The holder's question: says how long it waits; and after consent, looks until the desk has seen it.
import type { Words } from '../../verification/report.ts';
import { ask, tell } from './page/ask.ts';

const question = document.getElementById('showing-question');
const wait = document.getElementById('showing-wait');
const pause = 2000;

/** By this device's own ticks: a telephone's clock may be wrong by minutes. */
const until = performance.now() + Number(question?.dataset['seconds'] ?? '0') * 1000;

function count(region: HTMLElement): void {
  const rest = Math.ceil((until - performance.now()) / 1000);
  if (rest <= 0) {
    window.location.reload();
    return;
  }
  // Every ten seconds is enough to be read out.
  if (rest % 10 === 0 || region.textContent.trim() === '') {
    const words: Words = { zh: `请在 ${rest} 秒内答复。`, en: `Answer within ${rest} s.` };
    tell(region, words);
  }
}

async function look(region: HTMLElement): Promise<void> {
  const answer = await ask(`${region.dataset['address'] ?? ''}/state`, {
    formToken: region.dataset['token'] ?? '',
  });
  if (answer.kind === 'value' && answer.value['state'] !== 'approved') {
    window.location.reload();
    return;
  }
  window.setTimeout(() => void look(region), pause);
}

if (question !== null) {
  count(question);
  window.setInterval(() => count(question), 1000);
}
if (wait !== null) window.setTimeout(() => void look(wait), pause);
