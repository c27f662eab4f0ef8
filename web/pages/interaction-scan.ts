// Scan to log in: the picture on this screen, and on the phone who asks, from where, and which digits to compare.
import { html, Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';
import type { Words } from '../../verification/report.ts';
import {
  problemNotice,
  statusLine,
  stepForm,
  stepOf,
  type InteractionPage,
  type InteractionProblem,
} from './interaction.ts';

export interface ScanPage extends InteractionPage {
  readonly id: string;
  /** The picture, SVG made here. */
  readonly picture: string;
  readonly number: number;
}

/** On the screen that logs in. */
export function renderScan(frame: Frame, page: ScanPage): string {
  return renderPage(frame, {
    title: { zh: '扫码登录', en: 'Scan to sign in' },
    path: '/interaction',
    plain: true,
    islands: ['login-scan'],
    body: html`<div
      class="narrow scan"
      id="scan"
      data-status="${stepOf(page, 'scan-status')}"
      data-token="${page.formToken}"
      data-id="${page.id}"
    >
      <h1>${say('扫码登录', 'Scan to sign in')}</h1>
      <p>
        ${say(
          '用手机相机扫描，在手机上选择下面的两位数字并确认。',
          'Scan with your telephone’s camera, choose the two digits below on it, and confirm.',
        )}
      </p>
      <div id="picture" class="picture" role="img" aria-label="登录二维码 Code to scan">
        ${new Html(page.picture)}
      </div>
      <p class="digits" aria-label="核对数字 ${page.number}"><span id="number">${page.number}</span></p>
      <p class="note">
        ${say(
          '请不要把此页面发给他人。图案每分钟更换。',
          'Do not send this page to anybody. The picture changes every minute.',
        )}
      </p>
      ${statusLine('scan-state')}
      ${stepForm(page, 'scan-finish', html`<input type="hidden" name="id" value="${page.id}" />`, 'finish')}
      ${stepForm(
        page,
        'restart',
        html`<button class="plain" type="submit">${say('换一种方式登录', 'Sign in another way')}</button>`,
      )}
    </div>`,
  });
}

export interface ScanPhonePage {
  readonly id: string;
  readonly formToken: string;
  readonly client: Words;
  readonly place: Words;
  readonly browser: string;
  readonly numbers: readonly number[];
  readonly problem: InteractionProblem | null;
}

/** On the phone. */
export function renderScanPhone(frame: Frame, page: ScanPhonePage): string {
  const address = `/scan/${encodeURIComponent(page.id)}`;
  return renderPage(frame, {
    title: { zh: '确认登录', en: 'Confirm the login' },
    path: '/scan',
    plain: true,
    islands: ['login-phone'],
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
      <p>
        <strong
          >${say('您面前的屏幕上显示的是哪个数字？', 'Which digits does the screen in front of you show?')}</strong
        >
      </p>
      <div class="numbers" role="group" aria-label="核对数字 Digits">
        ${page.numbers.map(
          (number) =>
            html`<button class="button quiet number" type="button" data-number="${number}" disabled>
              ${number}
            </button>`,
        )}
      </div>
      <p class="note">
        ${say(
          '如果不是您本人正在登录，或数字都不对，请选择“不是我”。',
          'If you are not signing in yourself, or none of the digits fits, choose “Not me”.',
        )}
      </p>
      ${statusLine('phone-state')}
      <form method="post" action="${address}/refuse">
        <input type="hidden" name="formToken" value="${page.formToken}" />
        <button class="button danger wide" type="submit">${say('不是我', 'Not me')}</button>
      </form>
    </div>`,
  });
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
