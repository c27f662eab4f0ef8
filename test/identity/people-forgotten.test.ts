// What is left of an account that was joined or erased: no way to log in, no name, no number, no words about the person.
import assert from 'node:assert/strict';
import { setAccountState } from '../../identity/account-state.ts';
import { accountById, openAccount } from '../../identity/accounts.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import type { DocumentType } from '../../identity/identity-documents.ts';
import { enrolAuthenticator } from '../../identity/login/authenticators.ts';
import { addLoginName } from '../../identity/login/names.ts';
import type { LoginParts } from '../../identity/login/parts.ts';
import { decidePersonRequest } from '../../identity/person-decision.ts';
import { openPersonRequest, requestsOf } from '../../identity/person-rights.ts';
import { personById, personWith } from '../../identity/persons.ts';
import { confirmCase, proposeCase } from '../../identity/proofing-desk.ts';
import type { SeenDocument } from '../../identity/proofing-details.ts';
import { erasePersonIn, sweepPersonalData } from '../../identity/retention.ts';
import { engines } from '../storage/engines.ts';
import { day, openPeopleWorld, residents, sample, system, type PeopleWorld } from './people-world.ts';

const refused = (code: IdentityErrorCode) => (error: unknown) =>
  error instanceof IdentityError && error.code === code;
const one = residents[0]!;
const telephone = '13800010001';
/** All samples of the world are born on this day. */
const birthDate = '1985-06-12';

interface Known {
  readonly type: DocumentType;
  readonly number: string;
  readonly name: string;
}
const card = ({ name, number }: Omit<Known, 'type'>): Known => ({
  type: 'resident-identity-card',
  name,
  number,
});
const seen = (known: Known, born: string | null = null): SeenDocument => ({
  ...known,
  birthDate: born,
  expires: '2036-01-01',
  reader: 'chip',
  livePerson: true,
  reference: '窗口簿 2026-118',
});

for (const engine of engines) {
  describe(`people: what is forgotten (${engine.name})`, () => {
    let world: PeopleWorld;
    let parts: LoginParts;
    let first: string;
    let second: string;
    let numbered: string;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openPeopleWorld(engine);
      parts = {
        ...world.people,
        messages: null,
        accounts: {
          isActive: () => Promise.resolve(true),
          rungOf: () => Promise.resolve(2),
          ofDocument: () => Promise.resolve(null),
        },
      };
      first = await world.officer(residents[10]!, ['window-officer']);
      second = await world.officer(residents[11]!, ['window-supervisor']);
      numbered = await world.account(one, 2);
    });
    afterEach(() => world.close());

    /** A person known by a passport, which the register knows too. */
    async function byPassport(number: string): Promise<{ passport: Known; account: string }> {
      const passport = { type: 'passport' as const, number, name: one.name };
      world.store.seed([{ ...passport, wanghao: `WH${number}00` }], []);
      const { id } = await openAccount(world.people, system, await personWith(world.people, passport));
      return { passport, account: id };
    }

    async function merge(into: SeenDocument, also: SeenDocument): Promise<void> {
      const proposal = { by: first, kind: 'merge', seen: into, also, showing: null, about: null } as const;
      const id = await proposeCase(world.people, world.actor(first), proposal);
      await confirmCase(world.people, world.actor(second), { by: second, id });
    }

    /** A telephone, a password, a passkey and a certificate. */
    async function giveWays(account: string): Promise<void> {
      const actor = world.actor(account);
      const way = { account, aal: 2 as const, deviceBound: false, attested: false, rung: 2 as const };
      await parts.database.write(async (tx) => {
        await addLoginName(parts, tx, account, telephone);
        await addLoginName(parts, tx, account, `name${account.slice(4, 12)}`);
        const added = [
          { ...way, kind: 'sms', label: telephone, lookup: 'x', publicPart: {}, secret: telephone },
          { ...way, kind: 'password', label: '口令', lookup: null, publicPart: {}, secret: 'hash' },
          { ...way, kind: 'passkey', label: '我的手机', lookup: 'key', publicPart: { key: 1 }, secret: null },
          {
            ...way,
            kind: 'certificate',
            label: '证书',
            lookup: 'certificate:a:1',
            publicPart: {},
            secret: null,
          },
        ] as const;
        for (const each of added) await enrolAuthenticator(parts, tx, actor, each);
      });
    }

    async function requireForgotten(account: string): Promise<void> {
      const { reader } = world.people.database;
      for (const table of ['login_name', 'login_device', 'login_notice', 'one_time_code'] as const)
        assert.deepEqual(
          await reader.selectFrom(table).select('account').where('account', '=', account).execute(),
          [],
          table,
        );
      const ways = await reader
        .selectFrom('authenticator')
        .selectAll()
        .where('account', '=', account)
        .execute();
      assert.equal(ways.length, 4, 'that there were some stays on record');
      for (const way of ways)
        assert.deepEqual(
          [way.state, way.label, way.public_part, way.secret_cipher, way.lookup],
          ['ended', '', '{}', null, way.kind === 'certificate' ? 'certificate:a:1' : null],
          way.kind,
        );
      const proofings = await reader.selectFrom('proofing').select('ended_at').where('account', '=', account).execute(); // prettier-ignore
      assert.ok(proofings.every((each) => each.ended_at !== null));
    }

    it('a granted deletion forgets every way to log in; the number is free for whoever has it next', async () => {
      await giveWays(numbered);
      const protector = await world.officer(residents[12]!, ['data-protection-officer']);
      const { person } = (await accountById(world.people, numbered))!;
      const asked = { by: numbered, person, kind: 'delete', words: '请删除' } as const;
      const id = await openPersonRequest(world.people, world.actor(numbered), asked);
      const effect = { kind: 'erase' } as const;
      const decision = { by: protector, id, done: true, answer: '已删除', effect };
      await decidePersonRequest(world.people, world.actor(protector), decision);
      await requireForgotten(numbered);
      const other = await world.account(residents[1]!, 2);
      await parts.database.write((tx) => addLoginName(parts, tx, other, telephone));
    });

    it('a joined account is forgotten at once, what was written of it with the person it was joined to', async () => {
      const { passport, account } = await byPassport('E77778888');
      await giveWays(account);
      await merge(seen(card(one)), seen(passport, birthDate));
      await requireForgotten(account);
      // The person’s own telephone is free again for the account that goes on.
      await parts.database.write((tx) => addLoginName(parts, tx, numbered, telephone));
      await setAccountState(world.people, system, numbered, { state: 'closed', reason: 'own-wish' });
      world.later(1200 * day);
      assert.equal(await sweepPersonalData(world.people), 1);
      const { reader } = world.people.database;
      const left = await reader
        .selectFrom('proofing')
        .select('id')
        .where('evidence_cipher', '!=', '')
        .where('account', 'in', [account, numbered])
        .execute();
      assert.deepEqual(left, []);
      const names = await reader.selectFrom('login_name').select('account').execute();
      assert.deepEqual(names, []);
    });

    it('what was asked for under a joined account is carried out for the person who goes on, through two joins', async () => {
      const { passport, account } = await byPassport('E11223344');
      const { person } = (await accountById(world.people, account))!;
      const asked = { by: account, person, kind: 'delete', words: '请删除' } as const;
      const id = await openPersonRequest(world.people, world.actor(account), asked);
      const middle = await byPassport('E11223355');
      await merge(seen(middle.passport, birthDate), seen(passport, birthDate));
      await merge(seen(card(one)), seen(middle.passport, birthDate));
      // Asked under an account that is no more: it is the person who goes on that is erased, not an empty row.
      const protector = await world.officer(residents[12]!, ['data-protection-officer']);
      const effect = { kind: 'erase' } as const;
      const decision = { by: protector, id, done: true, answer: '已删除', effect };
      await decidePersonRequest(world.people, world.actor(protector), decision);
      const survivor = (await accountById(world.people, numbered))!;
      assert.equal(survivor.state, 'closed');
      assert.equal(await personById(world.people, survivor.person), null);
      const [request] = await requestsOf(world.people, survivor.person);
      assert.ok(request !== undefined && request.words === '');
    });

    it('joins no two documents that tell two birth dates', async () => {
      const { passport, account } = await byPassport('E55556666');
      await assert.rejects(merge(seen(card(one)), seen(passport, '1990-01-01')), refused('merge-refused'));
      // Nor two cards, each of which tells its own.
      const stranger = sample(800, '19900101');
      world.store.seed(
        [card(stranger)].map((each) => ({ ...each, wanghao: stranger.wanghao })),
        [],
      );
      const victim = await world.account(stranger, 3);
      await world.account(residents[2]!, 2);
      await assert.rejects(merge(seen(card(residents[2]!)), seen(card(stranger))), refused('merge-refused'));
      for (const each of [victim, account])
        assert.equal((await accountById(world.people, each))?.state, 'active');
    });

    it('a name is corrected of whoever is still there: nobody erased or joined meanwhile comes back', async () => {
      const protector = await world.officer(residents[12]!, ['data-protection-officer']);
      const { person } = (await accountById(world.people, numbered))!;
      const asked = { by: numbered, person, kind: 'correct', words: '请更正' } as const;
      const id = await openPersonRequest(world.people, world.actor(numbered), asked);
      const answered = world.people.registers.matchPerson.bind(world.people.registers);
      const slow = {
        ...world.people,
        registers: {
          ...world.people.registers,
          // Between the register's answer and the write, somebody else erased the person.
          matchPerson: async (...about: Parameters<typeof answered>) => {
            const said = await answered(...about);
            await world.people.database.write((tx) =>
              erasePersonIn(tx, world.people, { person, actor: system, details: {} }),
            );
            return said;
          },
        },
      };
      const effect = { kind: 'name', name: one.name } as const;
      const decision = { by: protector, id, done: true, answer: '已更正', effect };
      await assert.rejects(
        decidePersonRequest(slow, world.actor(protector), decision),
        refused('person-request-not-found'),
      );
      const row = await world.people.database.reader
        .selectFrom('person')
        .selectAll()
        .where('id', '=', person)
        .executeTakeFirstOrThrow();
      assert.deepEqual([row.state, row.name_cipher, row.number_index], ['erased', null, null]);
      assert.equal((await requestsOf(world.people, person))[0]?.state, 'open');
    });
  });
}
