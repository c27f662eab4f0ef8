// Signed request objects under FAPI 2.0 (message signing), by the names of their plan.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { SignJWT, type CryptoKey } from 'jose';
import { Fapi2Client } from './provider/fapi2-client.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import { clientKey, post, type ClientKey, type TokenAnswer } from './provider/relying-party.ts';

const name = (test: string): string => `fapi2-security-profile-final-${test}`;

describe('FAPI 2.0 signed requests conformance', () => {
  let harness: ProviderHarness;
  let client: Fapi2Client;
  let second: Fapi2Client;
  let rsa: ClientKey;

  before(async () => {
    harness = await startProvider();
    harness.behave = logsIn(await harness.account(3), { aal: 3 });
    rsa = await clientKey('sig', 'RS256');
    client = await Fapi2Client.register(harness, { keys: [rsa], settings: { signedRequests: true } });
    second = await Fapi2Client.register(harness, { settings: { signedRequests: true } });
  });

  after(() => harness.stop());

  const now = (): number => Math.floor(Date.now() / 1000);

  async function requested(
    change: {
      readonly claims?: Readonly<Record<string, unknown>>;
      readonly algorithm?: string;
      readonly by?: CryptoKey;
      readonly kid?: string;
      readonly beside?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<TokenAnswer> {
    const claims: Record<string, unknown> = {
      ...client.parameters().fields,
      iss: client.id,
      aud: harness.issuer,
      nbf: now(),
      exp: now() + 300,
      jti: randomBytes(8).toString('hex'),
      ...change.claims,
    };
    const request = await new SignJWT(
      Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null)),
    )
      .setProtectedHeader({ alg: change.algorithm ?? 'ES256', kid: change.kid ?? client.key.jwk.kid ?? '' })
      .sign(change.by ?? client.key.privateKey);
    return post(harness, '/request', { request, ...change.beside, ...(await client.authenticated()) });
  }

  it('a signed request object leads to a code', async () => {
    const { status, body } = await requested();
    assert.equal(status, 201, JSON.stringify(body));
    assert.ok((await client.visit(String(body['request_uri']))).answer.get('code'));
  });

  it(name('ensure-request-object-with-multiple-aud-succeeds'), async () => {
    const aud = ['https://elsewhere.example.cn', harness.issuer];
    assert.equal((await requested({ claims: { aud } })).status, 201);
  });

  it(name('ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted'), async () => {
    assert.equal((await requested({ claims: { nbf: now() + 8 } })).status, 201);
  });

  it('a state beside the signed object counts for nothing', async () => {
    const { body } = await requested({ claims: { state: 'inside' }, beside: { state: 'outside' } });
    assert.equal((await client.visit(String(body['request_uri']))).answer.get('state'), 'inside');
  });

  const failing: Readonly<Record<string, () => Promise<TokenAnswer>>> = {
    'ensure-request-object-without-exp-fails': () => requested({ claims: { exp: null } }),
    'ensure-request-object-without-nbf-fails': () => requested({ claims: { nbf: null } }),
    'ensure-expired-request-object-fails': () => requested({ claims: { exp: now() - 60, nbf: now() - 120 } }),
    'ensure-request-object-with-bad-aud-fails': () =>
      requested({ claims: { aud: 'https://elsewhere.example.cn' } }),
    'ensure-request-object-with-exp-over-60-fails': () => requested({ claims: { exp: now() + 70 * 60 } }),
    'ensure-request-object-with-nbf-over-60-fails': () => requested({ claims: { nbf: now() - 70 * 60 } }),
    'ensure-signed-request-object-with-RS256-fails': () =>
      requested({ algorithm: 'RS256', by: rsa.privateKey, kid: rsa.jwk.kid ?? '' }),
    'ensure-request-object-signature-algorithm-is-not-none': async () => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const { fields } = client.parameters();
      const body = { ...fields, iss: client.id, aud: harness.issuer, nbf: now(), exp: now() + 60 };
      const request = `${part({ alg: 'none' })}.${part(body)}.`;
      return post(harness, '/request', { request, ...(await client.authenticated()) });
    },
    'ensure-request-object-with-invalid-signature-fails': async () =>
      requested({ by: (await clientKey()).privateKey }),
    'ensure-matching-key-in-authorization-request': () =>
      requested({ by: second.key.privateKey, kid: second.key.jwk.kid ?? '' }),
    'ensure-unsigned-request-at-par-endpoint-fails': () => client.push(client.parameters().fields),
    'par-authorization-request-containing-request_uri': () =>
      requested({ claims: { request_uri: 'urn:ietf:params:oauth:request_uri:abc' } }),
  };
  for (const [test, send] of Object.entries(failing)) {
    it(name(test), async () => {
      const { status, body } = await send();
      assert.equal(status, 400, JSON.stringify(body));
      assert.match(String(body['error']), /^invalid_request(_object)?$/);
      assert.equal(body['request_uri'], undefined);
    });
  }

  it('a request object for somebody else, or far in the future, is refused', async () => {
    for (const claims of [{ nbf: now() + 120 }, { iss: second.id }, { client_id: second.id }])
      assert.equal((await requested({ claims })).status, 400, JSON.stringify(claims));
  });
});
