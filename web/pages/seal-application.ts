// One seal application with its decision.
import type { Words } from '../../verification/report.ts';
import { actorElement, type ShownActor } from '../actor.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip } from '../license-card.ts';
import { applicationStateWords, applicationWords, wordsOf } from '../seal-words.ts';
import { both, say, timeElement } from '../words.ts';
import type { ApplicationLine } from './seal-office.ts';

export interface SealApplicationPage extends ApplicationLine {
  readonly sealCode: string | null;
  /** Address of the impression that would be made; null where none is. */
  readonly picture: string | null;
  readonly facts: readonly { readonly label: Words; readonly value: Html | string }[];
  readonly decidedBy: ShownActor | null;
  readonly decidedAt: string | null;
  readonly rejection: string | null;
  /** Refusal code, where it could not be done. */
  readonly failure: string | null;
  /** Whether this reader may decide it now. */
  readonly mayDecide: boolean;
  readonly idempotencyKey: string;
}

function fact(label: Words, value: Html | string): Html {
  return html`<div>
    <dt>${both(label)}</dt>
    <dd>${value}</dd>
  </div>`;
}

function decisionForm(frame: Frame, page: SealApplicationPage): Html | null {
  if (!page.mayDecide) return null;
  return html`<section class="card">
    <h2>${say('审批', 'Decide')}</h2>
    <form method="post" action="/seal-applications/${page.id}/decision">
      <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
      <fieldset>
        <legend>${say('审批意见', 'Decision')}</legend>
        <label class="option">
          <input type="radio" name="decision" value="approve" required />
          <span>${say('同意，立即办理', 'Approve: it is done at once')}</span>
        </label>
        <label class="option">
          <input type="radio" name="decision" value="reject" />
          <span>${say('不同意', 'Reject')}</span>
        </label>
      </fieldset>
      <label for="reason">${say('不同意的理由', 'Reason of a rejection')}</label>
      <input id="reason" name="reason" type="text" maxlength="200" />
      <button class="button" type="submit">${say('提交', 'Submit')}</button>
    </form>
  </section>`;
}

/** `/seal-applications/:id`. */
export function renderSealApplication(frame: Frame, page: SealApplicationPage): string {
  const kind = wordsOf(applicationWords, page.kind);
  const good = page.state === 'executed' || page.state === 'requested';
  return renderPage(frame, {
    title: { zh: `印章申请：${kind.zh}`, en: `Seal application: ${kind.en}` },
    path: '/seals',
    body: html`<p><a href="/seals">${say('印章管理', 'Seal office')}</a></p>
      <div class="line">
        <h1>${both(kind)}</h1>
        ${stateChip({ words: wordsOf(applicationStateWords, page.state), inForce: good })}
      </div>
      <section class="card">
        <h2>${say('申请内容', 'Application')}</h2>
        <dl class="facts">
          ${fact({ zh: '事由', en: 'Reason' }, page.purpose)}
          ${fact({ zh: '申请人', en: 'Applicant' }, actorElement(page.requestedBy))}
          ${fact({ zh: '申请时间', en: 'Applied' }, timeElement(page.requestedAt))}
          ${
            page.sealCode === null
              ? null
              : fact(
                  { zh: '印章', en: 'Seal' },
                  html`<a href="/seals/${page.sealCode}"><code>${page.sealCode}</code></a>`,
                )
          }
          ${page.facts.map(({ label, value }) => fact(label, value))}
          ${
            page.decidedBy === null || page.decidedAt === null
              ? null
              : html`${fact({ zh: '审批人', en: 'Decided by' }, actorElement(page.decidedBy))}
                ${fact({ zh: '审批时间', en: 'Decided' }, timeElement(page.decidedAt))}`
          }
          ${page.rejection === null ? null : fact({ zh: '不同意的理由', en: 'Rejected because' }, page.rejection)}
          ${page.failure === null ? null : fact({ zh: '未能办理', en: 'Failed' }, html`<code>${page.failure}</code>`)}
        </dl>
      </section>
      ${
        page.picture === null
          ? null
          : html`<section class="card impression">
              <h2>${say('拟制印模', 'The impression')}</h2>
              <img src="${page.picture}" alt="${kind.zh} 拟制印模" width="200" height="200" />
              <p class="note">${say('编码在批准后赋予。', 'Its code is given when it is approved.')}</p>
            </section>`
      }
      ${decisionForm(frame, page)}`,
  });
}
