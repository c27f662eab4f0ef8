// Codes: of an app, whose step counts once; of a text message, bound to its purpose and interaction, few tries, one use.
import assert from 'node:assert/strict';
import { generateSync } from 'otplib';
import { IdentityError } from '../../../identity/errors.ts';
import { authenticationOf } from '../../../identity/login/progress.ts';
import { checkPassword } from '../../../identity/login/password.ts';
import {
  beginTelephone,
  checkLoginCode,
  enrolTelephone,
  finishTelephone,
  requestLoginCode,
  requestSecondCode,
} from '../../../identity/login/sms.ts';
import { beginTotp, checkTotp, finishTotp } from '../../../identity/login/totp.ts';
import { engines } from '../../storage/engines.ts';
import { HOME, lastCode, openLoginWorld, PASSWORD, type LoginWorld } from './world.ts';

const coded = (code: string) => (error: unknown) => error instanceof IdentityError && error.code === code;
const actor = { id: 'test', department: null };
const PHONE = '13800000001';

for (const engine of engines) {
  describe(`codes on ${engine.name}`, () => {
    let world: LoginWorld;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openLoginWorld(engine);
    });
    afterEach(() => world.cleanup());

    const now = (): number => Math.floor(world.parts.clock().getTime() / 1000);

    async function withApp(account: string): Promise<string> {
      const begun = await beginTotp(world.parts, { boundTo: 's1', issuer: '印信', label: 'zhang' });
      assert.match(begun.uri, /^otpauth:\/\/totp\//);
      await finishTotp(world.parts, actor, {
        boundTo: 's1',
        nonce: begun.nonce,
        code: generateSync({ secret: begun.secret, epoch: now() }),
        account,
        rung: 2,
      });
      return begun.secret;
    }

    it('password and app together reach rung 2 as two factors', async () => {
      const account = await world.person('zhang');
      const secret = await withApp(account);
      world.advance(30);
      const first = await checkPassword(world.parts, HOME, { name: 'zhang', password: PASSWORD });
      const second = await checkTotp(world.parts, account, generateSync({ secret, epoch: now() }));
      const { aal, amr } = authenticationOf({ account, factors: [first, second] }, world.parts.clock());
      assert.equal(aal, 2);
      assert.deepEqual(amr, ['mfa', 'otp', 'pwd']);
    });

    it('a code of an app counts once: at the same time, later, and the one that enrolled it', async () => {
      const account = await world.person('zhang');
      const secret = await withApp(account);
      const enrolling = generateSync({ secret, epoch: now() });
      await assert.rejects(checkTotp(world.parts, account, enrolling), coded('code-refused'));
      world.advance(60);
      const code = generateSync({ secret, epoch: now() });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 4 }, () => checkTotp(world.parts, account, code)),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      await assert.rejects(checkTotp(world.parts, account, code), coded('code-refused'));
      // Nor an earlier step, once a later one was used.
      await assert.rejects(
        checkTotp(world.parts, account, generateSync({ secret, epoch: now() - 30 })),
        (error: unknown) => coded('code-refused')(error) || coded('login-delayed')(error),
      );
    });

    it('a code lives thirty seconds and one step to either side', async () => {
      const account = await world.person('zhang');
      const secret = await withApp(account);
      world.advance(600);
      await assert.rejects(
        checkTotp(world.parts, account, generateSync({ secret, epoch: now() - 90 })),
        coded('code-refused'),
      );
      await assert.rejects(
        checkTotp(world.parts, account, generateSync({ secret, epoch: now() + 90 })),
        coded('code-refused'),
      );
      await checkTotp(world.parts, account, generateSync({ secret, epoch: now() - 30 }));
    });

    it('guessing the six digits is slowed', async () => {
      const account = await world.person('zhang');
      await withApp(account);
      for (let guess = 0; guess < 5; guess += 1) {
        await assert.rejects(checkTotp(world.parts, account, '000000'), coded('code-refused'));
      }
      await assert.rejects(checkTotp(world.parts, account, '000000'), coded('login-delayed'));
    });

    it('an enrolment needs its own nonce, session and code', async () => {
      const account = await world.person('zhang');
      const { nonce, secret } = await beginTotp(world.parts, { boundTo: 's1', issuer: 'x', label: 'y' });
      const code = generateSync({ secret, epoch: now() });
      const finish = { nonce, code, account, rung: 2 } as const;
      await assert.rejects(
        finishTotp(world.parts, actor, { ...finish, boundTo: 's2' }),
        coded('challenge-refused'),
      );
      await assert.rejects(
        finishTotp(world.parts, actor, { ...finish, boundTo: 's1', code: '123456' }),
        coded('code-refused'),
      );
      // The wrong code ended it.
      await assert.rejects(
        finishTotp(world.parts, actor, { ...finish, boundTo: 's1' }),
        coded('challenge-refused'),
      );
    });

    it('a text message logs in once, within five minutes, in its own interaction', async () => {
      const account = await world.person('zhang', { telephone: PHONE });
      const send = await requestLoginCode(world.parts, HOME, { telephone: '138 0000 0001', boundTo: 'i1' });
      await send();
      const code = lastCode(world);
      assert.match(code, /^\d{6}$/);
      const asked = { code, account: null };
      await assert.rejects(
        checkLoginCode(world.parts, HOME, { ...asked, boundTo: 'i2' }),
        coded('code-refused'),
      );
      const outcomes = await Promise.allSettled(
        Array.from({ length: 4 }, () => checkLoginCode(world.parts, HOME, { ...asked, boundTo: 'i1' })),
      );
      const passed = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      assert.equal(passed.length, 1);
      assert.equal(passed[0]!.value.account, account);
      await assert.rejects(
        checkLoginCode(world.parts, HOME, { ...asked, boundTo: 'i1' }),
        coded('code-refused'),
      );
    });

    it('a code has five tries, and ends after five minutes and when another is sent', async () => {
      await world.person('zhang', { telephone: PHONE });
      const request = async (): Promise<string> => {
        const send = await requestLoginCode(world.parts, HOME, { telephone: PHONE, boundTo: 'i1' });
        await send();
        return lastCode(world);
      };
      const check = (code: string) =>
        checkLoginCode(world.parts, HOME, { boundTo: 'i1', code, account: null });
      const first = await request();
      const wrong = first === '111111' ? '222222' : '111111';
      for (let guess = 0; guess < 5; guess += 1) await assert.rejects(check(wrong), coded('code-refused'));
      await assert.rejects(check(first), coded('code-refused'));
      const second = await request();
      world.advance(301);
      await assert.rejects(check(second), coded('code-refused'));
      const third = await request();
      world.advance(61);
      const fourth = await request();
      if (third !== fourth) await assert.rejects(check(third), coded('code-refused'));
      await check(fourth);
    });

    it('a number nobody enrolled gets no message and the same answer', async () => {
      await world.person('zhang', { telephone: PHONE });
      const before = world.sent.length;
      const send = await requestLoginCode(world.parts, HOME, { telephone: '13900000009', boundTo: 'i9' });
      await send();
      assert.equal(world.sent.length, before);
      const rows = await world.database.reader
        .selectFrom('one_time_code')
        .select('id')
        .where('bound_to', '=', 'i9')
        .execute();
      assert.equal(rows.length, 1);
      for (const code of ['000000', '999999']) {
        await assert.rejects(
          checkLoginCode(world.parts, HOME, { boundTo: 'i9', code, account: null }),
          coded('code-refused'),
        );
      }
    });

    it('messages to one number and from one address are few', async () => {
      await world.person('zhang', { telephone: PHONE });
      for (let at = 0; at < 3; at += 1) {
        await requestLoginCode(world.parts, HOME, { telephone: PHONE, boundTo: `i${at}` });
      }
      await assert.rejects(
        requestLoginCode(
          world.parts,
          { address: '203.0.113.1', device: null },
          { telephone: PHONE, boundTo: 'i4' },
        ),
        coded('login-delayed'),
      );
    });

    it('the second code goes to the account’s own number, and to no other account', async () => {
      const zhang = await world.person('zhang', { telephone: PHONE });
      const lisi = await world.person('lisi', { telephone: '13800000002' });
      const asked = await requestSecondCode(world.parts, HOME, { account: zhang, boundTo: 'i1' });
      assert.equal(asked.telephone, '138****0001');
      await asked.send();
      assert.equal(world.sent.at(-1)?.telephone, PHONE);
      const code = lastCode(world);
      await assert.rejects(
        checkLoginCode(world.parts, HOME, { boundTo: 'i1', code, account: lisi }),
        coded('code-refused'),
      );
    });

    it('a number is enrolled with the code that was sent to it, for one account', async () => {
      const zhang = await world.person('zhang');
      const send = await beginTelephone(world.parts, HOME, {
        account: zhang,
        telephone: '+86 13800000001',
        boundTo: 's1',
      });
      await send();
      const code = lastCode(world);
      // A code that enrols logs nobody in.
      await assert.rejects(
        checkLoginCode(world.parts, HOME, { boundTo: 's1', code, account: null }),
        coded('code-refused'),
      );
      await finishTelephone(world.parts, actor, { account: zhang, boundTo: 's1', code, rung: 2 });
      const lisi = await world.person('lisi');
      await assert.rejects(
        enrolTelephone(world.parts, actor, { account: lisi, telephone: PHONE, rung: 2 }),
        coded('login-name-taken'),
      );
      const rows = await world.database.reader.selectFrom('login_name').selectAll().execute();
      assert.ok(rows.every((row) => !JSON.stringify(row).includes(PHONE)));
    });
  });
}
