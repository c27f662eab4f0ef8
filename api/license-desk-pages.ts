// The license desk's pages: find a license, see its versions and events, record an inspection, ask for a change or decide it.
import { z } from 'zod';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import type { PageSession } from '../identity/page-sessions.ts';
import { readLicense } from '../licenses/access.ts';
import { askForChange, changeRequests } from '../licenses/change-request.ts';
import type { ChangeRequest } from '../licenses/change-request-store.ts';
import { changeStatus, countermandChange } from '../licenses/change.ts';
import { deskKeys, deskReminders, findAtDesk } from '../licenses/desk-search.ts';
import { beijingDay } from '../licenses/face.ts';
import { recordInspection } from '../licenses/inspection.ts';
import { eventWords, officeChanges, transitions, type LicenseState } from '../licenses/license.ts';
import { licenseTypeNamed } from '../licenses/type-register.ts';
import type { LicenseType } from '../licenses/type.ts';
import { licenseStory, type VersionEvent } from '../licenses/versions.ts';
import { renderLicenseDesk, type DeskRequest, type LicenseDeskPage } from '../web/pages/license-desk.ts';
import { renderLicenseFile, type FileChange, type FileEvent } from '../web/pages/license-file.ts';
import { ApiError } from './errors.ts';
import { cardOf, typeNames } from './license-cards.ts';
import { dueChips, dueWords, factsOfEvent } from './license-desk-words.ts';
import { licenseParams } from './licenses.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { caseNumber, optionalText } from './schemas.ts';
import type { Services } from './services.ts';
import { shownActors, type ActorsShown } from './shown-actors.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const token = { formToken: z.string().max(100) };
const words = {
  ...token,
  idempotencyKey: z.string().max(100),
  reason: z.string().trim().min(1).max(500),
  case: optionalText(64).pipe(caseNumber.nullable()),
};

/** @throws ApiError `unauthenticated`, `scope-missing` for whoever does not work on licenses. */
export async function deskSession(services: Services, cookie: string | undefined): Promise<PageSession> {
  const session = await requireSession(services, cookie);
  const { scopes, actingFor } = session.principal;
  if (actingFor !== null || !scopes.includes('licenses:status') || !scopes.includes('licenses:read'))
    throw new ApiError('scope-missing', 'The license desk is for those who work there.');
  return session;
}

function requestLine(session: PageSession, request: ChangeRequest, shown: ActorsShown): DeskRequest {
  return {
    id: request.id,
    change: eventWords(request.change),
    requestedAt: request.requestedAt.toISOString(),
    requestedBy: shown(request.requestedBy),
    own: request.requestedBy === session.principal.id,
  };
}

async function showDesk(
  services: Services,
  session: PageSession,
  found: LicenseDeskPage['found'],
): Promise<string> {
  const { principal } = session;
  const names = await typeNames(services);
  const waiting = await changeRequests(services.licenses, principal, { waiting: true });
  const { overdue, ending } = await deskReminders(services.licenses, principal);
  const asking = waiting.map(({ requestedBy }) => requestedBy);
  const shown = await shownActors(services, principal.department, asking);
  return renderLicenseDesk(frameOf(services, session), {
    department: session.name,
    waiting: waiting.map((request) => requestLine(session, request, shown)),
    overdue: overdue.map((license) => cardOf(license, names)),
    ending: ending.map((license) => cardOf(license, names)),
    found,
  });
}

const desk = route({
  method: 'get',
  path: '/office/licenses',
  tag,
  summary: 'The license desk',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    return html(200, await showDesk(services, session, null));
  },
});

const find = route({
  method: 'post',
  path: '/office/licenses',
  tag,
  summary: 'Find a license; the number stands in no address, and the search is on record',
  access: page,
  body: formBody(
    z.object({
      ...token,
      by: z.enum(deskKeys),
      text: z.string().trim().min(1).max(120),
      purpose: z.string().trim().min(1).max(60),
      after: licenseParams.shape.id.optional().describe('Of a holder: the last one of the page before.'),
    }),
  ),
  replies: pageReply,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { by, text, purpose, after = null } = call.body;
    const reading = { actor: session.principal, purpose };
    const { licenses, next } = await findAtDesk(services.licenses, reading, by, text, after);
    const names = await typeNames(services);
    return html(
      200,
      await showDesk(services, session, {
        licenses: licenses.map((license) => cardOf(license, names)),
        more: next === null ? null : { by, text, purpose, after: next },
      }),
    );
  },
});

const file = route({
  method: 'get',
  path: '/office/licenses/{id}',
  tag,
  summary: 'A license with every version and everything that happened to it; on record',
  access: page,
  params: licenseParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    const { principal } = session;
    const reading = { actor: principal, purpose: '窗口查看' };
    const license = await readLicense(services.licenses, reading, call.params.id);
    const story = await licenseStory(services.licenses, license.id);
    const type = await licenseTypeNamed(services.database.reader, license.typeCode);
    const names = await typeNames(services);
    const issuing = license.issuer.creditCode === principal.department;
    const coming = comingVersions(story.events);
    const requests = issuing
      ? await changeRequests(services.licenses, principal, { license: license.id, waiting: true })
      : [];
    const shown = await shownActors(services, principal.department, [
      ...story.events.flatMap(({ officer, secondOfficer }) => [officer, secondOfficer]),
      ...requests.map(({ requestedBy }) => requestedBy),
    ]);
    return html(
      200,
      renderLicenseFile(frameOf(services, session), {
        license: cardOf(license, names),
        identifier: license.identifier,
        supervisor: license.supervisor.name,
        versions: story.versions.toReversed().map((version) => ({
          id: version.id,
          version: version.version,
          issued: version.validFrom,
          expires: version.validUntil,
          state: cardOf(version, names).state,
          documentUrl: `/api/v1/licenses/${version.id}/document?purpose=${encodeURIComponent('窗口查看')}`,
        })),
        events: story.events.toReversed().map((event) => eventOf(event, issuing, coming, shown)),
        changes: issuing ? changesOf(type, license.state, coming.has(license.id)) : [],
        inspection: {
          by: story.inspection.by === null ? null : beijingDay(new Date(story.inspection.by.getTime() - 1)),
          overdue: story.inspection.overdue,
          outcomes: inspected(license.state) ? (type.inspection?.outcomes ?? ['合格', '不合格']) : [],
          name: {
            zh: type.inspection?.name ?? '检查',
            en: type.inspection?.englishName ?? 'inspection',
          },
          basis: type.inspection?.basis ?? '',
          today: beijingDay(services.clock()),
        },
        requests: requests.map((request) => requestLine(session, request, shown)),
        idempotencyKey: encodeBase64url(services.random(16)),
      }),
    );
  },
});

const inspected = (state: LicenseState): boolean => state === 'issued' || state === 'suspended';

/** Versions that wait for the day on which they begin: it neither comes earlier nor is taken back (licenses/change-record.ts). */
function comingVersions(events: readonly VersionEvent[]): ReadonlySet<string> {
  return new Set(
    events.flatMap(({ due, successor }) => (due === 'waiting' && successor !== null ? [successor] : [])),
  );
}

function changesOf(type: LicenseType, state: LicenseState, coming: boolean): readonly FileChange[] {
  return officeChanges
    .filter((change) => transitions[change].from.includes(state) && !(coming && change === 'restore'))
    .map((change) => ({
      value: change,
      words: eventWords(change),
      basis: transitions[change].citation,
      secondPerson: type.secondPerson?.includes(change) === true,
    }));
}

function eventOf(
  event: VersionEvent,
  issuing: boolean,
  coming: ReadonlySet<string>,
  shown: ActorsShown,
): FileEvent {
  const begins = event.change === 'restore' && coming.has(event.license);
  return {
    words: eventWords(event.change),
    version: event.version,
    recordedAt: event.recordedAt.toISOString(),
    effectiveAt: event.effectiveAt.toISOString(),
    reason: event.reason,
    legalBasis: event.legalBasis,
    officer: event.officer === null ? null : shown(event.officer),
    secondOfficer: event.secondOfficer === null ? null : shown(event.secondOfficer),
    case: event.caseNumber,
    facts: factsOfEvent(event),
    due: event.due === null ? null : { words: dueWords[event.due], chip: dueChips[event.due] },
    countermand:
      issuing && event.due === 'waiting' && event.successor === null && !begins
        ? { license: event.license, sequence: event.sequence }
        : null,
  };
}

const change = route({
  method: 'post',
  path: '/office/licenses/{id}/changes',
  tag,
  summary: 'Record a change, or ask for one that another officer approves',
  access: page,
  params: licenseParams,
  body: formBody(
    z.object({
      ...words,
      change: z.enum(officeChanges),
      legalBasis: optionalText(200),
      effectiveOn: optionalText(10).pipe(z.iso.date().nullable()),
      holdersWish: z.literal('yes').optional(),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    const { body, params } = call;
    requireFormToken(session.formToken, body.formToken);
    const details = { ...(body.case === null ? {} : { caseNumber: body.case }) };
    const asked = {
      kind: 'status',
      licenseId: params.id,
      change: body.change,
      reason: body.reason,
      legalBasis: body.legalBasis ?? transitions[body.change].citation,
      ...details,
      ...effectOf(services, body.effectiveOn),
      ...(body.holdersWish === 'yes' ? { holdersWish: true } : {}),
    } as const;
    const by = { actor: session.principal, idempotencyKey: body.idempotencyKey };
    const license = await readLicense(
      services.licenses,
      { actor: session.principal, purpose: '窗口办理变更' },
      params.id,
    );
    const type = await licenseTypeNamed(services.database.reader, license.typeCode);
    if (type.secondPerson?.includes(body.change) === true) {
      const request = await askForChange(services.licenses, { ...by, asked });
      return seeOther(`/office/license-requests/${request.id}`);
    }
    await changeStatus(services.licenses, { ...by, ...asked });
    return seeOther(`/office/licenses/${params.id}`);
  },
});

/** A day begins at midnight in Beijing; today is now. */
function effectOf(services: Services, day: string | null): { readonly effectiveAt?: Date } {
  return day === null || day === beijingDay(services.clock())
    ? {}
    : { effectiveAt: new Date(`${day}T00:00:00+08:00`) };
}

const inspect = route({
  method: 'post',
  path: '/office/licenses/{id}/inspections',
  tag,
  summary: 'Record an inspection',
  access: page,
  params: licenseParams,
  body: formBody(
    z.object({ ...words, inspectedOn: z.iso.date(), outcome: z.string().trim().min(1).max(40) }),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    const { body, params } = call;
    requireFormToken(session.formToken, body.formToken);
    const actor = session.principal;
    const reading = { actor, purpose: '窗口登记检查' };
    const license = await readLicense(services.licenses, reading, params.id);
    const type = await licenseTypeNamed(services.database.reader, license.typeCode);
    await recordInspection(services.licenses, {
      actor,
      idempotencyKey: body.idempotencyKey,
      licenseId: params.id,
      inspectedOn: body.inspectedOn,
      outcome: body.outcome,
      reason: body.reason,
      legalBasis: type.inspection?.basis ?? '行政许可法第六十一条',
      ...(body.case === null ? {} : { caseNumber: body.case }),
    });
    return seeOther(`/office/licenses/${params.id}`);
  },
});

const countermand = route({
  method: 'post',
  path: '/office/licenses/{id}/countermands',
  tag,
  summary: 'Take a decided change back before its day, or ask for that where two decided it',
  access: page,
  params: licenseParams,
  body: formBody(
    z.object({
      ...token,
      idempotencyKey: words.idempotencyKey,
      reason: words.reason,
      sequence: z.coerce.number().int().min(1).max(1_000_000),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    const { body, params } = call;
    requireFormToken(session.formToken, body.formToken);
    const reading = { actor: session.principal, purpose: '窗口撤回决定' };
    const license = await readLicense(services.licenses, reading, params.id);
    const { events } = await licenseStory(services.licenses, license.id);
    const target = events.find(
      ({ license, sequence }) => license === params.id && sequence === body.sequence,
    );
    const asked = {
      licenseId: params.id,
      sequence: body.sequence,
      reason: body.reason,
      legalBasis: target?.legalBasis ?? '证照类型规则',
    };
    const by = { actor: session.principal, idempotencyKey: body.idempotencyKey };
    if (target !== undefined && target.secondOfficer !== null) {
      const request = await askForChange(services.licenses, {
        ...by,
        asked: { kind: 'countermand', ...asked },
      });
      return seeOther(`/office/license-requests/${request.id}`);
    }
    await countermandChange(services.licenses, { ...by, ...asked });
    return seeOther(`/office/licenses/${params.id}`);
  },
});

export const licenseDeskRoutes: readonly Route[] = [desk, find, file, change, inspect, countermand];
