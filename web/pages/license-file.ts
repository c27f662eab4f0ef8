// A license as its clerk sees it: every version, everything that happened, and what may be recorded now.
import type { Words } from '../../verification/report.ts';
import { actorElement, type ShownActor } from '../actor.ts';
import { choice, fact, field, postForm, tick } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip, trustChip, type LicenseSummary } from '../license-card.ts';
import { both, dayElement, say, timeElement } from '../words.ts';

/** One version, newest first. */
export interface FileVersion {
  readonly id: string;
  readonly version: number;
  readonly issued: string;
  readonly expires: string | null;
  readonly state: LicenseSummary['state'];
  /** Address of its sealed PDF. */
  readonly documentUrl: string;
}

/** One event, newest first. */
export interface FileEvent {
  readonly words: Words;
  readonly version: number;
  /** ISO 8601. */
  readonly recordedAt: string;
  readonly effectiveAt: string;
  readonly reason: string;
  readonly legalBasis: string;
  readonly officer: ShownActor | null;
  readonly secondOfficer: ShownActor | null;
  readonly case: string | null;
  readonly facts: readonly { readonly words: Words; readonly value: Html | string }[];
  /** Of a change that waits for its day, or waited. */
  readonly due: {
    readonly words: Words;
    readonly chip: 'passed' | 'indeterminate' | 'not-applicable';
  } | null;
  /** Set where it may be taken back now. */
  readonly countermand: { readonly license: string; readonly sequence: number } | null;
}

/** A change that this officer may record or ask for now. */
export interface FileChange {
  readonly value: string;
  readonly words: Words;
  readonly basis: string;
  /** Whether another officer has to approve it. */
  readonly secondPerson: boolean;
}

export interface LicenseFilePage {
  readonly license: LicenseSummary;
  readonly identifier: string;
  readonly supervisor: string;
  readonly versions: readonly FileVersion[];
  readonly events: readonly FileEvent[];
  readonly changes: readonly FileChange[];
  readonly inspection: {
    /** Day of the next one; null where the type knows none. */
    readonly by: string | null;
    readonly overdue: boolean;
    /** Empty where this officer records none. */
    readonly outcomes: readonly string[];
    readonly name: Words;
    readonly basis: string;
    /** Today, yyyy-MM-dd. */
    readonly today: string;
  };
  readonly requests: readonly { readonly id: string; readonly change: Words; readonly requestedAt: string }[];
  readonly idempotencyKey: string;
}

function key(page: LicenseFilePage): Html {
  return html`<input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />`;
}

const words = {
  reason: { zh: '理由', en: 'Reason' },
  basis: { zh: '法律依据', en: 'Legal basis' },
  case: { zh: '办件编号（没有的不填）', en: 'Case, if there is one' },
};

function changeForm(frame: Frame, page: LicenseFilePage): Html | null {
  if (page.changes.length === 0) return null;
  return html`<details class="card">
    <summary>${say('变更状态', 'Change the status')}</summary>
    ${postForm(frame, `/office/licenses/${encodeURIComponent(page.license.id)}/changes`, [
      key(page),
      html`<fieldset>
        <legend>${say('依法作出的决定', 'Decision made by law')}</legend>
        ${page.changes.map(
          (change) =>
            html`<label class="option">
              <input type="radio" name="change" value="${change.value}" required />
              <span
                >${both(change.words)} <small>${change.basis}</small> ${
                  change.secondPerson
                    ? html`<small>${say('须另一人审批', 'another officer approves it')}</small>`
                    : null
                }</span
              >
            </label>`,
        )}
      </fieldset>`,
      field({ id: 'change-reason', name: 'reason', words: words.reason, maximum: 500 }),
      field({
        id: 'change-basis',
        name: 'legalBasis',
        words: words.basis,
        maximum: 200,
        optional: true,
        hint: { zh: '不填则为上列条款。', en: 'The article above where left empty.' },
      }),
      field({
        id: 'effectiveOn',
        words: { zh: '生效日期（不填则立即生效）', en: 'Day of effect; at once where left empty' },
        type: 'date',
        maximum: 10,
        optional: true,
      }),
      field({ id: 'change-case', name: 'case', words: words.case, maximum: 64, optional: true }),
      tick('holdersWish', { zh: '持证主体申请', en: 'The holder asked for it' }, false),
      html`<p class="note">
          ${say(
            '立即生效的，提交后核验即可见；以后生效的，到期自动生效并公布。',
            'What takes effect at once shows in verification at once; what comes later, on its day.',
          )}
        </p>
        <button class="button danger" type="submit">${say('提交', 'Submit')}</button>`,
    ])}
  </details>`;
}

function inspectionForm(frame: Frame, page: LicenseFilePage): Html | null {
  const { inspection } = page;
  if (inspection.outcomes.length === 0) return null;
  return html`<details class="card" ${inspection.overdue ? html` open` : null}>
    <summary>${say(`登记${inspection.name.zh}`, `Record: ${inspection.name.en}`)}</summary>
    <dl class="facts">
      ${fact(
        { zh: '下次期限（含宽限期）', en: 'Next by, with its days of grace' },
        inspection.by === null
          ? say('无规定', 'no rule')
          : html`${dayElement(inspection.by)}
            ${inspection.overdue ? stateChip({ words: { zh: '逾期', en: 'overdue' }, inForce: false }) : null}`,
      )}
    </dl>
    ${postForm(frame, `/office/licenses/${encodeURIComponent(page.license.id)}/inspections`, [
      key(page),
      html`<label for="inspectedOn">${say('检查日期', 'Inspected on')}</label>
        <input
          id="inspectedOn"
          name="inspectedOn"
          type="date"
          max="${inspection.today}"
          value="${inspection.today}"
          required
        />`,
      choice(
        'outcome',
        { zh: '结论', en: 'Outcome' },
        inspection.outcomes.map((value) => ({ value, words: { zh: value, en: '' } })),
      ),
      field({ id: 'inspection-reason', name: 'reason', words: { zh: '说明', en: 'Note' }, maximum: 500 }),
      field({ id: 'inspection-case', name: 'case', words: words.case, maximum: 64, optional: true }),
      html`<p class="note">${inspection.basis}</p>
        <button class="button" type="submit">${say('登记', 'Record')}</button>`,
    ])}
  </details>`;
}

function versions(page: LicenseFilePage): Html {
  return html`<section>
    <h2>${say('版本', 'Versions')}</h2>
    <ul class="cards">
      ${page.versions.map(
        (one) =>
          html`<li class="card">
            <div class="line">
              <h3>${say(`第 ${one.version} 版`, `Version ${one.version}`)}</h3>
              ${stateChip(one.state)}
            </div>
            <p>
              ${dayElement(one.issued)} –
              ${one.expires === null ? say('长期', 'no end') : dayElement(one.expires)}
            </p>
            <p class="actions">
              <a href="/licenses/${encodeURIComponent(one.id)}"
                >${say('照面', 'Face')}<span class="hidden-text"> ${one.version}</span></a
              >
              <a href="${one.documentUrl}"
                >${say('文件', 'PDF')}<span class="hidden-text"> ${one.version}</span></a
              >
            </p>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** Most changes take effect when they are recorded: then one time is enough. */
function sameSecond({ recordedAt, effectiveAt }: FileEvent): boolean {
  return recordedAt.slice(0, 19) === effectiveAt.slice(0, 19);
}

function eventItem(frame: Frame, page: LicenseFilePage, event: FileEvent): Html {
  return html`<li class="card">
    <div class="line">
      <h3>${both(event.words)}</h3>
      ${event.due === null ? null : html`<span class="chip ${event.due.chip}">${both(event.due.words)}</span>`}
    </div>
    <dl class="facts">
      ${fact({ zh: '登记', en: 'Recorded' }, timeElement(event.recordedAt))}
      ${sameSecond(event) ? null : fact({ zh: '生效', en: 'In effect' }, timeElement(event.effectiveAt))}
      ${fact(words.reason, event.reason)} ${fact(words.basis, event.legalBasis)}
      ${event.facts.map((one) => fact(one.words, one.value))}
      ${event.case === null ? null : fact({ zh: '办件', en: 'Case' }, html`<code>${event.case}</code>`)}
      ${event.officer === null ? null : fact({ zh: '经办', en: 'Officer' }, actorElement(event.officer))}
      ${
        event.secondOfficer === null
          ? null
          : fact({ zh: '审批', en: 'Second person' }, actorElement(event.secondOfficer))
      }
      ${page.versions.length === 1 ? null : fact({ zh: '版本', en: 'Version' }, String(event.version))}
    </dl>
    ${
      event.countermand === null
        ? null
        : html`<details>
            <summary>${say('生效前撤回此决定', 'Take it back before its day')}</summary>
            ${postForm(
              frame,
              `/office/licenses/${encodeURIComponent(event.countermand.license)}/countermands`,
              [
                key(page),
                html`<input type="hidden" name="sequence" value="${event.countermand.sequence}" />`,
                field({
                  id: `countermand-${event.countermand.sequence}`,
                  name: 'reason',
                  words: words.reason,
                  maximum: 500,
                }),
                html`<button class="button danger" type="submit">${say('撤回', 'Take back')}</button>`,
              ],
            )}
          </details>`
    }
  </li>`;
}

/** `/office/licenses/:id`. */
export function renderLicenseFile(frame: Frame, page: LicenseFilePage): string {
  const { license } = page;
  return renderPage(frame, {
    title: { zh: `证照档案：${license.typeName.zh}`, en: `License: ${license.typeName.en}` },
    path: '/office/licenses',
    body: html`<p><a href="/office/licenses">${say('证照窗口', 'License desk')}</a></p>
      <div class="line">
        <h1>${both(license.typeName)}</h1>
        ${stateChip(license.state)} ${trustChip(license.trust)}
      </div>
      <section class="card">
        <h2>${say('证照', 'License')}</h2>
        <dl class="facts">
          ${fact({ zh: '证照编号', en: 'Number' }, license.number)}
          ${fact({ zh: '持证主体', en: 'Holder' }, license.holder)}
          ${fact({ zh: '颁证机关', en: 'Issuing authority' }, license.issuer)}
          ${fact({ zh: '监管部门', en: 'Supervised by' }, page.supervisor)}
          ${fact({ zh: '颁证日期', en: 'Issued' }, dayElement(license.issued))}
          ${fact(
            { zh: '有效期至', en: 'Until' },
            license.expires === null ? say('长期', 'no end') : dayElement(license.expires),
          )}
          ${fact({ zh: '证照标识', en: 'Identifier' }, html`<code>${page.identifier}</code>`)}
        </dl>
      </section>
      ${
        page.requests.length === 0
          ? null
          : html`<section>
              <h2>${say('待审批的变更', 'Changes that wait')}</h2>
              <ul class="cards">
                ${page.requests.map(
                  (request) =>
                    html`<li class="card">
                      <a href="/office/license-requests/${request.id}">${both(request.change)}</a>
                      <p>${timeElement(request.requestedAt)}</p>
                    </li>`,
                )}
              </ul>
            </section>`
      }
      <div class="columns">${changeForm(frame, page)} ${inspectionForm(frame, page)}</div>
      ${versions(page)}
      <section>
        <h2>${say('经过', 'What happened')}</h2>
        ${
          page.events.length === 0
            ? html`<p class="empty">${say('颁发以来没有变更。', 'Nothing since its issue.')}</p>`
            : html`<ul class="cards">
                ${page.events.map((event) => eventItem(frame, page, event))}
              </ul>`
        }
      </section>`,
  });
}
