// Good and bad input of every call of the certification authority.
import request, { type Response } from 'supertest';
import { approvalOffice } from '../../../fixtures/departments.ts';
import { csr, enrol, enterprise, evidence, get, lines, post, resident } from '../ca-office.ts';
import { postAs, postWithKey } from '../officer.ts';
import type { Rows, Visitor } from './visitor.ts';

const noSerial = 'ff'.repeat(17);
const absent = (prefix: string): string => `${prefix}_${'0'.repeat(32)}`;

/** Made once, when the first row asks for it. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

export function caRows(visitor: Visitor, openssl: string): Rows {
  const { service } = visitor;
  const office = approvalOffice.creditCode;
  const csrOf = (): string => csr(service, openssl);
  const enrolled = once(async () => (await enrol(service, { csr: csrOf() })).body as { serial: string; enrolment: string }); // prettier-ignore
  const personal = once(async () => {
    const change = { profile: 'resident-signing', subject: { person: resident } };
    return (await enrol(service, { csr: csrOf() }, change)).body as { serial: string };
  });
  const question = {
    operation: { kind: 'profile-setting', hierarchy: 'sm2', profile: 'server', enabled: true },
    purpose: '演示',
  };
  const asked = async (): Promise<string> =>
    String((await post(service, 'ca-officer-1', '/api/v1/ca/requests', question)).body.id);
  const batch = once(
    async () =>
    String((await post(service, 'registration-authority', '/api/v1/ca/batches/revocations', { reason: 'superseded', target: { serials: [noSerial] } })).body.id), // prettier-ignore
  );
  const stranger = (path: string): [() => PromiseLike<Response>, number, string] => [
    () => request(service.url).post(path).send({}),
    401,
    'unauthenticated',
  ];
  const onCertificate = (
    path: string,
    good: () => Promise<Response>,
    status: number,
    body: object = {},
  ): Rows[string] => ({
    good,
    status,
    type: 'application/json',
    bad: {
      'a stranger': stranger(`/api/v1/ca/certificates/${noSerial}/${path}`),
      'no certificate': [
        () => post(service, 'registration-authority', `/api/v1/ca/certificates/${noSerial}/${path}`, body),
        404,
        'certificate-not-found',
      ],
    },
  });
  return {
    'post /api/v1/ca/enrolments': {
      good: () => enrol(service, { csr: csrOf() }),
      status: 201,
      type: 'application/json',
      bad: {
        'a department': [() => visitor.post('/api/v1/ca/enrolments', {}), 403, 'scope-missing'],
        'no evidence': [
          () => enrol(service, { csr: csrOf() }, { evidence: undefined }),
          400,
          'request-invalid',
        ],
        'an extension that is not given': [
          () => enrol(service, { csr: csr(service, openssl, ['-addext', 'basicConstraints=CA:TRUE']) }),
          422,
          'csr-extension-refused',
        ],
        'no request at all': [() => enrol(service, { csr: 'AAAA' }), 422, 'der-malformed'],
        'no base64': [() => enrol(service, { csr: '!!' }), 400, 'request-invalid'],
      },
    },
    'get /api/v1/ca/enrolments/{id}': {
      good: async () =>
        get(service, 'registration-authority', `/api/v1/ca/enrolments/${(await enrolled()).enrolment}`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => get(service, 'ca-auditor', `/api/v1/ca/enrolments/${absent('enr')}`),
          404,
          'enrolment-not-found',
        ],
      },
    },
    'post /api/v1/ca/certificates/{serial}/renewals': onCertificate(
      'renewals',
      async () => {
        const serial = String((await enrol(service, { csr: csrOf() })).body.serial);
        // As if most of its life were over.
        const soon = new Date(Date.now() + 60_000).toISOString();
        await service.services.database.write((tx) =>
          tx.updateTable('ca_certificate').set({ not_after: soon }).where('serial', '=', serial).execute(),
        );
        return post(service, 'registration-authority', `/api/v1/ca/certificates/${serial}/renewals`, { evidence }); // prettier-ignore
      },
      201,
      { evidence },
    ),
    'post /api/v1/ca/certificates/{serial}/rekeyings': onCertificate(
      'rekeyings',
      async () =>
        post(service, 'registration-authority', `/api/v1/ca/certificates/${(await enrolled()).serial}/rekeyings`, { evidence, key: { csr: csrOf() } }), // prettier-ignore
      201,
      { evidence, key: { csr: 'AAAA' } },
    ),
    'get /api/v1/ca/certificates/{serial}': {
      good: async () => get(service, 'ca-auditor', `/api/v1/ca/certificates/${(await enrolled()).serial}`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => get(service, 'ca-auditor', `/api/v1/ca/certificates/${noSerial}`),
          404,
          'certificate-not-found',
        ],
        'no serial number': [
          () => get(service, 'ca-auditor', '/api/v1/ca/certificates/xyz'),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/ca/certificates:search': {
      good: () =>
        post(service, 'ca-auditor', '/api/v1/ca/certificates:search', {
          subject: { creditCode: enterprise.creditCode },
          purpose: '演示',
        }),
      status: 200,
      type: 'application/json',
      bad: {
        'no purpose': [
          () => post(service, 'ca-auditor', '/api/v1/ca/certificates:search', { subject: { creditCode: enterprise.creditCode } }), // prettier-ignore
          400,
          'request-invalid',
        ],
        'a page of nobody': [
          () => post(service, 'ca-auditor', '/api/v1/ca/certificates:search', { subject: { creditCode: enterprise.creditCode }, purpose: '演示', after: "' OR 1=1" }), // prettier-ignore
          422,
          'enrolment-invalid',
        ],
      },
    },
    'post /api/v1/ca/certificates/{serial}/suspension': onCertificate(
      'suspension',
      async () => {
        const { body } = await enrol(service, { csr: csrOf() });
        return post(service, 'ca-officer-1', `/api/v1/ca/certificates/${body.serial as string}/suspension`);
      },
      200,
    ),
    'post /api/v1/ca/certificates/{serial}/release': onCertificate(
      'release',
      async () => {
        const path = `/api/v1/ca/certificates/${String((await enrol(service, { csr: csrOf() })).body.serial)}`;
        await post(service, 'registration-authority', `${path}/suspension`);
        return post(service, 'registration-authority', `${path}/release`);
      },
      200,
    ),
    'post /api/v1/ca/certificates/{serial}/revocation': onCertificate(
      'revocation',
      async () => {
        const { body } = await enrol(service, { csr: csrOf() });
        return post(service, 'registration-authority', `/api/v1/ca/certificates/${body.serial as string}/revocation`, { reason: 'superseded' }); // prettier-ignore
      },
      200,
      { reason: 'superseded' },
    ),
    'post /api/v1/ca/certificates/{serial}/subject': {
      good: async () =>
        post(service, 'ca-auditor', `/api/v1/ca/certificates/${(await personal()).serial}/subject`, { purpose: '演示' }), // prettier-ignore
      status: 200,
      type: 'application/json',
      bad: {
        'a registration authority': [
          () => post(service, 'registration-authority', `/api/v1/ca/certificates/${noSerial}/subject`, { purpose: '演示' }), // prettier-ignore
          403,
          'scope-missing',
        ],
        'no pseudonym': [
          async () => post(service, 'ca-auditor', `/api/v1/ca/certificates/${(await enrolled()).serial}/subject`, { purpose: '演示' }), // prettier-ignore
          404,
          'certificate-not-found',
        ],
      },
    },
    'get /api/v1/ca/certificates/{serial}/disclosures': {
      good: async () =>
        get(service, 'ca-auditor', `/api/v1/ca/certificates/${(await personal()).serial}/disclosures`),
      status: 200,
      type: 'application/json',
      bad: {
        'an officer': [
          () => get(service, 'ca-officer-1', `/api/v1/ca/certificates/${noSerial}/disclosures`),
          403,
          'scope-missing',
        ],
      },
    },
    'post /api/v1/ca/batches/enrolments': {
      good: () =>
        post(service, 'registration-authority', '/api/v1/ca/batches/enrolments', [
          { profile: 'enterprise-seal', subject: enterprise, evidence, key: { csr: csrOf() } },
        ]),
      status: 202,
      type: 'application/json',
      bad: {
        'no rows': [
          () => post(service, 'registration-authority', '/api/v1/ca/batches/enrolments', []),
          422,
          'batch-invalid',
        ],
        'no JSON': [
          () => lines(service, 'registration-authority', '/api/v1/ca/batches/enrolments', '[{'), // prettier-ignore
          400,
          'json-malformed',
        ],
      },
    },
    'post /api/v1/ca/batches/revocations': {
      good: () =>
        post(service, 'ca-officer-1', '/api/v1/ca/batches/revocations', {
          reason: 'superseded',
          target: { serials: [noSerial] },
        }),
      status: 202,
      type: 'application/json',
      bad: {
        'no target': [
          () => post(service, 'ca-officer-1', '/api/v1/ca/batches/revocations', { reason: 'superseded', target: {} }), // prettier-ignore
          422,
          'batch-invalid',
        ],
        'a hold': [
          () => post(service, 'ca-officer-1', '/api/v1/ca/batches/revocations', { reason: 'certificateHold', target: { serials: [noSerial] } }), // prettier-ignore
          400,
          'request-invalid',
        ],
      },
    },
    'get /api/v1/ca/batches/{id}': {
      good: async () => get(service, 'registration-authority', `/api/v1/ca/batches/${await batch()}`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => get(service, 'ca-auditor', `/api/v1/ca/batches/${absent('bat')}`),
          404,
          'batch-not-found',
        ],
      },
    },
    'get /api/v1/ca/batches/{id}/items': {
      good: async () => get(service, 'ca-auditor', `/api/v1/ca/batches/${await batch()}/items?limit=5`),
      status: 200,
      type: 'application/json',
      bad: {
        'a place before the first': [
          async () => get(service, 'ca-auditor', `/api/v1/ca/batches/${await batch()}/items?after=-1`),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/ca/requests': {
      good: () =>
        post(service, 'ca-officer-1', '/api/v1/ca/requests', {
          operation: { kind: 'root-crl', hierarchy: 'international' },
          purpose: '演示',
        }),
      status: 201,
      type: 'application/json',
      bad: {
        'a longer life': [
          () => post(service, 'ca-officer-1', '/api/v1/ca/requests', { operation: { kind: 'profile-setting', hierarchy: 'sm2', profile: 'server', enabled: true, maximumDays: 9999 }, purpose: '演示' }), // prettier-ignore
          422,
          'ca-request-invalid',
        ],
        'no authority': [
          () => post(service, 'ca-officer-1', '/api/v1/ca/requests', { operation: { kind: 'succeed-authority', authority: 'none' }, purpose: '演示' }), // prettier-ignore
          404,
          'authority-not-found',
        ],
      },
    },
    'get /api/v1/ca/requests': {
      good: () => get(service, 'ca-auditor', '/api/v1/ca/requests'),
      status: 200,
      type: 'application/json',
      bad: {
        'a registration authority': [
          () => get(service, 'registration-authority', '/api/v1/ca/requests'),
          403,
          'scope-missing',
        ],
      },
    },
    'get /api/v1/ca/requests/{id}': {
      good: async () => get(service, 'ca-officer-2', `/api/v1/ca/requests/${await asked()}`),
      status: 200,
      type: 'application/json',
      bad: {
        'one that is not there': [
          () => get(service, 'ca-officer-2', `/api/v1/ca/requests/${absent('req')}`),
          404,
          'ca-request-not-found',
        ],
      },
    },
    'post /api/v1/ca/requests/{id}/approval': {
      good: async () => postAs(service, 'ca-reviewer', `/api/v1/ca/requests/${await asked()}/approval`),
      status: 200,
      type: 'application/json',
      bad: {
        'the own request': [
          async () => {
            const { body } = await postAs(service, 'ca-reviewer', '/api/v1/ca/requests', question);
            const { id } = body as { id: string };
            return postAs(service, 'ca-reviewer', `/api/v1/ca/requests/${id}/approval`);
          },
          403,
          'self-approval',
        ],
        "a second officer's key": [
          async () =>
            postWithKey(service, office, ['ca:approve'], `/api/v1/ca/requests/${await asked()}/approval`),
          403,
          'decider-not-person',
        ],
        'an auditor': [
          async () => post(service, 'ca-auditor', `/api/v1/ca/requests/${await asked()}/approval`),
          403,
          'scope-missing',
        ],
      },
    },
    'post /api/v1/ca/requests/{id}/rejection': {
      good: async () =>
        postAs(service, 'ca-reviewer', `/api/v1/ca/requests/${await asked()}/rejection`, { reason: '不必' }),
      status: 200,
      type: 'application/json',
      bad: {
        'no reason': [
          async () => postAs(service, 'ca-reviewer', `/api/v1/ca/requests/${await asked()}/rejection`),
          400,
          'request-invalid',
        ],
      },
    },
  };
}
