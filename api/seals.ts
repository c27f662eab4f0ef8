// Seals of the caller's department: what they are, what they were, every use of them, and stopping one at once.
import { z } from 'zod';
import { drawSeal } from '../signing/seal-picture/draw-seal.ts';
import { svgPicture } from '../signing/seal-picture/svg.ts';
import { currentEdition, editionsOf } from '../signing/seal-edition.ts';
import { changeSealState, fileSeal, sealFor, sealsOf } from '../signing/seal-register.ts';
import { stateHistory } from '../signing/seal-store.ts';
import { sealTypes, type Seal } from '../signing/seal.ts';
import { SigningError } from '../signing/errors.ts';
import { usesOf, type SealUse } from '../signing/use-record.ts';
import { purpose } from './ca-schemas.ts';
import { bytes, json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { digest, instant, sealId } from './schemas.ts';
import { stampId, usesBefore } from './use-schemas.ts';
import type { Services } from './services.ts';
import { principalOf, sealIdOf } from './stamps.ts';
import type { Principal } from '../identity/principal.ts';

const tag = '印章 Seals';
const reading = withScope('seals:read', 'stamps:write', 'seals:apply');
const params = z.object({ seal: sealId });

const sealAnswer = z.object({
  id: z.string(),
  code: z.string().describe('印章编码, 14 digits.'),
  name: z.string(),
  type: z.object({ code: z.string(), name: z.string() }),
  department: z.object({ creditCode: z.string(), name: z.string() }),
  state: z.enum(['made', 'valid', 'frozen', 'lost', 'cancelled']),
  stateSince: instant,
  origin: z.enum(['own', 'foreign']).describe('`foreign`: made elsewhere and taken in.'),
  filing: z.string().nullable().describe('备案编号.'),
  keepers: z.array(z.string()),
  approvalsNeeded: z.int(),
  validFrom: instant,
  validUntil: instant,
  certificate: z.string().describe('Serial number, hex.'),
  pictureUrl: z.url(),
});

/** As the interface tells of a seal. */
function sealAnswerOf(seal: Seal, address: string): z.input<typeof sealAnswer> {
  return {
    id: seal.id,
    code: seal.code,
    name: seal.name,
    type: { code: seal.type, name: sealTypes[seal.type] },
    department: { creditCode: seal.department, name: seal.departmentName },
    state: seal.state,
    stateSince: seal.stateSince.toISOString(),
    origin: seal.origin,
    filing: seal.filingNumber,
    keepers: [...seal.keepers],
    approvalsNeeded: seal.approvalsNeeded,
    validFrom: seal.validFrom.toISOString(),
    validUntil: seal.validUntil.toISOString(),
    certificate: seal.certificateSerial,
    pictureUrl: `${address}/api/v1/seals/${seal.id}/picture.svg`,
  };
}

async function ownSealOf(services: Services, principal: Principal | null, named: string): Promise<Seal> {
  const actor = principalOf(principal);
  const scopes = [...actor.scopes, 'seals:read'];
  return sealFor(services.database.reader, { ...actor, scopes }, await sealIdOf(services, named));
}

const list = route({
  method: 'get',
  path: '/api/v1/seals',
  tag,
  summary: "The own department's seals",
  access: reading,
  replies: [
    {
      status: 200,
      description: 'Every seal.',
      content: { 'application/json': z.object({ seals: z.array(sealAnswer) }) },
    },
  ],
  async handle(services, { principal }) {
    const actor = principalOf(principal);
    const seals = await sealsOf(services.database.reader, {
      ...actor,
      scopes: [...actor.scopes, 'seals:read'],
    });
    return json(200, { seals: seals.map((seal) => sealAnswerOf(seal, services.address)) });
  },
});

const details = sealAnswer.extend({
  history: z.array(z.object({ state: z.string(), since: instant, reason: z.string(), by: z.string() })),
  editions: z.array(
    z.object({
      edition: z.int(),
      madeAt: instant,
      validUntil: instant,
      certificate: z.string(),
      sm2Certificate: z.string().nullable(),
      object: digest.nullable().describe('SM3 of the SESeal.'),
    }),
  ),
});

const read = route({
  method: 'get',
  path: '/api/v1/seals/{seal}',
  tag,
  summary: 'One seal of the own department, with every state and edition it had',
  access: reading,
  params,
  replies: [{ status: 200, description: 'The seal.', content: { 'application/json': details } }],
  async handle(services, call) {
    const seal = await ownSealOf(services, call.principal, call.params.seal);
    const { reader } = services.database;
    const [history, editions] = [await stateHistory(reader, seal.id), await editionsOf(reader, seal.id)];
    return json(200, {
      ...sealAnswerOf(seal, services.address),
      history: history.map((entry) => ({ ...entry, since: entry.since.toISOString() })),
      editions: editions.map((each) => ({
        edition: each.edition,
        madeAt: each.madeAt.toISOString(),
        validUntil: each.validUntil.toISOString(),
        certificate: each.certificateSerial,
        sm2Certificate: each.object?.serial ?? null,
        object: each.object?.digest ?? null,
      })),
    } satisfies z.input<typeof details>);
  },
});

const picture = route({
  method: 'get',
  path: '/api/v1/seals/{seal}/picture.svg',
  tag,
  summary: 'The picture of a seal of the own department',
  access: reading,
  params,
  replies: [
    { status: 200, description: 'The picture in real size.', content: { 'image/svg+xml': 'binary' } },
  ],
  async handle(services, call) {
    const seal = await ownSealOf(services, call.principal, call.params.seal);
    return bytes('image/svg+xml', svgPicture(drawSeal(seal.picture), seal.name));
  },
});

const object = route({
  method: 'get',
  path: '/api/v1/seals/{seal}/object',
  tag,
  summary: 'The SESeal (GB/T 38540-2020) of a seal of the own department, DER (.esl)',
  access: reading,
  params,
  replies: [{ status: 200, description: 'SESeal.', content: { 'application/octet-stream': 'binary' } }],
  async handle(services, call) {
    const seal = await ownSealOf(services, call.principal, call.params.seal);
    const edition = await currentEdition(services.database.reader, seal.id);
    const eseal = edition?.object?.eseal;
    if (eseal === undefined) throw new SigningError('seal-object-missing', 'The seal has no SESeal.');
    return bytes('application/octet-stream', eseal, {
      'Content-Disposition': `attachment; filename="${seal.code}.esl"`,
    });
  },
});

const useAnswer = z.object({
  stamp: z.string(),
  time: instant,
  outcome: z.enum(['intended', 'completed', 'abandoned']),
  client: z.string(),
  requester: z.string(),
  keeper: z.string().nullable(),
  authorisation: z.string().nullable(),
  basis: z.enum(['approved', 'automatic', 'license']),
  approvals: z.array(z.object({ person: z.string(), level: z.int(), at: instant, digest })),
  document: digest,
  result: digest.nullable(),
  matter: z.string().nullable(),
  case: z.string().nullable(),
  edition: z.int(),
  certificate: z.object({ serial: z.string(), status: z.string() }),
  sm2: z.object({ form: z.enum(['ses', 'cms']), certificate: z.string(), object: digest }).nullable(),
  seal: z.object({ state: z.string(), since: instant }).describe('At that second.'),
});

/** As the interface tells of a use. */
function useAnswerOf(use: SealUse): z.input<typeof useAnswer> {
  return {
    stamp: use.stampId,
    time: use.usedAt.toISOString(),
    outcome: use.outcome,
    client: use.client,
    requester: use.requester,
    keeper: use.keeper,
    authorisation: use.authorisation,
    basis: use.basis,
    approvals: use.approvals.map((each) => ({ ...each, at: each.at.toISOString() })),
    document: use.digest,
    result: use.resultDigest,
    matter: use.matter,
    case: use.caseNumber,
    edition: use.edition,
    certificate: { serial: use.certificate, status: use.certificateStatus },
    sm2:
      use.sm2Form === null
        ? null
        : { form: use.sm2Form, certificate: use.sm2Certificate ?? '', object: use.esealDigest ?? '' },
    seal: { state: use.sealState, since: use.stateSince.toISOString() },
  };
}

const uses = route({
  method: 'get',
  path: '/api/v1/seals/{seal}/uses',
  tag,
  summary: 'Every use of a seal of the own department, newest first, also those that came to nothing',
  access: reading,
  params,
  query: z.object({
    before: instant.optional().describe('Only uses before this instant: for the next page.'),
    after: stampId
      .optional()
      .describe('The last stamp of this page, with its instant as `before`: others of that instant too.'),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  replies: [
    {
      status: 200,
      description: 'A page of uses.',
      content: { 'application/json': z.object({ uses: z.array(useAnswer) }) },
    },
  ],
  async handle(services, call) {
    const seal = await ownSealOf(services, call.principal, call.params.seal);
    const found = await usesOf(services.database.reader, seal.id, {
      limit: call.query.limit,
      before: usesBefore(call.query),
    });
    return json(200, { uses: found.map(useAnswerOf) });
  },
});

const stop = route({
  method: 'post',
  path: '/api/v1/seals/{seal}/stop',
  tag,
  summary: 'Freeze a seal (冻结) or report it lost (挂失): at once, by one person',
  access: withScope('seals:apply', 'seals:administer'),
  params,
  body: jsonBody(z.strictObject({ state: z.enum(['frozen', 'lost']), reason: purpose })),
  replies: [{ status: 200, description: 'Stopped.', content: { 'application/json': sealAnswer } }],
  async handle(services, call) {
    const actor = principalOf(call.principal);
    const seal = await ownSealOf(services, call.principal, call.params.seal);
    await changeSealState(services, {
      actor: { ...actor, scopes: [...actor.scopes, 'seals:write'] },
      sealId: seal.id,
      to: call.body.state,
      reason: call.body.reason,
    });
    return json(200, sealAnswerOf(await ownSealOf(services, call.principal, seal.id), services.address));
  },
});

const filing = route({
  method: 'post',
  path: '/api/v1/seals/{seal}/filing',
  tag,
  summary: 'Enter the filing (备案) of a made seal of any department: it is public and usable from then on',
  access: withScope('seals:administer'),
  params,
  body: jsonBody(
    z.strictObject({
      number: z
        .string()
        .regex(/^[\x21-\x7e]{1,64}$/)
        .describe('备案编号.'),
    }),
  ),
  replies: [{ status: 200, description: 'Filed.', content: { 'application/json': sealAnswer } }],
  async handle(services, call) {
    const actor = principalOf(call.principal);
    const filed = await fileSeal(services, {
      actor: { ...actor, scopes: [...actor.scopes, 'seals:file'] },
      sealId: await sealIdOf(services, call.params.seal),
      number: call.body.number,
    });
    return json(200, sealAnswerOf(filed, services.address));
  },
});

export const sealRoutes: readonly Route[] = [list, read, picture, object, uses, stop, filing];
