// People over HTTP: registers that are down or slow, forms that are forged, and what strangers, systems and officers may not do.
import assert from 'node:assert/strict';
import request, { type Response } from 'supertest';
import { registersOverHttp } from '../../api/registers-http.ts';
import { RegisterStore } from '../../fixtures/register/register-store.ts';
import { startRegisterServer, type RegisterServer } from '../../fixtures/register/register-server.ts';
import { district } from '../../fixtures/district.ts';
import { startService, type Harness } from './harness.ts';
import { signInAs } from './sign-in.ts';

describe('people over HTTP', () => {
  let service: Harness;
  let register: RegisterServer;
  let store: RegisterStore;
  const cookies = new Map<string, { cookie: string; token: string }>();

  before(async () => {
    store = new RegisterStore(':memory:');
    service = await startService({
      // The demonstration's people, asked at a register that this test can break.
      registers: async (installation) => {
        register = await startRegisterServer(store, { token: 't', clock: installation.clock });
        store.seed(
          district.persons.map(({ name, number }) => ({
            type: 'resident-identity-card',
            name,
            number,
            wanghao: null,
          })),
          district.enterprises.map(({ creditCode, name, legalRepresentative }) => {
            const who = district.persons.find((person) => person.name === legalRepresentative);
            const number = who?.number ?? '';
            return {
              creditCode,
              name,
              legalRepresentative: { type: 'resident-identity-card', name: legalRepresentative, number },
            };
          }),
        );
        const access = { url: register.url, token: 't', clock: installation.clock, timeout: 300 };
        return { registers: registersOverHttp(access), showWangzheng: null, stop: () => register.stop() };
      },
    });
  });
  after(async () => {
    await service.stop();
    store.close();
  });

  async function as(choice: string): Promise<{ cookie: string; token: string }> {
    const known = cookies.get(choice);
    if (known !== undefined) return known;
    const cookie = await signInAs(service, choice);
    const home = await request(service.url).get('/').set('Cookie', cookie);
    const made = { cookie, token: /name="formToken" value="([^"]+)"/.exec(home.text)?.[1] ?? '' };
    cookies.set(choice, made);
    return made;
  }
  async function post(choice: string, path: string, body: object): Promise<Response> {
    const { cookie, token } = await as(choice);
    return request(service.url).post(path).set('Cookie', cookie).set('X-Form-Token', token).send(body);
  }

  it('says 503, when to come back, and nothing about the inside, while the register is down', async () => {
    register.fault = 'error';
    const answer = await post('holder-3', '/api/v1/people/me/register-proofings', {});
    assert.equal(answer.status, 503);
    assert.equal((answer.body as { code: string }).code, 'register-unavailable');
    assert.ok(Number(answer.headers['retry-after']) > 0);
    assert.ok(!answer.text.includes('127.0.0.1'));
    const { cookie, token } = await as('holder-3');
    const page = await request(service.url)
      .post('/my/level/register')
      .set('Cookie', cookie)
      .set('Accept', 'text/html')
      .type('form')
      .send({ formToken: token });
    assert.equal(page.status, 503);
    assert.match(page.text, /登记库暂不可用/);
    register.fault = 'none';
    const good = await post('holder-3', '/api/v1/people/me/register-proofings', {});
    assert.equal(good.status, 201, good.text);
  });

  it('answers a slow register within its time, and others meanwhile', async () => {
    register.delay = 5000;
    const began = performance.now();
    const [slow, other] = await Promise.all([
      post('holder-3', '/api/v1/people/me/register-proofings', {}),
      request(service.url).get('/api/v1/purposes'),
    ]);
    register.delay = 0;
    assert.equal(slow.status, 503);
    assert.equal(other.status, 200);
    assert.ok(performance.now() - began < 4000);
  });

  it('ends the mandates of an enterprise within seconds of a change in the register', async function () {
    this.timeout(30_000);
    const list = async (): Promise<number> => {
      const { cookie } = await as('holder-7');
      const answer = await request(service.url).get('/api/v1/mandates').set('Cookie', cookie);
      return (answer.body as { mandates: unknown[] }).mandates.length;
    };
    assert.equal(await list(), 1);
    const enterprise = district.enterprises.find(
      ({ legalRepresentative }) => legalRepresentative === district.persons[6]?.name,
    );
    const { name = '', number = '' } = district.persons[2] ?? {};
    store.change({
      creditCode: enterprise?.creditCode ?? '',
      representative: { type: 'resident-identity-card', name, number },
    });
    const began = performance.now();
    while ((await list()) > 0) {
      assert.ok(performance.now() - began < 15_000, 'the mandate goes on');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });

  it('takes no call of a browser without the session’s token, and none of a system', async () => {
    const { cookie } = await as('holder-1');
    const forged = await request(service.url)
      .post('/api/v1/people/me/closure')
      .set('Cookie', cookie)
      .send({ close: true });
    assert.equal(forged.status, 403);
    const system = await request(service.url)
      .get('/api/v1/people/me')
      .set('Authorization', `Bearer ${service.apiKeys['approval-office']}`);
    assert.equal(system.status, 403);
  });

  it('tells neither number nor name of a person in any answer but their own copy', async () => {
    const { cookie } = await as('holder-1');
    const { name = '', number = '' } = district.persons[0] ?? {};
    for (const path of ['/api/v1/people/me', '/api/v1/mandates']) {
      const answer = await request(service.url).get(path).set('Cookie', cookie);
      assert.equal(answer.status, 200);
      assert.ok(!answer.text.includes(number) && !answer.text.includes(name), path);
    }
    const me = (await request(service.url).get('/api/v1/people/me').set('Cookie', cookie)).body as {
      person: string;
    };
    const copy = await request(service.url).get(`/api/v1/people/${me.person}/copy`).set('Cookie', cookie);
    assert.ok(copy.text.includes(number) && copy.text.includes(name));
    const other = await as('holder-2');
    const foreign = await request(service.url)
      .get(`/api/v1/people/${me.person}/copy`)
      .set('Cookie', other.cookie);
    assert.equal(foreign.status, 403);
    assert.ok(!foreign.text.includes(number));
  });

  it('ends the sessions of an account that is closed or locked at once', async () => {
    const leaving = await as('holder-8');
    const id = (
      (await request(service.url).get('/api/v1/people/me').set('Cookie', leaving.cookie)).body as {
        account: string;
      }
    ).account;
    const locked = await post('security-administrator', `/api/v1/accounts/${id}/lock`, { locked: true });
    assert.equal(locked.status, 200, locked.text);
    const after = await request(service.url).get('/api/v1/people/me').set('Cookie', leaving.cookie);
    assert.equal(after.status, 401);
  });
});
