// Purposes of processing over HTTP: public to read, published by a data protection officer, who decides requests too.
import { z } from 'zod';
import { labelledDigest } from '../crypto/algorithms.ts';
import { requireRole } from '../identity/officers.ts';
import { decidePersonRequest } from '../identity/person-decision.ts';
import { openPersonRequests } from '../identity/person-rights.ts';
import { legalBases, noticeOf, publishPurpose, purposes } from '../identity/purposes.ts';
import { officeLevel, peopleCaller } from './people-caller.ts';
import { words } from './people-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';

const tag = '个人信息保护 Purposes';
const protect = withScope('identity:protect');

const recipient = z.strictObject({
  name: z.string().min(1).max(100),
  contact: z.string().min(1).max(100),
  use: z.string().min(1).max(300),
  categories: z.array(z.string().min(1).max(60)).max(20),
});

const purposeFields = {
  id: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/),
  name: z.string().min(1).max(60),
  englishName: z.string().min(1).max(80),
  legalBasis: z.enum(legalBases),
  sensitive: z.boolean(),
  categories: z.array(z.string().min(1).max(60)).min(1).max(20),
  retentionDays: z.int().min(0).max(36_500),
  retentionGround: z.string().min(1).max(200),
  recipients: z.array(recipient).max(20),
  notice: z.string().min(1).max(5000),
  englishNotice: z.string().min(1).max(5000),
};

const list = route({
  method: 'get',
  path: '/api/v1/purposes',
  tag,
  summary: 'Every purpose of processing: legal basis, notice, retention, recipients',
  access: { kind: 'public', rate: 'reading' },
  replies: [
    {
      status: 200,
      description: 'Purposes in effect.',
      content: {
        'application/json': z.object({
          purposes: z.array(z.object({ ...purposeFields, version: z.int(), effectiveAt: z.string() })),
        }),
      },
    },
  ],
  async handle(services) {
    return json(200, { purposes: await purposes(services.database) });
  },
});

const notice = route({
  method: 'get',
  path: '/api/v1/purposes/{purpose}/notices/{version}',
  tag,
  summary: 'A notice as it stood at a version',
  access: { kind: 'public', rate: 'reading' },
  params: z.object({
    purpose: purposeFields.id,
    version: z
      .string()
      .regex(/^\d{1,6}$/)
      .transform(Number),
  }),
  replies: [
    {
      status: 200,
      description: 'The notice.',
      content: {
        'application/json': z.object({ text: z.string(), englishText: z.string(), effectiveAt: z.string() }),
      },
    },
  ],
  async handle(services, call) {
    return json(200, await noticeOf(services.database, call.params.purpose, call.params.version));
  },
});

const publish = route({
  method: 'post',
  path: '/api/v1/purposes',
  tag,
  summary: 'Publish a purpose, or the next version of its notice',
  access: protect,
  body: jsonBody(z.strictObject(purposeFields)),
  replies: [
    {
      status: 201,
      description: 'In effect.',
      content: { 'application/json': z.object({ version: z.int() }) },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    await requireRole(services, account.id, 'data-protection-officer');
    const digest = (text: string): string => labelledDigest(services.suite.digest, text);
    return json(201, { version: await publishPurpose(services.people, principal, call.body, digest) });
  },
});

const requests = route({
  method: 'get',
  path: '/api/v1/person-requests',
  tag,
  summary: 'Requests of persons that wait for a decision, the most urgent first',
  access: protect,
  replies: [
    {
      status: 200,
      description: 'Open requests.',
      content: { 'application/json': z.object({ requests: z.array(z.object({}).loose()) }) },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    return json(200, { requests: await openPersonRequests(services.people, principal, account.id) });
  },
});

const decide = route({
  method: 'post',
  path: '/api/v1/person-requests/{id}/decision',
  tag,
  summary: 'Decide a request; a refusal says why',
  access: protect,
  params: z.object({ id: z.string().regex(/^prq_[0-9a-f]{32}$/) }),
  body: jsonBody(
    z.strictObject({
      done: z.boolean(),
      answer: words,
      effect: z
        .discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('erase') }),
          z.strictObject({ kind: z.literal('name'), name: z.string().min(1).max(80) }),
        ])
        .nullable()
        .default(null)
        .describe(
          'Carried out with it: a request to delete erases, one to correct sets the name the register confirms.',
        ),
    }),
  ),
  replies: [
    { status: 200, description: 'Decided.', content: { 'application/json': z.object({ id: z.string() }) } },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const decision = { by: account.id, id: call.params.id, ...call.body };
    await decidePersonRequest(services.people, principal, decision);
    return json(200, { id: call.params.id });
  },
});

export const purposeRoutes: readonly Route[] = [list, notice, publish, requests, decide];
