// One license: face, files, code, history; for officers of the issuing authority the change of its status.
import type { Words } from '../../verification/report.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip, trustChip, type LicenseSummary } from '../license-card.ts';
import { both, dayElement, proofLimit, say, timeElement } from '../words.ts';
import { holderActions } from './my.ts';

interface LicenseFace {
  readonly label: Words;
  readonly value: string;
}

export interface LicenseEvent {
  /** ISO 8601. */
  readonly time: string;
  readonly words: Words;
  /** Day from which it has effect, yyyy-MM-dd; null where that is the time itself. */
  readonly effective: string | null;
}

/** A change that this officer may make now. */
export interface StatusChangeChoice {
  /** What the form sends as `change`. */
  readonly value: string;
  readonly words: Words;
  /** The article it rests on, e.g. 行政许可法第六十九条. */
  readonly basis: string;
}

export interface LicensePage {
  readonly license: LicenseSummary;
  /** 电子证照标识 (GB/T 36904). */
  readonly identifier: string;
  /** 监管部门; null where the type names none. */
  readonly supervisor: string | null;
  readonly face: readonly LicenseFace[];
  readonly documentUrl: string | null;
  readonly codeUrl: string | null;
  readonly history: readonly LicenseEvent[];
  /** Empty for holders. */
  readonly changes: readonly StatusChangeChoice[];
  /** Where an officer says why it is needed in full; null where nothing is masked. */
  readonly reveal?: string | null;
  /** Address of its file at the license desk; null for whoever has none there. */
  readonly desk?: string | null;
  /** Every version, the first one first; for its holder. */
  readonly versions?: readonly {
    readonly id: string;
    readonly version: number;
    /** yyyy-MM-dd. */
    readonly issued: string;
    readonly state: LicenseSummary['state'];
    /** The one on this page. */
    readonly here: boolean;
  }[];
  /** Whether the reader may show it and have it copied: its holder, of the newest version. */
  readonly own?: boolean;
  /** Sent back as `idempotencyKey`, so that a form sent twice acts once. */
  readonly idempotencyKey: string;
}

function renderChangeForm(frame: Frame, page: LicensePage): Html | null {
  if (page.changes.length === 0) return null;
  return html`<section class="card">
    <h2>${say('变更状态', 'Change the status')}</h2>
    <form method="post" action="/licenses/${encodeURIComponent(page.license.id)}/status-changes">
      <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
      <input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />
      <fieldset>
        <legend>${say('依法作出的决定', 'Decision made by law')}</legend>
        ${page.changes.map(
          (change) =>
            html`<label class="option">
              <input type="radio" name="change" value="${change.value}" required />
              <span>${both(change.words)} <small>${change.basis}</small></span>
            </label>`,
        )}
      </fieldset>
      <label for="reason">${say('理由', 'Reason')}</label>
      <input id="reason" name="reason" type="text" maxlength="200" required />
      <p class="note">
        ${say('提交后立即公布，核验时即可见。', 'It is published at once and shows in verification.')}
      </p>
      <button class="button danger" type="submit">${say('提交', 'Submit')}</button>
    </form>
  </section>`;
}

function renderHistory(history: readonly LicenseEvent[]): Html | null {
  if (history.length === 0) return null;
  return html`<section>
    <h2>${say('经过', 'History')}</h2>
    <ol class="history">
      ${history.map(
        (event) =>
          html`<li>
            ${timeElement(event.time)} ${both(event.words)}
            ${
              event.effective === null
                ? null
                : html`<span>${say('生效日期', 'effective')} ${dayElement(event.effective)}</span>`
            }
          </li>`,
      )}
    </ol>
  </section>`;
}

/** Each version keeps its page and its state; a license that never changed has one, and no list. */
function renderVersions(versions: NonNullable<LicensePage['versions']>): Html | null {
  if (versions.length < 2) return null;
  return html`<section>
    <h2>${say('版本', 'Versions')}</h2>
    <ol class="enrolled">
      ${versions.map(
        ({ id, version, issued, state, here }) =>
          html`<li>
            <span
              >${
                here
                  ? html`<strong>${say(`第${version}版`, `Version ${version}`)}</strong>`
                  : html`<a href="/licenses/${encodeURIComponent(id)}"
                      >${say(`第${version}版`, `Version ${version}`)}</a
                    >`
              }
              ${dayElement(issued)}</span
            >
            ${stateChip(state)}
          </li>`,
      )}
    </ol>
  </section>`;
}

function fact(label: Words, value: Html | string): Html {
  return html`<div>
    <dt>${both(label)}</dt>
    <dd>${value}</dd>
  </div>`;
}

/** `/licenses/:id`. */
export function renderLicensePage(frame: Frame, page: LicensePage): string {
  const { license } = page;
  return renderPage(frame, {
    title: license.typeName,
    path: '/licenses',
    body: html`<div class="line">
        <h1>${both(license.typeName)}</h1>
        ${stateChip(license.state)} ${trustChip(license.trust)}
      </div>
      ${page.own === true ? holderActions(frame, license) : null}
      <div class="columns wide-left">
        <section class="card face">
          <h2>${say('照面', 'Face')}</h2>
          <dl class="facts">
            ${fact({ zh: '持证主体', en: 'Holder' }, license.holder)}
            ${fact({ zh: '证照编号', en: 'Number' }, license.number)}
            ${page.face.map((field) => fact(field.label, field.value))}
            ${fact({ zh: '颁证机关', en: 'Issuing authority' }, license.issuer)}
            ${page.supervisor === null ? null : fact({ zh: '监管部门', en: 'Supervised by' }, page.supervisor)}
            ${fact({ zh: '颁证日期', en: 'Issued' }, dayElement(license.issued))}
            ${fact(
              { zh: '有效期至', en: 'Expires' },
              license.expires === null ? say('长期', 'no end') : dayElement(license.expires),
            )}
            ${fact({ zh: '证照标识', en: 'Identifier' }, html`<code>${page.identifier}</code>`)}
          </dl>
        </section>
        <section class="card code">
          <h2>${say('证照码', 'Code')}</h2>
          ${
            page.codeUrl === null
              ? html`<p>${say('此证照没有码。', 'This license has no code.')}</p>`
              : html`<img
                    src="${page.codeUrl}"
                    alt="证照二维码 QR code of the license"
                    width="260"
                    height="260"
                  />
                  <p class="limit">${both(proofLimit)}</p>`
          }
          ${
            page.documentUrl === null
              ? null
              : html`<p>
                  <a class="button" href="${page.documentUrl}">${say('下载证照', 'Download PDF')}</a>
                </p>`
          }
        </section>
      </div>
      ${
        page.reveal === undefined || page.reveal === null
          ? null
          : html`<p>
              <a class="button" href="${page.reveal}"
                >${say('查看全文（需说明理由）', 'Show in full, with a reason')}</a
              >
            </p>`
      }
      ${
        page.desk === undefined || page.desk === null
          ? null
          : html`<p>
              <a href="${page.desk}"
                >${say('证照档案：版本、检查、变更申请', 'File at the license desk: versions, inspections, requests')}</a
              >
            </p>`
      }
      ${renderChangeForm(frame, page)} ${renderVersions(page.versions ?? [])} ${renderHistory(page.history)}`,
  });
}
