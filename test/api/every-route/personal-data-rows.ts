// Good and bad input of what protects personal data: revealing, exports, periods of keeping, holds, the master key.
import request from 'supertest';
import { approvalOffice } from '../../../fixtures/departments.ts';
import { bearer } from '../samples.ts';
import { none, peopleVisitor } from './people-visitor.ts';
import type { Rows, Visitor } from './visitor.ts';

export function personalDataRows(visitor: Visitor): Rows {
  const { fill, get, pageRow, post, row, see } = peopleVisitor(visitor);
  const office = (path: string, body: object) =>
    request(visitor.service.url).post(path).set('Authorization', bearer(visitor.service)).send(body);
  const selection = { issuer: approvalOffice.creditCode };
  const agreed = async (kind: string, parameters: object): Promise<string> => {
    const asked = await post('system-administrator', '/api/v1/two-person-requests', {
      kind,
      parameters,
      purpose: '演练',
    });
    const { id } = asked.body as { id: string };
    await post('security-administrator', `/api/v1/two-person-requests/${id}/approval`, {});
    return id;
  };
  const held = async (): Promise<string> => {
    const body = {
      class: 'license-standard',
      record: visitor.license.id,
      reason: '涉诉',
      basis: '民事诉讼法第八十四条',
    };
    const { id } = (await post('data-protection-officer', '/api/v1/legal-holds', body)).body as {
      id: string;
    };
    return id;
  };
  return {
    'post /api/v1/licenses/{id}/reveal': row(
      () => office(`/api/v1/licenses/${visitor.license.id}/reveal`, { reason: '办件核对' }),
      200,
      {
        'no reason': [
          () => office(`/api/v1/licenses/${visitor.license.id}/reveal`, { reason: ' ' }),
          400,
          'request-invalid',
        ],
        'one that is not there': [
          () => office(`/api/v1/licenses/lic_${none}/reveal`, { reason: '办件核对' }),
          404,
          'license-not-found',
        ],
      },
    ),
    'get /licenses/{id}/reveal': pageRow(
      () => see('officer-approval-office', `/licenses/${visitor.license.id}/reveal`),
      { 'a holder': [() => see('holder-1', `/licenses/${visitor.license.id}/reveal`), 403, null] },
    ),
    'post /licenses/{id}/reveal': pageRow(
      () => fill('officer-approval-office', `/licenses/${visitor.license.id}/reveal`, { reason: '窗口核对' }),
      {
        'no reason': [
          () => fill('officer-approval-office', `/licenses/${visitor.license.id}/reveal`, { reason: ' ' }),
          400,
          null,
        ],
      },
    ),
    'get /api/v1/licenses:export': row(
      () => get('holder-1', '/api/v1/licenses:export'),
      200,
      {
        'a system, which holds none': [
          () =>
            request(visitor.service.url)
              .get('/api/v1/licenses:export')
              .set('Authorization', bearer(visitor.service)),
          403,
          'scope-missing',
        ],
      },
      'application/zip',
    ),
    'post /api/v1/license-bulk-exports:plan': row(
      () => post('system-administrator', '/api/v1/license-bulk-exports:plan', selection),
      200,
      {
        'a term that ends before it begins': [
          () =>
            post('system-administrator', '/api/v1/license-bulk-exports:plan', {
              ...selection,
              from: '2026-11-26T00:00:00Z',
              until: '2026-11-25T00:00:00Z',
            }),
          422,
          'change-invalid',
        ],
      },
    ),
    'post /api/v1/license-bulk-exports': row(
      async () => {
        const { body } = await post('system-administrator', '/api/v1/license-bulk-exports:plan', selection);
        const approval = await agreed('bulk-export', { what: (body as { what: string }).what });
        return post('system-administrator', '/api/v1/license-bulk-exports', { ...selection, approval });
      },
      200,
      {
        'no approval': [
          () =>
            post('system-administrator', '/api/v1/license-bulk-exports', {
              ...selection,
              approval: `tpr_${none}`,
            }),
          404,
          'two-person-request-not-found',
        ],
      },
      'application/x-ndjson',
    ),
    'get /api/v1/retention': row(() => get('data-protection-officer', '/api/v1/retention'), 200, {
      'a holder': [() => get('holder-1', '/api/v1/retention'), 403, 'scope-missing'],
    }),
    'post /api/v1/retention/{class}/rules': row(
      () =>
        post('data-protection-officer', '/api/v1/retention/license-short/rules', {
          period: 'P4Y',
          basis: '演示',
        }),
      201,
      {
        'no class': [
          () =>
            post('data-protection-officer', '/api/v1/retention/nothing/rules', {
              period: 'P4Y',
              basis: '演示',
            }),
          404,
          'retention-class-unknown',
        ],
        'no period': [
          () =>
            post('data-protection-officer', '/api/v1/retention/license-short/rules', {
              period: '4Y',
              basis: '演示',
            }),
          422,
          'retention-invalid',
        ],
      },
    ),
    'post /api/v1/legal-holds': row(
      () =>
        post('data-protection-officer', '/api/v1/legal-holds', {
          class: 'license-long',
          reason: '涉诉',
          basis: '民事诉讼法第八十四条',
        }),
      201,
      {
        'an administrator': [
          () => post('system-administrator', '/api/v1/legal-holds', { class: 'x', reason: 'x', basis: 'x' }),
          403,
          'scope-missing',
        ],
        'a record that is none': [
          () =>
            post('data-protection-officer', '/api/v1/legal-holds', {
              class: 'license-long',
              record: `lic_${none}`,
              reason: '涉诉',
              basis: '民事诉讼法第八十四条',
            }),
          422,
          'retention-invalid',
        ],
      },
    ),
    'post /api/v1/legal-holds/{id}/lifting': row(
      async () =>
        post('data-protection-officer', `/api/v1/legal-holds/${await held()}/lifting`, { basis: '裁定' }),
      200,
      {
        'one that does not stand': [
          () => post('data-protection-officer', `/api/v1/legal-holds/hld_${none}/lifting`, { basis: '裁定' }),
          404,
          'legal-hold-not-found',
        ],
      },
    ),
    'get /api/v1/destructions': row(() => get('data-protection-officer', '/api/v1/destructions'), 200, {
      'a time that is none': [
        () => get('data-protection-officer', '/api/v1/destructions?before=yesterday'),
        400,
        'request-invalid',
      ],
    }),
    'post /api/v1/master-key-rotations': row(
      async () =>
        post('system-administrator', '/api/v1/master-key-rotations', {
          approval: await agreed('master-key', { operation: 'rotate' }),
        }),
      202,
      {
        'an approval of something else': [
          async () =>
            post('system-administrator', '/api/v1/master-key-rotations', {
              approval: await agreed('restore', { backup: 'sha256:abc' }),
            }),
          404,
          'two-person-request-not-found',
        ],
      },
    ),
    'get /api/v1/master-key-rotations': row(
      () => get('security-administrator', '/api/v1/master-key-rotations'),
      200,
      {
        'an officer': [() => get('window-officer', '/api/v1/master-key-rotations'), 403, 'scope-missing'],
      },
    ),
  };
}
