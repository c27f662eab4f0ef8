// One change of a license that two persons decide: what is asked for, and the second person's decision.
import type { Words } from '../../verification/report.ts';
import { buttonForm, fact, field, postForm } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';

/** A change request with its decision. */
export interface LicenseRequestPage {
  readonly id: string;
  readonly license: string;
  readonly change: Words;
  readonly state: { readonly words: Words; readonly chip: 'passed' | 'indeterminate' | 'not-applicable' };
  readonly facts: readonly { readonly label: Words; readonly value: Html | string }[];
  readonly mayApprove: boolean;
  /** Who asked may withdraw it, anybody else reject it. */
  readonly ending: 'reject' | 'withdraw' | null;
}

/** `/office/license-requests/:id`. */
export function renderLicenseRequest(frame: Frame, page: LicenseRequestPage): string {
  const withdraw = page.ending === 'withdraw';
  return renderPage(frame, {
    title: { zh: `变更申请：${page.change.zh}`, en: `Change request: ${page.change.en}` },
    path: '/office/licenses',
    body: html`<p><a href="/office/licenses">${say('证照窗口', 'License desk')}</a></p>
      <div class="line">
        <h1>${both(page.change)}</h1>
        <span class="chip ${page.state.chip}">${both(page.state.words)}</span>
      </div>
      <section class="card">
        <h2>${say('申请内容', 'What is asked for')}</h2>
        <dl class="facts">${page.facts.map(({ label, value }) => fact(label, value))}</dl>
        <p>
          <a href="/office/licenses/${encodeURIComponent(page.license)}">${say('证照档案', 'The license')}</a>
        </p>
      </section>
      ${
        page.mayApprove
          ? html`<section class="card">
              <h2>${say('审批', 'Decide')}</h2>
              <p class="note">
                ${say('同意后立即办理，经办人和审批人均留痕。', 'It is done at once; both officers are on record.')}
              </p>
              ${buttonForm(frame, `/office/license-requests/${page.id}/approval`, { zh: '同意', en: 'Approve' })}
            </section>`
          : null
      }
      ${
        page.ending === null
          ? null
          : html`<section class="card">
              <h2>${withdraw ? say('撤回申请', 'Withdraw') : say('不同意', 'Reject')}</h2>
              ${postForm(frame, `/office/license-requests/${page.id}/rejection`, [
                field({ id: 'reason', words: { zh: '理由', en: 'Reason' }, maximum: 200 }),
                html`<button class="button danger" type="submit">
                  ${withdraw ? say('撤回', 'Withdraw') : say('不同意', 'Reject')}
                </button>`,
              ])}
            </section>`
      }`,
  });
}
