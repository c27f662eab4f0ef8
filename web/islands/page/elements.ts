// Reaching into a page the server made: elements by id, markup into a region, problems in words.
import type { Words } from '../../../verification/report.ts';
import { html, type Html } from '../../html.ts';
import { both } from '../../words.ts';

/** The element the page promises. @throws Error where page and script do not belong together. */
export function elementOf<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}.`);
  return element;
}

/** Replaces what a region shows. The markup comes from the escaping template only. */
export function show(region: HTMLElement, markup: Html): void {
  region.innerHTML = markup.text;
  region.setAttribute('aria-busy', 'false');
}

/** A panel for what could not be done. */
export function problemPanel(title: Words, detail: Words | null): Html {
  return html`<div class="verdict unsure">
    <span class="mark" aria-hidden="true">?</span>
    <div>
      <h2 class="word">${both(title)}</h2>
      ${detail === null ? null : html`<p>${both(detail)}</p>`}
    </div>
  </div>`;
}
