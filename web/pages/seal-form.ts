// The form for a new seal, and for the change of one, filled with what it is now.
import { postForm } from '../form.ts';
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say } from '../words.ts';

export interface SealFormPage {
  readonly department: string;
  readonly types: readonly { readonly code: string; readonly name: string }[];
  readonly idempotencyKey: string;
  /** What the seal to be changed is now; null for a new one. */
  readonly change: {
    readonly code: string;
    readonly name: string;
    readonly type: string;
    readonly pictureName: string;
    readonly picturePurpose: string;
    readonly keepers: readonly string[];
    readonly approvalsNeeded: number;
  } | null;
}

/** Impressions that are drawn from what is said here; those with artwork of their own: seal-artwork.ts. */
const impressions = [
  ['official', '法定名称章 42 mm'],
  ['special-purpose', '专用章 40 mm'],
  ['finance', '财务专用章 38 mm'],
  ['contract', '合同专用章 40 mm'],
  ['invoice', '发票专用章 40 × 30 mm'],
  ['personal', '法定代表人名章 20 mm'],
] as const;

/** `/seal-application` and `/seals/:code/change`. */
export function renderSealForm(frame: Frame, page: SealFormPage): string {
  const { change } = page;
  const title =
    change === null
      ? { zh: '申请制作印章', en: 'Apply for a seal' }
      : { zh: '申请变更印章', en: 'Apply for the change of a seal' };
  const type = change?.type ?? '01';
  return renderPage(frame, {
    title,
    path: '/seals',
    body: html`<p>
        <a href="/seals">${say('印章管理', 'Seal office')}</a>
        ${change === null ? null : html`› <a href="/seals/${change.code}">${change.name}</a>`}
      </p>
      <h1>${say(title.zh, title.en)}</h1>
      <p>${page.department}</p>
      <p>
        <a href="${change === null ? '/seal-artwork' : `/seals/${change.code}/artwork`}"
          >${say('已有印模图样、徽记或者手写签名：上传图样申请', 'An impression, an emblem or a signature of your own: apply with a picture')}</a
        >
      </p>
      <section class="card">
        ${postForm(
          frame,
          '/seal-applications',
          html`<input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />
            <input type="hidden" name="kind" value="${change === null ? 'make' : 'change'}" />
            ${change === null ? null : html`<input type="hidden" name="seal" value="${change.code}" />`}
            <label for="name">${say('印章名称', 'Name of the seal')}</label>
            <input id="name" name="name" type="text" maxlength="100" value="${change?.name ?? ''}" required />
            <label for="type">${say('印章类型', 'Type')}</label>
            <select id="type" name="type" required>
              ${page.types.map(({ code, name }) => html`<option value="${code}" ${code === type ? html`selected` : null}>${code} ${name}</option>`)}
            </select>
            <label for="pictureKind">${say('印模式样', 'Impression')}</label>
            <select id="pictureKind" name="pictureKind" required>
              ${change === null ? null : html`<option value="same" selected>沿用现印模</option>`}
              ${impressions.map(([kind, name]) => html`<option value="${kind}">${name}</option>`)}
            </select>
            <label for="pictureName"
              >${say('环排文字（4至30字；名章2至12字）', 'Text along the ring, 4 to 30 characters; of a name seal 2 to 12')}</label
            >
            <input
              id="pictureName"
              name="pictureName"
              type="text"
              minlength="2"
              maxlength="30"
              value="${change?.pictureName ?? ''}"
              required
            />
            <label for="picturePurpose"
              >${say('专用章横排文字（仅专用章）', 'Straight line, special-purpose seals only')}</label
            >
            <input
              id="picturePurpose"
              name="picturePurpose"
              type="text"
              maxlength="12"
              value="${change?.picturePurpose ?? ''}"
            />
            <label for="taxNumber">${say('税号（仅发票专用章）', 'Tax number, invoice seals only')}</label>
            <input id="taxNumber" name="taxNumber" type="text" maxlength="18" />
            <label for="keepers">${say('保管人标识（空格分隔）', 'Keepers, blanks between')}</label>
            <input
              id="keepers"
              name="keepers"
              type="text"
              maxlength="2000"
              value="${change?.keepers.join(' ') ?? ''}"
              required
            />
            <label for="approvalsNeeded">${say('每次用印所需审批人数', 'Approvals a use needs')}</label>
            <input
              id="approvalsNeeded"
              name="approvalsNeeded"
              type="number"
              min="1"
              max="9"
              value="${String(change?.approvalsNeeded ?? 1)}"
              required
            />
            <label for="purpose">${say('事由', 'Reason')}</label>
            <input id="purpose" name="purpose" type="text" minlength="2" maxlength="200" required />
            <p class="note">
              ${
                change === null
                  ? say(
                      '印章编码由登记系统分配；须由另一人审批。',
                      'The register gives the code; another person decides.',
                    )
                  : say(
                      '变更制作新章并赋新码；须由另一人审批，新章备案后原章注销。',
                      'A change makes a new seal with a new code; another person decides, and the old one is cancelled when the new one is filed.',
                    )
              }
            </p>
            <button class="button" type="submit">${say('申请', 'Apply')}</button>`,
        )}
      </section>`,
  });
}
