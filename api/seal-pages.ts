// The seal office's pages to read: gathered here, drawn by web. What is sent back: seal-page-acts.ts, seal-page-applications.ts.
import { z } from 'zod';
import type { PageSession } from '../identity/page-sessions.ts';
import { automaticMatters } from '../signing/authorisation-store.ts';
import { authorisationStates } from '../signing/authorisations.ts';
import { SigningError } from '../signing/errors.ts';
import { currentEdition } from '../signing/seal-edition.ts';
import { sealApplications } from '../signing/seal-applications.ts';
import { drawSeal } from '../signing/seal-picture/draw-seal.ts';
import { svgPicture } from '../signing/seal-picture/svg.ts';
import { findSealsOf, stateHistory } from '../signing/seal-store.ts';
import { departmentOf } from '../signing/seal-use.ts';
import { sealTransitions, sealTypes, type Seal } from '../signing/seal.ts';
import { usesOf, type SealUse } from '../signing/use-record.ts';
import { renderSealOffice } from '../web/pages/seal-office.ts';
import { renderSealUses, type SealUseLine } from '../web/pages/seal-uses.ts';
import type { SealApplicationChoice } from '../web/pages/seal-acts.ts';
import { renderSealPage } from '../web/pages/seal.ts';
import { actorList } from '../web/actor.ts';
import type { Html } from '../web/html.ts';
import { frameOf } from './pages.ts';
import { bytes, html } from './reply.ts';
import { route, type Route } from './route.ts';
import { instant } from './schemas.ts';
import {
  cardOf,
  lineOf,
  linesShown,
  may,
  newKey,
  officeSession,
  pageAccess,
  pageReply,
  sealPagesTag,
  sealParams,
  visibleSeal,
} from './seal-page-parts.ts';
import { sealStateWords } from './seal-words.ts';
import { shownActors, type ActorsShown } from './shown-actors.ts';
import { stampId, usesBefore } from './use-schemas.ts';

/** The newest uses stand on the seal's own page. */
const usesBeside = 10;

const office = route({
  method: 'get',
  path: '/seals',
  tag: sealPagesTag,
  summary: 'The seal office',
  access: pageAccess,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const { principal } = session;
    const { reader } = services.database;
    const department = departmentOf(principal);
    const seals = await findSealsOf(reader, may(session, 'seals:administer') ? null : department);
    const applications = await sealApplications(services, principal, linesShown);
    const authorisations = await authorisationStates(services, principal, linesShown);
    const matters = await automaticMatters(reader, department);
    const asking = applications.map(({ requestedBy }) => requestedBy);
    const shown = await shownActors(services, department, asking);
    return html(
      200,
      renderSealOffice(frameOf(services, session), {
        seals: seals.map(cardOf),
        applications: applications.map((each) => lineOf(each, shown)),
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
        idempotencyKey: newKey(services),
      }),
    );
  },
});

/** Everybody whom uses name. */
function personsOf(uses: readonly SealUse[]): readonly (string | null)[] {
  return uses.flatMap(({ requester, keeper, approvals }) => [
    requester,
    keeper,
    ...approvals.map(({ person }) => person),
  ]);
}

function useLineOf(use: SealUse, shown: ActorsShown): SealUseLine {
  return {
    stamp: use.stampId,
    time: use.usedAt.toISOString(),
    outcome: use.outcome,
    basis: use.basis,
    requester: shown(use.requester),
    releasedBy: shown(use.keeper ?? use.authorisation ?? '–'),
    approvers: use.approvals.map(({ person }) => shown(person)),
    matter: use.matter,
    caseNumber: use.caseNumber,
    sm2: use.sm2Form !== null,
  };
}

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
  tag: sealPagesTag,
  summary: 'One seal: what it is and was, and every use of it',
  access: pageAccess,
  params: sealParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const seal = await visibleSeal(services, session, call.params.seal);
    const { reader } = services.database;
    const edition = await currentEdition(reader, seal.id);
    const uses = await usesOf(reader, seal.id, { limit: usesBeside + 1, before: null });
    const newest = uses.slice(0, usesBeside);
    const shown = await shownActors(services, session.principal.department, [
      ...seal.keepers,
      ...personsOf(newest),
    ]);
    const history = await stateHistory(reader, seal.id);
    const stoppable = may(session, 'seals:apply') && seal.department === session.principal.department;
    const today = services.clock();
    const fact = (zh: string, en: string, value: Html | string | null) =>
      value === null ? [] : [{ label: { zh, en }, value }];
    return html(
      200,
      renderSealPage(frameOf(services, session), {
        seal: cardOf(seal),
        facts: [
          ...fact('印章编码', 'Code', seal.code),
          ...fact('印章类型', 'Type', `${seal.type} ${sealTypes[seal.type]}`),
          ...fact('所有者', 'Owner', `${seal.departmentName} ${seal.department}`),
          ...fact('保管人', 'Keepers', actorList(seal.keepers.map(shown))),
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
        uses: newest.map((use) => useLineOf(use, shown)),
        moreUses: uses.length > usesBeside,
        stops: stoppable
          ? (['frozen', 'lost'] as const).filter((state) => sealTransitions[seal.state].includes(state))
          : [],
        choices: stoppable ? choicesOf(session, seal) : [],
        mayChange: stoppable && seal.origin === 'own' && (seal.state === 'valid' || seal.state === 'frozen'),
        keepers: stoppable && seal.state !== 'lost' && seal.state !== 'cancelled' ? seal.keepers : null,
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
  tag: sealPagesTag,
  summary: 'The impression of a seal, for the pages',
  access: pageAccess,
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
  tag: sealPagesTag,
  summary: 'The SESeal of a seal, for the pages',
  access: pageAccess,
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

const uses = route({
  method: 'get',
  path: '/seals/{seal}/uses',
  tag: sealPagesTag,
  summary: 'Every use of a seal, newest first, for its owner',
  access: pageAccess,
  params: sealParams,
  query: z.object({ before: instant.optional(), after: stampId.optional() }),
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const seal = await visibleSeal(services, session, call.params.seal);
    const before = usesBefore(call.query);
    const found = await usesOf(services.database.reader, seal.id, { limit: linesShown + 1, before });
    const listed = found.slice(0, linesShown);
    const last = listed.at(-1);
    const shown = await shownActors(services, session.principal.department, personsOf(listed));
    return html(
      200,
      renderSealUses(frameOf(services, session), {
        seal: cardOf(seal),
        uses: listed.map((use) => ({
          ...useLineOf(use, shown),
          digest: use.digest,
          resultDigest: use.resultDigest,
          edition: use.edition,
          certificate: use.certificate,
          sm2Certificate: use.sm2Certificate,
          stateWords: sealStateWords.valid,
          stateSince: use.stateSince.toISOString(),
          approvals: use.approvals.map(({ person, level, at }) => ({
            person: shown(person),
            level,
            at: at.toISOString(),
          })),
        })),
        older:
          found.length > linesShown && last !== undefined
            ? `/seals/${seal.code}/uses?before=${encodeURIComponent(last.usedAt.toISOString())}&after=${last.stampId}`
            : null,
      }),
    );
  },
});

export const sealPageRoutes: readonly Route[] = [office, oneSeal, uses, picture, object];
