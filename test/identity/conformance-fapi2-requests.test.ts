// Pushed requests, proof keys and client assertions under the FAPI 2.0 Security Profile, by the names of its plan.
import assert from 'node:assert/strict';
import { Browser } from './provider/browser.ts';
import { Fapi2Client, type CodeInHand } from './provider/fapi2-client.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import { assertion, authorized, clientKey, post, type ClientKey } from './provider/relying-party.ts';

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const name = (test: string): string => `fapi2-security-profile-final-${test}`;

describe('FAPI 2.0 Security Profile conformance: requests', () => {
  let harness: ProviderHarness;
  let client: Fapi2Client;
  let second: Fapi2Client;
  let rsa: ClientKey;

  before(async () => {
    harness = await startProvider();
    harness.behave = logsIn(await harness.account(3), { aal: 3 });
    rsa = await clientKey('sig', 'RS256');
    client = await Fapi2Client.register(harness, { keys: [rsa] });
    second = await Fapi2Client.register(harness);
  });

  after(() => harness.stop());

  const seconds = (): number => Math.floor(Date.now() / 1000);

  describe('pushed requests', () => {
    it(name('par-ensure-reused-request-uri-prior-to-auth-completion-succeeds'), async () => {
      const { fields } = client.parameters();
      const uri = await client.pushed(fields);
      // Somebody opens the address and goes away; the browser then loads it again.
      const opened = await new Browser().visit(client.address(uri));
      assert.match(opened.location ?? '', /\/interaction\//);
      assert.ok((await client.visit(uri)).answer.get('code'));
    });

    it(name('par-attempt-reuse-request_uri'), async () => {
      const uri = await client.pushed(client.parameters().fields);
      assert.ok((await client.visit(uri)).answer.get('code'));
      const again = await client.visit(uri);
      assert.equal(again.answer.get('code'), null);
      assert.match(`${again.seen.text} ${again.seen.location}`, /invalid_request_uri/);
    });

    it(name('par-attempt-to-use-expired-request_uri'), async () => {
      const uri = await client.pushed(client.parameters().fields);
      await client.expire('PushedAuthorizationRequest', uri.replace(/^.*:/, ''));
      const { seen, answer } = await client.visit(uri);
      assert.equal(answer.get('code'), null);
      assert.match(`${seen.text} ${seen.location}`, /invalid_request_uri/);
    });

    it(name('par-attempt-to-use-request_uri-for-different-client'), async () => {
      const uri = await client.pushed(client.parameters().fields);
      const seen = await new Browser().visit(second.address(uri));
      assert.equal(seen.status, 400);
    });

    it(name('par-authorization-request-containing-request_uri-form-param'), async () => {
      const uri = await client.pushed(client.parameters().fields);
      const { status, body } = await client.push({ ...client.parameters().fields, request_uri: uri });
      assert.equal(status, 400);
      assert.match(String(body['error']), /^(invalid_request|request_uri_not_supported)$/);
    });

    it(name('par-attempt-invalid-http-method'), async () => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const response = await fetch(`${harness.issuer}/request`, { method });
        assert.ok(response.status === 404 || response.status === 405, method);
      }
    });

    it(name('par-without-duplicate-parameters'), async () => {
      const address = new URL(client.address(await client.pushed(client.parameters().fields)));
      assert.deepEqual([...address.searchParams.keys()].sort(), ['client_id', 'request_uri']);
      assert.ok((await authorized(new Browser(), { address: address.href })).answer.get('code'));
    });
  });

  describe('proof keys for code exchange', () => {
    const without = (fields: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(fields).filter(([field]) => !field.startsWith('code_challenge')));
    const grantError = async (code: CodeInHand, change: Record<string, string | null>): Promise<unknown> =>
      (await client.exchange(code, change)).body['error'];

    it(name('par-ensure-pkce-required'), async () => {
      const { body } = await client.push(without(client.parameters().fields));
      assert.equal(body['error'], 'invalid_request');
    });

    it(name('ensure-pkce-code-verifier-required'), async () => {
      assert.equal(await grantError(await client.code(), { code_verifier: null }), 'invalid_grant');
    });

    it(name('incorrect-pkce-code-verifier-rejected'), async () => {
      assert.equal(await grantError(await client.code(), { code_verifier: 'x'.repeat(43) }), 'invalid_grant');
    });

    it(name('par-plain-pkce-rejected'), async () => {
      const { body } = await client.push({ ...client.parameters().fields, code_challenge_method: 'plain' });
      assert.equal(body['error'], 'invalid_request');
    });
  });

  describe('client assertions', () => {
    const exchangedWith = async (
      claims: Parameters<typeof assertion>[3],
      key: ClientKey = client.key,
      audience = harness.issuer,
    ): Promise<{ status: number; body: Record<string, unknown> }> =>
      client.exchange(await client.code(), {
        client_assertion: await assertion(client.id, key, audience, claims),
      });
    const refused = ({ status, body }: { status: number; body: Record<string, unknown> }): void => {
      assert.ok(status === 400 || status === 401, String(status));
      assert.match(String(body['error']), /^invalid_(client|request)$/);
    };

    it(name('ensure-signed-client-assertion-with-RS256-fails'), async () => {
      refused(await exchangedWith({ algorithm: 'RS256' }, rsa));
    });

    it(name('ensure-client-assertion-in-token-endpoint'), async () => {
      const { status } = await client.exchange(await client.code(), {
        client_assertion: null,
        client_assertion_type: null,
      });
      assert.ok(status === 400 || status === 401);
    });

    it(name('ensure-client-assertion-with-exp-is-5-minutes-in-past-fails'), async () => {
      refused(await exchangedWith({ expires: seconds() - 300 }));
    });

    it(name('ensure-client-assertion-with-wrong-aud-fails'), async () => {
      refused(await exchangedWith({}, client.key, 'https://elsewhere.example.cn'));
      refused(await exchangedWith({}, client.key, `${harness.issuer}/token`));
    });

    it(name('ensure-client-assertion-with-no-sub-fails'), async () => {
      refused(await exchangedWith({ claims: { sub: null } }));
    });

    it(name('ensure-invalid-client-assertions-fail'), async () => {
      const stranger = await clientKey();
      const kid = client.key.jwk.kid ?? '';
      refused(await exchangedWith({}, { ...stranger, jwk: { ...stranger.jwk, kid } }));
      refused(await exchangedWith({ claims: { iss: second.id } }));
      refused(await exchangedWith({ claims: { sub: second.id } }));
      refused(await exchangedWith({ claims: { iss: null } }));
      refused(await exchangedWith({ claims: { jti: null } }));
      for (const text of ['', 'abc', 'a.b.c', `${'a'.repeat(3000)}.b.c`]) {
        const { status } = await client.exchange(await client.code(), { client_assertion: text });
        assert.ok(status === 400 || status === 401, text.slice(0, 10));
      }
      const replayed = await assertion(client.id, client.key, harness.issuer);
      const fields = client.parameters().fields;
      const send = (): Promise<{ status: number }> =>
        post(harness, '/request', {
          ...fields,
          client_assertion_type: jwtBearer,
          client_assertion: replayed,
        });
      assert.equal((await send()).status, 201);
      assert.equal((await send()).status, 401, 'replayed');
    });
  });
});
