// Pages of a person: own data, level and how to raise it, who looked, and forms for all of it.
import { z } from 'zod';
import { setAccountState } from '../identity/account-state.ts';
import { proofingsOf, type Account } from '../identity/accounts.ts';
import { consentsOf, giveConsent, withdrawConsent, type Consent } from '../identity/consents.ts';
import { requireSayOver, wardsOf } from '../identity/guardians.ts';
import { rungs, type Rung } from '../identity/levels.ts';
import { documentWords } from '../identity/identity-documents.ts';
import { copyOfPersonalData, openPersonRequest, requestsOf } from '../identity/person-rights.ts';
import { maskName, maskPerson, personById, requirePerson, type Person } from '../identity/persons.ts';
import { proofByRegister, proofByWangzheng } from '../identity/proofing.ts';
import { legalBasisWords, purposes, type Purpose } from '../identity/purposes.ts';
import { whoLooked } from '../identity/who-looked.ts';
import { maskResidentNumber } from '../formats/identifiers/resident-number.ts';
import { licensesOfHolder } from '../licenses/search.ts';
import type { Frame } from '../web/layout.ts';
import { renderLevel } from '../web/pages/people/level.ts';
import { renderLooks } from '../web/pages/people/looks.ts';
import { renderMyData, type PurposeView } from '../web/pages/people/my-data.ts';
import { ownPlaces } from '../web/pages/people/places.ts';
import { holderOf } from './holder.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { peopleCaller, type PeopleCaller } from './people-caller.ts';
import { levelOfAccount } from './people-level.ts';
import { placesFor } from './people-places.ts';
import { personId, words } from './people-schemas.ts';
import { html, json, seeOther, type Reply } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const token = { formToken: z.string().max(100) };

interface Visit extends PeopleCaller {
  readonly frame: Frame;
  readonly formToken: string;
}

async function visiting(services: Services, cookie: string | undefined): Promise<Visit> {
  const session = await requireSession(services, cookie);
  const caller = await peopleCaller(services, session.principal);
  return { ...caller, frame: frameOf(services, session), formToken: session.formToken };
}

/** A form by a person: the session's token is checked before anything else. */
async function sending(
  services: Services,
  call: { readonly cookie: string | undefined; readonly body: { readonly formToken: string } },
): Promise<Visit> {
  const visit = await visiting(services, call.cookie);
  requireFormToken(visit.formToken, call.body.formToken);
  return visit;
}

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

const levelPage = route({
  method: 'get',
  path: '/my/level',
  tag,
  summary: 'Why the level is what it is, and how to raise it',
  access: page,
  query: z.object({ level: z.enum(['2', '3', '4']).optional() }),
  replies: pageReply,
  async handle(services, call) {
    const wanted = rungs.find((rung) => String(rung) === call.query.level);
    return showLevel(services, await visiting(services, call.cookie), { code: null, wanted });
  },
});

async function showLevel(
  services: Services,
  visit: Visit,
  shown: { readonly code: string | null; readonly wanted: Rung | undefined },
): Promise<Reply> {
  const explained = await levelOfAccount(services, visit.account, shown.wanted);
  const now = services.clock();
  const history = (await proofingsOf(services, visit.account.id)).map((one) => ({
    method: one.method,
    rung: one.rung,
    verifiedAt: one.verifiedAt.toISOString(),
    validUntil: one.validUntil.toISOString(),
    alive: one.validUntil > now,
  }));
  return html(
    200,
    renderLevel(visit.frame, {
      ...explained,
      places: await placesFor(services, visit.account.id, ownPlaces),
      expiresAt: explained.expiresAt?.toISOString() ?? null,
      history,
      phone: services.showWangzheng === null ? null : { code: shown.code },
      authenticatorsUrl: '/my/authenticators',
    }),
  );
}

const byRegister = route({
  method: 'post',
  path: '/my/level/register',
  tag,
  summary: 'Compare with the population register',
  access: page,
  body: formBody(z.object(token)),
  replies: redirect,
  async handle(services, call) {
    const visit = await sending(services, call);
    await proofByRegister(services.people, visit.principal, visit.account.id);
    return seeOther('/my/level');
  },
});

const byWangzheng = route({
  method: 'post',
  path: '/my/level/wangzheng',
  tag,
  summary: 'Raise the level by a 网证',
  access: page,
  body: formBody(z.object({ ...token, showing: z.string().max(100) })),
  replies: redirect,
  async handle(services, call) {
    const visit = await sending(services, call);
    await proofByWangzheng(services.people, visit.principal, visit.account.id, call.body.showing);
    return seeOther('/my/level');
  },
});

const phone = route({
  method: 'post',
  path: '/my/level/phone',
  tag,
  summary: 'Demonstration: the phone shows a 网证',
  access: page,
  body: formBody(z.object(token)),
  replies: pageReply,
  async handle(services, call) {
    const visit = await sending(services, call);
    const person = await requirePerson(services, visit.account.person);
    const code = services.showWangzheng?.(person) ?? null;
    return showLevel(services, visit, { code, wanted: 3 });
  },
});

const looks = route({
  method: 'get',
  path: '/my/looks',
  tag,
  summary: 'Who looked at the own data',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const visit = await visiting(services, call.cookie);
    const { account, principal } = visit;
    const rows = await whoLooked(services.people, {
      by: account.id,
      person: account.person,
      also: await ownLicenses(services, visit),
    });
    return html(
      200,
      renderLooks(visit.frame, {
        places: await placesFor(services, account.id, ownPlaces),
        looks: rows.map((row) => ({
          at: row.at.toISOString(),
          who: whoOf(row, [principal.id, account.id, `account:${account.id}`]),
          action: row.action,
          purpose: row.details['purpose'] ?? null,
        })),
      }),
    );
  },
});

async function ownLicenses(services: Services, visit: Visit): Promise<readonly string[]> {
  const person = await personById(services, visit.account.person);
  if ((person?.number ?? null) === null) return [];
  const holder = await holderOf(services, { ...visit.principal, actingFor: null });
  const reading = { actor: visit.principal, purpose: '持证人查看', holder };
  return (await licensesOfHolder(services.licenses, reading)).map(({ id }) => id);
}

function whoOf(
  row: { readonly actor: string; readonly department: { readonly name: string } | null },
  own: readonly string[],
): { readonly zh: string; readonly en: string } {
  if (row.department !== null) return { zh: row.department.name, en: '' };
  if (own.includes(row.actor)) return { zh: '本人', en: 'yourself' };
  if (row.actor === 'system') return { zh: '本系统', en: 'this system' };
  if (row.actor === 'anonymous') return { zh: '未登录者', en: 'somebody not signed in' };
  return { zh: '其他人员或系统', en: 'another person or system' };
}

export const peoplePageRoutes: readonly Route[] = [
  myData,
  ward,
  copy,
  consent,
  withdrawal,
  request,
  closure,
  levelPage,
  byRegister,
  byWangzheng,
  phone,
  looks,
];
