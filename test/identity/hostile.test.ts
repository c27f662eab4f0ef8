// What somebody hostile tries at the provider, beyond the lists of others: each try by itself, over HTTP, and refused.
import assert from 'node:assert/strict';
import { CompactEncrypt, SignJWT } from 'jose';
import { Browser } from './provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import {
  authorization,
  authorized,
  basic,
  byKey,
  clientKey,
  exchanged,
  payloadOf,
  post,
  redirectUri,
  signedIn,
  type ClientKey,
  type TestClient,
} from './provider/relying-party.ts';

describe('hostile tries at the provider', function () {
  this.timeout(120_000);
  let harness: ProviderHarness;
  let client: TestClient;
  let keyed: string;
  let key: ClientKey;
  let account: string;

  before(async () => {
    harness = await startProvider();
    account = await harness.account(2);
    key = await clientKey();
    client = await harness.client({
      grants: ['code', 'refresh'],
      redirectUris: [redirectUri],
      postLogoutRedirectUris: ['https://rp.example.cn/bye'],
      scopes: ['openid', 'profile', 'offline_access'],
    });
    keyed = (
      await harness.client({
        redirectUris: [redirectUri],
        authentication: 'private_key_jwt',
        jwks: { keys: [{ ...key.jwk, kty: 'EC' }] },
      })
    ).id;
  });
  after(() => harness.stop());
  beforeEach(() => {
    harness.behave = logsIn(account);
    harness.asked.length = 0;
  });

  const errorOf = async (change: Readonly<Record<string, string | null>>, browser = new Browser()) =>
    (await authorized(browser, authorization(harness, client, change))).answer.get('error');

  it('a code put into another browser’s session is worth nothing without its verifier (code injection)', async () => {
    const stolen = (await authorized(new Browser(), authorization(harness, client))).answer.get('code') ?? '';
    const mine = authorization(harness, client);
    const { body } = await exchanged(harness, client, { code: stolen, verifier: mine.verifier });
    assert.equal(body['error'], 'invalid_grant');
    // Nor is it any more for whom it was made: it has been tried.
    assert.equal(
      (await exchanged(harness, client, { code: stolen, verifier: mine.verifier })).body['error'],
      'invalid_grant',
    );
  });

  it('every answer names its issuer, also a refusal, so that two providers cannot be mixed up', async () => {
    const good = await authorized(new Browser(), authorization(harness, client));
    assert.equal(good.answer.get('iss'), harness.issuer);
    harness.behave = () => ({ refuse: 'access_denied' });
    const bad = await authorized(new Browser(), authorization(harness, client));
    assert.equal(bad.answer.get('iss'), harness.issuer);
  });

  it('max_age=0 always asks, prompt=none with it never does, and neither shows a page to nobody', async () => {
    const browser = new Browser();
    const first = await signedIn(harness, browser, client);
    await new Promise((done) => setTimeout(done, 1100));
    const second = await signedIn(harness, browser, client, { max_age: '0' });
    assert.ok(Number(second.idToken['auth_time']) > Number(first.idToken['auth_time']));
    await new Promise((done) => setTimeout(done, 1100));
    const asked = harness.asked.length;
    assert.equal(await errorOf({ prompt: 'none', max_age: '0' }, browser), 'login_required');
    assert.equal(harness.asked.length, asked);
    for (const max_age of ['-1', 'x', '1.5', '9'.repeat(30)])
      assert.equal(await errorOf({ max_age }, browser), 'invalid_request', max_age);
  });

  it('prompt=none beside another prompt, and prompts nobody knows, are refused', async () => {
    assert.equal(await errorOf({ prompt: 'none login' }), 'invalid_request');
    assert.equal(await errorOf({ prompt: 'dance' }), 'invalid_request');
  });

  it('an essential acr that cannot be reached is unmet, never quietly lower', async () => {
    const claims = (values: readonly string[]): string =>
      JSON.stringify({ id_token: { acr: { essential: true, values } } });
    harness.behave = (details) =>
      details.floor !== null && details.floor > 2
        ? { refuse: 'unmet_authentication_requirements' }
        : logsIn(account)(details);
    assert.equal(await errorOf({ claims: claims(['urn:gov:loa:4']) }), 'unmet_authentication_requirements');
    const browser = new Browser();
    await signedIn(harness, browser, client);
    assert.equal(
      await errorOf({ prompt: 'none', claims: claims(['urn:gov:loa:4']) }, browser),
      'unmet_authentication_requirements',
    );
    const { idToken } = await signedIn(harness, browser, client, { claims: claims(['urn:gov:loa:2']) });
    assert.equal(idToken['acr'], 'urn:gov:loa:2');
  });

  it('a claims parameter of any shape is read or refused, and never asks for what was not allowed', async () => {
    const wild = [
      '{', '[]', '"x"', '1', 'null', '{"userinfo":[]}', '{"userinfo":{"name":5}}', '{"id_token":{"acr":{"values":"x"}}}',
      '{"__proto__":{"polluted":true}}', JSON.stringify({ userinfo: { resident_number: { essential: true } } }),
      `{"userinfo":${'{"a":'.repeat(500)}1${'}'.repeat(500)}}`,
    ]; // prettier-ignore
    for (const claims of wild) {
      const started = authorization(harness, client, { claims });
      const { seen, answer } = await authorized(new Browser(), started);
      assert.ok(seen.status < 500, claims.slice(0, 60));
      const code = answer.get('code');
      if (code === null) continue;
      const { body } = await exchanged(harness, client, { code, verifier: started.verifier });
      const told = await fetch(`${harness.issuer}/me`, {
        headers: { authorization: `Bearer ${String(body['access_token'])}` },
      });
      const person = (await told.json()) as Record<string, unknown>;
      assert.equal(person['resident_number'], undefined, claims.slice(0, 60));
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    }
  });

  it('tricks with request objects: none, a secret’s signature, another client’s, a key in the token, a JWE nobody asked for', async () => {
    const claims = {
      ...Object.fromEntries(new URL(authorization(harness, { id: keyed }).address).searchParams),
    };
    const now = Math.floor(Date.now() / 1000);
    const body = { ...claims, iss: keyed, aud: harness.issuer, exp: now + 60, nbf: now };
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const stranger = await clientKey();
    const signed = (by: ClientKey, header: object, payload: object = body): Promise<string> =>
      new SignJWT(payload as Record<string, unknown>)
        .setProtectedHeader({ alg: 'ES256', ...header })
        .sign(by.privateKey);
    const secret = new TextEncoder().encode('x'.repeat(64));
    const tries: Readonly<Record<string, string>> = {
      none: `${part({ alg: 'none' })}.${part(body)}.`,
      'None, spelt otherwise': `${part({ alg: 'nOnE' })}.${part(body)}.`,
      'a secret': await new SignJWT(body).setProtectedHeader({ alg: 'HS256' }).sign(secret),
      'a stranger’s key under our kid': await signed(stranger, { kid: key.jwk.kid }),
      'its own key in the header': await signed(stranger, { jwk: stranger.jwk }),
      'a key at an address': await signed(stranger, { jku: 'http://127.0.0.1:1/keys', kid: 'x' }),
      'for another client': await signed(key, { kid: key.jwk.kid }, { ...body, client_id: client.id }),
      'a critical extension': await signed(key, { kid: key.jwk.kid, b64: false, crit: ['b64'] }).catch(
        () => 'x.y.z',
      ),
      'a request in the request': await signed(key, { kid: key.jwk.kid }, { ...body, request: 'a.b.c' }),
      'a JWE': await new CompactEncrypt(new TextEncoder().encode('x'))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(new Uint8Array(32)),
      garbage: 'ä.ö.ü',
      much: 'a'.repeat(20_000),
    };
    for (const [what, request] of Object.entries(tries)) {
      const answer = await post(harness, '/request', {
        request,
        ...(await byKey(keyed, key, harness.issuer)),
      });
      assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status}`);
      assert.equal(answer.body['request_uri'], undefined, what);
    }
  });

  it('a refresh token used twice ends its whole family, whoever comes second', async () => {
    const { tokens } = await signedIn(harness, new Browser(), client, {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const refresh = (token: unknown) =>
      post(
        harness,
        '/token',
        { grant_type: 'refresh_token', refresh_token: String(token) },
        { authorization: basic(client) },
      );
    const second = await refresh(tokens['refresh_token']);
    assert.equal(second.status, 200);
    assert.equal((await refresh(tokens['refresh_token'])).body['error'], 'invalid_grant', 'the thief');
    assert.equal(
      (await refresh(second.body['refresh_token'])).body['error'],
      'invalid_grant',
      'and the owner',
    );
    const told = await fetch(`${harness.issuer}/me`, {
      headers: { authorization: `Bearer ${String(second.body['access_token'])}` },
    });
    assert.equal(told.status, 401);
  });

  it('another client learns nothing of a token by introspection, and cannot revoke it', async () => {
    const { tokens } = await signedIn(harness, new Browser(), client);
    const other = await harness.client({ redirectUris: [redirectUri] });
    const token = String(tokens['access_token']);
    const told = await post(harness, '/token/introspection', { token }, { authorization: basic(other) });
    assert.deepEqual(told.body, { active: false });
    await post(harness, '/token/revocation', { token }, { authorization: basic(other) });
    const own = await post(harness, '/token/introspection', { token }, { authorization: basic(client) });
    assert.equal(own.body['active'], true);
    for (const wild of ['', 'x', 'a'.repeat(5000), '../../etc', '%00'])
      assert.ok((await post(harness, '/token/introspection', { token: wild }, { authorization: basic(client) })).status < 500); // prettier-ignore
  });

  it('leads nowhere that was not registered: not after a login, an error, or a logout', async () => {
    const evil = [
      'https://evil.example.cn/', `${redirectUri}@evil.example.cn`, `${redirectUri}/../evil`, `${redirectUri}%2f..`,
      redirectUri.toUpperCase(), `${redirectUri}#x`, 'javascript:alert(1)', '//evil.example.cn', redirectUri.replace('https', 'http'),
    ]; // prettier-ignore
    for (const uri of evil) {
      const seen = await new Browser().follow(
        authorization(harness, client, { redirect_uri: uri, prompt: 'none' }).address,
        () => true,
      );
      assert.equal(seen.status, 400, uri);
      assert.equal(seen.location, null, uri);
      const out = new URL(`${harness.url}/oidc/session/end`);
      out.search = new URLSearchParams({ client_id: client.id, post_logout_redirect_uri: uri }).toString();
      const left = await new Browser().visit(out.href);
      assert.ok(left.location === null || new URL(left.location).origin === harness.url, uri);
    }
  });

  it('a session identifier planted before the login is not the one after it (fixation)', async () => {
    const attacker = new Browser();
    await attacker.follow(authorization(harness, client).address, (url) => url.includes('/interaction/'));
    const planted = attacker.cookie(new URL(harness.url).host, 'yinxin_sso');
    const victim = new Browser();
    if (planted !== null) victim.setCookie(new URL(harness.url).host, 'yinxin_sso', planted);
    await signedIn(harness, victim, client);
    assert.notEqual(victim.cookie(new URL(harness.url).host, 'yinxin_sso'), planted);
    assert.equal(await errorOf({ prompt: 'none' }, attacker), 'login_required');
  });

  it('parameters twice, of another kind or far too long are refused, and nothing fails inside', async () => {
    const good = authorization(harness, client).address;
    for (const more of [
      '&client_id=x',
      '&redirect_uri=https%3A%2F%2Fevil.example.cn',
      '&scope=openid',
      '&state=2',
    ]) {
      const seen = await new Browser().visit(good + more);
      assert.ok(seen.status === 400 || /error=invalid_request/.test(seen.location ?? ''), more);
    }
    for (const change of [
      { scope: 'openid '.repeat(2000) },
      { nonce: 'n'.repeat(20_000) },
      { acr_values: 'x '.repeat(3000) },
    ])
      assert.ok((await new Browser().visit(authorization(harness, client, change).address)).status < 500);
    const { idToken } = await signedIn(harness, new Browser(), client, {
      ui_locales: '<script>',
      display: 'page',
    });
    assert.equal(
      payloadOf(`x.${Buffer.from(JSON.stringify(idToken)).toString('base64url')}.x`)['iss'],
      harness.issuer,
    );
  });
});
