// One seal: what it is and was, every use of it, and what may be done about it.
import type { Words } from '../../verification/report.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip } from '../license-card.ts';
import { applicationWords, basisWords, outcomeWords, wordsOf } from '../seal-words.ts';
import { table, type Cells } from '../table.ts';
import { both, dayElement, say, timeElement } from '../words.ts';
import type { SealCard } from './seal-office.ts';

export interface SealUseLine {
  readonly stamp: string;
  readonly time: string;
  readonly outcome: string;
  readonly basis: string;
  readonly requester: string;
  /** The keeper, or the authorisation. */
  readonly releasedBy: string;
  readonly approvers: readonly string[];
  readonly matter: string | null;
  readonly caseNumber: string | null;
  readonly sm2: boolean;
}

/** What may be applied for from here. */
export type SealApplicationChoice = 'renew' | 'release' | 'cancel';

export interface SealPage {
  readonly seal: SealCard;
  readonly facts: readonly { readonly label: Words; readonly value: string }[];
  readonly objectUrl: string | null;
  readonly history: readonly { readonly time: string; readonly words: Words; readonly reason: string }[];
  readonly uses: readonly SealUseLine[];
  /** States that one person can put it into now: `frozen`, `lost`. */
  readonly stops: readonly ('frozen' | 'lost')[];
  readonly choices: readonly SealApplicationChoice[];
  readonly mayAuthorise: boolean;
  readonly mayFile: boolean;
  /** For the authorisation's dates, yyyy-MM-dd. */
  readonly today: string;
  readonly inAYear: string;
  readonly idempotencyKey: string;
}

const stopWords: Readonly<Record<'frozen' | 'lost', Words>> = {
  frozen: { zh: '冻结', en: 'Freeze' },
  lost: { zh: '挂失（只能注销，不可恢复）', en: 'Report lost: for good' },
};

function hidden(frame: Frame, page: SealPage): Html {
  return html`<input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
    <input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />`;
}

function reasonField(id: string): Html {
  return html`<label for="${id}">${say('事由', 'Reason')}</label>
    <input id="${id}" name="purpose" type="text" minlength="2" maxlength="200" required />`;
}

function stopForm(frame: Frame, page: SealPage): Html | null {
  if (page.stops.length === 0) return null;
  return html`<section class="card">
    <h2>${say('立即停用', 'Stop at once')}</h2>
    <form method="post" action="/seals/${page.seal.code}/stop">
      ${hidden(frame, page)}
      <fieldset>
        <legend>${say('停用方式', 'How')}</legend>
        ${page.stops.map(
          (state) =>
            html`<label class="option">
              <input type="radio" name="state" value="${state}" required />
              <span>${both(stopWords[state])}</span>
            </label>`,
        )}
      </fieldset>
      ${reasonField('stop-reason')}
      <p class="note">${say('即时生效，并向社会公布。', 'It takes effect at once and is public.')}</p>
      <button class="button danger" type="submit">${say('停用', 'Stop')}</button>
    </form>
  </section>`;
}

function applicationForm(frame: Frame, page: SealPage): Html | null {
  if (page.choices.length === 0) return null;
  return html`<section class="card">
    <h2>${say('提出申请', 'Apply')}</h2>
    <form method="post" action="/seal-applications">
      ${hidden(frame, page)}
      <input type="hidden" name="seal" value="${page.seal.code}" />
      <fieldset>
        <legend>${say('申请事项', 'For')}</legend>
        ${page.choices.map(
          (kind) =>
            html`<label class="option">
              <input type="radio" name="kind" value="${kind}" required />
              <span>${both(wordsOf(applicationWords, kind))}</span>
            </label>`,
        )}
      </fieldset>
      ${reasonField('apply-reason')}
      <p class="note">${say('须由另一人审批。', 'Another person decides.')}</p>
      <button class="button" type="submit">${say('申请', 'Apply')}</button>
    </form>
  </section>`;
}

function authoriseForm(frame: Frame, page: SealPage): Html | null {
  if (!page.mayAuthorise) return null;
  return html`<section class="card">
    <h2>${say('用印授权书', 'Authorisation')}</h2>
    <form method="post" action="/seal-applications">
      ${hidden(frame, page)}
      <input type="hidden" name="seal" value="${page.seal.code}" />
      <input type="hidden" name="kind" value="authorise" />
      <label for="matters"
        >${say('事项实施编码（空格分隔，留空为全部）', 'Matter codes, blanks between; empty for all')}</label
      >
      <textarea id="matters" name="matters" rows="2" maxlength="4000"></textarea>
      <label for="perDay">${say('每日次数', 'Uses a day')}</label>
      <input id="perDay" name="perDay" type="number" min="1" max="1000000" value="100" required />
      <label for="total">${say('总次数', 'Uses in all')}</label>
      <input id="total" name="total" type="number" min="1" max="10000000" value="10000" required />
      <fieldset>
        <legend>${say('时段（北京时间）', 'Hours, Beijing time')}</legend>
        <label class="option">
          <input type="radio" name="hours" value="office" checked />
          <span>${say('工作日8:30至17:30', 'weekdays 8:30 to 17:30')}</span>
        </label>
        <label class="option">
          <input type="radio" name="hours" value="always" />
          <span>${say('不限', 'every hour')}</span>
        </label>
      </fieldset>
      <label for="validUntil">${say('截止日期', 'Last day')}</label>
      <input
        id="validUntil"
        name="validUntil"
        type="date"
        min="${page.today}"
        max="${page.inAYear}"
        value="${page.inAYear}"
        required
      />
      ${reasonField('authorise-reason')}
      <p class="note">
        ${say('审批后以本印章的密钥签署。', 'When it is approved, the seal’s own key signs it.')}
      </p>
      <button class="button" type="submit">${say('申请授权', 'Apply')}</button>
    </form>
  </section>`;
}

function filingForm(frame: Frame, page: SealPage): Html | null {
  if (!page.mayFile) return null;
  return html`<section class="card">
    <h2>${say('备案', 'Filing')}</h2>
    <form method="post" action="/seals/${page.seal.code}/filing">
      ${hidden(frame, page)}
      <label for="number">${say('备案编号', 'Filing number')}</label>
      <input id="number" name="number" type="text" maxlength="64" pattern="[!-~]+" required />
      <p class="note">
        ${say('备案后公布状态，方可使用。', 'Its status is public then, and it may be used.')}
      </p>
      <button class="button" type="submit">${say('登记备案', 'Enter')}</button>
    </form>
  </section>`;
}

function useCells(use: SealUseLine): Cells {
  return [
    timeElement(use.time),
    html`${both(wordsOf(outcomeWords, use.outcome))}${use.sm2 ? html`<br />SM2` : null}`,
    both(wordsOf(basisWords, use.basis)),
    html`<code>${use.requester}</code>`,
    use.approvers.length === 0 ? null : html`<code>${use.approvers.join(' ')}</code>`,
    html`<code>${use.releasedBy}</code>`,
    html`${use.caseNumber ?? '–'}${use.matter === null ? null : html`<br /><code>${use.matter}</code>`}`,
  ];
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
        ${table(
          { zh: '用印记录', en: 'Uses' },
          [
            { zh: '时间', en: 'Time' },
            { zh: '结果', en: 'Outcome' },
            { zh: '依据', en: 'Basis' },
            { zh: '申请人', en: 'Requester' },
            { zh: '审批人', en: 'Approvers' },
            { zh: '保管人/授权书', en: 'Released by' },
            { zh: '办件', en: 'Case' },
          ],
          page.uses.map(useCells),
        )}
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
      ${filingForm(frame, page)}
      <div class="columns">${applicationForm(frame, page)} ${stopForm(frame, page)}</div>
      ${authoriseForm(frame, page)}`,
  });
}
