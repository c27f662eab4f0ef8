// Pages of a person: own data and the rights over it, for oneself and for wards.
import { z } from 'zod';
import { setAccountState } from '../identity/account-state.ts';
import { type Account } from '../identity/accounts.ts';
import { consentsOf, giveConsent, withdrawConsent, type Consent } from '../identity/consents.ts';
import { requireSayOver, wardsOf } from '../identity/guardians.ts';
import { documentWords } from '../identity/identity-documents.ts';
import { copyOfPersonalData, openPersonRequest, requestsOf } from '../identity/person-rights.ts';
import { maskName, maskPerson, personById, requirePerson, type Person } from '../identity/persons.ts';
import { legalBasisWords, purposes, type Purpose } from '../identity/purposes.ts';
import { maskResidentNumber } from '../formats/identifiers/resident-number.ts';
import { renderMyData, type PurposeView } from '../web/pages/people/my-data.ts';
import { ownPlaces } from '../web/pages/people/places.ts';
import { levelOfAccount } from './people-level.ts';
import { placesFor } from './people-places.ts';
import { personId, words } from './people-schemas.ts';
import { html, json, seeOther, type Reply } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { sending, visiting, type Visit } from './people-visit.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const token = { formToken: z.string().max(100) };

const myData = route({
  method: 'get',
  path: '/my/data',
  tag,
  summary: 'Own data, purposes and consents, rights',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const visit = await visiting(services, call.cookie);
    return dataPage(services, visit, visit.account.person);
  },
});

const ward = route({
  method: 'get',
  path: '/my/wards/{id}',
  tag,
  summary: 'Data of a ward',
  access: page,
  params: personId,
  replies: pageReply,
  async handle(services, call) {
    return dataPage(services, await visiting(services, call.cookie), call.params.id);
  },
});

async function dataPage(services: Services, visit: Visit, id: string): Promise<Reply> {
  const own = visit.account.person === id;
  // One's own page opens for a child too; deciding there is the guardian's.
  if (!own) await requireSayOver(services.people, visit.account.id, id);
  const person = await requirePerson(services, id);
  const { level } = await levelOfAccount(services, visit.account);
  const given = await consentsOf(services, id);
  return html(
    200,
    renderMyData(visit.frame, {
      places: await placesFor(services, visit.account.id, ownPlaces),
      person: id,
      ward: !own,
      ...identityOf(person),
      level,
      account: own ? visit.account.id : null,
      wards: own ? await namedWards(services, visit.account) : [],
      purposes: (await purposes(services.database)).map((purpose) => purposeView(purpose, given)),
      requests: (await requestsOf(services.people, id)).map((one) => ({
        kind: one.kind,
        words: one.words,
        state: one.state,
        openedAt: one.openedAt.toISOString(),
        dueAt: one.dueAt.toISOString(),
        answer: one.answer,
      })),
    }),
  );
}

function identityOf(person: Person): {
  readonly name: string;
  readonly document: { readonly zh: string; readonly en: string } | null;
  readonly number: string;
  readonly wanghao: string | null;
} {
  return {
    name: person.name ?? '（未登记姓名）',
    document: person.documentType === null ? null : documentWords[person.documentType],
    number: maskPerson(person).number,
    wanghao: person.wanghao === null ? null : maskResidentNumber(person.wanghao),
  };
}

async function namedWards(
  services: Services,
  account: Account,
): Promise<readonly { readonly person: string; readonly name: string }[]> {
  const wards = await wardsOf(services, account.id);
  return Promise.all(
    wards.map(async (person) => ({
      person,
      name: maskName((await personById(services, person))?.name ?? '—'),
    })),
  );
}

function purposeView(purpose: Purpose, consents: readonly Consent[]): PurposeView {
  const live = consents.find((one) => one.purpose === purpose.id && one.withdrawnAt === null);
  const standing = live === undefined ? 'open' : live.outdated ? 'outdated' : 'given';
  return {
    id: purpose.id,
    name: { zh: purpose.name, en: purpose.englishName },
    basis: legalBasisWords[purpose.legalBasis],
    sensitive: purpose.sensitive,
    categories: purpose.categories,
    retention: purpose.retentionGround,
    recipients: purpose.recipients,
    notice: { zh: purpose.notice, en: purpose.englishNotice },
    version: purpose.version,
    consent: purpose.legalBasis === 'consent' ? standing : 'none',
  };
}

const copy = route({
  method: 'get',
  path: '/my/people/{id}/copy',
  tag,
  summary: 'A copy of everything kept, as a file',
  access: page,
  params: personId,
  replies: [
    { status: 200, description: 'Everything.', content: { 'application/json': z.object({}).loose() } },
  ],
  async handle(services, call) {
    const { account, principal } = await visiting(services, call.cookie);
    const copied = await copyOfPersonalData(services.people, principal, account.id, call.params.id);
    return json(200, copied, { 'Content-Disposition': 'attachment; filename="personal-data.json"' });
  },
});

const backToData = (visit: Visit, id: string): Reply =>
  seeOther(visit.account.person === id ? '/my/data' : `/my/wards/${id}`);

const consent = route({
  method: 'post',
  path: '/my/people/{id}/consents',
  tag,
  summary: 'Consent to one purpose',
  access: page,
  params: personId,
  body: formBody(
    z.object({ ...token, purpose: z.string().max(40), version: z.coerce.number().int().min(1) }),
  ),
  replies: redirect,
  async handle(services, call) {
    const visit = await sending(services, call);
    const { purpose, version } = call.body;
    const giving = { by: visit.account.id, person: call.params.id, purpose, version };
    await giveConsent(services.people, visit.principal, giving);
    return backToData(visit, call.params.id);
  },
});

const withdrawal = route({
  method: 'post',
  path: '/my/people/{id}/consent-withdrawals',
  tag,
  summary: 'Withdraw consent',
  access: page,
  params: personId,
  body: formBody(z.object({ ...token, purpose: z.string().max(40) })),
  replies: redirect,
  async handle(services, call) {
    const visit = await sending(services, call);
    const withdrawn = { by: visit.account.id, person: call.params.id, purpose: call.body.purpose };
    await withdrawConsent(services.people, visit.principal, withdrawn);
    return backToData(visit, call.params.id);
  },
});

const request = route({
  method: 'post',
  path: '/my/people/{id}/requests',
  tag,
  summary: 'Ask to correct, delete, restrict or explain',
  access: page,
  params: personId,
  body: formBody(z.object({ ...token, kind: z.enum(['correct', 'delete', 'restrict', 'explain']), words })),
  replies: redirect,
  async handle(services, call) {
    const visit = await sending(services, call);
    const { kind, words: asked } = call.body;
    await openPersonRequest(services.people, visit.principal, {
      by: visit.account.id,
      person: call.params.id,
      kind,
      words: asked,
    });
    return backToData(visit, call.params.id);
  },
});

const closure = route({
  method: 'post',
  path: '/my/closure',
  tag,
  summary: 'Close the own account',
  access: page,
  body: formBody(z.object({ ...token, close: z.literal('yes') })),
  replies: redirect,
  async handle(services, call) {
    const visit = await sending(services, call);
    const change = { state: 'closed', reason: 'own-wish' } as const;
    await setAccountState(services.people, visit.principal, visit.account.id, change);
    return seeOther('/');
  },
});

export const peoplePageRoutes: readonly Route[] = [myData, ward, copy, consent, withdrawal, request, closure];
