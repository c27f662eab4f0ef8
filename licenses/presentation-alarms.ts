// What time ends, and what then has to be looked at: lapsed claims, and the alarms of declined ones, wrong codes and limits.
import type { Actor } from '../storage/actor.ts';
import type { PresentationAlarmTable } from '../storage/schema/presentations.ts';
import { LicenseError } from './errors.ts';
import { requireScope } from './guard.ts';
import type { LicenseParts } from './parts.ts';
import { countUse, forgetUse, raiseAlarm } from './presentation-limits.ts';
import { move, presentationOf, withoutCodes } from './presentation-store.ts';

const sweeper: Actor = { id: 'system', kind: 'system', department: null, scopes: [] };
const AT_ONCE = 200;
/** Milliseconds for which counts are kept, and showings that nobody claimed: who showed what to nobody is nobody's concern. */
const KEPT = 86_400_000;

type Parts = Pick<LicenseParts, 'database' | 'audit' | 'clock' | 'random'>;

/**
 * One round: puts pictures away that nobody claimed, forgets them a day later, and lets claims lapse that nobody answered;
 * those raise an alarm.
 * @returns how many rows changed; call again while it is not 0
 */
export async function sweepShowings(parts: Parts): Promise<number> {
  const now = parts.clock();
  const at = now.toISOString();
  const { reader } = parts.database;
  const old = await reader
    .selectFrom('presentation')
    .select('id')
    .where('state', '=', 'shown')
    .where('shown_until', '<', new Date(now.getTime() - 600_000).toISOString())
    .limit(AT_ONCE)
    .execute();
  const waiting = await reader
    .selectFrom('presentation')
    .selectAll()
    .where('state', 'in', ['claimed', 'approved'])
    .where('claim_until', '<=', at)
    .limit(AT_ONCE)
    .execute();
  const before = new Date(now.getTime() - KEPT);
  const unclaimed = await reader
    .selectFrom('presentation')
    .select('id')
    .where('state', '=', 'ended')
    .where('shown_until', '<', before.toISOString())
    .limit(AT_ONCE)
    .execute();
  if (old.length + waiting.length + unclaimed.length === 0) return 0;
  return parts.database.write(async (tx) => {
    let changed = 0;
    for (const { id } of old)
      if (await move(tx, id, 'shown', { state: 'ended', reason: 'time', ...withoutCodes })) changed += 1;
    for (const row of waiting) {
      const { claim } = presentationOf(row, now);
      if (claim === null || !(await move(tx, row.id, row.state, { state: 'lapsed', reason: 'time' })))
        continue;
      changed += 1;
      const { verifier, department } = claim;
      await parts.audit.append(tx, {
        at: now,
        actor: sweeper,
        action: 'presentation.lapsed',
        subject: claim.license,
        details: { presentation: row.id, department, after: row.state },
      });
      // One that the holder agreed to, and that was only not fetched, is nobody's fault.
      if (row.state === 'approved') continue;
      await countUse(tx, claim, 'failed', now);
      await raiseAlarm(tx, parts, {
        kind: 'lapsed',
        verifier,
        department,
        presentation: row.id,
        at: now,
        actor: sweeper,
      });
    }
    await forgetUse(tx, before);
    if (unclaimed.length === 0) return changed;
    // What ended was never claimed: a claim that came to nothing has states of its own.
    const forgotten = await tx
      .deleteFrom('presentation')
      .where(
        'id',
        'in',
        unclaimed.map(({ id }) => id),
      )
      .where('state', '=', 'ended')
      .executeTakeFirst();
    return changed + Number(forgotten.numDeletedRows);
  });
}

/** An alarm as it is looked at. */
export interface Alarm {
  readonly id: string;
  readonly kind: PresentationAlarmTable['kind'];
  readonly at: Date;
  readonly verifier: string;
  readonly department: string;
  readonly presentation: string | null;
  readonly seenBy: string | null;
  readonly seenAt: Date | null;
}

/** The newest alarms, those that nobody has seen first. @throws LicenseError `scope-missing` */
export async function alarms(
  parts: Pick<LicenseParts, 'database'>,
  actor: Actor,
  limit = 100,
): Promise<readonly Alarm[]> {
  requireScope(actor, 'identity:protect', 'identity:audit');
  const rows = await parts.database.reader
    .selectFrom('presentation_alarm')
    .selectAll()
    .orderBy((e) => e.case().when('seen_at', 'is', null).then(0).else(1).end())
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(Math.min(limit, 500))
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    at: new Date(row.at),
    verifier: row.verifier,
    department: row.department,
    presentation: row.presentation,
    seenBy: row.seen_by,
    seenAt: row.seen_at === null ? null : new Date(row.seen_at),
  }));
}

/**
 * Marks an alarm as looked into. Nobody does so for a claim of their own.
 * @throws LicenseError `scope-missing`, `alarm-not-found` (absent, seen before, or one's own)
 */
export async function alarmSeen(parts: Parts, actor: Actor, id: string): Promise<void> {
  requireScope(actor, 'identity:protect');
  const at = parts.clock();
  await parts.database.write(async (tx) => {
    const seen = await tx
      .updateTable('presentation_alarm')
      .set({ seen_by: actor.id, seen_at: at.toISOString() })
      .where('id', '=', id)
      .where('seen_at', 'is', null)
      .where('verifier', '<>', actor.id)
      .executeTakeFirst();
    if (seen.numUpdatedRows !== 1n)
      throw new LicenseError('alarm-not-found', 'There is no such alarm that waits to be looked into.');
    await parts.audit.append(tx, { at, actor, action: 'presentation-alarm.seen', subject: id, details: {} });
  });
}
