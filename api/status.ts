// What relying parties fetch: trust list, status lists, revocation lists, OCSP, CA certificates; and the time-stamp service.
import { z } from 'zod';
import type { PublishedCrl } from '../ca/crl-publisher.ts';
import { statusListAddresses } from '../licenses/status-aggregation.ts';
import { bytes, json, type Reply } from './reply.ts';
import { statusListToken, statusListTokenAt } from '../licenses/status-edition.ts';
import { bytesBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';

const tag = '公共服务 Public services';
const reading = { kind: 'public', rate: 'reading' } as const;
/** Requests of RFC 3161 and RFC 6960 are a few hundred bytes. */
const requestLimit = 16 * 1024;
const authority = z.object({ authority: z.string().regex(/^[a-z0-9-]{1,40}$/) });
const shard = authority.extend({
  shard: z
    .string()
    .regex(/^(0|[1-9]\d{0,3})$/)
    .transform(Number),
});

/** Public and the same for everybody; caches may keep it for so many seconds. */
function cached(seconds: number): Readonly<Record<string, string>> {
  return { 'Cache-Control': `public, max-age=${seconds}`, 'Access-Control-Allow-Origin': '*' };
}

/**
 * For what is signed for a time (RFC 5019 section 6): never kept beyond nextUpdate, asked for anew after `seconds`, since
 * a revocation must show soon, and then mostly not sent again.
 */
function revalidated(
  now: Date,
  signed: { readonly thisUpdate: Date; readonly nextUpdate: Date; readonly entityTag: string },
  seconds: number,
): Readonly<Record<string, string>> {
  const left = Math.max(0, Math.floor((signed.nextUpdate.getTime() - now.getTime()) / 1000));
  const age = Math.min(seconds, left);
  return {
    'Cache-Control': `max-age=${age}, public, no-transform, must-revalidate`,
    'Last-Modified': signed.thisUpdate.toUTCString(),
    Expires: signed.nextUpdate.toUTCString(),
    ETag: signed.entityTag,
    'Access-Control-Allow-Origin': '*',
  };
}

const trustList = route({
  method: 'get',
  path: '/api/v1/trust-list',
  tag,
  summary: 'The signed trust list (JWS, TS 119 602 names)',
  access: reading,
  replies: [{ status: 200, description: 'Compact JWS.', content: { 'application/jose': 'binary' } }],
  async handle(services) {
    const { jws } = await services.trustList.current();
    return bytes('application/jose', jws, cached(60));
  },
});

const succession = route({
  method: 'get',
  path: '/api/v1/trust-list/succession',
  tag,
  summary:
    "Editions that lead from any earlier operator's key to the edition in force, a JWS a line, oldest first",
  access: reading,
  replies: [{ status: 200, description: 'Compact JWS, a line each.', content: { 'text/plain': 'binary' } }],
  async handle(services) {
    return bytes('text/plain; charset=us-ascii', await services.trustList.succession(), cached(60));
  },
});

const statusList = route({
  method: 'get',
  path: '/api/v1/status-lists/{list}',
  tag,
  summary:
    'A signed status list of licenses (Token Status List JWT), now, or as it was where its types have a history',
  access: reading,
  params: z.object({
    list: z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  }),
  query: z.object({
    time: z
      .string()
      .regex(/^\d{1,10}$/)
      .transform((seconds) => new Date(Number(seconds) * 1000))
      .optional()
      .describe('Seconds since 1970: the list as it was then.'),
  }),
  replies: [{ status: 200, description: 'JWT.', content: { 'application/statuslist+jwt': 'binary' } }],
  async handle(services, { params, query }) {
    const parts = { ...services, serviceKeys: services.hierarchy, publicUrl: services.address };
    const token =
      query.time === undefined
        ? await statusListToken(parts, params.list)
        : await statusListTokenAt(parts, params.list, query.time);
    // A change must show at once, so nobody on the way keeps it; its own ttl is for offline readers.
    return bytes('application/statuslist+jwt', token, { 'Access-Control-Allow-Origin': '*' });
  },
});

const statusLists = route({
  method: 'get',
  path: '/api/v1/status-lists',
  tag,
  summary:
    'Addresses of every status list of licenses (Status List Aggregation), for readers that will be offline',
  access: reading,
  replies: [
    {
      status: 200,
      description: 'Addresses.',
      content: { 'application/json': z.object({ status_lists: z.array(z.url()) }) },
    },
  ],
  async handle(services) {
    const addresses = await statusListAddresses({ ...services, publicUrl: services.address });
    return json(200, { status_lists: addresses }, { 'Access-Control-Allow-Origin': '*' });
  },
});

/** Of the suite's hierarchy, or of the one the address names. */
const timestamps = (['', 'sm2', 'international'] as const).map((hierarchy) =>
  route({
    method: 'post',
    path: hierarchy === '' ? '/tsa' : `/tsa/${hierarchy}`,
    tag,
    summary: hierarchy === '' ? 'Time-stamp (RFC 3161)' : `Time-stamp (RFC 3161), hierarchy ${hierarchy}`,
    access: reading,
    body: bytesBody(['application/timestamp-query'], requestLimit),
    replies: [
      { status: 200, description: 'TimeStampResp.', content: { 'application/timestamp-reply': 'binary' } },
    ],
    async handle(services, { body }) {
      const options = hierarchy === '' ? {} : { hierarchy };
      return bytes('application/timestamp-reply', await services.timestampAuthority.respond(body, options));
    },
  }),
);

const ocspReplies = [
  { status: 200, description: 'OCSPResponse.', content: { 'application/ocsp-response': 'binary' } },
] as const;

const ocspPost = route({
  method: 'post',
  path: '/ocsp/{authority}',
  tag,
  summary: 'Certificate status (RFC 6960)',
  access: reading,
  params: authority,
  body: bytesBody(['application/ocsp-request'], requestLimit),
  replies: ocspReplies,
  async handle(services, { params, body }) {
    // Nobody on the way keeps the answer to a POST.
    return bytes('application/ocsp-response', await services.ocsp.respond(params.authority, body));
  },
});

const ocspGet = route({
  method: 'get',
  path: '/ocsp/{authority}/{request}',
  tag,
  summary: 'Certificate status by GET (RFC 6960 appendix A.1); the request in base64, percent-encoded',
  access: reading,
  params: authority.extend({ request: z.string().regex(/^[A-Za-z0-9+/]{4,4000}={0,2}$/) }),
  replies: ocspReplies,
  async handle(services, { params }) {
    const request = new Uint8Array(Buffer.from(params.request, 'base64'));
    const { der, cacheable } = await services.ocsp.answer(params.authority, request);
    const headers =
      cacheable === null
        ? { 'Access-Control-Allow-Origin': '*' }
        : revalidated(services.clock(), cacheable, 60);
    return bytes('application/ocsp-response', der, headers);
  },
});

const listReplies = [
  { status: 200, description: 'CRL, DER.', content: { 'application/pkix-crl': 'binary' } },
] as const;

async function listReply(services: Services, list: PublishedCrl, seconds: number): Promise<Reply> {
  const { thisUpdate, nextUpdate, number } = list;
  return {
    status: 200,
    contentType: 'application/pkix-crl',
    content: await list.open(),
    // A number names one list of its authority for ever.
    headers: revalidated(services.clock(), { thisUpdate, nextUpdate, entityTag: `"${number}"` }, seconds),
  };
}

const wholeDelta = route({
  method: 'get',
  path: '/crl/{authority}.delta.crl',
  tag,
  summary: 'Changes since the revocation list of a whole authority (RFC 5280 section 5.2.4)',
  access: reading,
  params: authority,
  replies: listReplies,
  async handle(services, { params }) {
    return listReply(services, await services.crls.delta(params.authority), 1);
  },
});

const wholeCrl = route({
  method: 'get',
  path: '/crl/{authority}.crl',
  tag,
  summary: 'Certificate revocation list of a whole authority (RFC 5280)',
  access: reading,
  params: authority,
  replies: listReplies,
  async handle(services, { params }) {
    return listReply(services, await services.crls.full(params.authority), 60);
  },
});

const shardDelta = route({
  method: 'get',
  path: '/crl/{authority}/{shard}.delta.crl',
  tag,
  summary: 'Changes since the revocation list that a certificate names (RFC 5280 section 5.2.4)',
  access: reading,
  params: shard,
  replies: listReplies,
  async handle(services, { params }) {
    return listReply(services, await services.crls.delta(params.authority, params.shard), 1);
  },
});

const shardCrl = route({
  method: 'get',
  path: '/crl/{authority}/{shard}.crl',
  tag,
  summary: 'The certificate revocation list that a certificate names (RFC 5280)',
  access: reading,
  params: shard,
  replies: listReplies,
  async handle(services, { params }) {
    return listReply(services, await services.crls.full(params.authority, params.shard), 60);
  },
});

const certificate = route({
  method: 'get',
  path: '/ca/{authority}.cer',
  tag,
  summary: 'Certificate of an authority, DER',
  access: reading,
  params: authority,
  replies: [{ status: 200, description: 'Certificate.', content: { 'application/pkix-cert': 'binary' } }],
  handle(services, { params }) {
    const found = services.hierarchy.authority(params.authority);
    const entityTag = `"${found.certificate.serialHex}"`;
    return Promise.resolve(
      bytes('application/pkix-cert', found.certificate.der, { ...cached(3600), ETag: entityTag }),
    );
  },
});

export const publicRoutes: readonly Route[] = [
  trustList,
  succession,
  statusLists,
  statusList,
  ...timestamps,
  ocspPost,
  ocspGet,
  // An address ends in .crl also where it ends in .delta.crl: those come first.
  wholeDelta,
  wholeCrl,
  shardDelta,
  shardCrl,
  certificate,
];
