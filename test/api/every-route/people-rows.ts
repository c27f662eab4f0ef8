// Good and bad input of every route about people: interfaces by a signed-in browser's session, and pages.
import request, { type Response, type Test } from 'supertest';
import { district } from '../../../fixtures/district.ts';
import { officers } from '../../../fixtures/officers.ts';
import { accountOfPerson } from '../../../identity/accounts.ts';
import { findPerson } from '../../../identity/persons.ts';
import type { Rows, Visitor } from './visitor.ts';

type Row = Rows[string];
type Send = () => PromiseLike<Response>;

const none = '0'.repeat(32);
const type = 'resident-identity-card';

export function peopleRows(visitor: Visitor): Rows {
  const { page, sendForm } = visitor;
  const { services } = visitor.service;
  const sessions = new Map<string, ReturnType<Visitor['signedIn']>>();
  const as = (choice: string): ReturnType<Visitor['signedIn']> => {
    const known = sessions.get(choice) ?? visitor.signedIn(choice);
    sessions.set(choice, known);
    return known;
  };
  const get = async (choice: string, path: string): Promise<Response> => {
    const { cookie } = await as(choice);
    return visitor.get(path).set('Cookie', cookie);
  };
  const post = async (choice: string, path: string, body: object): Promise<Response> => {
    const { cookie, token } = await as(choice);
    return request(visitor.service.url)
      .post(path)
      .set('Cookie', cookie)
      .set('X-Form-Token', token)
      .send(body);
  };
  const see = async (choice: string, path: string): Promise<Response> =>
    page(path, (await as(choice)).cookie);
  const fill = async (choice: string, path: string, fields: Record<string, string>): Promise<Response> => {
    const { cookie, token } = await as(choice);
    return sendForm(path, { formToken: token, ...fields }, cookie);
  };
  const person = async (number: string): Promise<string> =>
    (await findPerson(services, { type, number, name: '' }))?.id ?? '';
  const account = async (number: string): Promise<string> =>
    (await accountOfPerson(services, await person(number)))?.id ?? '';
  const own = (position: number): Promise<string> => person(district.persons[position]?.number ?? '');
  const officer = (key: string): Promise<string> =>
    account(officers.find((one) => one.key === key)?.number ?? '');
  const row = (
    good: Send,
    status: number,
    bad: Row['bad'],
    kind: string | null = 'application/json',
  ): Row => ({
    good,
    status,
    type: kind,
    bad,
  });
  const pageRow = (good: Send, bad: Row['bad']): Row => row(good, 200, bad, 'text/html');
  const formRow = (good: Send, bad: Row['bad']): Row => row(good, 303, bad, null);
  const stranger = (send: (path: string) => Test, path: string): Row['bad'] => ({
    'nobody signed in': [() => send(path), 401, null],
  });
  const anonymous = (path: string): Row['bad'] => ({
    'nobody signed in': [() => visitor.get(path), 401, 'unauthenticated'],
  });
  const root = async (): Promise<string> =>
    String(
      ((await get('holder-1', '/api/v1/mandates')).body as { mandates: { id: string }[] }).mandates[0]?.id,
    );
  const soon = (): string => new Date(Date.now() + 30 * 86_400_000).toISOString();
  const offer = async (to: number): Promise<string> => {
    const { name = '', number = '' } = district.persons[to] ?? {};
    const body = {
      under: await root(),
      capacity: 'agent',
      to: { name, number },
      scope: '*',
      expires: soon(),
    };
    return String(((await post('holder-1', '/api/v1/mandates', body)).body as { id: string }).id);
  };
  const seen = (position: number): object => ({
    name: district.persons[position]?.name,
    number: district.persons[position]?.number,
    reader: 'chip',
    livePerson: true,
    reference: '簿 1',
  });
  const proposal = async (position: number): Promise<string> =>
    String(
      (
        (await post('window-officer', '/api/v1/proofing-cases', { seen: seen(position) })).body as {
          id: string;
        }
      ).id,
    );
  const asked = async (): Promise<string> => {
    const body = {
      kind: 'role-grant',
      // Whose rights change is signed out: nobody else here visits as this one.
      subject: await officer('officer-health-commission'),
      parameters: { role: 'window-officer' },
      purpose: '轮岗',
    };
    return String(
      ((await post('system-administrator', '/api/v1/two-person-requests', body)).body as { id: string }).id,
    );
  };
  const opened = async (): Promise<string> => {
    const path = `/api/v1/people/${await own(1)}/requests`;
    return String(
      ((await post('holder-2', path, { kind: 'explain', words: '请说明' })).body as { id: string }).id,
    );
  };
  const purpose = {
    id: 'survey',
    name: '满意度调查',
    englishName: 'Survey',
    legalBasis: 'consent',
    sensitive: false,
    categories: ['评价'],
    retentionDays: 30,
    retentionGround: '统计后删除',
    recipients: [],
    notice: '告知',
    englishNotice: 'Notice',
  };
  const sms = { purpose: 'sms-notices', version: 1 };
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
    'get /my/data': pageRow(() => see('holder-6', '/my/data'), stranger(page, '/my/data')),
    'get /my/wards/{id}': pageRow(
      async () => {
        const wards = (await get('holder-6', '/api/v1/people/me')).body as { wards: string[] };
        return see('holder-6', `/my/wards/${wards.wards[0] ?? ''}`);
      },
      { 'nobody’s guardian': [async () => see('holder-1', `/my/wards/${await own(5)}`), 403, null] },
    ),
    'get /my/people/{id}/copy': row(async () => see('holder-1', `/my/people/${await own(0)}/copy`), 200, {
      'somebody else': [async () => see('holder-2', `/my/people/${await own(0)}/copy`), 403, null],
    }),
    'post /my/people/{id}/consents': formRow(
      async () =>
        fill('holder-8', `/my/people/${await own(7)}/consents`, { purpose: sms.purpose, version: '1' }),
      {
        'a forged form': [
          async () =>
            fill('holder-8', `/my/people/${await own(7)}/consents`, {
              purpose: sms.purpose,
              version: '1',
              formToken: 'x',
            }),
          403,
          null,
        ],
      },
    ),
    'post /my/people/{id}/consent-withdrawals': formRow(
      async () => {
        await fill('holder-7', `/my/people/${await own(6)}/consents`, { purpose: sms.purpose, version: '1' });
        return fill('holder-7', `/my/people/${await own(6)}/consent-withdrawals`, { purpose: sms.purpose });
      },
      {
        'no consent': [
          async () =>
            fill('holder-6', `/my/people/${await own(5)}/consent-withdrawals`, { purpose: sms.purpose }),
          404,
          null,
        ],
      },
    ),
    'post /my/people/{id}/requests': formRow(
      async () =>
        fill('holder-1', `/my/people/${await own(0)}/requests`, { kind: 'restrict', words: '请限制' }),
      {
        'no words': [
          async () =>
            fill('holder-1', `/my/people/${await own(0)}/requests`, { kind: 'restrict', words: '' }),
          400,
          null,
        ],
      },
    ),
    'post /my/closure': formRow(
      async () => {
        const leaving = await visitor.signedIn('officer-civil-affairs');
        return sendForm('/my/closure', { formToken: leaving.token, close: 'yes' }, leaving.cookie);
      },
      { unconfirmed: [() => fill('holder-1', '/my/closure', {}), 400, null] },
    ),
    'get /my/level': pageRow(() => see('holder-4', '/my/level?level=4'), {
      'no such level': [() => see('holder-4', '/my/level?level=5'), 400, null],
    }),
    'post /my/level/register': formRow(() => fill('holder-5', '/my/level/register', {}), {
      'a forged form': [() => fill('holder-5', '/my/level/register', { formToken: 'x' }), 403, null],
    }),
    'post /my/level/wangzheng': formRow(
      () => {
        const number = district.persons[4]?.number ?? '';
        const showing = services.showWangzheng?.({ number, wanghao: null }) ?? '';
        return fill('holder-5', '/my/level/wangzheng', { showing });
      },
      {
        'an invented code': [
          () => fill('holder-5', '/my/level/wangzheng', { showing: 'invented-code' }),
          422,
          null,
        ],
      },
    ),
    'post /my/level/phone': pageRow(() => fill('holder-5', '/my/level/phone', {}), {
      'a forged form': [() => fill('holder-5', '/my/level/phone', { formToken: 'x' }), 403, null],
    }),
    'get /my/looks': pageRow(() => see('holder-2', '/my/looks'), stranger(page, '/my/looks')),
    'get /my/mandates': pageRow(() => see('holder-1', '/my/mandates'), stranger(page, '/my/mandates')),
    'post /my/mandates': formRow(
      async () =>
        fill('holder-1', '/my/mandates', {
          under: await root(),
          name: district.persons[5]?.name ?? '',
          number: district.persons[5]?.number ?? '',
          capacity: 'manager',
          matter: '*',
          until: soon().slice(0, 10),
        }),
      {
        'a wrong number': [
          async () =>
            fill('holder-1', '/my/mandates', {
              under: await root(),
              name: '样本',
              number: '123',
              capacity: 'manager',
              matter: '*',
              until: soon().slice(0, 10),
            }),
          422,
          null,
        ],
      },
    ),
    'post /my/mandates/claims': formRow(
      () =>
        fill('holder-7', '/my/mandates/claims', { creditCode: district.enterprises[2]?.creditCode ?? '' }),
      { 'no code': [() => fill('holder-7', '/my/mandates/claims', { creditCode: 'x' }), 404, null] },
    ),
    'post /my/mandates/{id}/acceptance': formRow(
      async () => fill('holder-8', `/my/mandates/${await offer(7)}/acceptance`, {}),
      { 'no offer': [() => fill('holder-8', `/my/mandates/rep_${none}/acceptance`, {}), 404, null] },
    ),
    'post /my/mandates/{id}/refusal': formRow(
      async () => fill('holder-7', `/my/mandates/${await offer(6)}/refusal`, {}),
      { 'no offer': [() => fill('holder-7', `/my/mandates/rep_${none}/refusal`, {}), 404, null] },
    ),
    'post /my/mandates/{id}/revocation': formRow(
      async () => fill('holder-1', `/my/mandates/${await offer(1)}/revocation`, {}),
      { 'no mandate': [() => fill('holder-1', `/my/mandates/rep_${none}/revocation`, {}), 404, null] },
    ),
    'get /office/proofing': pageRow(() => see('window-officer', '/office/proofing'), {
      'a resident': [() => see('holder-1', '/office/proofing'), 403, null],
    }),
    'post /office/proofing': formRow(
      () =>
        fill('window-officer', '/office/proofing', {
          kind: 'proofing',
          type,
          name: district.persons[4]?.name ?? '',
          number: district.persons[4]?.number ?? '',
          reader: 'eye',
          reference: '簿 2',
          livePerson: 'yes',
        }),
      {
        'without the person': [
          () =>
            fill('window-officer', '/office/proofing', {
              kind: 'proofing',
              type,
              name: '样本',
              number: district.persons[4]?.number ?? '',
              reader: 'eye',
              reference: '簿 2',
            }),
          400,
          null,
        ],
      },
    ),
    'get /office/proofing/{id}': pageRow(
      async () => see('window-supervisor', `/office/proofing/${await proposal(5)}`),
      {
        'no case': [() => see('window-supervisor', `/office/proofing/pcs_${none}`), 404, null],
      },
    ),
    'post /office/proofing/{id}/confirmation': formRow(
      async () => fill('window-supervisor', `/office/proofing/${await proposal(6)}/confirmation`, {}),
      {
        'no case': [
          () => fill('window-supervisor', `/office/proofing/pcs_${none}/confirmation`, {}),
          404,
          null,
        ],
      },
    ),
    'post /office/proofing/{id}/rejection': formRow(
      async () =>
        fill('window-supervisor', `/office/proofing/${await proposal(7)}/rejection`, { reason: '不符' }),
      {
        'no case': [
          () => fill('window-supervisor', `/office/proofing/pcs_${none}/rejection`, { reason: 'x' }),
          404,
          null,
        ],
      },
    ),
    'get /office/administration': pageRow(() => see('system-administrator', '/office/administration'), {
      'a resident': [() => see('holder-1', '/office/administration'), 403, null],
    }),
    'post /office/administration': formRow(
      () =>
        fill('system-administrator', '/office/administration', {
          kind: 'trust-list',
          detail: '增补',
          purpose: '互认',
        }),
      {
        'no purpose': [
          () => fill('system-administrator', '/office/administration', { kind: 'trust-list' }),
          400,
          null,
        ],
      },
    ),
    'post /office/administration/{id}/approval': formRow(
      async () => fill('security-administrator', `/office/administration/${await asked()}/approval`, {}),
      {
        nothing: [
          () => fill('security-administrator', `/office/administration/tpr_${none}/approval`, {}),
          404,
          null,
        ],
      },
    ),
    'post /office/administration/{id}/rejection': formRow(
      async () =>
        fill('security-administrator', `/office/administration/${await asked()}/rejection`, { reason: '否' }),
      {
        'no reason': [
          () => fill('security-administrator', `/office/administration/tpr_${none}/rejection`, {}),
          400,
          null,
        ],
      },
    ),
    'post /office/administration/{id}/withdrawal': formRow(
      async () => fill('system-administrator', `/office/administration/${await asked()}/withdrawal`, {}),
      {
        nothing: [
          () => fill('system-administrator', `/office/administration/tpr_${none}/withdrawal`, {}),
          409,
          null,
        ],
      },
    ),
    'get /office/audit': pageRow(() => see('audit-administrator', '/office/audit?purpose=check'), {
      'another administrator': [() => see('security-administrator', '/office/audit'), 403, null],
    }),
    'get /office/protection': pageRow(() => see('data-protection-officer', '/office/protection'), {
      'a resident': [() => see('holder-1', '/office/protection'), 403, null],
    }),
    'post /office/protection/{id}/decision': formRow(
      async () =>
        fill('data-protection-officer', `/office/protection/${await opened()}/decision`, {
          done: 'no',
          answer: '依法保留',
        }),
      {
        nothing: [
          () =>
            fill('data-protection-officer', `/office/protection/prq_${none}/decision`, {
              done: 'no',
              answer: 'x',
            }),
          404,
          null,
        ],
      },
    ),
  };
}
