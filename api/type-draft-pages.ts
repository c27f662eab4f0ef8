// Pages of drafts of license types: what a draft looks like and changes, its forms, and the steps of two officers.
import { z } from 'zod';
import type { PageSession } from '../identity/page-sessions.ts';
import { LicenseError } from '../licenses/errors.ts';
import { documentOf } from '../licenses/type-document.ts';
import { differencesOf } from '../licenses/type-differences.ts';
import type { TypeDraft } from '../licenses/type-draft-store.ts';
import {
  decideDraft,
  discardDraft,
  editDraft,
  publishDraft,
  readDraft,
  startDraft,
  stepsFrom,
  submitDraft,
} from '../licenses/type-draft.ts';
import type { Fill } from '../licenses/type-preview.ts';
import { editionsOf } from '../licenses/type-register.ts';
import type { LicenseType } from '../licenses/type.ts';
import { renderTypeDraft } from '../web/pages/license-type-draft.ts';
import { ApiError } from './errors.ts';
import { previewReply } from './license-types.ts';
import { frameOf, requireFormToken } from './pages.ts';
import { html, seeOther, type Reply } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { shownActors } from './shown-actors.ts';
import { basicsForm, fieldForm, secondPersonChanges, withBasics, withField } from './type-form.ts';
import { officerSession, pictureReply, previewOf } from './type-pages.ts';
import { faceLines } from './type-words.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const svg = [{ status: 200, description: 'SVG.', content: { 'image/svg+xml': 'binary' } }] as const;
const draftParams = z.object({ id: z.string().regex(/^ltd_[0-9a-f]{32}$/) });
const fill = z.object({ fill: z.enum(['typical', 'longest']).default('typical') });
const pageNumber = z.coerce.number().int().min(1).max(30);
const token = { formToken: z.string().max(100) };
const seenForm = { ...token, revision: z.coerce.number().int().min(1) };
const note = z.string().trim().max(300).default('');

/** @throws ApiError `unauthenticated`, `scope-missing` */
async function draftsSession(services: Services, cookie: string | undefined): Promise<PageSession> {
  const session = await officerSession(services, cookie);
  if (!session.principal.scopes.includes('licenses:types'))
    throw new ApiError('scope-missing', 'Drafts are for type officers.');
  return session;
}

async function sending(
  services: Services,
  call: { readonly cookie: string | undefined; readonly body: { readonly formToken: string } },
): Promise<PageSession> {
  const session = await draftsSession(services, call.cookie);
  requireFormToken(session.formToken, call.body.formToken);
  return session;
}

const start = route({
  method: 'post',
  path: '/license-type-drafts',
  tag,
  summary: 'Start a draft: the next edition of a type, or a new type',
  access: page,
  body: formBody(
    z.object({
      ...token,
      type: z
        .string()
        .regex(/^[0-9A-Z]{21}$/)
        .optional(),
      definition: z.string().max(60_000).default(''),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    const { principal } = await sending(services, call);
    const { type, definition } = call.body;
    const draft = await startDraft(
      services,
      principal,
      type === undefined ? { definition } : { typeCode: type },
    );
    return seeOther(`/license-type-drafts/${draft.id}`);
  },
});

/** The draft's page; with what was typed and why it was refused, where an edit did not hold. */
async function draftPage(
  services: Services,
  session: PageSession,
  id: string,
  how: Fill,
  refused: { readonly error: LicenseError; readonly definition: string } | null = null,
): Promise<Reply> {
  const { principal } = session;
  const { draft, events } = await readDraft(services, principal, id);
  const { type, state } = draft;
  const steps = stepsFrom(state);
  const before = (await editionsOf(services.database.reader, draft.typeCode)).at(-1)?.type ?? null;
  const worked = events.some(
    ({ actor, kind }) => actor === principal.id && kind !== 'approved' && kind !== 'rejected',
  );
  const acting = events.map(({ actor }) => actor);
  const shown = await shownActors(services, principal.department, acting);
  return html(
    refused === null ? 200 : 422,
    renderTypeDraft(frameOf(services, session), {
      id,
      code: draft.typeCode,
      name: { zh: type.name, en: type.englishName },
      edition: draft.edition,
      revision: draft.revision,
      state,
      steps: steps.filter((step) => step !== 'approved' || !worked),
      mayDecide: !worked,
      fill: how,
      preview: await previewOf(services, type, how),
      basics: basicsOf(type),
      fields: faceLines(type),
      definition: refused?.definition ?? JSON.stringify(documentOf(type), null, 1),
      refusals: refused === null ? [] : refusalsOf(refused.error),
      differences: before === null ? null : differencesOf(before, type).slice(0, 200),
      events: events.map(({ kind, actor, at, note: said }) => ({
        kind,
        actor: actor === principal.id ? null : shown(actor),
        at: at.toISOString(),
        note: said,
      })),
    }),
  );
}

function refusalsOf(error: LicenseError): readonly string[] {
  const { complaints, message } = error;
  return complaints.length === 0 ? [message] : complaints.map(({ field, reason }) => `${field}: ${reason}`);
}

function basicsOf(type: LicenseType): Parameters<typeof renderTypeDraft>[1]['basics'] {
  const { validity, inspection, renewal, secondPerson = [] } = type;
  return {
    name: type.name,
    englishName: type.englishName,
    numberLabel: type.number.label,
    numberPattern: type.number.pattern,
    matters: type.matters.join(' '),
    seals: type.seals.join(' '),
    validity: validity.kind,
    years: validity.kind === 'years' ? validity.years : validity.kind === 'given' ? validity.maximumYears : 0,
    renewalDays: renewal?.daysBefore ?? 0,
    renewalBasis: renewal?.basis ?? '',
    inspectionName: inspection?.name ?? '',
    inspectionMonths: inspection?.everyMonths ?? 0,
    inspectionGrace: inspection?.graceDays ?? 0,
    inspectionOutcomes: (inspection?.outcomes ?? []).join('、'),
    inspectionBasis: inspection?.basis ?? '',
    retention: type.retention ?? 'license-standard',
    secondPerson: secondPersonChanges.map((change) => ({ change, ticked: secondPerson.includes(change) })),
  };
}

const oneDraft = route({
  method: 'get',
  path: '/license-type-drafts/{id}',
  tag,
  summary: 'One draft: its pages, its definition, what it changes, and what may be done with it',
  access: page,
  params: draftParams,
  query: fill,
  replies: pageReply,
  async handle(services, call) {
    const session = await draftsSession(services, call.cookie);
    return draftPage(services, session, call.params.id, call.query.fill);
  },
});

const draftPicture = route({
  method: 'get',
  path: '/license-type-drafts/{id}/pages/{page}',
  tag,
  summary: 'A page of a draft with made-up words, as a picture',
  access: page,
  params: draftParams.extend({ page: pageNumber }),
  query: fill,
  replies: svg,
  async handle(services, call) {
    const { principal } = await draftsSession(services, call.cookie);
    const { draft } = await readDraft(services, principal, call.params.id);
    return pictureReply(services, draft.type, call.query.fill, call.params.page);
  },
});

const draftPdf = route({
  method: 'get',
  path: '/license-type-drafts/{id}/preview.pdf',
  tag,
  summary: 'A draft with made-up words, as a PDF that is no license',
  access: page,
  params: draftParams,
  query: fill,
  replies: [{ status: 200, description: 'The PDF.', content: { 'application/pdf': 'binary' } }],
  async handle(services, call) {
    const { principal } = await draftsSession(services, call.cookie);
    const { draft } = await readDraft(services, principal, call.params.id);
    return previewReply(services, draft.type, call.query.fill);
  },
});

/** An edit by a form; one that does not hold comes back with its reasons and what was typed. */
function editRoute<S extends z.ZodObject>(
  step: string,
  summary: string,
  body: S,
  definitionOf: (draft: TypeDraft, form: z.output<S>) => string,
): Route {
  return route({
    method: 'post',
    path: `/license-type-drafts/{id}/${step}`,
    tag,
    summary,
    access: page,
    params: draftParams,
    body: formBody(body),
    replies: redirect,
    async handle(services, call) {
      const { id } = call.params;
      const seen = z.object(seenForm).parse(call.body);
      const session = await sending(services, { cookie: call.cookie, body: seen });
      const { draft } = await readDraft(services, session.principal, id);
      const definition = definitionOf(draft, call.body);
      try {
        await editDraft(services, session.principal, { id, revision: seen.revision }, definition);
      } catch (error) {
        const wrong =
          error instanceof LicenseError &&
          (error.code === 'type-invalid' || error.code === 'template-invalid');
        if (!wrong) throw error;
        return draftPage(services, session, id, 'typical', { error, definition });
      }
      return seeOther(`/license-type-drafts/${id}`);
    },
  });
}

const editBasics = editRoute(
  'basics',
  'Change names, rules and rights of a draft',
  basicsForm,
  ({ type }, form) => withBasics(type, form),
);
const addField = editRoute('fields', 'Add a field to the face of a draft', fieldForm, ({ type }, form) =>
  withField(type, form),
);
const editDefinition = editRoute(
  'definition',
  'Put another definition in place of the draft’s',
  z.object({ ...seenForm, definition: z.string().max(60_000) }),
  (_, { definition }) => definition,
);

function stepRoute<S extends z.ZodObject>(
  step: string,
  summary: string,
  body: S,
  take: (
    services: Services,
    session: PageSession,
    seen: { readonly id: string; readonly revision: number },
    form: z.output<S>,
  ) => Promise<unknown>,
): Route {
  return route({
    method: 'post',
    path: `/license-type-drafts/{id}/${step}`,
    tag,
    summary,
    access: page,
    params: draftParams,
    body: formBody(body),
    replies: redirect,
    async handle(services, call) {
      const { id } = call.params;
      const seen = z.object(seenForm).parse(call.body);
      const session = await sending(services, { cookie: call.cookie, body: seen });
      await take(services, session, { id, revision: seen.revision }, call.body);
      return seeOther(`/license-type-drafts/${id}`);
    },
  });
}

const submit = stepRoute(
  'submission',
  'Hand a draft over for the decision of another officer',
  z.object({ ...seenForm, note }),
  (services, { principal }, seen, form) => submitDraft(services, principal, seen, form.note),
);
const decide = stepRoute(
  'decision',
  'Approve what another officer drafted, or send it back',
  z.object({ ...seenForm, decision: z.enum(['approved', 'rejected']), note }),
  (services, { principal }, seen, form) => decideDraft(services, principal, seen, form.decision, form.note),
);
const publish = stepRoute(
  'publication',
  'Publish an approved draft',
  z.object(seenForm),
  (services, { principal }, seen) => publishDraft(services, principal, seen),
);
const discard = stepRoute(
  'discard',
  'Give a draft up',
  z.object({ ...seenForm, note }),
  (services, { principal }, seen, form) => discardDraft(services, principal, seen, form.note),
);

export const typeDraftPageRoutes: readonly Route[] = [
  start,
  oneDraft,
  draftPicture,
  draftPdf,
  editBasics,
  addField,
  editDefinition,
  submit,
  decide,
  publish,
  discard,
];
