// Joining two accounts of one person: one goes on with everything, the other ends; done at the window only.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { accountOf, type PeopleDependencies } from './accounts.ts';
import { endEverythingIn } from './account-state.ts';
import { IdentityError } from './errors.ts';

/**
 * Joins the account of person `other` (known by 网号) into `survivor` (known by document). Mandates that were accepted
 * move; consents, proofings and ways to log in of the other do not: they were given and enrolled for what it was.
 * @throws IdentityError `merge-refused` where the other is known by a document of its own, is an officer's, or is locked.
 */
export async function mergeAccountsIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  merging: { readonly survivor: string; readonly person: string; readonly other: string },
): Promise<void> {
  const at = dependencies.clock();
  const { survivor, person, other } = merging;
  const second = await tx
    .selectFrom('person')
    .selectAll()
    .where('id', '=', other)
    .forUpdate()
    .executeTakeFirst();
  if (second?.state !== 'present' || second.number_index !== null) {
    throw new IdentityError('merge-refused', 'The other account is known by a document of its own.');
  }
  // The ciphertext is bound to its row, so the 网号 is sealed anew for the row it moves to.
  const wanghao = dependencies.cipher.open(
    { table: 'person', column: 'wanghao', row: other },
    second.wanghao_cipher ?? '',
  );
  const sealed = dependencies.cipher.seal({ table: 'person', column: 'wanghao', row: person }, wanghao);
  const found = await tx
    .selectFrom('account')
    .selectAll()
    .where('person', '=', other)
    .where('state', 'in', ['active', 'locked'])
    .forUpdate()
    .executeTakeFirst();
  if (found !== undefined)
    await absorb(tx, dependencies, actor, {
      absorbed: accountOf(found).id,
      state: found.state,
      survivor,
      person: other,
    });
  await tx
    .updateTable('person')
    .set({
      name_cipher: null,
      wanghao_cipher: null,
      wanghao_index: null,
      birth_date_cipher: null,
      state: 'merged',
      merged_into: person,
      ended_at: at.toISOString(),
    })
    .where('id', '=', other)
    .execute();
  await tx
    .updateTable('person')
    .set({ wanghao_cipher: sealed, wanghao_index: second.wanghao_index })
    .where('id', '=', person)
    .execute();
}

async function absorb(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  merging: {
    readonly absorbed: string;
    readonly state: string;
    readonly survivor: string;
    readonly person: string;
  },
): Promise<void> {
  const at = dependencies.clock();
  const { absorbed, survivor, person } = merging;
  if (merging.state === 'locked') {
    throw new IdentityError(
      'merge-refused',
      'A locked account is not joined: find out first why it is locked.',
    );
  }
  const office = await tx
    .selectFrom('officer')
    .select('id')
    .where('account', '=', absorbed)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (office !== undefined)
    throw new IdentityError('merge-refused', 'The account of an officer is not joined into another.');
  await tx
    .updateTable('representation')
    .set({ agent: survivor })
    .where('agent', '=', absorbed)
    .where('state', '=', 'active')
    .execute();
  await endEverythingIn(tx, dependencies, actor, { account: absorbed, person, at, reason: 'account-merged' });
  await tx
    .updateTable('account')
    .set({ state: 'merged', merged_into: survivor, reason: 'merged', changed_at: at.toISOString() })
    .where('id', '=', absorbed)
    .execute();
  await dependencies.events.accountEnded(tx, absorbed, 'merged');
  await dependencies.audit.append(tx, {
    at,
    actor,
    action: 'account.merged',
    subject: absorbed,
    details: { into: survivor },
  });
}
