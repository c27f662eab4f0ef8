// Batches of licenses over HTTP: up to ten thousand rows in, progress and a result for each out.
import { z } from 'zod';
import {
  licenseBatchResults,
  listLicenseBatches,
  MOST_ROWS,
  readLicenseBatch,
  stopLicenseBatch,
  submitLicenseBatch,
} from '../licenses/batch.ts';
import { licenseTypeNamed } from '../licenses/type-register.ts';
import { batchProgressBody, progressAnswer, resultsPage, takenReply } from './batch-schemas.ts';
import { licenseTableBody, rowsOf } from './license-table-body.ts';
import { json } from './reply.ts';
import { route, withScope, type Route } from './route.ts';
import { instant, matter } from './schemas.ts';
import type { Services } from './services.ts';
import { principalOf } from './stamps.ts';

const tag = '证照 Licenses';
const readable = withScope('licenses:write', 'licenses:import', 'licenses:read');

const progress = batchProgressBody.extend({
  kind: z.enum(['issue', 'import']),
  state: z.enum(['receiving', 'running', 'completed', 'cancelled']),
  cancelled: z.int(),
});

const submit = route({
  method: 'post',
  path: '/api/v1/licenses/batches',
  tag,
  summary: `Issue or take over many: a table (CSV) or JSON Lines of up to ${MOST_ROWS} rows. 批量颁发、存量导入`,
  access: withScope('licenses:write', 'licenses:import'),
  idempotent: true,
  query: z.object({
    kind: z.enum(['issue', 'import']).default('issue').describe('`import` takes over licenses of before.'),
    type: z.string().min(1).max(60).optional().describe('License type of every row of a table.'),
    matter: matter.describe('事项实施编码 of every row that names none.'),
  }),
  body: licenseTableBody,
  replies: takenReply(progress),
  async handle(services, { principal, query, body, idempotencyKey }) {
    const type =
      query.type === undefined ? null : await licenseTypeNamed(services.database.reader, query.type);
    const batch = await submitLicenseBatch(services.licenses, {
      actor: principalOf(principal),
      idempotencyKey: idempotencyKey ?? '',
      kind: query.kind,
      matter: query.matter,
      rows: await rowsOf(body, type, query.kind),
    });
    services.licenseBatches.wake();
    return json(202, progressAnswer(batch), { Location: `/api/v1/licenses/batches/${batch.id}` });
  },
});

const params = z.object({ id: z.string().regex(/^lib_[0-9a-f]{32}$/) });

const list = route({
  method: 'get',
  path: '/api/v1/licenses/batches',
  tag,
  summary: "The own department's newest batches",
  access: readable,
  replies: [
    {
      status: 200,
      description: 'At most 100.',
      content: { 'application/json': z.object({ batches: z.array(progress) }) },
    },
  ],
  async handle(services, { principal }) {
    const batches = await listLicenseBatches(services.database.reader, principalOf(principal));
    return json(200, { batches: batches.map(progressAnswer) });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/licenses/batches/{id}',
  tag,
  summary: 'How far a batch is',
  access: readable,
  params,
  replies: [{ status: 200, description: 'Progress.', content: { 'application/json': progress } }],
  async handle(services, call) {
    const batch = await readLicenseBatch(
      services.database.reader,
      principalOf(call.principal),
      call.params.id,
    );
    // Where the process that worked on it has died, this one takes it up.
    if (batch.state === 'running') services.licenseBatches.wake();
    return json(200, progressAnswer(batch));
  },
});

const items = route({
  method: 'get',
  path: '/api/v1/licenses/batches/{id}/items',
  tag,
  summary: 'What came of each row, in order',
  access: readable,
  params,
  query: resultsPage(MOST_ROWS),
  replies: [
    {
      status: 200,
      description: 'Some rows.',
      content: {
        'application/json': z.object({
          items: z.array(
            z.object({
              position: z.int(),
              reference: z.string().nullable(),
              state: z.enum(['waiting', 'done', 'refused', 'cancelled']),
              license: z.string().nullable(),
              licenseUrl: z.url().nullable(),
              code: z.string().nullable(),
              message: z.string().nullable(),
              finishedAt: instant.nullable(),
            }),
          ),
        }),
      },
    },
  ],
  async handle(services, { principal, params: { id }, query }) {
    const found = await licenseBatchResults(services.database.reader, principalOf(principal), id, query);
    return json(200, { items: found.map((item) => itemAnswer(services, item)) });
  },
});

function itemAnswer(
  { address }: Services,
  item: Awaited<ReturnType<typeof licenseBatchResults>>[number],
): Record<string, unknown> {
  return {
    ...item,
    licenseUrl: item.license === null ? null : `${address}/api/v1/licenses/${item.license}`,
    finishedAt: item.finishedAt?.toISOString() ?? null,
  };
}

const cancel = route({
  method: 'post',
  path: '/api/v1/licenses/batches/{id}/cancellation',
  tag,
  summary: 'Stop a batch: what waits is not issued',
  access: withScope('licenses:write', 'licenses:import'),
  params,
  replies: [{ status: 200, description: 'How far it came.', content: { 'application/json': progress } }],
  async handle(services, call) {
    const stopped = await stopLicenseBatch(services, principalOf(call.principal), call.params.id);
    return json(200, progressAnswer(stopped));
  },
});

export const licenseBatchRoutes: readonly Route[] = [submit, list, read, items, cancel];
