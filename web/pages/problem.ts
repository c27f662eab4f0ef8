// The page for anything that could not be done: what it was, and where to go from here.
import type { Words } from '../../verification/report.ts';
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';

export interface ProblemPage {
  readonly status: number;
  readonly title: Words;
  /** What is wrong, without personal values; null for failures of our own. */
  readonly detail: string | null;
  /** Request or incident id to name when asking for help. */
  readonly incident: string | null;
}

/** The words people see for a status, where the caller has none of its own. */
export function wordsOfStatus(status: number): Words {
  switch (status) {
    case 401:
      return { zh: '请先登录', en: 'Please sign in first' };
    case 403:
      return { zh: '没有权限', en: 'Not permitted' };
    case 404:
      return { zh: '没有这个页面', en: 'There is no such page' };
    case 413:
      return { zh: '文件太大', en: 'The file is too large' };
    case 429:
      return { zh: '请求太频繁，请稍后再试', en: 'Too many requests; please try again later' };
    default:
      return status >= 500
        ? { zh: '系统出错了', en: 'Something went wrong on our side' }
        : { zh: '无法处理这个请求', en: 'This request could not be handled' };
  }
}

/** Any error answered to a browser. */
export function renderProblem(frame: Frame, page: ProblemPage): string {
  return renderPage(frame, {
    title: page.title,
    path: '/problem',
    body: html`<h1>${both(page.title)}</h1>
      ${page.detail === null ? null : html`<p class="lead">${page.detail}</p>`}
      ${
        page.incident === null ? null : html`<p>${say('编号', 'Reference')} <code>${page.incident}</code></p>`
      }
      <p class="actions">
        ${page.status === 401 ? html`<a class="button" href="/sign-in">${say('登录', 'Sign in')}</a>` : null}
        <a href="/">${say('回到首页', 'Back to the first page')}</a>
      </p>`,
  });
}
