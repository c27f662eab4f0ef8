// Bulk operations over HTTP: many rows in, progress and results out.
import { z } from 'zod';
import {
  batchItems,
  batchProgress,
  MAX_ROWS,
  submitEnrolments,
  submitRevocations,
  type BulkRow,
} from '../ca/bulk.ts';
import type { BatchProgress } from '../ca/bulk-store.ts';
import {
  creditCode,
  csrKey,
  enrolledProfile,
  enrolmentFields,
  personQuery,
  requestOf,
  revocationReason,
  sightOf,
} from './ca-schemas.ts';
import { batchProgressBody, progressAnswer, resultsPage, takenReply } from './batch-schemas.ts';
import { ApiError } from './errors.ts';
import { jsonLinesLimit, readJsonValues, type ReadValue } from './json-lines.ts';
import { json, type Reply } from './reply.ts';
import { bytesBody, jsonBody, route, withScope, type Route } from './route.ts';
import { instant } from './schemas.ts';
import { principalOf } from './stamps.ts';

const tag = '证书 Certificates';

const progress = batchProgressBody.extend({
  kind: z.enum(['enrol', 'revoke']),
  state: z.enum(['running', 'completed']),
});

function accepted(batch: BatchProgress): Reply {
  return json(202, progressAnswer(batch), { Location: `/api/v1/ca/batches/${batch.id}` });
}

const taken = takenReply(progress);

const row = z.strictObject({ ...enrolmentFields, key: csrKey });

function bulkRow(read: ReadValue<z.output<typeof row>>): BulkRow {
  if ('refused' in read) return { refused: { code: 'request-invalid', message: read.refused } };
  const { key, ...fields } = read.value;
  try {
    return { row: { ...fields, csr: requestOf(key.csr) } };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { refused: { code: error.code, message: error.message } };
  }
}

const enrolments = route({
  method: 'post',
  path: '/api/v1/ca/batches/enrolments',
  tag,
  summary: `Enrol many: JSON Lines (or a JSON array) of up to ${MAX_ROWS} enrolments with CSRs`,
  access: withScope('ca:enrol'),
  idempotent: true,
  body: bytesBody(['application/x-ndjson', 'application/jsonl', 'application/json'], jsonLinesLimit),
  replies: taken,
  async handle(services, call) {
    const rows = (await readJsonValues(call.body, row, MAX_ROWS)).map(bulkRow);
    const batch = await submitEnrolments(
      services,
      { actor: principalOf(call.principal), idempotencyKey: call.idempotencyKey ?? '' },
      rows,
    );
    services.bulk.wake();
    return accepted(batch);
  },
});

const revocations = route({
  method: 'post',
  path: '/api/v1/ca/batches/revocations',
  tag,
  summary: 'Revoke many: by serials, or everything in force of an authority or a subject',
  access: withScope('ca:enrol', 'ca:operate'),
  idempotent: true,
  body: jsonBody(
    z.strictObject({
      reason: revocationReason,
      invalidityDate: instant.nullable().default(null),
      target: z.union([
        z.strictObject({ serials: z.array(z.string().regex(/^[0-9a-f]{2,40}$/)).min(1).max(MAX_ROWS) }), // prettier-ignore
        z.strictObject({
          authority: z.string().regex(/^[a-z0-9-]{1,40}$/).optional(), // prettier-ignore
          profile: enrolledProfile.optional(),
          subject: z.union([z.strictObject({ creditCode }), personQuery]).optional(),
          issuedBefore: instant.transform((text) => new Date(text)).optional(), // prettier-ignore
        }),
      ]),
    }),
  ),
  replies: taken,
  async handle(services, call) {
    const actor = principalOf(call.principal);
    const batch = await submitRevocations(
      services,
      { actor, idempotencyKey: call.idempotencyKey ?? '', sight: sightOf(actor) },
      call.body,
    );
    services.bulk.wake();
    return accepted(batch);
  },
});

const params = z.object({ id: z.string().regex(/^bat_[0-9a-f]{32}$/) });

const read = route({
  method: 'get',
  path: '/api/v1/ca/batches/{id}',
  tag,
  summary: 'How far a batch is',
  access: withScope('ca:enrol', 'ca:operate', 'ca:read'),
  params,
  replies: [{ status: 200, description: 'Progress.', content: { 'application/json': progress } }],
  async handle(services, call) {
    const batch = await batchProgress(services, sightOf(principalOf(call.principal)), call.params.id);
    // Where the process that worked on it has died, this one takes it up.
    if (batch.state === 'running') services.bulk.wake();
    return json(200, progressAnswer(batch));
  },
});

const items = route({
  method: 'get',
  path: '/api/v1/ca/batches/{id}/items',
  tag,
  summary: 'What came of each row, in order',
  access: withScope('ca:enrol', 'ca:operate', 'ca:read'),
  params,
  query: resultsPage(1_000_000),
  replies: [
    {
      status: 200,
      description: 'Some rows.',
      content: {
        'application/json': z.object({
          items: z.array(
            z.object({
              position: z.int(),
              state: z.enum(['waiting', 'done', 'refused']),
              serial: z.string().nullable(),
              enrolment: z.string().nullable(),
              code: z.string().nullable(),
              message: z.string().nullable(),
              finishedAt: instant.nullable(),
            }),
          ),
        }),
      },
    },
  ],
  async handle(services, call) {
    const sight = sightOf(principalOf(call.principal));
    const found = await batchItems(services, sight, call.params.id, call.query);
    return json(200, {
      items: found.map((item) => ({ ...item, finishedAt: item.finishedAt?.toISOString() ?? null })),
    });
  },
});

export const caBatchRoutes: readonly Route[] = [enrolments, revocations, read, items];
