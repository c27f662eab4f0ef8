// Batches of stamps over HTTP: up to a thousand stored documents in, progress and a result for each out.
import { z } from 'zod';
import {
  mostDocuments,
  stampBatchOf,
  stampBatchResults,
  stopStampBatch,
  submitStampBatch,
  type BatchOrder,
} from '../signing/stamp-batch.ts';
import { batchProgressBody, progressAnswer, resultsPage, takenReply } from './batch-schemas.ts';
import { checked, jsonBody, route, withScope, type Route } from './route.ts';
import { json } from './reply.ts';
import { digest, instant } from './schemas.ts';
import type { Services } from './services.ts';
import { orderMembers, stampOrderOf } from './stamp-schemas.ts';
import { principalOf, sealIdOf } from './stamps.ts';

const tag = '签章 Stamps';

const whole = z.strictObject(orderMembers);
const some = z.strictObject(orderMembers).partial();

const batchBody = z.strictObject({
  common: some.optional().describe('What holds for every document that does not say otherwise.'),
  documents: z
    .array(
      some.extend({
        document: digest.describe('Of a stored document: POST /api/v1/documents.'),
        reference: z
          .string()
          .max(200)
          .optional()
          .describe('Your own name for it, told again with its result.'),
      }),
    )
    .min(1)
    .max(mostDocuments),
});

const progress = batchProgressBody.extend({
  state: z.enum(['running', 'completed', 'cancelled']),
  cancelled: z.int(),
});

/** @throws ApiError `request-invalid` naming the document that is not whole */
async function ordersOf(
  services: Services,
  body: z.output<typeof batchBody>,
): Promise<readonly BatchOrder[]> {
  const sealIds = new Map<string, string>();
  const orders: BatchOrder[] = [];
  for (const [index, { document, reference, ...own }] of body.documents.entries()) {
    const order = checked(
      whole,
      { ...withoutAbsent(body.common ?? {}), ...withoutAbsent(own) },
      `document ${index + 1}`,
    );
    const sealId = sealIds.get(order.seal) ?? (await sealIdOf(services, order.seal));
    sealIds.set(order.seal, sealId);
    orders.push({ ...stampOrderOf(order), sealId, document, reference: reference ?? null });
  }
  return orders;
}

/** A text left out reads as null, and must not hide what all share. */
function withoutAbsent(members: object): object {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null),
  );
}

const submit = route({
  method: 'post',
  path: '/api/v1/stamps/batches',
  tag,
  summary: `Stamp many: up to ${mostDocuments} stored documents`,
  access: withScope('stamps:write'),
  idempotent: true,
  body: jsonBody(batchBody),
  replies: takenReply(progress),
  async handle(services, call) {
    const batch = await submitStampBatch(
      services,
      principalOf(call.principal),
      call.idempotencyKey ?? '',
      await ordersOf(services, call.body),
    );
    services.stampBatches.wake();
    return json(202, progressAnswer(batch), { Location: `/api/v1/stamps/batches/${batch.id}` });
  },
});

const params = z.object({ id: z.string().regex(/^stb_[0-9a-f]{32}$/) });

const read = route({
  method: 'get',
  path: '/api/v1/stamps/batches/{id}',
  tag,
  summary: 'How far a batch is',
  access: withScope('stamps:read', 'stamps:write'),
  params,
  replies: [{ status: 200, description: 'Progress.', content: { 'application/json': progress } }],
  async handle(services, call) {
    const batch = await stampBatchOf(services.database.reader, principalOf(call.principal), call.params.id);
    // Where the process that worked on it has died, this one takes it up.
    if (batch.state === 'running') services.stampBatches.wake();
    return json(200, progressAnswer(batch));
  },
});

const items = route({
  method: 'get',
  path: '/api/v1/stamps/batches/{id}/items',
  tag,
  summary: 'What came of each document, in order',
  access: withScope('stamps:read', 'stamps:write'),
  params,
  query: resultsPage(mostDocuments),
  replies: [
    {
      status: 200,
      description: 'Some documents.',
      content: {
        'application/json': z.object({
          items: z.array(
            z.object({
              position: z.int(),
              reference: z.string().nullable(),
              document: digest,
              state: z.enum(['waiting', 'done', 'refused', 'cancelled']),
              stamp: z.string().nullable(),
              documentUrl: z.url().nullable(),
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
    const principal = principalOf(call.principal);
    const found = await stampBatchResults(services.database.reader, principal, call.params.id, call.query);
    return json(200, {
      items: found.map((item) => ({
        ...item,
        documentUrl: item.stamp === null ? null : `${services.address}/api/v1/stamps/${item.stamp}/document`,
        finishedAt: item.finishedAt?.toISOString() ?? null,
      })),
    });
  },
});

const cancel = route({
  method: 'post',
  path: '/api/v1/stamps/batches/{id}/cancellation',
  tag,
  summary: 'Stop a batch: what waits is not stamped',
  access: withScope('stamps:write'),
  params,
  replies: [{ status: 200, description: 'How far it came.', content: { 'application/json': progress } }],
  async handle(services, call) {
    return json(
      200,
      progressAnswer(await stopStampBatch(services, principalOf(call.principal), call.params.id)),
    );
  },
});

export const stampBatchRoutes: readonly Route[] = [submit, read, items, cancel];
