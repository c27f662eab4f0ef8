// The holder's own list of licenses.
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { renderLicenseCard, type LicenseSummary } from '../license-card.ts';
import { say } from '../words.ts';

export interface MyPage {
  readonly licenses: readonly LicenseSummary[];
}

/** `/my`. */
export function renderMy(frame: Frame, page: MyPage): string {
  return renderPage(frame, {
    title: { zh: '我的证照', en: 'My licenses' },
    path: '/my',
    body: html`<h1>${say('我的证照', 'My licenses')}</h1>
      ${
        page.licenses.length === 0
          ? html`<p class="empty">${say('名下还没有电子证照。', 'There is no license in your name yet.')}</p>`
          : html`<ul class="cards">
              ${page.licenses.map(renderLicenseCard)}
            </ul>`
      }`,
  });
}
