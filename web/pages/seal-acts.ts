// What may be done about a seal on its page: stopping, applying, keepers, authorisations, filing.
import type { Words } from '../../verification/report.ts';
import { html, type Html } from '../html.ts';
import type { Frame } from '../layout.ts';
import { applicationWords, wordsOf } from '../seal-words.ts';
import { both, say } from '../words.ts';
import type { SealCard } from './seal-office.ts';

/** What may be applied for from here. */
export type SealApplicationChoice = 'renew' | 'release' | 'cancel';

/** What may be done about a seal by this reader, now. */
export interface SealActs {
  readonly seal: SealCard;
  /** States that one person can put it into now: `frozen`, `lost`. */
  readonly stops: readonly ('frozen' | 'lost')[];
  readonly choices: readonly SealApplicationChoice[];
  readonly mayChange: boolean;
  /** Who they are now, for whoever may apply for others; null for nobody. */
  readonly keepers: readonly string[] | null;
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

function hidden(frame: Frame, page: SealActs): Html {
  return html`<input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
    <input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />`;
}

function reasonField(id: string): Html {
  return html`<label for="${id}">${say('事由', 'Reason')}</label>
    <input id="${id}" name="purpose" type="text" minlength="2" maxlength="200" required />`;
}

function stopForm(frame: Frame, page: SealActs): Html | null {
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

function applicationForm(frame: Frame, page: SealActs): Html | null {
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

function authoriseForm(frame: Frame, page: SealActs): Html | null {
  if (!page.mayAuthorise) return null;
  return html`<section class="card">
    <h2>${say('用印授权书', 'Authorisation')}</h2>
    <form method="post" action="/seal-applications">
      ${hidden(frame, page)}
      <input type="hidden" name="seal" value="${page.seal.code}" />
      <input type="hidden" name="kind" value="authorise" />
      <label for="client"
        >${say('业务系统标识（留空为本部门全部系统）', 'System; empty for every one of the department')}</label
      >
      <input id="client" name="client" type="text" maxlength="100" pattern="[!-~]*" />
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

function filingForm(frame: Frame, page: SealActs): Html | null {
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

function keepersForm(frame: Frame, page: SealActs): Html | null {
  if (page.keepers === null) return null;
  return html`<section class="card">
    <h2>${say('印章保管人', 'Keepers')}</h2>
    <form method="post" action="/seal-applications">
      ${hidden(frame, page)}
      <input type="hidden" name="seal" value="${page.seal.code}" />
      <input type="hidden" name="kind" value="keepers" />
      <label for="keepers">${say('保管人标识（空格分隔）', 'Keepers, blanks between')}</label>
      <input
        id="keepers"
        name="keepers"
        type="text"
        maxlength="2000"
        value="${page.keepers.join(' ')}"
        required
      />
      ${reasonField('keepers-reason')}
      <p class="note">${say('须由另一人审批。', 'Another person decides.')}</p>
      <button class="button" type="submit">${say('申请变更保管人', 'Apply')}</button>
    </form>
  </section>`;
}

function changeLink(page: SealActs): Html | null {
  if (!page.mayChange) return null;
  return html`<section class="card">
    <h2>${say('变更印章', 'Change')}</h2>
    <p>
      ${say('名称或印模有变的，制作新章；新章备案后，本印章注销。', 'A new name or impression is a new seal; this one is cancelled when the new one is filed.')}
    </p>
    <p>
      <a class="button" href="/seals/${page.seal.code}/change">${say('申请变更', 'Apply for a change')}</a>
    </p>
  </section>`;
}

/** Every form that this reader may use now. */
export function sealActs(frame: Frame, page: SealActs): Html {
  return html`${filingForm(frame, page)}
    <div class="columns">${applicationForm(frame, page)} ${stopForm(frame, page)}</div>
    <div class="columns">${changeLink(page)} ${keepersForm(frame, page)}</div>
    ${authoriseForm(frame, page)}`;
}
