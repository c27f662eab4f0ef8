// Periods of keeping, legal holds and proofs of destruction over HTTP: for the data protection officer, and for auditors to read.
import { z } from 'zod';
import { requireRole } from '../identity/officers.ts';
import type { Principal } from '../identity/principal.ts';
import { retainedLicenses } from '../licenses/retention.ts';
import { destructions } from '../storage/destruction.ts';
import {
  liftHold,
  retentionRules,
  setHold,
  setRetentionRule,
  standingHolds,
  type HoldableRecords,
  type RetentionClass,
} from '../storage/retention.ts';
import { officeLevel, peopleCaller } from './people-caller.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { instant } from './schemas.ts';
import type { Services } from './services.ts';

const tag = '个人信息保护 Purposes';
const protect = withScope('identity:protect');
const words = z.string().trim().min(1).max(200);
const className = z.string().regex(/^[a-z][a-z-]{1,39}$/);

function holdableOf(services: Services): readonly HoldableRecords[] {
  return retainedLicenses(services.suite.digest);
}

function classesOf(services: Services): readonly RetentionClass[] {
  return holdableOf(services).map((records) => records.class);
}

async function officer(services: Services, principal: Principal | null): Promise<Principal> {
  const caller = await peopleCaller(services, principal, officeLevel);
  await requireRole(services, caller.account.id, 'data-protection-officer');
  return caller.principal;
}

async function reader(services: Services, principal: Principal | null): Promise<void> {
  const { account } = await peopleCaller(services, principal, officeLevel);
  await requireRole(services, account.id, 'data-protection-officer', 'audit-administrator');
}

const twoWords = z.object({ zh: z.string(), en: z.string() });

const table = route({
  method: 'get',
  path: '/api/v1/retention',
  tag,
  summary: 'The table of periods: class, what it runs from, period, basis, and the holds that stand',
  access: withScope('identity:protect', 'identity:audit'),
  replies: [
    {
      status: 200,
      description: 'In force.',
      content: {
        'application/json': z.object({
          classes: z.array(
            z.object({
              class: z.string(),
              names: twoWords,
              from: twoWords,
              period: z.string(),
              effectivePeriod: z
                .string()
                .describe('By which records are destroyed now: a shorter period waits for 30 days.'),
              basis: z.string(),
              edition: z.int(),
            }),
          ),
          holds: z.array(
            z.object({
              id: z.string(),
              class: z.string(),
              record: z.string().nullable(),
              reason: z.string(),
              basis: z.string(),
              setBy: z.string(),
              setAt: instant,
            }),
          ),
        }),
      },
    },
  ],
  async handle(services, call) {
    await reader(services, call.principal);
    const rules = await retentionRules(services.database.reader, classesOf(services), services.clock());
    const holds = await standingHolds(services);
    return json(200, {
      classes: rules.map(({ name, zh, en, from, period, effectivePeriod, basis, edition }) => ({
        class: name,
        names: { zh, en },
        from,
        period,
        effectivePeriod,
        basis,
        edition,
      })),
      holds: holds.map(({ setAt, ...hold }) => ({
        ...hold,
        liftedAt: undefined,
        setAt: setAt.toISOString(),
      })),
    });
  },
});

const rule = route({
  method: 'post',
  path: '/api/v1/retention/{class}/rules',
  tag,
  summary: 'Set another period for a class; a shorter one counts after 30 days',
  access: protect,
  params: z.object({ class: className }),
  body: jsonBody(z.strictObject({ period: z.string().max(10).meta({ example: 'P10Y' }), basis: words })),
  replies: [
    { status: 201, description: 'Set.', content: { 'application/json': z.object({ class: z.string() }) } },
  ],
  async handle(services, call) {
    const principal = await officer(services, call.principal);
    await setRetentionRule(services, classesOf(services), principal, {
      class: call.params.class,
      ...call.body,
    });
    return json(201, { class: call.params.class });
  },
});

const hold = route({
  method: 'post',
  path: '/api/v1/legal-holds',
  tag,
  summary: 'Hold a record, or a whole class, though its period is over. 法律保全',
  access: protect,
  body: jsonBody(
    z.strictObject({
      class: className,
      record: z.string().min(1).max(100).nullable().default(null),
      reason: words,
      basis: words,
    }),
  ),
  replies: [
    { status: 201, description: 'Held.', content: { 'application/json': z.object({ id: z.string() }) } },
  ],
  async handle(services, call) {
    const principal = await officer(services, call.principal);
    return json(201, { id: await setHold(services, holdableOf(services), principal, call.body) });
  },
});

const lift = route({
  method: 'post',
  path: '/api/v1/legal-holds/{id}/lifting',
  tag,
  summary: 'Lift a hold',
  access: protect,
  params: z.object({ id: z.string().regex(/^hld_[0-9a-f]{32}$/) }),
  body: jsonBody(z.strictObject({ basis: words })),
  replies: [
    { status: 200, description: 'Lifted.', content: { 'application/json': z.object({ id: z.string() }) } },
  ],
  async handle(services, call) {
    const principal = await officer(services, call.principal);
    await liftHold(services, principal, { id: call.params.id, basis: call.body.basis });
    return json(200, { id: call.params.id });
  },
});

const proofs = route({
  method: 'get',
  path: '/api/v1/destructions',
  tag,
  summary: 'Proofs of destruction, newest first: digests and counts, and whether each is as it was written',
  access: withScope('identity:protect', 'identity:audit'),
  query: z.object({ record: z.string().min(1).max(100).optional(), before: instant.optional() }),
  replies: [
    {
      status: 200,
      description: 'At most 200.',
      content: { 'application/json': z.object({ destructions: z.array(z.object({}).loose()) }) },
    },
  ],
  async handle(services, call) {
    await reader(services, call.principal);
    const { record, before } = call.query;
    const found = await destructions(services.database.reader, services.suite.digest, {
      ...(record === undefined ? {} : { record }),
      ...(before === undefined ? {} : { before: new Date(before) }),
      limit: 200,
    });
    return json(200, {
      destructions: found.map((proof) => ({
        ...proof,
        endedAt: proof.endedAt.toISOString(),
        destroyedAt: proof.destroyedAt.toISOString(),
      })),
    });
  },
});

export const retentionRoutes: readonly Route[] = [table, rule, hold, lift, proofs];
