// The page a printed code opens: `/v#digits`. What follows # never reaches the server, the script reads it here.
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say } from '../words.ts';

export interface CodePage {
  /** SubjectPublicKeyInfo (DER, base64) of the keys that may sign the trust list: the page's root of trust. */
  readonly operatorKeys: readonly string[];
}

/** `/v`. */
export function renderCodePage(frame: Frame, page: CodePage): string {
  return renderPage(frame, {
    title: { zh: '证照码核验', en: 'License code' },
    path: '/v',
    islands: ['verify-code'],
    body: html`<h1>${say('证照码核验', 'License code')}</h1>
      <noscript>
        <div class="verdict unsure">
          <span class="mark" aria-hidden="true">?</span>
          <div>
            <h2 class="word">${say('浏览器未启用脚本', 'Scripts are switched off')}</h2>
            <p>
              ${say(
                '本页在您的设备上核验。请启用脚本，或把网址粘贴到核验页。',
                'This page verifies on your device. Switch scripts on, or paste the address on the verification page.',
              )}
            </p>
            <p><a href="/verify">${say('核验页', 'Verification page')}</a></p>
          </div>
        </div>
      </noscript>
      <div
        id="result"
        tabindex="-1"
        role="region"
        aria-label="核验结果 Result"
        aria-live="polite"
        aria-busy="true"
        data-operator-keys="${page.operatorKeys.join(' ')}"
        data-trust-list="/api/v1/trust-list"
        data-status-lists="/api/v1/status-lists/"
        data-fallback="/api/v1/verifications:code"
      ></div>`,
  });
}
