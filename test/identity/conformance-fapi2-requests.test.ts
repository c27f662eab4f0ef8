// Pushed requests and proof keys under the FAPI 2.0 Security Profile, by the names of its plan.
import assert from 'node:assert/strict';
import { Browser } from './provider/browser.ts';
import { Fapi2Client, type CodeInHand } from './provider/fapi2-client.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import { authorized } from './provider/relying-party.ts';

const name = (test: string): string => `fapi2-security-profile-final-${test}`;

describe('FAPI 2.0 Security Profile conformance: requests', () => {
  let harness: ProviderHarness;
  let client: Fapi2Client;
  let second: Fapi2Client;

  before(async () => {
    harness = await startProvider();
    harness.behave = logsIn(await harness.account(3), { aal: 3 });
    client = await Fapi2Client.register(harness);
    second = await Fapi2Client.register(harness);
  });

  after(() => harness.stop());

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
});
