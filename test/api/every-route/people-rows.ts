// Good and bad input of the interfaces of a person: own data and mandates.
import request from 'supertest';
import { district } from '../../../fixtures/district.ts';
import { none, peopleVisitor } from './people-visitor.ts';
import type { Rows, Visitor } from './visitor.ts';

export function peopleRows(visitor: Visitor): Rows {
  const { anonymous, get, offer, own, post, root, row, services, sms, soon } = peopleVisitor(visitor);
  return {
    'get /api/v1/people/me': row(() => get('holder-1', '/api/v1/people/me'), 200, {
      ...anonymous('/api/v1/people/me'),
      'a system': [() => visitor.asOffice(visitor.get('/api/v1/people/me')), 403, 'scope-missing'],
    }),
    'post /api/v1/people/me/register-proofings': row(
      () => post('holder-3', '/api/v1/people/me/register-proofings', {}),
      201,
      {
        'a 网号 alone': [
          () => post('wanghao-1', '/api/v1/people/me/register-proofings', {}),
          422,
          'proofing-refused',
        ],
      },
    ),
    'post /api/v1/people/me/wangzheng-proofings': row(
      async () => {
        const number = district.persons[1]?.number ?? '';
        const showing = services.showWangzheng?.({ number, wanghao: null }) ?? '';
        return post('holder-2', '/api/v1/people/me/wangzheng-proofings', { showing });
      },
      201,
      {
        'an invented code': [
          () => post('holder-2', '/api/v1/people/me/wangzheng-proofings', { showing: 'invented-code' }),
          422,
          'proofing-refused',
        ],
        'no code': [
          () => post('holder-2', '/api/v1/people/me/wangzheng-proofings', {}),
          400,
          'request-invalid',
        ],
      },
    ),
    'get /api/v1/people/{id}/copy': row(
      async () => get('holder-1', `/api/v1/people/${await own(0)}/copy`),
      200,
      {
        'somebody else': [
          async () => get('holder-2', `/api/v1/people/${await own(0)}/copy`),
          403,
          'guardian-refused',
        ],
      },
    ),
    'get /api/v1/people/{id}/looks': row(
      async () => get('holder-1', `/api/v1/people/${await own(0)}/looks`),
      200,
      {
        'somebody else': [
          async () => get('holder-2', `/api/v1/people/${await own(0)}/looks`),
          403,
          'guardian-refused',
        ],
      },
    ),
    'get /api/v1/people/{id}/consents': row(
      async () => get('holder-1', `/api/v1/people/${await own(0)}/consents`),
      200,
      {
        'somebody else': [
          async () => get('holder-2', `/api/v1/people/${await own(0)}/consents`),
          403,
          'guardian-refused',
        ],
      },
    ),
    'post /api/v1/people/{id}/consents': row(
      async () => post('holder-4', `/api/v1/people/${await own(3)}/consents`, sms),
      201,
      {
        'an old version': [
          async () => post('holder-4', `/api/v1/people/${await own(3)}/consents`, { ...sms, version: 9 }),
          409,
          'notice-outdated',
        ],
        'a purpose that needs none': [
          async () =>
            post('holder-4', `/api/v1/people/${await own(3)}/consents`, { purpose: 'sign-in', version: 1 }),
          409,
          'consent-not-needed',
        ],
      },
    ),
    'post /api/v1/people/{id}/consent-withdrawals': row(
      async () => {
        await post('holder-5', `/api/v1/people/${await own(4)}/consents`, sms);
        return post('holder-5', `/api/v1/people/${await own(4)}/consent-withdrawals`, {
          purpose: sms.purpose,
        });
      },
      200,
      {
        'no consent': [
          async () =>
            post('holder-7', `/api/v1/people/${await own(6)}/consent-withdrawals`, { purpose: sms.purpose }),
          404,
          'purpose-not-found',
        ],
      },
    ),
    'get /api/v1/people/{id}/requests': row(
      async () => get('holder-2', `/api/v1/people/${await own(1)}/requests`),
      200,
      {
        'somebody else': [
          async () => get('holder-1', `/api/v1/people/${await own(1)}/requests`),
          403,
          'guardian-refused',
        ],
      },
    ),
    'post /api/v1/people/{id}/requests': row(
      async () =>
        post('holder-2', `/api/v1/people/${await own(1)}/requests`, { kind: 'correct', words: '住址有误' }),
      201,
      {
        'no words': [
          async () =>
            post('holder-2', `/api/v1/people/${await own(1)}/requests`, { kind: 'correct', words: ' ' }),
          400,
          'request-invalid',
        ],
      },
    ),
    'post /api/v1/people/me/closure': row(
      async () => {
        const leaving = await visitor.signedIn('wanghao-1');
        return request(visitor.service.url)
          .post('/api/v1/people/me/closure')
          .set('Cookie', leaving.cookie)
          .set('X-Form-Token', leaving.token)
          .send({ close: true });
      },
      200,
      {
        unconfirmed: [
          () => post('holder-1', '/api/v1/people/me/closure', { close: false }),
          400,
          'request-invalid',
        ],
      },
    ),
    'get /api/v1/mandates': row(
      () => get('holder-1', '/api/v1/mandates'),
      200,
      anonymous('/api/v1/mandates'),
    ),
    'post /api/v1/mandates/claims': row(
      () => post('holder-6', '/api/v1/mandates/claims', { creditCode: district.enterprises[1]?.creditCode }),
      201,
      {
        'somebody else’s enterprise': [
          () =>
            post('holder-1', '/api/v1/mandates/claims', { creditCode: district.enterprises[1]?.creditCode }),
          403,
          'not-legal-representative',
        ],
        'no enterprise': [
          () => post('holder-1', '/api/v1/mandates/claims', { creditCode: '91120105MA0000099X' }),
          404,
          'enterprise-not-found',
        ],
      },
    ),
    'post /api/v1/mandates': row(
      async () =>
        post('holder-1', '/api/v1/mandates', {
          under: await root(),
          capacity: 'agent',
          to: { wanghao: 'YXDEMO7777' },
          scope: ['A1'],
          expires: soon(),
        }),
      201,
      {
        'under somebody else’s': [
          async () =>
            post('holder-3', '/api/v1/mandates', {
              under: await root(),
              capacity: 'agent',
              to: { wanghao: 'YXDEMO7777' },
              scope: '*',
              expires: soon(),
            }),
          404,
          'mandate-not-found',
        ],
        'in the past': [
          async () =>
            post('holder-1', '/api/v1/mandates', {
              under: await root(),
              capacity: 'agent',
              to: { wanghao: 'YXDEMO7777' },
              scope: '*',
              expires: '2020-01-01T00:00:00.000Z',
            }),
          422,
          'mandate-refused',
        ],
      },
    ),
    'get /api/v1/mandates/{id}/under': row(
      async () => get('holder-1', `/api/v1/mandates/${await root()}/under`),
      200,
      {
        'somebody else’s': [
          async () => get('holder-2', `/api/v1/mandates/${await root()}/under`),
          404,
          'mandate-not-found',
        ],
      },
    ),
    'post /api/v1/mandates/{id}/acceptance': row(
      async () => post('holder-3', `/api/v1/mandates/${await offer(2)}/acceptance`, {}),
      200,
      {
        'no offer': [
          () => post('holder-3', `/api/v1/mandates/rep_${none}/acceptance`, {}),
          404,
          'mandate-not-found',
        ],
      },
    ),
    'post /api/v1/mandates/{id}/refusal': row(
      async () => post('holder-4', `/api/v1/mandates/${await offer(3)}/refusal`, {}),
      200,
      {
        'no offer': [
          () => post('holder-4', `/api/v1/mandates/rep_${none}/refusal`, {}),
          404,
          'mandate-not-found',
        ],
      },
    ),
    'post /api/v1/mandates/{id}/revocation': row(
      async () => post('holder-1', `/api/v1/mandates/${await offer(4)}/revocation`, {}),
      200,
      {
        'somebody else’s': [
          async () => post('holder-5', `/api/v1/mandates/${await root()}/revocation`, {}),
          404,
          'mandate-not-found',
        ],
      },
    ),
  };
}
