// The gate list: forty requirements of ASVS 5.0, each a test by its number against the running parts. Here V6; beside it the others.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { routes } from '../../api/routes.ts';
import { enrolDemonstrationDoors } from '../../api/demonstration-doors.ts';
import { demonstrationLogins, demonstrationPassword } from '../../fixtures/logins.ts';
import { IdentityError } from '../../identity/errors.ts';
import { accountOfPerson } from '../../identity/accounts.ts';
import { findPerson } from '../../identity/persons.ts';
import { attemptRules } from '../../identity/login/attempts.ts';
import { makeChallenge } from '../../identity/login/challenges.ts';
import { codeSeconds, makeCode, takeCode } from '../../identity/login/codes.ts';
import {
  beginPasskey,
  beginPasskeyLogin,
  finishPasskey,
  finishPasskeyLogin,
} from '../../identity/login/passkey.ts';
import { checkPassword, setPassword } from '../../identity/login/password.ts';
import { requireAcceptablePassword } from '../../identity/login/password-rules.ts';
import { requestLoginCode } from '../../identity/login/sms.ts';
import {
  finishUpstream,
  linkUpstream,
  rungOf,
  type UpstreamProvider,
} from '../../identity/login/upstream.ts';
import { openRecovery, proveRecoveryByLogin } from '../../identity/recovery.ts';
import { dictionary } from '@zxcvbn-ts/language-common';
import { startService, type Harness } from '../api/harness.ts';
import { engines } from '../storage/engines.ts';
import { SoftPasskey } from './login/soft-passkey.ts';
import { Visitor } from './login/visitor.ts';
import { ELSEWHERE, HOME, openLoginWorld, ORIGIN, PASSWORD, type LoginWorld } from './login/world.ts';
import { openPeopleWorld, residents, system } from './people-world.ts';

const coded = (code: string) => (error: unknown) => error instanceof IdentityError && error.code === code;
const actor = { id: 'test', department: null };
const words = readFileSync(new URL('../../docs/login.md', import.meta.url), 'utf8');

describe('ASVS 5.0, the gate list: V6 authentication', function () {
  this.timeout(180_000);
  let world: LoginWorld;
  let service: Harness;

  before(async () => {
    world = await openLoginWorld(engines[0]!);
    service = await startService();
    await enrolDemonstrationDoors(service.services, demonstrationLogins.slice(0, 3));
  });
  after(async () => {
    await service.stop();
    await world.cleanup();
  });

  async function sampleAccount(at: number): Promise<string> {
    const { name, number } = demonstrationLogins[at]!.person;
    const person = await findPerson(service.services, { type: 'resident-identity-card', name, number });
    return (await accountOfPerson(service.services, person!.id))!.id;
  }

  async function passkeyOf(account: string): Promise<SoftPasskey> {
    const key = new SoftPasskey(ORIGIN);
    const boundTo = `s-${account}`;
    const options = await beginPasskey(world.parts, { account, boundTo, name: 'x' });
    await finishPasskey(world.parts, actor, {
      account,
      boundTo,
      label: 'x',
      rung: 3,
      response: key.register(options),
    });
    return key;
  }

  it('6.1.1 limits on guessing are documented, and no guesser can lock a person out', async () => {
    for (const { name, free } of Object.values(attemptRules)) {
      assert.match(words, new RegExp(`\\| \`${name}\` \\|[^|]*\\| ${free} \\|`));
    }
    const account = await world.person('wang');
    const key = await passkeyOf(account);
    for (let at = 0; at < attemptRules.name.free; at += 1) {
      const source = { address: `203.0.113.${at}`, device: null };
      await assert.rejects(checkPassword(world.parts, source, { name: 'wang', password: 'guess' }));
    }
    await assert.rejects(
      checkPassword(world.parts, HOME, { name: 'wang', password: PASSWORD }),
      coded('login-delayed'),
    );
    const options = await beginPasskeyLogin(world.parts, { boundTo: 'i1' });
    const factor = await finishPasskeyLogin(world.parts, HOME, {
      boundTo: 'i1',
      response: key.answer(options),
    });
    assert.equal(factor.account, account);
  });

  it('6.1.3 every way to log in is listed', () => {
    const steps = routes
      .filter(({ method, path }) => method === 'post' && path.startsWith('/interaction/'))
      .map(({ path }) => path.replace('/interaction/{uid}/', ''));
    assert.ok(steps.length > 10);
    for (const step of steps) assert.ok(words.includes(`\`${step}\``), `${step} is not in docs/login.md`);
  });

  it('6.2.4 the most used passwords are refused', () => {
    const common = dictionary['passwords-common'].filter((word) => word.length >= 8).slice(0, 3000);
    assert.equal(common.length, 3000);
    for (const word of common) {
      assert.throws(() => requireAcceptablePassword(word, []), coded('password-unacceptable'), word);
    }
  });

  it('6.3.3 who has two factors is let in with two, whichever comes first', async () => {
    for (const first of ['password', 'sms'] as const) {
      const visitor = new Visitor(service);
      await visitor.go('/sign-in');
      if (first === 'password') {
        await visitor.step('password', { name: 'yangben1', password: demonstrationPassword });
      } else {
        await visitor.step('sms-request', { telephone: demonstrationLogins[0]!.telephone });
        await visitor.step('sms', { code: await lastInboxCode() });
      }
      assert.match(visitor.text, /第二步验证/);
      assert.equal(visitor.session, null);
      // Nothing finishes it but the other factor.
      await visitor.step('acting', { actingFor: '' });
      assert.equal(visitor.session, null);
    }
  });

  async function lastInboxCode(): Promise<string> {
    await new Promise((done) => setTimeout(done, 100));
    const inbox = await new Visitor(service).go('/development/inbox');
    return /验证码 (\d{6})/.exec(inbox.text)?.[1] ?? '';
  }

  it('6.3.4 there is no other path: only known steps write a session', async () => {
    const known = new Set([...words.matchAll(/`([a-z-]+(?:\/\{name\})?)`/g)].map(([, step]) => step));
    const extra = routes.filter(
      ({ path }) => /^\/(interaction|sign-in|login)/.test(path) && path.split('/').length > 3,
    );
    assert.ok(extra.length > 0);
    for (const { method, path } of extra) {
      const step = path.split('/').slice(3).join('/');
      assert.ok(method === 'get' || known.has(step), path);
    }
    // A sample account is rung 1, whatever the person is proofed to.
    const visitor = new Visitor(service);
    await visitor.go('/sign-in?level=2');
    await visitor.step('demonstration', { account: await sampleAccount(0) });
    assert.match(visitor.text, /实名等级不足/);
  });

  it('6.3.8 who exists cannot be told: by words, status, headers or time', async function () {
    const answer = async (name: string): Promise<{ shape: string; milliseconds: number }> => {
      const visitor = new Visitor(service);
      await visitor.go('/sign-in');
      const began = performance.now();
      const seen = await visitor.step('password', { name, password: 'not the password' });
      const milliseconds = performance.now() - began;
      const shape = seen.text
        // The demonstration tells a name and a password to everybody.
        .replaceAll(/<code>[^<]*<\/code>/g, '')
        .replaceAll(name, 'NAME')
        .replaceAll(visitor.uid, 'UID')
        .replaceAll(visitor.token, 'TOKEN');
      return { shape: `${seen.status} ${[...seen.headers.keys()].join()} ${shape}`, milliseconds };
    };
    const known: number[] = [];
    const unknown: number[] = [];
    // Few tries for each name: the limits are the same for both, and are not what is measured.
    const names = demonstrationLogins.slice(0, 3).map(({ name }) => name);
    let shapes = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      for (const name of names) {
        const one = await answer(name);
        const other = await answer(name.replace('yang', 'wang'));
        known.push(one.milliseconds);
        unknown.push(other.milliseconds);
        shapes = new Set([...shapes, one.shape, other.shape]);
      }
    }
    assert.equal(shapes.size, 1);
    const median = (times: readonly number[]): number =>
      times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
    const ratio = median(known) / median(unknown);
    assert.ok(ratio > 0.6 && ratio < 1.6, `medians differ by ${ratio}`);
  });

  it('6.4.3 a new password leaves the second factor in its place', async () => {
    const account = await sampleAccount(1);
    const { doors } = service.services.login;
    await setPassword(doors, actor, { account, password: 'an entirely new sentence', rung: 2 });
    const visitor = new Visitor(service);
    await visitor.go('/sign-in');
    await visitor.step('password', { name: 'yangben2', password: 'an entirely new sentence' });
    assert.match(visitor.text, /第二步验证/);
    // And no page resets a password without a login.
    assert.ok(!routes.some(({ path }) => /forgot|reset/.test(path)));
  });

  it('6.4.4 a lost factor is recovered at the level at which it was enrolled, not below', async () => {
    const people = await openPeopleWorld(engines[0]!);
    try {
      const account = await people.account(residents[0]!, 3);
      const lost = { authenticator: 'aut_lost', kind: 'passkey', enrolledRung: 3 } as const;
      const recovery = await openRecovery(people.people, system, account, lost);
      const login = (aal: 2 | 3) => ({
        account,
        amr: [],
        aal,
        at: people.people.clock(),
        authenticators: ['aut_other'],
        certificate: null,
      });
      await assert.rejects(
        proveRecoveryByLogin(people.people, people.actor(account), recovery, login(2)),
        (error: unknown) => error instanceof IdentityError,
      );
      await proveRecoveryByLogin(people.people, people.actor(account), recovery, login(3));
    } finally {
      await people.close();
    }
  });

  const codeFor = (boundTo: string) =>
    makeCode(world.parts, {
      purpose: 'login',
      boundTo,
      account: 'acc_x',
      authenticator: 'aut_x',
      target: null,
    });

  it('6.5.1 a code counts once', async () => {
    const code = await codeFor('asvs-651');
    assert.ok((await takeCode(world.parts, { purpose: 'login', boundTo: 'asvs-651', code })) !== null);
    assert.equal(await takeCode(world.parts, { purpose: 'login', boundTo: 'asvs-651', code }), null);
  });

  it('6.5.5 codes sent live no longer than ten minutes', async () => {
    assert.ok(codeSeconds <= 600);
    const code = await codeFor('asvs-655');
    world.advance(codeSeconds + 1);
    assert.equal(await takeCode(world.parts, { purpose: 'login', boundTo: 'asvs-655', code }), null);
  });

  it('6.6.2 a code is bound to the request it was made for', async () => {
    const code = await codeFor('asvs-662');
    assert.equal(await takeCode(world.parts, { purpose: 'login', boundTo: 'asvs-other', code }), null);
    assert.equal(
      await takeCode(world.parts, { purpose: 'enrol-telephone', boundTo: 'asvs-662', code }),
      null,
    );
  });

  it('6.6.3 codes are limited in number and in guesses', async () => {
    const send = () =>
      requestLoginCode(world.parts, ELSEWHERE, { telephone: '13700000007', boundTo: 'asvs-663' });
    for (let at = 0; at < attemptRules.telephone.free; at += 1) await send();
    await assert.rejects(send(), coded('login-delayed'));
    const code = await codeFor('asvs-guess');
    const wrong = code === '000000' ? '000001' : '000000';
    for (let guess = 0; guess < 5; guess += 1) {
      assert.equal(
        await takeCode(world.parts, { purpose: 'login', boundTo: 'asvs-guess', code: wrong }),
        null,
      );
    }
    assert.equal(await takeCode(world.parts, { purpose: 'login', boundTo: 'asvs-guess', code }), null);
  });

  it('6.7.1 what certificates are checked against cannot be changed by whoever shows one', async () => {
    const visitor = new Visitor(service);
    await visitor.go('/sign-in');
    const address = `${service.url}/interaction/${visitor.uid}/certificate`;
    const ask = (path: string, body: object) =>
      visitor.browser.visit(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: service.services.address },
        body: JSON.stringify({ formToken: visitor.token, ...body }),
      });
    const { nonce } = JSON.parse((await ask(`${address}-challenge`, {})).text) as { nonce: string };
    // The authority's own certificate is one we issued, and logs nobody in.
    const authority = service.services.hierarchy.issuer('residents').certificate.der;
    const seen = await ask(address, {
      nonce,
      certificate: Buffer.from(authority).toString('base64'),
      algorithm: 'ES256',
      signature: Buffer.alloc(70).toString('base64'),
    });
    assert.equal(seen.status, 401);
  });

  it('6.7.2 nonces have 256 bits and are unique', async () => {
    const nonces = new Set<string>();
    for (let at = 0; at < 300; at += 1) {
      const { nonce } = await makeChallenge(world.parts, { kind: 'certificate', boundTo: 'x', seconds: 60 });
      assert.equal(Buffer.from(nonce, 'base64url').length, 32);
      nonces.add(nonce);
    }
    assert.equal(nonces.size, 300);
  });

  const provider: UpstreamProvider = {
    name: 'city',
    title: { zh: '城市', en: 'city' },
    issuer: 'https://id.example',
    levels: { high: 3, low: 1 },
  };
  const claims = { issuer: provider.issuer, subject: 's1', acr: 'high', amr: [], authTime: null };

  it('6.8.1 a subject of one provider is nobody at another', async () => {
    const account = await world.person('zhao');
    await linkUpstream(world.parts, actor, { account, rung: 3, provider, claims });
    assert.equal(
      (await finishUpstream(world.parts, provider, claims, { freshWithin: null })).account,
      account,
    );
    const other = { ...provider, issuer: 'https://other.example' };
    await assert.rejects(
      finishUpstream(world.parts, other, { ...claims, issuer: other.issuer }, { freshWithin: null }),
      coded('upstream-refused'),
    );
    await assert.rejects(
      finishUpstream(world.parts, provider, { ...claims, issuer: other.issuer }, { freshWithin: null }),
      coded('upstream-refused'),
    );
  });

  it('6.8.4 what another provider says of strength and time is checked', async () => {
    assert.deepEqual(
      ['high', 'low', 'unheard-of', null].map((acr) => rungOf(provider, acr)),
      [3, 1, 1, 1],
    );
    const now = Math.floor(world.parts.clock().getTime() / 1000);
    const finish = (authTime: number | null) =>
      finishUpstream(world.parts, provider, { ...claims, authTime }, { freshWithin: 300 });
    await assert.rejects(finish(null), coded('upstream-refused'));
    await assert.rejects(finish(now - 3600), coded('upstream-refused'));
    await finish(now - 60);
  });

  it('the gate list is these forty and no fewer', () => {
    const wanted =
      '6.1.1 6.1.3 6.2.4 6.3.3 6.3.4 6.3.8 6.4.3 6.4.4 6.5.1 6.5.5 6.6.2 6.6.3 6.7.1 6.7.2 6.8.1 6.8.4 7.1.3 7.2.4 7.3.2 7.4.2 7.5.1 7.5.3 7.6.1 8.3.3 9.1.2 9.1.3 9.2.2 9.2.3 10.3.5 10.4.1 10.4.2 10.4.5 10.4.6 10.4.13 10.4.16 10.6.2 3.5.1 11.4.2 12.1.3 16.3.1';
    const there = ['asvs', 'asvs-sessions', 'asvs-tokens'].flatMap((name) => {
      const text = readFileSync(new URL(`./${name}.test.ts`, import.meta.url), 'utf8');
      return Array.from(text.matchAll(/^ {2}it\('(\d+\.\d+\.\d+) /gm), ([, number]) => number);
    });
    assert.deepEqual(there.toSorted(), wanted.split(' ').toSorted());
    assert.equal(there.length, 40);
  });
});
