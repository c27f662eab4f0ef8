// Good and bad input of the provider's administration and of a person's own sign-ins and grants.
import request, { type Response, type Test } from 'supertest';
import { operator } from '../../../api/installation.ts';
import { approvalOffice } from '../../../fixtures/departments.ts';
import { createApiKey } from '../../../identity/api-keys.ts';
import { registerClient } from '../../../identity/provider/clients.ts';
import { signInAs } from '../sign-in.ts';
import type { Rows, Visitor } from './visitor.ts';

const noDelivery = `lod_${'0'.repeat(32)}`;
const json = 'application/json';

export async function providerRows(visitor: Visitor): Promise<Rows> {
  const { service, get, page, sendForm, wrongMethod } = visitor;
  const { key } = await createApiKey(service.services, operator, {
    department: approvalOffice.creditCode,
    scopes: ['identity:administer'],
    label: 'administrator',
  });
  const admin = (test: Test): Test => test.set('Authorization', `Bearer ${key}`);
  const post = (path: string, body: object): Test => admin(request(service.url).post(path)).send(body);
  const office = (test: Test): Test => visitor.asOffice(test);
  const settings = { redirectUris: ['https://rp.example.cn/return'] };
  const names = { name: '测试应用', englishName: 'Test client' };
  const { client } = await registerClient(service.services.providerParts, operator, {
    ...names,
    department: approvalOffice.creditCode,
    settings,
  });
  const at = `/api/v1/clients/${client.id}`;
  const person = async (): Promise<{ cookie: string; token: string }> => {
    const cookie = await signInAs(service, 'holder-3');
    const { text } = await page('/my/sessions', cookie);
    return { cookie, token: /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? '' };
  };
  const formOf = async (
    path: string,
    fields: (text: string) => Record<string, string>,
  ): Promise<Response> => {
    const { cookie, token } = await person();
    const { text } = await page('/my/sessions', cookie);
    return sendForm(path, { formToken: token, ...fields(text) }, cookie);
  };
  const forged = (path: string, fields: Record<string, string>): Rows[string]['bad'] => ({
    'nobody signed in': [() => sendForm(path, { formToken: 'x', ...fields }, ''), 401, null],
    'a forged form': [
      async () => sendForm(path, { formToken: 'x', ...fields }, (await person()).cookie),
      403,
      null,
    ],
  });
  return {
    'get /api/v1/clients': {
      good: () => admin(get('/api/v1/clients')),
      status: 200,
      type: json,
      bad: { 'without the right': [() => office(get('/api/v1/clients')), 403, 'scope-missing'] },
    },
    'get /api/v1/clients/{id}': {
      good: () => admin(get(at)),
      status: 200,
      type: json,
      bad: { 'one that is not there': [() => admin(get('/api/v1/clients/nobody')), 404, 'client-not-found'] },
    },
    'post /api/v1/clients': {
      good: () => post('/api/v1/clients', { ...names, department: approvalOffice.creditCode, settings }),
      status: 201,
      type: json,
      bad: {
        'settings that do not go together': [
          () => post('/api/v1/clients', { ...names, department: approvalOffice.creditCode, settings: {} }),
          422,
          'client-invalid',
        ],
        'a department that is none': [
          () => post('/api/v1/clients', { ...names, department: 'x', settings }),
          404,
          'department-not-found',
        ],
        'an unknown setting': [
          () =>
            post('/api/v1/clients', { ...names, department: 'x', settings: { ...settings, secret: 'x' } }),
          400,
          'request-invalid',
        ],
      },
    },
    'post /api/v1/clients/{id}': {
      good: () => post(at, { ...names, settings: { ...settings, pushedRequests: true } }),
      status: 200,
      type: json,
      bad: {
        'one that is not there': [
          () => post('/api/v1/clients/nobody', { ...names, settings }),
          404,
          'client-not-found',
        ],
      },
    },
    'post /api/v1/clients/{id}/secrets': {
      good: () => post(`${at}/secrets`, {}),
      status: 201,
      type: json,
      bad: {
        'one that is not there': [() => post('/api/v1/clients/nobody/secrets', {}), 404, 'client-not-found'],
      },
    },
    'post /api/v1/clients/{id}/state': {
      good: () => post(`${at}/state`, { state: 'active' }),
      status: 200,
      type: json,
      bad: { 'a state that is none': [() => post(`${at}/state`, { state: 'gone' }), 400, 'request-invalid'] },
    },
    'get /api/v1/provider-keys': {
      good: () => admin(get('/api/v1/provider-keys')),
      status: 200,
      type: json,
      bad: { 'without the right': [() => office(get('/api/v1/provider-keys')), 403, 'scope-missing'] },
    },
    'post /api/v1/provider-keys': {
      good: () => post('/api/v1/provider-keys', {}),
      status: 201,
      type: json,
      bad: {
        'something beside': [() => post('/api/v1/provider-keys', { now: true }), 400, 'request-invalid'],
      },
    },
    'post /api/v1/provider-keys/{id}/revocation': {
      good: async () => {
        const { body } = await admin(get('/api/v1/provider-keys'));
        const [next] = (body.keys as { kid: string; state: string }[]).filter(
          ({ state }) => state === 'next',
        );
        return post(`/api/v1/provider-keys/${next?.kid ?? ''}/revocation`, {});
      },
      status: 201,
      type: json,
      bad: {
        'a key that is none': [
          () => post(`/api/v1/provider-keys/${'x'.repeat(43)}/revocation`, {}),
          404,
          'provider-key-not-found',
        ],
      },
    },
    'get /api/v1/logout-deliveries': {
      good: () => admin(get('/api/v1/logout-deliveries')),
      status: 200,
      type: json,
      bad: { 'without the right': [() => office(get('/api/v1/logout-deliveries')), 403, 'scope-missing'] },
    },
    'post /api/v1/logout-deliveries/{id}/attempts': {
      good: async () => {
        const now = new Date().toISOString();
        await service.services.database.write(async (tx) => {
          await tx
            .insertInto('logout_delivery')
            .values({
              id: `lod_${'1'.repeat(32)}`,
              client: client.id,
              account: 'acc_1',
              sid: null,
              reason: 'logout',
              state: 'dead',
              attempts: 10,
              next_attempt_at: now,
              leased_until: null,
              last_error: 'answered 500',
              created_at: now,
              finished_at: now,
            })
            .execute();
        });
        return post(`/api/v1/logout-deliveries/lod_${'1'.repeat(32)}/attempts`, {});
      },
      status: 202,
      type: json,
      bad: {
        'none that was given up': [
          () => post(`/api/v1/logout-deliveries/${noDelivery}/attempts`, {}),
          404,
          'request-not-found',
        ],
      },
    },
    'get /my/sessions': {
      good: async () => page('/my/sessions', (await person()).cookie),
      status: 200,
      type: 'text/html',
      bad: {
        'a stranger': [() => page('/my/sessions'), 401, null],
        'another method': wrongMethod('/my/sessions'),
      },
    },
    'post /my/sessions/end': {
      good: () =>
        formOf('/my/sessions/end', (text) => ({ login: /value="(lgn_[0-9a-f]{32})"/.exec(text)?.[1] ?? '' })),
      status: 303,
      type: null,
      bad: {
        ...forged('/my/sessions/end', { login: `lgn_${'0'.repeat(32)}` }),
        'somebody else’s': [
          () => formOf('/my/sessions/end', () => ({ login: `lgn_${'0'.repeat(32)}` })),
          404,
          null,
        ],
      },
    },
    'post /my/sessions/end-all': {
      good: () => formOf('/my/sessions/end-all', () => ({})),
      status: 303,
      type: null,
      bad: forged('/my/sessions/end-all', {}),
    },
    'post /my/grants/end': {
      good: async () => {
        const { cookie, token } = await person();
        const row = await service.services.database.reader
          .selectFrom('login_session')
          .select('account')
          .where('ended_at', 'is', null)
          .orderBy('last_seen_at', 'desc')
          .executeTakeFirstOrThrow();
        await service.services.database.write(async (tx) => {
          await tx
            .insertInto('oidc_consent')
            .values({
              account: row.account,
              client: client.id,
              granted: JSON.stringify({ scopes: ['openid'], claims: [], resources: {} }),
              given_at: new Date().toISOString(),
              ended_at: null,
            })
            .execute();
        });
        return sendForm('/my/grants/end', { formToken: token, client: client.id }, cookie);
      },
      status: 303,
      type: null,
      bad: {
        ...forged('/my/grants/end', { client: client.id }),
        'nothing granted': [() => formOf('/my/grants/end', () => ({ client: 'nobody' })), 404, null],
      },
    },
    'post /my/requests': {
      good: async () => {
        const { cookie, token } = await person();
        const asked = await waitingRequest(service, client.id);
        return sendForm('/my/requests', { formToken: token, id: asked, decision: 'refuse' }, cookie);
      },
      status: 303,
      type: null,
      bad: {
        ...forged('/my/requests', { id: `cib_${'0'.repeat(32)}`, decision: 'refuse' }),
        'none that waits': [
          () => formOf('/my/requests', () => ({ id: `cib_${'0'.repeat(32)}`, decision: 'approve' })),
          404,
          null,
        ],
      },
    },
  };
}

/** A request of the back channel for whoever signed in last. */
async function waitingRequest({ services }: Visitor['service'], client: string): Promise<string> {
  const { account } = await services.database.reader
    .selectFrom('login_session')
    .select('account')
    .where('ended_at', 'is', null)
    .orderBy('last_seen_at', 'desc')
    .executeTakeFirstOrThrow();
  const provider = services.provider.current();
  const known = await provider.Client.find(client);
  if (known === undefined) throw new Error('The client is gone.');
  const made = new provider.BackchannelAuthenticationRequest({
    accountId: account,
    clientId: known.clientId,
  });
  Object.assign(made, { params: {}, scope: 'openid', claims: {} });
  const secret = await made.save();
  const id = `cib_${'2'.repeat(32)}`;
  const now = services.clock();
  await services.database.write(async (tx) => {
    await tx
      .insertInto('ciba_request')
      .values({
        id,
        request_cipher: services.cipher.seal({ table: 'ciba_request', column: 'request', row: id }, secret),
        account,
        client,
        scope: 'openid',
        binding_message: 'A1',
        floor: null,
        state: 'waiting',
        created_at: now.toISOString(),
        expires_at: new Date(now.getTime() + 60_000).toISOString(),
        decided_at: null,
        offline: 0,
      })
      .execute();
  });
  return id;
}
