// Stamps that wait for a higher level: which are due, who works on one, and how it ended.
import type { Writer, Reader } from '../storage/database.ts';
import { isStampLevel, type StampLevel } from './stamp-level.ts';

/** A stamp that waits. */
export interface QueuedUpgrade {
  readonly stampId: string;
  readonly client: string;
  readonly department: string;
  readonly wanted: StampLevel;
  /** The document as it was given out. */
  readonly digest: string;
  readonly tries: number;
  readonly stampedAt: Date;
}

/** Milliseconds until the first attempt. */
const firstWait = 30_000;
/** While one process works on a stamp others leave it alone, milliseconds. */
const lease = 10 * 60_000;

/** @param reason refusal code of what kept the stamp from its level */
export async function queueUpgrade(
  tx: Writer,
  stampId: string,
  wanted: StampLevel,
  now: Date,
  reason: string,
): Promise<void> {
  await tx
    .updateTable('stamp')
    .set({
      upgrade: 'queued',
      wanted_level: wanted,
      upgrade_reason: reason,
      upgrade_next_at: new Date(now.getTime() + firstWait).toISOString(),
    })
    .where('id', '=', stampId)
    .execute();
}

/** Stamps whose time has come, the longest waiting first. */
export async function dueUpgrades(db: Reader, now: Date, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('stamp')
    .select('id')
    .where('upgrade', '=', 'queued')
    .where('upgrade_next_at', '<=', now.toISOString())
    .orderBy('upgrade_next_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Takes one stamp for this process. @returns null where another was quicker, or it waits no more. */
export async function claimUpgrade(tx: Writer, stampId: string, now: Date): Promise<QueuedUpgrade | null> {
  const row = await tx
    .updateTable('stamp')
    .set((eb) => ({
      upgrade_next_at: new Date(now.getTime() + lease).toISOString(),
      upgrade_tries: eb('upgrade_tries', '+', 1),
    }))
    .where('id', '=', stampId)
    .where('upgrade', '=', 'queued')
    .where('upgrade_next_at', '<=', now.toISOString())
    .returning(['client', 'department', 'wanted_level', 'result_digest', 'upgrade_tries', 'completed_at'])
    .executeTakeFirst();
  if (row === undefined) return null;
  const wanted = row.wanted_level ?? '';
  return {
    stampId,
    client: row.client,
    department: row.department,
    wanted: isStampLevel(wanted) ? wanted : 'B-T',
    digest: row.result_digest ?? '',
    tries: row.upgrade_tries,
    stampedAt: new Date(row.completed_at ?? now),
  };
}

/** @returns false where it waits no more: the document made must not count then. */
export async function completeUpgrade(
  tx: Writer,
  stampId: string,
  made: { readonly digest: string; readonly size: number; readonly level: StampLevel; readonly at: Date },
): Promise<boolean> {
  const result = await tx
    .updateTable('stamp')
    .set({
      upgrade: 'completed',
      level: made.level,
      upgraded_digest: made.digest,
      upgraded_size: made.size,
      upgraded_at: made.at.toISOString(),
      upgrade_next_at: null,
    })
    .where('id', '=', stampId)
    .where('upgrade', '=', 'queued')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Puts it back for later, or gives it up where `next` is null. */
export async function postponeUpgrade(
  tx: Writer,
  stampId: string,
  reason: string,
  next: Date | null,
): Promise<void> {
  await tx
    .updateTable('stamp')
    .set({
      upgrade: next === null ? 'given-up' : 'queued',
      upgrade_reason: reason,
      upgrade_next_at: next?.toISOString() ?? null,
    })
    .where('id', '=', stampId)
    .where('upgrade', '=', 'queued')
    .execute();
}
