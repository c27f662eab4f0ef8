// Officers by name: those of the reader's department and nobody else, in one question, and no resident ever.
import assert from 'node:assert/strict';
import { shownActors, unnamedActor } from '../../api/shown-actors.ts';
import { accountById } from '../../identity/accounts.ts';
import { officesOf } from '../../identity/officer-names.ts';
import { endOfficeIn } from '../../identity/officers.ts';
import { actorElement, actorList } from '../../web/actor.ts';
import { engines } from '../storage/engines.ts';
import { department, openPeopleWorld, otherDepartment, residents, system, type PeopleWorld, type Sample } from './people-world.ts'; // prettier-ignore

const who = (position: number): Sample => residents[position]!;

for (const engine of engines) {
  describe(`officers by name (${engine.name})`, () => {
    let world: PeopleWorld;
    const ids: Record<'own' | 'several' | 'left' | 'foreign' | 'moved' | 'resident', string> = {
      own: '',
      several: '',
      left: '',
      foreign: '',
      moved: '',
      resident: '',
    };

    before(async function () {
      engine.require(this);
      world = await openPeopleWorld(engine);
      const { people } = world;
      const personOf = async (account: string): Promise<string> =>
        `person:${(await accountById(people, account))?.person ?? ''}`;
      const end = (account: string): Promise<void> =>
        people.database.write((tx) => endOfficeIn(tx, people, system, { account, request: 'tpr_x' }));
      ids.own = await personOf(await world.officer(who(3), ['case-officer']));
      ids.several = await personOf(await world.officer(who(4), ['window-officer', 'seal-applicant']));
      const left = await world.officer(who(5), ['case-officer']);
      await end(left);
      ids.left = await personOf(left);
      ids.foreign = await personOf(await world.officer(who(6), ['type-officer'], otherDepartment.creditCode));
      const moved = await world.officer(who(7), ['case-officer']);
      await end(moved);
      await world.officer(who(7), ['case-officer'], otherDepartment.creditCode);
      ids.moved = await personOf(moved);
      ids.resident = await personOf(await world.account(who(8), 4));
    });
    after(() => (world as PeopleWorld | undefined)?.close());

    it('names officers of the reader’s department, others by department and role, and no resident', async () => {
      const all = Object.values(ids);
      const shown = await shownActors(world.people, department.creditCode, all);
      const said = (id: string): readonly (string | undefined)[] => [shown(id).who?.zh, shown(id).what?.zh];
      assert.deepEqual(said(ids.own), [who(3).name, '业务人员']);
      assert.deepEqual(said(ids.several), [who(4).name, '窗口核验员、印章经办人']);
      assert.deepEqual(said(ids.left), [who(5).name, '已离岗']);
      assert.deepEqual(said(ids.foreign), [otherDepartment.name, '证照类型管理员']);
      assert.deepEqual(said(ids.moved), [who(7).name, '已离岗']);
      assert.deepEqual(said(ids.resident), [undefined, undefined]);
      const elsewhere = await shownActors(world.people, otherDepartment.creditCode, all);
      assert.deepEqual(
        all.map((id) => elsewhere(id).who?.zh),
        [department.name, department.name, department.name, who(6).name, who(7).name, undefined],
      );
      for (const reader of [null, '91120105MA0000015K']) {
        const page = actorList(all.map(await shownActors(world.people, reader, all))).text;
        for (const { name } of residents) assert.ok(!page.includes(name), name);
      }
    });

    it('asks once however many a page names, and nothing for what is no person', async () => {
      let questions = 0;
      const reader = new Proxy(world.people.database.reader, {
        get(target, key) {
          if (key === 'selectFrom') questions += 1;
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
      const counted = { ...world.people, database: { ...world.people.database, reader } };
      const many = Array.from(
        { length: 3000 },
        (_, index) => `person:psn_${String(index).padStart(32, '0')}`,
      );
      const found = await officesOf(counted, [...Object.values(ids), ...many]);
      assert.deepEqual([found.size, questions], [5, 1]);
      assert.equal(
        (await officesOf(counted, ['client:key_1', 'system', 'staff-12', "person:x' OR 1=1"])).size,
        0,
      );
      assert.equal((await officesOf(counted, [])).size, 0);
      assert.equal(questions, 1);
    });

    it('finds accounts as well, and says in words who is no officer', async () => {
      const account = await world.account(who(3), 4);
      const shown = await shownActors(world.people, department.creditCode, [account, null]);
      assert.equal(shown(account).who?.zh, who(3).name);
      assert.equal(unnamedActor(ids.own).who, null);
      assert.equal(shown('client:key_1').who?.zh, '系统');
      assert.equal(shown('operator:li').who?.zh, '运维人员');
      const key = `client:key_${'0'.repeat(26)}abcdef`;
      assert.match(actorElement(shown(key)).text, /title="client:key_0{26}abcdef"\s*>…abcdef</);
      assert.match(actorElement(shown('staff-<12>')).text, /<code\s*>staff-&lt;12&gt;</);
    });
  });
}
