// The holder's screen: renews the code before it ends, counts down, sees a claim come, and keeps the screen lit.
import type { Words } from '../../verification/report.ts';
import { ask, tell } from './page/ask.ts';
import { elementOf } from './page/elements.ts';

const showing = elementOf('showing', HTMLElement);
const picture = elementOf('picture', HTMLElement);
const spoken = elementOf('spoken', HTMLElement);
const left = elementOf('left', HTMLMeterElement);
const leftWords = elementOf('left-words', HTMLElement);
const region = elementOf('state', HTMLElement);
const brighten = elementOf('brighten', HTMLButtonElement);
const address = showing.dataset['address'] ?? '';
const formToken = showing.dataset['token'] ?? '';

/** Milliseconds: what is left when the next picture is asked for, and between two looks for a claim. */
const renewLeft = 15_000;
const pause = 2000;

const over: Words = { zh: '本次亮证已结束，请重新亮证。', en: 'This showing is over; show it again.' };

/** By this device's own ticks: a telephone's clock may be wrong by minutes. */
let until = performance.now() + Number(showing.dataset['seconds']) * 1000;
let renewing = false;
let ended = false;

function end(): void {
  ended = true;
  picture.replaceChildren();
  spoken.textContent = '';
  left.value = 0;
  leftWords.textContent = '';
  tell(region, over);
}

async function renew(): Promise<void> {
  if (renewing || ended) return;
  renewing = true;
  const answer = await ask(`${address}/renewal`, { formToken });
  renewing = false;
  if (answer.kind === 'problem') {
    // Claimed or over: the next look tells which. Nothing dead stays on the screen.
    if (performance.now() >= until) end();
    return;
  }
  const { picture: fresh, spoken: digits, seconds } = answer.value;
  if (typeof fresh !== 'string' || typeof digits !== 'string' || typeof seconds !== 'number') return;
  // Made by this server, as the page's own picture was.
  picture.innerHTML = fresh;
  spoken.textContent = digits;
  until = performance.now() + seconds * 1000;
}

function count(): void {
  if (ended) return;
  const rest = Math.max(0, until - performance.now());
  left.value = Math.ceil(rest / 1000);
  leftWords.textContent = `${Math.ceil(rest / 1000)} 秒 s`;
  if (rest <= renewLeft && !document.hidden) void renew();
}

async function look(): Promise<void> {
  if (ended) return;
  if (!document.hidden) {
    const answer = await ask(`${address}/state`, { formToken });
    const state = answer.kind === 'value' ? answer.value['state'] : null;
    if (state === 'claimed' || state === 'approved' || state === 'declined' || state === 'lapsed') {
      window.location.replace(address);
      return;
    }
  }
  window.setTimeout(() => void look(), pause);
}

/** A web page cannot turn the light up: it can be white all over, and keep the screen from going dark. */
async function light(): Promise<void> {
  document.documentElement.classList.add('lit');
  await showing.requestFullscreen().catch(() => undefined);
  await keepAwake();
}

async function keepAwake(): Promise<void> {
  if ('wakeLock' in navigator) await navigator.wakeLock.request('screen').catch(() => undefined);
}

brighten.hidden = false;
brighten.addEventListener('click', () => void light());
document.addEventListener('fullscreenchange', () => {
  if (document.fullscreenElement === null) document.documentElement.classList.remove('lit');
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  void keepAwake();
  count();
});

void keepAwake();
count();
window.setInterval(count, 500);
window.setTimeout(() => void look(), pause);
