// Purposes, consents, rights of the person, guardians under fourteen, retention and erasure.
import assert from 'node:assert/strict';
import { setAccountState } from '../../identity/account-state.ts';
import { consentsOf, giveConsent, mayProcess, withdrawConsent } from '../../identity/consents.ts';
import { ensureDefaultPurposes } from '../../identity/default-purposes.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import { confirmCase, proposeCase } from '../../identity/proofing-desk.ts';
import { decidePersonRequest } from '../../identity/person-decision.ts';
import {
  copyOfPersonalData,
  openPersonRequest,
  openPersonRequests,
  requestsOf,
} from '../../identity/person-rights.ts';
import { findPerson, personById } from '../../identity/persons.ts';
import {
  noticeOf,
  publishPurpose,
  purposes,
  requirePurpose,
  type NewPurpose,
} from '../../identity/purposes.ts';
import { sweepPersonalData } from '../../identity/retention.ts';
import { labelledDigest } from '../../crypto/algorithms.ts';
import { engines } from '../storage/engines.ts';
import { child, day, openPeopleWorld, residents, system, type PeopleWorld } from './people-world.ts';

const refused =
  (...codes: IdentityErrorCode[]) =>
  (error: unknown) =>
    error instanceof IdentityError && codes.includes(error.code);
const digest = (text: string): string => labelledDigest('sha256', text);
const survey: NewPurpose = {
  id: 'survey',
  name: '满意度调查',
  englishName: 'Survey',
  legalBasis: 'consent',
  sensitive: false,
  categories: ['评价'],
  retentionDays: 30,
  retentionGround: '统计后删除',
  recipients: [{ name: '统计机构', contact: '022-00000000', use: '统计', categories: ['评价'] }],
  notice: '第一版告知',
  englishNotice: 'First notice',
};

for (const engine of engines) {
  describe(`people: purposes (${engine.name})`, () => {
    let world: PeopleWorld;
    let account: string;
    let person: string;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openPeopleWorld(engine);
      await ensureDefaultPurposes(world.people, system, digest);
      account = await world.account(residents[0]!, 3);
      person = await personOf(account);
    });
    afterEach(() => world.close());

    const personOf = async (id: string): Promise<string> =>
      (
        await world.people.database.reader
          .selectFrom('account')
          .select('person')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).person;
    const publish = (more: Partial<NewPurpose> = {}): Promise<number> =>
      publishPurpose(world.people, system, { ...survey, ...more }, digest);
    const give = (version: number, by = account, of = person): Promise<string> =>
      giveConsent(world.people, world.actor(by), { by, person: of, purpose: 'survey', version });

    it('keep every notice word for word, under a version of its own', async () => {
      assert.equal(await publish(), 1);
      assert.equal(await publish(), 1, 'the same words are the same version');
      assert.equal(await publish({ notice: '第二版告知' }), 2);
      assert.equal((await noticeOf(world.people.database, 'survey', 1)).text, '第一版告知');
      assert.equal((await requirePurpose(world.people.database, 'survey')).notice, '第二版告知');
      await assert.rejects(publish({ legalBasis: 'contract' }), refused('purpose-invalid'));
      await assert.rejects(
        world.people.database.write((tx) => tx.updateTable('purpose_notice').set({ text: 'x' }).execute()),
        { code: 'constraint-violation' },
      );
      for (const bad of [
        { id: 'Bad Id' },
        { name: '' },
        { categories: [] },
        { retentionDays: -1 },
        { retentionDays: 1.5 },
        { notice: 'x'.repeat(5001) },
      ]) {
        await assert.rejects(publish(bad), refused('purpose-invalid'), JSON.stringify(bad));
      }
    });

    it('begin with defaults that what an officer published since survives', async () => {
      const before = await purposes(world.people.database);
      assert.ok(before.some(({ id }) => id === 'sign-in'));
      await publish({ ...before.find(({ id }) => id === 'sms-notices')!, notice: '本区自己的告知' });
      await ensureDefaultPurposes(world.people, system, digest);
      assert.equal((await requirePurpose(world.people.database, 'sms-notices')).notice, '本区自己的告知');
    });

    it('rest on separate consents, which a new notice outdates and a person withdraws', async () => {
      await publish();
      assert.equal(await mayProcess(world.people, person, 'survey'), false);
      assert.equal(await mayProcess(world.people, person, 'sign-in'), true);
      const id = await give(1);
      assert.equal(await give(1), id, 'given twice is given once');
      assert.equal(await mayProcess(world.people, person, 'survey'), true);
      await publish({ notice: '第二版告知' });
      assert.equal(await mayProcess(world.people, person, 'survey'), false);
      await assert.rejects(give(1), refused('notice-outdated'));
      await give(2);
      assert.equal(await mayProcess(world.people, person, 'survey'), true);
      await withdrawConsent(world.people, world.actor(account), { by: account, person, purpose: 'survey' });
      assert.equal(await mayProcess(world.people, person, 'survey'), false);
      assert.equal((await consentsOf(world.people, person)).length, 2, 'what was given stays on record');
      await assert.rejects(
        giveConsent(world.people, world.actor(account), {
          by: account,
          person,
          purpose: 'sign-in',
          version: 1,
        }),
        refused('consent-not-needed'),
      );
    });

    it('take one consent of many at the same time', async () => {
      await publish();
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => give(1)));
      assert.ok(outcomes.every(({ status }) => status === 'fulfilled'));
      assert.equal(
        (await consentsOf(world.people, person)).filter(({ withdrawnAt }) => withdrawnAt === null).length,
        1,
      );
    });

    it('let nobody decide for another, and a guardian for a child under fourteen until its birthday', async () => {
      await publish();
      const stranger = await world.account(residents[1]!, 3);
      await assert.rejects(give(1, stranger), refused('guardian-refused'));
      const first = await world.officer(residents[10]!, ['window-officer']);
      const second = await world.officer(residents[11]!, ['window-supervisor']);
      const { number, name } = child;
      for (const [kind, about] of [
        ['guardianship', account],
        ['proofing', null],
      ] as const) {
        const id = await proposeCase(world.people, world.actor(first), {
          by: first,
          kind,
          seen: {
            type: 'resident-identity-card',
            number,
            name,
            birthDate: null,
            expires: null,
            reader: 'chip',
            livePerson: true,
            reference: '簿 3',
          },
          showing: null,
          about,
        });
        await confirmCase(world.people, world.actor(second), { by: second, id });
      }
      const ward = (await findPerson(world.people, { type: 'resident-identity-card', number, name }))!.id;
      const own = await world.people.database.reader
        .selectFrom('account')
        .select('id')
        .where('person', '=', ward)
        .executeTakeFirstOrThrow();
      await assert.rejects(give(1, own.id, ward), refused('guardian-needed'));
      await give(1, account, ward);
      assert.equal(
        (await copyOfPersonalData(world.people, world.actor(account), account, ward)).person.name,
        name,
      );
      await assert.rejects(give(1, stranger, ward), refused('guardian-refused'));
      // The fourteenth birthday begins in Beijing at midnight: 2030-03-01.
      world.now = new Date('2030-02-28T15:59:59.000Z');
      await give(1, account, ward);
      world.now = new Date('2030-02-28T16:00:00.000Z');
      await assert.rejects(give(1, account, ward), refused('guardian-refused'));
      await give(1, own.id, ward);
    });

    it('answer requests of persons in time, by a data protection officer, never in a matter of their own', async () => {
      const officer = await world.officer(residents[12]!, ['data-protection-officer']);
      const ask = (by: string, of: string): Promise<string> =>
        openPersonRequest(world.people, world.actor(by), {
          by,
          person: of,
          kind: 'correct',
          words: '住址有误',
        });
      const id = await ask(account, person);
      await assert.rejects(
        openPersonRequests(world.people, world.actor(account), account),
        refused('role-missing'),
      );
      const [open] = await openPersonRequests(world.people, world.actor(officer), officer);
      assert.deepEqual([open?.id, open?.words], [id, '住址有误']);
      assert.equal(open?.dueAt.getTime(), world.now.getTime() + 15 * day);
      assert.ok((await world.actions()).includes('person.disclosed'));
      const decide = (one: string, by = officer, answer = '已更正'): Promise<void> =>
        decidePersonRequest(world.people, world.actor(by), { by, id: one, done: true, answer });
      await assert.rejects(decide(id, officer, ' '), refused('purpose-invalid'));
      await decide(id);
      await assert.rejects(decide(id), refused('person-request-not-found'));
      assert.equal((await requestsOf(world.people, person))[0]?.answer, '已更正');
      const own = await ask(officer, await personOf(officer));
      await assert.rejects(decide(own), refused('own-matter'));
      const row = await world.people.database.reader
        .selectFrom('person_request')
        .selectAll()
        .executeTakeFirstOrThrow();
      assert.ok(!JSON.stringify(row).includes('住址'), 'words of a request are encrypted');
    });

    it('erase a person whose account has been closed for the whole retention, and nothing earlier', async () => {
      await setAccountState(world.people, world.actor(account), account, {
        state: 'closed',
        reason: 'own-wish',
      });
      assert.ok(world.heard.includes(`ended ${account} closed`));
      world.later(1094 * day);
      assert.equal(await sweepPersonalData(world.people), 0);
      assert.equal((await personById(world.people, person))?.name, residents[0]!.name);
      world.later(day + 1);
      assert.equal(await sweepPersonalData(world.people), 1);
      assert.equal(await personById(world.people, person), null);
      const row = await world.people.database.reader
        .selectFrom('person')
        .selectAll()
        .where('id', '=', person)
        .executeTakeFirstOrThrow();
      assert.deepEqual([row.state, row.number_index, row.name_cipher], ['erased', null, null]);
      assert.equal(await sweepPersonalData(world.people), 0);
      // The same person may come again, as somebody new.
      assert.notEqual(await personOf(await world.account(residents[0]!)), person);
    });
  });
}
