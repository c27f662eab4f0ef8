// What the calendar does to licenses: terms end, inspections go by. Each is told once, with its own day of effect.
import type { Writer } from '../storage/database.ts';
import { calendar, currentLife } from './due.ts';
import { eachAlone } from './each-alone.ts';
import { insertEvent, timelineOf } from './event-store.ts';
import type { LicenseLife } from './life.ts';
import { isOver, statusValue, transitions, type LicenseState } from './license.ts';
import { insertHappening } from './outbox.ts';
import type { LicenseParts } from './parts.ts';
import { writeStatus } from './status.ts';
import { standingAt } from './timeline.ts';
import { licenseTypeNamed } from './type-register.ts';

type Parts = Pick<LicenseParts, 'database' | 'audit' | 'clock' | 'cipher'>;

/** Most licenses of one round. */
const AT_ONCE = 200;

/**
 * Notes the expiry of licenses whose term has ended. The state needs no note (license.ts, `stateAt`); this is for those who are
 * told of it, and for the history. Safe on several nodes at once.
 * @returns how many were noted
 * @throws the first failure, after every other license of the round had its turn
 */
export async function noteExpired(parts: Parts): Promise<number> {
  const now = parts.clock();
  const ended = await parts.database.reader
    .selectFrom('license')
    .select('id')
    .where('expiry_noted', '=', 0)
    .where('expires_at', 'is not', null)
    .where('expires_at', '<=', now.toISOString())
    .where('state', 'not in', ['intended', 'abandoned'])
    .orderBy('expires_at')
    .limit(AT_ONCE)
    .execute();
  const noted = await eachAlone(ended, ({ id }) =>
    parts.database.write((tx) => noteExpiryOf(tx, parts, id, now)),
  );
  return noted.filter(Boolean).length;
}

async function noteExpiryOf(tx: Writer, parts: Parts, id: string, now: Date): Promise<boolean> {
  const life = await currentLife(tx, parts, id, now);
  const marked = await tx
    .updateTable('license')
    // Nobody inspects what has ended.
    .set({ expiry_noted: 1, inspect_by: null })
    .where('id', '=', id)
    .where('expiry_noted', '=', 0)
    .executeTakeFirst();
  // One that was over before its last day does not expire.
  const stored = await stateOf(tx, life, now);
  if (marked.numUpdatedRows !== 1n || life.expiresAt === null || isOver(stored) || life.destroyed)
    return false;
  const effectiveAt = life.expiresAt;
  await insertEvent(tx, parts, {
    ...byCalendar,
    license: id,
    change: 'expire',
    from: stored,
    to: 'expired',
    effectiveAt,
    recordedAt: now,
    reason: '有效期届满',
    legalBasis: transitions.expire.citation,
    idempotencyKey: `expire:${id}`,
  });
  const facts = { from: stored, to: 'expired', effectiveAt: effectiveAt.toISOString() } as const;
  await insertHappening(tx, { root: life.root, license: id, kind: 'expired', facts, at: now });
  await parts.audit.append(tx, {
    at: now,
    actor: calendar,
    action: 'license.expired',
    subject: id,
    details: { effective: facts.effectiveAt },
  });
  return true;
}

/**
 * Marks licenses whose inspection was not recorded in time; the public list says so where it may.
 * @returns how many were marked
 * @throws as `noteExpired`
 */
export async function noteOverdue(parts: Parts): Promise<number> {
  const now = parts.clock();
  const missed = await parts.database.reader
    .selectFrom('license')
    .select('id')
    .where('inspection_overdue', '=', 0)
    .where('inspect_by', 'is not', null)
    .where('inspect_by', '<=', now.toISOString())
    .orderBy('inspect_by')
    .limit(AT_ONCE)
    .execute();
  const noted = await eachAlone(missed, ({ id }) =>
    parts.database.write((tx) => noteOverdueOf(tx, parts, id, now)),
  );
  return noted.filter(Boolean).length;
}

async function noteOverdueOf(tx: Writer, parts: Parts, id: string, now: Date): Promise<boolean> {
  const life = await currentLife(tx, parts, id, now);
  const { inspectBy } = life;
  if (life.overdue || inspectBy === null || inspectBy > now) return false;
  const stored = await stateOf(tx, life, now);
  const ended = isOver(stored) || (life.expiresAt !== null && life.expiresAt <= now);
  if (ended || life.destroyed) {
    await tx.updateTable('license').set({ inspect_by: null }).where('id', '=', id).execute();
    return false;
  }
  await tx.updateTable('license').set({ inspection_overdue: 1 }).where('id', '=', id).execute();
  const rule = (await licenseTypeNamed(tx, life.typeCode)).inspection;
  await insertEvent(tx, parts, {
    ...byCalendar,
    license: id,
    change: 'inspection-overdue',
    from: stored,
    to: stored,
    effectiveAt: inspectBy,
    recordedAt: now,
    reason: '未按期检查',
    legalBasis: rule?.basis ?? '证照类型规则',
    idempotencyKey: `overdue:${id}:${inspectBy.toISOString()}`,
  });
  if (life.status !== null)
    await writeStatus(tx, life.status, statusValue(stored, life.holderKind, false, true), now);
  const effectiveAt = inspectBy.toISOString();
  const facts = { effectiveAt };
  await insertHappening(tx, { root: life.root, license: id, kind: 'inspection-overdue', facts, at: now });
  await parts.audit.append(tx, {
    at: now,
    actor: calendar,
    action: 'license.inspection-overdue',
    subject: id,
    details: { effective: effectiveAt },
  });
  return true;
}

const byCalendar = {
  holdersWish: false,
  actor: calendar.id,
  requestDigest: '',
  successor: null,
  matter: null,
  caseNumber: null,
  officer: calendar.id,
  secondOfficer: null,
} as const;

async function stateOf(tx: Writer, life: LicenseLife, now: Date): Promise<LicenseState> {
  const events = await timelineOf(tx, life.id);
  // Of a license with events of an older program the row is right.
  return events.length === 0
    ? life.state
    : standingAt(events, life.expiresAt, { validAt: now, knownAt: now }).stored;
}
