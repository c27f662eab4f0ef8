// The interface to read: every call by subject, with who may make it, what it takes and what it answers.
import type { Words } from '../../verification/report.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';

/** A body, taken or given: its media type, and its JSON Schema where there is one. */
export interface DocsContent {
  readonly type: string;
  /** JSON text, indented; null for bytes. */
  readonly schema: string | null;
}

export interface DocsCall {
  /** `GET`, `POST`. */
  readonly method: string;
  /** OpenAPI template. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** One of these scopes is needed; empty where anybody may call. */
  readonly scopes: readonly string[];
  /** Needs an Idempotency-Key. */
  readonly idempotent: boolean;
  readonly takes: readonly DocsContent[];
  readonly answers: readonly {
    readonly status: number;
    readonly description: string;
    readonly content: readonly DocsContent[];
  }[];
}

export interface DocsPage {
  readonly version: string;
  readonly calls: readonly DocsCall[];
  /** Codes of refusals (RFC 9457), with their HTTP status and title. */
  readonly problems: readonly { readonly code: string; readonly status: number; readonly title: Words }[];
}

function renderContent(content: readonly DocsContent[]): Html {
  return html`${content.map(
    (each) =>
      html`<p><code>${each.type}</code></p>
        ${
          each.schema === null
            ? null
            : html`<pre
                tabindex="0"
                role="group"
                aria-label="JSON Schema ${each.type}"
              ><code>${each.schema}</code></pre>`
        }`,
  )}`;
}

function renderCall(call: DocsCall): Html {
  return html`<details class="call">
    <summary>
      <span class="method">${call.method}</span> <code>${call.path}</code>
      <span class="about-call">${call.summary}</span>
    </summary>
    <dl class="facts">
      <div>
        <dt>${say('权限', 'Scope')}</dt>
        <dd>
          ${
            call.scopes.length === 0
              ? say('无需登录', 'none')
              : call.scopes.map((scope) => html`<code>${scope}</code> `)
          }
        </dd>
      </div>
      ${
        call.idempotent
          ? html`<div>
              <dt>${say('请求头', 'Header')}</dt>
              <dd><code>Idempotency-Key</code> ${say('必填', 'required')}</dd>
            </div>`
          : null
      }
    </dl>
    ${
      call.takes.length === 0
        ? null
        : html`<h3>${say('请求', 'Request')}</h3>
            ${renderContent(call.takes)}`
    }
    ${call.answers.map(
      (answer) =>
        html`<h3>${say('响应', 'Answer')} ${answer.status}</h3>
          <p>${answer.description}</p>
          ${renderContent(answer.content)}`,
    )}
  </details>`;
}

/** `/docs`. */
export function renderDocs(frame: Frame, page: DocsPage): string {
  const tags = [...new Set(page.calls.map((call) => call.tag))];
  return renderPage(frame, {
    title: { zh: '接口说明', en: 'API reference' },
    path: '/docs',
    body: html`<h1>${say('接口说明', 'API reference')}</h1>
      <p class="lead">
        ${say(
          '业务系统以“Authorization: Bearer yx_…”调用。凡签名的调用都须带 Idempotency-Key：重复的请求得到同一结果，不会再次签名。',
          'Systems call with “Authorization: Bearer yx_…”. Everything that signs needs an Idempotency-Key: a repeated request gets the stored result and signs nothing.',
        )}
      </p>
      <p>${say('版本', 'version')} ${page.version} · <a href="/openapi.json">OpenAPI 3.1 (JSON)</a></p>
      ${tags.map(
        (tag) =>
          html`<section class="card">
            <h2>${tag}</h2>
            ${page.calls.filter((call) => call.tag === tag).map(renderCall)}
          </section>`,
      )}
      <section class="card">
        <h2>${say('拒绝代码', 'Refusals')}</h2>
        <p>
          ${say(
            '错误以 RFC 9457 问题文档返回，code 取下列之一。',
            'Refusals are RFC 9457 problems; code is one of these.',
          )}
        </p>
        <ul class="codes">
          ${page.problems.map(
            (problem) => html`<li>${problem.status} <code>${problem.code}</code> ${both(problem.title)}</li>`,
          )}
        </ul>
      </section>`,
  });
}
