// Changes of licenses by two persons over HTTP: one asks, another of the department approves or rejects.
import { z } from 'zod';
import type { AskedChange } from '../licenses/asked-change.ts';
import { approveChange, endRequest } from '../licenses/change-decision.ts';
import { askForChange, changeRequests, readRequest } from '../licenses/change-request.ts';
import type { ChangeRequest } from '../licenses/change-request-store.ts';
import { askedOrder, changeRequestAnswer, licenseId } from './license-life-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { principalOf } from './stamps.ts';

const tag = '证照 Licenses';
const access = withScope('licenses:status', 'licenses:write');
const params = z.object({ id: z.string().regex(/^lcr_[0-9a-f]{32}$/) });
const one = (status: number, description: string) =>
  [{ status, description, content: { 'application/json': changeRequestAnswer } }] as const;

function answerOf(request: ChangeRequest): z.input<typeof changeRequestAnswer> {
  const { id, license, change, state, requestedBy, decidedBy, outcome } = request;
  return {
    id,
    license,
    change,
    state,
    requestedBy,
    requestedAt: request.requestedAt.toISOString(),
    expiresAt: request.expiresAt.toISOString(),
    decidedBy,
    decidedAt: request.decidedAt?.toISOString() ?? null,
    outcome,
  };
}

/** What was given, as the room takes it. */
function askedOf(given: z.output<typeof askedOrder>): AskedChange {
  switch (given.kind) {
    case 'status':
    case 'countermand':
      return { kind: given.kind, licenseId: given.license, ...given.order } as AskedChange;
    case 'merge':
      return { kind: 'merge', ...given.order };
    case 'version': {
      const { case: caseOf, succession, ...order } = given.order;
      return {
        kind: 'version',
        ...order,
        caseNumber: caseOf ?? null,
        succeeds: { ...succession, license: given.license },
      };
    }
  }
}

const ask = route({
  method: 'post',
  path: '/api/v1/license-change-requests',
  tag,
  summary: 'Ask for a change that another officer decides on; needed where the type demands a second person',
  access,
  idempotent: true,
  body: jsonBody(askedOrder),
  replies: one(201, 'Waits for a decision.'),
  async handle(services, { principal, body, idempotencyKey }) {
    const made = await askForChange(services.licenses, {
      actor: principalOf(principal),
      idempotencyKey: idempotencyKey ?? '',
      asked: askedOf(body),
    });
    return json(201, answerOf(made), { Location: `/api/v1/license-change-requests/${made.id}` });
  },
});

const list = route({
  method: 'get',
  path: '/api/v1/license-change-requests',
  tag,
  summary: 'Change requests of the own department, newest first',
  access,
  query: z.object({
    license: licenseId.optional(),
    waiting: z.literal('yes').optional().describe('Only those that nobody decided yet.'),
  }),
  replies: [
    {
      status: 200,
      description: 'At most 200.',
      content: { 'application/json': z.object({ requests: z.array(changeRequestAnswer) }) },
    },
  ],
  async handle(services, { principal, query }) {
    const which = {
      ...(query.license === undefined ? {} : { license: query.license }),
      waiting: query.waiting === 'yes',
    };
    const found = await changeRequests(services.licenses, principalOf(principal), which, 200);
    return json(200, { requests: found.map(answerOf) });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/license-change-requests/{id}',
  tag,
  summary: 'One change request',
  access,
  params,
  replies: one(200, 'The request.'),
  async handle(services, { principal, params: { id } }) {
    return json(200, answerOf(await readRequest(services.licenses, principalOf(principal), id)));
  },
});

const approve = route({
  method: 'post',
  path: '/api/v1/license-change-requests/{id}/approval',
  tag,
  summary: 'Approve as the second person, who signed in: it is done at once. Repeating it does nothing twice',
  access,
  params,
  replies: one(200, 'Done.'),
  async handle(services, { principal, params: { id } }) {
    const done = await approveChange(services.licenses, principalOf(principal), id);
    return json(200, answerOf(done));
  },
});

const reject = route({
  method: 'post',
  path: '/api/v1/license-change-requests/{id}/rejection',
  tag,
  summary: 'Reject as the second person, who signed in, or withdraw the own request',
  access,
  params,
  body: jsonBody(z.strictObject({ reason: z.string().trim().min(1).max(200) })),
  replies: one(200, 'Over.'),
  async handle(services, { principal, params: { id }, body }) {
    return json(200, answerOf(await endRequest(services.licenses, principalOf(principal), id, body.reason)));
  },
});

export const licenseRequestRoutes: readonly Route[] = [ask, list, read, approve, reject];
