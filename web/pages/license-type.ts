// One license type: its rules, the fields of its face, how it looks, and every edition.
import type { Words } from '../../verification/report.ts';
import { fact, scrollTable } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say, timeElement } from '../words.ts';

/** One field of a face, for people. */
export interface FieldLine {
  readonly name: string;
  readonly label: Words;
  readonly kind: Words;
  readonly limit: number;
  readonly required: boolean;
  readonly inCode: boolean;
  readonly verifier: boolean;
}

export interface LicenseTypePage {
  readonly code: string;
  readonly name: Words;
  readonly edition: number;
  readonly rules: readonly { readonly label: Words; readonly value: string }[];
  readonly fields: readonly FieldLine[];
  /** Pages there are pictures of. */
  readonly pictures: number;
  readonly editions: readonly {
    readonly edition: number;
    readonly publishedAt: string;
    readonly draft: string | null;
  }[];
}

const yes = (value: boolean): Html => (value ? say('是', 'yes') : say('否', 'no'));

/** The fields of a face as a table. */
export function fieldTable(fields: readonly FieldLine[]): Html {
  return scrollTable(
    { zh: '照面业务信息', en: 'Face' },
    [
      { zh: '中文名', en: 'Name' },
      { zh: '短名', en: 'Short name' },
      { zh: '类型', en: 'Kind' },
      { zh: '上限', en: 'Limit' },
      { zh: '必填', en: 'Required' },
      { zh: '印入二维码', en: 'In the code' },
      { zh: '核验方可见', en: 'Verifier sees' },
    ],
    fields.map((field) => [
      both(field.label),
      html`<code>${field.name}</code>`,
      both(field.kind),
      String(field.limit),
      yes(field.required),
      yes(field.inCode),
      yes(field.verifier),
    ]),
    { zh: '没有业务字段。', en: 'No fields of its own.' },
  );
}

/** Pictures of pages, one below the other. @param address of page n */
export function pagePreviews(count: number, address: (page: number) => string): Html {
  return html`<ol class="pages">
    ${Array.from({ length: count }, (_, index) => index + 1).map(
      (number) =>
        html`<li>
          <a href="${address(number)}"
            ><img src="${address(number)}" alt="第${number}页样式 Page ${number}" loading="lazy"
          /></a>
        </li>`,
    )}
  </ol>`;
}

/** `/license-types/:code`. */
export function renderLicenseType(frame: Frame, page: LicenseTypePage): string {
  const caption = { zh: '历次版本', en: 'Editions' };
  return renderPage(frame, {
    title: page.name,
    path: '/license-types',
    body: html`<p><a href="/license-types">${say('证照类型', 'License types')}</a></p>
      <div class="line">
        <h1>${both(page.name)}</h1>
        <p>${say(`第${page.edition}版`, `edition ${page.edition}`)}</p>
      </div>
      <section class="card">
        <h2>${say('规则', 'Rules')}</h2>
        <dl class="facts">${page.rules.map(({ label, value }) => fact(label, value))}</dl>
        <p>
          <a href="/api/v1/license-types/${page.code}?edition=${page.edition}"
            >${say('完整定义（JSON）', 'The whole definition, JSON')}</a
          >
        </p>
      </section>
      <section>
        <h2>${say('照面业务信息', 'Face')}</h2>
        ${fieldTable(page.fields)}
      </section>
      <section>
        <h2>${say('样式', 'Pages')}</h2>
        ${pagePreviews(
          page.pictures,
          (number) => `/license-types/${page.code}/pages/${number}?edition=${page.edition}`,
        )}
      </section>
      <section>
        <h2>${both(caption)}</h2>
        ${scrollTable(
          caption,
          [
            { zh: '版次', en: 'Edition' },
            { zh: '发布时间', en: 'Published' },
            { zh: '来源', en: 'From' },
          ],
          page.editions
            .toReversed()
            .map(({ edition, publishedAt, draft }) => [
              html`<a href="/license-types/${page.code}?edition=${edition}"
                >${say(`第${edition}版`, `edition ${edition}`)}</a
              >`,
              timeElement(publishedAt),
              draft === null
                ? say('安装时带入', 'installation')
                : html`<a href="/license-type-drafts/${draft}"
                    >${say('草稿', 'draft')}<span class="hidden-text"> ${edition}</span></a
                  >`,
            ]),
        )}
      </section>`,
  });
}
