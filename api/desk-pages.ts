// Pages of officers who work on people: the proofing desk and the second look.
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import { documentTypes, documentWords } from '../identity/identity-documents.ts';
import { officerOf } from '../identity/officers.ts';
import { confirmCase, proposeCase, readCase, rejectCase, waitingCases } from '../identity/proofing-desk.ts';
import { renderCase, renderDesk } from '../web/pages/people/proofing.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { officeLevel, peopleCaller, type PeopleCaller } from './people-caller.ts';
import { placesFor } from './people-places.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { optionalText } from './schemas.ts';
import type { Services } from './services.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const token = { formToken: z.string().max(100) };
const params = z.object({ id: z.string().regex(/^pcs_[0-9a-f]{32}$/) });

const desk = route({
  method: 'get',
  path: '/office/proofing',
  tag,
  summary: 'The proofing desk',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { account } = await peopleCaller(services, session.principal, officeLevel);
    const cases = await waitingCases(services.people, account.id);
    const roles = (await officerOf(services, account.id))?.roles ?? [];
    return html(
      200,
      renderDesk(frameOf(services, session), {
        places: await placesFor(services, account.id, []),
        mayPropose: roles.includes('window-officer'),
        mayConfirm: roles.includes('window-supervisor'),
        documentTypes: documentTypes.map((value) => ({ value, words: documentWords[value] })),
        cases: cases.map(({ id, kind, name, number, proposedAt, by }) => ({
          id,
          kind,
          name,
          number,
          proposedAt: proposedAt.toISOString(),
          own: by === account.id,
        })),
      }),
    );
  },
});

const propose = route({
  method: 'post',
  path: '/office/proofing',
  tag,
  summary: 'Propose a proofing',
  access: page,
  body: formBody(
    z.object({
      ...token,
      kind: z.enum(['proofing', 'recovery', 'merge', 'guardianship']),
      type: z.enum(documentTypes),
      name: z.string().min(1).max(80),
      number: z.string().min(1).max(40),
      expires: optionalText(10),
      birthDate: optionalText(10),
      reader: z.enum(['chip', 'eye']),
      reference: z.string().min(1).max(60),
      showing: optionalText(100),
      about: optionalText(60),
      alsoType: z.enum(documentTypes).optional(),
      alsoName: optionalText(80),
      alsoNumber: optionalText(40),
      alsoExpires: optionalText(10),
      alsoBirthDate: optionalText(10),
      livePerson: z.literal('yes'),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    const { kind, showing, about, type, name, number, expires, birthDate, reader, reference } = call.body;
    const seen = { type, name, number, expires, birthDate, reader, reference, livePerson: true };
    const { alsoType, alsoName, alsoNumber, alsoExpires, alsoBirthDate } = call.body;
    const also =
      alsoNumber === null || alsoType === undefined
        ? null
        : {
            ...seen,
            type: alsoType,
            number: alsoNumber,
            name: alsoName ?? name,
            expires: alsoExpires,
            birthDate: alsoBirthDate,
          };
    await proposeCase(services.people, principal, { by: account.id, kind, seen, also, showing, about });
    return seeOther('/office/proofing');
  },
});

const look = route({
  method: 'get',
  path: '/office/proofing/{id}',
  tag,
  summary: 'The second look; the reading is recorded',
  access: page,
  params,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const { account, principal } = await peopleCaller(services, session.principal, officeLevel);
    const one = await readCase(services.people, principal, { by: account.id, id: call.params.id });
    const { seen, also, wanghao } = one.details;
    return html(
      200,
      renderCase(frameOf(services, session), {
        places: await placesFor(services, account.id, []),
        id: call.params.id,
        kind: one.kind,
        document: documentWords[seen.type],
        number: seen.number,
        name: seen.name,
        birthDate: seen.birthDate,
        expires: seen.expires,
        reader: seen.reader,
        reference: seen.reference,
        wanghao: wanghao !== null,
        also: also === undefined || also === null ? null : { ...also, document: documentWords[also.type] },
        proposedAt: one.proposedAt.toISOString(),
      }),
    );
  },
});

const confirm = route({
  method: 'post',
  path: '/office/proofing/{id}/confirmation',
  tag,
  summary: 'Confirm a proofing',
  access: page,
  params,
  body: formBody(z.object(token)),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    await confirmCase(services.people, principal, { by: account.id, id: call.params.id });
    return seeOther('/office/proofing');
  },
});

const reject = route({
  method: 'post',
  path: '/office/proofing/{id}/rejection',
  tag,
  summary: 'Reject a proofing',
  access: page,
  params,
  body: formBody(z.object({ ...token, reason: z.string().trim().min(1).max(300) })),
  replies: redirect,
  async handle(services, call) {
    const { account, principal } = await sending(services, call);
    const { reason } = call.body;
    await rejectCase(services.people, principal, { by: account.id, id: call.params.id, reason });
    return seeOther('/office/proofing');
  },
});

async function sending(
  services: Services,
  call: { readonly cookie: string | undefined; readonly body: { readonly formToken: string } },
): Promise<PeopleCaller> {
  const session = await requireSession(services, call.cookie);
  requireFormToken(session.formToken, call.body.formToken);
  // Somebody who acts for an enterprise is not at their desk.
  if (session.principal.actingFor !== null)
    throw new IdentityError('role-missing', 'Acting for an enterprise nobody is at a desk.');
  return peopleCaller(services, session.principal, officeLevel);
}

export const deskPageRoutes: readonly Route[] = [desk, propose, look, confirm, reject];
