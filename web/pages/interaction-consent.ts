// Consent: what a client wants to know or do, for which purposes, each to be allowed or not.
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';
import type { Words } from '../../verification/report.ts';
import { stepForm, type InteractionPage } from './interaction.ts';

/** One thing asked for. */
export interface ConsentItem {
  /** What the form sends back: `scope …`, `claim …`, `resource <indicator> <scope>`. */
  readonly value: string;
  readonly words: Words;
  /** What it means, in a sentence; null where the words say it. */
  readonly detail: Words | null;
  /** Without it there is no login at all, so it is not a choice. */
  readonly required: boolean;
  /** Sensitive personal information: consent to it is separate (PIPL art. 29), so nothing is ticked beforehand. */
  readonly sensitive: boolean;
}

/** A purpose of processing (PIPL art. 17): what for, on which ground, how long. */
export interface ConsentPurpose {
  readonly name: Words;
  readonly notice: Words;
  readonly basis: Words;
  /** Days. */
  readonly retention: number;
  readonly sensitive: boolean;
}

export interface ConsentPage extends InteractionPage {
  readonly items: readonly ConsentItem[];
  readonly purposes: readonly ConsentPurpose[];
  /** Whether a device without a browser waits for this. */
  readonly device: boolean;
}

function item(each: ConsentItem): Html {
  return html`<label class="option">
    <input
      type="checkbox"
      name="${each.value}"
      value="yes"
      ${each.sensitive ? null : html`checked`}
      ${each.required ? html`disabled` : null}
    />
    <span
      >${both(each.words)} ${each.detail === null ? null : html`<small>${both(each.detail)}</small>`}
      ${each.sensitive ? html`<span class="chip warned">${say('敏感信息', 'sensitive')}</span>` : null}
      ${each.required ? html`<small>${say('登录所必需', 'needed to sign in')}</small>` : null}</span
    >
  </label>`;
}

/** A purpose with its notice, to be read before consenting. */
export function renderPurpose(each: ConsentPurpose): Html {
  return html`<details class="purpose">
    <summary>
      ${both(each.name)}
      ${each.sensitive ? html`<span class="chip warned">${say('敏感信息', 'sensitive')}</span>` : null}
    </summary>
    <p>${both(each.notice)}</p>
    <p class="note">
      ${say('处理依据', 'Ground')}: ${both(each.basis)} ·
      ${say(`保存 ${each.retention} 天`, `kept for ${each.retention} days`)}
    </p>
  </details>`;
}

/** `/interaction/{uid}` where consent is asked for. */
export function renderConsent(frame: Frame, page: ConsentPage): string {
  return renderPage(frame, {
    title: { zh: '授权', en: 'Consent' },
    path: '/interaction',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('授权', 'Consent')}</h1>
      <p class="lead"><strong>${both(page.client)}</strong> ${say('请求', 'asks to')}:</p>
      ${
        page.device
          ? html`<p class="alert">
              ${say(
                '这是另一台设备的请求。如果不是您本人操作的设备，请拒绝。',
                'Another device asks. Refuse unless it is yours and in front of you.',
              )}
            </p>`
          : null
      }
      ${stepForm(
        page,
        'consent',
        html`<fieldset>
            <legend>${say('可以只同意其中一部分', 'You may allow a part only')}</legend>
            ${page.items.map(item)}
          </fieldset>
          ${
            page.purposes.length === 0
              ? null
              : html`<h2>${say('用于', 'What it is used for')}</h2>
                  ${page.purposes.map(renderPurpose)}`
          }
          <p class="note">
            ${say(
              '同意后可随时在“我的登录与授权”中撤回。',
              'You can take it back at any time on your own page.',
            )}
          </p>
          <div class="actions">
            <button class="button" type="submit" name="decision" value="grant">
              ${say('同意', 'Allow')}
            </button>
            <button class="button quiet" type="submit" name="decision" value="refuse">
              ${say('拒绝', 'Refuse')}
            </button>
          </div>`,
      )}
    </div>`,
  });
}
