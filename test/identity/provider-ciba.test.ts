// Requests of the back channel (CIBA): decided once on a page, polled once, and ended with session, account, certificate or consent.
import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { setAccountState } from '../../identity/account-state.ts';
import { decideRequest, waitingRequests } from '../../identity/provider/ciba.ts';
import { consentsOf, endConsent } from '../../identity/provider/consents.ts';
import { pairwiseSubject, rememberSubject } from '../../identity/provider/pairwise.ts';
import { sessionEvents } from '../../identity/session-events.ts';
import { endSessions, livingLogin, recordLoginIn, type Login } from '../../identity/sessions.ts';
import { engines } from '../storage/engines.ts';
import { operator, startProvider, type ProviderHarness } from './provider/harness.ts';
import { byKey, clientKey, post, type ClientKey, type TokenAnswer } from './provider/relying-party.ts';

const grantType = 'urn:openid:params:grant-type:ciba';
const certificate = { authority: 'authority-1', serial: '0a0b' } as const;

for (const engine of engines) {
  describe(`the back channel (CIBA) on ${engine.name}`, () => {
    let harness: ProviderHarness;
    let key: ClientKey;
    let client: string;
    let account: string;
    let logins = 0;

    before(async function () {
      engine.require(this);
      harness = await startProvider({ engine });
      account = await harness.account(3);
      key = await clientKey();
      client = (
        await harness.client({
          grants: ['ciba', 'refresh'],
          authentication: 'private_key_jwt',
          scopes: ['openid', 'profile', 'offline_access'],
          jwks: { keys: [{ ...key.jwk, kty: 'EC' }] },
        })
      ).id;
      await rememberSubject(harness.parts, sector(), account);
    });

    after(() => harness.stop());

    const sector = (): string => `${client.replaceAll('_', '-')}.client.invalid`;

    /** A session of the person, as the provider keeps one. */
    async function session(rung: 2 | 3 = 3, who = account): Promise<Login> {
      logins += 1;
      const mac = `session-${logins}`;
      await harness.database.write((tx) =>
        recordLoginIn(tx, harness.parts, {
          id: `lgn_${String(logins).padStart(32, '0')}`,
          session: mac,
          account: who,
          acr: `urn:gov:loa:${rung}`,
          ial: rung,
          aal: rung,
          amr: ['pwd', 'otp', 'mfa'],
          authTime: new Date(),
          authenticators: [],
          certificate,
          actingFor: null,
          actingChosen: false,
          device: { agent: 'test', address: '127.0.0.1' },
        }),
      );
      const login = await livingLogin(harness.parts, mac);
      assert.ok(login !== null);
      return login;
    }

    const ask = async (more: Readonly<Record<string, string>> = {}, who = account): Promise<TokenAnswer> =>
      post(harness, '/backchannel', {
        scope: 'openid profile',
        login_hint: pairwiseSubject(harness.parts, sector(), who),
        ...more,
        ...(await byKey(client, key, harness.issuer)),
      });

    const poll = async (begun: TokenAnswer): Promise<TokenAnswer> =>
      post(harness, '/token', {
        grant_type: grantType,
        auth_req_id: String(begun.body['auth_req_id']),
        ...(await byKey(client, key, harness.issuer)),
      });

    const decide = (id: string, login: Login, approved = true): Promise<void> =>
      decideRequest(harness.parts, harness.provider.current(), { id, login, approved });

    async function newest(who = account): Promise<string> {
      const [waiting] = await waitingRequests(harness.parts, who);
      assert.ok(waiting !== undefined);
      return waiting.id;
    }

    const me = async (token: unknown): Promise<number> =>
      (await fetch(`${harness.issuer}/me`, { headers: { authorization: `Bearer ${String(token)}` } })).status;

    const refresh = async (token: unknown): Promise<TokenAnswer> =>
      post(harness, '/token', {
        grant_type: 'refresh_token',
        refresh_token: String(token),
        ...(await byKey(client, key, harness.issuer)),
      });

    /** A request that a session approved, with the tokens of it. */
    async function granted(
      login: Login,
      more: Readonly<Record<string, string>> = {},
    ): Promise<Record<string, unknown>> {
      const begun = await ask(more, login.account);
      assert.equal(begun.status, 200, JSON.stringify(begun.body));
      await decide(await newest(login.account), login);
      const { status, body } = await poll(begun);
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(await me(body['access_token']), 200);
      return body;
    }

    it('the person approves on a page, once; the client polls, once', async () => {
      const unknown = await ask({ login_hint: 'nobody' });
      assert.equal(unknown.body['error'], 'unknown_user_id');
      assert.equal((await ask({ binding_message: '<b>' })).body['error'], 'invalid_binding_message');
      const begun = await ask({ binding_message: 'A1-42', acr_values: 'urn:gov:loa:3' });
      assert.equal(begun.status, 200, JSON.stringify(begun.body));
      assert.equal((await poll(begun)).body['error'], 'authorization_pending');
      const [waiting] = await waitingRequests(harness.parts, account);
      assert.equal(waiting?.bindingMessage, 'A1-42');
      assert.equal(waiting.floor, 3);
      await assert.rejects(decide(waiting.id, await session(2)), { code: 'level-not-reached' });
      const login = await session(3);
      await decide(waiting.id, login);
      await assert.rejects(decide(waiting.id, login), { code: 'request-not-found' }, 'decided once');
      const tokens = await poll(begun);
      assert.equal(tokens.status, 200, JSON.stringify(tokens.body));
      assert.equal(decodeJwt(String(tokens.body['id_token']))['acr'], 'urn:gov:loa:3');
      const told = await post(harness, '/token/introspection', {
        token: String(tokens.body['access_token']),
        ...(await byKey(client, key, harness.issuer)),
      });
      assert.equal(told.body['acr'], 'urn:gov:loa:3', 'introspection tells the level too');
      assert.equal((await poll(begun)).body['error'], 'invalid_grant', 'polled once');
    });

    it('a refusal is told, and nothing is granted', async () => {
      const begun = await ask();
      await decide(await newest(), await session(), false);
      assert.equal((await poll(begun)).body['error'], 'access_denied');
    });

    it('ten decisions at once make one', async () => {
      const begun = await ask();
      const id = await newest();
      const login = await session();
      const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => decide(id, login)));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal((await poll(begun)).status, 200);
      const grants = await harness.database.reader
        .selectFrom('oidc_record')
        .select('id_mac')
        .where('model', '=', 'Grant')
        .where('client', '=', client)
        .execute();
      const named = await harness.database.reader
        .selectFrom('ciba_request')
        .select('grant_mac')
        .where('grant_mac', 'is not', null)
        .execute();
      assert.deepEqual(
        grants.map(({ id_mac: mac }) => mac).filter((mac) => !named.some((row) => row.grant_mac === mac)),
        [],
        'the nine that lost left no grant behind',
      );
    });

    it('a session that has ended decides nothing any more', async () => {
      await ask();
      const login = await session();
      await endSessions(harness.parts, { login: login.id }, { reason: 'logout', actor: operator });
      await assert.rejects(decide(await newest(), login), { code: 'request-not-found' });
    });

    it('logout ends what was granted in it; what was granted to outlive it stays, until the person ends it', async () => {
      const login = await session();
      const body = await granted(login);
      const offline = await granted(login, { scope: 'openid offline_access', prompt: 'consent' });
      await endSessions(harness.parts, { login: login.id }, { reason: 'logout', actor: operator });
      assert.equal(await me(body['access_token']), 401);
      assert.equal((await refresh(offline['refresh_token'])).status, 200);
    });

    it('approved and not yet fetched: after the logout there is nothing to fetch', async () => {
      const begun = await ask();
      const login = await session();
      await decide(await newest(), login);
      await endSessions(harness.parts, { login: login.id }, { reason: 'ended-by-person', actor: operator });
      assert.equal((await poll(begun)).body['error'], 'invalid_grant');
    });

    it('another session of the same person takes nothing along', async () => {
      const login = await session();
      const body = await granted(login);
      const other = await session();
      await endSessions(harness.parts, { login: other.id }, { reason: 'logout', actor: operator });
      assert.equal(await me(body['access_token']), 200);
    });

    it('a revoked certificate behind the session ends it, the offline part too', async () => {
      const login = await session();
      const body = await granted(login, { scope: 'openid offline_access', prompt: 'consent' });
      // What the watch of every node does as soon as the CA says so (certificate-watch.ts).
      await endSessions(harness.parts, { certificate }, { reason: 'certificate-revoked', actor: operator });
      assert.equal(await me(body['access_token']), 401);
      assert.equal((await refresh(body['refresh_token'])).body['error'], 'invalid_grant');
    });

    it('a client that asks again and again is told no, and hides nobody else’s request', async () => {
      const tired = await harness.account(3, 2);
      await rememberSubject(harness.parts, sector(), tired);
      const answers: TokenAnswer[] = [];
      for (let round = 0; round < 7; round += 1) answers.push(await ask({}, tired));
      assert.deepEqual(
        answers.map(({ status, body }) => (status === 200 ? 'waits' : body['error'])),
        ['waits', 'waits', 'waits', 'waits', 'waits', 'access_denied', 'access_denied'],
      );
      assert.equal((await waitingRequests(harness.parts, tired)).length, 5);
      // Somebody else is asked as before, and so is whoever answered.
      assert.equal((await ask()).status, 200);
      await decide(await newest(tired), await session(3, tired), false);
      assert.equal((await ask({}, tired)).status, 200);
    });

    it('a locked account ends everything', async () => {
      const other = await harness.account(3, 1);
      await rememberSubject(harness.parts, sector(), other);
      const login = await session(3, other);
      const body = await granted(login, { scope: 'openid offline_access', prompt: 'consent' });
      const people = { ...harness.parts, events: sessionEvents(harness.parts) };
      await setAccountState(people, operator, other, { state: 'locked', reason: 'officer' });
      assert.equal(await me(body['access_token']), 401);
      assert.equal((await refresh(body['refresh_token'])).body['error'], 'invalid_grant');
    });

    it('ending what was granted to the client ends it', async () => {
      const login = await session();
      const body = await granted(login);
      const [shown] = await consentsOf(harness.parts, account);
      assert.equal(shown?.client, client, 'the person sees it');
      await endConsent(harness.parts, operator, account, client);
      assert.equal(await me(body['access_token']), 401);
    });
  });
}
