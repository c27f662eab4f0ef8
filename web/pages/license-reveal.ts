// A license in full for an officer who says why: the reason first, then what it says, on a page that is not kept.
import type { Words } from '../../verification/report.ts';
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';

export interface RevealPage {
  readonly id: string;
  readonly typeName: Words;
  /** As it is shown now: masked before a reason was given, in full after it. */
  readonly lines: readonly { readonly label: Words; readonly value: string }[];
  /** The reason that is on record; null before one was given. */
  readonly reason: string | null;
}

/** `/licenses/:id/reveal`. */
export function renderReveal(frame: Frame, page: RevealPage): string {
  const { id, reason } = page;
  const address = `/licenses/${encodeURIComponent(id)}`;
  return renderPage(frame, {
    title: { zh: '查看证照全文', en: 'License in full' },
    path: '/licenses',
    body: html`<h1>${both(page.typeName)}</h1>
      ${
        reason === null
          ? html`<section class="card">
              <h2>${say('说明查看理由', 'Say why you need it in full')}</h2>
              <p>
                ${say(
                  '理由会记录在案，持证人可以看到谁在何时因何查看。请勿填写姓名和号码。',
                  'The reason goes on record, and the holder sees who looked, when and why. No names or numbers, please.',
                )}
              </p>
              <form method="post" action="${address}/reveal">
                <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
                <label for="reason">${say('理由', 'Reason')}</label>
                <input id="reason" name="reason" type="text" minlength="2" maxlength="200" required />
                <button class="button" type="submit">${say('查看全文', 'Show in full')}</button>
              </form>
            </section>`
          : html`<p class="note">
              ${say('本次查看已记录在案，理由：', 'This reading is on record. Reason: ')}<strong
                >${reason}</strong
              >
            </p>`
      }
      <section class="card face">
        <h2>${reason === null ? say('照面（已隐去个人信息）', 'Face, masked') : say('照面', 'Face')}</h2>
        <dl class="facts">
          ${page.lines.map(
            ({ label, value }) =>
              html`<div>
                <dt>${both(label)}</dt>
                <dd>${value}</dd>
              </div>`,
          )}
        </dl>
      </section>
      <p><a href="${address}">${say('返回证照', 'Back to the license')}</a></p>`,
  });
}
