// Good and bad input of what relying parties fetch, of the description, and of probes.
import request from 'supertest';
import type { Rows, Visitor } from './visitor.ts';

export function publicRows(visitor: Visitor): Rows {
  const { get, page, raw, wrongMethod } = visitor;
  return {
    'get /api/v1/trust-list': {
      good: () => get('/api/v1/trust-list'),
      status: 200,
      type: 'application/jose',
      bad: { 'another method': wrongMethod('/api/v1/trust-list') },
    },
    'get /api/v1/trust-list/succession': {
      good: () => get('/api/v1/trust-list/succession'),
      status: 200,
      type: 'text/plain',
      bad: { 'another method': wrongMethod('/api/v1/trust-list/succession') },
    },
    'get /api/v1/status-lists': {
      good: () => get('/api/v1/status-lists'),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/api/v1/status-lists') },
    },
    'get /api/v1/status-lists/{list}': {
      good: () => get('/api/v1/status-lists/0'),
      status: 200,
      type: 'application/statuslist+jwt',
      bad: {
        'a list that is not there': [() => get('/api/v1/status-lists/99'), 404, 'status-list-not-found'],
        'no number': [() => get('/api/v1/status-lists/x'), 400, 'request-invalid'],
      },
    },
    ...Object.fromEntries(
      ['/tsa', '/tsa/sm2', '/tsa/international'].map((path) => [
        `post ${path}`,
        {
          good: () => raw(path, 'application/timestamp-query', Buffer.from('3003020101', 'hex')),
          status: 200,
          type: 'application/timestamp-reply',
          bad: {
            'another type': [
              () => raw(path, 'text/plain', Buffer.from('x')),
              415,
              'content-type-unsupported',
            ],
            'too much': [
              () => raw(path, 'application/timestamp-query', Buffer.alloc(20_000)),
              413,
              'body-too-large',
            ],
          },
        } satisfies Rows[string],
      ]),
    ),
    'get /api/v1/timestamps/clock': {
      good: () => get('/api/v1/timestamps/clock'),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/api/v1/timestamps/clock') },
    },
    'post /ocsp/{authority}': {
      good: () => raw('/ocsp/department-seals', 'application/ocsp-request', visitor.ocspRequest),
      status: 200,
      type: 'application/ocsp-response',
      bad: {
        'an unknown authority': [
          () => raw('/ocsp/none', 'application/ocsp-request', visitor.ocspRequest),
          404,
          'authority-not-found',
        ],
      },
    },
    'get /ocsp/{authority}/{request}': {
      good: () => get(`/ocsp/department-seals/${encodeURIComponent(visitor.ocspRequest.toString('base64'))}`),
      status: 200,
      type: 'application/ocsp-response',
      bad: { 'no base64': [() => get('/ocsp/department-seals/!!'), 400, 'request-invalid'] },
    },
    'get /crl/{authority}.crl': {
      good: () => get('/crl/department-seals.crl'),
      status: 200,
      type: 'application/pkix-crl',
      bad: { 'an unknown authority': [() => get('/crl/none.crl'), 404, 'authority-not-found'] },
    },
    'get /crl/{authority}.delta.crl': {
      good: () => get('/crl/department-seals.delta.crl'),
      status: 200,
      type: 'application/pkix-crl',
      bad: { 'a root, which has none': [() => get('/crl/root.delta.crl'), 404, 'authority-not-found'] },
    },
    'get /crl/{authority}/{shard}.crl': {
      good: () => get('/crl/department-seals/0.crl'),
      status: 200,
      type: 'application/pkix-crl',
      bad: {
        'a shard that is not there': [() => get('/crl/department-seals/999.crl'), 404, 'authority-not-found'],
        'no number': [() => get('/crl/department-seals/x.crl'), 400, 'request-invalid'],
      },
    },
    'get /crl/{authority}/{shard}.delta.crl': {
      good: () => get('/crl/sm2-residents/63.delta.crl'),
      status: 200,
      type: 'application/pkix-crl',
      bad: {
        'a shard that is not there': [
          () => get('/crl/sm2-residents/64.delta.crl'),
          404,
          'authority-not-found',
        ],
      },
    },
    'get /ca/{authority}.cer': {
      good: () => get('/ca/root.cer'),
      status: 200,
      type: 'application/pkix-cert',
      bad: { 'an unknown authority': [() => get('/ca/none.cer'), 404, 'authority-not-found'] },
    },
    'get /openapi.json': {
      good: () => get('/openapi.json'),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/openapi.json') },
    },
    'get /docs': {
      good: () => page('/docs'),
      status: 200,
      type: 'text/html',
      bad: { 'another method': wrongMethod('/docs') },
    },
    'get /healthz': {
      good: () => get('/healthz'),
      status: 200,
      type: 'text/plain',
      bad: { 'another method': [() => request(visitor.service.url).delete('/healthz'), 404, 'not-found'] },
    },
    'get /readyz': {
      good: () => get('/readyz'),
      status: 200,
      type: 'text/plain',
      bad: { 'another method': [() => request(visitor.service.url).delete('/readyz'), 404, 'not-found'] },
    },
    'get /metrics': {
      good: () => get('/metrics'),
      status: 200,
      type: 'text/plain',
      bad: { 'through a proxy': [() => get('/metrics').set('X-Forwarded-For', '192.0.2.1'), 404, null] },
    },
    'get /assets/{name}': {
      good: () => get('/assets/style.css'),
      status: 200,
      type: 'text/css',
      bad: { 'what is not there': [() => get('/assets/none.css'), 404, 'not-found'] },
    },
  };
}
