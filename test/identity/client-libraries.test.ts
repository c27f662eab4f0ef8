// Two independent client libraries complete the flows: openid-client 6 (oauth4webapi) and openid-client 5.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import * as six from 'openid-client';
import { custom, generators, Issuer, type Client } from 'openid-client-5';
import type { ClientSettingsInput } from '../../identity/provider/client.ts';
import { Browser, type Seen } from './provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import { authorized, redirectUri } from './provider/relying-party.ts';

const bye = 'https://rp.example.cn/bye';

interface Key {
  readonly privateKey: KeyObject;
  readonly privateJwk: JWK;
  readonly publicJwk: JWK & { kty: 'EC' };
}

async function newKey(): Promise<Key> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const named = { alg: 'ES256', use: 'sig', kid: 'k1' };
  return {
    privateKey,
    privateJwk: { ...(await exportJWK(privateKey)), ...named },
    publicJwk: { ...(await exportJWK(createPublicKey(privateKey))), ...named } as Key['publicJwk'],
  };
}

describe('client libraries', () => {
  let harness: ProviderHarness;
  let account: string;
  let key: Key;
  let client: string;
  let dpopClient: string;

  before(async () => {
    harness = await startProvider();
    account = await harness.account(3);
    harness.behave = logsIn(account, { aal: 3 });
    key = await newKey();
    const shared: ClientSettingsInput = {
      grants: ['code', 'refresh', 'device'],
      authentication: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
      redirectUris: [redirectUri],
      postLogoutRedirectUris: [bye],
      scopes: ['openid', 'profile', 'offline_access'],
    };
    client = (await harness.client({ ...shared, pushedRequests: true })).id;
    dpopClient = (await harness.client({ ...shared, dpop: true })).id;
  });

  after(() => harness.stop());

  /** Goes to the address, logs in, and comes back. */
  async function through(address: string, browser = new Browser()): Promise<URL> {
    const { seen } = await authorized(browser, { address });
    assert.ok(seen.location !== null, seen.text);
    return new URL(seen.location);
  }

  /** A person enters a device's code and confirms it. */
  async function approveDevice(address: string): Promise<Seen> {
    const browser = new Browser();
    const page = await browser.visit(address);
    const field = (seen: Seen, name: string): string =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(seen.text)?.[1] ?? '';
    const confirmed = await browser.post(`${harness.url}/oidc/device`, {
      xsrf: field(page, 'xsrf'),
      user_code: field(page, 'user_code'),
      confirm: 'yes',
    });
    return browser.follow(confirmed.location ?? page.url, () => false);
  }

  describe('openid-client 6', () => {
    async function configured(id: string): Promise<six.Configuration> {
      const config = await six.discovery(
        new URL(harness.issuer),
        id,
        {
          id_token_signed_response_alg: 'ES256',
          ...(id === dpopClient ? { dpop_bound_access_tokens: true } : {}),
        },
        six.PrivateKeyJwt({
          key: await crypto.subtle.importKey(
            'jwk',
            key.privateJwk,
            { name: 'ECDSA', namedCurve: 'P-256' },
            true,
            ['sign'],
          ),
          kid: 'k1',
        }),
        // The provider of the test is on this computer.
        // eslint-disable-next-line @typescript-eslint/no-deprecated
        { execute: [six.allowInsecureRequests] },
      );
      return config;
    }

    it('PAR, code with PKCE, userinfo, refresh, introspection, revocation, logout', async () => {
      const config = await configured(client);
      const verifier = six.randomPKCECodeVerifier();
      const state = six.randomState();
      const nonce = six.randomNonce();
      const address = await six.buildAuthorizationUrlWithPAR(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile offline_access',
        prompt: 'consent',
        state,
        nonce,
        code_challenge: await six.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      assert.deepEqual([...address.searchParams.keys()].sort(), ['client_id', 'request_uri']);
      const browser = new Browser();
      const back = await through(address.href, browser);
      const tokens = await six.authorizationCodeGrant(config, back, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const sub = tokens.claims()?.sub ?? '';
      assert.equal((await six.fetchUserInfo(config, tokens.access_token, sub)).sub, sub);
      const fresh = await six.refreshTokenGrant(config, tokens.refresh_token ?? '');
      assert.notEqual(fresh.access_token, tokens.access_token);
      const facts = await six.tokenIntrospection(config, fresh.access_token);
      assert.equal(facts.active, true);
      assert.equal(facts.sub, sub);
      assert.equal(facts['acr'], 'urn:gov:loa:3');
      await six.tokenRevocation(config, fresh.access_token);
      assert.equal((await six.tokenIntrospection(config, fresh.access_token)).active, false);
      const out = six.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: bye,
        state: 's',
      });
      const page = await browser.visit(out.href);
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
      const done = await browser.post(`${harness.url}/oidc/session/end/confirm`, { xsrf, logout: 'yes' });
      assert.equal(done.location, `${bye}?state=s`);
    });

    it('code with DPoP', async () => {
      const config = await configured(dpopClient);
      const DPoP = six.getDPoPHandle(config, await six.randomDPoPKeyPair('ES256'));
      const verifier = six.randomPKCECodeVerifier();
      const address = six.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile',
        code_challenge: await six.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      const back = await through(address.href);
      const tokens = await six.authorizationCodeGrant(
        config,
        back,
        { pkceCodeVerifier: verifier },
        undefined,
        { DPoP },
      );
      assert.equal(tokens.token_type, 'dpop');
      const sub = tokens.claims()?.sub ?? '';
      assert.equal((await six.fetchUserInfo(config, tokens.access_token, sub, { DPoP })).sub, sub);
    });

    it('device flow', async () => {
      const config = await configured(client);
      const begun = await six.initiateDeviceAuthorization(config, { scope: 'openid profile' });
      assert.match(begun.user_code, /^[B-Z]{4}-[B-Z]{4}$/);
      const done = await approveDevice(begun.verification_uri_complete ?? '');
      assert.match(done.text, /设备已连接/);
      const tokens = await six.pollDeviceAuthorizationGrant(config, begun);
      assert.equal(typeof tokens.claims()?.sub, 'string');
      await assert.rejects(six.pollDeviceAuthorizationGrant(config, begun), 'the code is used once');
    });
  });

  describe('openid-client 5', () => {
    async function configured(id: string): Promise<Client> {
      custom.setHttpOptionsDefaults({ timeout: 10_000 });
      const issuer = await Issuer.discover(harness.issuer);
      return new issuer.Client(
        {
          client_id: id,
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: 'ES256',
          id_token_signed_response_alg: 'ES256',
          redirect_uris: [redirectUri],
          response_types: ['code'],
        },
        { keys: [key.privateJwk] },
      );
    }

    it('PAR, code with PKCE, userinfo, refresh, introspection, revocation, logout', async () => {
      const rp = await configured(client);
      const verifier = generators.codeVerifier();
      const state = generators.state();
      const nonce = generators.nonce();
      const { request_uri: requestUri } = await rp.pushedAuthorizationRequest({
        redirect_uri: redirectUri,
        scope: 'openid profile offline_access',
        prompt: 'consent',
        state,
        nonce,
        code_challenge: generators.codeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      const address = new URL(rp.issuer.metadata.authorization_endpoint ?? '');
      address.searchParams.set('client_id', client);
      address.searchParams.set('request_uri', requestUri);
      const browser = new Browser();
      const back = await through(address.href, browser);
      const tokens = await rp.callback(redirectUri, rp.callbackParams(back.href), {
        code_verifier: verifier,
        state,
        nonce,
        response_type: 'code',
      });
      const { sub } = tokens.claims();
      assert.equal((await rp.userinfo(tokens)).sub, sub);
      const fresh = await rp.refresh(tokens);
      assert.equal((await rp.introspect(fresh.access_token ?? '')).active, true);
      await rp.revoke(fresh.access_token ?? '');
      assert.equal((await rp.introspect(fresh.access_token ?? '')).active, false);
      const page = await browser.visit(
        rp.endSessionUrl({ id_token_hint: tokens, post_logout_redirect_uri: bye, state: 's' }),
      );
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
      const done = await browser.post(`${harness.url}/oidc/session/end/confirm`, { xsrf, logout: 'yes' });
      assert.equal(done.location, `${bye}?state=s`);
    });

    it('code with DPoP', async () => {
      const rp = await configured(dpopClient);
      const DPoP = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      const verifier = generators.codeVerifier();
      const back = await through(
        rp.authorizationUrl({
          scope: 'openid profile',
          code_challenge: generators.codeChallenge(verifier),
          code_challenge_method: 'S256',
        }),
      );
      const tokens = await rp.callback(
        redirectUri,
        rp.callbackParams(back.href),
        { code_verifier: verifier, response_type: 'code' },
        { DPoP },
      );
      assert.equal(tokens.token_type, 'DPoP');
      assert.equal((await rp.userinfo(tokens, { DPoP })).sub, tokens.claims().sub);
    });

    it('device flow', async () => {
      const rp = await configured(client);
      const handle = await rp.deviceAuthorization({ scope: 'openid profile' });
      await approveDevice(handle.verification_uri_complete);
      const tokens = await handle.poll();
      assert.equal(typeof tokens.claims().sub, 'string');
    });
  });
});
