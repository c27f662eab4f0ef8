// Copies for a purpose 加注件: the form, and the list with what can be taken back.
import type { Words } from '../../verification/report.ts';
import { buttonForm, choice, fact, postForm, tick } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, dayElement, say } from '../words.ts';

export interface CopyFormPage {
  readonly license: string;
  readonly typeName: Words;
  readonly departments: readonly { readonly value: string; readonly words: Words }[];
  readonly matters: readonly { readonly value: string; readonly words: Words }[];
  readonly fields: readonly { readonly value: string; readonly words: Words }[];
  /** First and last day that may be chosen, yyyy-MM-dd. */
  readonly first: string;
  readonly last: string;
  readonly idempotencyKey: string;
}

/** `GET /licenses/:id/copies`. */
export function renderCopyForm(frame: Frame, page: CopyFormPage): string {
  return renderPage(frame, {
    title: { zh: '制作加注件', en: 'Make a copy for a purpose' },
    path: '/my',
    body: html`<div class="narrow">
      <h1>${say('制作加注件', 'Make a copy for a purpose')}</h1>
      <p class="lead">${both(page.typeName)}</p>
      <p class="note">
        ${say(
          '加注件只写您授权的内容，写明给哪个部门、办什么事项、到哪一天；用于其他用途的无效，可随时收回。',
          'A copy holds what you grant and says for whom, what for and until when. It is of no other use, and can be taken back.',
        )}
      </p>
      ${postForm(
        frame,
        `/licenses/${page.license}/copies`,
        html`<input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />
          ${choice('department', { zh: '用证部门', en: 'Department' }, page.departments)}
          ${choice('matter', { zh: '办理事项', en: 'Matter' }, page.matters)}
          <label for="until">${say('有效期至', 'Good until')}</label>
          <input
            id="until"
            name="until"
            type="date"
            min="${page.first}"
            max="${page.last}"
            required
            autocomplete="off"
          />
          <fieldset>
            <legend>${say('授权的内容', 'What is granted')}</legend>
            ${page.fields.map(
              ({ value, words }) =>
                html`<label class="option" for="field-${value}">
                  <input id="field-${value}" name="field-${value}" type="checkbox" value="yes" />
                  <span>${both(words)}</span>
                </label>`,
            )}
          </fieldset>
          ${tick('agreed', {
            zh: '我知道加注件会交给该部门使用',
            en: 'I know that the copy is for this department to use',
          })}
          <button class="button" type="submit">${say('制作', 'Make it')}</button>`,
      )}
    </div>`,
  });
}

export interface CopiesPage {
  readonly copies: readonly {
    readonly id: string;
    readonly typeName: Words;
    readonly grantNumber: string;
    readonly department: string;
    readonly matter: Words;
    readonly fields: readonly Words[];
    readonly made: string;
    /** Last day, yyyy-MM-dd. */
    readonly until: string;
    readonly state: 'good' | 'over' | 'taken-back';
  }[];
}

const states: Readonly<Record<CopiesPage['copies'][number]['state'], readonly [Words, string]>> = {
  good: [{ zh: '有效', en: 'In force' }, 'passed'],
  over: [{ zh: '已到期', en: 'Over' }, 'not-applicable'],
  'taken-back': [{ zh: '已收回', en: 'Taken back' }, 'failed'],
};

function card(frame: Frame, copy: CopiesPage['copies'][number]): Html {
  const [words, chip] = states[copy.state];
  return html`<li class="card">
    <div class="line">
      <h2>${both(copy.typeName)}</h2>
      <span class="chip ${chip}">${both(words)}</span>
    </div>
    <dl class="facts">
      ${fact({ zh: '用证部门', en: 'For' }, copy.department)}
      ${fact({ zh: '事项', en: 'Matter' }, both(copy.matter))}
      ${fact({ zh: '有效期', en: 'Valid' }, html`${dayElement(copy.made)} – ${dayElement(copy.until)}`)}
      ${fact({ zh: '授权内容', en: 'Granted' }, copy.fields.map((field) => field.zh).join('、'))}
      ${fact({ zh: '授权编号', en: 'Grant' }, html`<code>${copy.grantNumber}</code>`)}
    </dl>
    <div class="actions">
      <a class="button quiet" href="/my/copies/${copy.id}/document">${say('下载', 'Download')}</a>
      ${
        copy.state === 'good'
          ? buttonForm(
              frame,
              `/my/copies/${copy.id}/end`,
              { zh: '收回', en: 'Take back' },
              { danger: true, about: copy.grantNumber },
            )
          : null
      }
    </div>
  </li>`;
}

/** `/my/copies`. */
export function renderCopies(frame: Frame, page: CopiesPage): string {
  return renderPage(frame, {
    title: { zh: '我的加注件', en: 'My copies' },
    path: '/my',
    body: html`<h1>${say('我的加注件', 'My copies')}</h1>
      ${
        page.copies.length === 0
          ? html`<p class="empty">
              ${say('还没有加注件。可在证照页面制作。', 'There is none yet. Make one on the page of a license.')}
            </p>`
          : html`<ul class="cards">
              ${page.copies.map((copy) => card(frame, copy))}
            </ul>`
      }`,
  });
}
