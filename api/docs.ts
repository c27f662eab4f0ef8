// The description of the interface: /openapi.json for programs, /docs for people, both from the one table of routes.
import { z } from 'zod';
import { html as markup, type Html } from '../web/html.ts';
import { renderPage } from '../web/layout.ts';
import { say } from '../web/words.ts';
import { openApi } from './openapi.ts';
import { frameOf } from './pages.ts';
import { problemTable } from './problem-table.ts';
import { html, json } from './reply.ts';
import { route, type Route } from './route.ts';

/** Version of the interface, not of the program. */
const version = '1';

/** The two routes that describe `described` (and themselves). */
export function docsRoutes(described: readonly Route[]): readonly Route[] {
  const own: Route[] = [];
  const all = (): readonly Route[] => [...described, ...own];
  own.push(
    route({
      method: 'get',
      path: '/openapi.json',
      tag: '说明 Description',
      summary: 'OpenAPI 3.1',
      access: { kind: 'public', rate: 'reading' },
      replies: [
        { status: 200, description: 'This description.', content: { 'application/json': z.looseObject({}) } },
      ],
      handle: (services) =>
        Promise.resolve(
          json(200, openApi(all(), services.address, version), { 'Cache-Control': 'public, max-age=60' }),
        ),
    }),
    route({
      method: 'get',
      path: '/docs',
      tag: '说明 Description',
      summary: 'The description for people',
      access: { kind: 'page' },
      replies: [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }],
      async handle(services, call) {
        const frame = frameOf(services, await services.guard.sessionOf(call.cookie));
        return html(
          200,
          renderPage(frame, {
            title: { zh: '接口说明', en: 'API reference' },
            path: '/docs',
            body: body(all()),
          }),
        );
      },
    }),
  );
  return own;
}

function body(routes: readonly Route[]): Html {
  const described = routes.filter((known) => known.access.kind !== 'page');
  const tags = [...new Set(described.map((known) => known.tag))];
  return markup`<h1>${say('接口说明', 'API reference')}</h1>
    <p class="lead">
      ${say('机器可读的说明：', 'For programs: ')}<a href="/openapi.json">OpenAPI 3.1</a>
    </p>
    <p>
      ${say(
        '业务系统以“Authorization: Bearer yx_…”调用。凡签名的调用都须带 Idempotency-Key：重复的请求得到同一结果，不会再次签名。',
        'Systems call with “Authorization: Bearer yx_…”. Everything that signs needs an Idempotency-Key: a repeated request gets the stored result and signs nothing.',
      )}
    </p>
    ${tags.map(
      (tag) =>
        markup`<section>
          <h2>${tag}</h2>
          ${described.filter((known) => known.tag === tag).map(operation)}
        </section>`,
    )}
    <section>
      <h2>${say('错误', 'Refusals')} (RFC 9457)</h2>
      <div class="scroll" role="region" tabindex="0" aria-label="错误代码 Refusal codes">
        <table>
          <thead>
            <tr>
              <th scope="col">code</th>
              <th scope="col">status</th>
              <th scope="col">${say('含义', 'Meaning')}</th>
            </tr>
          </thead>
          <tbody>
            ${Object.entries(problemTable)
              .filter(([, [status]]) => status < 500)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(
                ([code, [status, zh, en]]) =>
                  markup`<tr>
                    <td><code>${code}</code></td>
                    <td>${status}</td>
                    <td>${say(zh, en)}</td>
                  </tr>`,
              )}
          </tbody>
        </table>
      </div>
    </section>`;
}

function operation(known: Route): Html {
  const { access } = known;
  const takes = Object.keys(known.body?.content ?? {});
  return markup`<section class="card">
    <h3><code>${known.method.toUpperCase()} ${known.path}</code></h3>
    <p>${known.summary}</p>
    <dl class="facts">
      <div>
        <dt>${say('权限', 'Permission')}</dt>
        <dd>
          ${access.kind === 'scope' ? markup`<code>${access.scopes.join(' | ')}</code>` : say('公开', 'public')}
        </dd>
      </div>
      ${
        takes.length === 0
          ? null
          : markup`<div>
              <dt>${say('请求', 'Takes')}</dt>
              <dd><code>${takes.join(', ')}</code>${known.idempotent ? markup` + <code>Idempotency-Key</code>` : null}</dd>
            </div>`
      }
      ${known.replies.map(
        (reply) =>
          markup`<div>
            <dt>${reply.status}</dt>
            <dd>${reply.description} <code>${Object.keys(reply.content).join(', ')}</code></dd>
          </div>`,
      )}
    </dl>
  </section>`;
}
