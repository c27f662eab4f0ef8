// The holder's own list of licenses: show one, copy one for a purpose, see who looked.
import { postForm } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { renderLicenseCard, type LicenseSummary } from '../license-card.ts';
import { say } from '../words.ts';

export interface MyPage {
  readonly licenses: readonly LicenseSummary[];
  /** Whether earlier pages were left behind. */
  readonly further: boolean;
  /** What the next page begins after; null where there is none. */
  readonly next: string | null;
}

/** What a holder does with a license: one hand on a telephone reaches the first button. */
export function holderActions(frame: Frame, license: LicenseSummary): Html {
  return html`<div class="actions">
    ${postForm(
      frame,
      '/my/showings',
      html`<input type="hidden" name="licenses" value="${license.id}" />
        <button class="button" type="submit">
          ${say('亮证', 'Show')}<span class="hidden-text"> ${license.typeName.zh}</span>
        </button>`,
    )}
    ${
      license.state.inForce
        ? html`<a class="button quiet" href="/licenses/${encodeURIComponent(license.id)}/copies">
            ${say('加注件', 'Copy for a purpose')}<span class="hidden-text"> ${license.typeName.zh}</span>
          </a>`
        : null
    }
  </div>`;
}

/** To the older ones, and back to the newest; nothing where one page shows all. */
function pages({ further, next }: MyPage): Html | null {
  if (!further && next === null) return null;
  return html`<nav class="actions" aria-label="翻页 Pages">
    ${further ? html`<a class="button quiet" href="/my">${say('回到最新', 'Back to the newest')}</a>` : null}
    ${
      next === null
        ? null
        : html`<a class="button quiet" href="/my?after=${encodeURIComponent(next)}" rel="next"
            >${say('更多', 'More')}</a
          >`
    }
  </nav>`;
}

/** `/my`. */
export function renderMy(frame: Frame, page: MyPage): string {
  return renderPage(frame, {
    title: { zh: '我的证照', en: 'My licenses' },
    path: '/my',
    body: html`<h1>${say('我的证照', 'My licenses')}</h1>
      <nav class="rooms" aria-label="我的证照 My licenses">
        <ul>
          <li><a href="/my" aria-current="page">${say('证照', 'Licenses')}</a></li>
          <li><a href="/my/copies">${say('加注件', 'Copies')}</a></li>
          <li><a href="/api/v1/licenses:export">${say('导出', 'Export')}</a></li>
          <li><a href="/my/license-looks">${say('谁看过', 'Who looked')}</a></li>
        </ul>
      </nav>
      ${
        page.licenses.length === 0
          ? html`<p class="empty">${say('名下还没有电子证照。', 'There is no license in your name yet.')}</p>`
          : html`<ul class="cards">
              ${page.licenses.map((license) => renderLicenseCard(license, holderActions(frame, license)))}
            </ul>`
      }
      ${pages(page)}`,
  });
}
