// Mandates over HTTP: claim an enterprise, offer, accept, refuse, revoke, list.
import { z } from 'zod';
import { mandatesOf } from '../identity/representation.ts';
import {
  acceptMandate,
  mandatesUnder,
  offerMandate,
  offersTo,
  refuseMandate,
  revokeMandate,
} from '../identity/representation-grant.ts';
import { claimEnterprise } from '../identity/representation-root.ts';
import { officeLevel, peopleCaller } from './people-caller.ts';
import {
  mandateAnswer,
  mandateJson,
  mandateRowAnswer,
  mandateRowJson,
  matterScope,
  period,
  personKey,
} from './people-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { creditCode } from './schemas.ts';

const tag = '代表企业 Mandates';
const own = withScope('identity:own');
const mandateId = z.string().regex(/^rep_[0-9a-f]{32}$/);
const params = z.object({ id: mandateId });
const idAnswer = z.object({ id: z.string() });
const empty = z.strictObject({});

const list = route({
  method: 'get',
  path: '/api/v1/mandates',
  tag,
  summary: 'Whom the caller may act for now, and offers that wait',
  access: own,
  replies: [
    {
      status: 200,
      description: 'Mandates in force and offers.',
      content: {
        'application/json': z.object({ mandates: z.array(mandateAnswer), offers: z.array(mandateRowAnswer) }),
      },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal);
    const mandates = await mandatesOf(services, account.id, services.clock());
    const offers = await offersTo(services.people, account.id);
    return json(200, { mandates: mandates.map(mandateJson), offers: offers.map(mandateRowJson) });
  },
});

const claim = route({
  method: 'post',
  path: '/api/v1/mandates/claims',
  tag,
  summary: 'Act for an enterprise as its legal representative, by the word of the register',
  access: own,
  body: jsonBody(z.strictObject({ creditCode })),
  replies: [
    { status: 201, description: 'The register bears it out.', content: { 'application/json': idAnswer } },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const claimed = { account: account.id, creditCode: call.body.creditCode };
    return json(201, { id: await claimEnterprise(services.people, principal, claimed) });
  },
});

const offer = route({
  method: 'post',
  path: '/api/v1/mandates',
  tag,
  summary: 'Offer a mandate under one of the own',
  access: own,
  body: jsonBody(
    z.strictObject({
      under: mandateId,
      capacity: z.enum(['manager', 'agent']),
      to: personKey,
      scope: matterScope,
      ...period,
    }),
  ),
  replies: [
    {
      status: 201,
      description: 'Offered; in force once accepted.',
      content: { 'application/json': idAnswer },
    },
  ],
  async handle(services, call) {
    const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
    const { under, capacity, to, scope, notBefore, expires } = call.body;
    const from = notBefore === undefined ? services.clock() : new Date(notBefore);
    const mandate = { under, capacity, to, scope, notBefore: from, expires: new Date(expires) };
    return json(201, { id: await offerMandate(services.people, principal, account.id, mandate) });
  },
});

const under = route({
  method: 'get',
  path: '/api/v1/mandates/{id}/under',
  tag,
  summary: 'Everything granted under one of the own mandates',
  access: own,
  params,
  replies: [
    {
      status: 200,
      description: 'Newest first.',
      content: { 'application/json': z.object({ mandates: z.array(mandateRowAnswer) }) },
    },
  ],
  async handle(services, call) {
    const { account } = await peopleCaller(services, call.principal);
    const rows = await mandatesUnder(services.people, account.id, call.params.id);
    return json(200, { mandates: rows.map(mandateRowJson) });
  },
});

/** One of the three ends of an offer or mandate. */
function decision(
  verb: 'acceptance' | 'refusal' | 'revocation',
  summary: string,
  act: typeof acceptMandate,
): Route {
  return route({
    method: 'post',
    path: `/api/v1/mandates/{id}/${verb}`,
    tag,
    summary,
    access: own,
    params,
    body: jsonBody(empty),
    replies: [{ status: 200, description: 'Done.', content: { 'application/json': idAnswer } }],
    async handle(services, call) {
      const { account, principal } = await peopleCaller(services, call.principal);
      await act(services.people, principal, account.id, call.params.id);
      return json(200, { id: call.params.id });
    },
  });
}

export const mandateRoutes: readonly Route[] = [
  list,
  claim,
  offer,
  under,
  decision('acceptance', 'Accept an offered mandate', acceptMandate),
  decision('refusal', 'Refuse an offered mandate', refuseMandate),
  decision('revocation', 'End a mandate at once, with everything granted under it', revokeMandate),
];
