// Ending mandates: one with everything granted under it, those of an account, those of an enterprise; in one write.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { PeopleDependencies } from './accounts.ts';

/** Why a mandate ended. */
export type MandateEnd =
  | 'revoked'
  | 'renounced'
  | 'register-changed'
  | 'enterprise-ended'
  | 'account-ended'
  | 'superseded'
  | 'above-ended';

/**
 * Ends a mandate and all below it, whether offered or active, and tells whoever keeps sessions.
 * @returns how many ended
 */
export async function endMandateIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  ending: {
    readonly actor: Actor;
    readonly by: string;
    readonly representation: string;
    readonly reason: MandateEnd;
  },
): Promise<number> {
  const { actor, by, representation, reason } = ending;
  const at = dependencies.clock();
  const ended = await tx
    .updateTable('representation')
    .set({ state: 'ended', ended_reason: reason, ended_at: at.toISOString(), ended_by: by })
    .where('id', '=', representation)
    .where('state', 'in', ['offered', 'active'])
    .returning(['id', 'enterprise'])
    .executeTakeFirst();
  let count = 0;
  if (ended !== undefined) {
    count = 1;
    await dependencies.events.mandateEnded(tx, representation);
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'mandate.ended',
      subject: representation,
      details: { enterprise: ended.enterprise, reason },
    });
  }
  const below = await tx
    .selectFrom('representation')
    .select('id')
    .where('parent', '=', representation)
    .where('state', 'in', ['offered', 'active'])
    .execute();
  for (const { id } of below) {
    count += await endMandateIn(tx, dependencies, { ...ending, representation: id, reason: 'above-ended' });
  }
  return count;
}

/** Ends every mandate of an enterprise: it is no more, or is represented by somebody else. @returns how many */
export async function endMandatesOfEnterpriseIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  ending: { readonly actor: Actor; readonly enterprise: string; readonly reason: MandateEnd },
): Promise<number> {
  const roots = await tx
    .selectFrom('representation')
    .select('id')
    .where('enterprise', '=', ending.enterprise)
    .where('state', 'in', ['offered', 'active'])
    .where('depth', '=', 0)
    .execute();
  let count = 0;
  for (const { id } of roots) {
    count += await endMandateIn(tx, dependencies, { ...ending, by: 'register', representation: id });
  }
  return count;
}

/** Ends what an account held, and so everything it granted. */
export async function endMandatesOfAccountIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  account: string,
): Promise<void> {
  const held = await tx
    .selectFrom('representation')
    .select('id')
    .where('agent', '=', account)
    .where('state', '=', 'active')
    .execute();
  for (const { id } of held) {
    await endMandateIn(tx, dependencies, { actor, by: account, representation: id, reason: 'account-ended' });
  }
}
