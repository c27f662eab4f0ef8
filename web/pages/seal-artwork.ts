// The form for a seal with artwork of its own, and the preview of its impression.
import type { Words } from '../../verification/report.ts';
import { choice, field } from '../form.ts';
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say } from '../words.ts';

export interface SealArtworkPage {
  readonly department: string;
  readonly types: readonly { readonly code: string; readonly name: string }[];
  readonly idempotencyKey: string;
  /** The seal to be changed; null for a new one. */
  readonly change: {
    readonly code: string;
    readonly name: string;
    readonly type: string;
    readonly keepers: readonly string[];
    readonly approvalsNeeded: number;
  } | null;
}

/** Impressions that are supplied, in whole or in part. */
const impressions: readonly { readonly value: string; readonly words: Words }[] = [
  { value: 'filed', words: { zh: '已备案印模', en: 'an impression that was filed' } },
  { value: 'handwritten', words: { zh: '手写签名', en: 'a signature by hand' } },
  {
    value: 'government',
    words: { zh: '政府印章（图样为徽记，45 mm）', en: 'government seal, 45 mm, with this emblem' },
  },
];

/** `/seal-artwork` and `/seals/:code/artwork`. */
export function renderSealArtwork(frame: Frame, page: SealArtworkPage): string {
  const { change } = page;
  const title = { zh: '申请自带图样的印章', en: 'A seal with artwork of its own' };
  return renderPage(frame, {
    title,
    path: '/seals',
    body: html`<p>
        <a href="/seals">${say('印章管理', 'Seal office')}</a>
        ${change === null ? null : html`› <a href="/seals/${change.code}">${change.name}</a>`}
      </p>
      <h1>${say(title.zh, title.en)}</h1>
      <p>${page.department}</p>
      <section class="card">
        <form method="post" action="/seal-artwork" enctype="multipart/form-data">
          <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
          <input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />
          <input type="hidden" name="seal" value="${change?.code ?? ''}" />
          ${choice('pictureKind', { zh: '印模式样', en: 'Impression' }, impressions)}
          <label for="document">${say('图样文件（PNG 或 SVG）', 'Artwork: PNG or SVG')}</label>
          <p class="note" id="document-hint">
            ${say(
              'PNG 须透明底（手写签名可为白底），SVG 只取图形；不超过 512 KB。',
              'A PNG has a transparent ground (a signature may be on white); of an SVG only shapes are read. At most 512 KB.',
            )}
          </p>
          <p>
            <input
              id="document"
              name="document"
              type="file"
              accept=".png,.svg,image/png,image/svg+xml"
              aria-describedby="document-hint"
              required
            />
          </p>
          <div class="columns">
            <div>
              <label for="width">${say('宽（毫米）', 'Width, mm')}</label>
              <input id="width" name="width" type="number" min="3" max="60" step="0.1" value="42" />
            </div>
            <div>
              <label for="height">${say('高（毫米）', 'Height, mm')}</label>
              <input id="height" name="height" type="number" min="3" max="60" step="0.1" value="42" />
            </div>
          </div>
          ${field({
            id: 'pictureName',
            words: {
              zh: '环排文字（仅政府印章，4至30字）',
              en: 'Text along the ring, of a government seal only',
            },
            maximum: 30,
            optional: true,
          })}
          <p>
            <button
              class="button quiet"
              type="submit"
              formaction="/seal-artwork/preview"
              formtarget="_blank"
              formnovalidate
            >
              ${say('预览印模', 'Preview')}<span class="hidden-text"> （新页 new page）</span>
            </button>
          </p>
          <label for="name">${say('印章名称', 'Name of the seal')}</label>
          <input id="name" name="name" type="text" maxlength="100" value="${change?.name ?? ''}" required />
          <label for="type">${say('印章类型', 'Type')}</label>
          <select id="type" name="type" required>
            ${page.types.map(({ code, name }) => html`<option value="${code}" ${code === (change?.type ?? '01') ? html`selected` : null}>${code} ${name}</option>`)}
          </select>
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
            ${say('须由另一人审批，审批人看到印模。', 'Another person decides, and sees the impression.')}
          </p>
          <button class="button" type="submit">${say('申请', 'Apply')}</button>
        </form>
      </section>`,
  });
}

/** @param picture - our own drawing of what was read, as SVG in a data address; sides in millimetres */
export function renderArtworkPreview(
  frame: Frame,
  page: { readonly picture: string; readonly name: string; readonly width: number; readonly height: number },
): string {
  const title = { zh: '印模预览', en: 'Preview of the impression' };
  return renderPage(frame, {
    title,
    path: '/seals',
    body: html`<h1>${say(title.zh, title.en)}</h1>
      <section class="card impression">
        <img src="${page.picture}" alt="${page.name} 印模 impression" />
        <p>
          ${say(`实际尺寸 ${page.width} × ${page.height} 毫米`, `${page.width} × ${page.height} mm on paper`)}
        </p>
        <p class="note">
          ${say(
            '这是将要制作的印模，尚未提交任何申请。横线用来显示透明之处。关闭本页，回到表单继续。',
            'This is what would be made; nothing has been applied for. The lines show where it is transparent. Close this page to go on with the form.',
          )}
        </p>
      </section>`,
  });
}
