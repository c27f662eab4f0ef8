// The license desk: a clerk finds a license, sees what waits, and what is due.
import type { Words } from '../../verification/report.ts';
import { actorElement, type ShownActor } from '../actor.ts';
import { buttonForm, choice, field, postForm, scrollTable } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip, trustChip, type LicenseSummary } from '../license-card.ts';
import { both, dayElement, say, timeElement } from '../words.ts';

/** A change request in a list. */
export interface DeskRequest {
  readonly id: string;
  readonly change: Words;
  readonly requestedAt: string;
  readonly requestedBy: ShownActor;
  /** Whether the reader asked for it: another officer decides. */
  readonly own: boolean;
}

export interface LicenseDeskPage {
  readonly department: string;
  readonly waiting: readonly DeskRequest[];
  readonly overdue: readonly LicenseSummary[];
  readonly ending: readonly LicenseSummary[];
  /** What was looked for and found; null before anything was. */
  readonly found: {
    readonly licenses: readonly LicenseSummary[];
    /** What is sent for the next page; null where there is none. */
    readonly more: Readonly<Record<'by' | 'text' | 'purpose' | 'after', string>> | null;
  } | null;
}

const keys: readonly { readonly value: string; readonly words: Words }[] = [
  { value: 'number', words: { zh: '证照编号', en: 'Number as printed' } },
  { value: 'enterprise', words: { zh: '统一社会信用代码', en: "Enterprise's code" } },
  { value: 'resident', words: { zh: '公民身份号码', en: "Resident's number" } },
  { value: 'case', words: { zh: '办件编号', en: 'Case' } },
  { value: 'identifier', words: { zh: '电子证照标识', en: 'Identifier' } },
];

const purposes: readonly { readonly value: string; readonly words: Words }[] = [
  { value: '窗口办理变更', words: { zh: '办理变更', en: 'to change it' } },
  { value: '窗口登记检查', words: { zh: '登记检查', en: 'to record an inspection' } },
  { value: '窗口核对证照', words: { zh: '核对证照', en: 'to check it' } },
  { value: '窗口答复咨询', words: { zh: '答复咨询', en: 'to answer a question' } },
];

function card(license: LicenseSummary): Html {
  return html`<li class="card">
    <div class="line">
      <h3><a href="/office/licenses/${encodeURIComponent(license.id)}">${license.number}</a></h3>
      ${stateChip(license.state)} ${trustChip(license.trust)}
    </div>
    <p>${both(license.typeName)}</p>
    <p>${license.holder}</p>
    <p>
      ${say('有效期至', 'until')}
      ${license.expires === null ? say('长期', 'no end') : dayElement(license.expires)}
    </p>
  </li>`;
}

function list(licenses: readonly LicenseSummary[], empty: Words): Html {
  if (licenses.length === 0) return html`<p class="empty">${both(empty)}</p>`;
  return html`<ul class="cards">
    ${licenses.map(card)}
  </ul>`;
}

function search(frame: Frame): Html {
  return html`<section class="card">
    <h2>${say('查找证照', 'Find a license')}</h2>
    ${postForm(frame, '/office/licenses', [
      choice('by', { zh: '按', en: 'By' }, keys),
      field({ id: 'text', words: { zh: '号码', en: 'Number' }, maximum: 120 }),
      choice('purpose', { zh: '用途', en: 'Purpose' }, purposes),
      html`<p class="note">
          ${say('查询留痕，结果脱敏。', 'Every search is on record; results are masked.')}
        </p>
        <button class="button" type="submit">${say('查找', 'Find')}</button>`,
    ])}
  </section>`;
}

function waitingTable(requests: readonly DeskRequest[]): Html {
  return scrollTable(
    { zh: '待审批的变更', en: 'Changes that wait' },
    [
      { zh: '申请时间', en: 'Asked' },
      { zh: '变更', en: 'Change' },
      { zh: '申请人', en: 'By' },
      { zh: '审批', en: 'Decide' },
    ],
    requests.map((request) => [
      timeElement(request.requestedAt),
      both(request.change),
      actorElement(request.requestedBy),
      html`<a href="/office/license-requests/${request.id}"
        >${request.own ? say('查看', 'Look') : say('审批', 'Decide')}<span class="hidden-text">
          ${request.id}</span
        ></a
      >`,
    ]),
    { zh: '没有待审批的变更。', en: 'No change waits.' },
  );
}

/** `/office/licenses`. */
export function renderLicenseDesk(frame: Frame, page: LicenseDeskPage): string {
  const found: Words = { zh: '查找结果', en: 'Found' };
  const overdue: Words = { zh: '逾期未检', en: 'Inspection overdue' };
  const ending: Words = { zh: '六十日内到期', en: 'Ending within 60 days' };
  return renderPage(frame, {
    title: { zh: '证照窗口', en: 'License desk' },
    path: '/office/licenses',
    body: html`<p><a href="/office">${say('工作台', 'Office')}</a></p>
      <h1>${say('证照窗口', 'License desk')}</h1>
      <p>${page.department}</p>
      ${search(frame)}
      ${
        page.found === null
          ? null
          : html`<section>
              <h2>${both(found)}</h2>
              ${list(page.found.licenses, { zh: '没有找到。', en: 'Nothing found.' })}
              ${
                page.found.more === null
                  ? null
                  : buttonForm(
                      frame,
                      '/office/licenses',
                      { zh: '更多', en: 'More' },
                      { values: page.found.more },
                    )
              }
            </section>`
      }
      <section>
        <h2>${say('待审批的变更', 'Changes that wait')}</h2>
        ${waitingTable(page.waiting)}
      </section>
      <section>
        <h2>${both(overdue)}</h2>
        ${list(page.overdue, { zh: '没有逾期的证照。', en: 'None.' })}
      </section>
      <section>
        <h2>${both(ending)}</h2>
        ${list(page.ending, { zh: '没有即将到期的证照。', en: 'None.' })}
      </section>`,
  });
}
