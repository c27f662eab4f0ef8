// Logout messages on their way to clients: queued with the end of the session, tried again, and set aside when hopeless.
import type { RandomBytes } from '../../crypto/clock.ts';
import type { AuditLog } from '../../storage/audit-log.ts';
import type { Writer } from '../../storage/database.ts';
import { randomIdentifier } from '../identifier.ts';
import type { RecordDependencies } from './records.ts';

export interface QueueDependencies extends RecordDependencies {
  readonly audit: AuditLog;
  readonly random: RandomBytes;
}

/** One message to be sent now. */
export interface DueLogout {
  readonly id: string;
  readonly client: string;
  readonly account: string;
  readonly sid: string | null;
  readonly attempts: number;
}

/** Seconds until the next attempt after the first, second … one that failed; after the last the message is set aside. */
export const retrySeconds: readonly number[] = [1, 3, 10, 30, 120, 600, 1800, 7200, 21_600];
/** One attempt may take so long: another process takes the message over after it. */
const leaseSeconds = 15;
const batch = 50;

/** Queues a message inside the write that ends the session; a client without a logout address is told nothing. */
export async function queueLogout(
  tx: Writer,
  dependencies: Pick<QueueDependencies, 'clock' | 'random'>,
  message: {
    readonly client: string;
    readonly account: string;
    readonly sid: string | null;
    readonly reason: string;
  },
): Promise<void> {
  const row = await tx
    .selectFrom('oidc_client')
    .select('settings')
    .where('id', '=', message.client)
    .where('state', '=', 'active')
    .executeTakeFirst();
  if (row === undefined) return;
  const settings = JSON.parse(row.settings) as { readonly backchannelLogoutUri?: string | null };
  if ((settings.backchannelLogoutUri ?? null) === null) return;
  const at = dependencies.clock().toISOString();
  await tx
    .insertInto('logout_delivery')
    .values({
      id: randomIdentifier('lod', dependencies.random),
      client: message.client,
      account: message.account,
      sid: message.sid,
      reason: message.reason,
      state: 'waiting',
      attempts: 0,
      next_attempt_at: at,
      leased_until: null,
      last_error: null,
      created_at: at,
      finished_at: null,
    })
    .execute();
}

/** Takes messages that are due; nobody else takes them until the lease is over. */
export function takeDueLogouts(dependencies: QueueDependencies): Promise<readonly DueLogout[]> {
  const now = dependencies.clock();
  const lease = new Date(now.getTime() + leaseSeconds * 1000).toISOString();
  const at = now.toISOString();
  return dependencies.database.write(async (tx) => {
    const due = await tx
      .selectFrom('logout_delivery')
      .select('id')
      .where('state', '=', 'waiting')
      .where('next_attempt_at', '<=', at)
      .where((row) => row.or([row('leased_until', 'is', null), row('leased_until', '<=', at)]))
      .orderBy('next_attempt_at')
      .limit(batch)
      .execute();
    if (due.length === 0) return [];
    return tx
      .updateTable('logout_delivery')
      .set({ leased_until: lease })
      .where(
        'id',
        'in',
        due.map(({ id }) => id),
      )
      .where('state', '=', 'waiting')
      .where((row) => row.or([row('leased_until', 'is', null), row('leased_until', '<=', at)]))
      .returning(['id', 'client', 'account', 'sid', 'attempts'])
      .execute();
  });
}

/** Records what came of an attempt: `error` null for an answer that accepted it. Audited when it is over. */
export async function settleLogout(
  dependencies: QueueDependencies,
  message: DueLogout,
  error: string | null,
): Promise<'delivered' | 'waiting' | 'dead'> {
  const now = dependencies.clock();
  const attempts = message.attempts + 1;
  const pause = error === null ? undefined : retrySeconds[message.attempts];
  const state = error === null ? 'delivered' : pause === undefined ? 'dead' : 'waiting';
  await dependencies.database.write(async (tx) => {
    await tx
      .updateTable('logout_delivery')
      .set({
        state,
        attempts,
        leased_until: null,
        last_error: error?.slice(0, 200) ?? null,
        next_attempt_at: new Date(now.getTime() + (pause ?? 0) * 1000).toISOString(),
        finished_at: state === 'waiting' ? null : now.toISOString(),
      })
      .where('id', '=', message.id)
      .execute();
    if (state === 'waiting') return;
    await dependencies.audit.append(tx, {
      at: now,
      actor: { id: 'system', department: null },
      action: state === 'delivered' ? 'logout.delivered' : 'logout.undeliverable',
      subject: message.id,
      details: { client: message.client, attempts: String(attempts) },
    });
  });
  return state;
}

/** Messages that were given up, newest first: the dead letters an administrator looks at and may send again. */
export async function deadLogouts(
  dependencies: Pick<QueueDependencies, 'database'>,
): Promise<
  readonly { readonly id: string; readonly client: string; readonly error: string; readonly at: Date }[]
> {
  const rows = await dependencies.database.reader
    .selectFrom('logout_delivery')
    .select(['id', 'client', 'last_error', 'finished_at', 'created_at'])
    .where('state', '=', 'dead')
    .orderBy('created_at', 'desc')
    .limit(200)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    client: row.client,
    error: row.last_error ?? '',
    at: new Date(row.finished_at ?? row.created_at),
  }));
}

/** Puts a dead letter back in the queue. @returns whether there was one. */
export async function reviveLogout(dependencies: QueueDependencies, id: string): Promise<boolean> {
  const at = dependencies.clock().toISOString();
  const revived = await dependencies.database.write((tx) =>
    tx
      .updateTable('logout_delivery')
      .set({ state: 'waiting', attempts: 0, next_attempt_at: at, finished_at: null })
      .where('id', '=', id)
      .where('state', '=', 'dead')
      .returning('id')
      .executeTakeFirst(),
  );
  return revived !== undefined;
}
