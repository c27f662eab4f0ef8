// Certificates of licensed authorities over HTTP: request out, chain and status in.
import { z } from 'zod';
import {
  bringChain,
  fetchStatus,
  keepStatus,
  requestForeign,
  requiredForeign,
  retireForeign,
} from '../ca/foreign-credential.ts';
import { importForeign } from '../ca/foreign-import.ts';
import {
  allForeign,
  keptEvidence,
  keptStatuses,
  type ForeignCredential,
  type KeptStatus,
} from '../ca/foreign-store.ts';
import { CaError } from '../ca/errors.ts';
import { creditCode } from './ca-schemas.ts';
import { decodeBase64, derOf, dersOf, pemOf } from './pem.ts';
import { bytes, json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { instant } from './schemas.ts';
import type { Services } from './services.ts';
import { principalOf } from './stamps.ts';

const tag = '外部证书 Foreign credentials';

const status = z.object({
  id: z.string(),
  kind: z.enum(['crl', 'ocsp']),
  source: z.enum(['imported', 'fetched']),
  status: z.enum(['good', 'revoked']),
  reason: z.string().nullable(),
  revokedAt: instant.nullable(),
  thisUpdate: instant,
  nextUpdate: instant.nullable(),
  receivedAt: instant,
  evidenceUrl: z.url(),
});

const summary = z.object({
  id: z.string(),
  department: z.string(),
  authority: z.string().describe('电子认证服务机构'),
  qualification: z.literal('licensed'),
  key: z.object({
    place: z.enum(['store', 'server']),
    server: z.string().nullable(),
    id: z.string(),
    algorithm: z.string(),
  }),
  state: z.enum(['requested', 'active', 'retired']),
  serial: z.string().nullable(),
  notBefore: instant.nullable(),
  notAfter: instant.nullable(),
  createdAt: instant,
  retiredAt: instant.nullable(),
});

const whole = summary.extend({
  request: z.string().describe('PKCS #10, PEM: what goes to the licensed authority.'),
  chain: z.array(z.string()).describe('PEM, own certificate first, root last.'),
  statuses: z.array(status),
});

function summaryOf(credential: ForeignCredential): z.input<typeof summary> {
  return {
    id: credential.id,
    department: credential.department,
    authority: credential.authorityName,
    qualification: credential.qualification,
    key: {
      place: credential.keyPlace,
      server: credential.server,
      id: credential.keyId,
      algorithm: credential.algorithm,
    },
    state: credential.state,
    serial: credential.serial,
    notBefore: credential.notBefore?.toISOString() ?? null,
    notAfter: credential.notAfter?.toISOString() ?? null,
    createdAt: credential.createdAt.toISOString(),
    retiredAt: credential.retiredAt?.toISOString() ?? null,
  };
}

function statusOf(services: Services, credential: string, kept: KeptStatus): z.input<typeof status> {
  return {
    ...kept,
    revokedAt: kept.revokedAt?.toISOString() ?? null,
    thisUpdate: kept.thisUpdate.toISOString(),
    nextUpdate: kept.nextUpdate?.toISOString() ?? null,
    receivedAt: kept.receivedAt.toISOString(),
    evidenceUrl: `${services.address}/api/v1/ca/foreign-credentials/${credential}/status/${kept.id}`,
  };
}

async function wholeOf(services: Services, credential: ForeignCredential): Promise<z.input<typeof whole>> {
  const statuses =
    credential.serial === null
      ? []
      : await keptStatuses(services.database.reader, credential.id, credential.serial);
  return {
    ...summaryOf(credential),
    request: pemOf('CERTIFICATE REQUEST', credential.csr),
    chain: credential.chain.map((der) => pemOf('CERTIFICATE', der)),
    statuses: statuses.map((kept) => statusOf(services, credential.id, kept)),
  };
}

const params = z.object({ id: z.string().regex(/^fcr_[0-9a-f]{32}$/) });
const one = [
  { status: 200, description: 'The credential.', content: { 'application/json': whole } },
] as const;
const path = '/api/v1/ca/foreign-credentials';

const create = route({
  method: 'post',
  path,
  tag,
  summary: 'Make a key, or name one at a signing server, and get the request for a licensed authority',
  access: withScope('ca:operate'),
  idempotent: true,
  body: jsonBody(
    z.strictObject({
      department: creditCode,
      organization: z.string().min(1).max(64),
      commonName: z.string().min(1).max(64),
      authority: z
        .string()
        .min(2)
        .max(100)
        .describe('The licensed authority (电子认证服务机构), by its name.'),
      key: z.union([
        z.strictObject({ generate: z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519', 'SM2SM3']) }),
        z.strictObject({
          server: z.string().regex(/^[a-z0-9-]{1,40}$/),
          name: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/),
        }),
      ]),
    }),
  ),
  replies: [{ status: 201, description: 'The request.', content: { 'application/json': whole } }],
  async handle(services, call) {
    const { authority, key, ...fields } = call.body;
    const made = await requestForeign(services, {
      ...fields,
      authorityName: authority,
      key:
        'generate' in key
          ? { place: 'store', algorithm: key.generate }
          : { place: 'server', server: key.server, name: key.name },
      actor: principalOf(call.principal),
      idempotencyKey: call.idempotencyKey ?? '',
    });
    return json(201, await wholeOf(services, made), { Location: `${path}/${made.id}` });
  },
});

const imported = route({
  method: 'post',
  path: `${path}/imports`,
  tag,
  summary:
    'Take in a PKCS #12 file of a licensed authority: key and chain together; the password is kept nowhere',
  access: withScope('ca:operate'),
  idempotent: true,
  body: jsonBody(
    z.strictObject({
      department: creditCode,
      authority: z.string().min(2).max(100),
      pkcs12: z.string().min(1).max(700_000).describe('Base64; also files of RC2 or Triple DES.'),
      password: z.string().max(1024),
      certificates: z
        .string()
        .max(200_000)
        .optional()
        .describe('PEM blocks of certificates above that the file does not hold, root last.'),
    }),
  ),
  replies: [{ status: 201, description: 'The credential.', content: { 'application/json': whole } }],
  async handle(services, call) {
    const { department, authority, pkcs12, password, certificates } = call.body;
    const made = await importForeign(services, {
      actor: principalOf(call.principal),
      idempotencyKey: call.idempotencyKey ?? '',
      department,
      authorityName: authority,
      pkcs12: decodeBase64(pkcs12, 'pkcs12'),
      password,
      above: certificates === undefined ? [] : dersOf(certificates, ['CERTIFICATE'], 'certificates'),
    });
    return json(201, await wholeOf(services, made), { Location: `${path}/${made.id}` });
  },
});

const list = route({
  method: 'get',
  path,
  tag,
  summary: 'Every foreign credential',
  access: withScope('ca:operate', 'ca:read'),
  replies: [
    {
      status: 200,
      description: 'Newest first.',
      content: { 'application/json': z.object({ credentials: z.array(summary) }) },
    },
  ],
  async handle(services) {
    return json(200, { credentials: (await allForeign(services.database.reader)).map(summaryOf) });
  },
});

const read = route({
  method: 'get',
  path: `${path}/{id}`,
  tag,
  summary: 'One foreign credential with its request, chain and evidence of status',
  access: withScope('ca:operate', 'ca:read'),
  params,
  replies: one,
  handle: async (services, call) =>
    json(200, await wholeOf(services, await requiredForeign(services, call.params.id))),
});

const chain = route({
  method: 'post',
  path: `${path}/{id}/chain`,
  tag,
  summary: 'Bring the certificate and its chain, the authority’s root last',
  access: withScope('ca:operate'),
  idempotent: true,
  params,
  body: jsonBody(z.strictObject({ certificates: z.string().min(1).max(200_000).describe('PEM blocks.') })),
  replies: one,
  async handle(services, call) {
    const ders = dersOf(call.body.certificates, ['CERTIFICATE'], 'The chain');
    const brought = await bringChain(services, principalOf(call.principal), call.params.id, ders);
    return json(200, await wholeOf(services, brought));
  },
});

const bringStatus = route({
  method: 'post',
  path: `${path}/{id}/status`,
  tag,
  summary:
    'Bring a CRL or an OCSP answer, or have it fetched from where the certificate says; it is kept as evidence',
  access: withScope('ca:operate'),
  params,
  body: jsonBody(
    z.union([
      z.strictObject({ fetch: z.literal(true) }),
      z.strictObject({ crl: z.string().min(1).describe('PEM or base64 of DER.') }),
      z.strictObject({ ocsp: z.string().min(1).describe('Base64 of DER.') }),
    ]),
  ),
  replies: [{ status: 201, description: 'What it says.', content: { 'application/json': status } }],
  async handle(services, call) {
    const actor = principalOf(call.principal);
    const { id } = call.params;
    const { body } = call;
    const kept =
      'fetch' in body
        ? await fetchStatus(services, actor, id)
        : await keepStatus(services, actor, id, {
            source: 'imported',
            ...('crl' in body
              ? { kind: 'crl', der: derOf(body.crl, ['X509 CRL'], 'The revocation list') }
              : { kind: 'ocsp', der: decodeBase64(body.ocsp, 'The OCSP answer') }),
          });
    return json(201, statusOf(services, id, kept));
  },
});

const evidence = route({
  method: 'get',
  path: `${path}/{id}/status/{status}`,
  tag,
  summary: 'A CRL or OCSP answer as it was received',
  access: withScope('ca:operate', 'ca:read'),
  params: params.extend({ status: z.string().regex(/^fst_[0-9a-f]{32}$/) }),
  replies: [
    {
      status: 200,
      description: 'DER.',
      content: { 'application/pkix-crl': 'binary', 'application/ocsp-response': 'binary' },
    },
  ],
  async handle(services, call) {
    const kept = await keptEvidence(services.database.reader, call.params.id, call.params.status);
    if (kept === null)
      throw new CaError('foreign-credential-not-found', 'There is no such evidence of this credential.');
    return bytes(kept.kind === 'crl' ? 'application/pkix-crl' : 'application/ocsp-response', kept.der);
  },
});

const retirement = route({
  method: 'post',
  path: `${path}/{id}/retirement`,
  tag,
  summary: 'End the use of a foreign credential; its evidence stays',
  access: withScope('ca:operate'),
  params,
  replies: one,
  async handle(services, call) {
    const ended = await retireForeign(services, principalOf(call.principal), call.params.id);
    return json(200, await wholeOf(services, ended));
  },
});

export const caForeignRoutes: readonly Route[] = [
  create,
  imported,
  list,
  read,
  chain,
  bringStatus,
  evidence,
  retirement,
];
