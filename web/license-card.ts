// How a license stands in lists and on its own page: state in words, number, authority, days.
import type { Words } from '../verification/report.ts';
import { html, type Html } from './html.ts';
import { both, dayElement, say } from './words.ts';

export interface LicenseSummary {
  readonly id: string;
  readonly typeName: Words;
  /** 证照编号 as printed. */
  readonly number: string;
  /** Holder's name; masked by the caller where the reader may not see it. */
  readonly holder: string;
  /** 颁证机关. */
  readonly issuer: string;
  /** yyyy-MM-dd. */
  readonly issued: string;
  /** yyyy-MM-dd; null where the license has no end. */
  readonly expires: string | null;
  readonly state: { readonly words: Words; readonly inForce: boolean };
  /** 可信等级 of a license that was taken over and is no original; absent where it was issued here. */
  readonly trust?: Words;
}

/** State as a chip; the words say it, colour only repeats. */
export function stateChip(state: LicenseSummary['state']): Html {
  return html`<span class="chip ${state.inForce ? 'passed' : 'failed'}">${both(state.words)}</span>`;
}

/** That it is no original, and how far to trust it; nothing for a license that was issued here. */
export function trustChip(trust: LicenseSummary['trust']): Html | null {
  return trust === undefined ? null : html`<span class="chip warned">${both(trust)}</span>`;
}

/** One license in a list, with what may be done with it. */
export function renderLicenseCard(license: LicenseSummary, actions: Html | null = null): Html {
  return html`<li class="card license">
    <div class="line">
      <h2><a href="/licenses/${encodeURIComponent(license.id)}">${both(license.typeName)}</a></h2>
      ${stateChip(license.state)} ${trustChip(license.trust)}
    </div>
    <dl class="facts">
      <div>
        <dt>${say('持证主体', 'Holder')}</dt>
        <dd>${license.holder}</dd>
      </div>
      <div>
        <dt>${say('证照编号', 'Number')}</dt>
        <dd>${license.number}</dd>
      </div>
      <div>
        <dt>${say('颁证机关', 'Issuing authority')}</dt>
        <dd>${license.issuer}</dd>
      </div>
      <div>
        <dt>${say('有效期', 'Valid')}</dt>
        <dd>
          ${dayElement(license.issued)} –
          ${license.expires === null ? say('长期', 'no end') : dayElement(license.expires)}
        </dd>
      </div>
    </dl>
    ${actions}
  </li>`;
}
