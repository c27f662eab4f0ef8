// Joining two accounts of one person: one goes on with everything, the other ends; done at the window only.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { PersonTable } from '../storage/schema/people.ts';
import { accountOf, type PeopleDependencies } from './accounts.ts';
import { endEverythingIn } from './account-state.ts';
import { IdentityError } from './errors.ts';
import { joinDocumentIn, type SealedDocument } from './joined-documents.ts';
import { forgetWaysIn } from './login/forget.ts';

/** What moves with a person that is joined to another one: sealed outside of the write for where it lies then. */
export interface Moving {
  /** The other's 网号; null where there is none. */
  readonly wanghao: { readonly wanghao_cipher: string; readonly wanghao_index: string } | null;
  /** The other's document, for the history; null where only a 网号 is known. */
  readonly document: SealedDocument | null;
}

/**
 * Joins the account of person `other` into `survivor`: known by a 网号, or by another document of the same person. Mandates
 * that were accepted move; consents, proofings and ways to log in of the other do not: they were given and enrolled for
 * what it was. A document stays in the history of the person it is joined to, and leads to them from now on.
 * @throws IdentityError `merge-refused` where both have a 网号, where the other is an officer's account, or is locked.
 */
export async function mergeAccountsIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  merging: {
    readonly survivor: string;
    readonly person: string;
    readonly other: string;
    readonly moving: Moving;
  },
): Promise<void> {
  const at = dependencies.clock();
  const { survivor, person, other, moving } = merging;
  const { wanghao, document } = moving;
  const second = await lockedPerson(tx, other);
  const first = await lockedPerson(tx, person);
  if (second?.state !== 'present' || first?.state !== 'present')
    throw new IdentityError('merge-refused', 'One of the two is no person of this service any more.');
  if (
    second.wanghao_index !== (wanghao?.wanghao_index ?? null) ||
    second.number_index !== (document?.number_index ?? null)
  )
    throw new IdentityError('merge-refused', 'The other person changed in the meantime: try again.');
  if (wanghao !== null && first.wanghao_index !== null)
    throw new IdentityError('merge-refused', 'Both have a 网号 of their own: these are two persons.');
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
      document_type: null,
      name_cipher: null,
      number_cipher: null,
      number_index: null,
      wanghao_cipher: null,
      wanghao_index: null,
      birth_date_cipher: null,
      state: 'merged',
      merged_into: person,
      ended_at: at.toISOString(),
    })
    .where('id', '=', other)
    .execute();
  // What they asked for is still to be answered, and is about whoever goes on.
  await tx.updateTable('person_request').set({ person }).where('person', '=', other).execute();
  await joinDocumentIn(tx, { document, person, former: other, at });
  if (wanghao !== null) await tx.updateTable('person').set(wanghao).where('id', '=', person).execute();
}

function lockedPerson(tx: Writer, id: string): Promise<PersonTable | undefined> {
  return tx.selectFrom('person').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
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
  // Their own name or telephone number is free again for the account that goes on.
  await forgetWaysIn(tx, [absorbed], at);
  await dependencies.audit.append(tx, {
    at,
    actor,
    action: 'account.merged',
    subject: absorbed,
    details: { into: survivor },
  });
}
