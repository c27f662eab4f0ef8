// A person's own data over HTTP: level and how to raise it, a copy of everything, who looked, consents, requests, closing.
import { z } from 'zod';
import { setAccountState } from '../identity/account-state.ts';
import { consentsOf, giveConsent, withdrawConsent } from '../identity/consents.ts';
import { requireSayOver, wardsOf } from '../identity/guardians.ts';
import { acrOf } from '../identity/levels.ts';
import { copyOfPersonalData, openPersonRequest, requestsOf } from '../identity/person-rights.ts';
import { maskPerson, requirePerson } from '../identity/persons.ts';
import { proofByRegister, proofByWangzheng } from '../identity/proofing.ts';
import { whoLooked } from '../identity/who-looked.ts';
import { peopleCaller } from './people-caller.ts';
import { levelOfAccount } from './people-level.ts';
import { personId, words } from './people-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';

const tag = '实名与账户 People';
const own = withScope('identity:own');
const empty = z.strictObject({});

const levelAnswer = z.object({
  acr: z.string(),
  level: z.int(),
  ial: z.int(),
  aal: z.int(),
  heldBackBy: z.enum(['proofing', 'authentication', 'both']),
  expiresAt: z.string().nullable(),
  wanted: z.int(),
  proofing: z.array(
    z.object({ method: z.string(), rung: z.int(), online: z.boolean(), faceByMachine: z.boolean() }),
  ),
  authentication: z.array(z.object({ kind: z.string(), rung: z.int() })),
});

const meAnswer = z.object({
  account: z.string(),
  person: z.string(),
  name: z.string(),
  number: z.string(),
  wards: z.array(z.string()),
  level: levelAnswer,
});

const me = route({
  method: 'get',
  path: '/api/v1/people/me',
  tag,
  summary: 'Own account: masked identity, level, and every way to raise it',
  access: own,
  replies: [{ status: 200, description: 'The account.', content: { 'application/json': meAnswer } }],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal);
    const explained = await levelOfAccount(services, account);
    const person = await requirePerson(services, account.person);
    return json(200, {
      account: account.id,
      person: account.person,
      ...maskPerson(person),
      wards: await wardsOf(services, account.id),
      level: {
        ...explained,
        acr: acrOf(explained.level),
        expiresAt: explained.expiresAt?.toISOString() ?? null,
      },
    });
  },
});

const proofingAnswer = z.object({ id: z.string() });

const registerProofing = route({
  method: 'post',
  path: '/api/v1/people/me/register-proofings',
  tag,
  summary: 'Raise to level 2: name and number against the population register',
  access: own,
  body: jsonBody(empty),
  replies: [{ status: 201, description: 'Matched.', content: { 'application/json': proofingAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal);
    return json(201, { id: await proofByRegister(services.people, principal, account.id) });
  },
});

const wangzhengProofing = route({
  method: 'post',
  path: '/api/v1/people/me/wangzheng-proofings',
  tag,
  summary: 'Raise to level 3: a 网证 shown by the phone',
  access: own,
  body: jsonBody(z.strictObject({ showing: z.string().min(1).max(100) })),
  replies: [{ status: 201, description: 'Shown.', content: { 'application/json': proofingAnswer } }],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal);
    return json(201, {
      id: await proofByWangzheng(services.people, principal, account.id, call.body.showing),
    });
  },
});

const copy = route({
  method: 'get',
  path: '/api/v1/people/{id}/copy',
  tag,
  summary: 'A copy of everything kept about oneself or a ward (个人信息保护法 art. 45)',
  access: own,
  params: personId,
  replies: [
    { status: 200, description: 'Everything.', content: { 'application/json': z.object({}).loose() } },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal);
    const copied = await copyOfPersonalData(services.people, principal, account.id, call.params.id);
    return json(200, copied, { 'Content-Disposition': 'attachment; filename="personal-data.json"' });
  },
});

const looks = route({
  method: 'get',
  path: '/api/v1/people/{id}/looks',
  tag,
  summary: 'Who looked at the data of oneself or a ward, and what was done with it',
  access: own,
  params: personId,
  replies: [
    {
      status: 200,
      description: 'Newest first.',
      content: {
        'application/json': z.object({
          looks: z.array(
            z.object({
              at: z.string(),
              actor: z.string(),
              department: z.object({ creditCode: z.string(), name: z.string() }).nullable(),
              action: z.string(),
              subject: z.string(),
              details: z.record(z.string(), z.string()),
            }),
          ),
        }),
      },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal);
    const asked = { by: account.id, person: call.params.id, also: [] };
    return json(200, { looks: await whoLooked(services.people, asked) });
  },
});

const consentAnswer = z.object({
  id: z.string(),
  purpose: z.string(),
  version: z.int(),
  givenAt: z.string(),
  withdrawnAt: z.string().nullable(),
  outdated: z.boolean(),
});

const consents = route({
  method: 'get',
  path: '/api/v1/people/{id}/consents',
  tag,
  summary: 'Consents of oneself or a ward',
  access: own,
  params: personId,
  replies: [
    {
      status: 200,
      description: 'Newest first.',
      content: { 'application/json': z.object({ consents: z.array(consentAnswer) }) },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal);
    await requireSayOver(services.people, account.id, call.params.id);
    return json(200, { consents: await consentsOf(services, call.params.id) });
  },
});

const purposeField = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/);

const consent = route({
  method: 'post',
  path: '/api/v1/people/{id}/consents',
  tag,
  summary: 'Consent to one purpose, in the version that was read',
  access: own,
  params: personId,
  body: jsonBody(z.strictObject({ purpose: purposeField, version: z.int().min(1) })),
  replies: [
    { status: 201, description: 'Given.', content: { 'application/json': z.object({ id: z.string() }) } },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal);
    const giving = { by: account.id, person: call.params.id, ...call.body };
    return json(201, { id: await giveConsent(services.people, principal, giving) });
  },
});

const withdrawal = route({
  method: 'post',
  path: '/api/v1/people/{id}/consent-withdrawals',
  tag,
  summary: 'Withdraw consent to one purpose',
  access: own,
  params: personId,
  body: jsonBody(z.strictObject({ purpose: purposeField })),
  replies: [
    {
      status: 200,
      description: 'Withdrawn.',
      content: { 'application/json': z.object({ purpose: z.string() }) },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal);
    await withdrawConsent(services.people, principal, {
      by: account.id,
      person: call.params.id,
      ...call.body,
    });
    return json(200, { purpose: call.body.purpose });
  },
});

const requestAnswer = z.object({
  id: z.string(),
  person: z.string(),
  kind: z.string(),
  words: z.string(),
  state: z.string(),
  openedAt: z.string(),
  dueAt: z.string(),
  answer: z.string().nullable(),
});

const requests = route({
  method: 'get',
  path: '/api/v1/people/{id}/requests',
  tag,
  summary: 'Requests to correct, delete, restrict or explain, with their answers',
  access: own,
  params: personId,
  replies: [
    {
      status: 200,
      description: 'Newest first.',
      content: { 'application/json': z.object({ requests: z.array(requestAnswer) }) },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal);
    await requireSayOver(services.people, account.id, call.params.id);
    return json(200, { requests: await requestsOf(services.people, call.params.id) });
  },
});

const request = route({
  method: 'post',
  path: '/api/v1/people/{id}/requests',
  tag,
  summary: 'Ask to correct, delete, restrict or explain',
  access: own,
  params: personId,
  body: jsonBody(z.strictObject({ kind: z.enum(['correct', 'delete', 'restrict', 'explain']), words })),
  replies: [
    {
      status: 201,
      description: 'Opened; decided within 15 days.',
      content: { 'application/json': z.object({ id: z.string() }) },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal);
    const asking = { by: account.id, person: call.params.id, ...call.body };
    return json(201, { id: await openPersonRequest(services.people, principal, asking) });
  },
});

const closure = route({
  method: 'post',
  path: '/api/v1/people/me/closure',
  tag,
  summary: 'Close the own account: sessions, mandates and offices end, data is erased after its retention',
  access: own,
  body: jsonBody(z.strictObject({ close: z.literal(true) })),
  replies: [
    {
      status: 200,
      description: 'Closed.',
      content: { 'application/json': z.object({ account: z.string() }) },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, 2);
    await setAccountState(services.people, principal, account.id, { state: 'closed', reason: 'own-wish' });
    return json(200, { account: account.id });
  },
});

export const peopleRoutes: readonly Route[] = [
  me,
  registerProofing,
  wangzhengProofing,
  copy,
  looks,
  consents,
  consent,
  withdrawal,
  requests,
  request,
  closure,
];
