// The proofing desk over HTTP: propose, list, read for the second look, confirm, reject.
import { z } from 'zod';
import { confirmCase, proposeCase, readCase, rejectCase, waitingCases } from '../identity/proofing-desk.ts';
import { withdrawProofing } from '../identity/proofing-end.ts';
import { officeLevel, peopleCaller } from './people-caller.ts';
import { seenDocument, words } from './people-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';

const tag = '窗口核验 Proofing desk';
const desk = withScope('identity:proof');
const params = z.object({ id: z.string().regex(/^pcs_[0-9a-f]{32}$/) });
const kind = z.enum(['proofing', 'recovery', 'merge', 'guardianship']);
const idAnswer = z.object({ id: z.string() });

const caseAnswer = z.object({
  id: z.string(),
  kind,
  name: z.string(),
  number: z.string(),
  reader: z.enum(['chip', 'eye']),
  by: z.string(),
  proposedAt: z.string(),
  expiresAt: z.string(),
});

const list = route({
  method: 'get',
  path: '/api/v1/proofing-cases',
  tag,
  summary: 'Cases of the own department that wait for a second look, masked',
  access: desk,
  replies: [
    {
      status: 200,
      description: 'Oldest first.',
      content: { 'application/json': z.object({ cases: z.array(caseAnswer) }) },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal, officeLevel);
    return json(200, { cases: await waitingCases(services.people, account.id) });
  },
});

const propose = route({
  method: 'post',
  path: '/api/v1/proofing-cases',
  tag,
  summary: 'First officer: what was seen of a person and their document. No picture is taken.',
  access: desk,
  body: jsonBody(
    z.strictObject({
      kind: kind.default('proofing'),
      seen: seenDocument,
      also: seenDocument
        .nullable()
        .default(null)
        .describe('For merging two documents of one person: the other one.'),
      showing: z.string().min(1).max(100).nullable().default(null),
      about: z
        .string()
        .regex(/^(acc|rcv)_[0-9a-f]{32}$/)
        .nullable()
        .default(null),
    }),
  ),
  replies: [{ status: 201, description: 'Proposed.', content: { 'application/json': idAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    return json(201, { id: await proposeCase(services.people, principal, { by: account.id, ...call.body }) });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/proofing-cases/{id}',
  tag,
  summary: 'A case in clear, for the second look; the reading is recorded',
  access: desk,
  params,
  replies: [
    {
      status: 200,
      description: 'The case.',
      content: {
        'application/json': z.object({
          kind,
          seen: seenDocument,
          also: seenDocument.nullable(),
          wanghao: z.boolean(),
          by: z.string(),
          proposedAt: z.string(),
        }),
      },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const one = await readCase(services.people, principal, { by: account.id, id: call.params.id });
    const { seen, also, wanghao } = one.details;
    return json(200, {
      kind: one.kind,
      seen,
      also: also ?? null,
      wanghao: wanghao !== null,
      by: one.by,
      proposedAt: one.proposedAt.toISOString(),
    });
  },
});

const confirm = route({
  method: 'post',
  path: '/api/v1/proofing-cases/{id}/confirmation',
  tag,
  summary: 'Second officer confirms: the population register is asked, and the case carried out',
  access: desk,
  params,
  body: jsonBody(z.strictObject({})),
  replies: [
    {
      status: 200,
      description: 'Carried out.',
      content: { 'application/json': z.object({ outcome: z.string() }) },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const outcome = await confirmCase(services.people, principal, { by: account.id, id: call.params.id });
    return json(200, { outcome });
  },
});

const reject = route({
  method: 'post',
  path: '/api/v1/proofing-cases/{id}/rejection',
  tag,
  summary: 'Second officer rejects; what was seen is forgotten',
  access: desk,
  params,
  body: jsonBody(z.strictObject({ reason: words })),
  replies: [{ status: 200, description: 'Rejected.', content: { 'application/json': idAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const look = { by: account.id, id: call.params.id, reason: call.body.reason };
    await rejectCase(services.people, principal, look);
    return json(200, { id: call.params.id });
  },
});

const withdraw = route({
  method: 'post',
  path: '/api/v1/proofings/{id}/withdrawal',
  tag,
  summary: 'Withdraw a proofing that was wrong: the level falls at once, sessions above it end',
  access: withScope('identity:proof', 'identity:administer'),
  params: z.object({ id: z.string().regex(/^prf_[0-9a-f]{32}$/) }),
  body: jsonBody(z.strictObject({ reason: z.string().trim().min(1).max(200) })),
  replies: [{ status: 200, description: 'Withdrawn.', content: { 'application/json': idAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const { id } = call.params;
    await withdrawProofing(services.people, principal, { by: account.id, id, reason: call.body.reason });
    return json(200, { id });
  },
});

export const proofingCaseRoutes: readonly Route[] = [list, propose, read, confirm, reject, withdraw];
