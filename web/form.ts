// Parts of forms: the hidden token, labelled fields, choices, one-button forms.
import type { Words } from '../verification/report.ts';
import { html, type Html } from './html.ts';
import type { Frame } from './layout.ts';
import { both } from './words.ts';

/** A labelled field. `id` is unique on the page, and its name in the form unless that is given. */
export interface Field {
  readonly id: string;
  readonly name?: string;
  readonly words: Words;
  readonly type?: 'text' | 'date';
  readonly maximum: number;
  readonly optional?: boolean;
  /** `off` unless the browser may know it. */
  readonly autocomplete?: string;
  readonly inputmode?: 'numeric' | 'text';
  readonly hint?: Words;
}

/** A form that posts to `action` with the session's token. */
export function postForm(frame: Frame, action: string, body: Html | readonly Html[]): Html {
  return html`<form method="post" action="${action}">
    <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
    ${body}
  </form>`;
}

/** A form that is one button. */
export function buttonForm(
  frame: Frame,
  action: string,
  words: Words,
  more: {
    readonly danger?: boolean;
    readonly values?: Readonly<Record<string, string>>;
    readonly about?: string;
  } = {},
): Html {
  const hidden = Object.entries(more.values ?? {}).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return postForm(
    frame,
    action,
    html`${hidden}<button class="button${more.danger === true ? ' danger' : ''}" type="submit">
        ${both(words)}${more.about === undefined ? null : html`<span class="hidden-text"> ${more.about}</span>`}
      </button>`,
  );
}

export function field(one: Field): Html {
  const hint =
    one.hint === undefined ? null : html`<p class="note" id="${one.id}-hint">${both(one.hint)}</p>`;
  return html`<label for="${one.id}">${both(one.words)}</label>
    ${hint}
    <input
      id="${one.id}"
      name="${one.name ?? one.id}"
      type="${one.type ?? 'text'}"
      maxlength="${one.maximum}"
      autocomplete="${one.autocomplete ?? 'off'}"
      ${one.inputmode === undefined ? null : html`inputmode="${one.inputmode}"`}
      ${one.hint === undefined ? null : html`aria-describedby="${one.id}-hint"`}
      ${one.optional === true ? null : html`required`}
    />`;
}

/** A labelled field of several lines. */
export function longField(one: Omit<Field, 'type' | 'inputmode' | 'autocomplete' | 'optional'>): Html {
  const hint =
    one.hint === undefined ? null : html`<p class="note" id="${one.id}-hint">${both(one.hint)}</p>`;
  return html`<label for="${one.id}">${both(one.words)}</label>
    ${hint}
    <textarea
      id="${one.id}"
      name="${one.name ?? one.id}"
      rows="5"
      maxlength="${one.maximum}"
      ${one.hint === undefined ? null : html`aria-describedby="${one.id}-hint"`}
      required
    ></textarea>`;
}

/** A list to choose one from. */
export function choice(
  id: string,
  words: Words,
  options: readonly { readonly value: string; readonly words: Words }[],
  name = id,
): Html {
  return html`<label for="${id}">${both(words)}</label>
    <select id="${id}" name="${name}" required>
      ${options.map((option) => html`<option value="${option.value}">${option.words.zh} ${option.words.en}</option>`)}
    </select>`;
}

/** A box to tick; sends `yes`. */
export function tick(id: string, words: Words, required = true): Html {
  return html`<label class="option" for="${id}">
    <input id="${id}" name="${id}" type="checkbox" value="yes" ${required ? html`required` : null} />
    <span>${both(words)}</span>
  </label>`;
}

/** A table that a keyboard can scroll where the screen is narrow. */
export function scrollTable(
  caption: Words,
  head: readonly Words[],
  rows: readonly (readonly (Html | string | null)[])[],
  empty: Words = { zh: '暂无记录。', en: 'Nothing yet.' },
): Html {
  if (rows.length === 0) return html`<p class="empty">${both(empty)}</p>`;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption.zh} ${caption.en}">
    <table>
      <caption class="hidden-text">
        ${both(caption)}
      </caption>
      <thead>
        <tr>
          ${head.map((words) => html`<th scope="col">${both(words)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => html`<td>${cell ?? '–'}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A term and what it is, in a `dl.facts`. */
export function fact(label: Words, value: Html | string): Html {
  return html`<div>
    <dt>${both(label)}</dt>
    <dd>${value}</dd>
  </div>`;
}
