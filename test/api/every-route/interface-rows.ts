// Good and bad input of every call that departments make.
import request from 'supertest';
import { issue, licenseBody, licenses, marketSeal, officeSeal, stamp } from '../samples.ts';
import { receiptOrder, recognition } from '../receipts.ts';
import { noLicense, type Rows, type Visitor } from './visitor.ts';

/** The next version of a license, as an approval system asks for it. */
function nextVersion(number: string): object {
  // Its type is that of the version it follows.
  const order = Object.entries(licenseBody(licenses.next, { number })).filter(([name]) => name !== 'type');
  return {
    ...Object.fromEntries(order),
    succession: { how: 'change', reason: '演示', legalBasis: '行政许可法第四十九条' },
  };
}

export function interfaceRows(visitor: Visitor): Rows {
  const { get, asOffice, asCivil, post, raw, handleCase } = visitor;
  return {
    'post /api/v1/stamps': {
      good: () => stamp(visitor.service),
      status: 201,
      type: 'application/json',
      bad: {
        'a stranger': [() => request(visitor.service.url).post('/api/v1/stamps'), 401, 'unauthenticated'],
        'no file': [() => stamp(visitor.service, { document: null }), 400, 'file-missing'],
        'no PDF': [() => stamp(visitor.service, { document: Buffer.from('text') }), 422, 'not-a-pdf'],
      },
    },
    'get /api/v1/stamps/{id}': {
      good: () => asOffice(get(`/api/v1/stamps/${visitor.stampId}`)),
      status: 200,
      type: 'application/json',
      bad: {
        'no identifier': [() => asOffice(get('/api/v1/stamps/1')), 400, 'request-invalid'],
        'another department': [
          () => asCivil(get(`/api/v1/stamps/${visitor.stampId}`)),
          404,
          'stamp-not-found',
        ],
      },
    },
    'get /api/v1/stamps/{id}/document': {
      good: () => asOffice(get(`/api/v1/stamps/${visitor.stampId}/document`)),
      status: 200,
      type: 'application/pdf',
      bad: {
        'a stranger': [() => get(`/api/v1/stamps/${visitor.stampId}/document`), 401, 'unauthenticated'],
        'another department': [
          () => asCivil(get(`/api/v1/stamps/${visitor.stampId}/document`)),
          404,
          'stamp-not-found',
        ],
      },
    },
    'get /api/v1/seals': {
      good: () => asOffice(get('/api/v1/seals')),
      status: 200,
      type: 'application/json',
      bad: { 'a stranger': [() => get('/api/v1/seals'), 401, 'unauthenticated'] },
    },
    'get /api/v1/seals/{seal}/picture.svg': {
      good: () => asOffice(get(`/api/v1/seals/${officeSeal}/picture.svg`)),
      status: 200,
      type: 'image/svg+xml',
      bad: {
        'no code of a seal': [() => asOffice(get('/api/v1/seals/12/picture.svg')), 400, 'request-invalid'],
        "another department's": [
          () => asOffice(get(`/api/v1/seals/${marketSeal}/picture.svg`)),
          404,
          'seal-not-found',
        ],
      },
    },
    'post /api/v1/licenses': {
      good: () => issue(visitor.service, licenseBody(licenses.next)),
      status: 201,
      type: 'application/json',
      bad: {
        'an unknown type': [
          () => issue(visitor.service, licenseBody(licenses.next, { type: 'x' })),
          404,
          'type-not-found',
        ],
        'no object': [() => issue(visitor.service, []), 400, 'request-invalid'],
      },
    },
    'post /api/v1/licenses:search': {
      good: () =>
        post('/api/v1/licenses:search', {
          holder: { kind: 'enterprise', code: licenses.food.holder.code },
          purpose: 'test',
        }),
      status: 200,
      type: 'application/json',
      bad: {
        'no purpose': [() => post('/api/v1/licenses:search', {}), 400, 'request-invalid'],
        'a code that is none': [
          () => post('/api/v1/licenses:search', { holder: { kind: 'resident', code: '1' }, purpose: 'test' }),
          422,
          'holder-invalid',
        ],
      },
    },
    'get /api/v1/licenses/{id}': {
      good: () => asOffice(get(`/api/v1/licenses/${visitor.license.id}?purpose=test`)),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => asOffice(get(`/api/v1/licenses/${noLicense}`)),
          404,
          'license-not-found',
        ],
        'too long a purpose': [
          () => asOffice(get(`/api/v1/licenses/${visitor.license.id}?purpose=${'x'.repeat(201)}`)),
          400,
          'request-invalid',
        ],
      },
    },
    'get /api/v1/licenses/{id}/document': {
      good: () => asOffice(get(`/api/v1/licenses/${visitor.license.id}/document?purpose=test`)),
      status: 200,
      type: 'application/pdf',
      bad: {
        'another department': [
          () => asCivil(get(`/api/v1/licenses/${visitor.license.id}/document?purpose=test`)),
          404,
          'license-not-found',
        ],
      },
    },
    'get /api/v1/licenses/{id}/code.svg': {
      good: () => asOffice(get(`/api/v1/licenses/${visitor.license.id}/code.svg`)),
      status: 200,
      type: 'image/svg+xml',
      bad: {
        'another department': [
          () => asCivil(get(`/api/v1/licenses/${visitor.license.id}/code.svg`)),
          404,
          'license-not-found',
        ],
      },
    },
    'post /api/v1/licenses/{id}/versions': {
      good: async () => {
        const number = `${licenses.next.number.slice(0, -3)}${String(900 + Math.floor(Math.random() * 99))}`;
        const issued = await issue(visitor.service, licenseBody(licenses.next, { number }));
        const { id } = issued.body as { id: string };
        return post(`/api/v1/licenses/${id}/versions`, nextVersion(number));
      },
      status: 201,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => post(`/api/v1/licenses/${noLicense}/versions`, nextVersion(licenses.next.number)),
          404,
          'license-not-found',
        ],
        'no reason': [
          () => post(`/api/v1/licenses/${visitor.license.id}/versions`, licenseBody(licenses.food)),
          400,
          'request-invalid',
        ],
        'another holder': [
          () => post(`/api/v1/licenses/${visitor.license.id}/versions`, nextVersion(licenses.next.number)),
          422,
          'succession-invalid',
        ],
      },
    },
    'post /api/v1/licenses/{id}/status-changes': {
      good: () =>
        post(`/api/v1/licenses/${visitor.license.id}/status-changes`, {
          change: 'suspend',
          reason: '演示',
          legalBasis: '演示',
        }),
      status: 201,
      type: 'application/json',
      bad: {
        'an unknown change': [
          () =>
            post(`/api/v1/licenses/${visitor.license.id}/status-changes`, {
              change: 'burn',
              reason: 'x',
              legalBasis: 'x',
            }),
          400,
          'request-invalid',
        ],
        'one that is not there': [
          () =>
            post(`/api/v1/licenses/${noLicense}/status-changes`, {
              change: 'suspend',
              reason: 'x',
              legalBasis: 'x',
            }),
          404,
          'license-not-found',
        ],
      },
    },
    'post /api/v1/cases': {
      good: () => handleCase('EVERY-1'),
      status: 201,
      type: 'application/json',
      bad: {
        'no seal': [() => handleCase('EVERY-2', { decision: { x: 1, y: 1 } }), 400, 'request-invalid'],
        'twenty-one licenses': [
          () => handleCase('EVERY-2', { licenses: Array(21).fill(licenseBody(licenses.food)) }),
          400,
          'request-invalid',
        ],
      },
    },
    'get /api/v1/cases/{case}': {
      good: () => asOffice(get('/api/v1/cases/EVERY-1')),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [() => asOffice(get('/api/v1/cases/EVERY-9')), 404, 'case-not-found'],
        'a number with a blank': [() => asOffice(get('/api/v1/cases/a%20b')), 400, 'request-invalid'],
      },
    },
    'post /api/v1/verifications': {
      good: () => raw('/api/v1/verifications', 'application/pdf', Buffer.from('%PDF-1.7')),
      status: 200,
      type: 'application/json',
      bad: {
        'a page': [
          () => raw('/api/v1/verifications', 'text/html', Buffer.from('x')),
          415,
          'content-type-unsupported',
        ],
        'a form without a file': [
          () => request(visitor.service.url).post('/api/v1/verifications').field('case', 'x'),
          400,
          'file-missing',
        ],
      },
    },
    'post /api/v1/verifications/batch': {
      good: () =>
        post('/api/v1/verifications/batch', {
          items: [{ code: visitor.license.code }, { digest: `sha256:${'0'.repeat(64)}` }],
        }),
      status: 200,
      type: 'application/json',
      bad: {
        'a stranger': [
          () => request(visitor.service.url).post('/api/v1/verifications/batch').send({ items: [] }),
          401,
          'unauthenticated',
        ],
        nothing: [() => post('/api/v1/verifications/batch', { items: [] }), 400, 'request-invalid'],
        'too many': [
          () =>
            post('/api/v1/verifications/batch', { items: Array.from({ length: 51 }, () => ({ code: '1' })) }),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/recognitions': {
      good: async () => {
        const order = await receiptOrder(visitor.service);
        return recognition(visitor.service, order);
      },
      status: 201,
      type: 'application/json',
      bad: {
        'a stranger': [
          () => request(visitor.service.url).post('/api/v1/recognitions').send({}),
          401,
          'unauthenticated',
        ],
        'no receipt': [() => post('/api/v1/recognitions', {}), 400, 'request-invalid'],
        'what is no receipt': [
          () => post('/api/v1/recognitions', { receipt: 'x.y.z', case: '1', matter: '2' }),
          422,
          'receipt-not-recognised',
        ],
      },
    },
    'post /api/v1/verifications:code': {
      good: () =>
        request(visitor.service.url).post('/api/v1/verifications:code').send({ code: visitor.license.code }),
      status: 200,
      type: 'application/json',
      bad: {
        'too long a code': [
          () =>
            request(visitor.service.url)
              .post('/api/v1/verifications:code')
              .send({ code: '1'.repeat(1401) }),
          400,
          'request-invalid',
        ],
      },
    },
  };
}
