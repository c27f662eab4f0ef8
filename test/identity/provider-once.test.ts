// Once, ever: codes, tokens, nonces and requests under races of two nodes on one database, and a node killed in between.
import assert from 'node:assert/strict';
import { endSessions } from '../../identity/sessions.ts';
import { operator } from '../../api/installation.ts';
import { rotateClientSecret, setClientState } from '../../identity/provider/clients.ts';
import { sweepProvider } from '../../identity/provider/sweep.ts';
import { engines, type TestDatabase } from '../storage/engines.ts';
import { Browser } from './provider/browser.ts';
import { logsIn, masterKey, startProvider, type ProviderHarness } from './provider/harness.ts';
import { catchLogouts } from './provider/logout-catcher.ts';
import {
  assertion,
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
  type ClientKey,
  type TestClient,
} from './provider/relying-party.ts';

for (const engine of engines) {
  describe(`once, ever: two nodes on ${engine.name}`, () => {
    let shared: TestDatabase;
    let first: ProviderHarness;
    let second: ProviderHarness;
    let client: TestClient;
    let keyed: string;
    let key: ClientKey;
    let account: string;

    before(async function () {
      engine.require(this);
      shared = await engine.open();
      const master = masterKey();
      first = await startProvider({ shared, master });
      // The other node is the same service at the same address.
      second = await startProvider({ shared, master, issuer: first.url });
      const { addDepartment } = await import('../../identity/departments.ts');
      const { district } = await import('../../fixtures/district.ts');
      const [department] = district.departments;
      assert.ok(department !== undefined);
      await addDepartment(
        first.parts,
        { id: 'system', kind: 'system', department: null, scopes: [] },
        {
          creditCode: department.creditCode,
          name: department.name,
          shortName: department.plainName,
        },
      );
      account = await first.account(3);
      first.behave = logsIn(account, { aal: 3 });
      second.behave = logsIn(account, { aal: 3 });
      client = await first.client({
        redirectUris: [redirectUri],
        grants: ['code', 'refresh'],
        scopes: ['openid', 'profile', 'offline_access'],
      });
      key = await clientKey();
      keyed = (
        await first.client({
          redirectUris: [redirectUri],
          authentication: 'private_key_jwt',
          jwks: { keys: [key.jwk as { kty: 'EC' }] },
          dpop: true,
          pushedRequests: true,
        })
      ).id;
    });

    after(async () => {
      // None was opened where the engine is not here.
      await (first as ProviderHarness | undefined)?.stop();
      await (second as ProviderHarness | undefined)?.stop();
      await (shared as TestDatabase | undefined)?.cleanup();
    });

    const node = (at: number): ProviderHarness => (at % 2 === 0 ? first : second);
    const statuses = (answers: readonly { readonly status: number }[]): number[] =>
      answers.map(({ status }) => status).sort();

    it('a code gives tokens to one of ten, and to nobody once it was used twice', async () => {
      for (let round = 0; round < 5; round += 1) {
        const started = authorization(first, client);
        const { answer } = await authorized(new Browser(), started);
        const code = answer.get('code') ?? '';
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, at) =>
            exchanged(node(at), client, { code, verifier: started.verifier }),
          ),
        );
        assert.ok(
          answers.filter(({ status }) => status === 200).length <= 1,
          JSON.stringify(statuses(answers)),
        );
        const winner = answers.find(({ status }) => status === 200);
        if (winner === undefined) continue;
        // Nine others used it again: what the first one got is worth nothing.
        const facts = await post(
          second,
          '/token/introspection',
          { token: String(winner.body['access_token']) },
          { authorization: basic(client) },
        );
        assert.equal(facts.body['active'], false);
      }
    });

    it('a refresh token is rotated for one of ten, and its family ends', async () => {
      const { tokens } = await signedIn(first, new Browser(), client, {
        scope: 'openid offline_access',
        prompt: 'consent',
      });
      const refresh = (at: number, token: string): ReturnType<typeof post> =>
        post(
          node(at),
          '/token',
          { grant_type: 'refresh_token', refresh_token: token },
          { authorization: basic(client) },
        );
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, at) => refresh(at, String(tokens['refresh_token']))),
      );
      assert.ok(answers.filter(({ status }) => status === 200).length <= 1);
      const winner = answers.find(({ status }) => status === 200);
      if (winner !== undefined)
        assert.equal((await refresh(1, String(winner.body['refresh_token']))).body['error'], 'invalid_grant');
    });

    it('an assertion and a proof are taken once, whichever node sees them', async () => {
      const once = await assertion(keyed, key, first.issuer);
      const fields = Object.fromEntries(new URL(authorization(first, { id: keyed }).address).searchParams);
      const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          post(node(at), '/request', { ...fields, client_assertion_type: type, client_assertion: once }),
        ),
      );
      assert.deepEqual(statuses(answers), [201, ...Array<number>(9).fill(401)]);
      const started = authorization(first, { id: keyed });
      const pushed = await post(first, '/request', {
        ...Object.fromEntries(new URL(started.address).searchParams),
        ...(await byKey(keyed, key, first.issuer)),
      });
      const url = new URL(`${first.url}/oidc/auth`);
      url.searchParams.set('client_id', keyed);
      url.searchParams.set('request_uri', String(pushed.body['request_uri']));
      const { answer } = await authorized(new Browser(), { address: url.href });
      const tokens = await post(
        second,
        '/token',
        {
          grant_type: 'authorization_code',
          code: answer.get('code') ?? '',
          code_verifier: started.verifier,
          redirect_uri: redirectUri,
          ...(await byKey(keyed, key, first.issuer)),
        },
        { dpop: await proofOf(key, 'POST', `${first.issuer}/token`) },
      );
      assert.equal(tokens.status, 200, JSON.stringify(tokens.body));
      const token = String(tokens.body['access_token']);
      const dpop = await proofOf(key, 'GET', `${first.issuer}/me`, { token });
      const seen = await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          fetch(`${node(at).url}/oidc/me`, { headers: { authorization: `DPoP ${token}`, dpop } }),
        ),
      );
      assert.deepEqual(statuses(seen), [200, ...Array<number>(9).fill(401)]);
    });

    it('a login at one node is a session at the other, and ends at both', async () => {
      const browser = new Browser();
      await signedIn(first, browser, client);
      // Both listen on this computer: the browser's cookies of one are taken to the other.
      for (const name of ['yinxin_sso', 'yinxin_sso.sig'])
        browser.setCookie(
          new URL(second.url).host,
          name,
          browser.cookie(new URL(first.url).host, name) ?? '',
        );
      const silent = (at: ProviderHarness): Promise<string | null> =>
        authorized(browser, authorization(at, client, { prompt: 'none' })).then(({ answer }) =>
          answer.get('error'),
        );
      assert.equal(await silent(second), null);
      await endSessions(
        first.parts,
        { account },
        { reason: 'ended-by-administrator', actor: { id: 'system', department: null } },
      );
      assert.equal(await silent(second), 'login_required');
      assert.equal(await silent(first), 'login_required');
    });

    it('a logout message is sent by one node, once', async () => {
      const catcher = await catchLogouts();
      try {
        const told = await first.client({
          redirectUris: [redirectUri],
          backchannelLogoutUri: catcher.url,
          networks: ['127.0.0.1/32'],
        });
        await signedIn(first, new Browser(), told);
        const actor = { id: 'system', department: null };
        await Promise.all(
          [first, second].map((at) =>
            endSessions(at.parts, { account }, { reason: 'account-locked', actor }),
          ),
        );
        await Promise.all([first, second, first, second].map((at) => at.sendLogouts()));
        await new Promise((done) => setTimeout(done, 200));
        assert.equal(catcher.tokens.length, 1);
      } finally {
        await catcher.stop();
      }
    });

    it('a rotation on one node is followed by the other, and nothing that was signed or opened is lost', async () => {
      const browser = new Browser();
      const before = await signedIn(first, browser, client);
      const kids = async (at: ProviderHarness): Promise<string[]> =>
        ((await (await fetch(`${at.url}/oidc/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(
          ({ kid }) => kid,
        );
      const published = await kids(second);
      await first.provider.rotate({ id: 'system', kind: 'system', department: null, scopes: [] });
      await second.provider.follow();
      const after = await kids(second);
      assert.deepEqual(after, await kids(first));
      assert.equal(after[0], published[1], 'the key that waited signs');
      assert.ok(after.includes(published[0] ?? ''), 'the former one still verifies');
      const hint = String(before.tokens['id_token']);
      const again = await signedIn(first, browser, client, { prompt: 'none', id_token_hint: hint });
      assert.equal(again.idToken['sub'], before.idToken['sub'], 'no session was lost');
      const facts = await post(
        second,
        '/token/introspection',
        { token: String(before.tokens['access_token']) },
        { authorization: basic(client) },
      );
      assert.equal(facts.body['active'], true);
    });

    it('what one node takes from a client or a token, the other refuses with its very next call', async () => {
      const system = await first.client({ grants: ['system'], kind: 'system', apiScopes: ['stamps:read'] });
      const ask = (secret: string, path = '/token', token = ''): ReturnType<typeof post> =>
        post(
          second,
          path,
          path === '/token' ? { grant_type: 'client_credentials', scope: 'stamps:read' } : { token },
          { authorization: basic({ ...system, secret }) },
        );
      const looked = async (secret: string, token: string): Promise<unknown> =>
        (await ask(secret, '/token/introspection', token)).body['active'];
      const token = String((await ask(system.secret)).body['access_token']);
      // Both nodes know client and token by now.
      assert.equal(await looked(system.secret, token), true);
      await post(first, '/token/revocation', { token }, { authorization: basic(system) });
      assert.equal(await looked(system.secret, token), false);
      const secret = await rotateClientSecret(first.parts, operator, system.id, true);
      assert.equal((await ask(system.secret)).status, 401, 'the former secret');
      const other = String((await ask(secret)).body['access_token']);
      assert.equal(await looked(secret, other), true);
      await setClientState(first.parts, operator, system.id, 'disabled');
      assert.equal((await ask(secret)).status, 401);
      await setClientState(first.parts, operator, system.id, 'active');
      assert.equal(await looked(secret, other), false, 'its tokens went with it');
    });

    it('the drill: a revoked key is gone everywhere, what it signed is refused, and nobody is logged out', async () => {
      const operator = { id: 'system', kind: 'system', department: null, scopes: [] } as const;
      const browser = new Browser();
      const before = await signedIn(first, browser, client);
      const [current] = (
        (await (await fetch(`${first.url}/oidc/jwks`)).json()) as { keys: { kid: string }[] }
      ).keys;
      await first.provider.revoke(operator, current?.kid ?? '');
      await second.provider.follow();
      for (const at of [first, second]) {
        const { keys } = (await (await fetch(`${at.url}/oidc/jwks`)).json()) as { keys: { kid: string }[] };
        assert.ok(keys.every(({ kid }) => kid !== current?.kid));
      }
      const { answer } = await authorized(
        browser,
        authorization(first, client, { prompt: 'none', id_token_hint: String(before.tokens['id_token']) }),
      );
      assert.equal(answer.get('error'), 'invalid_request', 'a hint of the revoked key');
      assert.equal(
        (await signedIn(first, browser, client, { prompt: 'none' })).idToken['sub'],
        before.idToken['sub'],
      );
      await assert.rejects(first.provider.revoke(operator, 'no-such-key'), {
        code: 'provider-key-not-found',
      });
    });

    it('sweeping takes what expired and leaves what lives', async () => {
      const browser = new Browser();
      await signedIn(first, browser, client);
      const count = async (): Promise<number> =>
        Number(
          (
            await first.database.reader
              .selectFrom('oidc_record')
              .select((row) => row.fn.countAll().as('all'))
              .executeTakeFirstOrThrow()
          ).all,
        );
      const before = await count();
      const later = new Date(Date.now() + 3 * 3_600_000);
      const gone = await sweepProvider({ ...first.parts, clock: () => later });
      assert.ok(gone > 0 && (await count()) < before);
      const { answer } = await authorized(browser, authorization(first, client));
      assert.ok(answer.get('code'));
    });
  });
}
