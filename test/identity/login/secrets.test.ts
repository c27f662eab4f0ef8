// Secrets never stand in logs, in the audit or in clear in the database: everything is logged, everything is searched.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { generateSync } from 'otplib';
import { enrolDemonstrationDoors } from '../../../api/demonstration-doors.ts';
import { openLog } from '../../../api/log.ts';
import { demonstrationLogins, demonstrationPassword } from '../../../fixtures/logins.ts';
import { startService, type Harness } from '../../api/harness.ts';
import { Visitor } from './visitor.ts';

describe('secrets of logging in', function () {
  this.timeout(120_000);
  let service: Harness;
  let logged = '';
  /** What must stand nowhere, by what it is. */
  const secrets = new Map<string, string>();
  /** Which of them are a person's own, and may stand in no log but encrypted in the database. */
  const visitor = (): Visitor => new Visitor(service);

  before(async () => {
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        logged += chunk.toString();
        done();
      },
    });
    service = await startService({ log: openLog('debug', stream) });
    await enrolDemonstrationDoors(service.services, demonstrationLogins.slice(0, 2));
    await everything();
  });
  after(() => service.stop());

  async function inboxCode(): Promise<string> {
    await new Promise((done) => setTimeout(done, 100));
    const inbox = await visitor().go('/development/inbox');
    return /验证码 (\d{6})/.exec(inbox.text)?.[1] ?? '';
  }

  /** Every way a person without scripts can take, right and wrong. */
  async function everything(): Promise<void> {
    const person = visitor();
    secrets.set('password', demonstrationPassword);
    secrets.set('wrong password', 'typed-in-the-wrong-box-42');
    secrets.set('telephone', demonstrationLogins[1]!.telephone);
    secrets.set('resident number', demonstrationLogins[1]!.person.number);
    secrets.set('login name', 'yangben2');
    await person.go('/sign-in');
    secrets.set('form token', person.token);
    await person.step('password', { name: 'yangben2', password: 'typed-in-the-wrong-box-42' });
    await person.step('password', { name: 'typed-in-the-wrong-box-42', password: 'x' });
    await person.step('password', { name: 'yangben2', password: demonstrationPassword });
    await person.step('sms-request', {});
    const code = await inboxCode();
    secrets.set('code', code);
    await person.step('sms', { code: code === '000000' ? '000001' : '000000' });
    await person.step('sms', { code });
    if (person.text.includes('/acting"')) await person.step('acting', { actingFor: '' });
    assert.ok(person.session !== null, person.text.slice(0, 500));
    secrets.set('session', person.session);
    const host = new URL(service.url).host;
    secrets.set('device cookie', person.browser.cookie(host, 'yinxin_device') ?? 'absent');
    await person.go('/my/authenticators');
    await person.send('/my/authenticators/totp-begin', { formToken: person.token });
    const secret = /class="secret">([A-Z2-7]+)</.exec(person.text)?.[1] ?? '';
    const nonce = /name="nonce" value="([^"]+)"/.exec(person.text)?.[1] ?? '';
    assert.equal(secret.length, 32);
    secrets.set('app secret', secret);
    secrets.set('nonce', nonce);
    const app = generateSync({ secret, epoch: Math.floor(Date.now() / 1000) });
    await person.send('/my/authenticators/totp', { formToken: person.token, nonce, code: app });
    assert.match(person.text, /动态口令/);
    secrets.set('new password', 'a sentence nobody shall read');
    await person.send('/my/authenticators/password', {
      formToken: person.token,
      name: '',
      password: 'a sentence nobody shall read',
    });
    // What breaks is logged with its cause: a form that is too long, a body that is none.
    await person.go('/sign-in?again=yes');
    await person.step('password', {
      name: 'yangben2',
      password: `${demonstrationPassword}${'x'.repeat(3000)}`,
    });
    for (const [name, value] of secrets) assert.ok(value.length >= 6, name);
  }

  it('every request was logged', () => {
    assert.ok(logged.split('\n').length > 20);
    assert.match(logged, /\/interaction\/\{uid\}\/password/);
  });

  it('none of them is in the log', () => {
    for (const [name, value] of secrets) assert.ok(!logged.includes(value), `${name} is in the log`);
  });

  it('none of them is in the audit log', async () => {
    const rows = JSON.stringify(
      await service.services.database.reader.selectFrom('audit_log').selectAll().execute(),
    );
    for (const [name, value] of secrets) assert.ok(!rows.includes(value), `${name} is in the audit log`);
  });

  it('none of them is in clear in any table of logins', async () => {
    const tables = [
      'authenticator',
      'login_name',
      'login_attempt',
      'login_device',
      'login_challenge',
      'one_time_code',
      'login_progress',
      'scan_transaction',
      'development_message',
    ] as const;
    for (const table of tables) {
      const rows = JSON.stringify(
        await service.services.database.reader.selectFrom(table).selectAll().execute(),
      );
      for (const [name, value] of secrets) assert.ok(!rows.includes(value), `${name} is in ${table}`);
    }
  });

  it('the search would find one that is there', () => {
    assert.ok(`${logged}\n${demonstrationPassword}`.includes(secrets.get('password') ?? 'absent'));
  });
});
