// Passwords: rules, limits that never shut a person out, silence about who exists, and the bounded queue.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { owaspCost, passwordHasher } from '../../../crypto/password.ts';
import { IdentityError } from '../../../identity/errors.ts';
import { attemptRules, delayAfter } from '../../../identity/login/attempts.ts';
import { rememberDevice } from '../../../identity/login/devices.ts';
import { noticesOf } from '../../../identity/login/notices.ts';
import { normalisedPassword, requireAcceptablePassword } from '../../../identity/login/password-rules.ts';
import { checkPassword, setPassword } from '../../../identity/login/password.ts';
import { authenticatorsOf, openSecret } from '../../../identity/login/authenticators.ts';
import { engines } from '../../storage/engines.ts';
import { ELSEWHERE, HOME, openLoginWorld, PASSWORD, type LoginWorld } from './world.ts';

const coded = (code: string) => (error: unknown) => error instanceof IdentityError && error.code === code;

describe('what a password must be', () => {
  const good = [
    '河北区-correct horse 42',
    'x9#Lq8!vT2pZ',
    '我的狗叫旺财它喜欢散步',
    '    spaces   count    ',
  ];
  const bad = [
    ['1234567', 'seven characters'],
    ['12345678', 'a row'],
    ['password', 'known'],
    ['P4ssw0rd', 'known, digits for letters'],
    ['Password123', 'known, with digits after it'],
    ['qwertyuiop', 'known'],
    ['woaini1314', 'known here'],
    ['tianjin2026', 'known here'],
    ['aaaaaaaaaaaa', 'one character'],
    ['abcabcabcabc', 'the same again'],
    ['zhangsan88', 'built of the login name'],
    ['13800000001ab', 'built of the telephone number'],
    ['x'.repeat(200), 'too long'],
  ] as const;
  for (const password of good) {
    it(`takes ${JSON.stringify(password)}`, () =>
      requireAcceptablePassword(password, ['zhangsan', '13800000001']));
  }
  for (const [password, why] of bad) {
    it(`refuses ${JSON.stringify(password.slice(0, 20))}: ${why}`, () => {
      assert.throws(
        () => requireAcceptablePassword(password, ['zhangsan', '13800000001']),
        coded('password-unacceptable'),
      );
    });
  }
  it('asks for no kinds of characters: any 64 letters do, and all of them count', async () => {
    const words = 'only lower case letters in sixty four places and nothing else xy';
    assert.equal(words.length, 64);
    requireAcceptablePassword(words, []);
    const hasher = passwordHasher({
      random: (length) => new Uint8Array(length).fill(3),
      concurrency: 1,
      queueLimit: 1,
      cost: { memory: 64, passes: 1, lanes: 1 },
    });
    const phc = await hasher.hash(words);
    assert.equal(await hasher.verify(phc, words), true);
    assert.equal(await hasher.verify(phc, words.slice(0, 63) + 'z'), false);
  });
  it('never throws anything but its refusal, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        try {
          requireAcceptablePassword(text, ['zhang']);
        } catch (error) {
          assert.ok(coded('password-unacceptable')(error));
        }
      }),
    );
  });
  it('one password is one text, however it was composed', () => {
    assert.equal(normalisedPassword('e\u0301te\u0301 ＡＢＣ'), normalisedPassword('\u00e9t\u00e9 ABC'));
  });
});

describe('the hash and its queue', () => {
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  it('is Argon2id with the parameters of OWASP', async () => {
    const hasher = passwordHasher({ random, concurrency: 1, queueLimit: 1 });
    assert.match(await hasher.hash('anything'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.deepEqual(owaspCost, { memory: 19_456, passes: 2, lanes: 1 });
  });
  it('reckons no more at once than told, lets no more wait than told, and refuses the next before any work', async () => {
    const hasher = passwordHasher({
      random,
      concurrency: 2,
      queueLimit: 3,
      cost: { memory: 4096, passes: 2, lanes: 1 },
    });
    let most = 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, async () => {
        const work = hasher.hash('x');
        most = Math.max(most, hasher.load.running);
        assert.ok(hasher.load.waiting <= 3);
        return work;
      }),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 5);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.ok(refused.every(({ reason }) => (reason as { code?: string }).code === 'password-busy'));
    assert.equal(most, 2);
    assert.deepEqual(hasher.load, { running: 0, waiting: 0 });
  });
  it('a hash of lower cost is seen to be outdated', async () => {
    const low = passwordHasher({
      random,
      concurrency: 1,
      queueLimit: 1,
      cost: { memory: 64, passes: 1, lanes: 1 },
    });
    const high = passwordHasher({ random, concurrency: 1, queueLimit: 1 });
    assert.equal(high.outdated(await low.hash('x')), true);
    assert.equal(high.outdated(await high.hash('x')), false);
  });
});

for (const engine of engines) {
  describe(`passwords on ${engine.name}`, function () {
    let world: LoginWorld;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openLoginWorld(engine);
    });
    afterEach(() => world.cleanup());

    it('logs in under a name in any spelling, and audits it', async () => {
      const account = await world.person('zhang');
      const factor = await checkPassword(world.parts, HOME, { name: ' ＺＨＡＮＧ ', password: PASSWORD });
      assert.equal(factor.account, account);
      assert.equal(factor.used.kind, 'password');
      const actions = await world.auditedActions();
      assert.ok(actions.some((line) => line.startsWith('login.succeeded') && line.includes('"password"')));
    });

    it('answers an unknown name, a wrong password and a locked account alike', async () => {
      await world.person('zhang');
      const locked = await world.person('lisi');
      world.accounts.get(locked)!.active = false;
      const answers = await Promise.all(
        [
          { name: 'nobody', password: PASSWORD },
          { name: 'zhang', password: 'wrong password here' },
          { name: 'lisi', password: PASSWORD },
          { name: '', password: '' },
        ].map((typed) =>
          checkPassword(world.parts, HOME, typed).then(
            () => 'in',
            (error: unknown) => JSON.stringify([(error as IdentityError).code, (error as Error).message]),
          ),
        ),
      );
      assert.equal(new Set(answers).size, 1, answers.join('\n'));
      assert.match(answers[0]!, /login-refused/);
    });

    it('delays a name from one address after five slips, and the person elsewhere not at all', async () => {
      await world.person('zhang');
      for (let slip = 0; slip < 5; slip += 1) {
        await assert.rejects(
          checkPassword(world.parts, ELSEWHERE, { name: 'zhang', password: 'guess' }),
          coded('login-refused'),
        );
      }
      await assert.rejects(
        checkPassword(world.parts, ELSEWHERE, { name: 'zhang', password: PASSWORD }),
        (error: unknown) => coded('login-delayed')(error) && (error as IdentityError).retryAfter! >= 1,
      );
      await checkPassword(world.parts, HOME, { name: 'zhang', password: PASSWORD });
    });

    it('delays names that nobody has just the same', async () => {
      for (let slip = 0; slip < 5; slip += 1) {
        await assert.rejects(
          checkPassword(world.parts, ELSEWHERE, { name: 'nobody', password: 'guess' }),
          coded('login-refused'),
        );
      }
      await assert.rejects(
        checkPassword(world.parts, ELSEWHERE, { name: 'nobody', password: 'guess' }),
        coded('login-delayed'),
      );
    });

    it('counts guesses that arrive at the same time one after another', async () => {
      await world.person('zhang');
      const outcomes = await Promise.allSettled(
        Array.from({ length: 30 }, () =>
          checkPassword(world.parts, ELSEWHERE, { name: 'zhang', password: 'guess' }),
        ),
      );
      const tried = outcomes.filter(
        (outcome) => outcome.status === 'rejected' && coded('login-refused')(outcome.reason),
      );
      assert.equal(tried.length, 5);
    });

    it('a hundred guesses from everywhere stop strange browsers, and never the person’s own', async function () {
      this.timeout(60_000);
      const account = await world.person('zhang');
      const device = await rememberDevice(world.parts, null, account);
      for (let at = 0; at < attemptRules.name.free; at += 1) {
        const source = { address: `203.0.113.${at}`, device: null };
        await assert.rejects(
          checkPassword(world.parts, source, { name: 'zhang', password: 'guess' }),
          coded('login-refused'),
        );
      }
      await assert.rejects(
        checkPassword(world.parts, HOME, { name: 'zhang', password: PASSWORD }),
        coded('login-delayed'),
      );
      const own = { ...HOME, device };
      assert.equal(
        (await checkPassword(world.parts, own, { name: 'zhang', password: PASSWORD })).account,
        account,
      );
      // Nor does a cookie of somebody else's browser help.
      const other = await rememberDevice(world.parts, null, await world.person('lisi'));
      await assert.rejects(
        checkPassword(world.parts, { ...HOME, device: other }, { name: 'zhang', password: PASSWORD }),
        coded('login-delayed'),
      );
      world.advance(3601);
      await checkPassword(world.parts, HOME, { name: 'zhang', password: PASSWORD });
    });

    it('an address that fails with many names is slowed', async function () {
      this.timeout(60_000);
      for (let at = 0; at < attemptRules.address.free; at += 1) {
        await assert.rejects(
          checkPassword(world.parts, ELSEWHERE, { name: `name${at}`, password: 'guess' }),
          coded('login-refused'),
        );
      }
      await assert.rejects(
        checkPassword(world.parts, ELSEWHERE, { name: 'another', password: 'guess' }),
        coded('login-delayed'),
      );
    });

    it('a new password replaces the old one, tells the person, and is stored encrypted', async () => {
      const account = await world.person('zhang');
      await setPassword(
        world.parts,
        { id: 'x', department: null },
        {
          account,
          password: 'another quite long one',
          rung: 2,
        },
      );
      await assert.rejects(
        checkPassword(world.parts, HOME, { name: 'zhang', password: PASSWORD }),
        coded('login-refused'),
      );
      await checkPassword(world.parts, HOME, { name: 'zhang', password: 'another quite long one' });
      const notices = await noticesOf(world.database.reader, account, 10);
      assert.ok(notices.some(({ kind }) => kind === 'ended-password'));
      const rows = await world.database.reader.selectFrom('authenticator').selectAll().execute();
      assert.ok(rows.every(({ secret_cipher }) => secret_cipher?.includes('argon2') !== true));
      const [stored] = await authenticatorsOf(world.database.reader, account, 'password');
      assert.match(openSecret(world.parts, stored!), /^\$argon2id\$/);
    });

    it('a login from another browser is told to the person', async () => {
      const account = await world.person('zhang');
      const first = await rememberDevice(world.parts, null, account);
      assert.equal((await noticesOf(world.database.reader, account, 10))[0]?.kind, 'enrolled-password');
      await rememberDevice(world.parts, first, account);
      await rememberDevice(world.parts, null, account);
      const kinds = (await noticesOf(world.database.reader, account, 10)).map(({ kind }) => kind);
      assert.equal(kinds.filter((kind) => kind === 'new-browser').length, 1);
    });
  });
}

describe('delays', () => {
  it('grow with every failure and end at their longest', () => {
    const delays = [1, 4, 5, 6, 7, 20].map((failures) => delayAfter(attemptRules.pair, failures));
    assert.deepEqual(delays, [0, 0, 2, 4, 8, 900]);
  });
});
