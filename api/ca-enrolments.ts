// Enrolment over HTTP: registration authorities enrol, renew and re-key; the flow itself knows nothing of HTTP.
import { z } from 'zod';
import { enrol } from '../ca/enrol.ts';
import { storedResult } from '../ca/enrol-answers.ts';
import type { EnrolmentResult } from '../ca/enrolment.ts';
import { enrolmentById } from '../ca/enrolment-store.ts';
import { CaError } from '../ca/errors.ts';
import { rekey, renew } from '../ca/renew.ts';
import {
  caTag as tag,
  certificatePem,
  enrolmentFields,
  enrolmentKey,
  evidence,
  hierarchy,
  keyOf,
  lifetimeDays,
  serialParams,
  sightOf,
} from './ca-schemas.ts';
import { json, type Reply } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { instant } from './schemas.ts';
import { principalOf } from './stamps.ts';

const enrolmentAnswer = z.object({
  enrolment: z.string(),
  kind: z.enum(['enrolment', 'renewal', 're-key']),
  serial: z.string(),
  profile: z.string(),
  hierarchy,
  certificate: z.string().describe('PEM.'),
  chain: z.array(z.string()).describe('PEM; from the certificate up to but not including the root.'),
  notBefore: instant,
  notAfter: instant,
  replaces: z.string().nullable(),
  key: z.enum(['csr', 'generated', 'kept']),
  pkcs12: z.string().nullable().describe('Base64; in the one answer that hands a made key over.'),
});

function answerOf(result: EnrolmentResult): z.input<typeof enrolmentAnswer> {
  return {
    enrolment: result.enrolment,
    kind: result.kind,
    serial: result.serial,
    profile: result.profile,
    hierarchy: result.hierarchy,
    certificate: certificatePem(result.certificate),
    chain: result.chain.map(certificatePem),
    notBefore: result.notBefore.toISOString(),
    notAfter: result.notAfter.toISOString(),
    replaces: result.replaces,
    key: result.keySource,
    pkcs12: result.pkcs12 === null ? null : Buffer.from(result.pkcs12).toString('base64'),
  };
}

function created(result: EnrolmentResult): Reply {
  return json(201, answerOf(result), { Location: `/api/v1/ca/certificates/${result.serial}` });
}

const issued = [
  { status: 201, description: 'The certificate.', content: { 'application/json': enrolmentAnswer } },
] as const;

const create = route({
  method: 'post',
  path: '/api/v1/ca/enrolments',
  tag,
  summary: 'Enrol a holder with identity evidence; the certificate is issued at once',
  access: withScope('ca:enrol'),
  idempotent: true,
  body: jsonBody(z.strictObject({ ...enrolmentFields, key: enrolmentKey })),
  replies: issued,
  async handle(services, call) {
    const { key, ...fields } = call.body;
    const result = await enrol(services, {
      ...fields,
      actor: principalOf(call.principal),
      idempotencyKey: call.idempotencyKey ?? '',
      key: keyOf(key),
    });
    return created(result);
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/ca/enrolments/{id}',
  tag,
  summary: 'One enrolment of the own registration authority',
  access: withScope('ca:enrol', 'ca:operate', 'ca:read'),
  params: z.object({ id: z.string().regex(/^enr_[0-9a-f]{32}$/) }),
  replies: [{ status: 200, description: 'The enrolment.', content: { 'application/json': enrolmentAnswer } }],
  async handle(services, { principal, params }) {
    const sight = sightOf(principalOf(principal));
    const row = await enrolmentById(services.database.reader, params.id);
    if (
      row === null ||
      row.serial === null ||
      !(sight.all || (row.department !== null && row.department === sight.department))
    ) {
      throw new CaError('enrolment-not-found', 'There is no such enrolment with a certificate.');
    }
    return json(200, answerOf(await storedResult(services, row)));
  },
});

const renewal = route({
  method: 'post',
  path: '/api/v1/ca/certificates/{serial}/renewals',
  tag,
  summary: 'Renew: same key, same subject, near the end of the certificate’s life',
  access: withScope('ca:enrol'),
  idempotent: true,
  params: serialParams,
  body: jsonBody(z.strictObject({ evidence, lifetimeDays })),
  replies: issued,
  async handle(services, call) {
    const actor = principalOf(call.principal);
    return created(
      await renew(services, {
        ...call.body,
        actor,
        sight: sightOf(actor),
        idempotencyKey: call.idempotencyKey ?? '',
        serial: call.params.serial,
      }),
    );
  },
});

const rekeying = route({
  method: 'post',
  path: '/api/v1/ca/certificates/{serial}/rekeyings',
  tag,
  summary: 'Re-key: a new key for the same subject; the old certificate is revoked as superseded where asked',
  access: withScope('ca:enrol'),
  idempotent: true,
  params: serialParams,
  body: jsonBody(
    z.strictObject({ evidence, lifetimeDays, key: enrolmentKey, revokeOld: z.boolean().default(false) }),
  ),
  replies: issued,
  async handle(services, call) {
    const actor = principalOf(call.principal);
    const { key, ...fields } = call.body;
    return created(
      await rekey(services, {
        ...fields,
        actor,
        sight: sightOf(actor),
        idempotencyKey: call.idempotencyKey ?? '',
        serial: call.params.serial,
        key: keyOf(key),
      }),
    );
  },
});

export const caEnrolmentRoutes: readonly Route[] = [create, read, renewal, rekeying];
