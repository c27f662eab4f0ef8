// The screen that waits for a phone: asks every two seconds, changes the picture, and goes on when the phone has confirmed.
import type { Words } from '../../verification/report.ts';
import { ask, tell } from './page/ask.ts';
import { elementOf } from './page/elements.ts';

const scan = elementOf('scan', HTMLElement);
const picture = elementOf('picture', HTMLElement);
const region = elementOf('scan-state', HTMLElement);
const finish = elementOf('finish', HTMLFormElement);
const pause = 2000;

const said: Readonly<Record<string, Words>> = {
  waiting: { zh: '等待扫描…', en: 'Waiting for a telephone…' },
  scanned: { zh: '已扫描，请在手机上确认。', en: 'Scanned; confirm on the telephone.' },
  refused: { zh: '手机上已拒绝。', en: 'Refused on the telephone.' },
  expired: { zh: '已超时，请重新开始。', en: 'Too late; begin again.' },
};

let shown = '';

async function look(): Promise<void> {
  const answer = await ask(scan.dataset['status'] ?? '', {
    formToken: scan.dataset['token'] ?? '',
    id: scan.dataset['id'] ?? '',
  });
  if (answer.kind === 'problem') {
    tell(region, answer.words);
    return;
  }
  const state = String(answer.value['state']);
  const fresh = answer.value['picture'];
  // Made by this server, as the page's own picture was.
  if (typeof fresh === 'string') picture.innerHTML = fresh;
  if (state === 'approved') {
    finish.submit();
    return;
  }
  const words = said[state];
  if (words !== undefined && shown !== state) {
    shown = state;
    tell(region, words);
  }
  if (state === 'scanned') picture.classList.add('done');
  if (state === 'refused' || state === 'expired') {
    picture.classList.add('done');
    return;
  }
  window.setTimeout(() => void look(), pause);
}

void look();
