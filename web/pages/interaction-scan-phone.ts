// Scan to log in, on the phone: who asks, from where, which digits to compare, and with what to confirm.
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';
import type { Words } from '../../verification/report.ts';
import { problemNotice, statusLine, type InteractionProblem } from './interaction.ts';

/** The login on this phone. */
export interface ScanPhoneSession {
  /** How the person is named to themselves: masked. */
  readonly name: string;
  readonly may: 'yes' | 'not-fresh' | 'too-low';
}

export interface ScanPhonePage {
  readonly id: string;
  readonly formToken: string;
  readonly client: Words;
  readonly place: Words;
  readonly browser: string;
  readonly numbers: readonly number[];
  readonly session: ScanPhoneSession | null;
  /** Where a new login on this phone begins; it comes back here. */
  readonly signIn: string;
  readonly problem: InteractionProblem | null;
}

/** On the phone: `/scan/{code}`. */
export function renderScanPhone(frame: Frame, page: ScanPhonePage): string {
  const address = `/scan/${encodeURIComponent(page.id)}`;
  const ready = page.session?.may === 'yes';
  return renderPage(frame, {
    title: { zh: '确认登录', en: 'Confirm the login' },
    path: '/scan',
    plain: true,
    // With a fresh login the numbers are buttons of a form, and no script is needed.
    islands: ready ? [] : ['login-phone'],
    body: html`<div class="narrow" id="phone" data-address="${address}" data-token="${page.formToken}">
      <h1>${say('在另一台设备上登录？', 'Sign in on another device?')}</h1>
      ${problemNotice(page.problem)}
      <dl class="facts">
        <div>
          <dt>${say('登录到', 'Service')}</dt>
          <dd>${both(page.client)}</dd>
        </div>
        <div>
          <dt>${say('设备所在', 'Where the device is')}</dt>
          <dd>${both(page.place)}</dd>
        </div>
        <div>
          <dt>${say('浏览器', 'Browser')}</dt>
          <dd>${page.browser}</dd>
        </div>
      </dl>
      <p id="question">
        <strong
          >${say('您面前的屏幕上显示的是哪个数字？', 'Which digits does the screen in front of you show?')}</strong
        >
      </p>
      ${ready ? confirmForm(page, address) : numbers(page)}
      <p class="note">
        ${say(
          '如果不是您本人正在登录，或数字都不对，请选择“不是我”。',
          'If you are not signing in yourself, or none of the digits fits, choose “Not me”.',
        )}
      </p>
      ${statusLine('phone-state')} ${ready ? null : signInInstead(page)}
      <form method="post" action="${address}/refuse">
        <input type="hidden" name="formToken" value="${page.formToken}" />
        <button class="button danger wide" type="submit">${say('不是我', 'Not me')}</button>
      </form>
    </div>`,
  });
}

/** A login of the last minutes confirms with one tap on the right number. */
function confirmForm(page: ScanPhonePage, address: string): Html {
  return html`<form method="post" action="${address}/session" aria-labelledby="question">
    <input type="hidden" name="formToken" value="${page.formToken}" />
    <div class="numbers">
      ${page.numbers.map(
        (number) =>
          html`<button class="button quiet number" type="submit" name="number" value="${number}">
            ${number}
          </button>`,
      )}
    </div>
    <p class="note">
      ${say(
        `以本机刚登录的 ${page.session?.name ?? ''} 确认。`,
        `Confirmed as ${page.session?.name ?? ''}, who has just signed in here.`,
      )}
    </p>
  </form>`;
}

/** The script makes the numbers show the passkey. */
function numbers(page: ScanPhonePage): Html {
  return html`<div class="numbers" role="group" aria-labelledby="question">
    ${page.numbers.map(
      (number) =>
        html`<button class="button quiet number" type="button" data-number="${number}" disabled>
          ${number}
        </button>`,
    )}
  </div>`;
}

function signInInstead(page: ScanPhonePage): Html {
  const why =
    page.session?.may === 'too-low'
      ? say(
          '本机的登录等级不够，请用更强的方式登录。',
          'The login on this phone is too weak: sign in by a stronger way.',
        )
      : page.session === null
        ? say('没有通行密钥？可以先在本机登录。', 'No passkey? Sign in on this phone first.')
        : say('没有通行密钥？可以在本机重新登录。', 'No passkey? Sign in on this phone again.');
  return html`<p>${why}</p>
    <p>
      <a class="button quiet wide" href="${page.signIn}">${say('登录后确认', 'Sign in, then confirm')}</a>
    </p>`;
}

/** On the phone, when it is over. */
export function renderScanDone(frame: Frame, approved: boolean): string {
  return renderPage(frame, {
    title: approved ? { zh: '已确认', en: 'Confirmed' } : { zh: '已拒绝', en: 'Refused' },
    path: '/scan',
    plain: true,
    body: html`<div class="narrow">
      <div class="verdict ${approved ? 'good' : 'unsure'}">
        <span class="mark" aria-hidden="true">${approved ? '✓' : '✕'}</span>
        <div>
          <h1 class="word">${approved ? say('已确认', 'Confirmed') : say('已拒绝', 'Refused')}</h1>
          <p>
            ${
              approved
                ? say(
                    '另一台设备正在登录，可以关闭此页面。',
                    'The other device signs in; you can close this page.',
                  )
                : say('没有人因此登录。', 'Nobody was signed in.')
            }
          </p>
        </div>
      </div>
    </div>`,
  });
}
