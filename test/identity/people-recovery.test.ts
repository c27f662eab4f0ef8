// Recovery: never below the rung at which a factor was enrolled, proved by something else than what was lost, used once.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { setAccountState } from '../../identity/account-state.ts';
import { IdentityError, type IdentityErrorCode } from '../../identity/errors.ts';
import { rungs, type Authentication, type Rung } from '../../identity/levels.ts';
import { confirmCase, proposeCase } from '../../identity/proofing-desk.ts';
import {
  openRecovery,
  proveRecoveryByLogin,
  recoveryById,
  useRecoveryIn,
  type LostFactor,
} from '../../identity/recovery.ts';
import { engines } from '../storage/engines.ts';
import { day, openPeopleWorld, residents, system, type PeopleWorld } from './people-world.ts';

const refused =
  (...codes: IdentityErrorCode[]) =>
  (error: unknown) =>
    error instanceof IdentityError && codes.includes(error.code);

for (const engine of engines) {
  describe(`people: recovery (${engine.name})`, () => {
    let world: PeopleWorld;
    let account: string;
    let lost: number;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openPeopleWorld(engine);
      account = await world.account(residents[0]!, 4);
      lost = 0;
    });
    afterEach(() => world.close());

    const factor = (enrolledRung: Rung | 0): LostFactor => ({
      authenticator: `aut_${(lost += 1)}`,
      kind: 'passkey',
      enrolledRung,
    });
    const login = (aal: Rung, more: Partial<Authentication> = {}): Authentication => ({
      account,
      amr: ['hwk'],
      aal,
      at: world.now,
      authenticators: ['aut_other'],
      certificate: null,
      ...more,
    });
    const prove = (id: string, authentication: Authentication): Promise<void> =>
      proveRecoveryByLogin(world.people, world.actor(account), id, authentication);
    const use = (id: string, of = account): Promise<{ readonly rung: Rung }> =>
      world.people.database.write((tx) =>
        useRecoveryIn(tx, world.people, world.actor(of), { id, account: of }),
      );

    it('is proved at the enrolled rung or above, and enrols at exactly that rung', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(0 as const, ...rungs),
          fc.constantFrom(...rungs),
          async (enrolled, aal) => {
            const needed = enrolled === 0 ? 1 : enrolled;
            const id = await openRecovery(world.people, system, account, factor(enrolled));
            if (aal < needed) {
              await assert.rejects(prove(id, login(aal)), refused('level-too-low'));
              await assert.rejects(use(id), refused('recovery-refused'));
            } else {
              await prove(id, login(aal));
              assert.equal((await use(id)).rung, needed);
            }
          },
        ),
        { numRuns: 25 },
      );
    });

    it('counts decayed proofing: what was enrolled at 4 is not replaced on a proofing that has run out', async () => {
      const id = await openRecovery(world.people, system, account, factor(4));
      world.later(366 * day);
      await assert.rejects(prove(id, login(4)), refused('recovery-refused', 'level-too-low'));
      const again = await openRecovery(world.people, system, account, factor(4));
      await assert.rejects(prove(again, login(4)), refused('level-too-low'));
    });

    it('is not proved by what was lost, by somebody else, or by a login of long ago', async () => {
      const gone = factor(2);
      const id = await openRecovery(world.people, system, account, gone);
      await assert.rejects(
        prove(id, login(4, { authenticators: [gone.authenticator, 'aut_other'] })),
        refused('recovery-refused'),
      );
      const other = await world.account(residents[1]!, 4);
      await assert.rejects(prove(id, login(4, { account: other })), refused('recovery-refused'));
      const earlier = new Date(world.now.getTime() - 11 * 60_000);
      await assert.rejects(prove(id, login(4, { at: earlier })), refused('recovery-refused'));
      await assert.rejects(openRecovery(world.people, system, other, gone), refused('recovery-refused'));
    });

    it('is used once, within the hour, by its own account', async () => {
      const id = await openRecovery(world.people, system, account, factor(3));
      await prove(id, login(3));
      const other = await world.account(residents[1]!, 4);
      await assert.rejects(use(id, other), refused('recovery-refused'));
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => use(id)));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      const late = await openRecovery(world.people, system, account, factor(3));
      await prove(late, login(3));
      world.later(3_600_001);
      await assert.rejects(use(late), refused('recovery-refused'));
    });

    it('is proved at the window by two officers where nothing is left', async () => {
      const first = await world.officer(residents[10]!, ['window-officer']);
      const second = await world.officer(residents[11]!, ['window-supervisor']);
      const id = await openRecovery(world.people, system, account, factor(4));
      const { number, name } = residents[0]!;
      const propose = (reader: 'chip' | 'eye'): Promise<string> =>
        proposeCase(world.people, world.actor(first), {
          by: first,
          kind: 'recovery',
          seen: {
            type: 'resident-identity-card',
            number,
            name,
            birthDate: null,
            expires: null,
            reader,
            livePerson: true,
            reference: '簿 9',
          },
          showing: null,
          about: id,
        });
      const byEye = await propose('eye');
      await assert.rejects(
        confirmCase(world.people, world.actor(second), { by: second, id: byEye }),
        refused('level-too-low'),
      );
      world.later(day + 1);
      const byChip = await propose('chip');
      assert.equal(await confirmCase(world.people, world.actor(second), { by: second, id: byChip }), id);
      assert.equal((await recoveryById(world.people, id))?.state, 'proved');
      assert.equal((await use(id)).rung, 4);
    });

    it('ends with the account', async () => {
      const id = await openRecovery(world.people, system, account, factor(2));
      await prove(id, login(2));
      await setAccountState(world.people, system, account, { state: 'closed', reason: 'own-wish' });
      await assert.rejects(use(id), refused('recovery-refused'));
    });
  });
}
