// Sign-ins and grants: where a person is signed in, which applications were let in and to what, and requests that wait.
import type { Words } from '../../verification/report.ts';
import { buttonForm } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say, timeElement } from '../words.ts';
import { renderPurpose, type ConsentPurpose } from './interaction-consent.ts';
import { ownPlaces, renderPlaces } from './people/places.ts';

export interface SessionRow {
  /** `lgn_…` */
  readonly id: string;
  readonly device: string;
  readonly address: string;
  readonly since: string;
  readonly lastSeen: string;
  readonly level: number;
  readonly acting: string | null;
  readonly clients: readonly Words[];
  /** The one this page is seen in. */
  readonly here: boolean;
}

export interface GrantRow {
  readonly client: string;
  readonly name: Words;
  readonly since: string;
  readonly granted: readonly Words[];
}

export interface RequestRow {
  /** `cib_…` */
  readonly id: string;
  readonly client: Words;
  readonly message: string | null;
  readonly asked: readonly Words[];
  /** What it is used for. */
  readonly purposes: readonly ConsentPurpose[];
  readonly expires: string;
  /** The level it needs, where this session is below it. */
  readonly missing: number | null;
}

export interface SessionsPage {
  readonly requests: readonly RequestRow[];
  readonly sessions: readonly SessionRow[];
  readonly grants: readonly GrantRow[];
  /** Whether there is anybody to act for. */
  readonly mandates: boolean;
  readonly actingName: string | null;
}

/** `/my/sessions`. */
export function renderSessions(frame: Frame, page: SessionsPage): string {
  return renderPage(frame, {
    title: { zh: '登录与授权', en: 'Sign-ins and grants' },
    path: '/my/sessions',
    body: html`${renderPlaces(ownPlaces, '/my/sessions')}
      <h1>${say('登录与授权', 'Sign-ins and grants')}</h1>
      ${page.requests.length === 0 ? null : requests(frame, page)}
      <h2>${say('正在登录的设备', 'Where you are signed in')}</h2>
      <p>
        ${say(
          '看到不认识的设备，请立即退出它，并更换密码。',
          'If you do not know a device, sign it out at once and change your password.',
        )}
      </p>
      <ul class="cards">
        ${page.sessions.map((row) => session(frame, row))}
      </ul>
      ${buttonForm(
        frame,
        '/my/sessions/end-all',
        { zh: '全部退出', en: 'Sign out everywhere' },
        { danger: true },
      )}
      ${page.mandates || page.actingName !== null ? acting(page) : null}
      <h2>${say('已授权的应用', 'Applications you let in')}</h2>
      ${
        page.grants.length === 0
          ? html`<p class="empty">${say('没有授权任何应用。', 'You have let in no application.')}</p>`
          : html`<ul class="cards">
              ${page.grants.map((row) => grant(frame, row))}
            </ul>`
      }`,
  });
}

function requests(frame: Frame, page: SessionsPage): Html {
  return html`<h2>${say('等待您确认', 'Waiting for you')}</h2>
    <p>
      ${say(
        '只确认您自己刚刚发起的请求。对方屏幕上的文字应与此一致。',
        'Only approve what you started yourself just now. The other screen must show the same words.',
      )}
    </p>
    <ul class="cards">
      ${page.requests.map(
        (row) =>
          html`<li class="card">
            <h3>${both(row.client)}</h3>
            <dl class="facts">
              ${
                row.message === null
                  ? null
                  : fact({ zh: '核对文字', en: 'Words to compare' }, html`<strong>${row.message}</strong>`)
              }
              ${fact({ zh: '将获得', en: 'Would get' }, list(row.asked))}
              ${fact({ zh: '有效至', en: 'Until' }, timeElement(row.expires))}
            </dl>
            ${row.purposes.map(renderPurpose)}
            <div class="actions">
              ${
                row.missing === null
                  ? buttonForm(
                      frame,
                      '/my/requests',
                      { zh: '确认', en: 'Approve' },
                      { values: { id: row.id, decision: 'approve' } },
                    )
                  : html`<a class="button" href="/sign-in?level=${row.missing}&amp;returnTo=/my/sessions"
                      >${say(`以${row.missing}级重新登录后确认`, `Sign in at level ${row.missing} to approve`)}</a
                    >`
              }
              ${buttonForm(
                frame,
                '/my/requests',
                { zh: '拒绝', en: 'Refuse' },
                { danger: true, values: { id: row.id, decision: 'refuse' } },
              )}
            </div>
          </li>`,
      )}
    </ul>`;
}

function session(frame: Frame, row: SessionRow): Html {
  return html`<li class="card">
    <h3>
      ${row.device}
      ${row.here ? html`<span class="state good">${say('当前设备', 'this device')}</span>` : null}
    </h3>
    <dl class="facts">
      ${fact({ zh: '登录时间', en: 'Signed in' }, timeElement(row.since))}
      ${fact({ zh: '最近使用', en: 'Last used' }, timeElement(row.lastSeen))}
      ${fact({ zh: '网络地址', en: 'Address' }, html`${row.address}`)}
      ${fact({ zh: '实名等级', en: 'Level' }, say(`${row.level}级`, `level ${row.level}`))}
      ${row.acting === null ? null : fact({ zh: '代表', en: 'Acting for' }, html`${row.acting}`)}
      ${row.clients.length === 0 ? null : fact({ zh: '已进入', en: 'Used for' }, list(row.clients))}
    </dl>
    ${buttonForm(
      frame,
      '/my/sessions/end',
      row.here ? { zh: '退出', en: 'Sign out' } : { zh: '退出这台设备', en: 'Sign this device out' },
      { danger: true, values: { login: row.id }, about: row.device },
    )}
  </li>`;
}

function acting(page: SessionsPage): Html {
  return html`<h2>${say('办事身份', 'Whom you act for')}</h2>
    <p>
      ${
        page.actingName === null
          ? say('现在以本人身份办事。', 'You act for yourself now.')
          : html`${say('现在代表', 'You act for')} <strong>${page.actingName}</strong>`
      }
    </p>
    <p class="actions">
      <a class="button" href="/sign-in?acting=choose&amp;returnTo=/my/sessions"
        >${say('切换办事身份', 'Choose again')}</a
      >
    </p>`;
}

function grant(frame: Frame, row: GrantRow): Html {
  return html`<li class="card">
    <h3>${both(row.name)}</h3>
    <dl class="facts">
      ${fact({ zh: '可获得', en: 'Gets' }, list(row.granted))}
      ${fact({ zh: '授权时间', en: 'Since' }, timeElement(row.since))}
    </dl>
    ${buttonForm(
      frame,
      '/my/grants/end',
      { zh: '取消授权', en: 'Withdraw' },
      { danger: true, values: { client: row.client }, about: row.name.zh },
    )}
  </li>`;
}

function fact(words: Words, value: Html): Html {
  return html`<div>
    <dt>${both(words)}</dt>
    <dd>${value}</dd>
  </div>`;
}

function list(words: readonly Words[]): Html {
  return html`${words.map((each, at) => html`${at === 0 ? null : html`<br />`}${both(each)}`)}`;
}
