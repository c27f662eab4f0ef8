// "Why and how to raise it": the level, its two axes, what runs out, and every way up that is open.
import { buttonForm, fact, field, postForm } from '../../form.ts';
import { html, type Html } from '../../html.ts';
import { renderPage, type Frame } from '../../layout.ts';
import { both, dayElement, say } from '../../words.ts';
import { renderPlaces, type PeoplePlace } from './places.ts';
import { authenticationWords, methodWords, rungWords, wordsIn } from './words.ts';

export interface LevelPage {
  readonly places: readonly PeoplePlace[];
  readonly level: number;
  readonly ial: number;
  readonly aal: number;
  readonly heldBackBy: 'proofing' | 'authentication' | 'both';
  readonly expiresAt: string | null;
  readonly expiresSoon: boolean;
  readonly wanted: number;
  readonly proofing: readonly {
    readonly method: string;
    readonly rung: number;
    readonly online: boolean;
    readonly faceByMachine: boolean;
  }[];
  readonly authentication: readonly { readonly kind: string; readonly rung: number }[];
  readonly history: readonly {
    readonly method: string;
    readonly rung: number;
    readonly verifiedAt: string;
    readonly validUntil: string;
    readonly alive: boolean;
  }[];
  /** Demonstration: what the phone just showed, or null; and whether it can show anything at all. */
  readonly phone: { readonly code: string | null } | null;
  /** Where a person adds ways to log in. */
  readonly authenticatorsUrl: string;
}

/** `/my/level`. */
export function renderLevel(frame: Frame, page: LevelPage): string {
  return renderPage(frame, {
    title: { zh: '实名等级', en: 'Level' },
    path: '/my/level',
    body: html`${renderPlaces(page.places, '/my/level')}
      <h1>${say('实名等级', 'Level')}</h1>
      ${standing(page)} ${whys(page)} ${waysUp(frame, page)} ${history(page)}`,
  });
}

function standing(page: LevelPage): Html {
  return html`<section class="card">
    <ol class="ladder" aria-label="四级阶梯 Four rungs">
      ${[1, 2, 3, 4].map(
        (rung) =>
          html`<li
            class="${rung <= page.level ? 'reached' : 'ahead'}"
            ${rung === page.level ? html`aria-current="true"` : null}
          >
            ${both(wordsIn(rungWords, String(rung)))}
          </li>`,
      )}
    </ol>
    <dl class="facts">
      ${fact({ zh: '身份核验', en: 'Proofing' }, html`${both(wordsIn(rungWords, String(page.ial)))}`)}
      ${fact(
        { zh: '登录方式最高可达', en: 'Ways to log in reach' },
        page.aal === 0
          ? html`${say('没有登记的登录方式', 'none enrolled')}`
          : html`${say(`${page.aal} 级`, `level ${page.aal}`)}`,
      )}
      ${
        page.expiresAt === null
          ? null
          : fact(
              { zh: '核验有效期至', en: 'Proofing runs out' },
              html`${dayElement(page.expiresAt)}
              ${page.expiresSoon ? html`<span class="chip indeterminate">${say('即将到期', 'soon')}</span>` : null}`,
            )
      }
    </dl>
  </section>`;
}

function whys(page: LevelPage): Html {
  const reason = {
    proofing: say(
      '等级取两者中较低的一个：登录方式够了，身份核验还不够。',
      'The lower of the two counts: your ways to log in suffice, proofing does not yet.',
    ),
    authentication: say(
      '等级取两者中较低的一个：身份核验够了，登录方式还不够强。',
      'The lower of the two counts: proofing suffices, your ways to log in are not strong enough yet.',
    ),
    both: say(
      '等级取两者中较低的一个；两者现在相同。',
      'The lower of the two counts; both stand at the same rung now.',
    ),
  }[page.heldBackBy];
  return html`<section>
    <h2>${say('为什么是这一级', 'Why this level')}</h2>
    <p>${reason}</p>
  </section>`;
}

function waysUp(frame: Frame, page: LevelPage): Html {
  const done = html`<p class="empty">${say('已经达到。', 'Reached already.')}</p>`;
  return html`<section>
    <h2>${say(`怎样达到 ${page.wanted} 级`, `How to reach level ${page.wanted}`)}</h2>
    <p class="actions">
      ${[2, 3, 4].map((rung) =>
        rung === page.wanted
          ? html`<strong>${say(`${rung} 级`, `level ${rung}`)}</strong>`
          : html`<a href="/my/level?level=${rung}">${say(`${rung} 级`, `level ${rung}`)}</a>`,
      )}
    </p>
    <div class="columns">
      <div class="card">
        <h3>${say('身份核验', 'Proofing')}</h3>
        ${
          page.proofing.length === 0
            ? done
            : html`<ul class="rows">
                ${page.proofing.map((way) => proofingWay(frame, page, way))}
              </ul>`
        }
        ${
          page.proofing.length === 0
            ? null
            : html`<p class="note">
                ${say('不愿意刷脸的，可以到窗口办理，效力相同。', 'Whoever does not want a face compared goes to a window, with the same effect.')}
              </p>`
        }
      </div>
      <div class="card">
        <h3>${say('登录方式', 'Ways to log in')}</h3>
        ${
          page.authentication.length === 0
            ? done
            : html`<ul class="rows">
                  ${page.authentication.map(
                    (way) =>
                      html`<li>
                        ${both(wordsIn(authenticationWords, way.kind))}
                        <span class="chip not-applicable"
                          >${say(`可达 ${way.rung} 级`, `level ${way.rung}`)}</span
                        >
                      </li>`,
                  )}
                </ul>
                <p>
                  <a class="button" href="${page.authenticatorsUrl}"
                    >${say('添加登录方式', 'Add a way to log in')}</a
                  >
                </p>`
        }
      </div>
    </div>
  </section>`;
}

function proofingWay(frame: Frame, page: LevelPage, way: LevelPage['proofing'][number]): Html {
  return html`<li>
    <p class="line">
      <strong>${both(wordsIn(methodWords, way.method))}</strong>
      <span class="chip not-applicable">${say(`可达 ${way.rung} 级`, `level ${way.rung}`)}</span>
    </p>
    ${explanation(way)} ${way.online ? onlineForm(frame, page, way.method) : null}
  </li>`;
}

function explanation(way: LevelPage['proofing'][number]): Html {
  switch (way.method) {
    case 'register':
      return html`<p>
        ${say('用您登记的姓名和号码与人口库比对，结果只有“一致”或“不一致”。', 'Your name and number are compared with the population register, which answers yes or no.')}
      </p>`;
    case 'wangzheng':
      return html`<p>
        ${say('在国家网络身份认证 App 中出示网证，输入其中的一次性代码。是否刷脸由该 App 决定，本系统只收到结果。', 'Show your 网证 in the national app and type its one-time code. The app may compare your face; we receive the result alone.')}
      </p>`;
    case 'certificate':
      return html`<p>
        ${say('在证书受理窗口领取数字证书，用证书登录。', 'Get a certificate at the registration window and log in with it.')}
      </p>`;
    default:
      return html`<p>
        ${say('携带有效身份证件到政务服务窗口，两名工作人员核验；证件由读卡器核验的为四级，仅目视比对的为三级。', 'Bring your document to a service window; two officers look. Read by a card reader it gives level 4, by eye level 3.')}
      </p>`;
  }
}

function onlineForm(frame: Frame, page: LevelPage, method: string): Html | null {
  if (method === 'register') {
    return buttonForm(frame, '/my/level/register', { zh: '现在比对', en: 'Compare now' });
  }
  if (method !== 'wangzheng') return null;
  return html`${postForm(frame, '/my/level/wangzheng', [
    field({
      id: 'showing',
      words: { zh: '网证代码', en: 'Code of the 网证' },
      maximum: 100,
      autocomplete: 'one-time-code',
    }),
    html`<button class="button" type="submit">${say('提交', 'Submit')}</button>`,
  ])}
  ${page.phone === null ? null : phone(frame, page.phone)}`;
}

function phone(frame: Frame, shown: { readonly code: string | null }): Html {
  return html`<div class="limit">
    ${
      shown.code === null
        ? null
        : html`<p>${say('手机上显示', 'The phone shows')}：<code>${shown.code}</code></p>`
    }
    ${buttonForm(frame, '/my/level/phone', { zh: '演示：用手机出示网证', en: 'Demonstration: show it on the phone' })}
  </div>`;
}

function history(page: LevelPage): Html | null {
  if (page.history.length === 0) return null;
  return html`<section>
    <h2>${say('核验记录', 'Proofings')}</h2>
    <ol class="history">
      ${page.history.map(
        (one) =>
          html`<li>
            ${dayElement(one.verifiedAt)} ${both(wordsIn(methodWords, one.method))}
            <span class="chip ${one.alive ? 'passed' : 'not-applicable'}"
              >${say(`${one.rung} 级`, `level ${one.rung}`)}</span
            >
            <span
              >${one.alive ? say('有效至', 'until') : say('已于此日到期', 'ran out')}
              ${dayElement(one.validUntil)}</span
            >
          </li>`,
      )}
    </ol>
  </section>`;
}
