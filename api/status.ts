// What relying parties fetch: trust list, status lists, revocation lists, OCSP, CA certificates; and the time-stamp service.
import { z } from 'zod';
import { statusListToken } from '../licenses/status.ts';
import { bytes } from './reply.ts';
import { bytesBody, route, type Route } from './route.ts';

const tag = '公共服务 Public services';
const reading = { kind: 'public', rate: 'reading' } as const;
/** Requests of RFC 3161 and RFC 6960 are a few hundred bytes. */
const requestLimit = 16 * 1024;
const authority = z.object({ authority: z.string().regex(/^[a-z-]{1,40}$/) });

/** Public and the same for everybody; caches may keep it for so many seconds. */
function cached(seconds: number): Readonly<Record<string, string>> {
  return { 'Cache-Control': `public, max-age=${seconds}`, 'Access-Control-Allow-Origin': '*' };
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

const statusList = route({
  method: 'get',
  path: '/api/v1/status-lists/{list}',
  tag,
  summary: 'A signed status list of licenses (Token Status List JWT)',
  access: reading,
  params: z.object({
    list: z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  }),
  replies: [{ status: 200, description: 'JWT.', content: { 'application/statuslist+jwt': 'binary' } }],
  async handle(services, { params }) {
    const token = await statusListToken(
      { ...services, serviceKeys: services.hierarchy, publicUrl: services.address },
      params.list,
    );
    // A change must show at once, so nobody on the way keeps it; its own ttl is for offline readers.
    return bytes('application/statuslist+jwt', token, { 'Access-Control-Allow-Origin': '*' });
  },
});

const timestamp = route({
  method: 'post',
  path: '/tsa',
  tag,
  summary: 'Time-stamp (RFC 3161)',
  access: reading,
  body: bytesBody(['application/timestamp-query'], requestLimit),
  replies: [
    { status: 200, description: 'TimeStampResp.', content: { 'application/timestamp-reply': 'binary' } },
  ],
  async handle(services, { body }) {
    return bytes('application/timestamp-reply', await services.timestampAuthority.respond(body));
  },
});

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
    return bytes('application/ocsp-response', await services.ocsp.respond(params.authority, request));
  },
});

const crl = route({
  method: 'get',
  path: '/crl/{authority}.crl',
  tag,
  summary: 'Certificate revocation list (RFC 5280)',
  access: reading,
  params: authority,
  replies: [{ status: 200, description: 'CRL, DER.', content: { 'application/pkix-crl': 'binary' } }],
  async handle(services, { params }) {
    return bytes('application/pkix-crl', await services.crls.currentCrl(params.authority), cached(60));
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
    return Promise.resolve(bytes('application/pkix-cert', found.certificate.der, cached(3600)));
  },
});

export const publicRoutes: readonly Route[] = [
  trustList,
  statusList,
  timestamp,
  ocspPost,
  ocspGet,
  crl,
  certificate,
];
