// Two persons for clients that reach far and for signing keys: taken up in the write that does the work, and only then.
import assert from 'node:assert/strict';
import { clientApproval } from '../../api/client-approval.ts';
import { requireTwoPersons, twoPersonsIn } from '../../api/two-persons.ts';
import { setAccountState } from '../../identity/account-state.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import { appointFirstAdministrators } from '../../identity/officers.ts';
import { clientChange, farReach } from '../../identity/provider/client-reach.ts';
import { clientById } from '../../identity/provider/client-register.ts';
import {
  checkedSettings,
  registerClient,
  rotateClientSecret,
  type ClientDependencies,
} from '../../identity/provider/clients.ts';
import { ensureKeys, keysOf, rotateKeys } from '../../identity/provider/keys.ts';
import { scopes } from '../../identity/principal.ts';
import { approveTwoPersons, askTwoPersons } from '../../identity/two-person.ts';
import { engines } from '../storage/engines.ts';
import { department, openPeopleWorld, residents, system, type PeopleWorld } from './people-world.ts';

const refused =
  (...codes: IdentityErrorCode[]) =>
  (error: unknown) =>
    error instanceof IdentityError && codes.includes(error.code);

describe('clients that reach far', () => {
  it('are those that touch people, authorities or approvals, numbers of documents, or are our own pages', () => {
    const settings = (change: object) =>
      checkedSettings({ kind: 'system', grants: ['system'], ...change }, false);
    for (const scope of scopes) {
      const far =
        (scope.startsWith('identity:') && scope !== 'identity:own') ||
        scope.startsWith('ca:') ||
        ['seals:approve', 'seals:administer', 'stamps:approve'].includes(scope);
      assert.deepEqual(farReach(settings({ apiScopes: [scope] })), far ? [scope] : [], scope);
    }
    const web = { kind: 'web', grants: ['code'], redirectUris: ['https://rp.example.cn/return'] };
    assert.deepEqual(farReach(settings(web)), []);
    assert.deepEqual(farReach(settings({ ...web, scopes: ['openid', 'resident_number'] })), [
      'resident_number',
    ]);
    assert.deepEqual(farReach(settings({ ...web, firstParty: true })), ['firstParty']);
  });

  it('are told with everything that is asked for, in whatever order it was written', () => {
    const one = checkedSettings({ kind: 'system', grants: ['system'], apiScopes: ['ca:read'] }, false);
    const same = Object.fromEntries(Object.entries(one).toReversed()) as typeof one;
    const told = { id: 'c', name: '甲', englishName: 'A', department: 'd' };
    assert.equal(
      clientChange('register', { ...told, settings: one }),
      clientChange('register', { ...told, settings: same }),
    );
    for (const change of [
      { name: '乙' },
      { department: 'e' },
      { settings: { ...one, apiScopes: ['ca:read', 'ca:operate'] as const } },
    ])
      assert.notEqual(
        clientChange('register', { ...told, settings: one }),
        clientChange('register', { ...told, settings: one, ...change } as Parameters<typeof clientChange>[1]),
      );
  });
});

for (const engine of engines) {
  describe(`two persons for clients and keys (${engine.name})`, () => {
    let world: PeopleWorld;
    let parts: ClientDependencies & PeopleWorld['people'];
    let administrator: string;
    let security: string;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openPeopleWorld(engine);
      parts = { ...world.people, demonstration: false, loopback: false };
      const account = (position: number): Promise<string> => world.account(residents[position]!, 4);
      administrator = await account(0);
      security = await account(1);
      await appointFirstAdministrators(world.people, system, department.creditCode, {
        'system-administrator': administrator,
        'security-administrator': security,
        'audit-administrator': await account(2),
      });
    });
    afterEach(() => world.close());

    async function approved(
      kind: 'client' | 'provider-key',
      parameters: Record<string, string>,
    ): Promise<string> {
      const id = await askTwoPersons(world.people, system, {
        by: administrator,
        kind,
        subject: null,
        parameters,
        purpose: '接入',
      });
      await approveTwoPersons(world.people, system, { by: security, id });
      return id;
    }
    const settings = checkedSettings(
      { kind: 'system', grants: ['system'], apiScopes: ['ca:operate'] },
      false,
    );
    const asked = {
      id: 'far.client',
      name: '远程系统',
      englishName: 'Far',
      department: department.creditCode,
      settings,
    };
    const register = async (approval?: string, change: object = {}): Promise<unknown> => {
      const wanted = { ...asked, ...change };
      const alongside = await clientApproval(parts, system, approval, {
        change: ['register', wanted],
        reach: [wanted.settings],
      });
      return registerClient(parts, system, wanted, alongside);
    };

    it('a client is registered once for one approval, and for what was approved', async () => {
      await assert.rejects(register(), refused('two-person-request-not-found'));
      const id = await approved('client', { change: clientChange('register', asked) });
      await assert.rejects(register(id, { name: '别的系统' }), refused('two-person-request-not-found'));
      assert.equal(await clientById(parts, 'far.client'), null);
      await register(id);
      assert.notEqual(await clientById(parts, 'far.client'), null);
      await assert.rejects(register(id, { id: 'far.client' }), refused('two-person-request-decided'));
    });

    it('work that is refused leaves the approval as it was', async () => {
      const unknown = { ...asked, department: '11120105MB0000999X' };
      const id = await approved('client', { change: clientChange('register', unknown) });
      await assert.rejects(register(id, { department: '11120105MB0000999X' }), IdentityError);
      const row = await parts.database.reader
        .selectFrom('two_person_request')
        .select('state')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      assert.equal(row.state, 'approved');
      const twice = await approved('client', { change: clientChange('register', asked) });
      await register(twice);
      const again = await approved('client', { change: clientChange('register', asked) });
      await assert.rejects(register(again), refused('client-exists'));
      const left = await parts.database.reader
        .selectFrom('two_person_request')
        .select('state')
        .where('id', '=', again)
        .executeTakeFirstOrThrow();
      assert.equal(left.state, 'approved', 'in one write with the work, or not at all');
    });

    it('of eight that bring one approval at once, one gets a secret', async () => {
      await register(await approved('client', { change: clientChange('register', asked) }));
      const id = await approved('client', { change: 'rotate far.client' });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, async () => {
          const alongside = await clientApproval(parts, system, id, {
            change: ['rotate', { id: 'far.client' }],
            reach: [settings],
          });
          return rotateClientSecret(parts, system, 'far.client', true, alongside);
        }),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    });

    it('an approval does not outlive the office of either, nor a locked account', async () => {
      const { database } = world.people;
      const ended = world.people.clock().toISOString();
      for (const account of [administrator, security]) {
        const id = await approved('client', { change: clientChange('register', asked) });
        const office = (to: string | null) =>
          database.write((tx) =>
            tx.updateTable('officer_role').set({ ended_at: to }).where('account', '=', account).execute(),
          );
        await office(ended);
        await assert.rejects(register(id), refused('two-person-request-decided'));
        await office(null);
        const locked = { state: 'locked', reason: 'incident' } as const;
        await setAccountState(world.people, system, account, locked);
        await assert.rejects(register(id), refused('two-person-request-decided'));
        await setAccountState(world.people, system, account, { state: 'active' });
      }
      assert.equal(await clientById(parts, 'far.client'), null);
      await register(await approved('client', { change: clientChange('register', asked) }));
    });

    it('signing keys are rotated by two; without the approval nothing rotates', async () => {
      await ensureKeys(parts, system);
      const current = async (): Promise<string | undefined> => (await keysOf(parts, ['current']))[0]?.kid;
      const before = await current();
      const wanted = { kind: 'provider-key', parameters: { operation: 'rotate' } } as const;
      await assert.rejects(
        twoPersonsIn(parts, system, undefined, wanted),
        refused('two-person-request-not-found'),
      );
      const forged = await twoPersonsIn(parts, system, `tpr_${'0'.repeat(32)}`, wanted);
      await assert.rejects(rotateKeys(parts, system, forged), refused('two-person-request-not-found'));
      assert.equal(await current(), before);
      const id = await approved('provider-key', { operation: 'rotate' });
      await rotateKeys(parts, system, await twoPersonsIn(parts, system, id, wanted));
      assert.notEqual(await current(), before);
    });

    it('a demonstration, and an installation that has no administrators yet, need nobody', async () => {
      const wanted = { kind: 'provider-key', parameters: { operation: 'rotate' } } as const;
      await requireTwoPersons({ ...parts, demonstration: true }, system, undefined, wanted);
      await parts.database.write((tx) =>
        tx.updateTable('officer_role').set({ ended_at: parts.clock().toISOString() }).execute(),
      );
      await requireTwoPersons(parts, system, undefined, wanted);
    });
  });
}
