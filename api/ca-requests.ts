// Dual control over HTTP: one officer asks, another approves or rejects.
import { z } from 'zod';
import type { ControlledOperation } from '../ca/request-kinds.ts';
import type { OfficerRequest } from '../ca/request-store.ts';
import { approve, askFor, officerRequests, reject, requiredRequest } from '../ca/requests.ts';
import { enrolledProfile, hierarchy, purpose, revocationReason } from './ca-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { instant } from './schemas.ts';
import { principalOf } from './stamps.ts';

const tag = '证书管理 Certificate officers';
const authority = z.string().regex(/^[a-z0-9-]{1,40}$/);

const operation = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('root-crl'), hierarchy }),
    z.strictObject({ kind: z.literal('succeed-authority'), authority }),
    z.strictObject({
      kind: z.literal('revoke-authority'),
      authority,
      reason: revocationReason,
      invalidityDate: instant.nullable().default(null),
    }),
    z.strictObject({
      kind: z.literal('profile-setting'),
      hierarchy,
      profile: enrolledProfile,
      enabled: z.boolean(),
      maximumDays: z.int().min(1).nullable().default(null),
    }),
  ])
  .transform((given): ControlledOperation => given);

const answer = z.object({
  id: z.string(),
  kind: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  purpose: z.string(),
  state: z.enum(['requested', 'approved', 'rejected', 'executed', 'failed', 'expired']),
  requestedBy: z.string(),
  requestedAt: instant,
  expiresAt: instant,
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  rejection: z.string().nullable(),
  outcome: z.record(z.string(), z.string()).nullable(),
  executedAt: instant.nullable(),
});

function answerOf(request: OfficerRequest): z.input<typeof answer> {
  return {
    ...request,
    parameters: { ...request.parameters },
    outcome: request.outcome === null ? null : { ...request.outcome },
    requestedAt: request.requestedAt.toISOString(),
    expiresAt: request.expiresAt.toISOString(),
    decidedAt: request.decidedAt?.toISOString() ?? null,
    executedAt: request.executedAt?.toISOString() ?? null,
  };
}

const params = z.object({ id: z.string().regex(/^req_[0-9a-f]{32}$/) });
const one = [{ status: 200, description: 'The request.', content: { 'application/json': answer } }] as const;

const create = route({
  method: 'post',
  path: '/api/v1/ca/requests',
  tag,
  summary: 'Ask for what needs two officers; open for 7 days',
  access: withScope('ca:operate'),
  idempotent: true,
  body: jsonBody(z.strictObject({ operation, purpose })),
  replies: [{ status: 201, description: 'Asked.', content: { 'application/json': answer } }],
  async handle(services, call) {
    const made = await askFor(services, principalOf(call.principal), {
      ...call.body,
      idempotencyKey: call.idempotencyKey ?? '',
    });
    return json(201, answerOf(made), { Location: `/api/v1/ca/requests/${made.id}` });
  },
});

const list = route({
  method: 'get',
  path: '/api/v1/ca/requests',
  tag,
  summary: 'What officers asked for, newest first',
  access: withScope('ca:operate', 'ca:approve', 'ca:read'),
  replies: [
    {
      status: 200,
      description: 'The newest 200.',
      content: { 'application/json': z.object({ requests: z.array(answer) }) },
    },
  ],
  async handle(services) {
    return json(200, { requests: (await officerRequests(services, 200)).map(answerOf) });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/ca/requests/{id}',
  tag,
  summary: 'One request',
  access: withScope('ca:operate', 'ca:approve', 'ca:read'),
  params,
  replies: one,
  handle: async (services, call) => json(200, answerOf(await requiredRequest(services, call.params.id))),
});

const approval = route({
  method: 'post',
  path: '/api/v1/ca/requests/{id}/approval',
  tag,
  summary:
    'Approve another officer’s request, as a person who signed in: it is executed at once, and exactly once',
  access: withScope('ca:approve'),
  idempotent: true,
  params,
  replies: one,
  handle: async (services, call) =>
    json(200, answerOf(await approve(services, principalOf(call.principal), call.params.id))),
});

const rejection = route({
  method: 'post',
  path: '/api/v1/ca/requests/{id}/rejection',
  tag,
  summary: 'Reject another officer’s request, as a person who signed in',
  access: withScope('ca:approve'),
  params,
  body: jsonBody(z.strictObject({ reason: z.string().min(2).max(200) })),
  replies: one,
  handle: async (services, call) =>
    json(
      200,
      answerOf(await reject(services, principalOf(call.principal), call.params.id, call.body.reason)),
    ),
});

export const caRequestRoutes: readonly Route[] = [create, list, read, approval, rejection];
