// RFC 9700 (OAuth 2.0 Security Best Current Practice) as tests, by section, against the standard profile.
import assert from 'node:assert/strict';
import { Browser } from './provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import {
  authorization,
  authorized,
  basic,
  clientKey,
  exchanged,
  post,
  proofOf,
  redirectUri,
  signedIn,
  type TestClient,
} from './provider/relying-party.ts';

describe('RFC 9700', () => {
  let harness: ProviderHarness;
  let client: TestClient;
  let account: string;
  let browser: Browser;

  before(async () => {
    harness = await startProvider();
    account = await harness.account(3);
    client = await harness.client({
      redirectUris: [redirectUri],
      grants: ['code', 'refresh'],
      scopes: ['openid', 'profile', 'offline_access'],
      apiScopes: ['licenses:own'],
    });
  });
  after(() => harness.stop());
  beforeEach(() => {
    browser = new Browser();
    harness.asked.length = 0;
    harness.behave = logsIn(account, { aal: 3 });
  });

  const discovery = async (): Promise<Record<string, unknown>> =>
    (await (await fetch(`${harness.issuer}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >;
  const errorOf = async (change: Readonly<Record<string, string | null>>): Promise<string | null> =>
    (await authorized(browser, authorization(harness, client, change))).answer.get('error');

  it('2.1 and 4.1: redirect addresses are compared exactly, and an error goes nowhere else', async () => {
    for (const uri of [
      'https://rp.example.cn/return/',
      'https://rp.example.cn/RETURN',
      'https://rp.example.cn:8443/return',
      'http://rp.example.cn/return',
      'https://rp.example.cn/return?a=b',
      'https://rp.example.cn.evil.cn/return',
      'https://evil.cn/https://rp.example.cn/return',
    ]) {
      const seen = await browser.visit(authorization(harness, client, { redirect_uri: uri }).address);
      assert.equal(seen.status, 400, uri);
      assert.equal(seen.location, null, uri);
    }
    const bad = await browser.visit(
      authorization(harness, client, { redirect_uri: 'https://evil.cn/', response_type: 'token' }).address,
    );
    assert.equal(bad.location, null);
  });

  it('2.1.1 and 4.8: PKCE with S256 is demanded, and a downgrade is refused', async () => {
    assert.equal(await errorOf({ code_challenge: null, code_challenge_method: null }), 'invalid_request');
    assert.equal(await errorOf({ code_challenge_method: 'plain' }), 'invalid_request');
    assert.deepEqual((await discovery())['code_challenge_methods_supported'], ['S256']);
    const started = authorization(harness, client);
    const { answer } = await authorized(browser, started);
    const without = await post(
      harness,
      '/token',
      { grant_type: 'authorization_code', code: answer.get('code') ?? '', redirect_uri: redirectUri },
      { authorization: basic(client) },
    );
    assert.equal(without.body['error'], 'invalid_grant');
  });

  it('2.1.2: no implicit and no hybrid flow', async () => {
    for (const type of ['token', 'id_token', 'code token', 'code id_token', 'id_token token']) {
      const seen = await browser.follow(
        authorization(harness, client, { response_type: type }).address,
        () => true,
      );
      assert.match(
        `${seen.location} ${seen.text}`,
        /unsupported_response_type|unauthorized_client|invalid_request/,
        type,
      );
      assert.equal(harness.asked.length, 0, 'nobody is even asked to log in');
    }
  });

  it('2.2.1, 4.10: tokens bound to a key are worth nothing without it', async () => {
    const key = await clientKey();
    const bound = await harness.client({ redirectUris: [redirectUri], dpop: true });
    const started = authorization(harness, bound);
    const { answer } = await authorized(browser, started);
    const form = {
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      code_verifier: started.verifier,
      redirect_uri: redirectUri,
    };
    const { body } = await post(harness, '/token', form, {
      authorization: basic(bound),
      dpop: await proofOf(key, 'POST', `${harness.issuer}/token`),
    });
    const plain = await fetch(`${harness.issuer}/me`, {
      headers: { authorization: `Bearer ${String(body['access_token'])}` },
    });
    assert.equal(plain.status, 401);
  });

  it('2.2.2, 4.14: refresh tokens rotate, a second use ends the family, and the end is absolute', async () => {
    const { tokens } = await signedIn(harness, browser, client, {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const refresh = (token: unknown): ReturnType<typeof post> =>
      post(
        harness,
        '/token',
        { grant_type: 'refresh_token', refresh_token: String(token) },
        { authorization: basic(client) },
      );
    const second = await refresh(tokens['refresh_token']);
    assert.notEqual(second.body['refresh_token'], tokens['refresh_token']);
    assert.equal((await refresh(tokens['refresh_token'])).body['error'], 'invalid_grant');
    assert.equal((await refresh(second.body['refresh_token'])).body['error'], 'invalid_grant');
  });

  it('2.3: a token for one audience opens no other', async () => {
    const { tokens } = await signedIn(harness, browser, client);
    const { principalOfToken } = await import('../../identity/provider/tokens.ts');
    const show = (token: string): Promise<unknown> =>
      principalOfToken(harness.parts, harness.provider.current(), {
        scheme: 'bearer',
        token,
        proof: null,
        method: 'GET',
        address: harness.url,
        certificate: null,
      });
    await assert.rejects(show(String(tokens['access_token'])), { code: 'token-refused' }, 'one for userinfo');
    const resource = `${harness.url}/api`;
    const started = authorization(harness, client, { scope: 'openid licenses:own', resource });
    const { answer } = await authorized(browser, started);
    const api = await exchanged(
      harness,
      client,
      { code: answer.get('code') ?? '', verifier: started.verifier },
      { resource },
    );
    const principal = (await show(String(api.body['access_token']))) as { scopes: string[]; level: number };
    assert.deepEqual(principal.scopes, ['licenses:own']);
    assert.equal(principal.level, 3);
    const me = await fetch(`${harness.issuer}/me`, {
      headers: { authorization: `Bearer ${String(api.body['access_token'])}` },
    });
    assert.equal(me.status, 403, 'and one for the API tells nothing of the person');
  });

  it('2.4: no password grant, and none that is not registered', async () => {
    for (const grant of ['password', 'implicit', 'urn:example:any'])
      assert.equal(
        (
          await post(
            harness,
            '/token',
            { grant_type: grant, username: 'a', password: 'b' },
            { authorization: basic(client) },
          )
        ).body['error'],
        'unsupported_grant_type',
      );
    assert.equal(
      (await post(harness, '/token', { grant_type: 'client_credentials' }, { authorization: basic(client) }))
        .status,
      400,
    );
  });

  it('2.5: clients may authenticate by keys; shared-secret assertions are not offered', async () => {
    const methods = (await discovery())['token_endpoint_auth_methods_supported'] as string[];
    assert.ok(methods.includes('private_key_jwt') && methods.includes('tls_client_auth'));
    assert.ok(!methods.includes('client_secret_jwt'));
  });

  it('2.6 and 4.4: the answer names its issuer (RFC 9207), errors too', async () => {
    const { answer } = await authorized(browser, authorization(harness, client));
    assert.equal(answer.get('iss'), harness.issuer);
    const refused = await authorized(new Browser(), authorization(harness, client, { prompt: 'none' }));
    assert.equal(refused.answer.get('iss'), harness.issuer);
    assert.equal((await discovery())['authorization_response_iss_parameter_supported'], true);
  });

  it('4.2 and 4.3: no tokens in addresses, neither sent nor taken, and no referrer', async () => {
    const { tokens } = await signedIn(harness, browser, client);
    assert.ok(!browser.trail.some((url) => url.includes(String(tokens['access_token']))));
    const inQuery = await fetch(`${harness.issuer}/me?access_token=${String(tokens['access_token'])}`);
    assert.ok(inQuery.status >= 400);
    for (const mode of ['fragment'])
      assert.ok(
        ['unsupported_response_mode', 'invalid_request', null].includes(
          await errorOf({ response_mode: mode }),
        ),
      );
  });

  it('4.5: a code of another client, or with another verifier or address, is refused', async () => {
    const stranger = await harness.client({ redirectUris: [redirectUri] });
    const started = authorization(harness, client);
    const { answer } = await authorized(browser, started);
    const code = answer.get('code') ?? '';
    assert.equal(
      (await exchanged(harness, stranger, { code, verifier: started.verifier })).body['error'],
      'invalid_grant',
    );
    assert.equal(
      (await exchanged(harness, client, { code, verifier: 'y'.repeat(43) })).body['error'],
      'invalid_grant',
    );
    assert.equal(
      (
        await exchanged(
          harness,
          client,
          { code, verifier: started.verifier },
          { redirect_uri: 'https://rp.example.cn/other' },
        )
      ).body['error'],
      'invalid_grant',
    );
  });

  it('4.11: no open redirector', async () => {
    for (const path of [
      '/session/end?post_logout_redirect_uri=https://evil.cn',
      '/session/end/success?next=https://evil.cn',
      '/auth?redirect_uri=https://evil.cn',
    ]) {
      const seen = await browser.visit(`${harness.url}/oidc${path}`);
      assert.ok(seen.location === null || !seen.location.includes('evil.cn'), path);
    }
  });

  it('4.12: the redirect after credentials is 303', async () => {
    const codes: number[] = [];
    let seen = await browser.visit(authorization(harness, client).address);
    for (let hop = 0; hop < 10 && seen.location !== null; hop += 1) {
      codes.push(seen.status);
      if (seen.location.startsWith(redirectUri)) break;
      seen = await browser.visit(seen.location);
    }
    assert.ok(codes.length >= 3 && codes.every((code) => code === 303), codes.join());
  });

  it('4.13: what a caller writes into proxy headers counts for nothing', async () => {
    const answer = await fetch(`${harness.issuer}/.well-known/openid-configuration`, {
      headers: {
        'x-forwarded-host': 'evil.cn',
        forwarded: 'host=evil.cn',
        'client-cert': ':AAAA:',
        'x-ssl-client-cert': 'x',
      },
    });
    assert.ok(!(await answer.text()).includes('evil.cn'));
  });

  it('4.15: a client’s identifier is never taken for a person’s', async () => {
    await assert.rejects(harness.client({ redirectUris: [redirectUri] }, account), {
      code: 'client-invalid',
    });
    const { idToken } = await signedIn(harness, browser, client);
    assert.notEqual(idToken['sub'], client.id);
  });

  it('4.16: pages cannot be framed', async () => {
    const page = await browser.visit(`${harness.url}/oidc/device`);
    assert.match(page.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
  });
});
