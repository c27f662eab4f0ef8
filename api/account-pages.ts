// Pages of whoever is signed in: the holder's licenses, the officer's office, one license.
import { z } from 'zod';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import type { PageSession } from '../identity/page-sessions.ts';
import { readLicense, readOwnLicense, type LicenseDetails } from '../licenses/access.ts';
import { changeStatus } from '../licenses/change.ts';
import { eventWords, officeChanges, transitions, type LicenseChange } from '../licenses/license.ts';
import { licensesOfHolder, recentLicenses } from '../licenses/search.ts';
import { licenseStory } from '../licenses/versions.ts';
import { licenseTypeNamed } from '../licenses/type-register.ts';
import { sealsOf } from '../signing/seal-register.ts';
import { recentStamps } from '../signing/stamp-answers.ts';
import { renderLicensePage, type LicenseEvent, type StatusChangeChoice } from '../web/pages/license.ts';
import { renderMy } from '../web/pages/my.ts';
import { renderOffice } from '../web/pages/office.ts';
import { ApiError } from './errors.ts';
import { sealStateWords } from './seal-words.ts';
import { holderOf } from './holder.ts';
import { cardOf, stateInEnglish, typeNames } from './license-cards.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const licenseParams = z.object({ id: z.string().regex(/^lic_[0-9a-f]{32}$/) });
const shown = 20;

const my = route({
  method: 'get',
  path: '/my',
  tag,
  summary: "The holder's licenses, a page at a time",
  access: page,
  query: z.object({ after: licenseParams.shape.id.optional().describe('The last one of the page before.') }),
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { principal } = session;
    // An officer at work has no folder of his own here.
    if (!principal.scopes.includes('licenses:own'))
      throw new ApiError('scope-missing', 'This needs the scope licenses:own.');
    const reading = { actor: principal, purpose: '持证人查看', holder: await holderOf(services, principal) };
    const { after } = call.query;
    const { licenses, next } = await licensesOfHolder(services.licenses, reading, { after });
    const names = await typeNames(services);
    return html(
      200,
      renderMy(frameOf(services, session), {
        licenses: licenses.map((license) => cardOf(license, names)),
        further: after !== undefined,
        next,
      }),
    );
  },
});

const office = route({
  method: 'get',
  path: '/office',
  tag,
  summary: "The officer's office",
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { principal } = session;
    // Who works with seals alone has an office of seals.
    const worksWithSeals = principal.scopes.some((scope) => scope.startsWith('seals:'));
    if (worksWithSeals && !principal.scopes.includes('licenses:read')) return seeOther('/seals');
    const db = services.database.reader;
    const seals = await sealsOf(db, principal);
    const names = await typeNames(services);
    const stamps = await recentStamps(db, principal, shown);
    const licenses = await recentLicenses(services.licenses, principal, shown);
    return html(
      200,
      renderOffice(frameOf(services, session), {
        department: session.name,
        seals: seals.map((seal) => ({
          name: seal.name,
          sealCode: seal.code,
          page: `/seals/${seal.code}`,
          picture: `/api/v1/seals/${seal.id}/picture.svg`,
          state: { words: sealStateWords[seal.state], inForce: seal.state === 'valid' },
          validUntil: seal.validUntil.toISOString(),
        })),
        stamps: stamps.map((stamp) => ({
          id: stamp.stampId,
          time: stamp.time.toISOString(),
          sealName: seals.find((seal) => seal.id === stamp.sealId)?.name ?? stamp.sealCode,
          matter: stamp.matter,
          matterName: services.matterNames.get(stamp.matter ?? '') ?? null,
          caseNumber: stamp.caseNumber,
          documentUrl: `/api/v1/stamps/${stamp.stampId}/document`,
        })),
        licenses: licenses.map((license) => cardOf(license, names)),
      }),
    );
  },
});

const license = route({
  method: 'get',
  path: '/licenses/{id}',
  tag,
  summary: 'One license',
  access: page,
  params: licenseParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const details = await detailsFor(services, session, call.params.id);
    const names = await typeNames(services);
    const { secondPerson } = await licenseTypeNamed(services.database.reader, details.typeCode);
    const address = `/api/v1/licenses/${details.id}`;
    return html(
      200,
      renderLicensePage(frameOf(services, session), {
        license: cardOf(details, names),
        identifier: details.identifier,
        supervisor: details.supervisor.name,
        face: details.face.map((line) => ({
          label: { zh: line.label, en: line.englishLabel },
          value: line.value,
        })),
        documentUrl: session.principal.scopes.includes('licenses:own')
          ? `${address}/document`
          : `${address}/document?purpose=${encodeURIComponent('工作台查看')}`,
        codeUrl: `${address}/code.svg`,
        history: historyOf(details),
        changes: choicesFor(session, details, secondPerson ?? []),
        ...(await ownPart(services, session, details)),
        reveal: details.masked ? `/licenses/${details.id}/reveal` : null,
        desk: worksHere(session, details) ? `/office/licenses/${details.id}` : null,
        idempotencyKey: encodeBase64url(services.random(16)),
      }),
    );
  },
});

/** What a holder sees besides: every version, and what may be done with the newest. */
async function ownPart(services: Services, { principal }: PageSession, details: LicenseDetails) {
  if (!principal.scopes.includes('licenses:own')) return {};
  const { versions } = await licenseStory(services.licenses, details.id);
  return {
    own: details.next === null,
    versions: versions.map((each) => ({
      id: each.id,
      version: each.version,
      issued: each.validFrom,
      state: {
        words: { zh: each.stateWords, en: stateInEnglish[each.state] },
        inForce: each.state === 'issued',
      },
      here: each.id === details.id,
    })),
  };
}

async function detailsFor(services: Services, session: PageSession, id: string): Promise<LicenseDetails> {
  const { principal } = session;
  if (!principal.scopes.includes('licenses:own')) {
    return readLicense(services.licenses, { actor: principal, purpose: '工作台查看' }, id);
  }
  const reading = { actor: principal, purpose: '持证人查看', holder: await holderOf(services, principal) };
  return readOwnLicense(services.licenses, reading, id);
}

function historyOf(details: LicenseDetails): readonly LicenseEvent[] {
  return [
    { time: details.issuedAt.toISOString(), words: { zh: '颁发', en: 'Issued' }, effective: null },
    ...details.events.map((event) => ({
      time: event.recordedAt.toISOString(),
      words: {
        zh: `${eventWords(event.change).zh}（${event.legalBasis}）：${event.reason}`,
        en: eventWords(event.change).en,
      },
      effective: event.effectiveAt.toISOString(),
    })),
  ];
}

/** Whether the reader's office has a file of this license at its desk. */
function worksHere({ principal }: PageSession, { issuer, supervisor }: LicenseDetails): boolean {
  return (
    principal.scopes.includes('licenses:status') &&
    [issuer.creditCode, supervisor.creditCode].some((code) => code === principal.department)
  );
}

/** Holders and supervising departments change nothing. */
function choicesFor(
  session: PageSession,
  details: LicenseDetails,
  twoPersons: readonly LicenseChange[],
): readonly StatusChangeChoice[] {
  const { principal } = session;
  if (principal.department !== details.issuer.creditCode || !principal.scopes.includes('licenses:status'))
    return [];
  return (
    officeChanges
      // What two persons decide is asked for at the license desk.
      .filter((change) => transitions[change].from.includes(details.state) && !twoPersons.includes(change))
      .map((change) => ({
        value: change,
        words: { zh: transitions[change].words, en: transitions[change].english },
        basis: transitions[change].citation,
      }))
  );
}

const change = route({
  method: 'post',
  path: '/licenses/{id}/status-changes',
  tag,
  summary: "Change of a license's status by an officer",
  access: page,
  params: licenseParams,
  body: formBody(
    z.object({
      formToken: z.string().max(100),
      idempotencyKey: z.string().max(100),
      change: z.enum(officeChanges),
      reason: z.string().trim().min(1).max(500),
    }),
  ),
  replies: [{ status: 303, description: 'Changed.', content: {} }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await changeStatus(services.licenses, {
      actor: session.principal,
      idempotencyKey: call.body.idempotencyKey,
      licenseId: call.params.id,
      change: call.body.change,
      reason: call.body.reason,
      legalBasis: transitions[call.body.change].citation,
    });
    return seeOther(`/licenses/${call.params.id}`);
  },
});

export const accountPageRoutes: readonly Route[] = [my, office, license, change];
