// What people's changes do to live sessions: each ends in the same write as the change that makes it untrue.
import type { Writer } from '../storage/database.ts';
import type { AccountEvents } from './account-events.ts';
import { acrOf, isRung, levelOf, rungs } from './levels.ts';
import { endSessionsIn, type SessionDependencies } from './sessions.ts';

const system = { id: 'system', department: null };

const reasonOf = {
  locked: 'account-locked',
  closed: 'account-closed',
  merged: 'account-merged',
} as const;

/** The account events of whoever keeps live sessions. */
export function sessionEvents(dependencies: SessionDependencies): AccountEvents {
  return {
    async accountEnded(tx, account, reason) {
      await endSessionsIn(tx, dependencies, { account }, { reason: reasonOf[reason], actor: system });
      await endOfflineGrants(tx, account);
    },
    async levelLowered(tx, account) {
      const level = await provedLevel(tx, dependencies, account);
      // A session may stand where its own proofing still does; the others lost their ground.
      const above = rungs.filter((rung) => rung > level).map(acrOf);
      if (above.length === 0) return;
      const rows = await tx
        .selectFrom('login_session')
        .select('id')
        .where('account', '=', account)
        .where('ended_at', 'is', null)
        .where('acr', 'in', above)
        .execute();
      for (const { id } of rows)
        await endSessionsIn(tx, dependencies, { login: id }, { reason: 'level-lowered', actor: system });
    },
    async mandateEnded(tx, representation) {
      await endSessionsIn(tx, dependencies, { representation }, { reason: 'mandate-ended', actor: system });
    },
    async rolesChanged(tx, account) {
      await endSessionsIn(tx, dependencies, { account }, { reason: 'roles-changed', actor: system });
    },
  };
}

/** The highest level that the proofings left standing can carry. */
async function provedLevel(tx: Writer, dependencies: SessionDependencies, account: string): Promise<number> {
  const rows = await tx
    .selectFrom('proofing')
    .select('rung')
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .where('valid_until', '>', dependencies.clock().toISOString())
    .execute();
  const best = rows.reduce((high, { rung }) => Math.max(high, rung), 0);
  return levelOf(isRung(best) ? best : 0, 4);
}

/** Grants that outlived their sessions: nothing is read in the name of an account that has ended. */
async function endOfflineGrants(tx: Writer, account: string): Promise<void> {
  await tx.deleteFrom('oidc_record').where('account', '=', account).execute();
}
