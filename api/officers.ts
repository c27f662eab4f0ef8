// Officers, requests of two persons, locks and the audit over HTTP: the work of 三员.
import { z } from 'zod';
import { setAccountState } from '../identity/account-state.ts';
import { IdentityError } from '../identity/errors.ts';
import { officersOf, requireRole } from '../identity/officers.ts';
import {
  approveTwoPersons,
  askTwoPersons,
  rejectTwoPersons,
  twoPersonRequests,
  withdrawTwoPersons,
} from '../identity/two-person.ts';
import { twoPersonKinds } from '../identity/two-person-kinds.ts';
import { readAudit } from '../identity/who-looked.ts';
import { officeLevel, peopleCaller } from './people-caller.ts';
import { accountId, words } from './people-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { creditCode, instant } from './schemas.ts';

const tag = '三员管理 Administrators';
const administer = withScope('identity:administer');
const params = z.object({ id: z.string().regex(/^tpr_[0-9a-f]{32}$/) });
const idAnswer = z.object({ id: z.string() });

const officers = route({
  method: 'get',
  path: '/api/v1/officers',
  tag,
  summary: 'Officers and their roles',
  access: administer,
  query: z.object({ department: creditCode.optional() }),
  replies: [
    {
      status: 200,
      description: 'Officers in office.',
      content: {
        'application/json': z.object({
          officers: z.array(
            z.object({
              id: z.string(),
              account: z.string(),
              department: z.string(),
              roles: z.array(z.string()),
            }),
          ),
        }),
      },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal, officeLevel);
    await requireRole(services, account.id, 'system-administrator', 'security-administrator');
    return json(200, { officers: await officersOf(services, call.query.department ?? null) });
  },
});

const requestAnswer = z.object({
  id: z.string(),
  kind: z.enum(twoPersonKinds),
  parameters: z.record(z.string(), z.string()),
  purpose: z.string(),
  subject: z.string().nullable(),
  state: z.string(),
  requestedBy: z.string(),
  requestedAt: z.string(),
  expiresAt: z.string(),
  decidedBy: z.string().nullable(),
  rejection: z.string().nullable(),
});

const list = route({
  method: 'get',
  path: '/api/v1/two-person-requests',
  tag,
  summary: 'What waits for a second person, and what was decided',
  access: administer,
  query: z.object({ open: z.enum(['true', 'false']).default('true') }),
  replies: [
    {
      status: 200,
      description: 'Newest first.',
      content: { 'application/json': z.object({ requests: z.array(requestAnswer) }) },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal, officeLevel);
    await requireRole(services, account.id, 'system-administrator', 'security-administrator');
    const filter = { open: call.query.open === 'true', limit: 200 };
    return json(200, { requests: await twoPersonRequests(services, filter) });
  },
});

const ask = route({
  method: 'post',
  path: '/api/v1/two-person-requests',
  tag,
  summary: 'Ask for what one person alone never does',
  access: administer,
  body: jsonBody(
    z.strictObject({
      kind: z.enum(twoPersonKinds),
      subject: accountId.nullable().default(null),
      parameters: z.record(z.string().max(40), z.string().max(200)).default({}),
      purpose: words,
    }),
  ),
  replies: [{ status: 201, description: 'Asked.', content: { 'application/json': idAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    return json(201, {
      id: await askTwoPersons(services.people, principal, { by: account.id, ...call.body }),
    });
  },
});

const approve = route({
  method: 'post',
  path: '/api/v1/two-person-requests/{id}/approval',
  tag,
  summary: 'Approve as the second person',
  access: administer,
  params,
  body: jsonBody(z.strictObject({})),
  replies: [{ status: 200, description: 'Approved.', content: { 'application/json': idAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    await approveTwoPersons(services.people, principal, { by: account.id, id: call.params.id });
    return json(200, { id: call.params.id });
  },
});

const reject = route({
  method: 'post',
  path: '/api/v1/two-person-requests/{id}/rejection',
  tag,
  summary: 'Reject as the second person',
  access: administer,
  params,
  body: jsonBody(z.strictObject({ reason: words })),
  replies: [{ status: 200, description: 'Rejected.', content: { 'application/json': idAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const decision = { by: account.id, id: call.params.id, reason: call.body.reason };
    await rejectTwoPersons(services.people, principal, decision);
    return json(200, { id: call.params.id });
  },
});

const withdraw = route({
  method: 'post',
  path: '/api/v1/two-person-requests/{id}/withdrawal',
  tag,
  summary: 'Take an own request back',
  access: administer,
  params,
  body: jsonBody(z.strictObject({})),
  replies: [{ status: 200, description: 'Withdrawn.', content: { 'application/json': idAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    await withdrawTwoPersons(services.people, principal, { by: account.id, id: call.params.id });
    return json(200, { id: call.params.id });
  },
});

const lock = route({
  method: 'post',
  path: '/api/v1/accounts/{id}/lock',
  tag,
  summary: 'Security administrator: lock an account or unlock it; locking ends its sessions',
  access: administer,
  params: z.object({ id: accountId }),
  body: jsonBody(z.strictObject({ locked: z.boolean() })),
  replies: [
    {
      status: 200,
      description: 'Done.',
      content: { 'application/json': z.object({ id: z.string(), locked: z.boolean() }) },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    await requireRole(services, account.id, 'security-administrator');
    const { id } = call.params;
    if (id === account.id)
      throw new IdentityError('own-matter', 'Nobody locks or unlocks their own account.');
    const { locked } = call.body;
    await setAccountState(
      services.people,
      principal,
      id,
      locked ? { state: 'locked', reason: 'officer' } : { state: 'active' },
    );
    return json(200, { id, locked });
  },
});

const audit = route({
  method: 'get',
  path: '/api/v1/audit',
  tag,
  summary: 'Audit administrator: the audit, without the reader’s own doings; the reading is recorded',
  access: withScope('identity:audit'),
  query: z.object({
    purpose: z.string().trim().min(1).max(200),
    request: z
      .string()
      .regex(/^[A-Za-z0-9_:.-]{1,100}$/)
      .optional(),
    before: instant.optional(),
  }),
  replies: [
    {
      status: 200,
      description: 'Newest first, at most 200.',
      content: { 'application/json': z.object({ rows: z.array(z.object({}).loose()) }) },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const { purpose, before } = call.query;
    const rows = await readAudit(services.people, principal, {
      by: account.id,
      before: before === undefined ? null : new Date(before),
      subject: call.query.request ?? null,
      action: null,
      purpose,
    });
    return json(200, { rows });
  },
});

export const officerRoutes: readonly Route[] = [officers, list, ask, approve, reject, withdraw, lock, audit];
