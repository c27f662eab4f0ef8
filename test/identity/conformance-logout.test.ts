// The RP-initiated and back-channel logout test plans, by their names, and what a message of logout must look like.
import assert from 'node:assert/strict';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { deadLogouts, retrySeconds, reviveLogout } from '../../identity/provider/logout-queue.ts';
import { Browser, type Seen } from './provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from './provider/harness.ts';
import { catchLogouts, type LogoutCatcher } from './provider/logout-catcher.ts';
import {
  authorization,
  authorized,
  redirectUri,
  signedIn,
  type TestClient,
} from './provider/relying-party.ts';

const bye = 'https://rp.example.cn/bye';

describe('RP-initiated and back-channel logout conformance', () => {
  let harness: ProviderHarness;
  let client: TestClient;
  let catcher: LogoutCatcher;
  let browser: Browser;
  let now = Date.now();

  before(async () => {
    now = Date.now();
    harness = await startProvider({ clock: () => new Date(Math.max(now, Date.now())) });
    harness.behave = logsIn(await harness.account(2));
    catcher = await catchLogouts();
    client = await harness.client({
      redirectUris: [redirectUri],
      postLogoutRedirectUris: [bye],
      backchannelLogoutUri: catcher.url,
      networks: ['127.0.0.1/32'],
    });
  });

  after(async () => {
    await catcher.stop();
    await harness.stop();
  });

  beforeEach(async () => {
    browser = new Browser();
    catcher.status = 200;
    await harness.sendLogouts();
    catcher.tokens.length = 0;
  });

  function endSession(parameters: Readonly<Record<string, string>>): Promise<Seen> {
    const url = new URL(`${harness.url}/oidc/session/end`);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return browser.visit(url.href);
  }

  /** Presses the button on the page that asks. */
  async function confirm(seen: Seen): Promise<Seen> {
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(seen.text)?.[1] ?? '';
    return browser.post(`${harness.url}/oidc/session/end/confirm`, { xsrf, logout: 'yes' });
  }

  async function loggedIn(): Promise<string> {
    const { tokens } = await signedIn(harness, browser, client);
    return String(tokens['id_token']);
  }

  async function stillSignedIn(): Promise<boolean> {
    const { answer } = await authorized(browser, authorization(harness, client, { prompt: 'none' }));
    return answer.get('error') === null;
  }

  it('oidcc-rp-initiated-logout-discovery-endpoint-verification', async () => {
    const discovery = (await (
      await fetch(`${harness.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    assert.equal(discovery['end_session_endpoint'], `${harness.issuer}/session/end`);
    assert.equal(discovery['backchannel_logout_supported'], true);
    assert.equal(discovery['backchannel_logout_session_supported'], true);
  });

  it('oidcc-rp-initiated-logout', async () => {
    const hint = await loggedIn();
    const page = await endSession({ id_token_hint: hint, post_logout_redirect_uri: bye, state: 'abc' });
    assert.equal(page.status, 200);
    assert.match(
      page.headers.get('content-security-policy') ?? '',
      /form-action 'self' https:\/\/rp\.example\.cn/,
    );
    const done = await confirm(page);
    assert.equal(done.location, `${bye}?state=abc`);
    assert.equal(await stillSignedIn(), false);
  });

  it('oidcc-rp-initiated-logout-no-state', async () => {
    const hint = await loggedIn();
    const done = await confirm(await endSession({ id_token_hint: hint, post_logout_redirect_uri: bye }));
    assert.equal(done.location, bye);
  });

  it('oidcc-rp-initiated-logout-only-state', async () => {
    await loggedIn();
    const done = await confirm(await endSession({ state: 'abc' }));
    assert.match(done.location ?? '', /\/oidc\/session\/end\/success$/);
    assert.equal(await stillSignedIn(), false);
  });

  it('oidcc-rp-initiated-logout-no-params', async () => {
    await loggedIn();
    const done = await confirm(await endSession({}));
    const last = await browser.visit(done.location ?? '');
    assert.match(last.text, /已退出登录/);
    assert.equal(await stillSignedIn(), false);
  });

  it('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
    const hint = await loggedIn();
    const done = await confirm(await endSession({ id_token_hint: hint, state: 'abc' }));
    assert.match(done.location ?? '', /\/oidc\/session\/end\/success$/);
  });

  for (const [name, uri] of [
    ['oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', 'https://rp.example.cn/elsewhere'],
    ['oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', `${bye}?foo=bar`],
  ] as const) {
    it(name, async () => {
      const hint = await loggedIn();
      const seen = await endSession({ id_token_hint: hint, post_logout_redirect_uri: uri });
      assert.equal(seen.status, 400);
      assert.equal(seen.location, null);
      assert.equal(await stillSignedIn(), true);
    });
  }

  it('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
    await loggedIn();
    assert.equal(
      (await endSession({ id_token_hint: 'abc.def.ghi', post_logout_redirect_uri: bye })).status,
      400,
    );
  });

  it('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
    const [head = '', body = '', signature = ''] = (await loggedIn()).split('.');
    const modified = `${head}.${body}.${Array.from(signature).reverse().join('')}`;
    const seen = await endSession({ id_token_hint: modified, post_logout_redirect_uri: bye });
    assert.equal(seen.status, 400);
    assert.equal(await stillSignedIn(), true);
  });

  it('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
    await loggedIn();
    const done = await confirm(await endSession({ post_logout_redirect_uri: bye, state: 'abc' }));
    // Nobody said whose address it is: it is not gone to.
    assert.doesNotMatch(done.location ?? '', /rp\.example/);
  });

  it('another site cannot end a session: the form carries what only the page knows', async () => {
    await loggedIn();
    await endSession({});
    const forged = await browser.post(`${harness.url}/oidc/session/end/confirm`, {
      xsrf: 'guess',
      logout: 'yes',
    });
    assert.equal(forged.status, 400);
    assert.equal(await stillSignedIn(), true);
  });

  it('oidcc-backchannel-logout-discovery-endpoint-verification', async () => {
    const response = await fetch(`${harness.issuer}/.well-known/openid-configuration`);
    const discovery = (await response.json()) as Record<string, unknown>;
    assert.equal(discovery['backchannel_logout_supported'], true);
    assert.equal(discovery['backchannel_logout_session_supported'], true);
    assert.equal(typeof discovery['end_session_endpoint'], 'string');
  });

  it('oidcc-backchannel-rp-initiated-logout', async () => {
    const { idToken } = await signedIn(harness, browser, client);
    await confirm(await endSession({}));
    assert.equal(await harness.sendLogouts(), 1);
    await catcher.arrived(1);
    const keys = createRemoteJWKSet(new URL(`${harness.issuer}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(catcher.tokens[0] ?? '', keys, {
      issuer: harness.issuer,
      audience: client.id,
      typ: 'logout+jwt',
      requiredClaims: ['iat', 'exp', 'jti', 'sub', 'sid', 'events'],
    });
    assert.equal(protectedHeader.alg, 'ES256');
    assert.equal(payload.sub, idToken['sub']);
    assert.equal(payload['sid'], idToken['sid']);
    assert.equal(payload['nonce'], undefined);
    assert.deepEqual(payload['events'], { 'http://schemas.openid.net/event/backchannel-logout': {} });
  });

  it('a client that does not answer is tried again, then set aside, and can be tried once more', async () => {
    catcher.status = 500;
    await signedIn(harness, browser, client);
    await confirm(await endSession({}));
    for (const [attempt, seconds] of [0, ...retrySeconds].entries()) {
      now = Math.max(now, Date.now()) + seconds * 1000;
      assert.equal(await harness.sendLogouts(), 1, `attempt ${attempt + 1}`);
      assert.equal(await harness.sendLogouts(), 0, 'not before its time');
    }
    const [dead] = await deadLogouts(harness.parts);
    assert.equal(dead?.client, client.id);
    assert.match(dead.error, /500/);
    const identifiers = catcher.tokens.map((token) => token.split('.')[1]);
    assert.equal(
      new Set(identifiers).size,
      retrySeconds.length + 1,
      'each attempt has an identifier of its own',
    );
    catcher.status = 200;
    assert.equal(await reviveLogout(harness.parts, dead.id), true);
    assert.equal(await harness.sendLogouts(), 1);
    assert.deepEqual(await deadLogouts(harness.parts), []);
  });

  it('an address inside is called for a client that was registered with its network, and for nobody else', async () => {
    const stranger = await harness.client({ redirectUris: [redirectUri], backchannelLogoutUri: catcher.url });
    await signedIn(harness, browser, stranger);
    await confirm(await endSession({}));
    await harness.sendLogouts();
    // Both clients name the address; only the network that both have is let through, and this one has none.
    assert.equal(catcher.tokens.length, 0);
    const row = await harness.database.reader
      .selectFrom('logout_delivery')
      .select(['state', 'last_error'])
      .where('client', '=', stranger.id)
      .executeTakeFirst();
    assert.equal(row?.state, 'waiting');
    assert.match(row.last_error ?? '', /public address/);
  });
});
