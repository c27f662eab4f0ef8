// Pages of the OpenID Provider itself: signing out, a device's code, an error that cannot go back to a website.
import type { Words } from '../../verification/report.ts';
import { Html, html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';

/** Asks whether to sign out everywhere. `form` is the provider's own, made there and sent as it stands. */
export function renderLogout(
  frame: Frame,
  page: { readonly form: string; readonly client: Words | null },
): string {
  return renderPage(frame, {
    title: { zh: '退出登录', en: 'Sign out' },
    path: '/sign-out',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('退出统一登录？', 'Sign out everywhere?')}</h1>
      ${
        page.client === null
          ? null
          : html`<p>${say(`${page.client.zh}已为您退出。`, `${page.client.en} has signed you out.`)}</p>`
      }
      <p>
        ${say(
          '您可以同时退出本区的所有网站，也可以保持登录，以便继续使用其他网站。',
          'You can sign out of every website of the district, or stay signed in for the others.',
        )}
      </p>
      ${new Html(page.form)}
      <p class="actions">
        <button class="button" type="submit" form="op.logoutForm" name="logout" value="yes">
          ${say('全部退出', 'Sign out everywhere')}
        </button>
        <button class="button quiet" type="submit" form="op.logoutForm">
          ${say('保持登录', 'Stay signed in')}
        </button>
      </p>
    </div>`,
  });
}

/** Said after signing out, where no website wants the person back. */
export function renderLoggedOut(frame: Frame): string {
  return renderPage(frame, {
    title: { zh: '已退出', en: 'Signed out' },
    path: '/sign-out',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('已退出登录', 'You are signed out')}</h1>
      <p>
        ${say('在公用电脑上，请同时关闭浏览器。', 'On a shared computer, please close the browser as well.')}
      </p>
      <p class="actions"><a class="button" href="/">${say('回到首页', 'Back to the first page')}</a></p>
    </div>`,
  });
}

/** Asks for the code that a device shows. */
export function renderUserCode(
  frame: Frame,
  page: { readonly form: string; readonly fault: Words | null },
): string {
  return renderPage(frame, {
    title: { zh: '连接设备', en: 'Connect a device' },
    path: '/oidc/device',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('连接设备', 'Connect a device')}</h1>
      ${page.fault === null ? null : html`<div class="alert" role="alert"><p>${both(page.fault)}</p></div>`}
      <p>${say('请输入设备屏幕上显示的代码。', 'Enter the code that the device shows.')}</p>
      <p class="note">
        ${say(
          '只输入您自己面前设备上的代码。工作人员不会向您索要代码。',
          'Only enter a code from a device in front of you. Nobody will ever ask you for one.',
        )}
      </p>
      <label for="device-code">${say('设备代码', 'Device code')}</label>
      <div class="device-code">${new Html(labelled(page.form))}</div>
      <p class="actions">
        <button class="button" type="submit" form="op.deviceInputForm">${say('继续', 'Continue')}</button>
      </p>
    </div>`,
  });
}

/** The provider's field has no label of its own, and speaks English alone. */
function labelled(form: string): string {
  return form
    .replace('<input type="text"', '<input type="text" id="device-code"')
    .replace(/placeholder="[^"]*"/, 'placeholder="BCDF-GHJK"');
}

/** Confirms that the code on the device is the one shown here. */
export function renderConfirmDevice(
  frame: Frame,
  page: {
    readonly form: string;
    readonly client: Words;
    readonly code: string;
    readonly browser: string | null;
    readonly place: Words;
  },
): string {
  return renderPage(frame, {
    title: { zh: '确认设备', en: 'Confirm the device' },
    path: '/oidc/device',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('是这台设备吗？', 'Is this the device?')}</h1>
      <dl class="facts">
        <div>
          <dt>${say('应用', 'Application')}</dt>
          <dd>${both(page.client)}</dd>
        </div>
        <div>
          <dt>${say('代码', 'Code')}</dt>
          <dd><strong class="device">${page.code}</strong></dd>
        </div>
        <div>
          <dt>${say('设备所在', 'Where the device is')}</dt>
          <dd>${both(page.place)}</dd>
        </div>
        ${
          page.browser === null
            ? null
            : html`<div>
                <dt>${say('设备', 'Device')}</dt>
                <dd>${page.browser}</dd>
              </div>`
        }
      </dl>
      <p>
        ${say(
          '设备上的代码与此一致、且由您本人操作时，再继续。',
          'Continue only if the device shows this code and you started it yourself.',
        )}
      </p>
      ${new Html(page.form)}
      <p class="actions">
        <button class="button" type="submit" form="op.deviceConfirmForm">
          ${say('一致，继续', 'It matches, continue')}
        </button>
        <button class="button quiet" type="submit" form="op.deviceConfirmForm" name="abort" value="yes">
          ${say('不是，取消', 'No, cancel')}
        </button>
      </p>
    </div>`,
  });
}

/** Said when the device is let in. */
export function renderDeviceDone(frame: Frame, client: Words): string {
  return renderPage(frame, {
    title: { zh: '设备已连接', en: 'Device connected' },
    path: '/oidc/device',
    plain: true,
    body: html`<div class="narrow">
      <div class="verdict good">
        <span class="mark" aria-hidden="true">✓</span>
        <div>
          <h1 class="word">${say('设备已连接', 'The device is connected')}</h1>
          <p>${both(client)}</p>
          <p>${say('可以关闭本页，回到设备上继续。', 'You can close this page and go on at the device.')}</p>
        </div>
      </div>
    </div>`,
  });
}

/** What went wrong, in words, for the errors a person meets; the website's own words are for its makers. */
const errorWords: Readonly<Record<string, Words>> = {
  invalid_client: {
    zh: '该网站没有登记，或已停用。',
    en: 'The website is not registered here, or was disabled.',
  },
  invalid_redirect_uri: {
    zh: '该网站要求返回的地址没有登记。',
    en: 'The address the website wants you sent back to is not registered.',
  },
  invalid_request_uri: {
    zh: '该登录请求已使用或已过期。',
    en: 'This request to sign in was used already, or has expired.',
  },
  invalid_request: { zh: '该登录请求不完整或不正确。', en: 'The request to sign in is incomplete or wrong.' },
  invalid_request_object: {
    zh: '该登录请求的签名不正确。',
    en: 'The signature of the request does not hold.',
  },
  access_denied: { zh: '登录被拒绝。', en: 'The sign-in was refused.' },
  server_error: { zh: '本系统出现故障，请稍后再试。', en: 'Something failed here; please try again later.' },
};

/** An error that is shown here because it cannot safely be sent back to the website. */
export function renderProviderError(
  frame: Frame,
  page: { readonly code: string; readonly description: string },
): string {
  return renderPage(frame, {
    title: { zh: '无法完成登录', en: 'The sign-in cannot go on' },
    path: '/problem',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('无法完成登录', 'The sign-in cannot go on')}</h1>
      ${errorWords[page.code] === undefined ? null : html`<div class="alert"><p>${both(errorWords[page.code] ?? { zh: '', en: '' })}</p></div>`}
      <p>
        ${say(
          '请回到原来的网站重新开始。若仍有问题，请把下面的内容告诉该网站。',
          'Please go back to the website and start again. If it happens again, tell the website what stands below.',
        )}
      </p>
      <dl class="facts">
        <div>
          <dt>${say('错误', 'Error')}</dt>
          <dd><code>${page.code}</code></dd>
        </div>
        ${
          page.description === ''
            ? null
            : html`<div>
                <dt>${say('说明', 'Details')}</dt>
                <dd lang="en">${page.description}</dd>
              </div>`
        }
      </dl>
      <p class="actions"><a class="button quiet" href="/">${say('回到首页', 'Back to the first page')}</a></p>
    </div>`,
  });
}
