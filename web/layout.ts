// The frame of every page: head, skip link, navigation, demonstration notice, footer.
import type { Words } from '../verification/report.ts';
import { html, type Html } from './html.ts';
import { both, say } from './words.ts';

/** Who is signed in, as the page's head shows it. */
interface SignedIn {
  readonly name: string;
  /** Where the navigation leads: holders see their licenses, officers their office. */
  readonly kind: 'holder' | 'officer';
}

/** What every page is told. */
export interface Frame {
  /** True where the district is the demonstration's; said on every page. */
  readonly demonstration: boolean;
  readonly signedIn: SignedIn | null;
  /** Token that state-changing forms send back; null where nobody is signed in. */
  readonly formToken: string | null;
}

export interface PageParts {
  readonly title: Words;
  /** Path of the page, marks the place in the navigation. */
  readonly path: string;
  readonly body: Html;
  /** Names of islands under /assets, without `.js`. */
  readonly islands?: readonly string[];
  /** Address of a web application's manifest, for a page that can be kept on a phone's screen. */
  readonly manifest?: string;
  /** A page in the middle of signing in: nothing on it leads away. */
  readonly plain?: boolean;
}

const places: readonly { path: string; words: Words; for: 'all' | 'holder' | 'officer' | 'signed-in' }[] = [
  { path: '/verify', words: { zh: '核验', en: 'Verify' }, for: 'all' },
  { path: '/my', words: { zh: '我的证照', en: 'My licenses' }, for: 'holder' },
  { path: '/office', words: { zh: '工作台', en: 'Office' }, for: 'officer' },
  { path: '/verifier', words: { zh: '亮证', en: 'Codes' }, for: 'officer' },
  { path: '/seals', words: { zh: '印章', en: 'Seals' }, for: 'officer' },
  { path: '/my/data', words: { zh: '我的信息', en: 'My data' }, for: 'signed-in' },
  { path: '/docs', words: { zh: '接口', en: 'API' }, for: 'all' },
];

function navigation(frame: Frame, path: string): Html {
  const shown = places.filter(
    (place) =>
      place.for === 'all' ||
      place.for === frame.signedIn?.kind ||
      (place.for === 'signed-in' && frame.signedIn !== null),
  );
  return html`<nav class="places" aria-label="主导航 Main">
    <ul>
      ${shown.map(
        (place) =>
          html`<li>
            <a href="${place.path}" ${place.path === path ? html`aria-current="page"` : null}
              >${both(place.words)}</a
            >
          </li>`,
      )}
    </ul>
  </nav>`;
}

function session(frame: Frame): Html {
  if (frame.signedIn === null) {
    return html`<a class="session" href="/sign-in">${say('登录', 'Sign in')}</a>`;
  }
  return html`<form class="session" method="post" action="/sign-out">
    <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
    <span class="who">${frame.signedIn.name}</span>
    <button class="plain" type="submit">${say('退出', 'Sign out')}</button>
  </form>`;
}

const demonstrationNotice = html`<aside class="demonstration" aria-label="演示系统 Demonstration">
  <strong>演示系统</strong>
  <span lang="zh-CN">机构、人员、证照均为虚构，没有法律效力。</span>
  <span class="en" lang="en"
    >Demonstration: every organ, person and license is made up and has no legal effect.</span
  >
</aside>`;

/** @returns the whole document. */
export function renderPage(frame: Frame, parts: PageParts): string {
  const document = html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light" />
        <meta name="referrer" content="${parts.plain === true ? 'same-origin' : 'no-referrer'}" />
        <title>${parts.title.zh} ${parts.title.en} · 印信</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
        ${parts.manifest === undefined ? null : html`<link rel="manifest" href="${parts.manifest}" />`}
        ${(parts.islands ?? []).map((name) => html`<script type="module" src="/assets/${name}.js"></script>`)}
      </head>
      <body>
        <a class="skip" href="#content">${say('跳到正文', 'Skip to content')}</a>
        <header class="head">
          <div class="inner">
            <a class="brand" href="/"
              ><span lang="zh-CN">印信</span> <span class="en" lang="en">Yinxin</span></a
            >
            ${parts.plain === true ? null : [navigation(frame, parts.path), session(frame)]}
          </div>
        </header>
        ${frame.demonstration ? demonstrationNotice : null}
        <main id="content" tabindex="-1">${parts.body}</main>
        <footer class="foot">
          <div class="inner">
            <p>
              ${say(
                '天津市河北区电子证照、电子印章与核验服务',
                'E-licences, e-seals and verification, Hebei District, Tianjin',
              )}
            </p>
          </div>
        </footer>
      </body>
    </html>`;
  return document.text.trimStart();
}
