// Officers: 三员 disjoint, rights by two persons only, nobody in a matter of their own, audit that nobody edits.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { setAccountState } from '../../identity/account-state.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import { appointFirstAdministrators, officerOf } from '../../identity/officers.ts';
import {
  administrativeRoles,
  conflictOf,
  isAdministrative,
  officerRoles,
  scopesOfRoles,
  type OfficerRole,
} from '../../identity/roles.ts';
import {
  approveTwoPersons,
  askTwoPersons,
  rejectTwoPersons,
  takeUpApprovalIn,
  twoPersonRequests,
  withdrawTwoPersons,
} from '../../identity/two-person.ts';
import type { TwoPersonKind } from '../../identity/two-person-kinds.ts';
import { readAudit, whoLooked } from '../../identity/who-looked.ts';
import { engines } from '../storage/engines.ts';
import {
  day,
  department,
  openPeopleWorld,
  residents,
  system,
  type PeopleWorld,
  type Sample,
} from './people-world.ts';

const refused =
  (...codes: IdentityErrorCode[]) =>
  (error: unknown) =>
    error instanceof IdentityError && codes.includes(error.code);
const who = (position: number): Sample => residents[position]!;

for (const engine of engines) {
  describe(`people: officers (${engine.name})`, () => {
    let world: PeopleWorld;
    let administrator: string;
    let security: string;
    let auditor: string;
    let officer: string;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openPeopleWorld(engine);
      [administrator, security, auditor] = [
        await world.account(who(0), 4),
        await world.account(who(1), 4),
        await world.account(who(2), 4),
      ];
      await appointFirstAdministrators(world.people, system, department.creditCode, {
        'system-administrator': administrator,
        'security-administrator': security,
        'audit-administrator': auditor,
      });
      officer = await world.officer(who(3), []);
    });
    afterEach(() => world.close());

    const ask = (
      kind: TwoPersonKind,
      more: { subject?: string | null; by?: string; parameters?: Record<string, string> } = {},
    ): Promise<string> =>
      askTwoPersons(world.people, world.actor(more.by ?? administrator), {
        by: more.by ?? administrator,
        kind,
        subject: more.subject === undefined ? officer : more.subject,
        parameters: more.parameters ?? { role: 'case-officer' },
        purpose: '岗位调整',
      });
    const approve = (id: string, by = security): Promise<void> =>
      approveTwoPersons(world.people, world.actor(by), { by, id });
    const rolesNow = async (account: string): Promise<readonly OfficerRole[]> =>
      (await officerOf(world.people, account))?.roles ?? [];

    it('appoints three administrators once, of three persons', async () => {
      const three = {
        'system-administrator': officer,
        'security-administrator': security,
        'audit-administrator': auditor,
      };
      await assert.rejects(
        appointFirstAdministrators(world.people, system, department.creditCode, three),
        refused('administrators-exist'),
      );
      const same = {
        'system-administrator': officer,
        'security-administrator': officer,
        'audit-administrator': auditor,
      };
      await assert.rejects(
        appointFirstAdministrators(world.people, system, department.creditCode, same),
        refused('role-conflict'),
      );
      assert.deepEqual(await rolesNow(administrator), ['system-administrator']);
    });

    it('grants a role when one asks and another decides, and says so to sessions and audit', async () => {
      const id = await ask('role-grant');
      assert.deepEqual(await rolesNow(officer), [], 'asking grants nothing');
      await approve(id);
      assert.deepEqual(await rolesNow(officer), ['case-officer']);
      assert.ok(world.heard.includes(`roles ${officer}`));
      assert.deepEqual((await world.actions()).slice(-4), [
        'two-person.requested',
        'two-person.approved',
        'role.granted',
        'two-person.executed',
      ]);
      await approve(await ask('role-end'));
      assert.deepEqual(await rolesNow(officer), []);
    });

    it('appoints and dismisses by two persons', async () => {
      const account = await world.account(who(4), 3);
      await approve(
        await ask('officer-appoint', { subject: account, parameters: { department: department.creditCode } }),
      );
      await approve(await ask('role-grant', { subject: account, parameters: { role: 'window-officer' } }));
      assert.deepEqual(await rolesNow(account), ['window-officer']);
      await approve(await ask('officer-end', { subject: account, parameters: {} }));
      assert.equal(await officerOf(world.people, account), null);
      await assert.rejects(
        approve(await ask('role-grant', { subject: account })),
        refused('officer-not-found'),
      );
    });

    it('lets nobody ask or decide in a matter of their own, nor decide what they asked', async () => {
      await assert.rejects(ask('role-grant', { subject: administrator }), refused('own-matter'));
      const about = await ask('role-end', {
        subject: security,
        parameters: { role: 'security-administrator' },
      });
      await assert.rejects(approve(about), refused('own-matter'), 'the one it is about');
      const id = await ask('restore', { subject: null, parameters: { backup: 'a' } });
      await assert.rejects(approve(id, administrator), refused('own-matter'), 'the asker');
      await assert.rejects(
        rejectTwoPersons(world.people, world.actor(administrator), { by: administrator, id, reason: 'x' }),
        refused('own-matter'),
      );
      // The schema says the same, whatever code does.
      await assert.rejects(
        world.people.database.write((tx) =>
          tx
            .updateTable('two_person_request')
            .set({ decided_by: administrator })
            .where('id', '=', id)
            .execute(),
        ),
        { code: 'constraint-violation' },
      );
    });

    it('lets only the right role ask and decide, at the moment of deciding', async () => {
      await assert.rejects(ask('role-grant', { by: officer, subject: auditor }), refused('role-missing'));
      await assert.rejects(ask('role-grant', { by: auditor }), refused('role-missing'));
      const id = await ask('role-grant');
      for (const by of [auditor, officer]) await assert.rejects(approve(id, by), refused('role-missing'));
      // The asker's account is locked in the meantime: what they asked for is not granted.
      await setAccountState(world.people, system, administrator, { state: 'locked', reason: 'incident' });
      await assert.rejects(approve(id), refused('role-missing'));
      assert.deepEqual(await rolesNow(officer), []);
    });

    it('decides once, however many decide at the same time; not after three days, nor after it was taken back', async () => {
      const second = await world.officer(who(5), ['security-administrator']);
      const id = await ask('role-grant');
      const outcomes = await Promise.allSettled([
        approve(id),
        approve(id, second),
        approve(id),
        approve(id, second),
      ]);
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      const late = await ask('role-end');
      world.later(3 * day);
      await assert.rejects(approve(late), refused('two-person-request-decided'));
      const back = await ask('role-end');
      await assert.rejects(
        withdrawTwoPersons(world.people, world.actor(security), { by: security, id: back }),
        refused('two-person-request-decided'),
      );
      await withdrawTwoPersons(world.people, world.actor(administrator), { by: administrator, id: back });
      await assert.rejects(approve(back), refused('two-person-request-decided'));
      assert.deepEqual(await twoPersonRequests(world.people, { open: true, limit: 10 }), []);
      assert.equal((await twoPersonRequests(world.people, { open: false, limit: 10 })).length, 3);
    });

    it('refuses requests that make no sense', async () => {
      await assert.rejects(ask('role-grant', { parameters: { role: 'emperor' } }), refused('role-unknown'));
      await assert.rejects(ask('role-grant', { parameters: {} }), refused('two-person-request-invalid'));
      await assert.rejects(
        ask('role-grant', { parameters: { role: 'case-officer', more: 'x' } }),
        refused('two-person-request-invalid'),
      );
      await assert.rejects(ask('role-grant', { subject: null }), refused('two-person-request-invalid'));
      await assert.rejects(
        ask('restore', { parameters: { backup: 'a' } }),
        refused('two-person-request-invalid'),
      );
      await assert.rejects(
        ask('restore', { subject: null, parameters: { backup: 'a\nb' } }),
        refused('two-person-request-invalid'),
      );
      await assert.rejects(ask('role-grant', { subject: 'acc_0' }), refused('account-not-found'));
    });

    it('hands an approval of restore, master key, export or trust list out once, for exactly what was approved', async () => {
      const parameters = { backup: 'sha256:abc' };
      const take = (
        id: string,
        given: Record<string, string> = parameters,
        kind: TwoPersonKind = 'restore',
      ): Promise<void> =>
        world.people.database.write((tx) =>
          takeUpApprovalIn(tx, world.people, system, { id, kind, parameters: given }),
        );
      const id = await ask('restore', { subject: null, parameters });
      await assert.rejects(take(id), refused('two-person-request-decided'), 'not approved');
      await approve(id);
      await assert.rejects(take(id, { backup: 'sha256:other' }), refused('two-person-request-not-found'));
      await assert.rejects(take(id, parameters, 'bulk-export'), refused('two-person-request-not-found'));
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => take(id)));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      const lapsing = await ask('master-key', { subject: null, parameters: { operation: 'rotate' } });
      await approve(lapsing);
      world.later(3 * day);
      await assert.rejects(
        take(lapsing, { operation: 'rotate' }, 'master-key'),
        refused('two-person-request-decided'),
      );
    });

    it('keeps 三员 disjoint whatever is granted in whatever order', async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(...officerRoles), { minLength: 1, maxLength: 6 }),
          async (wanted) => {
            for (const role of officerRoles) {
              if ((await rolesNow(officer)).includes(role))
                await approve(await ask('role-end', { parameters: { role } }));
            }
            for (const role of wanted) {
              await approve(await ask('role-grant', { parameters: { role } })).catch((error: unknown) => {
                assert.ok(refused('role-conflict')(error), String(error));
              });
              const held = await rolesNow(officer);
              const administrative = held.filter(isAdministrative);
              assert.ok(administrative.length <= 1);
              assert.ok(administrative.length === 0 || held.length === 1);
            }
          },
        ),
        { numRuns: 12 },
      );
      for (const one of administrativeRoles) {
        for (const other of officerRoles) if (one !== other) assert.equal(conflictOf(one, [other]), other);
      }
    });

    it('holds 三员 apart in the schema, past all code', async () => {
      const row = await world.people.database.reader
        .selectFrom('officer_role')
        .selectAll()
        .where('account', '=', administrator)
        .executeTakeFirstOrThrow();
      await assert.rejects(
        world.people.database.write((tx) =>
          tx
            .insertInto('officer_role')
            .values({ ...row, id: 'orl_x', role: 'audit-administrator' })
            .execute(),
        ),
        { code: 'unique-violation' },
      );
    });

    it('gives administrators no scope over the district’s work, and case officers none over people', () => {
      for (const role of administrativeRoles) {
        assert.ok(
          scopesOfRoles([role]).every((scope) => scope.startsWith('identity:')),
          role,
        );
      }
      assert.ok(scopesOfRoles(['case-officer']).every((scope) => !scope.startsWith('identity:')));
    });

    it('shows the audit to audit administrators, but never their own doings, and records the reading', async () => {
      const reading = { by: auditor, before: null, subject: null, action: null, purpose: '月度审计' };
      await readAudit(world.people, world.actor(auditor), reading);
      const rows = await readAudit(world.people, world.actor(auditor), reading);
      assert.ok(rows.length > 3);
      assert.ok(rows.every(({ actor }) => actor !== world.actor(auditor).id));
      assert.equal((await world.actions()).filter((action) => action === 'audit.read').length, 2);
      await assert.rejects(
        readAudit(world.people, world.actor(security), { ...reading, by: security }),
        refused('role-missing'),
      );
      await assert.rejects(
        world.people.database.write((tx) =>
          tx.deleteFrom('audit_log').where('action', '=', 'audit.read').execute(),
        ),
        { code: 'constraint-violation' },
      );
    });

    it('shows a person who looked, and nobody else', async () => {
      const account = await world.account(who(6), 3);
      const person = (
        await world.people.database.reader
          .selectFrom('account')
          .select('person')
          .where('id', '=', account)
          .executeTakeFirstOrThrow()
      ).person;
      const rows = await whoLooked(world.people, { by: account, person, also: [] });
      assert.deepEqual(rows.map(({ action }) => action).sort(), ['account.opened', 'account.proofed']);
      await assert.rejects(
        whoLooked(world.people, { by: officer, person, also: [] }),
        refused('guardian-refused'),
      );
    });
  });
}
