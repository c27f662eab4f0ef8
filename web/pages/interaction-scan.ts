// Scan to log in, on the screen that logs in: the picture and the digits.
import { html, Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say } from '../words.ts';
import { statusLine, stepForm, stepOf, type InteractionPage } from './interaction.ts';

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
