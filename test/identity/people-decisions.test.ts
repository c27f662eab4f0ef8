// Requests of persons carried out: a copy of everything, a name corrected by the register's word, everything erased for good.
import assert from 'node:assert/strict';
import { accountById } from '../../identity/accounts.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import { decidePersonRequest, type DecisionEffect } from '../../identity/person-decision.ts';
import {
  copyOfPersonalData,
  openPersonRequest,
  requestsOf,
  type PersonRequestKind,
} from '../../identity/person-rights.ts';
import { findPerson, personById } from '../../identity/persons.ts';
import { engines } from '../storage/engines.ts';
import { openPeopleWorld, residents, type PeopleWorld, type Sample } from './people-world.ts';

const refused = (code: IdentityErrorCode) => (error: unknown) =>
  error instanceof IdentityError && error.code === code;
const who = (position: number): Sample => residents[position]!;

for (const engine of engines) {
  describe(`people: requests carried out (${engine.name})`, () => {
    let world: PeopleWorld;
    let officer: string;
    let account: string;
    let person: string;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openPeopleWorld(engine);
      officer = await world.officer(who(12), ['data-protection-officer']);
      // Known here by a name that is not the one of the register.
      account = await world.account({ ...who(0), name: '样本旧名' }, 2);
      person = (await accountById(world.people, account))!.person;
    });
    afterEach(() => world.close());

    const ask = (kind: PersonRequestKind, by = account, about = person): Promise<string> =>
      openPersonRequest(world.people, world.actor(by), { by, person: about, kind, words: '请办理' });
    const decide = (id: string, effect: DecisionEffect | null, done = true, by = officer): Promise<void> =>
      decidePersonRequest(world.people, world.actor(by), { by, id, done, answer: '已核对', effect });

    it('a copy holds everything, is on record, and is nobody else’s', async () => {
      await ask('explain');
      const copy = await copyOfPersonalData(world.people, world.actor(account), account, person);
      assert.equal(copy.person.number, who(0).number);
      assert.equal(copy.proofings.length, 1);
      assert.equal(copy.requests.length, 1);
      assert.ok((await world.actions()).includes('person.copied'));
      const other = await world.account(who(1), 2);
      await assert.rejects(
        copyOfPersonalData(world.people, world.actor(other), other, person),
        refused('guardian-refused'),
      );
    });

    it('a name is corrected where the register confirms it, and only there', async () => {
      const id = await ask('correct');
      await assert.rejects(decide(id, { kind: 'name', name: '样本假名' }), refused('register-mismatch'));
      assert.equal((await personById(world.people, person))?.name, '样本旧名');
      assert.equal((await requestsOf(world.people, person))[0]?.state, 'open', 'nothing is decided then');
      world.register.fault = 'error';
      await assert.rejects(decide(id, { kind: 'name', name: who(0).name }), refused('register-unavailable'));
      world.register.fault = 'none';
      await assert.rejects(decide(id, { kind: 'name', name: '\u0000' }), refused('person-name-invalid'));
      await decide(id, { kind: 'name', name: who(0).name });
      assert.equal((await personById(world.people, person))?.name, who(0).name);
      const [request] = await requestsOf(world.people, person);
      assert.deepEqual([request?.state, request?.answer], ['done', '已核对']);
      assert.ok((await world.actions()).includes('person.corrected'));
    });

    it('a granted deletion ends sessions, closes the account and erases the person at once', async () => {
      const id = await ask('delete');
      await decide(id, { kind: 'erase' });
      assert.equal((await accountById(world.people, account))?.state, 'closed');
      assert.ok(world.heard.includes(`ended ${account} closed`));
      assert.equal(await personById(world.people, person), null);
      assert.equal(
        await findPerson(world.people, { type: 'resident-identity-card', number: who(0).number, name: '' }),
        null,
      );
      const row = await world.people.database.reader
        .selectFrom('person')
        .selectAll()
        .where('id', '=', person)
        .executeTakeFirstOrThrow();
      for (const column of ['name_cipher', 'number_cipher', 'number_index', 'wanghao_cipher'] as const)
        assert.equal(row[column], null, column);
      const proofing = await world.people.database.reader
        .selectFrom('proofing')
        .select('evidence_cipher')
        .where('account', '=', account)
        .executeTakeFirstOrThrow();
      assert.equal(proofing.evidence_cipher, '');
      assert.ok((await world.actions()).includes('person.erased'));
      // Whoever comes back begins anew.
      assert.notEqual(await world.account(who(0)), account);
    });

    it('an effect belongs to its own kind, to a granted request, to somebody else’s, and is carried out once', async () => {
      const correct = await ask('correct');
      await assert.rejects(decide(correct, { kind: 'erase' }), refused('purpose-invalid'));
      const remove = await ask('delete');
      await assert.rejects(decide(remove, { kind: 'erase' }, false), refused('purpose-invalid'));
      await assert.rejects(decide(remove, { kind: 'erase' }, true, account), refused('role-missing'));
      const own = (await accountById(world.people, officer))!.person;
      const mine = await ask('delete', officer, own);
      await assert.rejects(decide(mine, { kind: 'erase' }), refused('own-matter'));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 6 }, () => decide(remove, { kind: 'erase' })),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      const erased = (await world.actions()).filter((action) => action === 'person.erased');
      assert.equal(erased.length, 1);
    });
  });
}
