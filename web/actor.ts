// Who did something, as pages of an office show it: a name and a role where the reader may see them, and a short identifier.
import type { Words } from '../verification/report.ts';
import { html, type Html } from './html.ts';
import { both } from './words.ts';

export interface ShownActor {
  /** As records name them; whole in the element's title. */
  readonly id: string;
  /** The name, or what stands for it; null where the identifier says all there is. */
  readonly who: Words | null;
  /** Roles. */
  readonly what: Words | null;
}

/** How the identifiers that we make are shortened: the last six digits are enough to tell two of one name apart. */
function shortIdentifier(id: string): string {
  const digits = /^(?:[a-z]+:)?[a-z]{3}_([0-9a-f]{32})$/.exec(id)?.[1];
  return digits === undefined ? id : `…${digits.slice(-6)}`;
}

/** `样本泽 业务人员 Case officer …3fa2c1` */
export function actorElement(actor: ShownActor): Html {
  const short = shortIdentifier(actor.id);
  return html`<span class="actor"
    >${actor.who === null ? null : html`<span class="who">${both(actor.who)}</span> `}${
      actor.what === null ? null : html`<small>${both(actor.what)}</small> `
    }<code ${short === actor.id ? null : html`title="${actor.id}"`}>${short}</code></span
  >`;
}

/** Several, one after the other. */
export function actorList(actors: readonly ShownActor[]): Html {
  return html`${actors.map((actor) => html`${actorElement(actor)} `)}`;
}
