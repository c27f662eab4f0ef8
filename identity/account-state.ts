// Locking, unlocking and closing an account, with everything that must end with it in one write.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { endMandatesOfAccountIn } from './representation-end.ts';

/** A change of state, with its reason code. */
export type AccountChange =
  | { readonly state: 'locked'; readonly reason: 'officer' | 'deceased' | 'own-wish' | 'incident' }
  | { readonly state: 'active' }
  | { readonly state: 'closed'; readonly reason: 'own-wish' | 'officer' | 'deceased' | 'guardian' };

/** Which states a change may start from. */
const from = { locked: ['active'], active: ['locked'], closed: ['active', 'locked'] } as const;

/**
 * Changes an account's state. Locking ends live sessions; closing ends sessions, mandates, offices and consents too, and
 * is for ever. Personal data of a closed account is erased after its retention (identity/retention.ts).
 * @throws IdentityError `account-not-found`; `account-ended` where the state does not allow the change.
 */
export async function setAccountState(
  dependencies: PeopleDependencies,
  actor: Actor,
  account: string,
  change: AccountChange,
): Promise<void> {
  await dependencies.database.write((tx) => setAccountStateIn(tx, dependencies, actor, account, change));
}

/** As `setAccountState`, inside another write. */
export async function setAccountStateIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  account: string,
  change: AccountChange,
): Promise<void> {
  const at = dependencies.clock();
  const reason = change.state === 'active' ? null : change.reason;
  const changed = await tx
    .updateTable('account')
    .set({ state: change.state, reason, changed_at: at.toISOString() })
    .where('id', '=', account)
    .where('state', 'in', [...from[change.state]])
    .returning('person')
    .executeTakeFirst();
  if (changed === undefined) {
    const known = await tx.selectFrom('account').select('state').where('id', '=', account).executeTakeFirst();
    if (known === undefined) throw new IdentityError('account-not-found', 'There is no such account.');
    throw new IdentityError('account-ended', `The account is ${known.state}.`);
  }
  if (change.state !== 'active') await dependencies.events.accountEnded(tx, account, change.state);
  if (change.state === 'closed')
    await endEverythingIn(tx, dependencies, actor, { account, person: changed.person, at });
  await dependencies.audit.append(tx, {
    at,
    actor,
    action: change.state === 'active' ? 'account.unlocked' : `account.${change.state}`,
    subject: account,
    details: reason === null ? {} : { reason },
  });
}

/** Mandates, offices, consents, proofings and recoveries of an account that is no more. */
export async function endEverythingIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  ending: { readonly account: string; readonly person: string; readonly at: Date; readonly reason?: string },
): Promise<void> {
  const { account, person } = ending;
  const at = ending.at.toISOString();
  await endMandatesOfAccountIn(tx, dependencies, actor, account);
  await tx
    .updateTable('officer')
    .set({ ended_at: at })
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .execute();
  await tx
    .updateTable('officer_role')
    .set({ ended_at: at })
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .execute();
  await tx
    .updateTable('proofing')
    .set({ ended_at: at, ended_reason: ending.reason ?? 'account-closed' })
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .execute();
  await tx
    .updateTable('consent')
    .set({ withdrawn_at: at, withdrawn_by: account })
    .where('person', '=', person)
    .where('withdrawn_at', 'is', null)
    .execute();
  await tx
    .updateTable('guardianship')
    .set({ ended_at: at })
    .where((either) => either.or([either('guardian', '=', account), either('ward', '=', person)]))
    .where('ended_at', 'is', null)
    .execute();
  await tx
    .updateTable('recovery')
    .set({ state: 'ended' })
    .where('account', '=', account)
    .where('state', 'in', ['open', 'proved'])
    .execute();
}
