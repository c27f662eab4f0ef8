// Persons, and proofing by the registers and by 网证; registers that are slow, broken, cut off or silent.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { accountById, openAccount, proofingOf } from '../../identity/accounts.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import { maskName, personWith } from '../../identity/persons.ts';
import { documentOf, documentTypes } from '../../identity/identity-documents.ts';
import { accountByWangzheng, proofByRegister, proofByWangzheng } from '../../identity/proofing.ts';
import { verifiedClaimsOf } from '../../identity/verified-claims.ts';
import { engines } from '../storage/engines.ts';
import { day, openPeopleWorld, residents, sample, type PeopleWorld, type Sample } from './people-world.ts';

const refused = (code: IdentityErrorCode) => (error: unknown) =>
  error instanceof IdentityError && error.code === code;
const who = (position: number): Sample => residents[position]!;

for (const engine of engines) {
  describe(`people: proofing (${engine.name})`, () => {
    let world: PeopleWorld;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openPeopleWorld(engine);
    });
    afterEach(() => world.close());
    const showing = (wanghao: string, code = 'showing-12345'): string => {
      assert.ok(world.store.show(code, wanghao, world.now));
      return code;
    };

    describe('persons', () => {
      it('knows one person once, also when many add them at the same time', async () => {
        const key = { type: 'resident-identity-card' as const, ...who(0) };
        const ids = await Promise.all(Array.from({ length: 12 }, () => personWith(world.people, key)));
        assert.equal(new Set(ids).size, 1);
        const accounts = await Promise.all(ids.map((id) => openAccount(world.people, world.actor('x'), id)));
        assert.equal(new Set(accounts.map(({ id }) => id)).size, 1);
        assert.equal(accounts.filter(({ opened }) => opened).length, 1);
      });

      it('finds a number of the first generation under its eighteen digits', () => {
        const { number } = documentOf('resident-identity-card', '120105850612001', world.now);
        assert.equal(number, who(0).number);
        assert.throws(
          () => documentOf('resident-identity-card', '120105850632001', world.now),
          refused('person-number-invalid'),
        );
      });

      it('keeps types of documents apart, and refuses what is no number of theirs', async () => {
        const number = '12345678';
        const taiwan = await personWith(world.people, { type: 'taiwan-permit', number, name: '样本甲' });
        const passport = await personWith(world.people, { type: 'passport', number, name: '样本乙' });
        assert.notEqual(taiwan, passport);
        for (const type of documentTypes) {
          for (const bad of ['', '1', '12010519850612001', "' OR 1=1", '号码', 'A'.repeat(40)]) {
            await assert.rejects(
              personWith(world.people, { type, number: bad, name: '样本' }),
              refused('person-number-invalid'),
              `${type} ${bad}`,
            );
          }
        }
      });

      it('stores nothing in clear, and nothing at all but the 网号 for who has only that', async () => {
        const code = showing(who(4).wanghao);
        const account = await accountByWangzheng(world.people, world.actor('new'), code);
        const row = await world.people.database.reader
          .selectFrom('person')
          .selectAll()
          .executeTakeFirstOrThrow();
        assert.deepEqual(
          [row.name_cipher, row.number_cipher, row.number_index, row.document_type],
          [null, null, null, null],
        );
        assert.ok(!JSON.stringify(row).includes(who(4).wanghao));
        assert.equal((await proofingOf(world.people, account, world.now))?.rung, 3);
        assert.deepEqual(
          await verifiedClaimsOf(world.people, account, ['name', 'document_number', 'age_over_18']),
          [],
        );
        const [claims] = await verifiedClaimsOf(world.people, account, ['wanghao', 'name']);
        assert.deepEqual(claims?.claims, { wanghao: who(4).wanghao });
        assert.equal(await personWith(world.people, { wanghao: who(4).wanghao }), row.id);
        await assert.rejects(
          proofByRegister(world.people, world.actor(account), account),
          refused('proofing-refused'),
        );
      });

      it('masks names of any length and script', () => {
        for (const [name, masked] of [
          ['样本山', '样**'],
          ['㛃', '㛃*'],
          ['𬭸𬭸', '𬭸*'],
          ['Ana María', 'A********'],
        ]) {
          assert.equal(maskName(name!), masked);
        }
        fc.assert(
          fc.property(
            fc.string({ minLength: 2, unit: 'grapheme' }).filter((name) => !name.includes('*')),
            (name) => maskName(name) !== name,
          ),
        );
      });
    });

    describe('by the registers', () => {
      it('raises to rung 2 on a match, for two years', async () => {
        const account = await world.account(who(0));
        await proofByRegister(world.people, world.actor(account), account);
        const proofing = await proofingOf(world.people, account, world.now);
        assert.equal(proofing?.rung, 2);
        assert.equal(
          await proofingOf(world.people, account, new Date(world.now.getTime() + 730 * day)),
          null,
        );
        assert.deepEqual((await world.actions()).slice(-2), ['register.asked', 'account.proofed']);
      });

      it('tells alike whether number or name is wrong', async () => {
        const wrongName = await world.account({ ...who(0), name: '样本错' });
        const absent = await world.account(sample(999));
        const words = new Set<string>();
        for (const account of [wrongName, absent]) {
          await assert.rejects(
            proofByRegister(world.people, world.actor(account), account),
            (error: IdentityError) => {
              words.add(`${error.code} ${error.message}`);
              return error.code === 'register-mismatch';
            },
          );
          assert.equal(await proofingOf(world.people, account, world.now), null);
        }
        assert.equal(words.size, 1);
      });

      it('locks the account of somebody who has died, and ends what runs under it', async () => {
        const account = await world.account(who(0));
        world.store.change({ deceased: { type: 'resident-identity-card', number: who(0).number } });
        await assert.rejects(
          proofByRegister(world.people, world.actor(account), account),
          refused('account-ended'),
        );
        assert.equal((await accountById(world.people, account))?.state, 'locked');
        assert.ok(world.heard.includes(`ended ${account} locked`));
      });

      it('answers clearly and in time when the register is slow, broken, cut off or silent, and records nothing', async () => {
        const account = await world.account(who(0));
        for (const fault of ['error', 'nonsense', 'cut', 'silent'] as const) {
          world.register.fault = fault;
          const began = performance.now();
          await assert.rejects(
            proofByRegister(world.people, world.actor(account), account),
            (error: IdentityError) => {
              assert.equal(error.code, 'register-unavailable', fault);
              assert.ok((error.retryAfter ?? 0) > 0);
              return true;
            },
          );
          assert.ok(performance.now() - began < 3000, fault);
        }
        world.register.fault = 'none';
        world.register.delay = 2000;
        await assert.rejects(
          proofByRegister(world.people, world.actor(account), account),
          refused('register-unavailable'),
        );
        // Five failures in a row: now it answers at once, and does not ask.
        const asked = world.register.asked;
        const began = performance.now();
        await assert.rejects(
          proofByRegister(world.people, world.actor(account), account),
          refused('register-unavailable'),
        );
        assert.ok(performance.now() - began < 200);
        assert.equal(world.register.asked, asked);
        world.register.delay = 0;
        world.later(11_000);
        await proofByRegister(world.people, world.actor(account), account);
        assert.equal((await proofingOf(world.people, account, world.now))?.rung, 2);
      });

      it('bounds how often somebody asks, so that numbers cannot be tried out', async () => {
        const account = await world.account({ ...who(0), name: '样本错' });
        for (let tried = 0; tried < 10; tried += 1) {
          await assert.rejects(
            proofByRegister(world.people, world.actor(account), account),
            refused('register-mismatch'),
          );
        }
        await assert.rejects(
          proofByRegister(world.people, world.actor(account), account),
          refused('login-delayed'),
        );
        world.later(3_600_001);
        await assert.rejects(
          proofByRegister(world.people, world.actor(account), account),
          refused('register-mismatch'),
        );
      });

      it('takes a 网证 once, and for its own person alone', async () => {
        const account = await world.account(who(0), 2);
        const other = await world.account(who(1), 2);
        await assert.rejects(
          proofByWangzheng(world.people, world.actor(other), other, showing(who(0).wanghao)),
          refused('proofing-refused'),
        );
        await assert.rejects(
          proofByWangzheng(world.people, world.actor(account), account, 'showing-12345'),
          refused('proofing-refused'),
          'used',
        );
        await proofByWangzheng(
          world.people,
          world.actor(account),
          account,
          showing(who(0).wanghao, 'showing-67890'),
        );
        assert.equal((await proofingOf(world.people, account, world.now))?.rung, 3);
        showing(who(0).wanghao, 'showing-late1');
        world.later(5 * 60_000 + 1);
        await assert.rejects(
          proofByWangzheng(world.people, world.actor(account), account, 'showing-late1'),
          refused('proofing-refused'),
          'expired',
        );
        await assert.rejects(
          proofByWangzheng(world.people, world.actor(account), account, '../../etc'),
          refused('proofing-refused'),
        );
      });

      it('does not take a 网号 that has an account of its own: the window joins them', async () => {
        const alone = await accountByWangzheng(world.people, world.actor('new'), showing(who(0).wanghao));
        const numbered = await world.account(who(0), 2);
        assert.notEqual(alone, numbered);
        await assert.rejects(
          proofByWangzheng(
            world.people,
            world.actor(numbered),
            numbered,
            showing(who(0).wanghao, 'showing-again'),
          ),
          refused('merge-refused'),
        );
      });
    });
  });
}
