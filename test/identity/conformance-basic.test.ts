// The Basic OpenID Provider test plan, by its names, against our provider in the profile that is opened for such plans.
import assert from 'node:assert/strict';
import { createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { Browser } from './provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import {
  authorization,
  authorized,
  basic,
  clientKey,
  exchanged,
  post,
  redirectUri,
  signedIn,
  type ClientKey,
  type TestClient,
} from './provider/relying-party.ts';

describe('Basic OP conformance', () => {
  let harness: ProviderHarness;
  let client: TestClient;
  let key: ClientKey;
  let account: string;
  let browser: Browser;

  before(async () => {
    harness = await startProvider({ profile: 'conformance' });
    account = await harness.account(2);
    key = await clientKey();
    client = await harness.client({
      grants: ['code', 'refresh'],
      redirectUris: [redirectUri, `${redirectUri}?second=yes`],
      scopes: ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'],
      jwks: { keys: [key.jwk as { kty: 'EC' }] },
    });
  });

  after(() => harness.stop());

  beforeEach(() => {
    browser = new Browser();
    harness.asked.length = 0;
    harness.behave = logsIn(account);
  });

  const userinfo = (init: RequestInit): Promise<Response> => fetch(`${harness.url}/oidc/me`, init);

  /** An authorization request that must come back with an error. */
  async function errorOf(change: Readonly<Record<string, string | null>>): Promise<string | null> {
    return (await authorized(browser, authorization(harness, client, change))).answer.get('error');
  }

  it('oidcc-server', async () => {
    const { tokens, idToken } = await signedIn(harness, browser, client);
    const discovery = (await (
      await fetch(`${harness.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    assert.equal(discovery['issuer'], harness.issuer);
    assert.deepEqual(discovery['response_types_supported'], ['code']);
    assert.equal(idToken['iss'], harness.issuer);
    assert.equal(tokens['token_type'], 'Bearer');
  });

  it('oidcc-discovery-endpoint-verification', async () => {
    const response = await fetch(`${harness.issuer}/.well-known/openid-configuration`);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    const discovery = (await response.json()) as Record<string, unknown>;
    for (const member of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri']) {
      const url = new URL(String(discovery[member]));
      assert.equal(url.href.startsWith(`${harness.issuer}/`), true, member);
    }
    for (const member of [
      'scopes_supported',
      'response_types_supported',
      'subject_types_supported',
      'id_token_signing_alg_values_supported',
      'claims_supported',
    ])
      assert.ok(Array.isArray(discovery[member]), member);
    assert.equal(discovery['claims_parameter_supported'], true);
    const keys = (await (await fetch(String(discovery['jwks_uri']))).json()) as { keys: object[] };
    assert.ok(keys.keys.length > 0);
    // Nothing of a private half is ever published.
    for (const key of keys.keys) assert.ok(!('d' in key));
  });

  it('oidcc-response-type-missing', async () => {
    assert.equal(await errorOf({ response_type: null }), 'invalid_request');
  });

  it('oidcc-idtoken-signature', async () => {
    const { tokens } = await signedIn(harness, browser, client);
    const keys = createRemoteJWKSet(new URL(`${harness.issuer}/jwks`));
    const verified = await jwtVerify(String(tokens['id_token']), keys, {
      issuer: harness.issuer,
      audience: client.id,
      algorithms: ['ES256'],
    });
    assert.equal(typeof verified.payload.sub, 'string');
    const [head = '', body = '', signature = ''] = String(tokens['id_token']).split('.');
    const changed = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    await assert.rejects(jwtVerify(changed, keys));
  });

  it('oidcc-idtoken-unsigned', async () => {
    // A client cannot even be registered for it: the only algorithm on offer signs.
    const discovery = (await (
      await fetch(`${harness.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    assert.deepEqual(discovery['id_token_signing_alg_values_supported'], ['ES256']);
  });

  for (const [name, send] of [
    ['oidcc-userinfo-get', (token: string) => ({ headers: { authorization: `Bearer ${token}` } })],
    [
      'oidcc-userinfo-post-header',
      (token: string) => ({ method: 'POST', headers: { authorization: `Bearer ${token}` } }),
    ],
    [
      'oidcc-userinfo-post-body',
      (token: string) => ({ method: 'POST', body: new URLSearchParams({ access_token: token }) }),
    ],
  ] as const) {
    it(name, async () => {
      const { tokens, idToken } = await signedIn(harness, browser, client);
      const answer = await userinfo(send(String(tokens['access_token'])));
      assert.equal(answer.status, 200);
      const claims = (await answer.json()) as Record<string, unknown>;
      assert.equal(claims['sub'], idToken['sub']);
      assert.equal(typeof claims['name'], 'string');
    });
  }

  it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
    const { idToken } = await signedIn(harness, browser, client, { nonce: null });
    assert.equal(idToken['nonce'], undefined);
  });

  for (const [name, scope, claim] of [
    ['oidcc-scope-profile', 'openid profile', 'name'],
    ['oidcc-scope-email', 'openid email', 'sub'],
    ['oidcc-scope-address', 'openid address', 'sub'],
    ['oidcc-scope-phone', 'openid phone', 'sub'],
    ['oidcc-scope-all', 'openid profile email address phone', 'name'],
  ] as const) {
    it(name, async () => {
      const { tokens } = await signedIn(harness, browser, client, { scope });
      assert.equal(tokens['scope'], scope);
      const answer = await userinfo({
        headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
      });
      const claims = (await answer.json()) as Record<string, unknown>;
      assert.equal(typeof claims[claim], 'string');
      if (!scope.includes('profile')) assert.equal(claims['name'], undefined, 'nothing beyond the scope');
    });
  }

  it('oidcc-alternate-happy-flow', async () => {
    // Another client, other values: nothing of the first flow was made for it alone.
    const other = await harness.client({ redirectUris: [redirectUri], scopes: ['openid', 'profile'] });
    const { idToken, tokens } = await signedIn(harness, browser, other, { nonce: 'n.-_~1', state: 's.-_~2' });
    assert.equal(idToken['nonce'], 'n.-_~1');
    assert.equal(idToken['aud'], other.id);
    const first = await signedIn(harness, browser, client);
    assert.notEqual(first.idToken['sub'], idToken['sub'], 'pairwise');
    const answer = await userinfo({ headers: { authorization: `Bearer ${String(tokens['access_token'])}` } });
    assert.equal(((await answer.json()) as { sub?: unknown }).sub, idToken['sub']);
  });

  it('oidcc-display-page', async () => {
    await signedIn(harness, browser, client, { display: 'page' });
  });

  it('oidcc-display-popup', async () => {
    await signedIn(harness, browser, client, { display: 'popup' });
  });

  it('oidcc-prompt-login', async () => {
    const first = await signedIn(harness, browser, client);
    await new Promise((done) => setTimeout(done, 1100));
    const second = await signedIn(harness, browser, client, { prompt: 'login' });
    assert.ok(Number(second.idToken['auth_time']) > Number(first.idToken['auth_time']));
    assert.equal(second.idToken['sub'], first.idToken['sub']);
    assert.equal(harness.asked.filter(({ prompt }) => prompt === 'login').length, 2);
  });

  it('oidcc-prompt-none-not-logged-in', async () => {
    assert.equal(await errorOf({ prompt: 'none' }), 'login_required');
    assert.equal(harness.asked.length, 0);
  });

  it('oidcc-prompt-none-logged-in', async () => {
    const first = await signedIn(harness, browser, client);
    const asked = harness.asked.length;
    const second = await signedIn(harness, browser, client, { prompt: 'none' });
    assert.equal(second.idToken['auth_time'], first.idToken['auth_time']);
    assert.equal(harness.asked.length, asked, 'nobody was asked again');
  });

  it('oidcc-max-age-1', async () => {
    const first = await signedIn(harness, browser, client);
    await new Promise((done) => setTimeout(done, 2100));
    const second = await signedIn(harness, browser, client, { max_age: '1' });
    assert.ok(Number(second.idToken['auth_time']) > Number(first.idToken['auth_time']));
  });

  it('oidcc-max-age-10000', async () => {
    const first = await signedIn(harness, browser, client);
    const second = await signedIn(harness, browser, client, { max_age: '10000' });
    assert.equal(second.idToken['auth_time'], first.idToken['auth_time']);
  });

  it('oidcc-id-token-hint', async () => {
    const first = await signedIn(harness, browser, client);
    const hint = String(first.tokens['id_token']);
    const second = await signedIn(harness, browser, client, { prompt: 'none', id_token_hint: hint });
    assert.equal(second.idToken['sub'], first.idToken['sub']);
  });

  it('oidcc-login-hint', async () => {
    await signedIn(harness, browser, client, { login_hint: 'buffy@example.cn' });
    assert.equal(harness.asked[0]?.loginHint, 'buffy@example.cn');
  });

  it('oidcc-ui-locales', async () => {
    await signedIn(harness, browser, client, { ui_locales: 'zh-CN en' });
    assert.deepEqual(harness.asked[0]?.uiLocales, ['zh-CN', 'en']);
  });

  it('oidcc-claims-locales', async () => {
    await signedIn(harness, browser, client, { claims_locales: 'zh-CN' });
  });

  it('oidcc-ensure-request-with-acr-values-succeeds', async () => {
    const { idToken } = await signedIn(harness, browser, client, {
      acr_values: 'urn:gov:loa:1 urn:gov:loa:2',
    });
    assert.equal(idToken['acr'], 'urn:gov:loa:2');
  });

  it('oidcc-codereuse', async () => {
    const { code, started, tokens } = await signedIn(harness, browser, client);
    const again = await exchanged(harness, client, { code, verifier: started.verifier });
    assert.equal(again.body['error'], 'invalid_grant');
    const answer = await userinfo({ headers: { authorization: `Bearer ${String(tokens['access_token'])}` } });
    assert.equal(answer.status, 401, 'what came of the code is revoked with it');
  });

  it('oidcc-codereuse-30seconds', async function () {
    // The code expires after 60 s: half of that is waited for only in full runs.
    const wait = process.env['YINXIN_TEST_SCALE'] === undefined ? 1500 : 30_000;
    this.timeout(wait + 20_000);
    const { code, started, tokens } = await signedIn(harness, browser, client);
    await new Promise((done) => setTimeout(done, wait));
    const again = await exchanged(harness, client, { code, verifier: started.verifier });
    assert.equal(again.status, 400);
    assert.equal(again.body['error'], 'invalid_grant');
    const answer = await userinfo({ headers: { authorization: `Bearer ${String(tokens['access_token'])}` } });
    assert.equal(answer.status, 401);
  });

  it('oidcc-ensure-registered-redirect-uri', async () => {
    for (const uri of [`${redirectUri}/other`, `${redirectUri}?x=1`, 'https://evil.example.cn/return']) {
      const seen = await browser.follow(
        authorization(harness, client, { redirect_uri: uri }).address,
        () => true,
      );
      assert.equal(seen.status, 400, uri);
      assert.match(seen.text, /invalid_redirect_uri/);
    }
  });

  it('oidcc-redirect-uri-query-OK', async () => {
    const started = authorization(harness, client, { redirect_uri: `${redirectUri}?second=yes` });
    const { answer } = await authorized(browser, started);
    assert.equal(answer.get('second'), 'yes');
    assert.ok(answer.get('code'));
  });

  it('oidcc-ensure-post-request-succeeds', async () => {
    const { address, state } = authorization(harness, client);
    const url = new URL(address);
    const seen = await browser.post(`${harness.url}/oidc/auth`, Object.fromEntries(url.searchParams));
    const last = await browser.follow(seen.location ?? '', (to) => to.startsWith(redirectUri));
    const answer = new URL(last.location ?? '').searchParams;
    assert.equal(answer.get('state'), state);
    assert.ok(answer.get('code'));
  });

  it('oidcc-server-client-secret-post', async () => {
    const posting = await harness.client({
      redirectUris: [redirectUri],
      authentication: 'client_secret_post',
    });
    const started = authorization(harness, posting);
    const { answer } = await authorized(browser, started);
    const tokens = await post(harness, '/token', {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: started.verifier,
      client_id: posting.id,
      client_secret: posting.secret,
    });
    assert.equal(tokens.status, 200);
  });

  it('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const request = `${part({ alg: 'none' })}.${part({ iss: client.id, aud: harness.issuer, response_type: 'code', client_id: client.id })}.`;
    const error = await errorOf({ request });
    assert.equal(error, 'invalid_request_object');
  });

  it('oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', async () => {
    const error = await errorOf({ request_uri: 'https://rp.example.cn/request.jwt' });
    assert.ok(['request_uri_not_supported', 'invalid_request_uri'].includes(error ?? ''), String(error));
  });

  it('oidcc-claims-essential', async () => {
    const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
    const { tokens } = await signedIn(harness, browser, client, { scope: 'openid', claims });
    const answer = await userinfo({ headers: { authorization: `Bearer ${String(tokens['access_token'])}` } });
    assert.equal(typeof ((await answer.json()) as { name?: unknown }).name, 'string');
  });

  it('oidcc-ensure-request-object-with-redirect-uri', async () => {
    const started = authorization(harness, client);
    const url = new URL(started.address);
    const request = await new SignJWT({ ...Object.fromEntries(url.searchParams) })
      .setProtectedHeader({ alg: 'ES256', kid: key.jwk.kid ?? '' })
      .setIssuer(client.id)
      .setAudience(harness.issuer)
      .setExpirationTime('5m')
      .sign(key.privateKey);
    const sent = new URL(`${harness.url}/oidc/auth`);
    for (const [name, value] of [
      ['client_id', client.id],
      ['response_type', 'code'],
      ['scope', 'openid'],
      ['redirect_uri', 'https://evil.example.cn/return'],
      ['request', request],
    ] as const)
      sent.searchParams.set(name, value);
    const { seen, answer } = await authorized(browser, { address: sent.href });
    // What is signed counts; the address beside it is nobody's.
    assert.ok((seen.location ?? '').startsWith(redirectUri), seen.location ?? seen.text);
    assert.equal(answer.get('state'), started.state);
  });

  it('oidcc-refresh-token', async () => {
    const { tokens } = await signedIn(harness, browser, client, {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const refreshed = await post(
      harness,
      '/token',
      { grant_type: 'refresh_token', refresh_token: String(tokens['refresh_token']) },
      { authorization: basic(client) },
    );
    assert.equal(refreshed.status, 200);
    assert.notEqual(refreshed.body['access_token'], tokens['access_token']);
    assert.notEqual(refreshed.body['refresh_token'], tokens['refresh_token'], 'rotated');
    const stranger = await harness.client({ redirectUris: [redirectUri], grants: ['code', 'refresh'] });
    const stolen = await post(
      harness,
      '/token',
      { grant_type: 'refresh_token', refresh_token: String(refreshed.body['refresh_token']) },
      { authorization: basic(stranger) },
    );
    assert.equal(stolen.body['error'], 'invalid_grant');
  });

  it('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
    await signedIn(harness, browser, client);
    const started = authorization(harness, client);
    const { answer } = await authorized(browser, started);
    const wrong = await exchanged(harness, client, {
      code: answer.get('code') ?? '',
      verifier: 'x'.repeat(43),
    });
    assert.equal(wrong.body['error'], 'invalid_grant');
  });

  it('oidcc-ensure-other-scope-order-succeeds', async () => {
    await signedIn(harness, browser, client, { scope: 'email openid' });
  });

  it('oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
    await signedIn(harness, browser, client, { extra: 'foobar' });
  });

  it('without the profile: POST and requests without PKCE are refused', async () => {
    const standard = await startProvider();
    try {
      const own = await standard.client({ redirectUris: [redirectUri] });
      const bare = authorization(standard, own, { code_challenge: null, code_challenge_method: null });
      const { answer } = await authorized(new Browser(), bare);
      assert.equal(answer.get('error'), 'invalid_request');
      const posted = await new Browser().post(
        `${standard.url}/oidc/auth`,
        Object.fromEntries(new URL(bare.address).searchParams),
      );
      assert.equal(posted.status, 404);
    } finally {
      await standard.stop();
    }
  });
});
