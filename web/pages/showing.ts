// 亮证 on the holder's telephone: the code, the question, and what came of it.
import type { Words } from '../../verification/report.ts';
import { buttonForm, fact, postForm } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say, timeElement } from '../words.ts';

export interface ShowingPage {
  readonly id: string;
  /** SVG of the QR code, made by this server. */
  readonly picture: Html;
  /** `482 107 3659` */
  readonly spoken: string;
  /** For which picture and digits are good. */
  readonly seconds: number;
  /** What is shown. */
  readonly licenses: readonly Words[];
}

/** `POST /my/showings`: the code. Without scripts it lives a minute and is asked for anew by hand. */
export function renderShowing(frame: Frame, page: ShowingPage): string {
  const address = `/my/showings/${page.id}`;
  return renderPage(frame, {
    title: { zh: '亮证', en: 'Show a license' },
    path: '/my',
    islands: ['show-license'],
    body: html`<div
      class="narrow showing"
      id="showing"
      data-address="${address}"
      data-seconds="${page.seconds}"
      data-token="${frame.formToken ?? ''}"
    >
      <h1>${say('亮证', 'Show a license')}</h1>
      <p class="shown">${page.licenses.map((name) => html`<strong>${both(name)}</strong> `)}</p>
      <div class="bright">
        <div class="picture" id="picture" role="img" aria-label="亮证码 Live code">${page.picture}</div>
        <p class="spoken" id="spoken">${page.spoken}</p>
        <p class="note">${say('没有扫码枪时，念出这十位数字。', 'No scanner: read these ten digits out.')}</p>
        <p>
          <meter id="left" min="0" max="60" low="15" value="60" aria-label="剩余时间 Time left"></meter>
          <span id="left-words" aria-hidden="true"></span>
        </p>
      </div>
      <p id="state" class="live" role="status">
        ${say(
          '请向窗口出示。一分钟内有效，将自动更换；截图无效。',
          'Show this at the desk. It lives a minute and is renewed by itself; screenshots are of no use.',
        )}
      </p>
      <div class="actions">
        <button class="button quiet" id="brighten" type="button" hidden>
          ${say('全屏高亮', 'Full screen, bright')}
        </button>
        <a class="button quiet" href="${address}">${say('查看核验请求', 'See who asks')}</a>
        ${buttonForm(frame, `${address}/end`, { zh: '收起', en: 'Put away' }, { danger: true })}
      </div>
      <p class="limit">
        ${say(
          '窗口扫码后，本页会显示是哪个部门、为什么事项、要看哪些内容；您同意后才会出示。',
          'After the scan this page says which department asks, what for, and what it wants to see. Nothing is shown before you agree.',
        )}
      </p>
    </div>`,
  });
}

/** A claim as the holder reads it. */
export interface ShowingClaim {
  readonly department: string;
  readonly matter: Words;
  readonly caseNumber: string;
  readonly license: Words;
  readonly fields: readonly Words[];
  readonly claimedAt: string;
  /** Left to answer, or to fetch the answer. */
  readonly seconds: number;
}

export interface ShowingStatePage {
  readonly id: string;
  readonly state: 'shown' | 'ended' | 'claimed' | 'declined' | 'approved' | 'delivered' | 'lapsed';
  readonly claim: ShowingClaim | null;
  /** While a claim waits. */
  readonly numbers: readonly number[];
  readonly reason: string | null;
  /** Licenses to show again. */
  readonly licenses: readonly string[];
}

function claimFacts(claim: ShowingClaim): Html {
  return html`<dl class="facts">
    ${fact({ zh: '部门', en: 'Department' }, html`<strong>${claim.department}</strong>`)}
    ${fact({ zh: '事项', en: 'Matter' }, both(claim.matter))}
    ${fact({ zh: '办件编号', en: 'Case' }, html`<code>${claim.caseNumber}</code>`)}
    ${fact({ zh: '证照', en: 'License' }, both(claim.license))}
    ${fact(
      { zh: '要看的内容', en: 'What it wants to see' },
      html`<ul class="wanted">
        ${claim.fields.map((field) => html`<li>${both(field)}</li>`)}
      </ul>`,
    )}
    ${fact({ zh: '请求时间', en: 'Asked' }, timeElement(claim.claimedAt))}
  </dl>`;
}

function question(frame: Frame, page: ShowingStatePage, claim: ShowingClaim): Html {
  const address = `/my/showings/${page.id}`;
  return html`<h1>${say('是否同意出示？', 'Do you agree?')}</h1>
    ${claimFacts(claim)}
    ${postForm(
      frame,
      `${address}/answer`,
      html`<fieldset>
        <legend>
          ${say('点选窗口屏幕上的数字，表示同意', 'To agree, choose the number on the desk’s screen')}
        </legend>
        <div class="numbers">
          ${page.numbers.map(
            (number) =>
              html`<button class="button number" type="submit" name="number" value="${number}">
                ${number}
              </button>`,
          )}
        </div>
        <p class="note">
          ${say(
            '看不到数字或数字不在其中，请拒绝：可能有人在别处冒用您的码。选错即视为拒绝。',
            'If you see no number, or none of these, decline: somebody elsewhere may be using your code. A wrong number declines.',
          )}
        </p>
      </fieldset>`,
    )}
    ${postForm(
      frame,
      `${address}/answer`,
      html`<button class="button danger wide" type="submit" name="number" value="0">
        ${say('拒绝', 'Decline')}
      </button>`,
    )}
    <p id="showing-question" class="live" role="status" data-seconds="${claim.seconds}"></p>`;
}

const outcomes: Readonly<Record<ShowingStatePage['state'], readonly [Words, 'good' | 'bad' | 'unsure']>> = {
  claimed: [{ zh: '等待您答复', en: 'Waiting for your answer' }, 'unsure'],
  approved: [{ zh: '已同意，等待窗口查看', en: 'You agreed; the desk is about to see it' }, 'good'],
  delivered: [{ zh: '已出示', en: 'Shown' }, 'good'],
  declined: [{ zh: '已拒绝，没有出示任何内容', en: 'Declined; nothing was shown' }, 'bad'],
  lapsed: [{ zh: '已超时，没有出示任何内容', en: 'Too late; nothing was shown' }, 'unsure'],
  ended: [{ zh: '本次亮证已结束', en: 'This showing is over' }, 'unsure'],
  shown: [{ zh: '还没有窗口扫码', en: 'No desk has scanned the code yet' }, 'unsure'],
};

const marks = { good: '✓', bad: '✕', unsure: '?' } as const;

function outcome(frame: Frame, page: ShowingStatePage): Html {
  const [words, kind] = outcomes[page.state];
  return html`<div class="verdict ${kind}">
      <span class="mark" aria-hidden="true">${marks[kind]}</span>
      <div>
        <h1 class="word">${both(words)}</h1>
        ${
          page.reason === 'number'
            ? html`<p>
                ${say(
                  '所选数字与窗口不一致，已按拒绝处理并告警。',
                  'The number was not the one at the desk: taken as declined, and an alarm was raised.',
                )}
              </p>`
            : null
        }
      </div>
    </div>
    ${page.claim === null ? null : claimFacts(page.claim)}
    ${
      page.state === 'approved'
        ? html`<p
            id="showing-wait"
            data-address="/my/showings/${page.id}"
            data-token="${frame.formToken ?? ''}"
          ></p>`
        : null
    }
    <div class="actions">
      ${
        page.state === 'delivered'
          ? html`<a class="button quiet" href="/my/showings/${page.id}/receipt">
              ${say('下载核验回执', 'Receipt')}
            </a>`
          : null
      }
      ${postForm(
        frame,
        '/my/showings',
        html`<input type="hidden" name="licenses" value="${page.licenses.join(' ')}" />
          <button class="button" type="submit">${say('重新亮证', 'Show again')}</button>`,
      )}
      <a href="/my/license-looks">${say('谁看过我的证照', 'Who looked')}</a>
    </div>`;
}

/** `GET /my/showings/:id`: the question while a claim waits, what came of it otherwise. */
export function renderShowingState(frame: Frame, page: ShowingStatePage): string {
  const asked = page.state === 'claimed' ? page.claim : null;
  const waits = asked !== null || page.state === 'approved';
  return renderPage(frame, {
    title: { zh: '亮证', en: 'Show a license' },
    path: '/my',
    ...(waits ? { islands: ['show-answer'] } : {}),
    body: html`<div class="narrow">
      ${asked === null ? outcome(frame, page) : question(frame, page, asked)}
    </div>`,
  });
}
