// Levels at the provider: an ordered floor, step-up, decay, unmet requirements; acting for an enterprise; what claims tell.
import assert from 'node:assert/strict';
import type { ActingMandate } from '../../identity/provider/parts.ts';
import { Browser } from './provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import {
  authorization,
  authorized,
  basic,
  exchanged,
  post,
  redirectUri,
  signedIn,
  type TestClient,
} from './provider/relying-party.ts';

const loa = (level: number): string => `urn:gov:loa:${level}`;

const mandate: ActingMandate = {
  id: 'rep_00000000000000000000000000000001',
  enterprise: { creditCode: '91120105MA0000001A', name: '天津演示甲餐饮有限公司' },
  capacity: 'legal-representative',
  matters: '*',
  until: new Date(Date.now() + 86_400_000),
};

describe('levels at the provider', () => {
  let harness: ProviderHarness;
  let client: TestClient;
  let account: string;
  let browser: Browser;
  let now = 0;

  before(async () => {
    now = Date.now();
    harness = await startProvider({ clock: () => new Date(Math.max(now, Date.now())) });
    account = await harness.account(4);
    client = await harness.client({
      redirectUris: [redirectUri],
      scopes: ['openid', 'profile', 'resident_number', 'verified', 'acting_for'],
      apiScopes: ['licenses:own', 'identity:own'],
    });
  });

  after(() => harness.stop());

  beforeEach(() => {
    browser = new Browser();
    harness.asked.length = 0;
    harness.refused.length = 0;
    harness.mandates.clear();
    harness.behave = logsIn(account, { aal: 2 });
  });

  const errorOf = async (change: Readonly<Record<string, string>>): Promise<string | null> =>
    (await authorized(browser, authorization(harness, client, change))).answer.get('error');

  it('treats the values asked for as one floor, the lowest of them', async () => {
    const { idToken } = await signedIn(harness, browser, client, { acr_values: `${loa(3)} ${loa(2)}` });
    assert.equal(idToken['acr'], loa(2));
    assert.equal(harness.asked[0]?.floor, 2);
    assert.equal(idToken['ial'], 4);
    assert.equal(idToken['aal'], 2);
  });

  it('steps up from 2 to 3 with a new login, and asks nothing of whoever is high enough', async () => {
    const low = await signedIn(harness, browser, client);
    harness.behave = logsIn(account, { aal: 3, amr: ['hwk', 'user', 'mfa'] });
    const high = await signedIn(harness, browser, client, { acr_values: loa(3) });
    assert.equal(high.idToken['acr'], loa(3));
    assert.equal(high.idToken['sub'], low.idToken['sub']);
    assert.deepEqual(high.idToken['amr'], ['hwk', 'user', 'mfa']);
    assert.ok(harness.asked.some(({ reasons, fresh }) => reasons.includes('acr_floor') && fresh));
    const asked = harness.asked.length;
    const again = await signedIn(harness, browser, client, { acr_values: loa(2) });
    assert.equal(again.idToken['acr'], loa(3), 'a higher level satisfies a lower floor');
    assert.equal(harness.asked.length, asked);
  });

  it('gives the session a new identifier at every login', async () => {
    const host = new URL(harness.url).host;
    await signedIn(harness, browser, client);
    const before = browser.cookie(host, 'yinxin_sso');
    await signedIn(harness, browser, client, { prompt: 'login' });
    assert.notEqual(browser.cookie(host, 'yinxin_sso'), before);
  });

  it('fixes no session: one planted before the login is not the one after', async () => {
    const host = new URL(harness.url).host;
    const attacker = new Browser();
    await attacker.follow(authorization(harness, client).address, (url) => url.includes('/interaction/'));
    for (const name of ['yinxin_sso', 'yinxin_sso.sig']) {
      const value = attacker.cookie(host, name);
      if (value !== null) browser.setCookie(host, name, value);
    }
    await signedIn(harness, browser, client);
    const { answer } = await authorized(attacker, authorization(harness, client, { prompt: 'none' }));
    assert.equal(answer.get('error'), 'login_required');
  });

  it('refuses a login below the floor at the page, and tells the client what was not met', async () => {
    harness.behave = logsIn(account, { aal: 2 });
    const stopped = await browser.follow(
      authorization(harness, client, { acr_values: loa(3) }).address,
      (url) => url.startsWith(redirectUri),
    );
    assert.equal(stopped.status, 409);
    assert.deepEqual(harness.refused, ['level-not-reached']);
    harness.behave = () => ({ refuse: 'unmet_authentication_requirements' });
    assert.equal(await errorOf({ acr_values: loa(3) }), 'unmet_authentication_requirements');
  });

  it('prompt=none below the floor, and values nobody knows, are unmet', async () => {
    await signedIn(harness, browser, client);
    assert.equal(await errorOf({ acr_values: loa(3), prompt: 'none' }), 'unmet_authentication_requirements');
    assert.equal(await errorOf({ acr_values: 'urn:elsewhere:high' }), 'unmet_authentication_requirements');
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [loa(4)] } } });
    assert.equal(await errorOf({ claims, prompt: 'none' }), 'unmet_authentication_requirements');
  });

  it('a client’s own minimum counts whatever it forgets to ask', async () => {
    const strict = await harness.client({ redirectUris: [redirectUri], minimumLevel: 3 });
    const stopped = await browser.follow(authorization(harness, strict).address, (url) =>
      url.startsWith(redirectUri),
    );
    assert.equal(stopped.status, 409);
    harness.behave = logsIn(account, { aal: 3 });
    assert.equal((await signedIn(harness, browser, strict)).idToken['acr'], loa(3));
  });

  it('proofing decays for a client that accepts none so old', async () => {
    // The proofing is a minute old.
    const fresh = await harness.client({ redirectUris: [redirectUri], proofingMaxAge: 10 });
    harness.behave = logsIn(account, { aal: 3 });
    const { idToken } = await signedIn(harness, browser, fresh);
    assert.equal(idToken['acr'], loa(1));
    assert.equal((await signedIn(harness, browser, client)).idToken['acr'], loa(3), 'others accept it');
    assert.equal(
      (await signedIn(harness, browser, fresh)).idToken['acr'],
      loa(1),
      'each client by its own measure',
    );
  });

  it('tells each sector another subject, and clients of one sector the same', async () => {
    const shared = { redirectUris: [redirectUri], sector: 'health.example.cn' };
    const [one, two] = [await harness.client(shared), await harness.client(shared)];
    const subs = new Set<unknown>();
    for (const each of [client, one, two]) subs.add((await signedIn(harness, browser, each)).idToken['sub']);
    assert.equal(subs.size, 2);
    assert.ok(![...subs].some((sub) => String(sub).includes('acc_')));
  });

  it('verified_claims say how, when and by whom, and nothing that was not asked', async () => {
    const ask = async (wanted: object): Promise<Record<string, unknown>> => {
      const claims = JSON.stringify({ userinfo: { verified_claims: wanted } });
      const { tokens } = await signedIn(harness, browser, client, { scope: 'openid', claims });
      const answer = await fetch(`${harness.url}/oidc/me`, {
        headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const { verified_claims: told } = await ask({
      verification: { trust_framework: { value: 'cn_district_real_name' } },
      claims: { name: null },
    });
    const { verification, claims } = told as { verification: Record<string, unknown>; claims: object };
    assert.deepEqual(Object.keys(claims), ['name']);
    assert.equal(verification['assurance_level'], 'urn:gov:ial:4');
    assert.match(JSON.stringify(verification['evidence']), /pvp/);
    assert.equal(typeof verification['time'], 'string');
    const other = await ask({
      verification: { trust_framework: { value: 'eidas' } },
      claims: { name: null },
    });
    assert.equal(other['verified_claims'], undefined);
    const fresher = await ask({
      verification: { trust_framework: null, time: { max_age: 5 } },
      claims: { name: null },
    });
    assert.equal(fresher['verified_claims'], undefined);
  });

  it('answers yes or no without telling the number', async () => {
    const claims = JSON.stringify({ userinfo: { age_over_18: null, name_match: { value: '无此人' } } });
    const { tokens } = await signedIn(harness, browser, client, { scope: 'openid', claims });
    const me = (await (
      await fetch(`${harness.url}/oidc/me`, {
        headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
      })
    ).json()) as Record<string, unknown>;
    assert.equal(me['age_over_18'], true);
    assert.equal(me['name_match'], false);
    assert.equal(me['document_number'], undefined);
  });

  describe('acting for an enterprise', () => {
    beforeEach(() => {
      harness.mandates.set(account, [mandate]);
    });

    const acting = (id: string | null) => (details: { readonly prompt: string }) =>
      details.prompt === 'consent'
        ? ({ consent: 'all' } as const)
        : details.prompt === 'select-acting'
          ? { acting: id }
          : { login: { account, aal: 2 } as const };

    it('is asked where the client wants to know, told under both names, and narrows the scopes', async () => {
      harness.behave = acting(mandate.id);
      const resource = `${harness.url}/api`;
      const { tokens, idToken } = await signedIn(harness, browser, client, {
        scope: 'openid profile acting_for licenses:own identity:own resident_number',
        resource,
      });
      const told = idToken['acting_for'] as Record<string, unknown>;
      assert.equal(told['credit_code'], mandate.enterprise.creditCode);
      assert.equal(told['name'], mandate.enterprise.name);
      assert.deepEqual((told['act'] as { sub: string }).sub, idToken['sub']);
      assert.ok((told['act'] as { name?: string }).name);
      const me = (await (
        await fetch(`${harness.url}/oidc/me`, {
          headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
        })
      ).json()) as Record<string, unknown>;
      assert.equal(me['document_number'], undefined, 'the person’s own number stays behind');
      // The token for our API.
      const started = authorization(harness, client, {
        scope: 'openid acting_for licenses:own identity:own',
        resource,
      });
      const { answer } = await authorized(browser, started);
      const api = await exchanged(
        harness,
        client,
        { code: answer.get('code') ?? '', verifier: started.verifier },
        { resource },
      );
      assert.equal(api.body['scope'], 'licenses:own');
      const facts = await post(
        harness,
        '/token/introspection',
        { token: String(api.body['access_token']) },
        { authorization: basic(client) },
      );
      assert.equal(
        (facts.body['acting_for'] as Record<string, unknown>)['credit_code'],
        mandate.enterprise.creditCode,
      );
      assert.equal((facts.body['act'] as { sub: string }).sub, idToken['sub']);
      assert.equal(facts.body['aud'], resource);
    });

    it('is switched without a new login, and is on record under both names', async () => {
      harness.behave = acting(null);
      const own = await signedIn(harness, browser, client, { scope: 'openid acting_for' });
      assert.equal(own.idToken['acting_for'], undefined);
      const logins = harness.asked.filter(({ prompt }) => prompt === 'login').length;
      harness.behave = acting(mandate.id);
      const switched = await signedIn(harness, browser, client, {
        scope: 'openid acting_for',
        prompt: 'select_acting',
      });
      assert.equal((switched.idToken['acting_for'] as Record<string, unknown>)['representation'], mandate.id);
      assert.equal(switched.idToken['auth_time'], own.idToken['auth_time']);
      assert.equal(harness.asked.filter(({ prompt }) => prompt === 'login').length, logins);
      const rows = await harness.database.reader
        .selectFrom('audit_log')
        .select(['actor', 'details'])
        .where('action', '=', 'session.acting-changed')
        .execute();
      assert.ok(rows.some(({ actor, details }) => actor.includes(account) && details.includes(mandate.id)));
    });

    it('refuses a mandate of nobody, and ends with the mandate', async () => {
      harness.behave = acting('rep_ffffffffffffffffffffffffffffffff');
      await browser.follow(authorization(harness, client, { scope: 'openid acting_for' }).address, (url) =>
        url.startsWith(redirectUri),
      );
      assert.deepEqual(harness.refused, ['mandate-not-found']);
      harness.behave = acting(mandate.id);
      browser = new Browser();
      await signedIn(harness, browser, client, { scope: 'openid acting_for' });
      const { sessionEvents } = await import('../../identity/session-events.ts');
      await harness.database.write((tx) => sessionEvents(harness.parts).mandateEnded(tx, mandate.id));
      assert.equal(await errorOf({ prompt: 'none' }), 'login_required');
    });
  });

  it('an idle session ends after a quarter of an hour at level 3, the absolute end is 12 hours', async () => {
    const { absoluteSeconds, idleSecondsOf } = await import('../../identity/sessions.ts');
    assert.equal(idleSecondsOf(3), 900);
    assert.equal(idleSecondsOf(2), 3600);
    await signedIn(harness, browser, client);
    now = Date.now() + (absoluteSeconds + 60) * 1000;
    assert.equal(await errorOf({ prompt: 'none' }), 'login_required');
    now = 0;
  });
});
