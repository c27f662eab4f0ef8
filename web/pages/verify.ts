// The page where anybody verifies: a file by upload, a license by the digits of its code.
import type { Report } from '../../verification/report.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { asksPassword, renderReport } from '../report.ts';
import { say } from '../words.ts';

/** Largest upload the page mentions; the interface enforces it. */
const limitWords = { zh: '最大 200 MB', en: 'up to 200 MB' };

/** Shown only once a file said that it is encrypted. */
function passwordField(shown: boolean): Html {
  return html`<div class="password" id="password-row" ${shown ? '' : 'hidden'}>
    <label for="password">${say('打开密码', 'Password')}</label>
    <input
      id="password"
      name="password"
      type="password"
      maxlength="255"
      autocomplete="off"
      aria-describedby="password-help"
    />
    <p class="note" id="password-help">
      ${say(
        '此文件已加密，请输入打开它的密码。密码只用于打开文件，不保存、不记录。',
        'The file is encrypted; enter the password that opens it. It is used for that alone and kept nowhere.',
      )}
    </p>
  </div>`;
}

function fileForm(withPassword = false): Html {
  return html`<form
    id="file-form"
    class="card"
    method="post"
    action="/verify"
    enctype="multipart/form-data"
    data-endpoint="/api/v1/verifications"
  >
    <h2>${say('核验文件', 'Verify a file')}</h2>
    <p id="file-help">
      ${say(
        `选择盖章的 PDF（${limitWords.zh}）或证照的照片，也可以拖到框内。照片中的二维码在本设备上识别，照片不上传。`,
        `Choose a sealed PDF (${limitWords.en}) or a photo of a license, or drop it on the frame. The code in a photo is read on this device; the photo is not uploaded.`,
      )}
    </p>
    <div class="drop" id="drop">
      <label for="file">${say('文件', 'File')}</label>
      <input
        id="file"
        name="document"
        type="file"
        accept="application/pdf,.pdf,image/*"
        required
        aria-describedby="file-help"
      />
    </div>
    ${passwordField(withPassword)}
    <div class="progress" id="progress" hidden>
      <label for="progress-bar">${say('上传进度', 'Upload')}</label>
      <progress id="progress-bar" max="100" value="0"></progress>
    </div>
    <button class="button" type="submit">${say('核验', 'Verify')}</button>
  </form>`;
}

function codeForm(): Html {
  return html`<form id="code-form" class="card" method="post" action="/verify/code">
    <h2>${say('核验证照码', 'Verify a license code')}</h2>
    <p id="code-help">
      ${say(
        '手机相机扫描证照上的二维码即可；也可以把扫描得到的网址或数字粘贴到这里。',
        'A phone’s camera opens the code by itself; or paste the address or the digits it gave.',
      )}
    </p>
    <label for="code">${say('网址或数字', 'Address or digits')}</label>
    <textarea
      id="code"
      name="code"
      rows="3"
      maxlength="1400"
      required
      spellcheck="false"
      autocomplete="off"
      aria-describedby="code-help"
    ></textarea>
    <button class="button" type="submit">${say('核验', 'Verify')}</button>
  </form>`;
}

/** `/verify`. */
export function renderVerify(frame: Frame): string {
  return renderPage(frame, {
    title: { zh: '核验', en: 'Verify' },
    path: '/verify',
    islands: ['verify-upload'],
    body: html`<h1>${say('核验', 'Verify')}</h1>
      <div class="columns">${fileForm()} ${codeForm()}</div>
      <div id="result" tabindex="-1" role="region" aria-label="核验结果 Result" aria-live="polite"></div>
      <p class="note">
        ${say(
          '上传的文件只用于本次核验，不保存。',
          'An uploaded file serves this verification only and is not kept.',
        )}
      </p>
      <p>
        <a href="/reader"
          >${say('离线核验：用摄像头扫码，断网也能用', 'Offline reader: scan with the camera, without a network too')}</a
        >
      </p>`,
  });
}

/** The answer to a form sent without scripts, and any report shown as a page of its own. */
export function renderReportPage(frame: Frame, report: Report): string {
  return renderPage(frame, {
    title: { zh: '验证报告', en: 'Verification report' },
    path: '/verify/report',
    body: html`<h1>${say('验证报告', 'Verification report')}</h1>
      ${renderReport(report)} ${asksPassword(report) ? fileForm(true) : ''}
      <p><a href="/verify">${say('再核验一份', 'Verify another')}</a></p>`,
  });
}
