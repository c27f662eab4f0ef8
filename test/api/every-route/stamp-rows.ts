// Good and bad input of stored documents, batches of stamps, and stamps whose key is elsewhere.
import request, { type Test } from 'supertest';
import { sealWithCode } from '../../../signing/seal-register.ts';
import { foodBusinessMatter } from '../../../fixtures/matters.ts';
import { bearer, decisionPdf, officeSeal } from '../samples.ts';
import { once } from './ca-rows.ts';
import type { Rows, Visitor } from './visitor.ts';

const absent = (prefix: string): string => `${prefix}_${'0'.repeat(32)}`;

export function stampRows(visitor: Visitor): Rows {
  const { get, post, asOffice, asCivil, wrongMethod } = visitor;
  const upload = (bytes: Uint8Array, type = 'application/pdf'): Test =>
    request(visitor.service.url)
      .post('/api/v1/documents')
      .set('Authorization', bearer(visitor.service))
      .set('Content-Type', type)
      .send(Buffer.from(bytes));
  const document = once(
    async () => ((await upload((await decisionPdf()).pdf)).body as { digest: string }).digest,
  );
  const order = async () => ({
    seal: officeSeal,
    matter: foodBusinessMatter.code,
    placement: { page: 1, x: 40, y: 40 },
    document: await document(),
  });
  const batch = once(async () => {
    const { body } = await post('/api/v1/stamps/batches', { documents: [await order()] });
    return (body as { id: string }).id;
  });
  const prepare = async (): Promise<{ id: string; toBeSigned: string }> =>
    (await post('/api/v1/stamps/prepared', await order())).body as { id: string; toBeSigned: string };
  const valueOf = async (toBeSigned: string): Promise<string> => {
    const { database, keys } = visitor.service.services;
    const seal = await sealWithCode(database.reader, officeSeal);
    if (seal === null) throw new Error('no seal');
    const key = await keys.open(seal.keyId, 'seal', seal.chain);
    return Buffer.from(await key.sign(new Uint8Array(Buffer.from(toBeSigned, 'base64')))).toString('base64');
  };
  return {
    'post /api/v1/documents': {
      good: async () => upload((await decisionPdf()).pdf),
      status: 201,
      type: 'application/json',
      bad: {
        'another type': [() => upload(Buffer.from('x'), 'text/plain'), 415, 'content-type-unsupported'],
        'a stranger': [() => request(visitor.service.url).post('/api/v1/documents'), 401, 'unauthenticated'],
      },
    },
    'post /api/v1/stamps/batches': {
      good: async () => post('/api/v1/stamps/batches', { documents: [await order()] }),
      status: 202,
      type: 'application/json',
      bad: {
        'no document': [() => post('/api/v1/stamps/batches', { documents: [] }), 400, 'request-invalid'],
        'a document that is not there': [
          async () =>
            post('/api/v1/stamps/batches', {
              documents: [{ ...(await order()), document: `sha256:${'0'.repeat(64)}` }],
            }),
          404,
          'document-not-found',
        ],
      },
    },
    'get /api/v1/stamps/batches/{id}': {
      good: async () => asOffice(get(`/api/v1/stamps/batches/${await batch()}`)),
      status: 200,
      type: 'application/json',
      bad: {
        'another department': [
          async () => asCivil(get(`/api/v1/stamps/batches/${await batch()}`)),
          404,
          'batch-not-found',
        ],
        'no identifier': [() => asOffice(get('/api/v1/stamps/batches/1')), 400, 'request-invalid'],
      },
    },
    'get /api/v1/stamps/batches/{id}/items': {
      good: async () => asOffice(get(`/api/v1/stamps/batches/${await batch()}/items`)),
      status: 200,
      type: 'application/json',
      bad: {
        'too many': [
          async () => asOffice(get(`/api/v1/stamps/batches/${await batch()}/items?limit=5000`)),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/stamps/batches/{id}/cancellation': {
      good: async () => post(`/api/v1/stamps/batches/${await batch()}/cancellation`, {}),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => post(`/api/v1/stamps/batches/${absent('stb')}/cancellation`, {}),
          404,
          'batch-not-found',
        ],
        'another method': wrongMethod(`/api/v1/stamps/batches/${absent('stb')}/cancellation`),
      },
    },
    'post /api/v1/stamps/prepared': {
      good: async () => post('/api/v1/stamps/prepared', await order()),
      status: 201,
      type: 'application/json',
      bad: {
        'no room for the second of two': [
          async () => post('/api/v1/stamps/prepared', { ...(await order()), sm2: 'ses', docMdp: 1 }),
          422,
          'signing-forbidden',
        ],
        'another algorithm': [
          async () => post('/api/v1/stamps/prepared', { ...(await order()), algorithm: 'RS256' }),
          422,
          'algorithm-refused',
        ],
      },
    },
    'post /api/v1/stamps/prepared/{id}/value': {
      good: async () => {
        const { id, toBeSigned } = await prepare();
        return post(`/api/v1/stamps/prepared/${id}/value`, { value: await valueOf(toBeSigned) });
      },
      status: 201,
      type: 'application/json',
      bad: {
        'a value of something else': [
          async () => post(`/api/v1/stamps/prepared/${(await prepare()).id}/value`, { value: 'AAAA' }),
          422,
          'prepared-mismatch',
        ],
        'one that is not there': [
          () => post(`/api/v1/stamps/prepared/${absent('stp')}/value`, { value: 'AAAA' }),
          404,
          'prepared-not-found',
        ],
      },
    },
  };
}
