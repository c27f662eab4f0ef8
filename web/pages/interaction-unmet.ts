// The level was not reached: which rung is missing, how to raise it, and the way back to the client.
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';
import type { Words } from '../../verification/report.ts';
import { levelWord, stepForm, type InteractionPage } from './interaction.ts';

export interface UnmetPage extends InteractionPage {
  /** What was reached on each axis, 0..4. */
  readonly proofing: number;
  readonly authentication: number;
  readonly needed: number;
}

function axis(title: Words, reached: number, needed: number): Html {
  const short = reached < needed;
  return html`<div class="axis ${short ? 'short' : 'enough'}">
    <dt>${both(title)}</dt>
    <dd>
      <meter min="0" max="4" value="${reached}" low="${needed}" optimum="4">${reached}</meter>
      <span>${say(`${reached} 级`, `rung ${reached}`)}</span>
      ${
        short
          ? html`<strong>${say(`需要 ${needed} 级`, `rung ${needed} is needed`)}</strong>`
          : html`<span>${say('已达到', 'enough')}</span>`
      }
    </dd>
  </div>`;
}

const proofingWays: Readonly<Record<number, Words>> = {
  2: {
    zh: '在“我的信息”中核对姓名和证件号码（比对人口库），几分钟即可完成。',
    en: 'Have name and document number matched with the population register on your own page; it takes minutes.',
  },
  3: {
    zh: '使用国家网络身份认证（网号、网证），或携带证件到办事窗口。',
    en: 'Use the national network identity, or bring your document to a service window.',
  },
  4: {
    zh: '携带证件到办事窗口，或凭数字证书登记。',
    en: 'Bring your document to a service window, or register with a certificate.',
  },
};

const loginWays: Readonly<Record<number, Words>> = {
  2: {
    zh: '密码之外再用动态口令或短信验证码；可在“登录方式”中登记。',
    en: 'Add an authenticator app or a text message to the password; enrol it under “Ways to sign in”.',
  },
  3: {
    zh: '使用通行密钥、扫码登录或数字证书。',
    en: 'Use a passkey, scan with your telephone, or a certificate.',
  },
  4: { zh: '使用硬件中的数字证书。', en: 'Use a certificate whose key lies in hardware.' },
};

/** After a login that did not reach the level asked for. */
export function renderUnmet(frame: Frame, page: UnmetPage): string {
  const proofingShort = page.proofing < page.needed;
  const loginShort = page.authentication < page.needed;
  return renderPage(frame, {
    title: { zh: '实名等级不足', en: 'Level not reached' },
    path: '/interaction',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('实名等级不足', 'Level not reached')}</h1>
      <p class="lead">
        <strong>${both(page.client)}</strong> ${say('要求', 'asks for')} ${both(levelWord(page.needed))}
      </p>
      <dl class="axes">
        ${axis({ zh: '身份核验', en: 'Proof of identity' }, page.proofing, page.needed)}
        ${axis({ zh: '登录方式', en: 'Way to sign in' }, page.authentication, page.needed)}
      </dl>
      <p class="note">${say('两项中较低的一项就是您的实名等级。', 'The lower of the two is your level.')}</p>
      <section class="card">
        <h2>${say('如何提高', 'How to raise it')}</h2>
        <ul>
          ${proofingShort ? html`<li>${both(proofingWays[page.needed] ?? levelWord(page.needed))}</li>` : null}
          ${loginShort ? html`<li>${both(loginWays[page.needed] ?? levelWord(page.needed))}</li>` : null}
        </ul>
      </section>
      ${
        loginShort
          ? stepForm(
              page,
              'restart',
              html`<button class="button wide" type="submit">
                ${say('换一种方式登录', 'Sign in another way')}
              </button>`,
            )
          : null
      }
      ${stepForm(
        page,
        'unmet',
        html`<button class="button wide quiet" type="submit">
          ${say('返回，不登录', 'Go back without signing in')}
        </button>`,
      )}
    </div>`,
  });
}
