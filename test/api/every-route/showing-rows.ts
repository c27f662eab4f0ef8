// Good and bad input of the interface of showing: live codes, claims, open cases, alarms, copies for a purpose.
import request from 'supertest';
import { freshKey, licenses } from '../samples.ts';
import type { ShowingWorld } from './showing-world.ts';
import { device, matter } from './showing-world.ts';
import { noLicense, type Rows, type Visitor } from './visitor.ts';

const noShowing = `prs_${'0'.repeat(32)}`;
const noCopy = `cpy_${'0'.repeat(32)}`;
const noAlarm = `pal_${'0'.repeat(32)}`;

export function showingRows(visitor: Visitor, world: ShowingWorld): Rows {
  const { service, asOffice, asCivil, wrongMethod } = visitor;
  const {
    card,
    protector,
    by,
    own,
    ownGet,
    office,
    newCase,
    shown,
    claimBody,
    claimed,
    agreed,
    delivered,
    alarm,
    copyBody,
    copying,
    copy,
  } = world;
  return {
    'post /api/v1/presentations': {
      good: async () => own('/api/v1/presentations', { licenses: [await card()] }),
      status: 201,
      type: 'application/json',
      bad: {
        'a license that is not there': [
          () => own('/api/v1/presentations', { licenses: [noLicense] }),
          404,
          'license-not-found',
        ],
        'no license': [() => own('/api/v1/presentations', { licenses: [] }), 400, 'request-invalid'],
        'a department': [
          () => office('/api/v1/presentations', { licenses: [noLicense] }),
          403,
          'scope-missing',
        ],
      },
    },
    'get /api/v1/presentations': {
      good: () => ownGet('/api/v1/presentations'),
      status: 200,
      type: 'application/json',
      bad: {
        'a stranger': [() => request(service.url).get('/api/v1/presentations'), 401, 'unauthenticated'],
      },
    },
    'post /api/v1/presentations/{id}/renewal': {
      good: async () => {
        const { id, key } = await shown();
        return own(`/api/v1/presentations/${id}/renewal`, { key });
      },
      status: 200,
      type: 'application/json',
      bad: {
        'another device': [
          async () => own(`/api/v1/presentations/${(await shown()).id}/renewal`, { key: device }),
          404,
          'presentation-not-found',
        ],
        'one that was claimed': [
          async () => {
            const { id, key } = await claimed();
            return own(`/api/v1/presentations/${id}/renewal`, { key });
          },
          409,
          'presentation-over',
        ],
      },
    },
    'post /api/v1/presentations/{id}/state': {
      good: async () => {
        const { id, key } = await claimed();
        return own(`/api/v1/presentations/${id}/state`, { key });
      },
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => own(`/api/v1/presentations/${noShowing}/state`, { key: device }),
          404,
          'presentation-not-found',
        ],
        'no key': [() => own(`/api/v1/presentations/${noShowing}/state`), 400, 'request-invalid'],
      },
    },
    'post /api/v1/presentations/{id}/answer': {
      good: async () => {
        const { id, key, matchNumber } = await claimed();
        return own(`/api/v1/presentations/${id}/answer`, { key, agree: true, number: matchNumber });
      },
      status: 200,
      type: 'application/json',
      bad: {
        'nothing asked': [
          async () => {
            const { id, key } = await shown();
            return own(`/api/v1/presentations/${id}/answer`, { key, agree: true, number: 42 });
          },
          409,
          'presentation-over',
        ],
        'consent without a number': [
          () => own(`/api/v1/presentations/${noShowing}/answer`, { key: device, agree: true }),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/presentations/{id}/end': {
      good: async () => {
        const { id, key } = await shown();
        return own(`/api/v1/presentations/${id}/end`, { key });
      },
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => own(`/api/v1/presentations/${noShowing}/end`, { key: device }),
          404,
          'presentation-not-found',
        ],
      },
    },
    'get /api/v1/presentations/{id}/receipt': {
      good: async () => ownGet(`/api/v1/presentations/${(await delivered()).id}/receipt`),
      status: 200,
      type: 'application/jwt',
      bad: {
        'nothing shown': [
          async () => ownGet(`/api/v1/presentations/${(await shown()).id}/receipt`),
          409,
          'claim-not-approved',
        ],
      },
    },
    'post /api/v1/presentations:claim': {
      good: async () => office('/api/v1/presentations:claim', await claimBody((await shown()).code)),
      status: 201,
      type: 'application/json',
      bad: {
        'no open case': [
          async () =>
            office('/api/v1/presentations:claim', {
              ...(await claimBody((await shown()).code)),
              case: 'never-opened',
            }),
          409,
          'case-not-open',
        ],
        'a field nobody may see': [
          async () =>
            office('/api/v1/presentations:claim', {
              ...(await claimBody((await shown()).code)),
              fields: ['SALT'],
            }),
          422,
          'fields-not-permitted',
        ],
        'another type': [
          async () =>
            office('/api/v1/presentations:claim', {
              ...(await claimBody((await shown()).code)),
              type: licenses.food.type.key,
            }),
          409,
          'not-offered',
        ],
        'no live code': [
          async () => office('/api/v1/presentations:claim', await claimBody('hello')),
          422,
          'code-malformed',
        ],
        'a code of before': [
          async () => {
            const { id, key, code } = await shown();
            await own(`/api/v1/presentations/${id}/renewal`, { key });
            return office('/api/v1/presentations:claim', await claimBody(code));
          },
          404,
          'live-code-refused',
        ],
      },
    },
    'get /api/v1/presentation-claims/{id}': {
      good: async () => asOffice(visitor.get(`/api/v1/presentation-claims/${(await claimed()).id}`)),
      status: 200,
      type: 'application/json',
      bad: {
        'another department': [
          async () => asCivil(visitor.get(`/api/v1/presentation-claims/${(await claimed()).id}`)),
          404,
          'presentation-not-found',
        ],
      },
    },
    'post /api/v1/presentation-claims/{id}/answer': {
      good: async () => office(`/api/v1/presentation-claims/${(await agreed()).id}/answer`),
      status: 200,
      type: 'application/json',
      bad: {
        'not agreed to': [
          async () => office(`/api/v1/presentation-claims/${(await claimed()).id}/answer`),
          409,
          'claim-not-approved',
        ],
        'a second time': [
          async () => office(`/api/v1/presentation-claims/${(await delivered()).id}/answer`),
          409,
          'answer-delivered',
        ],
      },
    },
    'get /api/v1/presentation-claims/{id}/receipt': {
      good: async () =>
        asOffice(visitor.get(`/api/v1/presentation-claims/${(await delivered()).id}/receipt`)),
      status: 200,
      type: 'application/jwt',
      bad: {
        'one that is not there': [
          () => asOffice(visitor.get(`/api/v1/presentation-claims/${noShowing}/receipt`)),
          404,
          'presentation-not-found',
        ],
      },
    },
    'post /api/v1/open-cases': {
      good: () => office('/api/v1/open-cases', { case: 'opened-1', matter }),
      status: 201,
      type: 'application/json',
      bad: {
        'another matter': [
          async () => office('/api/v1/open-cases', { case: await newCase(), matter: 'YS1' }),
          409,
          'case-number-taken',
        ],
        'a stranger': [
          () => request(service.url).post('/api/v1/open-cases').send({}),
          401,
          'unauthenticated',
        ],
      },
    },
    'get /api/v1/open-cases': {
      good: () => asOffice(visitor.get('/api/v1/open-cases')),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/api/v1/open-cases') },
    },
    'post /api/v1/open-cases/{case}/closing': {
      good: async () => office(`/api/v1/open-cases/${await newCase()}/closing`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that was never open': [() => office('/api/v1/open-cases/none/closing'), 404, 'case-not-found'],
      },
    },
    'get /api/v1/presentation-alarms': {
      good: async () => by(await protector(), request(service.url).get('/api/v1/presentation-alarms')),
      status: 200,
      type: 'application/json',
      bad: {
        'a department': [() => asOffice(visitor.get('/api/v1/presentation-alarms')), 403, 'scope-missing'],
      },
    },
    'post /api/v1/presentation-alarms/{id}/seen': {
      good: async () =>
        by(await protector(), request(service.url).post(`/api/v1/presentation-alarms/${await alarm()}/seen`)),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          async () =>
            by(await protector(), request(service.url).post(`/api/v1/presentation-alarms/${noAlarm}/seen`)),
          404,
          'alarm-not-found',
        ],
      },
    },
    'post /api/v1/licenses/{id}/copies': {
      good: () => copying(copyBody()),
      status: 201,
      type: 'application/json',
      bad: {
        'a day long ago': [() => copying({ ...copyBody(), until: '2020-01-01' }), 422, 'copy-invalid'],
        'a matter nobody knows': [() => copying({ ...copyBody(), matter: 'YS9' }), 400, 'request-invalid'],
        'a department nobody knows': [
          () => copying({ ...copyBody(), department: '9'.repeat(18) }),
          400,
          'request-invalid',
        ],
        'the issuing department': [
          async () =>
            asCivil(request(service.url).post(`/api/v1/licenses/${await card()}/copies`))
              .set('Idempotency-Key', freshKey())
              .send(copyBody()),
          403,
          'scope-missing',
        ],
      },
    },
    'get /api/v1/license-copies': {
      good: () => ownGet('/api/v1/license-copies'),
      status: 200,
      type: 'application/json',
      bad: { 'a department': [() => asOffice(visitor.get('/api/v1/license-copies')), 403, 'scope-missing'] },
    },
    'get /api/v1/license-copies/{id}/document': {
      good: async () => ownGet(`/api/v1/license-copies/${await copy()}/document`),
      status: 200,
      type: 'application/pdf',
      bad: {
        'one that is not there': [
          () => ownGet(`/api/v1/license-copies/${noCopy}/document`),
          404,
          'copy-not-found',
        ],
      },
    },
    'post /api/v1/license-copies/{id}/end': {
      good: async () => own(`/api/v1/license-copies/${await copy()}/end`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that was taken back': [
          async () => {
            const id = await copy();
            await own(`/api/v1/license-copies/${id}/end`);
            return own(`/api/v1/license-copies/${id}/end`);
          },
          404,
          'copy-not-found',
        ],
      },
    },
  };
}
