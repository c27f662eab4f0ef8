// The FAPI 2.0 Security Profile plan, by its names: switched on for one client, private_key_jwt, DPoP, OpenID Connect.
import assert from 'node:assert/strict';
import { Browser } from './provider/browser.ts';
import { Fapi2Client } from './provider/fapi2-client.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import {
  authorization,
  authorized,
  byKey,
  clientKey,
  payloadOf,
  post,
  proofOf,
  redirectUri,
  type ClientKey,
} from './provider/relying-party.ts';

const name = (test: string): string => `fapi2-security-profile-final-${test}`;

describe('FAPI 2.0 Security Profile conformance', () => {
  let harness: ProviderHarness;
  let client: Fapi2Client;
  let second: Fapi2Client;
  let rsa: ClientKey;
  let account: string;

  before(async () => {
    harness = await startProvider();
    account = await harness.account(3);
    rsa = await clientKey('sig', 'RS256');
    const settings = {
      grants: ['code', 'refresh'],
      scopes: ['openid', 'profile', 'offline_access'],
    } as const;
    client = await Fapi2Client.register(harness, {
      keys: [rsa],
      settings: { grants: [...settings.grants], scopes: [...settings.scopes] },
    });
    second = await Fapi2Client.register(harness);
  });

  after(() => harness.stop());

  beforeEach(() => {
    harness.behave = logsIn(account, { aal: 3 });
  });

  const seconds = (): number => Math.floor(Date.now() / 1000);

  describe('clients that behave', () => {
    it(name('discovery-end-point-verification'), async () => {
      const response = await fetch(`${harness.issuer}/.well-known/openid-configuration`);
      const discovery = (await response.json()) as Record<string, unknown>;
      const includes = (member: string, value: string): void =>
        assert.ok((discovery[member] as string[]).includes(value), `${member} ${value}`);
      assert.equal(discovery['issuer'], harness.issuer);
      assert.equal(typeof discovery['pushed_authorization_request_endpoint'], 'string');
      assert.equal(discovery['authorization_response_iss_parameter_supported'], true);
      assert.deepEqual(discovery['response_types_supported'], ['code']);
      assert.deepEqual(discovery['code_challenge_methods_supported'], ['S256']);
      includes('token_endpoint_auth_methods_supported', 'private_key_jwt');
      includes('grant_types_supported', 'authorization_code');
      for (const member of [
        'dpop_signing_alg_values_supported',
        'token_endpoint_auth_signing_alg_values_supported',
        'request_object_signing_alg_values_supported',
        'id_token_signing_alg_values_supported',
      ]) {
        for (const weak of ['none', 'RS256', 'HS256'])
          assert.ok(!(discovery[member] as string[]).includes(weak), `${member} ${weak}`);
        assert.ok((discovery[member] as string[]).some((each) => each === 'ES256' || each === 'PS256'));
      }
    });

    it(name('happy-flow'), async () => {
      const body = await client.tokens();
      assert.equal(body['token_type'], 'DPoP');
      const payload = payloadOf(body['id_token']);
      assert.equal(payload['acr'], 'urn:gov:loa:3');
      const [head = ''] = String(body['id_token']).split('.');
      assert.deepEqual(Object.keys(JSON.parse(Buffer.from(head, 'base64url').toString()) as object).sort(), [
        'alg',
        'kid',
      ]);
      const told = await client.me(body['access_token']);
      assert.equal(told.status, 200);
      assert.equal(told.body['sub'], payload['sub']);
    });

    it(name('user-rejects-authentication'), async () => {
      harness.behave = () => ({ refuse: 'access_denied' });
      const { fields, state } = client.parameters();
      const { answer } = await client.visit(await client.pushed(fields));
      assert.equal(answer.get('error'), 'access_denied');
      assert.equal(answer.get('state'), state);
      assert.equal(answer.get('iss'), harness.issuer);
      assert.equal(answer.get('code'), null);
    });

    it(name('ensure-authorization-request-without-state-success'), async () => {
      const { fields } = client.parameters({ state: null });
      const { answer } = await client.visit(await client.pushed(fields));
      assert.ok(answer.get('code'));
      assert.equal(answer.get('state'), null);
      assert.equal(answer.get('iss'), harness.issuer);
    });

    it(name('ensure-authorization-request-without-nonce-success'), async () => {
      assert.equal(payloadOf((await client.tokens({ nonce: null }))['id_token'])['nonce'], undefined);
    });

    it(name('ensure-authorization-request-with-64-char-nonce-success'), async () => {
      const nonce = 'n'.repeat(64);
      assert.equal(payloadOf((await client.tokens({ nonce }))['id_token'])['nonce'], nonce);
    });

    it(name('ensure-other-scope-order-succeeds'), async () => {
      const body = await client.tokens({ scope: 'profile openid' });
      assert.deepEqual(String(body['scope']).split(' ').sort(), ['openid', 'profile']);
    });

    it(name('test-claims-parameter-identity-claims'), async () => {
      const claims = JSON.stringify({ userinfo: { name: { essential: true } }, id_token: { acr: null } });
      const body = await client.tokens({ scope: 'openid', claims });
      assert.equal(typeof (await client.me(body['access_token'])).body['name'], 'string');
      assert.equal(payloadOf(body['id_token'])['acr'], 'urn:gov:loa:3');
    });

    it(name('access-token-type-header-case-sensitivity'), async () => {
      const body = await client.tokens();
      for (const scheme of ['dpop', 'DPOP', 'DPoP'])
        assert.equal((await client.me(body['access_token'], scheme)).status, 200, scheme);
    });

    it(name('ensure-authorization-request-with-long-nonce'), async () => {
      const nonce = 'n'.repeat(384);
      assert.equal(payloadOf((await client.tokens({ nonce }))['id_token'])['nonce'], nonce);
    });

    it(name('ensure-authorization-request-with-long-state'), async () => {
      const state = 's'.repeat(384);
      const { fields } = client.parameters({ state });
      const { answer } = await client.visit(await client.pushed(fields));
      assert.equal(answer.get('state'), state);
    });
  });

  describe('proofs of possession', () => {
    it(name('check-dpop-proof-nbf-exp'), async () => {
      const dpop = await client.tokenProof(client.proof, {
        claims: { nbf: seconds() - 5, exp: seconds() + 60 },
      });
      assert.equal((await client.exchange(await client.code(), {}, { dpop })).status, 200);
    });

    for (const [test, shift] of [
      ['ensure-dpopproof-with-iat-10seconds-before-succeeds', -10],
      ['ensure-dpopproof-with-iat-10seconds-after-succeeds', 10],
    ] as const) {
      it(name(test), async () => {
        const dpop = await client.tokenProof(client.proof, { claims: { iat: seconds() + shift } });
        const { status, body } = await client.exchange(await client.code(), {}, { dpop });
        assert.equal(status, 200, JSON.stringify(body));
      });
    }

    const thumbprint = async (key: ClientKey): Promise<string> => {
      const { calculateJwkThumbprint } = await import('jose');
      return calculateJwkThumbprint(key.jwk);
    };
    const atPar = (key: ClientKey): Promise<string> => proofOf(key, 'POST', `${harness.issuer}/request`);

    it(name('ensure-mismatched-dpop-jkt-fails'), async () => {
      const { fields } = client.parameters({ dpop_jkt: await thumbprint(await clientKey()) });
      const { status, body } = await client.push(fields, { dpop: await atPar(client.proof) });
      assert.equal(status, 400);
      assert.equal(body['error'], 'invalid_request');
    });

    it(name('ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt'), async () => {
      const code = await client.code({}, { dpop: await atPar(client.proof) });
      const dpop = await client.tokenProof(await clientKey());
      assert.equal((await client.exchange(code, {}, { dpop })).body['error'], 'invalid_grant');
    });

    it(name('ensure-token-endpoint-fails-with-mismatched-dpop-jkt'), async () => {
      const code = await client.code({ dpop_jkt: await thumbprint(client.proof) });
      const dpop = await client.tokenProof(await clientKey());
      assert.equal((await client.exchange(code, {}, { dpop })).body['error'], 'invalid_grant');
    });

    it(name('ensure-dpopproof-at-par-endpoint-binding-success'), async () => {
      await client.tokens({}, { dpop: await atPar(client.proof) });
    });

    it(name('ensure-dpop-auth-code-binding-success'), async () => {
      await client.tokens({ dpop_jkt: await thumbprint(client.proof) });
    });

    it(name('dpop-negative-tests'), async () => {
      const stranger = await clientKey();
      const { d, ...open } = await exportedOf(stranger);
      assert.equal(typeof d, 'string');
      const spoiled: Readonly<Record<string, Promise<string>>> = {
        'another method': proofOf(client.proof, 'GET', `${harness.issuer}/token`),
        'another address': proofOf(client.proof, 'POST', `${harness.issuer}/me`),
        'no identifier': client.tokenProof(client.proof, { claims: { jti: undefined } }),
        'no time': client.tokenProof(client.proof, { claims: { iat: undefined } }),
        old: client.tokenProof(client.proof, { claims: { iat: seconds() - 3600 } }),
        'of tomorrow': client.tokenProof(client.proof, { claims: { iat: seconds() + 3600 } }),
        'another type': client.tokenProof(client.proof, { header: { typ: 'JWT' } }),
        'another key than its own': client.tokenProof(client.proof, { header: { jwk: open } }),
        'a private key in it': client.tokenProof(stranger, { header: { jwk: { ...open, d } } }),
        'no key': client.tokenProof(client.proof, { header: { jwk: undefined } }),
        unsigned: unsigned(client.proof, `${harness.issuer}/token`),
        'no proof': Promise.resolve('abc'),
      };
      for (const [what, made] of Object.entries(spoiled)) {
        const { status, body } = await client.exchange(await client.code(), {}, { dpop: await made });
        assert.equal(status, 400, what);
        assert.ok(['invalid_dpop_proof', 'invalid_request'].includes(String(body['error'])), what);
      }
      const token = (await client.tokens())['access_token'];
      assert.equal((await client.me(token, 'DPoP', { token: 'another token' })).status, 401, 'ath');
      assert.equal((await client.me(token, 'Bearer')).status, 400, 'a proof is no use to a bearer token');
      const bare = { authorization: `Bearer ${String(token)}` };
      assert.equal((await fetch(`${harness.issuer}/me`, { headers: bare })).status, 401, 'nor is none');
      const once = { jti: 'the same twice' };
      assert.equal((await client.me(token, 'DPoP', once)).status, 200);
      assert.equal((await client.me(token, 'DPoP', once)).status, 401, 'a proof is used once');
    });
  });

  describe('authorization requests', () => {
    it(name('ensure-registered-redirect-uri'), async () => {
      const { fields } = client.parameters({ redirect_uri: 'https://evil.example.cn/return' });
      const { status, body } = await client.push(fields);
      assert.equal(status, 400);
      assert.match(String(body['error']), /^invalid_(request|redirect_uri)$/);
    });

    it(name('plain-fapi-tolerate-unregistered-redirect-uri'), async () => {
      // Allowed to be taken from a client that proves itself, or refused: here it is refused.
      const { fields } = client.parameters({ redirect_uri: `${redirectUri}?dummy=1` });
      assert.equal((await client.push(fields)).status, 400);
    });

    it(name('ensure-unsigned-authorization-request-without-using-par-fails'), async () => {
      const { answer } = await authorized(new Browser(), authorization(harness, client));
      assert.equal(answer.get('error'), 'invalid_request');
      assert.equal(answer.get('code'), null);
    });

    it(name('ensure-redirect-uri-in-authorization-request'), async () => {
      const { fields } = client.parameters({ redirect_uri: null });
      assert.equal((await client.push(fields)).status, 400);
    });

    it(name('ensure-request-object-without-redirect-uri-fails'), async () => {
      const { fields } = client.parameters({ redirect_uri: null });
      const { status, body } = await client.push(fields);
      assert.equal(status, 400);
      assert.equal(body['request_uri'], undefined);
    });

    for (const [test, type] of [
      ['ensure-response-type-code-idtoken-fails', 'code id_token'],
      ['ensure-response-type-token-fails', 'token'],
    ] as const) {
      it(name(test), async () => {
        const { fields } = client.parameters({ response_type: type });
        const { status, body } = await client.push(fields);
        assert.equal(status, 400);
        assert.match(
          String(body['error']),
          /^(unsupported_response_type|invalid_request|unauthorized_client)$/,
        );
      });
    }

    it(name('state-only-outside-request-object-not-used'), async () => {
      const { fields } = client.parameters({ state: null });
      const { answer } = await client.visit(await client.pushed(fields), { state: 'from outside' });
      assert.equal(answer.get('state'), null);
    });

    it(name('ensure-different-state-inside-and-outside-request-object'), async () => {
      const { fields, state } = client.parameters();
      const { answer } = await client.visit(await client.pushed(fields), { state: 'from outside' });
      assert.equal(answer.get('state'), state);
    });

    it(name('ensure-different-nonce-inside-and-outside-request-object'), async () => {
      const { fields, verifier } = client.parameters({ nonce: 'inside' });
      const { answer } = await client.visit(await client.pushed(fields), { nonce: 'from outside' });
      const { body } = await client.exchange({ code: answer.get('code') ?? '', verifier });
      assert.equal(payloadOf(body['id_token'])['nonce'], 'inside');
    });
  });

  describe('the token endpoint', () => {
    it(name('ensure-client-id-in-token-endpoint'), async () => {
      const mixed = { ...(await client.authenticated()), client_id: second.id };
      const { status, body } = await client.exchange(await client.code(), mixed);
      assert.ok(status >= 400);
      assert.match(String(body['error']), /^invalid_(client|request|grant)$/);
    });

    it(name('ensure-holder-of-key-required'), async () => {
      const { status, body } = await client.exchange(await client.code(), {}, {});
      assert.equal(status, 400);
      assert.match(String(body['error']), /^invalid_(dpop_proof|grant|request)$/);
    });

    it(name('ensure-authorization-code-is-bound-to-client'), async () => {
      const { body } = await second.exchange(await client.code());
      assert.equal(body['error'], 'invalid_grant');
    });

    it(name('attempt-reuse-authorization-code-after-one-second'), async () => {
      const code = await client.code();
      const first = await client.exchange(code);
      assert.equal(first.status, 200);
      await new Promise((done) => setTimeout(done, 1000));
      assert.equal((await client.exchange(code)).body['error'], 'invalid_grant');
      assert.equal((await client.me(first.body['access_token'])).status, 401, 'what came of it is gone');
    });

    it(name('ensure-token-endpoint-fails-with-expired-auth-code'), async () => {
      const code = await client.code();
      await client.expire('AuthorizationCode', code.code);
      assert.equal((await client.exchange(code)).body['error'], 'invalid_grant');
    });

    it(name('refresh-token'), async () => {
      const body = await client.tokens({ scope: 'openid offline_access', prompt: 'consent' });
      const token = String(body['refresh_token']);
      const refresh = async (who: Fapi2Client, key: ClientKey): Promise<{ status: number; body: object }> =>
        post(
          harness,
          '/token',
          { grant_type: 'refresh_token', refresh_token: token, ...(await who.authenticated()) },
          { dpop: await who.tokenProof(key) },
        );
      assert.equal((await refresh(client, client.proof)).status, 200);
      assert.equal((await refresh(second, second.proof)).status, 400, 'of another client');
    });
  });

  /** The key with its private half, as a proof must never carry it. */
  async function exportedOf(key: ClientKey): Promise<Record<string, unknown>> {
    const { exportJWK } = await import('jose');
    return { ...(await exportJWK(key.privateKey)) };
  }

  async function unsigned(key: ClientKey, address: string): Promise<string> {
    const signed = await proofOf(key, 'POST', address);
    const [head = '', body = ''] = signed.split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as object;
    const none = Buffer.from(JSON.stringify({ ...header, alg: 'none' })).toString('base64url');
    return `${none}.${body}.`;
  }

  it('another client of the same service, outside the profile, is not held to it', async () => {
    const plain = await harness.client({ redirectUris: [redirectUri] });
    const { answer } = await authorized(new Browser(), authorization(harness, plain));
    assert.ok(answer.get('code'));
    assert.equal((await byKey(client.id, client.key, harness.issuer))['client_id'], client.id);
  });
});
