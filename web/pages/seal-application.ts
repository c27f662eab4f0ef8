// One seal application with its decision, and the form that applies for a new seal.
import type { Words } from '../../verification/report.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip } from '../license-card.ts';
import { applicationStateWords, applicationWords, wordsOf } from '../seal-words.ts';
import { both, say, timeElement } from '../words.ts';
import type { ApplicationLine } from './seal-office.ts';

export interface SealApplicationPage extends ApplicationLine {
  readonly sealCode: string | null;
  readonly facts: readonly { readonly label: Words; readonly value: string }[];
  readonly decidedBy: string | null;
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
          ${fact({ zh: '申请人', en: 'Applicant' }, html`<code>${page.requestedBy}</code>`)}
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
              : html`${fact({ zh: '审批人', en: 'Decided by' }, html`<code>${page.decidedBy}</code>`)}
                ${fact({ zh: '审批时间', en: 'Decided' }, timeElement(page.decidedAt))}`
          }
          ${page.rejection === null ? null : fact({ zh: '不同意的理由', en: 'Rejected because' }, page.rejection)}
          ${page.failure === null ? null : fact({ zh: '未能办理', en: 'Failed' }, html`<code>${page.failure}</code>`)}
        </dl>
      </section>
      ${decisionForm(frame, page)}`,
  });
}

export interface NewSealPage {
  readonly department: string;
  readonly types: readonly { readonly code: string; readonly name: string }[];
  readonly idempotencyKey: string;
}

/** `/seal-application`: the form for a new seal. */
export function renderNewSeal(frame: Frame, page: NewSealPage): string {
  return renderPage(frame, {
    title: { zh: '申请制作印章', en: 'Apply for a seal' },
    path: '/seals',
    body: html`<p><a href="/seals">${say('印章管理', 'Seal office')}</a></p>
      <h1>${say('申请制作印章', 'Apply for a seal')}</h1>
      <p>${page.department}</p>
      <section class="card">
        <form method="post" action="/seal-applications">
          <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
          <input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />
          <input type="hidden" name="kind" value="make" />
          <label for="name">${say('印章名称', 'Name of the seal')}</label>
          <input id="name" name="name" type="text" maxlength="100" required />
          <label for="type">${say('印章类型', 'Type')}</label>
          <select id="type" name="type" required>
            ${page.types.map(({ code, name }) => html`<option value="${code}" ${code === '01' ? html`selected` : null}>${code} ${name}</option>`)}
          </select>
          <label for="pictureKind">${say('印模式样', 'Impression')}</label>
          <select id="pictureKind" name="pictureKind" required>
            <option value="official">法定名称章 42 mm</option>
            <option value="special-purpose">专用章 40 mm</option>
            <option value="finance">财务专用章 38 mm</option>
            <option value="contract">合同专用章 40 mm</option>
          </select>
          <label for="pictureName"
            >${say('环排文字（4至30字）', 'Text along the ring, 4 to 30 characters')}</label
          >
          <input id="pictureName" name="pictureName" type="text" minlength="4" maxlength="30" required />
          <label for="picturePurpose"
            >${say('专用章横排文字（仅专用章）', 'Straight line, special-purpose seals only')}</label
          >
          <input id="picturePurpose" name="picturePurpose" type="text" maxlength="12" />
          <label for="keepers">${say('保管人标识（空格分隔）', 'Keepers, blanks between')}</label>
          <input id="keepers" name="keepers" type="text" maxlength="2000" required />
          <label for="approvalsNeeded">${say('每次用印所需审批人数', 'Approvals a use needs')}</label>
          <input
            id="approvalsNeeded"
            name="approvalsNeeded"
            type="number"
            min="1"
            max="9"
            value="1"
            required
          />
          <label for="purpose">${say('事由', 'Reason')}</label>
          <input id="purpose" name="purpose" type="text" minlength="2" maxlength="200" required />
          <p class="note">
            ${say('印章编码由登记系统分配；须由另一人审批。', 'The register gives the code; another person decides.')}
          </p>
          <button class="button" type="submit">${say('申请', 'Apply')}</button>
        </form>
      </section>`,
  });
}
