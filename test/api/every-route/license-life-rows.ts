// Good and bad input of what becomes of licenses: versions, other days, inspections, merging, holders, requests, and their desk.
import request, { type Response, type Test } from 'supertest';
import { enterprises } from '../../../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../../../fixtures/licenses.ts';
import { bearer, freshKey, issue, licenseBody } from '../samples.ts';
import { once } from './ca-rows.ts';
import { noLicense, type Rows, type Visitor } from './visitor.ts';

let serial = 910;
const words = { reason: '检查', legalBasis: '证照类型规则' };
const today = (): string => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

export function licenseLifeRows(visitor: Visitor): Rows {
  const { get, post, asOffice, asCivil, page, sendForm, signedIn } = visitor;
  /** A license of a holder of its own, by turns of the same enterprise. */
  const fresh = async (): Promise<string> => {
    serial += 1;
    const enterprise = enterprises[0];
    if (enterprise === undefined) throw new RangeError('The district has no enterprises.');
    const made = await issue(visitor.service, licenseBody(foodBusinessLicense(enterprise, serial)));
    return (made.body as { id: string }).id;
  };
  const path = (id: string, rest: string): string => `/api/v1/licenses/${id}/${rest}`;
  const inspect = (id: string, change: object = {}): Test =>
    post(path(id, 'inspections'), { ...words, inspectedOn: today(), outcome: '合格', ...change });
  const waiting = async (id: string): Promise<number> => {
    const { body } = await post(path(id, 'status-changes'), {
      ...words,
      change: 'suspend',
      effectiveAt: inDays(9),
    });
    return (body as { sequence: number }).sequence;
  };
  const ask = (license: string): Test =>
    post('/api/v1/license-change-requests', {
      kind: 'status',
      license,
      order: { ...words, change: 'withdraw' },
    });
  const asked = async (): Promise<string> => ((await ask(await fresh())).body as { id: string }).id;
  const noRequest = `lcr_${'0'.repeat(32)}`;
  const officer = once(() => signedIn('officer-approval-office'));
  const holder = once(() => signedIn('holder-1'));
  const form = async (address: string, fields: Record<string, string>): Promise<Response> => {
    const { cookie, token } = await officer();
    return sendForm(address, { formToken: token, idempotencyKey: freshKey(), ...fields }, cookie);
  };
  const forged = async (address: string, fields: Record<string, string>): Promise<Response> =>
    sendForm(
      address,
      { formToken: 'x', idempotencyKey: 'x', reason: 'x', ...fields },
      (await officer()).cookie,
    );
  const pageOf = async (address: string): Promise<Response> => page(address, (await officer()).cookie);
  /** As another principal of the department: the officer at the desk decides what its system asked for. */
  const decided = async (rest: string, fields: Record<string, string> = {}): Promise<Response> =>
    form(`/office/license-requests/${await asked()}/${rest}`, fields);
  const system = (test: Test): Test => test.set('Authorization', bearer(visitor.service));
  const bare = (address: string): Test => system(request(visitor.service.url).post(address));
  return {
    'get /api/v1/licenses/{id}/versions': {
      good: () => asOffice(get(path(visitor.license.id, 'versions?purpose=test'))),
      status: 200,
      type: 'application/json',
      bad: {
        'another department': [
          () => asCivil(get(path(visitor.license.id, 'versions?purpose=test'))),
          404,
          'license-not-found',
        ],
      },
    },
    'get /api/v1/licenses/{id}/as-of': {
      good: () => asOffice(get(path(visitor.license.id, `as-of?purpose=test&at=${inDays(1)}`))),
      status: 200,
      type: 'application/json',
      bad: {
        'no day': [
          () => asOffice(get(path(visitor.license.id, 'as-of?purpose=test&at=yesterday'))),
          400,
          'request-invalid',
        ],
        'what will be known': [
          () =>
            asOffice(get(path(visitor.license.id, `as-of?purpose=test&at=${inDays(0)}&known=${inDays(2)}`))),
          422,
          'change-invalid',
        ],
      },
    },
    'post /api/v1/licenses/{id}/inspections': {
      good: async () => inspect(await fresh()),
      status: 201,
      type: 'application/json',
      bad: {
        'a day to come': [
          () => inspect(visitor.license.id, { inspectedOn: '2999-01-01' }),
          422,
          'inspection-invalid',
        ],
        'no outcome': [() => inspect(visitor.license.id, { outcome: '' }), 400, 'request-invalid'],
        'no license': [() => inspect(noLicense), 404, 'license-not-found'],
      },
    },
    'post /api/v1/licenses/{id}/countermands': {
      good: async () => {
        const id = await fresh();
        return post(path(id, 'countermands'), { ...words, sequence: await waiting(id) });
      },
      status: 201,
      type: 'application/json',
      bad: {
        'no such event': [
          () => post(path(visitor.license.id, 'countermands'), { ...words, sequence: 999 }),
          404,
          'event-not-found',
        ],
      },
    },
    'post /api/v1/license-merges': {
      good: async () =>
        post('/api/v1/license-merges', { ...words, licenses: [await fresh()], into: await fresh() }),
      status: 201,
      type: 'application/json',
      bad: {
        'into itself': [
          () =>
            post('/api/v1/license-merges', {
              ...words,
              licenses: [visitor.license.id],
              into: visitor.license.id,
            }),
          422,
          'merge-invalid',
        ],
        'none at all': [
          () => post('/api/v1/license-merges', { ...words, licenses: [], into: visitor.license.id }),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/license-holder-changes': {
      good: () => {
        const { name, creditCode } = enterprises[5] ?? { name: '', creditCode: '' };
        return post('/api/v1/license-holder-changes', {
          ...words,
          change: 'renamed',
          kind: 'enterprise',
          before: { name, code: creditCode },
          after: { name: '天津演示更名有限公司', code: creditCode },
        });
      },
      status: 201,
      type: 'application/json',
      bad: {
        'a code that is none': [
          () =>
            post('/api/v1/license-holder-changes', {
              ...words,
              change: 'merged',
              kind: 'enterprise',
              before: { name: '甲', code: 'x' },
              after: { name: '乙', code: 'y' },
            }),
          422,
          'holder-change-invalid',
        ],
      },
    },
    'post /api/v1/license-change-requests': {
      good: async () => ask(await fresh()),
      status: 201,
      type: 'application/json',
      bad: {
        'no license': [() => ask(noLicense), 404, 'license-not-found'],
        'no kind': [() => post('/api/v1/license-change-requests', { order: {} }), 400, 'request-invalid'],
      },
    },
    'get /api/v1/license-change-requests': {
      good: () => asOffice(get('/api/v1/license-change-requests?waiting=yes')),
      status: 200,
      type: 'application/json',
      bad: { 'a stranger': [() => get('/api/v1/license-change-requests'), 401, 'unauthenticated'] },
    },
    'get /api/v1/license-change-requests/{id}': {
      good: async () => asOffice(get(`/api/v1/license-change-requests/${await asked()}`)),
      status: 200,
      type: 'application/json',
      bad: {
        'another department': [
          async () => asCivil(get(`/api/v1/license-change-requests/${await asked()}`)),
          404,
          'change-request-not-found',
        ],
      },
    },
    'post /api/v1/license-change-requests/{id}/approval': {
      // Asked for by the system, approved by an officer who signed in.
      good: async () => {
        const { cookie, token } = await officer();
        return request(visitor.service.url)
          .post(`/api/v1/license-change-requests/${await asked()}/approval`)
          .set('Cookie', cookie)
          .set('X-Form-Token', token);
      },
      status: 200,
      type: 'application/json',
      bad: {
        'the own one': [
          async () => bare(`/api/v1/license-change-requests/${await asked()}/approval`),
          403,
          'change-request-own',
        ],
        'by a system, of what an officer asked for': [
          async () => {
            const { cookie, token } = await officer();
            const asking = await request(visitor.service.url)
              .post(`/api/v1/license-change-requests`)
              .set('Cookie', cookie)
              .set('X-Form-Token', token)
              .set('Idempotency-Key', freshKey())
              .send({ kind: 'status', license: await fresh(), order: { ...words, change: 'withdraw' } });
            return bare(`/api/v1/license-change-requests/${(asking.body as { id: string }).id}/approval`);
          },
          403,
          'decider-not-person',
        ],
        none: [
          () => bare(`/api/v1/license-change-requests/${noRequest}/approval`),
          404,
          'change-request-not-found',
        ],
      },
    },
    'post /api/v1/license-change-requests/{id}/rejection': {
      good: async () =>
        post(`/api/v1/license-change-requests/${await asked()}/rejection`, { reason: '撤回' }),
      status: 200,
      type: 'application/json',
      bad: {
        'no reason': [
          async () => post(`/api/v1/license-change-requests/${await asked()}/rejection`, {}),
          400,
          'request-invalid',
        ],
      },
    },
    'get /office/licenses': {
      good: () => pageOf('/office/licenses'),
      status: 200,
      type: 'text/html',
      bad: {
        'a holder': [async () => page('/office/licenses', (await holder()).cookie), 403, null],
        'a stranger': [() => get('/office/licenses'), 401, 'unauthenticated'],
      },
    },
    'post /office/licenses': {
      good: () =>
        form('/office/licenses', { by: 'case', text: '120105-2026-000002', purpose: '窗口核对证照' }),
      status: 200,
      type: 'text/html',
      bad: {
        'a forged form': [
          () => forged('/office/licenses', { by: 'case', text: '1', purpose: 'x' }),
          403,
          null,
        ],
        'nothing to look for': [
          () => form('/office/licenses', { by: 'case', text: ' ', purpose: 'x' }),
          400,
          null,
        ],
      },
    },
    'get /office/licenses/{id}': {
      good: () => pageOf(`/office/licenses/${visitor.license.id}`),
      status: 200,
      type: 'text/html',
      bad: { 'no license': [() => pageOf(`/office/licenses/${noLicense}`), 404, null] },
    },
    'post /office/licenses/{id}/changes': {
      good: async () =>
        form(`/office/licenses/${await fresh()}/changes`, { change: 'suspend', reason: '检查' }),
      status: 303,
      type: null,
      bad: {
        'a forged form': [
          () => forged(`/office/licenses/${visitor.license.id}/changes`, { change: 'suspend' }),
          403,
          null,
        ],
        'a day that is none': [
          () =>
            form(`/office/licenses/${visitor.license.id}/changes`, {
              change: 'suspend',
              reason: 'x',
              effectiveOn: 'soon',
            }),
          400,
          null,
        ],
      },
    },
    'post /office/licenses/{id}/inspections': {
      good: async () =>
        form(`/office/licenses/${await fresh()}/inspections`, {
          inspectedOn: today(),
          outcome: '合格',
          reason: '年检',
        }),
      status: 303,
      type: null,
      bad: {
        'a forged form': [
          () =>
            forged(`/office/licenses/${visitor.license.id}/inspections`, {
              inspectedOn: today(),
              outcome: '合格',
            }),
          403,
          null,
        ],
      },
    },
    'post /office/licenses/{id}/countermands': {
      good: async () => {
        const id = await fresh();
        return form(`/office/licenses/${id}/countermands`, {
          sequence: String(await waiting(id)),
          reason: '撤回',
        });
      },
      status: 303,
      type: null,
      bad: {
        'a forged form': [
          () => forged(`/office/licenses/${visitor.license.id}/countermands`, { sequence: '1' }),
          403,
          null,
        ],
      },
    },
    'get /office/license-requests/{id}': {
      good: async () => pageOf(`/office/license-requests/${await asked()}`),
      status: 200,
      type: 'text/html',
      bad: { none: [() => pageOf(`/office/license-requests/${noRequest}`), 404, null] },
    },
    'post /office/license-requests/{id}/approval': {
      good: () => decided('approval'),
      status: 303,
      type: null,
      bad: {
        'a forged form': [
          async () => forged(`/office/license-requests/${await asked()}/approval`, {}),
          403,
          null,
        ],
      },
    },
    'post /office/license-requests/{id}/rejection': {
      good: () => decided('rejection', { reason: '证据不足' }),
      status: 303,
      type: null,
      bad: {
        'a forged form': [
          async () => forged(`/office/license-requests/${await asked()}/rejection`, {}),
          403,
          null,
        ],
      },
    },
  };
}
