// The holder's pages of copies for a purpose.
import { z } from 'zod';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import { allDepartments } from '../identity/departments.ts';
import { readOwnLicense } from '../licenses/access.ts';
import { copiesOfHolder, endCopy } from '../licenses/copy-access.ts';
import type { LicenseCopy } from '../licenses/copy-store.ts';
import { LONGEST_DAYS } from '../licenses/copy-check.ts';
import { makeCopy } from '../licenses/copy.ts';
import { beijingDay } from '../licenses/face.ts';
import { typesOfHolder } from '../licenses/search.ts';
import { holderFields } from '../licenses/shown-fields.ts';
import { licenseTypeNamed } from '../licenses/type-register.ts';
import { renderCopies, renderCopyForm } from '../web/pages/copies.ts';
import { copyFor, copyParams, copyPdf, ownReading } from './license-copies.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { licenseId } from './presentations.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { fieldBoxes, fieldsTicked, namesOf } from './showing-answers.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const formToken = z.string().max(100);
const licenseParams = z.object({ id: licenseId });
const day = 86_400_000;

const form = route({
  method: 'get',
  path: '/licenses/{id}/copies',
  tag,
  summary: 'The form for a copy for a purpose',
  access: page,
  params: licenseParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const reading = await ownReading(services, session.principal);
    const license = await readOwnLicense(services.licenses, reading, call.params.id);
    const type = await licenseTypeNamed(services.database.reader, license.typeCode);
    const departments = await allDepartments(services.database);
    const now = services.clock();
    const longest = beijingDay(new Date(now.getTime() + LONGEST_DAYS * day));
    const until = license.validUntil;
    return html(
      200,
      renderCopyForm(frameOf(services, session), {
        license: license.id,
        typeName: { zh: type.name, en: type.englishName },
        departments: departments.map(({ creditCode, name }) => ({
          value: creditCode,
          words: { zh: name, en: '' },
        })),
        matters: [...services.matterNames].map(([value, words]) => ({ value, words })),
        fields: holderFields(type).map(({ name, label, englishLabel }) => ({
          value: name,
          words: { zh: label, en: englishLabel },
        })),
        first: beijingDay(now),
        last: until !== null && until < longest ? until : longest,
        idempotencyKey: encodeBase64url(services.random(16)),
      }),
    );
  },
});

const make = route({
  method: 'post',
  path: '/licenses/{id}/copies',
  tag,
  summary: 'Make a copy for a purpose',
  access: page,
  params: licenseParams,
  body: formBody(
    z
      .object({
        formToken,
        idempotencyKey: z.string().max(100),
        department: z.string().regex(/^[0-9A-Z]{18}$/),
        matter: z.string().regex(/^[\x21-\x7e]{1,31}$/),
        until: z.iso.date(),
        agreed: z.literal('yes'),
      })
      .catchall(fieldBoxes),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { department, matter, until, idempotencyKey } = call.body;
    await makeCopy(services.licenses, {
      ...(await ownReading(services, session.principal)),
      idempotencyKey,
      license: call.params.id,
      grant: await copyFor(services, { department, matter, until }),
      fields: fieldsTicked(call.body),
    });
    return seeOther('/my/copies');
  },
});

function stateOf(copy: LicenseCopy, now: Date): 'good' | 'over' | 'taken-back' {
  if (copy.endedAt !== null) return 'taken-back';
  return copy.expiresAt <= now ? 'over' : 'good';
}

const list = route({
  method: 'get',
  path: '/my/copies',
  tag,
  summary: 'One’s own copies',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const reading = await ownReading(services, session.principal);
    const names = await namesOf(services);
    const types = await typesOfHolder(services.licenses, reading);
    const copies = await copiesOfHolder(services.licenses, reading);
    return html(
      200,
      renderCopies(frameOf(services, session), {
        copies: copies.map((copy) => ({
          id: copy.id,
          typeName: names.type(types.get(copy.license) ?? ''),
          grantNumber: copy.grantNumber,
          department: names.department(copy.department),
          matter: names.matter(copy.matter),
          fields: copy.fields.map((name) => names.field(name)),
          made: beijingDay(copy.madeAt),
          // The first instant at which it is no longer good belongs to the day after.
          until: beijingDay(new Date(copy.expiresAt.getTime() - 1)),
          state: stateOf(copy, services.clock()),
        })),
      }),
    );
  },
});

const document = route({
  method: 'get',
  path: '/my/copies/{id}/document',
  tag,
  summary: 'The sealed PDF of a copy',
  access: page,
  params: copyParams,
  replies: [{ status: 200, description: 'The PDF.', content: { 'application/pdf': 'binary' } }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    return copyPdf(services, session.principal, call.params.id);
  },
});

const end = route({
  method: 'post',
  path: '/my/copies/{id}/end',
  tag,
  summary: 'Take a copy back',
  access: page,
  params: copyParams,
  body: formBody(z.object({ formToken })),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await endCopy(services.licenses, await ownReading(services, session.principal), call.params.id);
    return seeOther('/my/copies');
  },
});

export const copyPageRoutes: readonly Route[] = [form, make, list, document, end];
