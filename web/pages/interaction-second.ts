// The second factor, after a password or a code by text message.
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say } from '../words.ts';
import { problemNotice, stepForm, type InteractionPage, type InteractionProblem } from './interaction.ts';

export interface SecondPage extends InteractionPage {
  readonly problem: InteractionProblem | null;
  readonly totp: boolean;
  /** Masked number that a code can be sent to; null where there is none. */
  readonly telephone: string | null;
  readonly codeSent: boolean;
  /** The password, after a code by text message. */
  readonly password: boolean;
}

function codeField(id: string, words: Html): Html {
  return html`<label for="${id}">${words}</label>
    <input
      id="${id}"
      name="code"
      type="text"
      inputmode="numeric"
      autocomplete="one-time-code"
      pattern="[0-9]{6}"
      maxlength="6"
      required
    />
    <button class="button wide" type="submit">${say('继续', 'Go on')}</button>`;
}

function telephonePart(page: SecondPage): Html | null {
  if (page.telephone === null) return null;
  return html`<section class="card">
    <h2>${say('短信验证码', 'Text message')}</h2>
    ${stepForm(
      page,
      'sms-request',
      html`<button class="button wide quiet" type="submit">
        ${say(`发送到 ${page.telephone}`, `Send a code to ${page.telephone}`)}
      </button>`,
    )}
    ${
      page.codeSent
        ? html`<p class="note">
              ${say('验证码已发出，5 分钟内有效。', 'A code was sent; it counts for 5 minutes.')}
            </p>
            ${stepForm(page, 'sms', codeField('sms-code', say('短信验证码', 'Code')))}`
        : null
    }
  </section>`;
}

/** `/interaction/{uid}` after the first factor. */
export function renderSecond(frame: Frame, page: SecondPage): string {
  return renderPage(frame, {
    title: { zh: '第二步验证', en: 'Second step' },
    path: '/interaction',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('第二步验证', 'Second step')}</h1>
      <p class="lead">
        ${say('为保护您的账号，请再完成一项验证。', 'One more proof protects your account.')}
      </p>
      ${problemNotice(page.problem)}
      ${
        page.totp
          ? html`<section class="card">
              <h2>${say('动态口令', 'Authenticator app')}</h2>
              ${stepForm(page, 'totp', codeField('totp-code', say('六位动态口令', 'Six digits of the app')))}
            </section>`
          : null
      }
      ${telephonePart(page)}
      ${
        page.password
          ? html`<section class="card">
              <h2>${say('密码', 'Password')}</h2>
              ${stepForm(
                page,
                'password',
                html`<label for="password">${say('密码', 'Password')}</label>
                  <input
                    id="password"
                    name="password"
                    type="password"
                    autocomplete="current-password"
                    maxlength="256"
                    required
                  />
                  <button class="button wide" type="submit">${say('继续', 'Go on')}</button>`,
              )}
            </section>`
          : null
      }
      ${stepForm(
        page,
        'restart',
        html`<button class="plain" type="submit">${say('换一种方式登录', 'Sign in another way')}</button>`,
      )}
    </div>`,
  });
}
