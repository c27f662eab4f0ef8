// The gate list of ASVS 5.0, continued: V9 and V10, against the provider.
import assert from 'node:assert/strict';
import { IdentityError } from '../../identity/errors.ts';
import { startService, type Harness } from '../api/harness.ts';
import { Browser } from './provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import {
  authorization,
  authorized,
  basic,
  byKey,
  clientKey,
  exchanged,
  post,
  proofOf,
  redirectUri,
  signedIn,
  type TestClient,
} from './provider/relying-party.ts';

describe('ASVS 5.0, the gate list: V9 tokens, V10 OAuth and OIDC', function () {
  this.timeout(180_000);
  let service: Harness;
  let harness: ProviderHarness;
  let client: TestClient;

  before(async () => {
    service = await startService();
    harness = await startProvider();
    harness.behave = logsIn(await harness.account(3), { aal: 3 });
    client = await harness.client({
      redirectUris: [redirectUri],
      grants: ['code', 'refresh'],
      scopes: ['openid', 'profile', 'offline_access'],
    });
  });
  after(async () => {
    await harness.stop();
    await service.stop();
  });

  const discovery = async (): Promise<Record<string, unknown>> =>
    (await (await fetch(`${harness.issuer}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >;

  it('9.1.2 tokens are signed by listed algorithms, and never by none', async () => {
    const metadata = await discovery();
    const lists = Object.entries(metadata).filter(([name]) => name.includes('signing_alg'));
    assert.ok(lists.length > 0);
    for (const [name, algorithms] of lists) {
      for (const algorithm of algorithms as readonly string[]) {
        assert.match(algorithm, /^(ES(256|384|512)|EdDSA|Ed25519|PS(256|384|512)|RS256|HS256)$/, name);
      }
    }
    assert.deepEqual(
      (metadata['id_token_signing_alg_values_supported'] as readonly string[]).filter((one) =>
        /^(none|HS)/.test(one),
      ),
      [],
    );
  });

  it('9.1.3 keys come from where the client registered them, never from the token itself', async () => {
    const own = await clientKey();
    const foreign = await clientKey();
    const { id } = await harness.client({
      redirectUris: [redirectUri],
      authentication: 'private_key_jwt',
      jwks: { keys: [own.jwk as { kty: 'EC' }] },
    });
    const fields = Object.fromEntries(new URL(authorization(harness, { id }).address).searchParams);
    assert.equal(
      (await post(harness, '/request', { ...fields, ...(await byKey(id, own, harness.issuer)) })).status,
      201,
    );
    assert.equal(
      (await post(harness, '/request', { ...fields, ...(await byKey(id, foreign, harness.issuer)) })).status,
      401,
    );
  });

  it('9.2.2 a token of one kind is none of another', async () => {
    const { tokens } = await signedIn(harness, new Browser(), client);
    const userinfo = (token: string) =>
      fetch(`${harness.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await userinfo(String(tokens['access_token']))).status, 200);
    assert.equal((await userinfo(String(tokens['id_token']))).status, 401);
  });

  it('9.2.3 a token for somebody else’s interface opens none of ours', async () => {
    const { tokens } = await signedIn(harness, new Browser(), client);
    for (const token of [tokens['access_token'], tokens['id_token']]) {
      const seen = await fetch(`${service.url}/api/v1/seals`, {
        headers: { authorization: `Bearer ${String(token)}` },
      });
      assert.equal(seen.status, 401);
    }
  });

  it('10.3.5 a bound token is worth nothing without its key', async () => {
    const key = await clientKey();
    const proof = await clientKey();
    const { id } = await harness.client({
      redirectUris: [redirectUri],
      authentication: 'private_key_jwt',
      jwks: { keys: [key.jwk as { kty: 'EC' }] },
      dpop: true,
    });
    const started = authorization(harness, { id });
    const { answer } = await authorized(new Browser(), started);
    const token = await post(
      harness,
      '/token',
      {
        grant_type: 'authorization_code',
        code: answer.get('code') ?? '',
        code_verifier: started.verifier,
        redirect_uri: redirectUri,
        ...(await byKey(id, key, harness.issuer)),
      },
      { dpop: await proofOf(proof, 'POST', `${harness.issuer}/token`) },
    );
    assert.equal(token.body['token_type'], 'DPoP');
    const access = String(token.body['access_token']);
    const me = `${harness.issuer}/me`;
    const ask = (headers: Record<string, string>) => fetch(me, { headers });
    assert.equal((await ask({ authorization: `Bearer ${access}` })).status, 401);
    const other = await clientKey();
    const stolen = await proofOf(other, 'GET', me, { token: access });
    assert.equal((await ask({ authorization: `DPoP ${access}`, dpop: stolen })).status, 401);
    const own = await proofOf(proof, 'GET', me, { token: access });
    assert.equal((await ask({ authorization: `DPoP ${access}`, dpop: own })).status, 200);
  });

  it('10.4.1 redirect addresses are compared character by character', async () => {
    for (const wrong of [
      `${redirectUri}/`,
      `${redirectUri}?a=b`,
      'https://rp.example.cn.evil.example/return',
    ]) {
      const seen = await new Browser().visit(authorization(harness, client, { redirect_uri: wrong }).address);
      assert.equal(seen.status, 400);
      assert.equal(seen.location, null);
    }
  });

  it('10.4.2 a code counts once, and its second use ends what the first one gave', async () => {
    const { tokens, code, started } = await signedIn(harness, new Browser(), client);
    assert.equal((await exchanged(harness, client, { code, verifier: started.verifier })).status, 400);
    const facts = await post(
      harness,
      '/token/introspection',
      { token: String(tokens['access_token']) },
      { authorization: basic(client) },
    );
    assert.equal(facts.body['active'], false);
  });

  it('10.4.5 a refresh token that was used betrays its theft', async () => {
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
    const next = await refresh(tokens['refresh_token']);
    assert.equal(next.status, 200);
    assert.notEqual(next.body['refresh_token'], tokens['refresh_token']);
    assert.equal((await refresh(tokens['refresh_token'])).status, 400);
    assert.equal((await refresh(next.body['refresh_token'])).status, 400);
  });

  it('10.4.6 PKCE with S256 is demanded of everybody', async () => {
    for (const change of [
      { code_challenge: null, code_challenge_method: null },
      { code_challenge_method: 'plain' },
    ]) {
      const { answer } = await authorized(new Browser(), authorization(harness, client, change));
      assert.equal(answer.get('error'), 'invalid_request');
    }
  });

  it('10.4.13 a client that pushes its requests may do nothing else', async () => {
    const { id } = await harness.client({ redirectUris: [redirectUri], pushedRequests: true });
    const { answer, seen } = await authorized(new Browser(), authorization(harness, { id }));
    assert.ok(answer.get('code') === null);
    assert.ok(seen.status === 400 || answer.get('error') === 'invalid_request');
  });

  it('10.4.16 a client proves itself, and a strong one with a key', async () => {
    const wrong = { id: client.id, secret: 'x'.repeat(client.secret.length) };
    const { answer } = await authorized(new Browser(), authorization(harness, client));
    const code = { code: answer.get('code') ?? '', verifier: 'v'.repeat(43) };
    assert.equal((await exchanged(harness, wrong, code)).status, 401);
    await assert.rejects(
      harness.client({ redirectUris: [redirectUri], fapi2: true, dpop: true }),
      (error: unknown) => error instanceof IdentityError,
    );
  });

  it('10.6.2 nobody is logged out by a mere link', async () => {
    const browser = new Browser();
    await signedIn(harness, browser, client);
    const seen = await browser.visit(`${harness.issuer}/session/end`);
    // A page that asks; only its own form ends anything.
    assert.equal(seen.status, 200);
    const again = authorization(harness, client, { prompt: 'none' });
    const { answer } = await authorized(browser, again);
    assert.ok(answer.get('code') !== null, answer.toString());
  });
});
