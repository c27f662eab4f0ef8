// License types over HTTP: the public catalogue with its editions, and the drafts of type officers.
import { z } from 'zod';
import type { Principal } from '../identity/principal.ts';
import { documentOf } from '../licenses/type-document.ts';
import type { TypeDraft } from '../licenses/type-draft-store.ts';
import {
  decideDraft,
  discardDraft,
  editDraft,
  publishDraft,
  readDraft,
  readDrafts,
  startDraft,
  submitDraft,
  type SeenDraft,
} from '../licenses/type-draft.ts';
import { previewPdf } from '../licenses/type-preview.ts';
import { editionsOf, licenseTypeEdition, licenseTypeNamed, licenseTypes } from '../licenses/type-register.ts';
import { typeSchema } from '../licenses/type-schema.ts';
import type { LicenseType } from '../licenses/type.ts';
import { ApiError } from './errors.ts';
import { licenseTypeAnswer } from './license-schemas.ts';
import { bytes, json, type Reply } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { digest, instant } from './schemas.ts';
import type { Services } from './services.ts';
import { principalOf } from './stamps.ts';

const tag = '证照类型 License types';
const reading = { kind: 'public', rate: 'reading' } as const;
const officers = withScope('licenses:types');
const definition = z.looseObject({}).describe('A definition: GET /api/v1/license-type-schema says its form.');
const typeParams = z.object({ type: z.string().regex(/^(?:[0-9A-Z]{21}|[a-z][a-z0-9-]{1,40})$/) });
const draftParams = z.object({ id: z.string().regex(/^ltd_[0-9a-f]{32}$/) });
const revision = z
  .int()
  .min(1)
  .describe('The revision you saw: a draft that was changed meanwhile is refused.');
const note = z.string().trim().max(300).optional();
const fill = z.object({ fill: z.enum(['typical', 'longest']).default('typical') });

/** What a list of types says of one. */
function typeAnswer(type: LicenseType): z.input<typeof licenseTypeAnswer> {
  const { typeCode: code, edition, key, name, englishName, mark, issuer, supervisor } = type;
  const { number, fields, validity, publicStatus, matters, holderKinds } = type;
  return {
    code,
    edition,
    key,
    name,
    englishName,
    mark,
    issuer,
    supervisor,
    matters: [...matters],
    holderKinds: [...holderKinds],
    number,
    fields,
    face: documentOf(type).face,
    validity,
    publicStatus,
  };
}

const list = route({
  method: 'get',
  path: '/api/v1/license-types',
  tag,
  summary: 'The license types of this installation: schema of the face, issuing authority, lifetime, rules',
  access: reading,
  replies: [
    {
      status: 200,
      description: 'Newest edition of each.',
      content: { 'application/json': z.object({ types: z.array(licenseTypeAnswer) }) },
    },
  ],
  async handle(services) {
    return json(200, { types: (await licenseTypes(services.database.reader)).map(typeAnswer) });
  },
});

const one = route({
  method: 'get',
  path: '/api/v1/license-types/{type}',
  tag,
  summary: 'The definition of one type, by code or key: its newest edition, or the one asked for',
  access: reading,
  params: typeParams,
  query: z.object({ edition: z.coerce.number().int().min(1).max(9999).optional() }),
  replies: [{ status: 200, description: 'The definition.', content: { 'application/json': definition } }],
  async handle(services, { params, query }) {
    const { reader } = services.database;
    const newest = await licenseTypeNamed(reader, params.type);
    const type =
      query.edition === undefined ? newest : await licenseTypeEdition(reader, newest.typeCode, query.edition);
    return json(200, documentOf(type));
  },
});

const editionAnswer = z.object({
  edition: z.int(),
  publishedAt: instant,
  draft: z.string().nullable().describe('The draft it was published from.'),
});

const editions = route({
  method: 'get',
  path: '/api/v1/license-types/{type}/editions',
  tag,
  summary: 'Every edition of one type. A license keeps the edition it was issued under',
  access: reading,
  params: typeParams,
  replies: [
    {
      status: 200,
      description: 'The first one first.',
      content: { 'application/json': z.object({ editions: z.array(editionAnswer) }) },
    },
  ],
  async handle(services, { params }) {
    const { reader } = services.database;
    const { typeCode } = await licenseTypeNamed(reader, params.type);
    const all = await editionsOf(reader, typeCode);
    return json(200, {
      editions: all.map(({ type, publishedAt, draft }) => ({
        edition: type.edition,
        publishedAt: publishedAt.toISOString(),
        draft,
      })),
    });
  },
});

const schema = route({
  method: 'get',
  path: '/api/v1/license-type-schema',
  tag,
  summary: 'The form of a definition, as JSON Schema 2020-12',
  access: reading,
  replies: [
    {
      status: 200,
      description: 'The schema.',
      content: { 'application/json': z.looseObject({}) },
    },
  ],
  handle: () => Promise.resolve(json(200, typeSchema)),
});

const draftAnswer = z.object({
  id: z.string(),
  type: z.object({ code: z.string(), key: z.string(), name: z.string() }),
  edition: z.int(),
  revision: z.int(),
  state: z.enum(['draft', 'submitted', 'approved', 'published', 'discarded']),
  editedBy: z.string(),
  editedAt: instant,
  submittedBy: z.string().nullable(),
  approvedBy: z.string().nullable(),
});

function draftAnswerOf(draft: TypeDraft): z.input<typeof draftAnswer> {
  const { id, typeCode, type, edition, state, editedBy, editedAt, submittedBy, approvedBy } = draft;
  return {
    id,
    type: { code: typeCode, key: type.key, name: type.name },
    edition,
    revision: draft.revision,
    state,
    editedBy,
    editedAt: editedAt.toISOString(),
    submittedBy,
    approvedBy,
  };
}

const drafted = (status: number, description: string) =>
  [{ status, description, content: { 'application/json': draftAnswer } }] as const;

const start = route({
  method: 'post',
  path: '/api/v1/license-type-drafts',
  tag,
  summary: 'Start the next edition of a type, from its newest one or from a definition; or a new type',
  access: officers,
  body: jsonBody(
    z.strictObject({ type: z.string().length(21).optional(), definition: definition.optional() }),
  ),
  replies: drafted(201, 'Started.'),
  async handle(services, { principal, body }) {
    if ((body.type === undefined) === (body.definition === undefined))
      throw new ApiError('request-invalid', 'The body does not hold: either type or definition is required.');
    const from =
      body.type === undefined ? { definition: JSON.stringify(body.definition) } : { typeCode: body.type };
    const draft = await startDraft(services, principalOf(principal), from);
    return json(201, draftAnswerOf(draft), { Location: `/api/v1/license-type-drafts/${draft.id}` });
  },
});

const drafts = route({
  method: 'get',
  path: '/api/v1/license-type-drafts',
  tag,
  summary: "The drafts of the officer's department",
  access: officers,
  replies: [
    {
      status: 200,
      description: 'At most 100, the last one edited first.',
      content: { 'application/json': z.object({ drafts: z.array(draftAnswer) }) },
    },
  ],
  async handle(services, { principal }) {
    const found = await readDrafts(services, principalOf(principal));
    return json(200, { drafts: found.map(draftAnswerOf) });
  },
});

const wholeDraft = draftAnswer.extend({
  definition,
  events: z.array(
    z.object({
      sequence: z.int(),
      kind: z.string(),
      actor: z.string(),
      at: instant,
      revision: z.int(),
      definition: digest,
      note: z.string().nullable(),
    }),
  ),
});

const read = route({
  method: 'get',
  path: '/api/v1/license-type-drafts/{id}',
  tag,
  summary: 'One draft: its definition, and all that happened to it',
  access: officers,
  params: draftParams,
  replies: [{ status: 200, description: 'The draft.', content: { 'application/json': wholeDraft } }],
  async handle(services, { principal, params }) {
    const { draft, events } = await readDraft(services, principalOf(principal), params.id);
    return json(200, {
      ...draftAnswerOf(draft),
      definition: documentOf(draft.type),
      events: events.map((event) => ({ ...event, at: event.at.toISOString() })),
    });
  },
});

/** A step with a draft, as a route. */
function stepRoute<S extends z.ZodObject>(
  step: string,
  summary: string,
  body: S,
  take: (services: Services, principal: Principal, seen: SeenDraft, body: z.output<S>) => Promise<TypeDraft>,
): Route {
  return route({
    method: 'post',
    path: `/api/v1/license-type-drafts/{id}/${step}`,
    tag,
    summary,
    access: officers,
    params: draftParams,
    body: jsonBody(body),
    replies: drafted(200, 'The draft as it is now.'),
    async handle(services, { principal, params, body: given }) {
      const seen = { id: params.id, revision: z.int().parse(given['revision']) };
      return json(200, draftAnswerOf(await take(services, principalOf(principal), seen, given)));
    },
  });
}

const edit = stepRoute(
  'definition',
  'Put another definition in place of the draft’s',
  z.strictObject({ revision, definition }),
  (services, principal, seen, body) => editDraft(services, principal, seen, JSON.stringify(body.definition)),
);
const submit = stepRoute(
  'submission',
  'Hand a draft over for the decision of another officer',
  z.strictObject({ revision, note }),
  (services, principal, seen, body) => submitDraft(services, principal, seen, body.note ?? null),
);
const decide = stepRoute(
  'decision',
  'Approve what another officer drafted, or send it back',
  z.strictObject({ revision, decision: z.enum(['approved', 'rejected']), note }),
  (services, principal, seen, body) =>
    decideDraft(services, principal, seen, body.decision, body.note ?? null),
);
const publish = stepRoute(
  'publication',
  'Publish an approved draft as the next edition',
  z.strictObject({ revision }),
  (services, principal, seen) => publishDraft(services, principal, seen),
);
const discard = stepRoute(
  'discard',
  'Give a draft up; what happened to it stays',
  z.strictObject({ revision, note }),
  (services, principal, seen, body) => discardDraft(services, principal, seen, body.note ?? null),
);

/** The preview of a type as an unsigned PDF. */
export async function previewReply(
  services: Services,
  type: LicenseType,
  how: z.output<typeof fill>['fill'],
): Promise<Reply> {
  const { host } = new URL(services.address);
  const place = { host, prefix: `https://${host}/v#`, at: services.clock() };
  const file = await previewPdf(services.licenses.renderer, type, how, place);
  return bytes('application/pdf', file, {
    'Content-Disposition': `inline; filename="${type.key}-${type.edition}-preview.pdf"`,
  });
}

const preview = route({
  method: 'get',
  path: '/api/v1/license-type-drafts/{id}/preview.pdf',
  tag,
  summary: 'A draft with made-up words, as a PDF that is no license: with typical words, or the longest',
  access: officers,
  params: draftParams,
  query: fill,
  replies: [{ status: 200, description: 'The PDF.', content: { 'application/pdf': 'binary' } }],
  async handle(services, { principal, params, query }) {
    const { draft } = await readDraft(services, principalOf(principal), params.id);
    return previewReply(services, draft.type, query.fill);
  },
});

export const licenseTypeRoutes: readonly Route[] = [
  list,
  one,
  editions,
  schema,
  start,
  drafts,
  read,
  edit,
  submit,
  decide,
  publish,
  discard,
  preview,
];
