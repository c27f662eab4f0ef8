// The verifier's side of live codes for programs: open cases, claims, the answer once, receipts; and the alarms.
import { z } from 'zod';
import { alarms, alarmSeen } from '../licenses/presentation-alarms.ts';
import { receiptOfClaim, takeAnswer } from '../licenses/presentation-answer.ts';
import { claimOf, claimShowing } from '../licenses/presentation-claim.ts';
import { closeCase, openCase, openCases } from '../licenses/open-cases.ts';
import { departmentOf } from '../licenses/guard.ts';
import { bytes, json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { caseNumber, matter } from './schemas.ts';
import {
  claimAnswer,
  claimedTold,
  deliveredAnswer,
  deliveredTold,
  namesOf,
  receiptSigner,
  showingParams,
} from './showing-answers.ts';
import { principalOf } from './stamps.ts';

const tag = '亮证 Showing';
const access = withScope('licenses:present');
/** Short names of fields. */
export const fieldNames = z
  .array(z.string().regex(/^[A-Z][A-Z0-9_]{1,23}$/))
  .min(1)
  .max(40);

const claim = route({
  method: 'post',
  path: '/api/v1/presentations:claim',
  tag,
  summary:
    'Claim a live code, or ten digits, for an open case: once, by one verifier. The holder has to agree',
  access,
  body: jsonBody(
    z.strictObject({
      code: z.string().min(1).max(120).describe('What was scanned, or ten digits'),
      matter,
      case: caseNumber,
      type: z.string().min(1).max(60).describe('Code or key of the license type'),
      fields: fieldNames.describe('Short names of what the matter needs, and no more'),
    }),
  ),
  replies: [{ status: 201, description: 'Claimed.', content: { 'application/json': claimAnswer } }],
  async handle(services, { principal, body }) {
    const { case: caseOf, ...asked } = body;
    const actor = principalOf(principal);
    const claimed = await claimShowing(services.licenses, { ...asked, caseNumber: caseOf, actor });
    return json(201, claimedTold(claimed, await namesOf(services)), {
      Location: `/api/v1/presentation-claims/${claimed.id}`,
    });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/presentation-claims/{id}',
  tag,
  summary: 'How a claim of one’s own stands',
  access,
  params: showingParams,
  replies: [{ status: 200, description: 'As it stands.', content: { 'application/json': claimAnswer } }],
  async handle(services, { principal, params }) {
    const claimed = await claimOf(services.licenses, principalOf(principal), params.id);
    return json(200, claimedTold(claimed, await namesOf(services)));
  },
});

const take = route({
  method: 'post',
  path: '/api/v1/presentation-claims/{id}/answer',
  tag,
  summary: 'The answer to a claim the holder agreed to: once',
  access,
  params: showingParams,
  replies: [
    { status: 200, description: 'What was asked for.', content: { 'application/json': deliveredAnswer } },
  ],
  async handle(services, { principal, params }) {
    const taken = await takeAnswer(
      services.licenses,
      principalOf(principal),
      params.id,
      receiptSigner(services),
    );
    return json(200, deliveredTold(taken.answer, taken.receiptId, taken.receipt));
  },
});

const receipt = route({
  method: 'get',
  path: '/api/v1/presentation-claims/{id}/receipt',
  tag,
  summary: 'The receipt of an answer, as often as it is needed: a compact JWS without what was shown',
  access,
  params: showingParams,
  replies: [{ status: 200, description: 'JWS.', content: { 'application/jwt': 'binary' } }],
  async handle(services, { principal, params }) {
    const text = await receiptOfClaim(services.licenses, principalOf(principal), params.id);
    return bytes('application/jwt', text);
  },
});

const openCaseShape = z.object({ case: z.string(), matter: z.string(), openedAt: z.iso.datetime() });

const openRoute = route({
  method: 'post',
  path: '/api/v1/open-cases',
  tag,
  summary: 'Say that a case 办件 is being handled: what a claim has to name',
  access: withScope('cases:write'),
  body: jsonBody(z.strictObject({ case: caseNumber, matter })),
  replies: [{ status: 201, description: 'Open.', content: { 'application/json': openCaseShape } }],
  async handle(services, { principal, body }) {
    const named = { caseNumber: body.case, matter: body.matter };
    const opened = await openCase(services.licenses, principalOf(principal), named);
    return json(201, {
      case: opened.caseNumber,
      matter: opened.matter,
      openedAt: opened.openedAt.toISOString(),
    });
  },
});

const openList = route({
  method: 'get',
  path: '/api/v1/open-cases',
  tag,
  summary: 'The department’s open cases',
  access: withScope('cases:read', 'licenses:present'),
  replies: [
    {
      status: 200,
      description: 'The newest 100.',
      content: { 'application/json': z.object({ cases: z.array(openCaseShape) }) },
    },
  ],
  async handle(services, { principal }) {
    const department = departmentOf(principalOf(principal));
    const cases = await openCases(services.database.reader, department, 100);
    return json(200, {
      cases: cases.map((each) => ({
        case: each.caseNumber,
        matter: each.matter,
        openedAt: each.openedAt.toISOString(),
      })),
    });
  },
});

const closeRoute = route({
  method: 'post',
  path: '/api/v1/open-cases/{case}/closing',
  tag,
  summary: 'Close a case that was not decided here; one that was is closed by that',
  access: withScope('cases:write'),
  params: z.object({ case: caseNumber }),
  replies: [
    { status: 200, description: 'Closed.', content: { 'application/json': z.object({ case: z.string() }) } },
  ],
  async handle(services, { principal, params }) {
    await closeCase(services.licenses, principalOf(principal), params.case);
    return json(200, { case: params.case });
  },
});

const alarmShape = z.object({
  id: z.string(),
  kind: z.enum(['declined', 'other-number', 'lapsed', 'wrong-codes', 'limit']),
  at: z.iso.datetime(),
  verifier: z.string(),
  department: z.string(),
  presentation: z.string().nullable(),
  seenBy: z.string().nullable(),
  seenAt: z.iso.datetime().nullable(),
});

const alarmList = route({
  method: 'get',
  path: '/api/v1/presentation-alarms',
  tag,
  summary: 'Claims that holders declined or let lapse, wrong codes, limits that were reached',
  access: withScope('identity:protect', 'identity:audit'),
  replies: [
    {
      status: 200,
      description: 'At most 100, those nobody has looked into first.',
      content: { 'application/json': z.object({ alarms: z.array(alarmShape) }) },
    },
  ],
  async handle(services, { principal }) {
    const found = await alarms(services.licenses, principalOf(principal));
    return json(200, {
      alarms: found.map((alarm) => ({
        ...alarm,
        at: alarm.at.toISOString(),
        seenAt: alarm.seenAt?.toISOString() ?? null,
      })),
    });
  },
});

const alarmRoute = route({
  method: 'post',
  path: '/api/v1/presentation-alarms/{id}/seen',
  tag,
  summary: 'An alarm was looked into; never one of one’s own claims',
  access: withScope('identity:protect'),
  params: z.object({ id: z.string().regex(/^pal_[0-9a-f]{32}$/) }),
  replies: [
    { status: 200, description: 'Noted.', content: { 'application/json': z.object({ id: z.string() }) } },
  ],
  async handle(services, { principal, params }) {
    await alarmSeen(services.licenses, principalOf(principal), params.id);
    return json(200, { id: params.id });
  },
});

export const presentationClaimRoutes: readonly Route[] = [
  claim,
  read,
  take,
  receipt,
  openRoute,
  openList,
  closeRoute,
  alarmList,
  alarmRoute,
];
