// The login page: every way to log in, the strong ones first; each says how far it reaches.
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';
import type { Words } from '../../verification/report.ts';
import {
  levelWord,
  problemNotice,
  refuseForm,
  statusLine,
  stepForm,
  stepOf,
  type InteractionPage,
  type InteractionProblem,
} from './interaction.ts';

export interface LoginPage extends InteractionPage {
  readonly problem: InteractionProblem | null;
  /** Which method's part is open: the one that was tried last. */
  readonly open: string | null;
  /** What was typed as the name, to be shown again. */
  readonly name: string;
  /** Whether a code is on its way to a telephone. */
  readonly codeSent: boolean;
  readonly sms: boolean;
  readonly certificateTls: boolean;
  /** Origin of the local signer. */
  readonly signer: string;
  readonly origin: string;
  readonly upstreams: readonly { readonly name: string; readonly title: Words }[];
  readonly demonstrationAccounts: readonly {
    readonly id: string;
    readonly name: string;
    readonly detail: Words;
  }[];
  /** A login name and its password for trying; null outside the demonstration. */
  readonly demonstrationPassword: { readonly name: string; readonly password: string } | null;
}

interface Method {
  readonly key: string;
  readonly title: Words;
  /** The highest level it can reach. */
  readonly reach: number;
  readonly body: Html;
}

function passkey(): Html {
  return html`<p>
      ${say(
        '用本机的指纹、人脸或锁屏密码登录。识别在您的设备上完成，不会上传。',
        'With this device’s fingerprint, face or screen lock; nothing of it leaves the device.',
      )}
    </p>
    <button class="button wide" type="button" id="passkey-button" disabled>
      ${say('使用通行密钥登录', 'Sign in with a passkey')}
    </button>
    ${statusLine('passkey-status')}
    <noscript>${say('需要启用脚本。', 'This needs scripts.')}</noscript>`;
}

function password(page: LoginPage): Html {
  return stepForm(
    page,
    'password',
    html`<label for="name">${say('登录名或手机号', 'Login name or mobile number')}</label>
      <input
        id="name"
        name="name"
        type="text"
        autocomplete="username webauthn"
        autocapitalize="none"
        spellcheck="false"
        maxlength="100"
        required
        value="${page.name}"
      />
      <label for="password">${say('密码', 'Password')}</label>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        maxlength="256"
        required
      />
      <button class="button wide" type="submit">${say('登录', 'Sign in')}</button>`,
  );
}

function telephone(page: LoginPage): Html {
  return html`${stepForm(
    page,
    'sms-request',
    html`<label for="telephone">${say('手机号', 'Mobile number')}</label>
      <input
        id="telephone"
        name="telephone"
        type="tel"
        autocomplete="tel"
        inputmode="tel"
        maxlength="30"
        required
      />
      <button class="button wide quiet" type="submit">${say('发送验证码', 'Send a code')}</button>`,
  )}
  ${page.codeSent ? codeForm(page) : null}`;
}

/** The form for a code that was sent. */
function codeForm(page: InteractionPage): Html {
  return html`<p class="note">
      ${say(
        '如该号码已登记，验证码已发出，5 分钟内有效。',
        'If this number is enrolled, a code is on its way; it counts for 5 minutes.',
      )}
    </p>
    ${stepForm(
      page,
      'sms',
      html`<label for="code">${say('短信验证码', 'Code')}</label>
        <input
          id="code"
          name="code"
          type="text"
          inputmode="numeric"
          autocomplete="one-time-code"
          pattern="[0-9]{6}"
          maxlength="6"
          required
        />
        <button class="button wide" type="submit">${say('登录', 'Sign in')}</button>`,
    )}`;
}

function certificate(page: LoginPage): Html {
  return html`<div id="certificate" data-signer="${page.signer}">
      <p>
        ${say(
          '证书文件（.p12 / .pfx）和口令只在本页使用，私钥不会离开本设备。',
          'The file and its password are used in this page only: the key does not leave this device.',
        )}
      </p>
      <label for="key-file">${say('证书文件', 'Certificate file')}</label>
      <input id="key-file" type="file" accept=".p12,.pfx,application/x-pkcs12" />
      <label for="key-password">${say('证书口令', 'Password of the file')}</label>
      <input id="key-password" type="password" autocomplete="off" maxlength="128" />
      <button class="button wide" type="button" id="certificate-button" disabled>
        ${say('用证书登录', 'Sign in with the certificate')}
      </button>
      <button class="button wide quiet" type="button" id="signer-button" disabled>
        ${say('使用本机签名程序', 'Use the signer on this computer')}
      </button>
      ${statusLine('certificate-status')}
    </div>
    ${
      page.certificateTls
        ? stepForm(
            page,
            'certificate-tls',
            html`<button class="plain" type="submit">
              ${say('用浏览器中的证书登录', 'Use a certificate in the browser')}
            </button>`,
          )
        : null
    }`;
}

function scan(page: LoginPage): Html {
  return stepForm(
    page,
    'scan',
    html`<p>
        ${say(
          '用已登记通行密钥的手机扫码，在手机上确认。',
          'Scan with a telephone that has your passkey, and confirm there.',
        )}
      </p>
      <button class="button wide quiet" type="submit">${say('显示二维码', 'Show the code')}</button>`,
  );
}

function upstreams(page: LoginPage): Html {
  return html`${page.upstreams.map(({ name, title }) =>
    stepForm(
      page,
      `upstream/${encodeURIComponent(name)}`,
      html`<button class="button wide quiet" type="submit">${both(title)}</button>`,
    ),
  )}`;
}

function demonstration(page: LoginPage): Html {
  return html`<p>
      ${say(
        '此处不验证身份，只用于演示。请选择一个虚构的人。',
        'Nothing is checked here: it serves the demonstration only. Choose a made-up person.',
      )}
    </p>
    ${
      page.demonstrationPassword === null
        ? null
        : html`<p class="note">
            ${say('也可以试用密码登录', 'Or try the password')}:
            <code>${page.demonstrationPassword.name}</code> /
            <code>${page.demonstrationPassword.password}</code> ·
            <a href="/development/inbox">${say('演示短信', 'text messages')}</a>
          </p>`
    }
    ${stepForm(
      page,
      'demonstration',
      html`${page.demonstrationAccounts.map(
        ({ id, name, detail }) =>
          html`<button class="choice" type="submit" name="account" value="${id}">
            <strong>${name}</strong> <span>${both(detail)}</span>
          </button>`,
      )}`,
    )}`;
}

function methodsOf(page: LoginPage): readonly Method[] {
  const when = (offered: boolean, method: Method): readonly Method[] => (offered ? [method] : []);
  return [
    { key: 'passkey', title: { zh: '通行密钥', en: 'Passkey' }, reach: 3, body: passkey() },
    { key: 'password', title: { zh: '密码', en: 'Password' }, reach: 2, body: password(page) },
    ...when(page.sms, {
      key: 'sms',
      title: { zh: '短信验证码', en: 'Text message' },
      reach: 2,
      body: telephone(page),
    }),
    { key: 'scan', title: { zh: '扫码登录', en: 'Scan with a telephone' }, reach: 3, body: scan(page) },
    { key: 'certificate', title: { zh: '数字证书', en: 'Certificate' }, reach: 4, body: certificate(page) },
    ...when(page.upstreams.length > 0, {
      key: 'upstream',
      title: { zh: '其他统一身份认证', en: 'Another identity provider' },
      reach: 3,
      body: upstreams(page),
    }),
    ...when(page.demonstrationAccounts.length > 0, {
      key: 'demonstration',
      title: { zh: '演示账号', en: 'Demonstration accounts' },
      reach: 1,
      body: demonstration(page),
    }),
  ];
}

/** `/interaction/{uid}` while nobody has shown anything yet. */
export function renderLogin(frame: Frame, page: LoginPage): string {
  const methods = methodsOf(page);
  const enough = methods.filter(({ reach }) => page.floor === null || reach >= page.floor);
  const short = methods.filter((method) => !enough.includes(method));
  const open = page.open ?? enough[0]?.key ?? null;
  const part = (method: Method): Html =>
    html`<details class="way" name="way" ${method.key === open ? html`open` : null}>
      <summary>
        <span class="name">${both(method.title)}</span>
        <span class="reach">${say(`最高${method.reach}级`, `up to level ${method.reach}`)}</span>
      </summary>
      <div class="inside">${method.body}</div>
    </details>`;
  return renderPage(frame, {
    title: { zh: '登录', en: 'Sign in' },
    path: '/interaction',
    plain: true,
    islands: ['login'],
    body: html`<div
      class="narrow"
      id="login"
      data-passkey="${stepOf(page, 'passkey')}"
      data-certificate="${stepOf(page, 'certificate')}"
      data-token="${page.formToken}"
      data-origin="${page.origin}"
    >
      <h1>${say('登录', 'Sign in')}</h1>
      <p class="lead">${say('继续访问', 'to go on to')} <strong>${both(page.client)}</strong></p>
      ${
        page.floor === null || page.floor === 1
          ? null
          : html`<p class="asked">
              ${say('此服务要求实名等级', 'This service asks for')} ${both(levelWord(page.floor))}
            </p>`
      }
      ${problemNotice(page.problem)} ${enough.map(part)}
      ${
        short.length === 0
          ? null
          : html`<h2 class="minor">
                ${say('达不到所需等级的方式', 'Ways that do not reach the level asked for')}
              </h2>
              ${short.map(part)}`
      }
      ${refuseForm(page)}
    </div>`,
  });
}
