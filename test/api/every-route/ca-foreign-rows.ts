// Good and bad input of calls about certificates of licensed authorities, and of what the CA shows to everybody.
import { bareListBy, enterprise, fileBy, get, post } from '../ca-office.ts';
import { once } from './ca-rows.ts';
import type { Rows, Visitor } from './visitor.ts';

const absent = (prefix: string): string => `${prefix}_${'0'.repeat(32)}`;

export function caForeignRows(visitor: Visitor, openssl: string): Rows {
  const { service, wrongMethod } = visitor;
  const foreignBody = {
    department: enterprise.creditCode,
    organization: '天津市河北区政务服务办公室',
    commonName: '演示印章',
    authority: '某某电子认证有限公司（演示）',
    key: { generate: 'ES256' },
  };
  const importBody = (): Readonly<Record<string, string>> => {
    const { pkcs12, root } = fileBy(service, openssl, 'of the file');
    const { department, authority } = foreignBody;
    return { department, authority, pkcs12, password: 'of the file', certificates: root };
  };
  const foreign = async (): Promise<{ id: string; request: string }> =>
    (await post(service, 'ca-officer-1', '/api/v1/ca/foreign-credentials', foreignBody)).body as { id: string; request: string }; // prettier-ignore
  const active = once(async () => {
    const made = await foreign();
    const brought = bareListBy(service, openssl, made.request);
    await post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${made.id}/chain`, { certificates: brought.chain }); // prettier-ignore
    const kept = await post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${made.id}/status`, { crl: brought.crl }); // prettier-ignore
    return { ...made, ...brought, status: String(kept.body.id) };
  });
  return {
    'post /api/v1/ca/foreign-credentials': {
      good: () => post(service, 'ca-officer-1', '/api/v1/ca/foreign-credentials', foreignBody),
      status: 201,
      type: 'application/json',
      bad: {
        'a server that is not set up': [
          () => post(service, 'ca-officer-1', '/api/v1/ca/foreign-credentials', { ...foreignBody, key: { server: 'none', name: 'x' } }), // prettier-ignore
          422,
          'foreign-credential-invalid',
        ],
      },
    },
    'post /api/v1/ca/foreign-credentials/imports': {
      good: () => post(service, 'ca-officer-1', '/api/v1/ca/foreign-credentials/imports', importBody()),
      status: 201,
      type: 'application/json',
      bad: {
        'a wrong password': [
          () => post(service, 'ca-officer-1', '/api/v1/ca/foreign-credentials/imports', { ...importBody(), password: 'another' }), // prettier-ignore
          422,
          'pkcs12-password',
        ],
        'no file': [
          () => post(service, 'ca-officer-1', '/api/v1/ca/foreign-credentials/imports', { ...importBody(), pkcs12: '%' }), // prettier-ignore
          400,
          'request-invalid',
        ],
      },
    },
    'get /api/v1/ca/foreign-credentials': {
      good: () => get(service, 'ca-auditor', '/api/v1/ca/foreign-credentials'),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/api/v1/ca/foreign-credentials') },
    },
    'get /api/v1/ca/foreign-credentials/{id}': {
      good: async () => get(service, 'ca-auditor', `/api/v1/ca/foreign-credentials/${(await active()).id}`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => get(service, 'ca-auditor', `/api/v1/ca/foreign-credentials/${absent('fcr')}`),
          404,
          'foreign-credential-not-found',
        ],
      },
    },
    'post /api/v1/ca/foreign-credentials/{id}/chain': {
      good: async () => {
        const made = await foreign();
        const { chain } = bareListBy(service, openssl, made.request);
        return post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${made.id}/chain`, { certificates: chain }); // prettier-ignore
      },
      status: 200,
      type: 'application/json',
      bad: {
        'the chain of another key': [
          async () => post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${(await foreign()).id}/chain`, { certificates: (await active()).chain }), // prettier-ignore
          422,
          'foreign-chain-refused',
        ],
        'no PEM': [
          async () => post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${(await active()).id}/chain`, { certificates: 'x' }), // prettier-ignore
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/ca/foreign-credentials/{id}/status': {
      good: async () =>
        post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${(await active()).id}/status`, { crl: (await active()).crl }), // prettier-ignore
      status: 201,
      type: 'application/json',
      bad: {
        'nowhere to fetch it from': [
          async () => post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${(await active()).id}/status`, { fetch: true }), // prettier-ignore
          422,
          'foreign-status-refused',
        ],
        'no list': [
          async () => post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${(await active()).id}/status`, { crl: 'AAAA' }), // prettier-ignore
          422,
          'der-malformed',
        ],
      },
    },
    'get /api/v1/ca/foreign-credentials/{id}/status/{status}': {
      good: async () => {
        const { id, status } = await active();
        return get(service, 'ca-auditor', `/api/v1/ca/foreign-credentials/${id}/status/${status}`);
      },
      status: 200,
      type: 'application/pkix-crl',
      bad: {
        'evidence of another': [
          async () => get(service, 'ca-auditor', `/api/v1/ca/foreign-credentials/${absent('fcr')}/status/${(await active()).status}`), // prettier-ignore
          404,
          'foreign-credential-not-found',
        ],
      },
    },
    'post /api/v1/ca/foreign-credentials/{id}/retirement': {
      good: async () =>
        post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${(await foreign()).id}/retirement`),
      status: 200,
      type: 'application/json',
      bad: {
        twice: [
          async () => {
            const { id } = await foreign();
            await post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${id}/retirement`);
            return post(service, 'ca-officer-1', `/api/v1/ca/foreign-credentials/${id}/retirement`);
          },
          409,
          'transition-not-allowed',
        ],
      },
    },
    'get /api/v1/ca/authorities': {
      good: () => visitor.get('/api/v1/ca/authorities'),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/api/v1/ca/authorities') },
    },
    'get /api/v1/ca/profiles': {
      good: () => visitor.get('/api/v1/ca/profiles'),
      status: 200,
      type: 'application/json',
      bad: { 'another method': wrongMethod('/api/v1/ca/profiles') },
    },
    'get /ca/{authority}.pem': {
      good: () => visitor.get('/ca/sm2-residents.pem'),
      status: 200,
      type: 'application/pem-certificate-chain',
      bad: { 'no authority': [() => visitor.get('/ca/none.pem'), 404, 'authority-not-found'] },
    },
  };
}
