// One seal: what it is and was, its newest uses, and what may be done about it.
import type { Words } from '../../verification/report.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip } from '../license-card.ts';
import { table } from '../table.ts';
import { both, dayElement, say, timeElement } from '../words.ts';
import { sealActs, type SealActs } from './seal-acts.ts';
import { useCells, useHead, type SealUseLine } from './seal-uses.ts';

export interface SealPage extends SealActs {
  readonly facts: readonly { readonly label: Words; readonly value: Html | string }[];
  readonly objectUrl: string | null;
  readonly history: readonly { readonly time: string; readonly words: Words; readonly reason: string }[];
  /** The newest few. */
  readonly uses: readonly SealUseLine[];
  readonly moreUses: boolean;
}

/** `/seals/:code`. */
export function renderSealPage(frame: Frame, page: SealPage): string {
  const { seal } = page;
  return renderPage(frame, {
    title: { zh: seal.name, en: seal.code },
    path: '/seals',
    body: html`<p><a href="/seals">${say('印章管理', 'Seal office')}</a></p>
      <div class="line">
        <h1>${seal.name}</h1>
        ${stateChip(seal.state)}
      </div>
      <div class="columns wide-left">
        <section class="card face">
          <h2>${say('印章信息', 'The seal')}</h2>
          <dl class="facts">
            ${page.facts.map(
              ({ label, value }) =>
                html`<div>
                  <dt>${both(label)}</dt>
                  <dd>${value}</dd>
                </div>`,
            )}
            <div>
              <dt>${say('有效期至', 'Valid until')}</dt>
              <dd>${dayElement(seal.validUntil)}</dd>
            </div>
          </dl>
        </section>
        <section class="card code">
          <h2>${say('印模', 'Impression')}</h2>
          <img src="${seal.picture}" alt="${seal.name} 印模" width="200" height="200" />
          ${
            page.objectUrl === null
              ? html`<p>${say('没有国密印章数据。', 'There is no SM2 seal object.')}</p>`
              : html`<p>
                  <a class="button" href="${page.objectUrl}"
                    >${say('下载印章数据', 'SESeal')}<span class="hidden-text"> ${seal.code}.esl</span></a
                  >
                </p>`
          }
        </section>
      </div>
      <section>
        <h2>${say('用印记录', 'Uses')}</h2>
        ${table({ zh: '用印记录', en: 'Uses' }, useHead, page.uses.map(useCells))}
        ${
          page.uses.length > 0
            ? html`<p>
                <a href="/seals/${seal.code}/uses"
                  >${page.moreUses ? say('全部用印记录', 'Every use') : say('用印记录详情', 'In detail')}</a
                >
              </p>`
            : null
        }
      </section>
      <section>
        <h2>${say('状态记录', 'States')}</h2>
        <ol class="history">
          ${page.history.map(
            (event) =>
              html`<li>${timeElement(event.time)} ${both(event.words)} <small>${event.reason}</small></li>`,
          )}
        </ol>
      </section>
      ${sealActs(frame, page)}`,
  });
}
