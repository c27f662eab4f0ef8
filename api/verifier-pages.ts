// The verifier's pages of live codes: the desk, a claim, the answer once; and the alarms.
import { z } from 'zod';
import { toBase64 } from '../formats/bytes.ts';
import { closeCase, openCase, openCaseNumbered, openCases } from '../licenses/open-cases.ts';
import { receiptOfClaim, takeAnswer } from '../licenses/presentation-answer.ts';
import {
  claimOf,
  claimsOfDepartment,
  claimShowing,
  type ClaimedShowing,
} from '../licenses/presentation-claim.ts';
import { departmentOf, requireScope } from '../licenses/guard.ts';
import { verifierFields } from '../licenses/shown-fields.ts';
import { licenseTypes } from '../licenses/type-register.ts';
import { renderLiveCodePage } from '../web/pages/live-code.ts';
import { renderAnswer, renderClaim, renderVerifier } from '../web/pages/verifier.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { bytes, html, json, seeOther } from './reply.ts';
import { formBody, jsonBody, route, type Route } from './route.ts';
import { caseNumber, matter } from './schemas.ts';
import type { Services } from './services.ts';
import { fieldBoxes, fieldsTicked, namesOf, receiptSigner, showingParams } from './showing-answers.ts';
import { claimInWords } from './showing-pages.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const formToken = z.string().max(100);
const typeKey = z.string().regex(/^[a-z][a-z0-9-]{1,40}$/);

/** Type codes of what was claimed, by license. */
async function typesOf(
  services: Services,
  claims: readonly ClaimedShowing[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(claims.map(({ claim }) => claim.license))];
  if (ids.length === 0) return new Map();
  const rows = await services.database.reader
    .selectFrom('license')
    .select(['id', 'type_code'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, row.type_code]));
}

const liveCode = route({
  method: 'get',
  path: '/p',
  tag,
  summary: 'What a live code opens',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await services.guard.sessionOf(call.cookie);
    return html(200, renderLiveCodePage(frameOf(services, session)));
  },
});

const desk = route({
  method: 'get',
  path: '/verifier',
  tag,
  summary: 'The desk of a verifier of live codes',
  access: page,
  query: z.object({ name: typeKey.optional() }),
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { principal } = session;
    requireScope(principal, 'licenses:present');
    const db = services.database.reader;
    const names = await namesOf(services);
    const types = await licenseTypes(db);
    const chosen = types.find(({ key }) => key === call.query.name) ?? null;
    const cases = await openCases(db, departmentOf(principal), 100);
    const claims = await claimsOfDepartment(services.licenses, principal);
    const typeOf = await typesOf(services, claims);
    const option = (value: string, zh: string, en: string) => ({ value, words: { zh, en } });
    return html(
      200,
      renderVerifier(frameOf(services, session), {
        types: types.map(({ key, name, englishName }) => option(key, name, englishName)),
        asked:
          chosen === null
            ? null
            : {
                type: option(chosen.key, chosen.name, chosen.englishName),
                fields: verifierFields(chosen).map(({ name, label, englishLabel }) =>
                  option(name, label, englishLabel),
                ),
              },
        cases: cases.map((each) => ({
          caseNumber: each.caseNumber,
          matter: names.matter(each.matter),
        })),
        matters: [...services.matterNames].map(([value, words]) => ({ value, words })),
        claims: claims.map(({ id, state, claim }) => ({
          id,
          state,
          claim: claimInWords(services, claim, names, typeOf.get(claim.license) ?? ''),
        })),
      }),
    );
  },
});

const newCase = route({
  method: 'post',
  path: '/verifier/cases',
  tag,
  summary: 'Open a case',
  access: page,
  body: formBody(z.object({ formToken, case: caseNumber, matter })),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await openCase(services.licenses, session.principal, {
      caseNumber: call.body.case,
      matter: call.body.matter,
    });
    return seeOther('/verifier');
  },
});

const closing = route({
  method: 'post',
  path: '/verifier/cases/{case}/closing',
  tag,
  summary: 'Close a case',
  access: page,
  params: z.object({ case: caseNumber }),
  body: formBody(z.object({ formToken })),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await closeCase(services.licenses, session.principal, call.params.case);
    return seeOther('/verifier');
  },
});

const claim = route({
  method: 'post',
  path: '/verifier/claims',
  tag,
  summary: 'Claim a live code for an open case',
  access: page,
  body: formBody(
    z
      .object({ formToken, type: typeKey, case: caseNumber, code: z.string().trim().min(1).max(120) })
      .catchall(fieldBoxes),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { principal } = session;
    requireScope(principal, 'licenses:present');
    const department = departmentOf(principal);
    const open = await openCaseNumbered(services.database.reader, department, call.body.case);
    const claimed = await claimShowing(services.licenses, {
      actor: principal,
      code: call.body.code,
      matter: open?.matter ?? '',
      caseNumber: call.body.case,
      type: call.body.type,
      fields: fieldsTicked(call.body),
    });
    return seeOther(`/verifier/claims/${claimed.id}`);
  },
});

const waiting = route({
  method: 'get',
  path: '/verifier/claims/{id}',
  tag,
  summary: 'A claim: the number to compare',
  access: page,
  params: showingParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const claimed = await claimOf(services.licenses, session.principal, call.params.id);
    return html(200, await claimPage(services, frameOf(services, session), claimed));
  },
});

async function claimPage(
  services: Services,
  frame: ReturnType<typeof frameOf>,
  claimed: ClaimedShowing,
): Promise<string> {
  const typeOf = await typesOf(services, [claimed]);
  const { id, state, claim: made } = claimed;
  return renderClaim(frame, {
    id,
    state,
    matchNumber: made.matchNumber,
    claim: claimInWords(services, made, await namesOf(services), typeOf.get(made.license) ?? ''),
  });
}

const state = route({
  method: 'post',
  path: '/verifier/claims/{id}/state',
  tag,
  summary: 'Whether the holder has answered',
  access: page,
  params: showingParams,
  body: jsonBody(z.strictObject({ formToken })),
  replies: [{ status: 200, description: 'State.', content: { 'application/json': z.object({}).loose() } }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const claimed = await claimOf(services.licenses, session.principal, call.params.id);
    return json(200, { state: claimed.state });
  },
});

const take = route({
  method: 'post',
  path: '/verifier/claims/{id}/answer',
  tag,
  summary: 'See what the holder agreed to show: once',
  access: page,
  params: showingParams,
  body: formBody(z.object({ formToken })),
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { principal } = session;
    const claimed = await claimOf(services.licenses, principal, call.params.id);
    const frame = frameOf(services, session);
    if (claimed.state !== 'approved') return html(200, await claimPage(services, frame, claimed));
    const { answer, receiptId } = await takeAnswer(
      services.licenses,
      principal,
      call.params.id,
      receiptSigner(services),
    );
    return html(
      200,
      renderAnswer(frame, {
        id: answer.presentation,
        typeName: { zh: answer.typeName, en: answer.englishTypeName },
        issuer: answer.issuer.name,
        mark: answer.mark,
        inForce: answer.state === 'issued',
        stateWords: answer.stateWords,
        validUntil: answer.validUntil,
        lines: answer.lines.map(({ label, englishLabel, value }) => ({
          words: { zh: label, en: englishLabel },
          value,
        })),
        photo:
          answer.photo === null
            ? null
            : `data:${answer.photo.mediaType};base64,${toBase64(answer.photo.bytes)}`,
        at: answer.at.toISOString(),
        claim: claimInWords(services, answer.claim, await namesOf(services), answer.typeCode),
        receiptId,
      }),
    );
  },
});

const receipt = route({
  method: 'get',
  path: '/verifier/claims/{id}/receipt',
  tag,
  summary: 'The receipt of an answer',
  access: page,
  params: showingParams,
  replies: [{ status: 200, description: 'JWS.', content: { 'application/jwt': 'binary' } }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const text = await receiptOfClaim(services.licenses, session.principal, call.params.id);
    return bytes('application/jwt', text, {
      'Content-Disposition': `attachment; filename="${call.params.id}.jwt"`,
    });
  },
});

export const verifierPageRoutes: readonly Route[] = [
  liveCode,
  desk,
  newCase,
  closing,
  claim,
  waiting,
  state,
  take,
  receipt,
];
