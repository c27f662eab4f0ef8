// The offline reader: scans, photographs or takes the digits of a code, and judges them on this device, network or not.
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say } from '../words.ts';

export interface ReaderPage {
  /** SubjectPublicKeyInfo (DER, base64) of the keys that may sign the trust list. */
  readonly operatorKeys: readonly string[];
}

/** `/reader`. It is the same for everybody, since a copy of it stays on the device. */
export function renderReader(frame: Pick<Frame, 'demonstration'>, page: ReaderPage): string {
  return renderPage(
    { ...frame, signedIn: null, formToken: null },
    {
      title: { zh: '离线核验', en: 'Offline reader' },
      path: '/reader',
      islands: ['reader'],
      manifest: '/assets/reader.webmanifest',
      body: html`<h1>${say('离线核验', 'Offline reader')}</h1>
        <noscript>
          <p class="empty">
            ${say('本页在您的设备上核验，请启用脚本。', 'This page verifies on your device: switch scripts on.')}
          </p>
        </noscript>
        <section
          id="kit"
          class="card kit"
          aria-live="polite"
          data-operator-keys="${page.operatorKeys.join(' ')}"
        ></section>
        <div class="columns">
          <section class="card">
            <h2>${say('扫描证照码', 'Scan a license code')}</h2>
            <p>
              ${say(
                '打开摄像头对准证照上的二维码，读到后自动核验。画面不离开本设备。',
                'Open the camera and point it at the code; it is verified as soon as it is read. Pictures do not leave this device.',
              )}
            </p>
            <video id="video" class="video" playsinline muted hidden aria-label="摄像头画面 Camera"></video>
            <div class="actions">
              <button id="camera" class="button" type="button">
                ${say('打开摄像头', 'Open the camera')}
              </button>
            </div>
            <label class="apart" for="photo">${say('或选择照片', 'Or choose a photo')}</label>
            <input id="photo" type="file" accept="image/*" />
          </section>
          <form id="code-form" class="card" method="get" action="/reader">
            <h2>${say('输入网址或数字', 'Enter the address or digits')}</h2>
            <label for="code">${say('网址或数字', 'Address or digits')}</label>
            <textarea
              id="code"
              rows="3"
              maxlength="1400"
              spellcheck="false"
              autocomplete="off"
              required
            ></textarea>
            <button class="button" type="submit">${say('核验', 'Verify')}</button>
          </form>
        </div>
        <div id="result" tabindex="-1" role="region" aria-label="核验结果 Result" aria-live="polite"></div>
        <p class="note">
          ${say(
            '没有网络时，本页用已下载的密钥与状态列表核验，并写明状态是何时确认的。状态列表超过有效期（12小时）后无法确认当前状态，请联网更新。',
            'Without a network this page verifies with the keys and status lists it has fetched, and says when the status was confirmed. After a status list has run out (12 hours) the present status is unknown until the next update.',
          )}
        </p>`,
    },
  );
}
