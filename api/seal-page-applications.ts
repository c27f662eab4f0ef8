// Applications on the seal office's pages: a new seal, its change, one made elsewhere, and what two persons decide besides.
import { z } from 'zod';
import { allForeign } from '../ca/foreign-store.ts';
import { toBase64 } from '../formats/bytes.ts';
import { departmentByCode } from '../identity/departments.ts';
import {
  applyForSeal,
  approveApplication,
  rejectApplication,
  sealApplication,
} from '../signing/seal-applications.ts';
import { requiredSeal } from '../signing/seal-register.ts';
import { departmentOf } from '../signing/seal-use.ts';
import { renderSealApplication } from '../web/pages/seal-application.ts';
import { renderSealForm } from '../web/pages/seal-form.ts';
import { renderTakeIn } from '../web/pages/seal-take-in.ts';
import { ApiError } from './errors.ts';
import { frameOf } from './pages.ts';
import { html, seeOther } from './reply.ts';
import { documentBody, formBody, route, type Route } from './route.ts';
import { applicationFacts, keepersOf } from './seal-application-facts.ts';
import { operationOf } from './seal-applications.ts';
import { checkedOperation, operationForm, operationOfForm, wordsIn } from './seal-forms.ts';
import {
  formPurpose,
  formSession,
  formToken,
  lineOf,
  may,
  newKey,
  officeSession,
  ownSeal,
  pageAccess,
  pageReply,
  redirect,
  sealPagesTag,
  sealParams,
  typeChoices,
} from './seal-page-parts.ts';
import { shownActors } from './shown-actors.ts';

const applicationParams = z.object({ id: z.string().regex(/^sap_[0-9a-f]{32}$/) });
/** A SESeal with a picture in it. */
const sealFileLimit = 512 * 1024;

const newSeal = route({
  method: 'get',
  path: '/seal-application',
  tag: sealPagesTag,
  summary: 'The form for a new seal',
  access: pageAccess,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const department = await departmentByCode(services.database, departmentOf(session.principal));
    return html(
      200,
      renderSealForm(frameOf(services, session), {
        department: department?.name ?? '',
        types: typeChoices(),
        idempotencyKey: newKey(services),
        change: null,
      }),
    );
  },
});

const changeSeal = route({
  method: 'get',
  path: '/seals/{seal}/change',
  tag: sealPagesTag,
  summary: 'The form for the change of a seal',
  access: pageAccess,
  params: sealParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const seal = await ownSeal(services, session, call.params.seal);
    return html(
      200,
      renderSealForm(frameOf(services, session), {
        department: seal.departmentName,
        types: typeChoices(),
        idempotencyKey: newKey(services),
        change: {
          code: seal.code,
          name: seal.name,
          type: seal.type,
          pictureName: seal.picture.name,
          picturePurpose: seal.picture.purpose ?? '',
          keepers: seal.keepers,
          approvalsNeeded: seal.approvalsNeeded,
        },
      }),
    );
  },
});

const takeIn = route({
  method: 'get',
  path: '/seal-take-in',
  tag: sealPagesTag,
  summary: 'The form for a seal that was made elsewhere',
  access: pageAccess,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const department = departmentOf(session.principal);
    const credentials = await allForeign(services.database.reader);
    return html(
      200,
      renderTakeIn(frameOf(services, session), {
        credentials: credentials
          .filter((each) => each.department === department && each.state === 'active')
          .map(({ id, authorityName, serial, keyPlace, server, serverKey, notAfter }) => ({
            id,
            authority: authorityName,
            serial: serial ?? '',
            key: keyPlace === 'server' ? `${server ?? ''}/${serverKey ?? ''}` : null,
            validUntil: notAfter?.toISOString() ?? null,
          })),
        idempotencyKey: newKey(services),
      }),
    );
  },
});

const takeInApply = route({
  method: 'post',
  path: '/seal-take-in',
  tag: sealPagesTag,
  summary: 'Applying for the use of a seal that was made elsewhere',
  access: pageAccess,
  body: documentBody(
    z.object({
      formToken,
      idempotencyKey: z.string().regex(/^[\x21-\x7e]{1,100}$/),
      credential: z.string().max(100),
      keepers: z.string().max(2000),
      approvalsNeeded: z.coerce.number(),
      purpose: formPurpose,
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const { fields, document } = call.body;
    const session = await formSession(services, call.cookie, fields.formToken, null);
    if (document.bytes === null || document.size > sealFileLimit)
      throw new ApiError('body-too-large', `A SESeal has at most ${sealFileLimit / 1024} KiB.`);
    const given = checkedOperation({
      kind: 'take-in',
      eseal: toBase64(document.bytes),
      credential: fields.credential,
      keepers: wordsIn(fields.keepers),
      approvalsNeeded: fields.approvalsNeeded,
    });
    const made = await applyForSeal(services.seals, session.principal, {
      operation: await operationOf(services, session.principal, given),
      purpose: fields.purpose,
      idempotencyKey: fields.idempotencyKey,
    });
    return seeOther(`/seal-applications/${made.id}`);
  },
});

const apply = route({
  method: 'post',
  path: '/seal-applications',
  tag: sealPagesTag,
  summary: 'Applying for a seal, its change or an authorisation',
  access: pageAccess,
  body: formBody(operationForm),
  replies: redirect,
  async handle(services, call) {
    const session = await formSession(services, call.cookie, call.body.formToken, null);
    const { principal } = session;
    const current = call.body.kind === 'change' ? await ownSeal(services, session, call.body.seal) : null;
    const given = operationOfForm(call.body, services.clock(), current?.picture ?? null);
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
  tag: sealPagesTag,
  summary: 'One seal application',
  access: pageAccess,
  params: applicationParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await officeSession(services, call.cookie);
    const { principal } = session;
    const found = await sealApplication(services, principal, call.params.id);
    const seal = found.sealId === null ? null : await requiredSeal(services.database.reader, found.sealId);
    const shown = await shownActors(services, principal.department, [
      found.requestedBy,
      found.decidedBy,
      ...keepersOf(found.parameters),
    ]);
    return html(
      200,
      renderSealApplication(frameOf(services, session), {
        ...lineOf(found, shown),
        sealCode: seal?.code ?? null,
        picture: 'picture' in found.parameters ? `/seal-applications/${found.id}/picture.svg` : null,
        facts: applicationFacts(found.parameters, shown),
        decidedBy: found.decidedBy === null ? null : shown(found.decidedBy),
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
  tag: sealPagesTag,
  summary: 'Deciding a seal application',
  access: pageAccess,
  params: applicationParams,
  body: formBody(
    z.object({
      formToken,
      decision: z.enum(['approve', 'reject']),
      reason: z.string().trim().max(200).default(''),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const session = await formSession(services, call.cookie, call.body.formToken, null);
    const { id } = call.params;
    if (call.body.decision === 'approve') await approveApplication(services.seals, session.principal, id);
    else await rejectApplication(services.seals, session.principal, id, call.body.reason);
    return seeOther(`/seal-applications/${id}`);
  },
});

export const sealPageApplicationRoutes: readonly Route[] = [
  newSeal,
  changeSeal,
  takeIn,
  takeInApply,
  apply,
  oneApplication,
  decide,
];
