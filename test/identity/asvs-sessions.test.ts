// The gate list of ASVS 5.0, continued: V3, V7, V8, V11, V12 and V16.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { enrolDemonstrationDoors } from '../../api/demonstration-doors.ts';
import { demonstrationLogins } from '../../fixtures/logins.ts';
import { setAccountState } from '../../identity/account-state.ts';
import { accountOfPerson } from '../../identity/accounts.ts';
import { findPerson } from '../../identity/persons.ts';
import { absoluteSeconds, endSessions, idleSeconds, strongIdleSeconds } from '../../identity/sessions.ts';
import { startService, type Harness } from '../api/harness.ts';
import { Visitor } from './login/visitor.ts';
import { system } from './people-world.ts';

const words = readFileSync(new URL('../../docs/login.md', import.meta.url), 'utf8');

describe('ASVS 5.0, the gate list: sessions, rights, pages, logs', function () {
  this.timeout(180_000);
  let service: Harness;
  let offset = 0;

  before(async () => {
    service = await startService({ world: { clock: () => new Date(Date.now() + offset) } });
    await enrolDemonstrationDoors(service.services, demonstrationLogins.slice(0, 3));
  });
  after(() => service.stop());

  async function sampleAccount(at: number): Promise<string> {
    const { name, number } = demonstrationLogins[at]!.person;
    const person = await findPerson(service.services, { type: 'resident-identity-card', name, number });
    return (await accountOfPerson(service.services, person!.id))!.id;
  }

  it('7.1.3 how long logins last is documented', () => {
    assert.deepEqual([strongIdleSeconds, idleSeconds, absoluteSeconds], [900, 3600, 43_200]);
    assert.match(
      words,
      /level 3 or 4 ends after 15 minutes without use, of level 1 or 2 after an hour, and any after 12 hours/,
    );
  });

  it('7.2.4 every login makes a new session identifier', async () => {
    const visitor = new Visitor(service);
    await visitor.demonstrate(await sampleAccount(2));
    const first = visitor.session;
    assert.ok(first !== null);
    await visitor.demonstrate(await sampleAccount(2), '/sign-in?again=yes');
    assert.ok(visitor.session !== null && visitor.session !== first);
    // One planted by somebody else is never taken up.
    const planted = new Visitor(service);
    planted.browser.setCookie(new URL(service.url).host, 'yinxin_session', 'A'.repeat(43));
    await planted.demonstrate(await sampleAccount(2));
    assert.notEqual(planted.session, 'A'.repeat(43));
  });

  it('7.3.2 a login ends after twelve hours, used or not', async () => {
    const visitor = new Visitor(service);
    await visitor.demonstrate(await sampleAccount(2));
    assert.equal((await visitor.go('/my')).status, 200);
    try {
      for (let minutes = 0; minutes < absoluteSeconds / 60 - 60; minutes += 50) {
        offset += 50 * 60_000;
        assert.equal(
          (await visitor.browser.visit(`${service.url}/my`)).status,
          200,
          `after ${minutes} minutes`,
        );
      }
      offset += 70 * 60_000;
      assert.equal((await visitor.browser.visit(`${service.url}/my`)).status, 401);
    } finally {
      offset = 0;
    }
  });

  it('7.4.2 an account that is locked has no session left', async () => {
    const account = await sampleAccount(2);
    const visitor = new Visitor(service);
    await visitor.demonstrate(account);
    const { people } = service.services;
    await setAccountState(people, system, account, { state: 'locked', reason: 'incident' });
    assert.equal((await visitor.browser.visit(`${service.url}/my`)).status, 401);
    await setAccountState(people, system, account, { state: 'active' });
  });

  it('7.5.1 factors are changed after a fresh login only', async () => {
    const visitor = new Visitor(service);
    await visitor.demonstrate(await sampleAccount(2));
    await visitor.go('/my/authenticators');
    const { token } = visitor;
    try {
      offset += 6 * 60_000;
      const seen = await visitor.send('/my/authenticators/password', {
        formToken: token,
        password: 'a very new password',
      });
      assert.equal(seen.status, 403);
      assert.match((await visitor.go('/my/authenticators')).text, /请重新登录/);
    } finally {
      offset = 0;
    }
  });

  it('7.5.3 a sensitive service asks for more than the session has', async () => {
    const visitor = new Visitor(service);
    await visitor.demonstrate(await sampleAccount(0));
    await visitor.go('/sign-in?level=3');
    assert.match(visitor.text, /此服务要求实名等级/);
  });

  it('7.6.1 what rests on a login ends with it', async () => {
    const visitor = new Visitor(service);
    await visitor.demonstrate(await sampleAccount(2));
    const session = await service.services.guard.sessionOf(`yinxin_session=${visitor.session ?? ''}`);
    assert.ok(session !== null);
    await endSessions(
      service.services.providerParts,
      { login: session.login.id },
      { reason: 'ended-by-person', actor: system },
    );
    assert.equal((await visitor.browser.visit(`${service.url}/my`)).status, 401);
  });

  it('8.3.3 a call has the rights of the person it is made for', async () => {
    const visitor = new Visitor(service);
    await visitor.demonstrate(await sampleAccount(0));
    const seen = await visitor.browser.visit(`${service.url}/api/v1/seals`, { headers: { accept: '*/*' } });
    assert.equal(seen.status, 403);
  });

  it('3.5.1 no other site’s page and no stranger’s token moves a login', async () => {
    const visitor = new Visitor(service);
    await visitor.go('/sign-in');
    const { uid, token } = visitor;
    const account = await sampleAccount(2);
    const path = `/interaction/${uid}/demonstration`;
    assert.equal(
      (await visitor.send(path, { formToken: token, account }, 'https://evil.example')).status,
      403,
    );
    assert.equal((await visitor.send(path, { formToken: 'x'.repeat(token.length), account })).status, 403);
    const other = new Visitor(service);
    await other.go('/sign-in');
    assert.equal((await visitor.send(path, { formToken: other.token, account })).status, 403);
    // The address alone, in another browser, finds nothing.
    const stranger = new Visitor(service);
    assert.ok((await stranger.go(`/interaction/${uid}`)).status >= 400);
    const seen = await stranger.send(path, { formToken: token, account });
    assert.ok(seen.status >= 400);
  });

  it('11.4.2 passwords are kept by a function made for them, with its memory', async () => {
    const phc = await service.services.login.doors.hasher.hash('anything at all');
    const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$/.exec(phc) ?? [];
    assert.ok(Number(memory) >= 19_456 && Number(passes) >= 2, phc);
  });

  it('12.1.3 a client certificate is judged before it counts, and none comes in a header', async () => {
    const visitor = new Visitor(service);
    await visitor.go('/sign-in');
    for (const name of ['x-client-cert', 'x-ssl-client-cert', 'client-cert', 'x-forwarded-client-cert']) {
      const seen = await visitor.browser.visit(
        `${service.url}/interaction/${visitor.uid}/certificate-tls-answer?answer=${'A'.repeat(43)}`,
        { headers: { [name]: 'MIIB' } },
      );
      assert.equal(seen.status, 401, name);
    }
  });

  it('16.3.1 every attempt to log in leaves a row, without what was typed', async () => {
    const visitor = new Visitor(service);
    await visitor.go('/sign-in');
    await visitor.step('password', { name: 'somebody-unheard-of', password: 'typed-by-mistake-7' });
    await visitor.step('demonstration', { account: await sampleAccount(0) });
    const rows = await service.services.database.reader
      .selectFrom('audit_log')
      .select(['action', 'actor', 'subject', 'details'])
      .where('action', 'in', ['login.failed', 'login.succeeded'])
      .execute();
    assert.ok(rows.some(({ action }) => action === 'login.failed'));
    assert.ok(rows.some(({ action }) => action === 'login.succeeded'));
    assert.ok(!/somebody-unheard-of|typed-by-mistake/.test(JSON.stringify(rows)));
  });
});
