// What the pages of one login have in common: who asks, the form's token, the problem of the last attempt.
import { html, type Html } from '../html.ts';
import { both, say } from '../words.ts';
import type { Words } from '../../verification/report.ts';

/** One interaction as its pages see it. */
export interface InteractionPage {
  readonly uid: string;
  readonly formToken: string;
  readonly client: Words;
  /** The level asked for, 1..4; null where any is enough. */
  readonly floor: number | null;
}

/** What did not work, in words that tell nothing about who exists. */
export interface InteractionProblem {
  readonly words: Words;
  /** Seconds to wait; null where there is nothing to wait for. */
  readonly wait: number | null;
}

/** Address of a step of the interaction. */
export function stepOf(page: Pick<InteractionPage, 'uid'>, step: string): string {
  return `/interaction/${encodeURIComponent(page.uid)}${step === '' ? '' : `/${step}`}`;
}

/** The hidden field that every form of an interaction carries. */
function tokenField(page: Pick<InteractionPage, 'formToken'>): Html {
  return html`<input type="hidden" name="formToken" value="${page.formToken}" />`;
}

/** A form that posts to a step. */
export function stepForm(page: InteractionPage, step: string, body: Html, id?: string): Html {
  return html`<form
    method="post"
    action="${stepOf(page, step)}"
    ${id === undefined ? null : html`id="${id}"`}
  >
    ${tokenField(page)} ${body}
  </form>`;
}

/** The problem of the last attempt, above everything else. */
export function problemNotice(problem: InteractionProblem | null): Html | null {
  if (problem === null) return null;
  return html`<div class="alert" role="alert" id="problem">
    <p>${both(problem.words)}</p>
    ${
      problem.wait === null
        ? null
        : html`<p>${say(`请在 ${problem.wait} 秒后重试。`, `Please wait ${problem.wait} seconds.`)}</p>`
    }
  </div>`;
}

/** Where scripts say what is going on. */
export function statusLine(id: string): Html {
  return html`<p class="live" id="${id}" role="status" aria-live="polite"></p>`;
}

const levelWords: Readonly<Record<number, Words>> = {
  1: { zh: '一级：账号登录', en: 'level 1: an account' },
  2: { zh: '二级：姓名号码核对，双因素登录', en: 'level 2: name and number matched, two factors' },
  3: { zh: '三级：证件与本人核对，通行密钥', en: 'level 3: document and person checked, passkey' },
  4: { zh: '四级：窗口核验，硬件证书', en: 'level 4: service window, certificate in hardware' },
};

/** A level in words. */
export function levelWord(level: number): Words {
  return levelWords[level] ?? { zh: `${level}级`, en: `level ${level}` };
}

/** A way out: back to the client without a login. */
export function refuseForm(page: InteractionPage): Html {
  return stepForm(
    page,
    'refuse',
    html`<button class="plain" type="submit">${say('取消并返回', 'Cancel and go back')}</button>`,
  );
}
