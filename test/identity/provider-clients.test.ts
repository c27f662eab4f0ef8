// Clients: secrets in rotation, keys of their own, encrypted ID tokens, mutual TLS, outbound calls, disabling.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { compactDecrypt, decodeJwt } from 'jose';
import { outboundHttp } from '../../api/outbound-http.ts';
import { noSessions } from '../../identity/account-events.ts';
import { publishPurpose } from '../../identity/purposes.ts';
import { endConsent } from '../../identity/provider/consents.ts';
import {
  changeClient,
  registerClient,
  rotateClientSecret,
  setClientState,
} from '../../identity/provider/clients.ts';
import { Browser } from './provider/browser.ts';
import { logsIn, operator, startProvider, testDepartment, type ProviderHarness } from './provider/harness.ts';
import {
  authorization,
  authorized,
  basic,
  clientKey,
  post,
  redirectUri,
  signedIn,
} from './provider/relying-party.ts';

describe('clients of the provider', () => {
  let harness: ProviderHarness;
  let account: string;
  let now = 0;

  before(async () => {
    harness = await startProvider({ clock: () => new Date(Math.max(now, Date.now())) });
    account = await harness.account(3);
    harness.behave = logsIn(account, { aal: 3 });
  });

  after(() => harness.stop());

  const settings = { redirectUris: [redirectUri] };
  const register = (change: object): Promise<unknown> =>
    registerClient(harness.parts, operator, {
      name: '测试应用',
      englishName: 'Test client',
      department: testDepartment,
      settings: { ...settings, ...change },
    });

  it('refuses settings that do not hold or go together, naming what is wrong', async () => {
    const refused: readonly (readonly [object, RegExp])[] = [
      [{ redirectUris: [] }, /redirectUris/],
      [{ redirectUris: ['https://rp.example.cn/*'] }, /wildcard/],
      [{ redirectUris: ['https://rp.example.cn/return#x'] }, /fragment/],
      [{ redirectUris: ['http://rp.example.cn/return'] }, /no address to redirect to/],
      [{ redirectUris: ['https://user:pw@rp.example.cn/return'] }, /no address to redirect to/],
      [{ redirectUris: ['javascript:alert(1)'] }, /no address to redirect to/],
      [{ authentication: 'private_key_jwt' }, /needs jwks/],
      [{ authentication: 'none' }, /authenticates/],
      [{ fapi2: true }, /FAPI 2\.0/],
      [{ subject: 'public' }, /our own pages/],
      [{ grants: ['device'] }, /private_key_jwt/],
      [{ encryption: { algorithm: 'ECDH-ES', content: 'A256GCM' } }, /encryption needs/],
      [{ jwks: { keys: [{ kty: 'EC', d: 'x' }] } }, /private/],
      [{ unknown: true }, /nrecognized/],
      [{ scopes: ['everything'] }, /scopes/],
      [{ minimumLevel: 5 }, /minimumLevel/],
    ];
    for (const [change, words] of refused)
      await assert.rejects(register(change), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'client-invalid', JSON.stringify(change));
        assert.match(error.message, words);
        return true;
      });
    await assert.rejects(
      registerClient(harness.parts, operator, {
        id: 'x',
        name: 'ab',
        englishName: 'ab',
        department: testDepartment,
        settings,
      }),
      { code: 'client-invalid' },
    );
  });

  it('keeps the secret encrypted, shows it once, and takes the former one for a day after a rotation', async () => {
    const client = await harness.client({ grants: ['system'], kind: 'system', apiScopes: ['stamps:read'] });
    const ask = (secret: string): ReturnType<typeof post> =>
      post(
        harness,
        '/token',
        { grant_type: 'client_credentials', scope: 'stamps:read' },
        { authorization: basic({ ...client, secret }) },
      );
    assert.equal((await ask(client.secret)).status, 200);
    const rows = await harness.database.reader
      .selectFrom('oidc_client')
      .selectAll()
      .where('id', '=', client.id)
      .execute();
    assert.ok(!JSON.stringify(rows).includes(client.secret));
    const fresh = await rotateClientSecret(harness.parts, operator, client.id, false);
    assert.equal((await ask(fresh)).status, 200);
    assert.equal((await ask(client.secret)).status, 200);
    now = Date.now() + 25 * 3_600_000;
    assert.equal((await ask(client.secret)).status, 401);
    now = 0;
    const last = await rotateClientSecret(harness.parts, operator, client.id, true);
    assert.equal((await ask(fresh)).status, 401);
    assert.equal((await ask(last)).status, 200);
  });

  it('ends everything of a client that is disabled', async () => {
    const client = await harness.client(settings);
    const browser = new Browser();
    const { tokens } = await signedIn(harness, browser, client);
    await setClientState(harness.parts, operator, client.id, 'disabled');
    const me = await fetch(`${harness.url}/oidc/me`, {
      headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
    });
    assert.equal(me.status, 401);
    const seen = await browser.visit(authorization(harness, client).address);
    assert.equal(seen.status, 400);
    await setClientState(harness.parts, operator, client.id, 'active');
    assert.ok((await signedIn(harness, browser, client)).tokens['id_token']);
  });

  it('asks again after a person withdrew what was granted, and the tokens are worth nothing', async () => {
    const client = await harness.client(settings);
    const browser = new Browser();
    const { tokens } = await signedIn(harness, browser, client);
    const asked = harness.asked.length;
    await signedIn(harness, new Browser(), client);
    assert.ok(!harness.asked.slice(asked).some(({ prompt }) => prompt === 'consent'), 'remembered');
    await endConsent(harness.parts, { ...operator, id: `account:${account}` }, account, client.id);
    const me = await fetch(`${harness.url}/oidc/me`, {
      headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
    });
    assert.equal(me.status, 401);
    await signedIn(harness, browser, client);
    assert.equal(harness.asked.at(-1)?.prompt, 'consent');
    await assert.rejects(endConsent(harness.parts, operator, account, 'nobody'), { code: 'grant-not-found' });
  });

  it('asks again once a notice of its purposes has another version, in the same session too', async () => {
    const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
    const publish = (notice: string): Promise<number> =>
      publishPurpose(
        { ...harness.parts, events: noSessions },
        operator,
        {
          id: 'case-handling',
          name: '办理业务',
          englishName: 'Handling a matter',
          legalBasis: 'statutory-duty',
          sensitive: false,
          categories: ['姓名'],
          retentionDays: 30,
          retentionGround: '法定',
          recipients: [],
          notice,
          englishNotice: 'to handle the matter',
        },
        digest,
      );
    await publish('第一版');
    const client = await harness.client({ ...settings, purposes: ['case-handling'] });
    const browser = new Browser();
    const consents = (): number => harness.asked.filter(({ prompt }) => prompt === 'consent').length;
    const before = consents();
    await signedIn(harness, browser, client);
    assert.equal(consents(), before + 1);
    await signedIn(harness, browser, client);
    assert.equal(consents(), before + 1, 'not asked twice for one version');
    now = Date.now() + 1000;
    await publish('第二版');
    now = Date.now() + 2000;
    await signedIn(harness, browser, client);
    assert.equal(consents(), before + 2, 'a new version asks again');
    await signedIn(harness, browser, client);
    assert.equal(consents(), before + 2);
  });

  it('grants what was decided and nothing more', async () => {
    const client = await harness.client({ ...settings, scopes: ['openid', 'profile', 'resident_number'] });
    harness.behave = (details) =>
      details.prompt === 'consent'
        ? { consent: { scopes: ['profile', 'phone'], claims: [], resources: {} } }
        : { login: { account, aal: 3 } };
    const { tokens } = await signedIn(harness, new Browser(), client, {
      scope: 'openid profile resident_number',
    });
    assert.equal(tokens['scope'], 'openid profile');
    harness.behave = logsIn(account, { aal: 3 });
  });

  it('encrypts ID tokens and userinfo for a client that asks', async () => {
    const encryption = await clientKey('enc', 'ECDH-ES');
    const client = await harness.client({
      ...settings,
      jwks: { keys: [{ ...encryption.jwk, kty: 'EC', alg: 'ECDH-ES' }] },
      encryption: { algorithm: 'ECDH-ES', content: 'A256GCM' },
    });
    const started = authorization(harness, client);
    const { answer } = await authorized(new Browser(), started);
    const { body } = await post(
      harness,
      '/token',
      {
        grant_type: 'authorization_code',
        code: answer.get('code') ?? '',
        code_verifier: started.verifier,
        redirect_uri: redirectUri,
      },
      { authorization: basic(client) },
    );
    assert.equal(String(body['id_token']).split('.').length, 5);
    const { plaintext, protectedHeader } = await compactDecrypt(
      String(body['id_token']),
      encryption.privateKey,
    );
    assert.equal(protectedHeader.enc, 'A256GCM');
    assert.equal(decodeJwt(new TextDecoder().decode(plaintext)).aud, client.id);
    const me = await fetch(`${harness.url}/oidc/me`, {
      headers: { authorization: `Bearer ${String(body['access_token'])}` },
    });
    assert.match(me.headers.get('content-type') ?? '', /application\/jwt/);
    const opened = await compactDecrypt(await me.text(), encryption.privateKey);
    assert.ok(decodeJwt(new TextDecoder().decode(opened.plaintext))['name']);
  });

  it('calls no address that a client did not register, and none inside that it was not registered for', async () => {
    const call = outboundHttp(true);
    const ask = (url: string, networks: readonly string[] = []): Promise<unknown> =>
      call({
        url: new URL(url),
        method: 'GET',
        headers: {},
        body: null,
        networks,
        timeout: 1000,
        limit: 1000,
      });
    for (const url of [
      'http://127.0.0.1:1/',
      'http://localhost:1/',
      'http://169.254.169.254/',
      'http://[::1]:1/',
      'http://10.0.0.1/',
      'http://0x7f.1/',
    ])
      await assert.rejects(ask(url), /public address/, url);
    await assert.rejects(ask(`${harness.url}/oidc/jwks`, ['10.0.0.0/8']), /public address/);
    assert.ok(await ask(`${harness.url}/oidc/jwks`, ['127.0.0.1/32']));
    await assert.rejects(
      ask(`${harness.url}/oidc/jwks`, ['0.0.0.0/0']),
      /public address/,
      'a network of everything lets nothing in',
    );
    await assert.rejects(
      outboundHttp(false)({
        url: new URL('http://example.cn/'),
        method: 'GET',
        headers: {},
        body: null,
        networks: [],
        timeout: 10,
        limit: 1,
      }),
      /https/,
    );
    const { providerFetch } = await import('../../identity/provider/outbound-fetch.ts');
    await assert.rejects(providerFetch(harness.parts)('https://example.cn/keys'), /registered/);
  });

  it('a resource server of its own: tokens for it, seen by it, and by nobody else', async () => {
    const identifier = 'https://health.example.cn/api';
    const server = await harness.client({
      grants: ['system'],
      kind: 'system',
      resource: { identifier, scopes: ['records:read'] },
    });
    const rp = await harness.client({ ...settings, resources: [identifier] });
    const { answer, started } = await (async () => {
      const begun = authorization(harness, rp, { scope: 'openid records:read', resource: identifier });
      return { started: begun, ...(await authorized(new Browser(), begun)) };
    })();
    const { body } = await post(
      harness,
      '/token',
      {
        grant_type: 'authorization_code',
        code: answer.get('code') ?? '',
        code_verifier: started.verifier,
        redirect_uri: redirectUri,
        resource: identifier,
      },
      { authorization: basic(rp) },
    );
    assert.equal(body['scope'], 'records:read', JSON.stringify(body));
    const look = (client: { id: string; secret: string }): ReturnType<typeof post> =>
      post(
        harness,
        '/token/introspection',
        { token: String(body['access_token']) },
        { authorization: basic(client) },
      );
    const facts = await look(server);
    assert.equal(facts.body['active'], true);
    assert.equal(facts.body['aud'], identifier);
    assert.equal((await look(await harness.client(settings))).body['active'], false);
    const { answer: refused } = await authorized(
      new Browser(),
      authorization(harness, await harness.client(settings), { resource: identifier }),
    );
    assert.equal(refused.get('error'), 'invalid_target');
  });

  it('changes are on record with what changed, and nothing else is', async () => {
    const client = await harness.client(settings);
    await changeClient(harness.parts, operator, client.id, { settings: { ...settings, dpop: true } });
    const rows = await harness.database.reader
      .selectFrom('audit_log')
      .select(['action', 'details'])
      .where('subject', '=', client.id)
      .execute();
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['client.registered', 'client.changed'],
    );
    assert.match(rows[1]?.details ?? '', /dpop/);
    assert.ok(!JSON.stringify(rows).includes(client.secret));
  });
});
