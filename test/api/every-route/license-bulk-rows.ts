// Good and bad input of batches of licenses, of licenses taken over and of their originals.
import request, { type Test } from 'supertest';
import { enterprises } from '../../../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../../../fixtures/licenses.ts';
import { bearer, freshKey } from '../samples.ts';
import { once } from './ca-rows.ts';
import { noLicense, type Rows, type Visitor } from './visitor.ts';

let serial = 850;

export function licenseBulkRows(visitor: Visitor): Rows {
  const { get, post, asOffice, asCivil } = visitor;
  const fresh = () => {
    serial += 1;
    const enterprise = enterprises[serial % enterprises.length];
    if (enterprise === undefined) throw new RangeError('The district has no enterprises.');
    return foodBusinessLicense(enterprise, serial);
  };
  const orderOf = ({ type, number, holder, face }: ReturnType<typeof fresh>): object => ({
    type: type.key,
    number,
    holder,
    face,
  });
  const { matter } = fresh();
  const lines = (text: string, query = `matter=${matter.code}`, key = freshKey()): Test =>
    request(visitor.service.url)
      .post(`/api/v1/licenses/batches?${query}`)
      .set('Authorization', bearer(visitor.service))
      .set('Idempotency-Key', key)
      .set('Content-Type', 'application/x-ndjson')
      .send(text);
  const batch = once(async () => ((await lines(JSON.stringify(orderOf(fresh())))).body as { id: string }).id);
  const takeOver = (original: object): Test =>
    post('/api/v1/licenses/imports', { ...orderOf(fresh()), matter: matter.code, original });
  const document = once(async () => {
    const pdf = Buffer.from('%PDF-1.4\n%%EOF\n');
    const stored = await request(visitor.service.url)
      .post('/api/v1/documents')
      .set('Authorization', bearer(visitor.service))
      .set('Content-Type', 'application/pdf')
      .send(pdf);
    return (stored.body as { digest: string }).digest;
  });
  const imported = once(async () => {
    const { body } = await takeOver({ kind: 'paper', issuedOn: '2025-03-05', document: await document() });
    return (body as { id: string }).id;
  });
  const absent = `lib_${'0'.repeat(32)}`;
  return {
    'post /api/v1/licenses/batches': {
      good: () => lines(JSON.stringify(orderOf(fresh()))),
      status: 202,
      type: 'application/json',
      bad: {
        'no matter': [() => lines('{}', ''), 400, 'request-invalid'],
        'no rows': [() => lines(''), 422, 'batch-invalid'],
        'rows of the other kind': [
          () => lines(JSON.stringify(orderOf(fresh())), `kind=import&matter=${matter.code}`),
          422,
          'batch-invalid',
        ],
      },
    },
    'get /api/v1/licenses/batches': {
      good: () => asOffice(get('/api/v1/licenses/batches')),
      status: 200,
      type: 'application/json',
      bad: { 'a stranger': [() => get('/api/v1/licenses/batches'), 401, 'unauthenticated'] },
    },
    'get /api/v1/licenses/batches/{id}': {
      good: async () => asOffice(get(`/api/v1/licenses/batches/${await batch()}`)),
      status: 200,
      type: 'application/json',
      bad: {
        'another department': [
          async () => asCivil(get(`/api/v1/licenses/batches/${await batch()}`)),
          404,
          'batch-not-found',
        ],
        'no identifier': [() => asOffice(get('/api/v1/licenses/batches/1')), 400, 'request-invalid'],
      },
    },
    'get /api/v1/licenses/batches/{id}/items': {
      good: async () => asOffice(get(`/api/v1/licenses/batches/${await batch()}/items`)),
      status: 200,
      type: 'application/json',
      bad: {
        'too many': [
          async () => asOffice(get(`/api/v1/licenses/batches/${await batch()}/items?limit=5000`)),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/licenses/batches/{id}/cancellation': {
      good: async () => post(`/api/v1/licenses/batches/${await batch()}/cancellation`, {}),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => post(`/api/v1/licenses/batches/${absent}/cancellation`, {}),
          404,
          'batch-not-found',
        ],
      },
    },
    'post /api/v1/licenses/imports': {
      good: () => takeOver({ kind: 'paper', issuedOn: '2025-03-05' }),
      status: 201,
      type: 'application/json',
      bad: {
        'no original': [
          () => post('/api/v1/licenses/imports', { ...orderOf(fresh()), matter: matter.code }),
          400,
          'request-invalid',
        ],
        'a day to come': [() => takeOver({ kind: 'paper', issuedOn: '2999-03-05' }), 422, 'original-invalid'],
        'a file that is not here': [
          () => takeOver({ kind: 'file', issuedOn: '2025-03-05', document: `sha256:${'0'.repeat(64)}` }),
          404,
          'original-not-found',
        ],
      },
    },
    'get /api/v1/licenses/{id}/original': {
      good: async () => asOffice(get(`/api/v1/licenses/${await imported()}/original?purpose=test`)),
      status: 200,
      type: 'application/json',
      bad: {
        'one that was issued here': [
          () => asOffice(get(`/api/v1/licenses/${visitor.license.id}/original?purpose=test`)),
          404,
          'original-not-found',
        ],
        'another department': [
          async () => asCivil(get(`/api/v1/licenses/${await imported()}/original?purpose=test`)),
          404,
          'license-not-found',
        ],
      },
    },
    'get /api/v1/licenses/{id}/original/document': {
      good: async () => asOffice(get(`/api/v1/licenses/${await imported()}/original/document?purpose=test`)),
      status: 200,
      type: 'application/pdf',
      bad: {
        'no purpose': [
          async () => asOffice(get(`/api/v1/licenses/${await imported()}/original/document`)),
          422,
          'purpose-missing',
        ],
        'one that is not there': [
          () => asOffice(get(`/api/v1/licenses/${noLicense}/original/document?purpose=test`)),
          404,
          'license-not-found',
        ],
      },
    },
  };
}
