// What somebody hostile tries at the whole service: codes of devices guessed, addresses inside called for them.
import assert from 'node:assert/strict';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { outboundHttp } from '../../api/outbound-http.ts';
import { beginScan } from '../../identity/login/scan.ts';
import { registerClient } from '../../identity/provider/clients.ts';
import { startService, type Harness } from '../api/harness.ts';
import { Visitor } from './login/visitor.ts';
import { Browser } from './provider/browser.ts';
import { operator, testDepartment } from './provider/harness.ts';
import { byKey, clientKey, post, type ClientKey } from './provider/relying-party.ts';

describe('hostile tries at the whole service', function () {
  this.timeout(120_000);
  let service: Harness;
  let key: ClientKey;
  let device: string;

  before(async () => {
    service = await startService();
    key = await clientKey();
    device = (
      await registerClient(service.services.providerParts, operator, {
        name: '终端',
        englishName: 'Terminal',
        department: testDepartment,
        settings: {
          grants: ['device'],
          authentication: 'private_key_jwt',
          jwks: { keys: [{ ...key.jwk, kty: 'EC' }] },
        },
      })
    ).client.id;
  });
  after(() => service.stop());

  it('guesses of a device’s code run out, and the right code is no guess', async () => {
    const { services } = service;
    const browser = new Browser();
    const page = await browser.visit(`${service.url}/oidc/device`);
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const enter = (code: string) => browser.post(`${service.url}/oidc/device`, { xsrf, user_code: code });
    const begun = await post(service, '/device/auth', {
      scope: 'openid',
      ...(await byKey(device, key, `${services.address}/oidc`)),
    });
    for (let round = 0; round < 3; round += 1)
      assert.equal((await enter(String(begun.body['user_code']))).status, 200, 'found, and given back');
    const statuses: number[] = [];
    for (let guess = 0; guess < 14; guess += 1)
      statuses.push((await enter(`BCDF-GH${'BCDFGHJKLMNPQR'.charAt(guess)}K`)).status);
    assert.ok(statuses.filter((status) => status === 429).length >= 3, statuses.join());
    assert.equal((await enter(String(begun.body['user_code']))).status, 429, 'whoever guesses waits');
    const { scope, failures } = await services.database.reader
      .selectFrom('login_attempt')
      .select(['scope', 'failures'])
      .where('scope', 'like', 'user-code:%')
      .executeTakeFirstOrThrow();
    // In the database, so that every node counts on, and without the address.
    assert.ok(failures >= 10);
    assert.doesNotMatch(scope, /127\.0\.0/);
  });

  it('a device that asks for a code guesses nothing, and a guess is one however its address is written', async () => {
    const { services } = service;
    const forget = () => services.database.write((tx) => tx.deleteFrom('login_attempt').execute());
    const counted = async (): Promise<number> =>
      (
        await services.database.reader
          .selectFrom('login_attempt')
          .select('failures')
          .where('scope', 'like', 'user-code:%')
          .executeTakeFirst()
      )?.failures ?? 0;
    await forget();
    for (let terminal = 0; terminal < 12; terminal += 1) {
      const begun = await post(service, '/device/auth', {
        scope: 'openid',
        ...(await byKey(device, key, `${services.address}/oidc`)),
      });
      assert.equal(begun.status, 200, JSON.stringify(begun.body));
    }
    assert.equal(await counted(), 0, 'a hall of terminals behind one address');
    const { hostname, port, host } = new URL(service.url);
    const targets = [
      '/oidc/device?a=b',
      '/oidc/device/',
      '/oidc/DEVICE',
      '/OIDC/Device',
      `http://${host}/oidc/device`,
    ];
    for (const [position, path] of targets.entries()) {
      await new Promise<void>((done, fail) => {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        const sent = request({ hostname, port, method: 'POST', path, headers }, (answer) => {
          answer.resume().on('end', done);
        });
        sent.on('error', fail).end('xsrf=x&user_code=BCDF-GHJK');
      });
      assert.equal(await counted(), position + 1, path);
    }
    await forget();
  });

  it('a code entered after the session is over begins anew, and nothing fails', async () => {
    const stranger = new Browser();
    const late = new Browser();
    await late.visit(`${service.url}/oidc/device`);
    await service.services.database.write((tx) =>
      tx.deleteFrom('oidc_record').where('model', '=', 'Session').execute(),
    );
    for (const browser of [stranger, late]) {
      const answer = await browser.post(`${service.url}/oidc/device`, { xsrf: 'x', user_code: 'BCDF-GHJK' });
      assert.equal(answer.status, 303);
      assert.equal(answer.location, `${service.services.address}/oidc/device`);
      const again = await browser.visit(`${service.url}/oidc/device`);
      const xsrf = /name="xsrf" value="([^"]*)"/.exec(again.text)?.[1] ?? '';
      assert.equal(
        (await browser.post(`${service.url}/oidc/device`, { xsrf, user_code: 'BCDF-GHJK' })).status,
        200,
        'and works from there',
      );
    }
  });

  const claims = {
    'x-forwarded-for': '203.0.113.9',
    forwarded: 'for=203.0.113.9',
    'x-real-ip': '203.0.113.9',
    'x-forwarded-host': 'evil.example.cn',
  };

  it('says where a device or another screen is by the connection alone, whatever it claims', async () => {
    const { services } = service;
    const begun = await post(
      service,
      '/device/auth',
      { scope: 'openid', ...(await byKey(device, key, `${services.address}/oidc`)) },
      claims,
    );
    const browser = new Browser();
    const page = await browser.visit(`${service.url}/oidc/device`);
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const code = String(begun.body['user_code']);
    const confirm = await browser.post(`${service.url}/oidc/device`, { xsrf, user_code: code });
    assert.match(confirm.text, /本机/);
    assert.doesNotMatch(confirm.text, /203\.0|evil/);
    const visitor = new Visitor(service);
    await visitor.go('/sign-in');
    const fields = new URLSearchParams({ formToken: visitor.token });
    const origin = services.address;
    await visitor.browser.visit(`${service.url}/interaction/${visitor.uid}/scan`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin, ...claims },
      body: fields.toString(),
    });
    const { shown } = await services.database.reader
      .selectFrom('scan_transaction')
      .select('shown')
      .where('bound_to', '=', visitor.uid)
      .executeTakeFirstOrThrow();
    assert.match(shown, /本机/);
    assert.doesNotMatch(shown, /203\.0|evil/);
  });

  it('a scan is confirmed by its own phone on its own page alone: no other browser, page or number', async () => {
    const { services } = service;
    const account = services.login.demonstrationAccounts[0]?.account ?? '';
    const shown = {
      client: { zh: '门户', en: 'portal' },
      place: { zh: '本机', en: 'here' },
      browser: 'Chrome',
    };
    const state = async (id: string): Promise<string> =>
      (
        await services.database.reader
          .selectFrom('scan_transaction')
          .select('state')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).state;
    const phone = new Visitor(service);
    await phone.demonstrate(account);
    const picture = await beginScan(services.login.doors, { boundTo: 'screen', shown, floor: null });
    await phone.go(`/scan/${picture.code}`);
    const { token } = phone;
    const path = `/scan/${picture.id}/session`;
    const right = { formToken: token, number: String(picture.number) };
    // Signed in, with the stolen form, and yet another phone.
    const other = new Visitor(service);
    await other.demonstrate(account);
    assert.equal((await other.send(path, right)).status, 403);
    assert.equal((await other.go(`/scan/${picture.code}`)).status, 404, 'one phone alone');
    assert.equal((await other.go(`/scan-again/${picture.id}`)).status, 404);
    assert.equal((await phone.send(path, right, 'https://evil.example.cn')).status, 403, 'another page');
    assert.equal((await phone.send(path, { ...right, formToken: `${token}x` })).status, 403);
    assert.ok((await phone.send(path, { ...right, number: '9' })).status >= 400, 'no number of a screen');
    const stranger = await beginScan(services.login.doors, { boundTo: 'screen-2', shown, floor: null });
    assert.equal((await phone.send(`/scan/${stranger.id}/session`, right)).status, 403, 'another scan');
    assert.equal(await state(picture.id), 'scanned', 'nothing of that counted');
    await phone.send(path, right);
    assert.equal(await state(picture.id), 'approved');
    assert.equal((await phone.send(path, right)).status, 404, 'answered once');
    // The wrong digits are the end of it: nobody tries the other two.
    const again = await beginScan(services.login.doors, { boundTo: 'screen-3', shown, floor: null });
    await phone.go(`/scan/${again.code}`);
    const wrong = { formToken: phone.token, number: String(again.number === 10 ? 11 : again.number - 1) };
    await phone.send(`/scan/${again.id}/session`, wrong);
    assert.equal(await state(again.id), 'refused');
    const late = { ...wrong, number: String(again.number) };
    assert.equal((await phone.send(`/scan/${again.id}/session`, late)).status, 404);
  });

  it('calls no address inside for a logout, whatever a client registered', async () => {
    let called = 0;
    const inside: Server = createServer((_request, response) => {
      called += 1;
      response.end();
    });
    await new Promise<void>((done) => inside.listen(0, '127.0.0.1', done));
    const { port } = inside.address() as AddressInfo;
    // As in production: https alone, public addresses alone.
    const call = outboundHttp(false);
    for (const url of [
      `http://127.0.0.1:${port}/`,
      `https://127.0.0.1:${port}/`,
      `https://localhost:${port}/`,
      `https://[::1]:${port}/`,
      `https://[::ffff:127.0.0.1]:${port}/`,
      `https://2130706433:${port}/`,
      `https://0x7f.1:${port}/`,
      `https://0:${port}/`,
      'https://169.254.169.254/latest/meta-data',
      'https://10.0.0.1/',
      'https://192.168.0.1/',
      'file:///etc/passwd',
    ])
      // prettier-ignore
      await assert.rejects(
        call({
          url: new URL(url),
          method: 'POST',
          headers: {},
          body: '',
          networks: [],
          timeout: 1000,
          limit: 1000,
        }),
        url,
      );
    assert.equal(called, 0);
    await new Promise<void>((done) => inside.close(() => done()));
  });
});
