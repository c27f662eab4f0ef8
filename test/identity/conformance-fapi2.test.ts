// The FAPI 2.0 Security Profile (and signed request objects), by what its plan tries: switched on for one client.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { SignJWT, type CryptoKey } from 'jose';
import type { ClientSettingsInput } from '../../identity/provider/client.ts';
import { Browser } from './provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import {
  assertion,
  authorization,
  authorized,
  byKey,
  clientKey,
  payloadOf,
  post,
  proofOf,
  redirectUri,
  type ClientKey,
  type TokenAnswer,
} from './provider/relying-party.ts';

describe('FAPI 2.0 conformance', () => {
  let harness: ProviderHarness;
  let key: ClientKey;
  let rsa: ClientKey;
  let proof: ClientKey;
  let client: string;
  let signing: string;

  before(async () => {
    harness = await startProvider();
    harness.behave = logsIn(await harness.account(3), { aal: 3 });
    key = await clientKey();
    rsa = await clientKey('sig', 'RS256');
    proof = await clientKey();
    const shared: ClientSettingsInput = {
      redirectUris: [redirectUri],
      authentication: 'private_key_jwt',
      jwks: { keys: [key.jwk as { kty: 'EC' }, rsa.jwk as { kty: 'RSA' }] },
      fapi2: true,
      dpop: true,
    };
    client = (await harness.client(shared)).id;
    signing = (await harness.client({ ...shared, signedRequests: true })).id;
  });

  after(() => harness.stop());

  const parametersOf = (id: string): { fields: Record<string, string>; verifier: string } => {
    const started = authorization(harness, { id });
    return { fields: Object.fromEntries(new URL(started.address).searchParams), verifier: started.verifier };
  };

  async function pushed(fields: Record<string, string>, id = client): Promise<TokenAnswer> {
    return post(harness, '/request', { ...fields, ...(await byKey(id, key, harness.issuer)) });
  }

  /** The whole flow with PAR and DPoP. */
  async function code(id = client): Promise<{ code: string; verifier: string }> {
    const { fields, verifier } = parametersOf(id);
    const { status, body } = await pushed(fields, id);
    assert.equal(status, 201, JSON.stringify(body));
    const url = new URL(`${harness.url}/oidc/auth`);
    url.searchParams.set('client_id', id);
    url.searchParams.set('request_uri', String(body['request_uri']));
    const { answer } = await authorized(new Browser(), { address: url.href });
    assert.equal(answer.get('iss'), harness.issuer, 'RFC 9207');
    return { code: answer.get('code') ?? '', verifier };
  }

  async function token(
    from: { readonly code: string; readonly verifier: string },
    headers: Record<string, string>,
  ): Promise<TokenAnswer> {
    return post(
      harness,
      '/token',
      {
        grant_type: 'authorization_code',
        code: from.code,
        code_verifier: from.verifier,
        redirect_uri: redirectUri,
        ...(await byKey(client, key, harness.issuer)),
      },
      headers,
    );
  }

  it('fapi2-security-profile-final-happy-flow: PAR, private_key_jwt, DPoP', async () => {
    const dpop = await proofOf(proof, 'POST', `${harness.issuer}/token`);
    const { status, body } = await token(await code(), { dpop });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body['token_type'], 'DPoP');
    const access = String(body['access_token']);
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${harness.issuer}/me`, { headers })).status;
    const me = await proofOf(proof, 'GET', `${harness.issuer}/me`, { token: access });
    assert.equal(await ask({ authorization: `DPoP ${access}`, dpop: me }), 200);
    assert.equal(await ask({ authorization: `DPoP ${access}`, dpop: me }), 401, 'a proof is used once');
    assert.equal(await ask({ authorization: `Bearer ${access}` }), 401, 'never as a bearer token');
    const other = await proofOf(await clientKey(), 'GET', `${harness.issuer}/me`, { token: access });
    assert.equal(await ask({ authorization: `DPoP ${access}`, dpop: other }), 401, 'of another key');
  });

  it('fapi2-…-ensure-authorization-request-without-par-fails', async () => {
    const { answer } = await authorized(new Browser(), authorization(harness, { id: client }));
    assert.equal(answer.get('error'), 'invalid_request');
  });

  it('fapi2-…-par-ensure-pkce-required', async () => {
    const { fields } = parametersOf(client);
    const without = Object.fromEntries(
      Object.entries(fields).filter(([name]) => !name.startsWith('code_challenge')),
    );
    assert.equal((await pushed(without)).body['error'], 'invalid_request');
  });

  it('fapi2-…-par-plain-pkce-rejected', async () => {
    const { fields } = parametersOf(client);
    const answer = await pushed({ ...fields, code_challenge_method: 'plain' });
    assert.equal(answer.body['error'], 'invalid_request');
  });

  it('fapi2-…-ensure-holder-of-key-required: no token without a proof', async () => {
    const { body } = await token(await code(), {});
    assert.ok(['invalid_dpop_proof', 'invalid_grant'].includes(String(body['error'])), JSON.stringify(body));
  });

  it('fapi2-…-par-attempt-reuse-request_uri: used once', async () => {
    const { fields } = parametersOf(client);
    const { body } = await pushed(fields);
    const url = new URL(`${harness.url}/oidc/auth`);
    url.searchParams.set('client_id', client);
    url.searchParams.set('request_uri', String(body['request_uri']));
    assert.ok((await authorized(new Browser(), { address: url.href })).answer.get('code'));
    const again = await new Browser().visit(url.href);
    assert.match(`${again.text} ${again.location}`, /invalid_request_uri/);
  });

  it('fapi2-…-par-attempt-to-use-request_uri-for-different-client', async () => {
    const { fields } = parametersOf(client);
    const { body } = await pushed(fields);
    const url = new URL(`${harness.url}/oidc/auth`);
    url.searchParams.set('client_id', signing);
    url.searchParams.set('request_uri', String(body['request_uri']));
    const seen = await new Browser().visit(url.href);
    assert.equal(seen.status, 400);
  });

  it('fapi2-…-par-request_uri-inside-par-fails', async () => {
    const { fields } = parametersOf(client);
    const answer = await pushed({ ...fields, request_uri: 'urn:ietf:params:oauth:request_uri:abc' });
    assert.equal(answer.status, 400);
  });

  it('fapi2-…-client-assertion: wrong audience, expired, replayed, of another key, RS256', async () => {
    const { fields } = parametersOf(client);
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const send = (client_assertion: string): Promise<TokenAnswer> =>
      post(harness, '/request', {
        ...fields,
        client_id: client,
        client_assertion_type: type,
        client_assertion,
      });
    const stranger = await clientKey();
    const refused: Readonly<Record<string, string>> = {
      'another audience': await assertion(client, key, 'https://elsewhere.example.cn'),
      'the token endpoint as audience': await assertion(client, key, `${harness.issuer}/token`),
      expired: await assertion(client, key, harness.issuer, { expires: Math.floor(Date.now() / 1000) - 60 }),
      'another key': await assertion(
        client,
        { ...stranger, jwk: { ...stranger.jwk, kid: key.jwk.kid ?? '' } },
        harness.issuer,
      ),
      RS256: await assertion(client, rsa, harness.issuer, { algorithm: 'RS256' }),
    };
    for (const [what, text] of Object.entries(refused)) {
      const answer = await send(text);
      assert.equal(answer.status, 401, what);
      assert.equal(answer.body['error'], 'invalid_client', what);
    }
    const once = await assertion(client, key, harness.issuer);
    assert.equal((await send(once)).status, 201);
    assert.equal((await send(once)).status, 401, 'replayed');
  });

  describe('signed request objects', () => {
    const now = (): number => Math.floor(Date.now() / 1000);

    async function requested(
      change: {
        readonly claims?: Readonly<Record<string, unknown>>;
        readonly algorithm?: string;
        readonly by?: CryptoKey;
        readonly kid?: string;
        readonly drop?: readonly string[];
      } = {},
    ): Promise<TokenAnswer> {
      const { fields } = parametersOf(signing);
      const claims: Record<string, unknown> = {
        ...fields,
        iss: signing,
        aud: harness.issuer,
        nbf: now(),
        exp: now() + 300,
        jti: randomBytes(8).toString('hex'),
        ...change.claims,
      };
      const kept = Object.fromEntries(
        Object.entries(claims).filter(([name]) => change.drop?.includes(name) !== true),
      );
      const request = await new SignJWT(kept)
        .setProtectedHeader({ alg: change.algorithm ?? 'ES256', kid: change.kid ?? key.jwk.kid ?? '' })
        .sign(change.by ?? key.privateKey);
      return post(harness, '/request', { request, ...(await byKey(signing, key, harness.issuer)) });
    }

    it('ensure-signed-request-object-succeeds', async () => {
      const answer = await requested();
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
    });

    it('ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted', async () => {
      assert.equal((await requested({ claims: { nbf: now() + 8 } })).status, 201);
    });

    const failing: Readonly<Record<string, () => Promise<TokenAnswer>>> = {
      'without-exp': () => requested({ drop: ['exp'] }),
      'without-nbf': () => requested({ drop: ['nbf'] }),
      'exp-over-60-minutes-after-nbf': () => requested({ claims: { exp: now() + 3700 } }),
      'nbf-over-60-minutes-ago': () => requested({ claims: { nbf: now() - 3700 } }),
      'nbf-far-in-the-future': () => requested({ claims: { nbf: now() + 120 } }),
      expired: () => requested({ claims: { exp: now() - 60, nbf: now() - 120 } }),
      'bad-aud': () => requested({ claims: { aud: 'https://elsewhere.example.cn' } }),
      'signed-with-RS256': () =>
        requested({ algorithm: 'RS256', by: rsa.privateKey, kid: rsa.jwk.kid ?? '' }),
      'with-invalid-signature': async () => requested({ by: (await clientKey()).privateKey }),
      'alg-none': async () => {
        const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
        const { fields } = parametersOf(signing);
        const request = `${part({ alg: 'none' })}.${part({ ...fields, iss: signing, aud: harness.issuer, nbf: now(), exp: now() + 60 })}.`;
        return post(harness, '/request', { request, ...(await byKey(signing, key, harness.issuer)) });
      },
      'unsigned-at-par': async () => pushed(parametersOf(signing).fields, signing),
    };
    for (const [name, send] of Object.entries(failing)) {
      it(`ensure-request-object-${name}-fails`, async () => {
        const answer = await send();
        assert.equal(answer.status, 400, JSON.stringify(answer.body));
        assert.match(String(answer.body['error']), /^invalid_request(_object)?$/);
      });
    }
  });

  it('the ID token is ES256 and names the authentication', async () => {
    const dpop = await proofOf(proof, 'POST', `${harness.issuer}/token`);
    const { body } = await token(await code(), { dpop });
    const payload = payloadOf(body['id_token']);
    assert.equal(payload['acr'], 'urn:gov:loa:3');
    const header = JSON.parse(
      Buffer.from(String(body['id_token']).split('.')[0] ?? '', 'base64url').toString(),
    ) as object;
    assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid']);
  });
});
