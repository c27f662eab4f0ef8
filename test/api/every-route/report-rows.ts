// Good and bad input of reports as documents, of policies and of schemas.
import request from 'supertest';
import type { Rows, Visitor } from './visitor.ts';

export function reportRows(visitor: Visitor): Rows {
  const { get, raw, wrongMethod } = visitor;
  const path = '/api/v1/verifications:report';
  const send = (fields: Readonly<Record<string, string>>) =>
    request(visitor.service.url)
      .post(path)
      .attach('document', Buffer.from('%PDF-1.7'), 'a.pdf')
      .field(fields);
  return {
    [`post ${path}`]: {
      good: () => send({ form: 'simple', policy: 'strict' }),
      status: 200,
      type: 'application/json',
      bad: {
        'a form there is none of': [() => send({ form: 'poem' }), 400, 'request-invalid'],
        'a sealed report that is no document': [() => send({ seal: 'true' }), 400, 'request-invalid'],
        'a seal for nobody': [() => send({ form: 'pdf', seal: 'true' }), 401, 'unauthenticated'],
        'another type': [() => raw(path, 'text/html', Buffer.from('x')), 415, 'content-type-unsupported'],
      },
    },
    'get /api/v1/verification-policies': {
      good: () => get('/api/v1/verification-policies'),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/api/v1/verification-policies') },
    },
    ...Object.fromEntries(
      ['report', 'detailed-report'].map((name) => [
        `get /api/v1/schemas/${name}`,
        {
          good: () => get(`/api/v1/schemas/${name}`),
          status: 200,
          type: 'application/schema+json',
          bad: { 'another method': wrongMethod(`/api/v1/schemas/${name}`) },
        } satisfies Rows[string],
      ]),
    ),
  };
}
