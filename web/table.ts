// A table that a keyboard can scroll where the screen is narrow.
import type { Words } from '../verification/report.ts';
import { html, type Html } from './html.ts';
import { both, say } from './words.ts';

/** A row's cells; null shows as a dash. */
export type Cells = readonly (Html | string | null)[];

/** @returns the table, or a line that says there is nothing. */
export function table(caption: Words, head: readonly Words[], rows: readonly Cells[]): Html {
  if (rows.length === 0) return html`<p class="empty">${say('暂无记录。', 'Nothing yet.')}</p>`;
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
