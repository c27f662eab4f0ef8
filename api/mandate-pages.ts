// The page of mandates and its forms.
import { z } from 'zod';
import { mandatesOf, type Mandate, type MatterScope } from '../identity/representation.ts';
import {
  acceptMandate,
  mandatesUnder,
  offerMandate,
  offersTo,
  refuseMandate,
  revokeMandate,
  type MandateRow,
} from '../identity/representation-grant.ts';
import { claimEnterprise } from '../identity/representation-root.ts';
import type { Words } from '../verification/report.ts';
import { renderMandates, type MandateView } from '../web/pages/people/mandates.ts';
import { ownPlaces } from '../web/pages/people/places.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { officeLevel, peopleCaller, type PeopleCaller } from './people-caller.ts';
import { placesFor } from './people-places.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const token = { formToken: z.string().max(100) };
const mandateId = z.string().regex(/^rep_[0-9a-f]{32}$/);

const list = route({
  method: 'get',
  path: '/my/mandates',
  tag,
  summary: 'Whom the person may act for',
  access: page,
  replies: [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { account } = await peopleCaller(services, session.principal);
    const mandates = await mandatesOf(services, account.id, services.clock());
    const offers = await offersTo(services.people, account.id);
    return html(
      200,
      renderMandates(frameOf(services, session), {
        places: await placesFor(services, account.id, ownPlaces),
        mandates: await Promise.all(mandates.map((one) => viewOf(services, account.id, one))),
        offers: offers.map((one) => ({
          id: one.id,
          enterprise: one.enterprise,
          capacity: one.capacity,
          matters: namesOf(services, one.scope),
          until: one.expires.toISOString(),
        })),
        known: [...services.matterNames].map(([code, words]) => ({ code, words })),
      }),
    );
  },
});

async function viewOf(services: Services, account: string, mandate: Mandate): Promise<MandateView> {
  const mayGrant =
    mandate.capacity === 'legal-representative'
      ? (['manager', 'agent'] as const)
      : mandate.capacity === 'manager'
        ? (['agent'] as const)
        : [];
  const granted = mayGrant.length === 0 ? [] : await mandatesUnder(services.people, account, mandate.id);
  return {
    id: mandate.id,
    enterprise: mandate.enterprise,
    capacity: mandate.capacity,
    matters: namesOf(services, mandate.scope),
    until: mandate.until.toISOString(),
    mayGrant,
    granted: granted.map((row) => grantedView(services, row)),
  };
}

function grantedView(services: Services, row: MandateRow): MandateView['granted'][number] {
  return {
    id: row.id,
    agent: row.agentName,
    capacity: row.capacity,
    matters: namesOf(services, row.scope),
    until: row.expires.toISOString(),
    state: row.state,
    mayEnd: row.state === 'offered' || row.state === 'active',
  };
}

function namesOf(services: Services, scope: MatterScope): readonly Words[] | null {
  return scope === '*' ? null : scope.map((code) => services.matterNames.get(code) ?? { zh: code, en: '' });
}

async function sending(
  services: Services,
  call: { readonly cookie: string | undefined; readonly body: { readonly formToken: string } },
  level: 1 | typeof officeLevel,
): Promise<PeopleCaller> {
  const session = await requireSession(services, call.cookie);
  requireFormToken(session.formToken, call.body.formToken);
  return peopleCaller(services, session.principal, level);
}

const offer = route({
  method: 'post',
  path: '/my/mandates',
  tag,
  summary: 'Offer a mandate',
  access: page,
  body: formBody(
    z.object({
      ...token,
      under: mandateId,
      name: z.string().min(1).max(80),
      number: z.string().min(1).max(20),
      capacity: z.enum(['manager', 'agent']),
      matter: z.string().min(1).max(40),
      until: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call, officeLevel);
    const { under, name, number, capacity, matter, until } = call.body;
    await offerMandate(services.people, principal, account.id, {
      under,
      capacity,
      to: { type: 'resident-identity-card', name, number },
      scope: matter === '*' ? '*' : [matter],
      notBefore: services.clock(),
      // To the end of that day in Beijing.
      expires: new Date(`${until}T16:00:00.000Z`),
    });
    return seeOther('/my/mandates');
  },
});

const claim = route({
  method: 'post',
  path: '/my/mandates/claims',
  tag,
  summary: 'Claim an enterprise as its legal representative',
  access: page,
  body: formBody(z.object({ ...token, creditCode: z.string().max(40) })),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call, officeLevel);
    const claimed = { account: account.id, creditCode: call.body.creditCode };
    await claimEnterprise(services.people, principal, claimed);
    return seeOther('/my/mandates');
  },
});

function decision(
  verb: 'acceptance' | 'refusal' | 'revocation',
  summary: string,
  act: typeof acceptMandate,
): Route {
  return route({
    method: 'post',
    path: `/my/mandates/{id}/${verb}`,
    tag,
    summary,
    access: page,
    params: z.object({ id: mandateId }),
    body: formBody(z.object(token)),
    replies: redirect,
    async handle(services, call) {
      const { account, principal } = await sending(services, call, 1);
      await act(services.people, principal, account.id, call.params.id);
      return seeOther('/my/mandates');
    },
  });
}

export const mandatePageRoutes: readonly Route[] = [
  list,
  offer,
  claim,
  decision('acceptance', 'Accept a mandate', acceptMandate),
  decision('refusal', 'Refuse a mandate', refuseMandate),
  decision('revocation', 'End a mandate', revokeMandate),
];
