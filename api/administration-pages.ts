// Pages of 三员.
import { z } from 'zod';
import { allDepartments } from '../identity/departments.ts';
import { officersOf, requireRole } from '../identity/officers.ts';
import { officesOf, type NamedOffice } from '../identity/officer-names.ts';
import { maskName } from '../identity/persons.ts';
import { officerRoles, roleNamed, roleTable } from '../identity/roles.ts';
import {
  approveTwoPersons,
  askTwoPersons,
  rejectTwoPersons,
  twoPersonRequests,
  withdrawTwoPersons,
  type TwoPersonRequest,
} from '../identity/two-person.ts';
import { twoPersonKinds, twoPersonTable } from '../identity/two-person-kinds.ts';
import { readAudit } from '../identity/who-looked.ts';
import type { Words } from '../verification/report.ts';
import { renderAdministration, type RequestView } from '../web/pages/people/administration.ts';
import { renderAudit } from '../web/pages/people/audit.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { officeLevel, peopleCaller, type PeopleCaller } from './people-caller.ts';
import { placesFor } from './people-places.ts';
import { words } from './people-schemas.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { optionalText } from './schemas.ts';
import type { Services } from './services.ts';
import { shownActors, unnamedActor, type ActorsShown } from './shown-actors.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const token = { formToken: z.string().max(100) };
const params = z.object({ id: z.string().regex(/^tpr_[0-9a-f]{32}$/) });

const administration = route({
  method: 'get',
  path: '/office/administration',
  tag,
  summary: 'Officers, roles, requests of two persons',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { account, principal } = await peopleCaller(services, session.principal, officeLevel);
    const { roles } = await requireRole(
      services,
      account.id,
      'system-administrator',
      'security-administrator',
    );
    const departments = new Map(
      (await allDepartments(services.database)).map((one) => [one.creditCode, one.name]),
    );
    const kinds = twoPersonKinds.filter((kind) =>
      twoPersonTable[kind].asks.some((role) => roles.includes(role)),
    );
    const open = await twoPersonRequests(services, { open: true, limit: 100 });
    const officers = await officersOf(services, null);
    const offices = await officesOf(
      services,
      officers.map((one) => one.account),
    );
    const shown = await shownActors(
      services,
      principal.department,
      open.flatMap((one) => [one.requestedBy, one.subject]),
    );
    return html(
      200,
      renderAdministration(frameOf(services, session), {
        places: await placesFor(services, account.id, []),
        requests: open.map((one) => {
          const may =
            one.requestedBy === account.id
              ? 'withdraw'
              : one.subject !== account.id &&
                  twoPersonTable[one.kind].decides.some((role) => roles.includes(role))
                ? 'decide'
                : 'look';
          return requestView(one, may, shown);
        }),
        officers: officers.map((one) => ({
          account: one.account,
          name: nameOf(offices.get(one.account) ?? [], one.department, principal.department),
          department: departments.get(one.department) ?? one.department,
          roles: one.roles.map((role) => roleTable[role]),
        })),
        kinds: kinds.map((value) => ({ value, words: twoPersonTable[value] })),
        roles: officerRoles.map((value) => ({ value, words: roleTable[value] })),
        departments: [...departments].map(([value, zh]) => ({ value, words: { zh, en: '' } })),
      }),
    );
  },
});

/** Of an officer of the reader's own department the name; of others what lists may show of it. */
function nameOf(offices: readonly NamedOffice[], department: string, reader: string | null): string {
  const name = offices.find((office) => office.department.creditCode === department)?.name ?? null;
  if (name === null) return '—';
  return department === reader ? name : maskName(name);
}

function requestView(one: TwoPersonRequest, may: RequestView['may'], shown: ActorsShown): RequestView {
  return {
    id: one.id,
    words: twoPersonTable[one.kind],
    parameters: Object.entries(one.parameters).map(([name, value]) => parameterWords(name, value)),
    requestedBy: shown(one.requestedBy),
    subject: one.subject === null ? null : shown(one.subject),
    purpose: one.purpose,
    requestedAt: one.requestedAt.toISOString(),
    expiresAt: one.expiresAt.toISOString(),
    may,
  };
}

function parameterWords(name: string, value: string): Words {
  const role = name === 'role' ? roleNamed(value) : null;
  return role === null ? { zh: value, en: '' } : { zh: roleTable[role].zh, en: roleTable[role].en };
}

const ask = route({
  method: 'post',
  path: '/office/administration',
  tag,
  summary: 'Ask for what needs two persons',
  access: page,
  body: formBody(
    z.object({
      ...token,
      kind: z.enum(twoPersonKinds),
      subject: optionalText(40),
      role: optionalText(40),
      department: optionalText(18),
      detail: optionalText(200),
      purpose: words,
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    const { kind, subject, purpose, role, department, detail } = call.body;
    const given: Readonly<Record<string, string | null>> = { role, department };
    // A kind names its own parameters; the free one is whichever is neither a role nor a department.
    const parameters = Object.fromEntries(
      twoPersonTable[kind].parameters.map((name) => [name, (name in given ? given[name] : detail) ?? '']),
    );
    await askTwoPersons(services.people, principal, { by: account.id, kind, subject, parameters, purpose });
    return seeOther('/office/administration');
  },
});

const approve = route({
  method: 'post',
  path: '/office/administration/{id}/approval',
  tag,
  summary: 'Approve as the second person',
  access: page,
  params,
  body: formBody(z.object(token)),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    await approveTwoPersons(services.people, principal, { by: account.id, id: call.params.id });
    return seeOther('/office/administration');
  },
});

const reject = route({
  method: 'post',
  path: '/office/administration/{id}/rejection',
  tag,
  summary: 'Reject as the second person',
  access: page,
  params,
  body: formBody(z.object({ ...token, reason: words })),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    const decision = { by: account.id, id: call.params.id, reason: call.body.reason };
    await rejectTwoPersons(services.people, principal, decision);
    return seeOther('/office/administration');
  },
});

const withdraw = route({
  method: 'post',
  path: '/office/administration/{id}/withdrawal',
  tag,
  summary: 'Take an own request back',
  access: page,
  params,
  body: formBody(z.object(token)),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    await withdrawTwoPersons(services.people, principal, { by: account.id, id: call.params.id });
    return seeOther('/office/administration');
  },
});

const audit = route({
  method: 'get',
  path: '/office/audit',
  tag,
  summary: 'The audit, for a purpose; the reading is recorded',
  access: page,
  query: z.object({ purpose: optionalText(200), request: optionalText(100) }),
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { account, principal } = await peopleCaller(services, session.principal, officeLevel);
    await requireRole(services, account.id, 'audit-administrator');
    const { purpose, request } = call.query;
    const reading = { by: account.id, before: null, subject: request, action: null };
    const rows =
      purpose === null ? null : await readAudit(services.people, principal, { ...reading, purpose });
    // What somebody did for a department is told by name; what they did for themselves is not.
    const acting = (rows ?? []).flatMap((row) => (row.department === null ? [] : [row.actor]));
    const shown = await shownActors(services, principal.department, acting);
    return html(
      200,
      renderAudit(frameOf(services, session), {
        places: await placesFor(services, account.id, []),
        rows:
          rows?.map((row) => ({
            at: row.at.toISOString(),
            actor: row.department === null ? unnamedActor(row.actor) : shown(row.actor),
            department: row.department?.name ?? null,
            action: row.action,
            subject: row.subject,
            details: Object.entries(row.details)
              .map(([name, value]) => `${name}: ${value}`)
              .join('；'),
          })) ?? null,
      }),
    );
  },
});

/** Who sends a form of these pages. @throws ApiError `unauthenticated`, `csrf-refused`; IdentityError of `peopleCaller`. */
export async function sending(
  services: Services,
  call: { readonly cookie: string | undefined; readonly body: { readonly formToken: string } },
): Promise<PeopleCaller> {
  const session = await requireSession(services, call.cookie);
  requireFormToken(session.formToken, call.body.formToken);
  return peopleCaller(services, session.principal, officeLevel);
}

export const administrationPageRoutes: readonly Route[] = [
  administration,
  ask,
  approve,
  reject,
  withdraw,
  audit,
];
