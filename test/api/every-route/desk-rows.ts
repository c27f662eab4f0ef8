// Good and bad input of the interfaces of officers who work on people.
import { district } from '../../../fixtures/district.ts';
import { none, peopleVisitor } from './people-visitor.ts';
import type { Rows, Visitor } from './visitor.ts';

export function deskRows(visitor: Visitor): Rows {
  const { account, asked, get, officer, opened, post, proposal, purpose, row, seen } = peopleVisitor(visitor);
  return {
    'get /api/v1/proofing-cases': row(() => get('window-officer', '/api/v1/proofing-cases'), 200, {
      'no officer of a window': [() => get('holder-1', '/api/v1/proofing-cases'), 403, 'scope-missing'],
    }),
    'post /api/v1/proofing-cases': row(
      () => post('window-officer', '/api/v1/proofing-cases', { seen: seen(0) }),
      201,
      {
        'the second officer': [
          () => post('window-supervisor', '/api/v1/proofing-cases', { seen: seen(1) }),
          403,
          'role-missing',
        ],
        'a picture': [
          () => post('window-officer', '/api/v1/proofing-cases', { seen: { ...seen(1), photo: 'data:' } }),
          400,
          'request-invalid',
        ],
      },
    ),
    'get /api/v1/proofing-cases/{id}': row(
      async () => get('window-supervisor', `/api/v1/proofing-cases/${await proposal(1)}`),
      200,
      {
        'no case': [
          () => get('window-supervisor', `/api/v1/proofing-cases/pcs_${none}`),
          404,
          'case-not-found',
        ],
      },
    ),
    'post /api/v1/proofing-cases/{id}/confirmation': row(
      async () => post('window-supervisor', `/api/v1/proofing-cases/${await proposal(2)}/confirmation`, {}),
      200,
      {
        'no case': [
          () => post('window-supervisor', `/api/v1/proofing-cases/pcs_${none}/confirmation`, {}),
          404,
          'case-not-found',
        ],
      },
    ),
    'post /api/v1/proofing-cases/{id}/rejection': row(
      async () =>
        post('window-supervisor', `/api/v1/proofing-cases/${await proposal(3)}/rejection`, {
          reason: '照片不符',
        }),
      200,
      {
        'no reason': [
          () => post('window-supervisor', `/api/v1/proofing-cases/pcs_${none}/rejection`, {}),
          400,
          'request-invalid',
        ],
      },
    ),
    'post /api/v1/proofings/{id}/withdrawal': row(
      async () => {
        const path = `/api/v1/proofing-cases/${await proposal(5)}/confirmation`;
        const { outcome } = (await post('window-supervisor', path, {})).body as { readonly outcome: string };
        return post('window-supervisor', `/api/v1/proofings/${outcome}/withdrawal`, { reason: '证件系伪造' });
      },
      200,
      {
        nothing: [
          () => post('window-supervisor', `/api/v1/proofings/prf_${none}/withdrawal`, { reason: 'x' }),
          404,
          'case-not-found',
        ],
      },
    ),
    'get /api/v1/officers': row(() => get('system-administrator', '/api/v1/officers'), 200, {
      'no administrator': [() => get('window-officer', '/api/v1/officers'), 403, 'scope-missing'],
    }),
    'get /api/v1/two-person-requests': row(
      () => get('security-administrator', '/api/v1/two-person-requests'),
      200,
      {
        'no administrator': [() => get('holder-1', '/api/v1/two-person-requests'), 403, 'scope-missing'],
      },
    ),
    'post /api/v1/two-person-requests': row(
      () =>
        post('system-administrator', '/api/v1/two-person-requests', {
          kind: 'restore',
          parameters: { backup: 'sha256:abc' },
          purpose: '演练',
        }),
      201,
      {
        'in the own matter': [
          async () =>
            post('system-administrator', '/api/v1/two-person-requests', {
              kind: 'role-grant',
              subject: await officer('system-administrator'),
              parameters: { role: 'case-officer' },
              purpose: '我要',
            }),
          403,
          'own-matter',
        ],
      },
    ),
    'post /api/v1/two-person-requests/{id}/approval': row(
      async () => post('security-administrator', `/api/v1/two-person-requests/${await asked()}/approval`, {}),
      200,
      {
        'the asker': [
          async () =>
            post('system-administrator', `/api/v1/two-person-requests/${await asked()}/approval`, {}),
          403,
          'role-missing',
        ],
      },
    ),
    'post /api/v1/two-person-requests/{id}/rejection': row(
      async () =>
        post('security-administrator', `/api/v1/two-person-requests/${await asked()}/rejection`, {
          reason: '不需要',
        }),
      200,
      {
        nothing: [
          () =>
            post('security-administrator', `/api/v1/two-person-requests/tpr_${none}/rejection`, {
              reason: 'x',
            }),
          404,
          'two-person-request-not-found',
        ],
      },
    ),
    'post /api/v1/two-person-requests/{id}/withdrawal': row(
      async () => post('system-administrator', `/api/v1/two-person-requests/${await asked()}/withdrawal`, {}),
      200,
      {
        'somebody else’s': [
          async () =>
            post('security-administrator', `/api/v1/two-person-requests/${await asked()}/withdrawal`, {}),
          409,
          'two-person-request-decided',
        ],
      },
    ),
    'post /api/v1/accounts/{id}/lock': row(
      async () => {
        const id = await account(district.persons[7]?.number ?? '');
        await post('security-administrator', `/api/v1/accounts/${id}/lock`, { locked: true });
        return post('security-administrator', `/api/v1/accounts/${id}/lock`, { locked: false });
      },
      200,
      {
        'one’s own': [
          async () =>
            post(
              'security-administrator',
              `/api/v1/accounts/${await officer('security-administrator')}/lock`,
              { locked: true },
            ),
          403,
          'own-matter',
        ],
        'the wrong administrator': [
          async () =>
            post('system-administrator', `/api/v1/accounts/${await officer('window-officer')}/lock`, {
              locked: true,
            }),
          403,
          'role-missing',
        ],
      },
    ),
    'get /api/v1/audit': row(() => get('audit-administrator', '/api/v1/audit?purpose=check'), 200, {
      'without a purpose': [() => get('audit-administrator', '/api/v1/audit'), 400, 'request-invalid'],
      'another administrator': [
        () => get('system-administrator', '/api/v1/audit?purpose=check'),
        403,
        'scope-missing',
      ],
    }),
    'get /api/v1/purposes': row(() => visitor.get('/api/v1/purposes'), 200, {
      'another method': visitor.wrongMethod('/api/v1/purposes'),
    }),
    'get /api/v1/purposes/{purpose}/notices/{version}': row(
      () => visitor.get('/api/v1/purposes/sign-in/notices/1'),
      200,
      {
        'no such version': [
          () => visitor.get('/api/v1/purposes/sign-in/notices/99'),
          404,
          'purpose-not-found',
        ],
      },
    ),
    'post /api/v1/purposes': row(() => post('data-protection-officer', '/api/v1/purposes', purpose), 201, {
      'another basis for a known one': [
        () => post('data-protection-officer', '/api/v1/purposes', { ...purpose, id: 'sign-in' }),
        422,
        'purpose-invalid',
      ],
      'no data protection officer': [
        () => post('window-officer', '/api/v1/purposes', purpose),
        403,
        'scope-missing',
      ],
    }),
    'get /api/v1/person-requests': row(() => get('data-protection-officer', '/api/v1/person-requests'), 200, {
      'a resident': [() => get('holder-1', '/api/v1/person-requests'), 403, 'scope-missing'],
    }),
    'post /api/v1/person-requests/{id}/decision': row(
      async () =>
        post('data-protection-officer', `/api/v1/person-requests/${await opened()}/decision`, {
          done: true,
          answer: '已说明',
        }),
      200,
      {
        nothing: [
          () =>
            post('data-protection-officer', `/api/v1/person-requests/prq_${none}/decision`, {
              done: true,
              answer: 'x',
            }),
          404,
          'person-request-not-found',
        ],
      },
    ),
  };
}
