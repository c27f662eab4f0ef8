// One draft of a license type: how it looks, what it changes, its forms, and the step to the next officer.
import type { Words } from '../../verification/report.ts';
import { actorElement, type ShownActor } from '../actor.ts';
import { choice, field, postForm, scrollTable, tick } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say, timeElement } from '../words.ts';
import { basicsSection, type TypeBasics } from './license-type-basics.ts';
import { fieldTable, pagePreviews, type FieldLine } from './license-type.ts';
import { draftChip } from './license-types.ts';

export interface TypeDraftPage {
  readonly id: string;
  readonly code: string;
  readonly name: Words;
  readonly edition: number;
  readonly revision: number;
  readonly state: string;
  /** What this officer may do now. */
  readonly steps: readonly string[];
  /** False for who worked on it. */
  readonly mayDecide: boolean;
  readonly fill: 'typical' | 'longest';
  readonly preview: { readonly pages: number; readonly complaints: readonly string[] };
  readonly basics: TypeBasics;
  readonly fields: readonly FieldLine[];
  /** JSON text, as stored or as it was typed. */
  readonly definition: string;
  /** Why what was typed does not hold. */
  readonly refusals: readonly string[];
  /** Against the newest edition; null for a new type. */
  readonly differences:
    | readonly { readonly path: string; readonly before: string | null; readonly after: string | null }[]
    | null;
  readonly events: readonly {
    readonly kind: string;
    /** Null for who reads. */
    readonly actor: ShownActor | null;
    readonly at: string;
    readonly note: string | null;
  }[];
}

const eventWords: Readonly<Record<string, Words>> = {
  started: { zh: '开始起草', en: 'started' },
  edited: { zh: '修改', en: 'edited' },
  submitted: { zh: '提交审批', en: 'submitted' },
  approved: { zh: '审批同意', en: 'approved' },
  rejected: { zh: '退回', en: 'sent back' },
  published: { zh: '发布', en: 'published' },
  discarded: { zh: '放弃', en: 'given up' },
};

function step(frame: Frame, page: TypeDraftPage, part: string, body: Html): Html {
  return postForm(
    frame,
    `/license-type-drafts/${page.id}/${part}`,
    html`<input type="hidden" name="revision" value="${page.revision}" />${body}`,
  );
}

function noteField(id: string): Html {
  return field({ id, name: 'note', words: { zh: '说明', en: 'Note' }, maximum: 300, optional: true });
}

function steps(frame: Frame, page: TypeDraftPage): Html | null {
  const may = (kind: string): boolean => page.steps.includes(kind);
  if (page.steps.length === 0) return null;
  return html`<section class="card">
    <h2>${say('办理', 'Next step')}</h2>
    ${
      may('submitted')
        ? step(
            frame,
            page,
            'submission',
            html`${noteField('submission-note')}
              <button class="button" type="submit">${say('提交审批', 'Submit for approval')}</button>`,
          )
        : null
    }
    ${
      page.state === 'submitted' && page.mayDecide
        ? step(
            frame,
            page,
            'decision',
            html`<fieldset>
                <legend>${say('审批意见', 'Decision')}</legend>
                <label class="option">
                  <input type="radio" name="decision" value="approved" required />
                  <span>${say('同意', 'Approve')}</span>
                </label>
                <label class="option">
                  <input type="radio" name="decision" value="rejected" />
                  <span>${say('退回修改', 'Send back')}</span>
                </label>
              </fieldset>
              ${noteField('decision-note')}
              <button class="button" type="submit">${say('提交意见', 'Decide')}</button>`,
          )
        : null
    }
    ${
      page.state === 'submitted' && !page.mayDecide
        ? html`<p class="note">
            ${say('须由未参与起草的另一名工作人员审批。', 'Another officer, who did not work on it, decides.')}
          </p>`
        : null
    }
    ${
      may('published')
        ? step(
            frame,
            page,
            'publication',
            html`<p class="note">
                ${say(
                  '发布后，新颁发的证照使用本版；已颁发的证照不变。',
                  'Licenses are issued under it from now on; those issued before keep theirs.',
                )}
              </p>
              <button class="button" type="submit">${say('发布', 'Publish')}</button>`,
          )
        : null
    }
    ${
      may('discarded')
        ? html`<details>
            <summary>${say('放弃草稿', 'Give the draft up')}</summary>
            ${step(
              frame,
              page,
              'discard',
              html`${noteField('discard-note')}
                <button class="button danger" type="submit">${say('放弃', 'Give up')}</button>`,
            )}
          </details>`
        : null
    }
  </section>`;
}

function preview(page: TypeDraftPage): Html {
  const other = page.fill === 'typical' ? 'longest' : 'typical';
  const { pages, complaints } = page.preview;
  return html`<section>
    <h2>${say('预览', 'Preview')}</h2>
    <p>
      <a href="?fill=${other}"
        >${other === 'longest' ? say('以最长内容预览', 'With the longest words') : say('以一般内容预览', 'With typical words')}</a
      >
      ${
        complaints.length > 0
          ? null
          : html`· <a href="/license-type-drafts/${page.id}/preview.pdf?fill=${page.fill}">PDF</a>`
      }
    </p>
    ${
      complaints.length === 0
        ? pagePreviews(pages, (number) => `/license-type-drafts/${page.id}/pages/${number}?fill=${page.fill}`)
        : html`<div class="card">
            <p>${say('允许的最长内容放不下：', 'What the type lets in does not fit:')}</p>
            <ul>
              ${complaints.map((complaint) => html`<li>${complaint}</li>`)}
            </ul>
          </div>`
    }
  </section>`;
}

function addField(frame: Frame, page: TypeDraftPage): Html {
  return html`<details class="card">
    <summary>${say('新增字段', 'Add a field')}</summary>
    ${step(
      frame,
      page,
      'fields',
      html`${field({ id: 'field', words: { zh: '短名（KZ_ 加大写字母）', en: 'Short name, KZ_ and capitals' }, maximum: 23 })}
        ${field({ id: 'label', words: { zh: '中文名', en: 'Chinese name' }, maximum: 60 })}
        ${field({ id: 'englishLabel', words: { zh: '英文名', en: 'English name' }, maximum: 60 })}
        ${choice('kind', { zh: '类型', en: 'Kind' }, [
          { value: 'text', words: { zh: '文字', en: 'text' } },
          { value: 'date', words: { zh: '日期', en: 'day' } },
          { value: 'integer', words: { zh: '整数', en: 'whole number' } },
          { value: 'choice', words: { zh: '选项', en: 'choice' } },
        ])}
        ${field({ id: 'maxLength', words: { zh: '字数上限', en: 'Characters at most' }, maximum: 3, inputmode: 'numeric' })}
        ${field({ id: 'choices', words: { zh: '选项（以、分隔）', en: 'Choices, 、 between' }, maximum: 4000, optional: true })}
        ${tick('required', { zh: '必填', en: 'Required' }, false)}
        ${tick('verifier', { zh: '核验方可见', en: 'A verifier sees it' }, false)}
        <button class="button" type="submit">${say('新增', 'Add')}</button>`,
    )}
  </details>`;
}

function definitionForm(frame: Frame, page: TypeDraftPage): Html {
  return html`<details class="card" ${page.refusals.length > 0 ? html`open` : null}>
    <summary>${say('完整定义（字段、版面）', 'The whole definition: fields, layout')}</summary>
    ${step(
      frame,
      page,
      'definition',
      html`<label for="definition">JSON</label>
        <p class="note">
          ${say('格式见', 'Its form:')} <a href="/api/v1/license-type-schema">JSON Schema</a>
        </p>
        <textarea id="definition" name="definition" rows="24" maxlength="60000" spellcheck="false" required>
${page.definition}</textarea>
        <button class="button" type="submit">${say('保存定义', 'Save the definition')}</button>`,
    )}
  </details>`;
}

function differences(page: TypeDraftPage): Html | null {
  if (page.differences === null) return null;
  const caption = { zh: '与现行版的差异', en: 'Changes against the edition in force' };
  return html`<section>
    <h2>${both(caption)}</h2>
    ${scrollTable(
      caption,
      [
        { zh: '位置', en: 'Place' },
        { zh: '现行', en: 'Now' },
        { zh: '草稿', en: 'Draft' },
      ],
      page.differences.map(({ path, before, after }) => [html`<code>${path}</code>`, before, after]),
      { zh: '没有差异。', en: 'No difference.' },
    )}
  </section>`;
}

function history(page: TypeDraftPage): Html {
  const caption = { zh: '经过', en: 'History' };
  return html`<section>
    <h2>${both(caption)}</h2>
    ${scrollTable(
      caption,
      [
        { zh: '时间', en: 'Time' },
        { zh: '事项', en: 'What' },
        { zh: '人员', en: 'Who' },
        { zh: '说明', en: 'Note' },
      ],
      page.events.map(({ kind, actor, at, note }) => [
        timeElement(at),
        both(eventWords[kind] ?? { zh: kind, en: kind }),
        actor === null ? say('本人', 'yourself') : actorElement(actor),
        note,
      ]),
    )}
  </section>`;
}

/** `/license-type-drafts/:id`. */
export function renderTypeDraft(frame: Frame, page: TypeDraftPage): string {
  const editing = page.steps.includes('edited');
  return renderPage(frame, {
    title: { zh: `${page.name.zh}第${page.edition}版草稿`, en: `Draft of edition ${page.edition}` },
    path: '/license-types',
    body: html`<p><a href="/license-types">${say('证照类型', 'License types')}</a></p>
      <div class="line">
        <h1>${both(page.name)}</h1>
        ${draftChip(page.state)}
      </div>
      <p>
        ${say(`第${page.edition}版草稿，修订${page.revision}`, `draft of edition ${page.edition}, revision ${page.revision}`)}
        · <a href="/license-types/${page.code}">${say('现行版', 'the edition in force')}</a>
      </p>
      ${
        page.refusals.length === 0
          ? null
          : html`<section class="card" role="alert">
              <h2>${say('没有保存：定义不成立', 'Not saved: the definition does not hold')}</h2>
              <ul>
                ${page.refusals.map((refusal) => html`<li>${refusal}</li>`)}
              </ul>
            </section>`
      }
      ${steps(frame, page)} ${preview(page)} ${differences(page)}
      <section>
        <h2>${say('照面业务信息', 'Face')}</h2>
        ${fieldTable(page.fields)} ${editing ? addField(frame, page) : null}
      </section>
      ${editing ? [basicsSection(page.basics, (body) => step(frame, page, 'basics', body)), definitionForm(frame, page)] : null}
      ${history(page)}`,
  });
}
