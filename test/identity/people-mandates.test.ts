// Acting for an enterprise: claimed by the register's word, narrowed downwards, revocable, and gone when the register changes.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { setAccountState } from '../../identity/account-state.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import {
  coversMatter,
  mandatesOf,
  narrowest,
  requireMandate,
  within,
  type MatterScope,
} from '../../identity/representation.ts';
import {
  acceptMandate,
  mandatesUnder,
  offerMandate,
  offersTo,
  refuseMandate,
  revokeMandate,
  type NewMandate,
} from '../../identity/representation-grant.ts';
import { claimEnterprise, takeUpRegisterChanges } from '../../identity/representation-root.ts';
import { engines } from '../storage/engines.ts';
import {
  day,
  enterpriseCodes,
  openPeopleWorld,
  residents,
  type PeopleWorld,
  type Sample,
} from './people-world.ts';

const refused =
  (...codes: IdentityErrorCode[]) =>
  (error: unknown) =>
    error instanceof IdentityError && codes.includes(error.code);
const who = (position: number): Sample => residents[position]!;
const key = (one: Sample): NewMandate['to'] => ({
  type: 'resident-identity-card',
  number: one.number,
  name: one.name,
});
const [code] = enterpriseCodes;
const matters = ['11120105000123457H001', '11120105000123457H002', '11120105000123457H003'];
const scopeOf: fc.Arbitrary<MatterScope> = fc.oneof(
  fc.constant('*' as const),
  fc.subarray(matters, { minLength: 1 }),
);

describe('people: scopes of mandates', () => {
  it('narrow and never widen', () => {
    fc.assert(
      fc.property(scopeOf, scopeOf, fc.constantFrom(...matters, 'OTHER'), (one, other, matter) => {
        const both = narrowest(one, other);
        assert.equal(coversMatter(both, matter), coversMatter(one, matter) && coversMatter(other, matter));
        assert.ok(within(both, one) && within(both, other));
        if (within(one, other) && coversMatter(one, matter)) assert.ok(coversMatter(other, matter));
      }),
    );
  });
});

for (const engine of engines) {
  describe(`people: mandates (${engine.name})`, () => {
    let world: PeopleWorld;
    let owner: string;
    let root: string;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openPeopleWorld(engine);
      owner = await world.account(who(0), 3);
      root = await claimEnterprise(world.people, world.actor(owner), { account: owner, creditCode: code });
    });
    afterEach(() => world.close());

    const offer = (by: string, under: string, to: Sample, more: Partial<NewMandate> = {}): Promise<string> =>
      offerMandate(world.people, world.actor(by), by, {
        under,
        capacity: 'agent',
        to: key(to),
        scope: '*',
        notBefore: world.now,
        expires: new Date(world.now.getTime() + 90 * day),
        ...more,
      });
    const accept = (account: string, id: string): Promise<void> =>
      acceptMandate(world.people, world.actor(account), account, id);
    const live = async (account: string): Promise<readonly string[]> =>
      (await mandatesOf(world.people, account, world.now)).map(({ id }) => id);
    const change = async (to: Sample): Promise<number> => {
      world.store.change({ creditCode: code, representative: { type: 'resident-identity-card', ...to } });
      return (await takeUpRegisterChanges(world.people)).ended;
    };

    it('are claimed by the register’s word alone, at level 3', async () => {
      const [mandate] = await mandatesOf(world.people, owner, world.now);
      assert.deepEqual(
        [mandate?.capacity, mandate?.scope, mandate?.depth, mandate?.enterprise.creditCode],
        ['legal-representative', '*', 0, code],
      );
      const other = await world.account(who(5), 3);
      await assert.rejects(
        claimEnterprise(world.people, world.actor(other), { account: other, creditCode: code }),
        refused('not-legal-representative'),
      );
      const low = await world.account(who(1), 2);
      await assert.rejects(
        claimEnterprise(world.people, world.actor(low), { account: low, creditCode: enterpriseCodes[1] }),
        refused('level-too-low'),
      );
      for (const bad of ['', '91120105MA0000015J', '11120105000123457H']) {
        await assert.rejects(
          claimEnterprise(world.people, world.actor(owner), { account: owner, creditCode: bad }),
          refused('enterprise-not-found'),
        );
      }
      world.register.fault = 'error';
      await assert.rejects(
        claimEnterprise(world.people, world.actor(owner), { account: owner, creditCode: code }),
        refused('register-unavailable'),
      );
      world.register.fault = 'none';
      assert.equal(
        await claimEnterprise(world.people, world.actor(owner), {
          account: owner,
          creditCode: code.toLowerCase(),
        }),
        root,
        'claimed again it runs on',
      );
    });

    it('take effect when accepted by whom they are addressed to', async () => {
      const agent = await world.account(who(3), 2);
      const stranger = await world.account(who(4), 2);
      const id = await offer(owner, root, who(3), { scope: [matters[0]!] });
      assert.deepEqual(await live(agent), []);
      await assert.rejects(accept(stranger, id), refused('mandate-not-found'));
      await assert.rejects(
        refuseMandate(world.people, world.actor(stranger), stranger, id),
        refused('mandate-not-found'),
      );
      assert.deepEqual(
        (await offersTo(world.people, agent)).map((one) => one.id),
        [id],
      );
      await accept(agent, id);
      const mandate = await requireMandate(world.people, agent, id, world.now);
      assert.deepEqual(mandate.scope, [matters[0]]);
      await assert.rejects(
        requireMandate(world.people, stranger, id, world.now),
        refused('mandate-not-found'),
      );
      await assert.rejects(accept(agent, id), refused('mandate-not-found'));
      assert.equal((await mandatesUnder(world.people, owner, root))[0]?.agentName, who(3).name);
    });

    it('do not go to whoever typed somebody else’s number, nor to another name', async () => {
      const unproofed = await world.account(who(3));
      const id = await offer(owner, root, who(3));
      await assert.rejects(accept(unproofed, id), refused('level-too-low'));
      const named = await world.account(who(4), 2);
      const wrong = await offer(owner, root, { ...who(4), name: '样本别人' });
      await assert.rejects(accept(named, wrong), refused('mandate-refused'));
    });

    it('go two deep and no deeper, managers only from the top and five at most', async () => {
      const manager = await world.account(who(3), 2);
      const agent = await world.account(who(4), 2);
      const first = await offer(owner, root, who(3), { capacity: 'manager' });
      await accept(manager, first);
      await assert.rejects(
        offer(manager, first, who(5), { capacity: 'manager' }),
        refused('mandate-refused'),
      );
      const second = await offer(manager, first, who(4));
      await accept(agent, second);
      assert.equal((await requireMandate(world.people, agent, second, world.now)).depth, 2);
      await assert.rejects(offer(agent, second, who(5)), refused('mandate-refused'));
      const direct = await offer(owner, root, who(6));
      const clerk = await world.account(who(6), 2);
      await accept(clerk, direct);
      await assert.rejects(offer(clerk, direct, who(7)), refused('mandate-refused'), 'an agent names nobody');
      const more = await Promise.allSettled(
        [7, 8, 9, 10, 11, 12].map((one) => offer(owner, root, who(one), { capacity: 'manager' })),
      );
      assert.equal(more.filter(({ status }) => status === 'fulfilled').length, 4);
      await assert.rejects(offer(owner, root, who(0)), refused('mandate-refused'), 'to oneself');
      await assert.rejects(offer(agent, root, who(9)), refused('mandate-not-found'), 'under somebody else’s');
    });

    it('are no wider and no longer than what they are granted under', async () => {
      const manager = await world.account(who(3), 2);
      const soon = new Date(world.now.getTime() + 10 * day);
      const first = await offer(owner, root, who(3), {
        capacity: 'manager',
        scope: matters.slice(0, 2),
        expires: soon,
      });
      await accept(manager, first);
      for (const bad of [
        { scope: '*' as const },
        { scope: [matters[2]!] },
        { scope: [] },
        { scope: ['; DROP TABLE'] },
        { expires: new Date(soon.getTime() + 1), scope: [matters[0]!] },
        { expires: world.now, scope: [matters[0]!] },
        { notBefore: soon, expires: soon, scope: [matters[0]!] },
      ]) {
        await assert.rejects(
          offer(manager, first, who(4), { expires: soon, ...bad }),
          refused('mandate-refused'),
          JSON.stringify(bad),
        );
      }
      const agent = await world.account(who(4), 2);
      const id = await offer(manager, first, who(4), { scope: [matters[0]!], expires: soon });
      await accept(agent, id);
      world.later(10 * day);
      assert.deepEqual(await live(agent), []);
    });

    it('are read through everything above as it stands now, whatever was granted', async () => {
      const manager = await world.account(who(3), 2);
      const agent = await world.account(who(4), 2);
      const first = await offer(owner, root, who(3), { capacity: 'manager' });
      await accept(manager, first);
      const second = await offer(manager, first, who(4));
      await accept(agent, second);
      const set = async (values: { matters?: string; expires?: string; state?: 'ended' }): Promise<void> => {
        await world.people.database.write((tx) =>
          tx.updateTable('representation').set(values).where('id', '=', first).execute(),
        );
      };
      await set({ matters: JSON.stringify([matters[1]]) });
      assert.deepEqual((await requireMandate(world.people, agent, second, world.now)).scope, [matters[1]]);
      const soon = new Date(world.now.getTime() + day).toISOString();
      await set({ expires: soon });
      assert.equal((await requireMandate(world.people, agent, second, world.now)).until.toISOString(), soon);
      await set({ state: 'ended' });
      assert.deepEqual(await live(agent), []);
    });

    it('end at once with everything below, by the granter, by whoever is above, or by the holder', async () => {
      const manager = await world.account(who(3), 2);
      const agent = await world.account(who(4), 2);
      const stranger = await world.account(who(5), 2);
      const first = await offer(owner, root, who(3), { capacity: 'manager' });
      await accept(manager, first);
      const second = await offer(manager, first, who(4));
      await accept(agent, second);
      const pending = await offer(manager, first, who(6));
      for (const by of [stranger, agent]) {
        await assert.rejects(
          revokeMandate(world.people, world.actor(by), by, first),
          refused('mandate-not-found'),
        );
      }
      await revokeMandate(world.people, world.actor(owner), owner, first);
      assert.deepEqual([await live(manager), await live(agent)], [[], []]);
      for (const id of [first, second, pending]) assert.ok(world.heard.includes(`mandate ${id}`), id);
      const third = await offer(owner, root, who(4));
      await accept(agent, third);
      await revokeMandate(world.people, world.actor(agent), agent, third);
      assert.deepEqual(await live(agent), [], 'renounced');
      assert.deepEqual(await live(owner), [root]);
    });

    it('collapse when the register names somebody else, and come back to nobody', async () => {
      const agent = await world.account(who(4), 2);
      const id = await offer(owner, root, who(4));
      await accept(agent, id);
      const pending = await offer(owner, root, who(5));
      assert.equal(await change(who(7)), 3);
      assert.deepEqual([await live(owner), await live(agent)], [[], []]);
      for (const one of [root, id, pending]) assert.ok(world.heard.includes(`mandate ${one}`));
      const successor = await world.account(who(7), 3);
      const next = await claimEnterprise(world.people, world.actor(successor), {
        account: successor,
        creditCode: code,
      });
      assert.notEqual(next, root);
      assert.deepEqual(await live(agent), [], 'what the former one granted stays ended');
      await assert.rejects(
        claimEnterprise(world.people, world.actor(owner), { account: owner, creditCode: code }),
        refused('not-legal-representative'),
      );
      assert.equal((await takeUpRegisterChanges(world.people)).ended, 0);
    });

    it('collapse at once when the new representative claims, before the watcher came by', async () => {
      const agent = await world.account(who(4), 2);
      const id = await offer(owner, root, who(4));
      await accept(agent, id);
      world.store.change({ creditCode: code, representative: { type: 'resident-identity-card', ...who(7) } });
      const successor = await world.account(who(7), 3);
      await claimEnterprise(world.people, world.actor(successor), { account: successor, creditCode: code });
      assert.deepEqual([await live(owner), await live(agent)], [[], []]);
    });

    it('collapse when the enterprise is no more; a register that is down takes nothing away and misses nothing', async () => {
      world.store.change({ creditCode: code, state: 'revoked' });
      world.register.fault = 'error';
      await assert.rejects(takeUpRegisterChanges(world.people), refused('register-unavailable'));
      assert.deepEqual(await live(owner), [root]);
      world.register.fault = 'none';
      // Two nodes at once.
      const ended = await Promise.all([
        takeUpRegisterChanges(world.people),
        takeUpRegisterChanges(world.people),
      ]);
      assert.equal(
        ended.reduce((sum, one) => sum + one.ended, 0),
        1,
      );
      assert.deepEqual(await live(owner), []);
      await assert.rejects(
        claimEnterprise(world.people, world.actor(owner), { account: owner, creditCode: code }),
        refused('enterprise-ended'),
      );
    });

    it('end with the account of the representative', async () => {
      const agent = await world.account(who(4), 2);
      const id = await offer(owner, root, who(4));
      await accept(agent, id);
      await setAccountState(world.people, world.actor(owner), owner, { state: 'closed', reason: 'own-wish' });
      assert.deepEqual([await live(owner), await live(agent)], [[], []]);
    });

    it('hold their rules under any sequence of grants, acceptances, revocations and changes of the register', async function () {
      this.timeout(120_000);
      const accounts = await Promise.all([3, 4, 5, 6].map((one) => world.account(who(one), 2)));
      const step = fc.record({
        what: fc.constantFrom('offer', 'accept', 'revoke', 'time'),
        from: fc.nat(4),
        to: fc.nat(3),
        capacity: fc.constantFrom('manager' as const, 'agent' as const),
        scope: scopeOf,
        days: fc.integer({ min: 1, max: 40 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
          const everybody = [owner, ...accounts];
          for (const one of steps) {
            const from = everybody[one.from]!;
            const own = await mandatesOf(world.people, from, world.now);
            const run = async (): Promise<unknown> => {
              if (one.what === 'time') {
                world.later(one.days * 3_600_000);
                return;
              }
              if (one.what === 'accept') {
                const [first] = await offersTo(world.people, from);
                return first && accept(from, first.id);
              }
              const [mandate] = own;
              if (mandate === undefined) return undefined;
              if (one.what === 'revoke') {
                const [under] = await mandatesUnder(world.people, from, mandate.id);
                return under && revokeMandate(world.people, world.actor(from), from, under.id);
              }
              const expires = new Date(world.now.getTime() + one.days * day);
              return offer(from, mandate.id, who(3 + one.to), {
                capacity: one.capacity,
                scope: one.scope,
                expires,
              });
            };
            await run().catch((error: unknown) => assert.ok(error instanceof IdentityError, String(error)));
            for (const account of everybody) {
              for (const mandate of await mandatesOf(world.people, account, world.now)) {
                const rows = await world.people.database.reader
                  .selectFrom('representation')
                  .selectAll()
                  .execute();
                const row = rows.find(({ id }) => id === mandate.id)!;
                const above = rows.find(({ id }) => id === row.parent);
                assert.ok(mandate.depth <= 2 && mandate.until > world.now);
                assert.ok(
                  above === undefined
                    ? row.depth === 0
                    : above.state === 'active' && above.depth === row.depth - 1,
                );
                assert.ok(above === undefined || above.capacity !== 'agent');
                if (above !== undefined && above.agent !== null) {
                  const higher = await requireMandate(world.people, above.agent, above.id, world.now);
                  assert.ok(within(mandate.scope, higher.scope) && mandate.until <= higher.until);
                }
              }
            }
          }
        }),
        { numRuns: 15 },
      );
      await change(who(9));
      for (const account of [owner, ...accounts]) assert.deepEqual(await live(account), []);
    });
  });
}
