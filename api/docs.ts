// The description of the interface: /openapi.json for programs, /docs for people, both from the one table of routes.
import { z } from 'zod';
import { renderDocs, type DocsCall, type DocsContent } from '../web/pages/docs.ts';
import { openApi, schemaOf } from './openapi.ts';
import { frameOf } from './pages.ts';
import { problemTable } from './problem-table.ts';
import { html, json } from './reply.ts';
import { route, type ReplyShape, type Route } from './route.ts';

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
        const calls = all()
          .filter((known) => known.access.kind !== 'page')
          .map(callOf);
        return html(200, renderDocs(frame, { version, calls, problems }));
      },
    }),
  );
  return own;
}

function callOf(known: Route): DocsCall {
  const { access } = known;
  return {
    method: known.method.toUpperCase(),
    path: known.path,
    tag: known.tag,
    summary: known.summary,
    scopes: access.kind === 'scope' ? access.scopes : [],
    idempotent: known.idempotent,
    takes: contentOf(known.body?.content ?? {}, 'input'),
    answers: known.replies.map(({ status, description, content }) => ({
      status,
      description,
      content: contentOf(content, 'output'),
    })),
  };
}

function contentOf(content: ReplyShape['content'], io: 'input' | 'output'): readonly DocsContent[] {
  return Object.entries(content).map(([type, schema]) => ({
    type,
    schema: schema === 'binary' ? null : JSON.stringify(schemaOf(schema, io), null, 2),
  }));
}

/** Refusals a caller can do something about; 5xx carry an incident id only. */
const problems = Object.entries(problemTable)
  .filter(([, [status]]) => status < 500)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([code, [status, zh, en]]) => ({ code, status, title: { zh, en } }));
