// The window: two officers, a second look, and what comes of a case: proofing, merging, guardians.
import assert from 'node:assert/strict';
import { accountById, accountOfPerson, openAccount, proofingOf } from '../../identity/accounts.ts';
import { setAccountState } from '../../identity/account-state.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import { copyOfPersonalData } from '../../identity/person-rights.ts';
import { formerDocuments } from '../../identity/joined-documents.ts';
import { findPerson, personById, personWith } from '../../identity/persons.ts';
import { accountByWangzheng } from '../../identity/proofing.ts';
import {
  confirmCase,
  proposeCase,
  readCase,
  rejectCase,
  waitingCases,
  type Proposal,
} from '../../identity/proofing-desk.ts';
import type { SeenDocument } from '../../identity/proofing-details.ts';
import { withdrawProofing } from '../../identity/proofing-end.ts';
import { sweepPersonalData } from '../../identity/retention.ts';
import { verifiedClaimsOf } from '../../identity/verified-claims.ts';
import { engines } from '../storage/engines.ts';
import {
  child,
  day,
  openPeopleWorld,
  otherDepartment,
  residents,
  system,
  type PeopleWorld,
  type Sample,
} from './people-world.ts';

const refused = (code: IdentityErrorCode) => (error: unknown) =>
  error instanceof IdentityError && error.code === code;
const who = (position: number): Sample => residents[position]!;
const seen = (one: Sample, more: Partial<SeenDocument> = {}): SeenDocument => ({
  type: 'resident-identity-card',
  number: one.number,
  name: one.name,
  birthDate: null,
  expires: '2036-01-01',
  reader: 'chip',
  livePerson: true,
  reference: '窗口簿 2026-118',
  ...more,
});

for (const engine of engines) {
  describe(`people: desk (${engine.name})`, () => {
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

    describe('at the window', () => {
      let first: string;
      let second: string;
      beforeEach(async () => {
        first = await world.officer(who(10), ['window-officer']);
        second = await world.officer(who(11), ['window-supervisor']);
      });
      const proposal = (more: Partial<Proposal> = {}): Proposal => ({
        by: first,
        kind: 'proofing',
        seen: seen(who(0)),
        showing: null,
        about: null,
        ...more,
      });
      const propose = (more: Partial<Proposal> = {}): Promise<string> =>
        proposeCase(world.people, world.actor(more.by ?? first), proposal(more));
      const confirm = (id: string, by = second): Promise<string> =>
        confirmCase(world.people, world.actor(by), { by, id });

      it('opens an account at rung 4 by two officers, and says so in verified_claims', async () => {
        const id = await propose();
        assert.equal(
          await findPerson(world.people, { type: 'resident-identity-card', ...who(0) }),
          null,
          'nothing before the second look',
        );
        const [listed] = await waitingCases(world.people, second);
        assert.equal(listed?.name, '样***');
        assert.ok(!JSON.stringify(listed).includes(who(0).number));
        assert.equal(
          (await readCase(world.people, world.actor(second), { by: second, id })).details.seen.name,
          who(0).name,
        );
        await confirm(id);
        const person = await findPerson(world.people, { type: 'resident-identity-card', ...who(0) });
        const account = await accountOfPerson(world.people, person!.id);
        const proofing = await proofingOf(world.people, account!.id, world.now);
        assert.equal(proofing?.rung, 4);
        const [claims] = await verifiedClaimsOf(world.people, account!.id, [
          'name',
          'document_number',
          'age_over_18',
        ]);
        assert.equal(claims?.verification.assurance_level, 'urn:gov:ial:4');
        assert.deepEqual(claims.claims, {
          name: who(0).name,
          document_number: who(0).number,
          age_over_18: true,
        });
        const [document] = claims.verification.evidence;
        assert.ok(document?.type === 'document');
        assert.deepEqual(
          document.check_details.map(({ check_method: method }) => method),
          ['vcrypt', 'pvp'],
        );
        world.later(60_000);
        assert.deepEqual(
          await verifiedClaimsOf(world.people, account!.id, ['name'], 30),
          [],
          'older than the client accepts',
        );
      });

      it('gives rung 3 where the document was compared by eye, and no longer than the document lasts', async () => {
        await confirm(await propose({ seen: seen(who(0), { reader: 'eye', expires: '2026-12-31' }) }));
        const person = await findPerson(world.people, { type: 'resident-identity-card', ...who(0) });
        const proofing = await proofingOf(
          world.people,
          (await accountOfPerson(world.people, person!.id))!.id,
          world.now,
        );
        assert.equal(proofing?.rung, 3);
        assert.equal(proofing.validUntil.toISOString(), '2026-12-31T16:00:00.000Z');
      });

      it('needs two officers of the department, each with their role, neither in a case of their own', async () => {
        const both = await world.officer(who(12), ['window-officer', 'window-supervisor']);
        const foreign = await world.officer(who(13), ['window-supervisor'], otherDepartment.creditCode);
        const id = await propose({ by: both });
        await assert.rejects(confirm(id, both), refused('own-matter'), 'the same officer');
        await assert.rejects(confirm(id, first), refused('role-missing'), 'without the role');
        await assert.rejects(confirm(id, foreign), refused('case-not-found'), 'another department');
        await assert.rejects(propose({ seen: seen(who(10)) }), refused('own-matter'), 'one’s own document');
        const ofSecond = await propose({ seen: seen(who(11)) });
        await assert.rejects(confirm(ofSecond), refused('own-matter'), 'a case about oneself');
        await assert.rejects(
          readCase(world.people, world.actor(second), { by: second, id: ofSecond }),
          refused('own-matter'),
        );
        await confirm(id);
        await assert.rejects(confirm(id), refused('case-decided'));
      });

      it('is decided once, whoever is first', async () => {
        const more = await Promise.all(
          [14, 15, 16].map((one) => world.officer(who(one), ['window-supervisor'])),
        );
        const id = await propose();
        const outcomes = await Promise.allSettled([second, ...more].map((by) => confirm(id, by)));
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
        const proofings = await world.people.database.reader
          .selectFrom('proofing')
          .select('id')
          .where('method', '=', 'window')
          .where('source', '=', '11120105000123457H')
          .execute();
        assert.equal(proofings.length, 1);
      });

      it('waits, undecided, while the population register is down; and refuses what the register does not confirm', async () => {
        const id = await propose();
        world.register.fault = 'error';
        await assert.rejects(confirm(id), refused('register-unavailable'));
        assert.equal((await waitingCases(world.people, second)).length, 1);
        world.register.fault = 'none';
        await confirm(id);
        const wrong = await propose({ seen: seen({ ...who(1), name: '样本错' }) });
        await assert.rejects(confirm(wrong), refused('register-mismatch'));
      });

      it('refuses papers without the person, expired ones, nonsense dates, and a second case beside an open one', async () => {
        for (const bad of [
          { livePerson: false },
          { expires: '2026-11-24' },
          { expires: '2026-02-30' },
          { birthDate: '2030-01-01' },
          { reference: ' ' },
        ]) {
          await assert.rejects(
            propose({ seen: seen(who(0), bad) }),
            refused('proofing-refused'),
            JSON.stringify(bad),
          );
        }
        await propose();
        await assert.rejects(propose(), refused('case-open'));
        world.later(day + 1);
        await propose();
      });

      it('forgets what was seen once a case is decided or has lapsed', async () => {
        const id = await propose();
        await rejectCase(world.people, world.actor(second), { by: second, id, reason: '照片不符' });
        const row = await world.people.database.reader
          .selectFrom('proofing_case')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        assert.equal(row.details_cipher, null);
        await assert.rejects(confirm(id), refused('case-decided'));
        const lapsing = await propose();
        world.later(day + 1);
        await assert.rejects(confirm(lapsing), refused('case-decided'));
      });

      it('is undone where it was wrong: the level falls, sessions hear of it, and nobody undoes their own', async () => {
        const proofing = await confirm(await propose());
        const person = await findPerson(world.people, { type: 'resident-identity-card', ...who(0) });
        const account = (await accountOfPerson(world.people, person!.id))!.id;
        const withdraw = (by: string, id = proofing): Promise<void> =>
          withdrawProofing(world.people, world.actor(by), { by, id, reason: '证件系伪造' });
        await assert.rejects(withdraw(first), refused('role-missing'));
        const foreign = await world.officer(who(13), ['window-supervisor'], otherDepartment.creditCode);
        await assert.rejects(withdraw(foreign), refused('case-not-found'));
        const security = await world.officer(who(14), ['security-administrator']);
        const own = await world.people.database.reader
          .selectFrom('proofing')
          .select('id')
          .where('account', '=', security)
          .executeTakeFirstOrThrow();
        await assert.rejects(withdraw(security, own.id), refused('own-matter'));
        await withdraw(second);
        assert.equal(await proofingOf(world.people, account, world.now), null);
        assert.ok(world.heard.includes(`lowered ${account}`));
        await assert.rejects(withdraw(second), refused('case-not-found'));
      });

      it('has no column and no field in which a face could be kept', async () => {
        const fields = Object.values(seen(who(0))).map((value) => typeof value);
        assert.ok(fields.every((type) => type === 'string' || type === 'boolean' || type === 'object'));
        await assert.rejects(
          propose({ seen: seen(who(0), { reference: 'data:image/png;base64,'.padEnd(2000, 'A') }) }),
          refused('proofing-refused'),
        );
      });

      it('joins the account of a 网号 into that of the document, and ends the other', async () => {
        const alone = await accountByWangzheng(world.people, world.actor('new'), showing(who(0).wanghao));
        const numbered = await world.account(who(0), 2);
        await assert.rejects(propose({ kind: 'merge' }), refused('proofing-refused'), 'without the 网证');
        await assert.rejects(
          propose({ kind: 'merge', showing: showing(who(1).wanghao, 'showing-other') }),
          refused('proofing-refused'),
          'somebody else’s 网证',
        );
        await confirm(await propose({ kind: 'merge', showing: showing(who(0).wanghao, 'showing-merge') }));
        assert.deepEqual(
          await accountById(world.people, alone).then((one) => [one?.state, one?.mergedInto]),
          ['merged', numbered],
        );
        assert.ok(world.heard.includes(`ended ${alone} merged`));
        const account = await accountById(world.people, numbered);
        const person = await personById(world.people, account!.person);
        assert.deepEqual([person?.number, person?.wanghao], [who(0).number, who(0).wanghao]);
        assert.equal(await personWith(world.people, { wanghao: who(0).wanghao }), account!.person);
        assert.equal((await proofingOf(world.people, numbered, world.now))?.rung, 4);
        assert.equal(await proofingOf(world.people, alone, world.now), null);
      });

      it('joins the accounts of two documents of one person; both stay in the history, and both lead to whoever goes on', async () => {
        const passport = { type: 'passport' as const, number: 'E12345678', name: who(0).name };
        world.store.seed([{ ...passport, wanghao: 'WHpassport00' }], []);
        const other = await openAccount(world.people, system, await personWith(world.people, { ...passport, birthDate: '1985-06-12' })); // prettier-ignore
        const numbered = await world.account(who(0), 2);
        const also = seen(who(0), { type: 'passport', number: passport.number, birthDate: '1985-06-12' });
        await assert.rejects(propose({ kind: 'proofing', also }), refused('proofing-refused'));
        await assert.rejects(
          propose({ kind: 'merge', also, showing: 'showing-x-12345' }),
          refused('proofing-refused'),
          'one proof or the other',
        );
        await assert.rejects(
          propose({ kind: 'merge', also: { ...also, expires: '2020-01-01' } }),
          refused('proofing-refused'),
          'the other document has expired',
        );
        const id = await propose({ kind: 'merge', also });
        await assert.rejects(
          confirm(id, first),
          refused('role-missing'),
          'the second look is another officer’s',
        );
        const looked = await readCase(world.people, world.actor(second), { by: second, id });
        assert.equal(looked.details.also?.number, passport.number);
        await confirm(id);
        assert.deepEqual(
          await accountById(world.people, other.id).then((one) => [one?.state, one?.mergedInto]),
          ['merged', numbered],
        );
        assert.ok(world.heard.includes(`ended ${other.id} merged`));
        const person = (await accountById(world.people, numbered))!.person;
        // Both documents find the one person, whose own document is still the card.
        for (const key of [passport, { type: 'resident-identity-card' as const, ...who(0) }])
          assert.equal((await findPerson(world.people, key))?.id, person);
        assert.equal(await personWith(world.people, passport), person);
        assert.equal((await personById(world.people, person))?.number, who(0).number);
        const history = await formerDocuments(world.people, person);
        assert.deepEqual(
          history.map((one) => [one.documentType, one.number, one.name]),
          [['passport', passport.number, passport.name]],
        );
        const copy = await copyOfPersonalData(world.people, world.actor(numbered), numbered, person);
        assert.equal(copy.formerDocuments.length, 1, 'the person sees it in their copy');
        // A later proofing by the joined document changes nothing of the first one.
        await confirm(await propose({ seen: { ...also, type: 'passport' } }));
        assert.equal((await personById(world.people, person))?.number, who(0).number);
        assert.equal((await accountOfPerson(world.people, person))?.id, numbered, 'no second account');
        // Joined once: there are no two accounts any more.
        await assert.rejects(confirm(await propose({ kind: 'merge', also })), refused('merge-refused'));
      });

      it('joins nobody else’s document: the register must confirm both, and neither officer is the person', async () => {
        const passport = { type: 'passport' as const, number: 'E87654321', name: '样本他人' };
        await openAccount(world.people, system, await personWith(world.people, passport));
        await world.account(who(0), 2);
        const also = { ...seen(who(0)), ...passport, birthDate: '1985-06-12' };
        const id = await propose({ kind: 'merge', also });
        await assert.rejects(
          confirm(id),
          refused('register-mismatch'),
          'the register knows no such passport',
        );
        await assert.rejects(
          propose({ kind: 'merge', seen: seen(who(1)), also: seen(who(10)) }),
          refused('own-matter'),
        );
      });

      it('erases a joined document with the person it was joined to', async () => {
        const passport = { type: 'passport' as const, number: 'E11112222', name: who(0).name };
        world.store.seed([{ ...passport, wanghao: 'WHpassport01' }], []);
        await openAccount(world.people, system, await personWith(world.people, passport));
        const numbered = await world.account(who(0), 2);
        const also = { ...seen(who(0)), ...passport, birthDate: '1985-06-12' };
        await confirm(await propose({ kind: 'merge', also }));
        await setAccountState(world.people, system, numbered, { state: 'closed', reason: 'own-wish' });
        world.later(1200 * day);
        assert.equal(await sweepPersonalData(world.people), 1);
        const rows = await world.people.database.reader.selectFrom('person_document').selectAll().execute();
        assert.deepEqual(rows, []);
      });

      it('never joins the account of an officer or a locked one', async () => {
        const alone = await accountByWangzheng(world.people, world.actor('new'), showing(who(0).wanghao));
        await world.account(who(0), 2);
        const id = await propose({ kind: 'merge', showing: showing(who(0).wanghao, 'showing-merge') });
        await setAccountState(world.people, world.actor('x'), alone, { state: 'locked', reason: 'incident' });
        await assert.rejects(confirm(id), refused('merge-refused'));
        assert.equal((await accountById(world.people, alone))?.state, 'locked');
        assert.equal((await waitingCases(world.people, second)).length, 1, 'nothing half-done');
      });

      it('opens no account for a child under fourteen until a guardian is recorded', async () => {
        const guardian = await world.account(who(5), 3);
        await assert.rejects(world.account(child), refused('guardian-needed'));
        const early = await propose({ seen: seen(child) });
        await assert.rejects(confirm(early), refused('guardian-needed'));
        await confirm(await propose({ kind: 'guardianship', seen: seen(child), about: guardian }));
        await confirm(early);
        await assert.rejects(
          propose({ kind: 'guardianship', seen: seen(who(6)), about: guardian }).then((id) => confirm(id)),
          refused('guardian-refused'),
          'of age',
        );
      });
    });
  });
}
