// The seal office's pages: gathered here, drawn by web; every form brings back its session's token.
import { z } from 'zod';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import { departmentByCode } from '../identity/departments.ts';
import type { PageSession } from '../identity/page-sessions.ts';
import { automaticMatters } from '../signing/authorisation-store.ts';
import { authorisationStates } from '../signing/authorisations.ts';
import { SigningError } from '../signing/errors.ts';
import { currentEdition } from '../signing/seal-edition.ts';
import type { SealApplication } from '../signing/seal-application-store.ts';
import {
  applyForSeal,
  approveApplication,
  rejectApplication,
  sealApplication,
  sealApplications,
} from '../signing/seal-applications.ts';
import { changeSealState, fileSeal, requiredSeal } from '../signing/seal-register.ts';
import { drawSeal } from '../signing/seal-picture/draw-seal.ts';
import { svgPicture } from '../signing/seal-picture/svg.ts';
import { findSeal, findSealsOf, stateHistory } from '../signing/seal-store.ts';
import { departmentOf } from '../signing/seal-use.ts';
import { sealTransitions, sealTypes, type Seal } from '../signing/seal.ts';
import { usesOf } from '../signing/use-record.ts';
import { renderNewSeal, renderSealApplication } from '../web/pages/seal-application.ts';
import { renderSealOffice, type ApplicationLine, type SealCard } from '../web/pages/seal-office.ts';
import { renderSealPage, type SealApplicationChoice } from '../web/pages/seal.ts';
import { ApiError } from './errors.ts';
import { applicationFacts } from './seal-application-facts.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { bytes, html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { operationOf } from './seal-applications.ts';
import { operationForm, operationOfForm } from './seal-forms.ts';
import { sealStateWords } from './seal-words.ts';
import type { Services } from './services.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const sealParams = z.object({ seal: z.string().regex(/^[1-9]\d{13}$/) });
const applicationParams = z.object({ id: z.string().regex(/^sap_[0-9a-f]{32}$/) });
const shown = 50;

/** @throws ApiError `unauthenticated`, `scope-missing` for whoever has nothing to do with seals. */
async function officeSession(services: Services, cookie: string | undefined): Promise<PageSession> {
  const session = await requireSession(services, cookie);
  if (!session.principal.scopes.some((scope) => scope.startsWith('seals:')))
    throw new ApiError('scope-missing', 'Seals are for those who work with them.');
  return session;
}

const may = (session: PageSession, scope: string): boolean =>
  session.principal.scopes.some((each) => each === scope);

function cardOf(seal: Seal): SealCard {
  return {
    code: seal.code,
    name: seal.name,
    typeName: `${seal.type} ${sealTypes[seal.type]}`,
    owner: seal.departmentName,
    picture: `/seals/${seal.code}/picture.svg`,
    state: { words: sealStateWords[seal.state], inForce: seal.state === 'valid' },
    validUntil: seal.validUntil.toISOString(),
  };
}

function lineOf(application: SealApplication): ApplicationLine {
  const { id, kind, state, purpose, requestedBy, requestedAt } = application;
  return { id, kind, state, purpose, requestedBy, requestedAt: requestedAt.toISOString() };
}

/** A seal that the reader may see: the own department's, or any for the administration. */
async function visibleSeal(services: Services, session: PageSession, code: string): Promise<Seal> {
  const seal = await findSeal(services.database.reader, { code });
  const all = may(session, 'seals:administer');
  if (seal === null || (!all && seal.department !== session.principal.department))
    throw new SigningError('seal-not-found', 'There is no such seal.');
  return seal;
}

const newKey = (services: Services): string => encodeBase64url(services.random(16));

const office = route({
  method: 'get',
  path: '/seals',
  tag,
  summary: 'The seal office',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const { principal } = session;
    const { reader } = services.database;
    const department = departmentOf(principal);
    const seals = await findSealsOf(reader, may(session, 'seals:administer') ? null : department);
    const applications = await sealApplications(services, principal, shown);
    const authorisations = await authorisationStates(services, principal, shown);
    const matters = await automaticMatters(reader, department);
    return html(
      200,
      renderSealOffice(frameOf(services, session), {
        seals: seals.map(cardOf),
        applications: applications.map(lineOf),
        authorisations: authorisations.map((each) => ({
          id: each.id,
          sealName: seals.find(({ id }) => id === each.sealId)?.name ?? each.sealId,
          state: each.state,
          matters: each.terms?.matters ?? null,
          used: each.used,
          total: each.terms?.total ?? null,
          validUntil: each.terms?.validUntil.toISOString() ?? null,
        })),
        automaticMatters: matters.map((code) => ({ code, name: services.matterNames.get(code) ?? null })),
        mayApply: may(session, 'seals:apply'),
      }),
    );
  },
});

function choicesOf(session: PageSession, seal: Seal): readonly SealApplicationChoice[] {
  if (!may(session, 'seals:apply')) return [];
  const next = sealTransitions[seal.state];
  return [
    ...(seal.origin === 'own' && (seal.state === 'valid' || seal.state === 'frozen')
      ? (['renew'] as const)
      : []),
    ...(seal.state === 'frozen' ? (['release'] as const) : []),
    ...(next.includes('cancelled') ? (['cancel'] as const) : []),
  ];
}

const oneSeal = route({
  method: 'get',
  path: '/seals/{seal}',
  tag,
  summary: 'One seal: what it is and was, and every use of it',
  access: page,
  params: sealParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const seal = await visibleSeal(services, session, call.params.seal);
    const { reader } = services.database;
    const edition = await currentEdition(reader, seal.id);
    const uses = await usesOf(reader, seal.id, { limit: shown, before: null });
    const history = await stateHistory(reader, seal.id);
    const stoppable = may(session, 'seals:apply') && seal.department === session.principal.department;
    const today = services.clock();
    const fact = (zh: string, en: string, value: string | null) =>
      value === null ? [] : [{ label: { zh, en }, value }];
    return html(
      200,
      renderSealPage(frameOf(services, session), {
        seal: cardOf(seal),
        facts: [
          ...fact('印章编码', 'Code', seal.code),
          ...fact('印章类型', 'Type', `${seal.type} ${sealTypes[seal.type]}`),
          ...fact('所有者', 'Owner', `${seal.departmentName} ${seal.department}`),
          ...fact('保管人', 'Keepers', seal.keepers.join(' ')),
          ...fact('所需审批人数', 'Approvals', String(seal.approvalsNeeded)),
          ...fact('备案编号', 'Filing', seal.filingNumber),
          ...fact('签名证书', 'Certificate', seal.certificateSerial),
          ...fact('国密证书', 'SM2 certificate', edition?.object?.serial ?? null),
          ...fact('来源', 'Origin', seal.origin === 'foreign' ? '外部制作，接入使用' : null),
        ],
        objectUrl: edition?.object === null || edition === null ? null : `/seals/${seal.code}/object`,
        history: history.map((entry) => ({
          time: entry.since.toISOString(),
          words: sealStateWords[entry.state],
          reason: entry.reason,
        })),
        uses: uses.map((use) => ({
          stamp: use.stampId,
          time: use.usedAt.toISOString(),
          outcome: use.outcome,
          basis: use.basis,
          requester: use.requester,
          releasedBy: use.keeper ?? `${use.authorisation?.slice(0, 12) ?? ''}…`,
          approvers: use.approvals.map(({ person }) => person),
          matter: use.matter,
          caseNumber: use.caseNumber,
          sm2: use.sm2Form !== null,
        })),
        stops: stoppable
          ? (['frozen', 'lost'] as const).filter((state) => sealTransitions[seal.state].includes(state))
          : [],
        choices: stoppable ? choicesOf(session, seal) : [],
        mayAuthorise: stoppable && seal.state === 'valid',
        mayFile: may(session, 'seals:administer') && seal.state === 'made',
        today: today.toISOString().slice(0, 10),
        inAYear: new Date(today.getTime() + 364 * 86_400_000).toISOString().slice(0, 10),
        idempotencyKey: newKey(services),
      }),
    );
  },
});

const picture = route({
  method: 'get',
  path: '/seals/{seal}/picture.svg',
  tag,
  summary: 'The impression of a seal, for the pages',
  access: page,
  params: sealParams,
  replies: [{ status: 200, description: 'Picture.', content: { 'image/svg+xml': 'binary' } }],
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const seal = await visibleSeal(services, session, call.params.seal);
    return bytes('image/svg+xml', svgPicture(drawSeal(seal.picture), seal.name));
  },
});

const object = route({
  method: 'get',
  path: '/seals/{seal}/object',
  tag,
  summary: 'The SESeal of a seal, for the pages',
  access: page,
  params: sealParams,
  replies: [{ status: 200, description: 'SESeal.', content: { 'application/octet-stream': 'binary' } }],
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const seal = await visibleSeal(services, session, call.params.seal);
    const edition = await currentEdition(services.database.reader, seal.id);
    const eseal = edition?.object?.eseal;
    if (eseal === undefined) throw new SigningError('seal-object-missing', 'The seal has no SESeal.');
    return bytes('application/octet-stream', eseal, {
      'Content-Disposition': `attachment; filename="${seal.code}.esl"`,
    });
  },
});

const stop = route({
  method: 'post',
  path: '/seals/{seal}/stop',
  tag,
  summary: 'Freezing a seal, or reporting it lost, by one person',
  access: page,
  params: sealParams,
  body: formBody(
    z.object({
      formToken: z.string().max(100),
      state: z.enum(['frozen', 'lost']),
      purpose: z.string().trim().min(2).max(200),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    if (!may(session, 'seals:apply'))
      throw new ApiError('scope-missing', 'This needs the scope seals:apply.');
    const { principal } = session;
    const seal = await visibleSeal(services, session, call.params.seal);
    await changeSealState(services, {
      actor: { ...principal, scopes: [...principal.scopes, 'seals:write'] },
      sealId: seal.id,
      to: call.body.state,
      reason: call.body.purpose,
    });
    return seeOther(`/seals/${seal.code}`);
  },
});

const filing = route({
  method: 'post',
  path: '/seals/{seal}/filing',
  tag,
  summary: 'Entering the filing of a seal',
  access: page,
  params: sealParams,
  body: formBody(
    z.object({ formToken: z.string().max(100), number: z.string().regex(/^[\x21-\x7e]{1,64}$/) }),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    if (!may(session, 'seals:administer'))
      throw new ApiError('scope-missing', 'This needs the scope seals:administer.');
    const { principal } = session;
    const seal = await visibleSeal(services, session, call.params.seal);
    await fileSeal(services, {
      actor: { ...principal, scopes: [...principal.scopes, 'seals:file'] },
      sealId: seal.id,
      number: call.body.number,
    });
    return seeOther(`/seals/${seal.code}`);
  },
});

const newSeal = route({
  method: 'get',
  path: '/seal-application',
  tag,
  summary: 'The form for a new seal',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const department = await departmentByCode(services.database, departmentOf(session.principal));
    return html(
      200,
      renderNewSeal(frameOf(services, session), {
        department: department?.name ?? '',
        // Keys that look like numbers come first whatever they say: sorted by what they say.
        types: Object.entries(sealTypes)
          .map(([code, name]) => ({ code, name }))
          .toSorted((a, b) => (a.code < b.code ? -1 : 1)),
        idempotencyKey: newKey(services),
      }),
    );
  },
});

const apply = route({
  method: 'post',
  path: '/seal-applications',
  tag,
  summary: 'Applying for a seal, its change or an authorisation',
  access: page,
  body: formBody(operationForm),
  replies: redirect,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { principal } = session;
    const given = operationOfForm(call.body, services.clock());
    const made = await applyForSeal(services.seals, principal, {
      operation: await operationOf(services, principal, given),
      purpose: call.body.purpose,
      idempotencyKey: call.body.idempotencyKey,
    });
    return seeOther(`/seal-applications/${made.id}`);
  },
});

const oneApplication = route({
  method: 'get',
  path: '/seal-applications/{id}',
  tag,
  summary: 'One seal application',
  access: page,
  params: applicationParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const { principal } = session;
    const found = await sealApplication(services, principal, call.params.id);
    const seal = found.sealId === null ? null : await requiredSeal(services.database.reader, found.sealId);
    return html(
      200,
      renderSealApplication(frameOf(services, session), {
        ...lineOf(found),
        sealCode: seal?.code ?? null,
        facts: applicationFacts(found.parameters),
        decidedBy: found.decidedBy,
        decidedAt: found.decidedAt?.toISOString() ?? null,
        rejection: found.rejection,
        failure: found.state === 'failed' ? (found.outcome?.['code'] ?? null) : null,
        mayDecide:
          found.state === 'requested' && may(session, 'seals:approve') && found.requestedBy !== principal.id,
        idempotencyKey: newKey(services),
      }),
    );
  },
});

const decide = route({
  method: 'post',
  path: '/seal-applications/{id}/decision',
  tag,
  summary: 'Deciding a seal application',
  access: page,
  params: applicationParams,
  body: formBody(
    z.object({
      formToken: z.string().max(100),
      decision: z.enum(['approve', 'reject']),
      reason: z.string().trim().max(200).default(''),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { id } = call.params;
    if (call.body.decision === 'approve') await approveApplication(services.seals, session.principal, id);
    else await rejectApplication(services.seals, session.principal, id, call.body.reason);
    return seeOther(`/seal-applications/${id}`);
  },
});

export const sealPageRoutes: readonly Route[] = [
  office,
  newSeal,
  oneSeal,
  picture,
  object,
  stop,
  filing,
  apply,
  oneApplication,
  decide,
];
