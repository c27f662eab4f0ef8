// A person's own ways to sign in: what is enrolled, what can be added, and what happened lately.
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, dayElement, say, timeElement } from '../words.ts';
import type { Words } from '../../verification/report.ts';
import { problemNotice, statusLine, type InteractionProblem } from './interaction.ts';

export interface EnrolledWay {
  readonly id: string;
  readonly kind: Words;
  readonly label: string;
  /** What it can reach at most: the lower of what it is and the rung at which it was enrolled. */
  readonly reach: number;
  /** ISO 8601. */
  readonly since: string;
  readonly lastUsed: string | null;
}

export interface AuthenticatorsPage {
  readonly ways: readonly EnrolledWay[];
  readonly names: readonly string[];
  readonly notices: readonly { readonly at: string; readonly words: Words }[];
  /** The last login is recent enough to change anything. */
  readonly fresh: boolean;
  /** The rung at which something enrolled now would stand. */
  readonly rung: number;
  readonly telephones: boolean;
  /** A code is on its way to a number. */
  readonly codeSent: boolean;
  readonly upstreams: readonly { readonly name: string; readonly title: Words }[];
  /** An app that is being enrolled. */
  readonly totp: { readonly nonce: string; readonly secret: string; readonly picture: Html } | null;
  readonly problem: InteractionProblem | null;
}

const address = '/my/authenticators';

function form(frame: Frame, step: string, body: Html): Html {
  return html`<form method="post" action="${address}/${step}">
    <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
    ${body}
  </form>`;
}

function enrolled(frame: Frame, page: AuthenticatorsPage): Html {
  if (page.ways.length === 0) {
    return html`<p class="empty">${say('还没有登记登录方式。', 'Nothing is enrolled yet.')}</p>`;
  }
  return html`<ul class="enrolled">
    ${page.ways.map(
      (way) =>
        html`<li>
          <div>
            <strong>${both(way.kind)}</strong> ${way.label}
            <p class="note">
              ${say(`最高${way.reach}级`, `up to level ${way.reach}`)} · ${say('登记于', 'since')}
              ${dayElement(way.since)}
              ${way.lastUsed === null ? null : html`· ${say('最近使用', 'last used')} ${dayElement(way.lastUsed)}`}
            </p>
          </div>
          ${
            page.fresh
              ? form(
                  frame,
                  'remove',
                  html`<input type="hidden" name="id" value="${way.id}" />
                    <button class="button quiet" type="submit">
                      ${say('移除', 'Remove')} <span class="hidden-text">${way.label}</span>
                    </button>`,
                )
              : null
          }
        </li>`,
    )}
  </ul>`;
}

function codeInput(id: string): Html {
  return html`<label for="${id}">${say('六位数字', 'Six digits')}</label>
    <input
      id="${id}"
      name="code"
      type="text"
      inputmode="numeric"
      autocomplete="one-time-code"
      pattern="[0-9]{6}"
      maxlength="6"
      required
    />`;
}

function passkeyPart(frame: Frame): Html {
  return html`<section
    class="card"
    id="passkey"
    data-address="${address}"
    data-token="${frame.formToken ?? ''}"
  >
    <h2>${say('添加通行密钥', 'Add a passkey')}</h2>
    <p>
      ${say(
        '用本机的指纹、人脸或锁屏密码；识别在设备上完成，本系统不保存人脸。',
        'With this device’s fingerprint, face or screen lock. No picture of a face is kept here.',
      )}
    </p>
    <label for="passkey-label">${say('名称', 'Name')}</label>
    <input id="passkey-label" type="text" maxlength="60" value="我的设备" />
    <button class="button" type="button" id="passkey-button" disabled>${say('添加', 'Add')}</button>
    ${statusLine('passkey-status')}
  </section>`;
}

function totpPart(frame: Frame, page: AuthenticatorsPage): Html {
  if (page.totp === null) {
    return html`<section class="card">
      <h2>${say('动态口令', 'Authenticator app')}</h2>
      ${form(
        frame,
        'totp-begin',
        html`<button class="button quiet" type="submit">${say('开始登记', 'Begin')}</button>`,
      )}
    </section>`;
  }
  return html`<section class="card">
    <h2>${say('动态口令', 'Authenticator app')}</h2>
    <p>${say('用手机上的验证器扫描，或输入密钥：', 'Scan with the app on your telephone, or type:')}</p>
    <div class="picture" role="img" aria-label="密钥二维码 Code for the app">${page.totp.picture}</div>
    <p class="secret">${page.totp.secret}</p>
    ${form(
      frame,
      'totp',
      html`<input type="hidden" name="nonce" value="${page.totp.nonce}" />
        ${codeInput('totp-code')}
        <button class="button" type="submit">${say('完成', 'Finish')}</button>`,
    )}
  </section>`;
}

function telephonePart(frame: Frame, page: AuthenticatorsPage): Html | null {
  if (!page.telephones) return null;
  return html`<section class="card">
    <h2>${say('手机号', 'Mobile number')}</h2>
    ${form(
      frame,
      'telephone-begin',
      html`<label for="telephone">${say('手机号', 'Mobile number')}</label>
        <input id="telephone" name="telephone" type="tel" autocomplete="tel" maxlength="30" required />
        <button class="button quiet" type="submit">${say('发送验证码', 'Send a code')}</button>`,
    )}
    ${
      page.codeSent
        ? form(
            frame,
            'telephone',
            html`${codeInput('telephone-code')}
              <button class="button" type="submit">${say('登记', 'Enrol')}</button>`,
          )
        : null
    }
  </section>`;
}

function passwordPart(frame: Frame, page: AuthenticatorsPage): Html {
  return html`<section class="card">
    <h2>${say('登录名和密码', 'Login name and password')}</h2>
    <p class="note">
      ${
        page.names.length === 0
          ? say('还没有登录名。', 'No login name yet.')
          : html`<span>${say('登录名', 'Login names')}: ${page.names.join('、')}</span>`
      }
    </p>
    ${form(
      frame,
      'password',
      html`<label for="login-name">${say('新的登录名（可不填）', 'Another login name (optional)')}</label>
        <input id="login-name" name="name" type="text" autocomplete="username" maxlength="40" />
        <label for="new-password">${say('新密码', 'New password')}</label>
        <input
          id="new-password"
          name="password"
          type="password"
          autocomplete="new-password"
          minlength="8"
          maxlength="128"
          required
          aria-describedby="password-help"
        />
        <p class="note" id="password-help">
          ${say(
            '8 至 128 个字符，可用任何文字和空格，没有组成要求；常见或已泄露的密码不能使用。',
            '8 to 128 characters of any kind, spaces too. Known passwords cannot be used.',
          )}
        </p>
        <button class="button" type="submit">${say('设置', 'Set')}</button>`,
    )}
  </section>`;
}

function upstreamPart(frame: Frame, page: AuthenticatorsPage): Html | null {
  if (page.upstreams.length === 0) return null;
  return html`<section class="card">
    <h2>${say('关联其他统一身份认证', 'Link another identity provider')}</h2>
    ${page.upstreams.map(({ name, title }) =>
      form(
        frame,
        `upstream/${encodeURIComponent(name)}`,
        html`<button class="button quiet" type="submit">${both(title)}</button>`,
      ),
    )}
  </section>`;
}

/** `/my/authenticators`. */
export function renderAuthenticators(frame: Frame, page: AuthenticatorsPage): string {
  return renderPage(frame, {
    title: { zh: '登录方式', en: 'Ways to sign in' },
    path: address,
    islands: ['authenticators'],
    body: html`<h1>${say('登录方式', 'Ways to sign in')}</h1>
      ${problemNotice(page.problem)}
      <section class="card">
        <h2>${say('已登记', 'Enrolled')}</h2>
        ${enrolled(frame, page)}
      </section>
      ${
        page.fresh
          ? html`<p class="limit">
                ${say(
                  `现在登记的方式最高可达${page.rung}级：不超过您此次登录或核验所达到的等级。`,
                  `What you enrol now reaches level ${page.rung} at most: never more than you have shown.`,
                )}
              </p>
              <div class="columns">
                ${passkeyPart(frame)} ${totpPart(frame, page)} ${telephonePart(frame, page)}
                ${passwordPart(frame, page)} ${upstreamPart(frame, page)}
              </div>`
          : html`<section class="card">
              <p>
                ${say(
                  '为保护您的账号，添加或移除登录方式前请重新登录。',
                  'To protect your account, sign in again before you add or remove anything.',
                )}
              </p>
              <a class="button" href="/sign-in?again=yes&amp;returnTo=${encodeURIComponent(address)}"
                >${say('重新登录', 'Sign in again')}</a
              >
            </section>`
      }
      <section>
        <h2>${say('最近的变动', 'What happened lately')}</h2>
        ${
          page.notices.length === 0
            ? html`<p class="empty">${say('没有。', 'Nothing.')}</p>`
            : html`<ul class="history">
                ${page.notices.map(({ at, words }) => html`<li>${timeElement(at)} ${both(words)}</li>`)}
              </ul>`
        }
        <p class="note">
          ${say(
            '如果不是您本人的操作，请移除不认识的登录方式，并联系办事窗口。',
            'If it was not you, remove what you do not know and turn to a service window.',
          )}
        </p>
      </section>`,
  });
}
