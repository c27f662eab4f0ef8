// Changes that were decided ahead of their day: they take effect on it, or come to nothing where the law no longer allows them.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { eachAlone } from './each-alone.ts';
import { timelineOf } from './event-store.ts';
import { enterState, lockLicense, type LicenseLife } from './life.ts';
import { nextState, type LicenseChange } from './license.ts';
import { insertHappening } from './outbox.ts';
import type { LicenseParts } from './parts.ts';
import { endOfTime, standingAt, type TimelineEvent } from './timeline.ts';

/** Who acts where the calendar does. */
export const calendar: Actor = { id: 'system', kind: 'system', department: null, scopes: [] };

type Parts = Pick<LicenseParts, 'database' | 'audit' | 'clock'>;

/** Most changes of one round. */
const AT_ONCE = 200;

/**
 * Lets take effect what is due: state, status list, audit and outbox in one write each. Safe on several nodes at once, and again
 * after a crash.
 * @returns how many changes took effect, and how many came to nothing
 * @throws the first failure, after every other change of the round had its turn
 */
export async function applyDue(parts: Parts): Promise<{ readonly applied: number; readonly lapsed: number }> {
  const now = parts.clock();
  const waiting = await parts.database.reader
    .selectFrom('license_due')
    .select(['license', 'sequence'])
    .where('state', '=', 'waiting')
    .where('due_at', '<=', now.toISOString())
    .orderBy('due_at')
    .orderBy('license')
    .orderBy('sequence')
    .limit(AT_ONCE)
    .execute();
  const outcomes = await eachAlone(waiting, (due) =>
    parts.database.write((tx) => applyOne(tx, parts, due, now)),
  );
  const count = (outcome: (typeof outcomes)[number]): number =>
    outcomes.filter((each) => each === outcome).length;
  return { applied: count('applied'), lapsed: count('lapsed') };
}

async function applyOne(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit'>,
  due: { readonly license: string; readonly sequence: number },
  now: Date,
): Promise<'applied' | 'lapsed' | 'settled'> {
  const life = await lockLicense(tx, due.license);
  if (!(await isWaiting(tx, due))) return 'settled';
  const events = await timelineOf(tx, due.license);
  const event = events.find(({ sequence }) => sequence === due.sequence);
  if (event === undefined) return 'settled';
  const standing = standingAt(events, life.expiresAt, { validAt: event.effectiveAt, knownAt: endOfTime });
  if (!standing.applied.includes(due.sequence)) {
    await lapse(tx, parts, life, event, now);
    return 'lapsed';
  }
  const change = event.kind as LicenseChange;
  const before = standingAt(
    events.filter(({ sequence }) => sequence !== due.sequence),
    life.expiresAt,
    { validAt: event.effectiveAt, knownAt: endOfTime },
  );
  const to = nextState(before.state, change);
  await enterState(tx, life, to, { ...event, at: now });
  await settle(tx, due, 'applied', now);
  const facts = {
    change,
    from: before.state,
    to,
    effectiveAt: event.effectiveAt.toISOString(),
    ...(event.successor === null ? {} : { successor: event.successor }),
  };
  await insertHappening(tx, { root: life.root, license: life.id, kind: 'changed', facts, at: now });
  await parts.audit.append(tx, {
    at: now,
    actor: calendar,
    action: 'license.status-changed',
    subject: life.id,
    details: { change, from: before.state, to, effective: facts.effectiveAt, event: String(due.sequence) },
  });
  return 'applied';
}

async function isWaiting(
  tx: Writer,
  due: { readonly license: string; readonly sequence: number },
): Promise<boolean> {
  const row = await tx
    .selectFrom('license_due')
    .select('state')
    .where('license', '=', due.license)
    .where('sequence', '=', due.sequence)
    .executeTakeFirst();
  return row?.state === 'waiting';
}

async function settle(
  tx: Writer,
  due: { readonly license: string; readonly sequence: number },
  state: 'applied' | 'lapsed' | 'countermanded',
  now: Date,
): Promise<void> {
  await tx
    .updateTable('license_due')
    .set({ state, settled_at: now.toISOString() })
    .where('license', '=', due.license)
    .where('sequence', '=', due.sequence)
    .where('state', '=', 'waiting')
    .execute();
}

/**
 * A license to oneself (life.ts, `lockLicense`), with everything that is due by now in effect: what is decided next builds on it.
 * @throws LicenseError `license-not-found`
 */
export async function currentLife(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit'>,
  license: string,
  now: Date,
): Promise<LicenseLife> {
  const life = await lockLicense(tx, license);
  const waiting = await tx
    .selectFrom('license_due')
    .select('sequence')
    .where('license', '=', license)
    .where('state', '=', 'waiting')
    .where('due_at', '<=', now.toISOString())
    .orderBy('due_at')
    .orderBy('sequence')
    .execute();
  for (const { sequence } of waiting) await applyOne(tx, parts, { license, sequence }, now);
  return waiting.length === 0 ? life : lockLicense(tx, license);
}

/**
 * What ends the version before this one, and waits for its day: until then this one has not begun. The caller's write holds the
 * license.
 * @returns null for a first version, and for one that has begun
 */
export async function beginningOf(
  tx: Writer,
  { id, previous }: Pick<LicenseLife, 'id' | 'previous'>,
): Promise<TimelineEvent | null> {
  if (previous === null) return null;
  const waiting = await tx
    .selectFrom('license_due')
    .select('sequence')
    .where('license', '=', previous)
    .where('state', '=', 'waiting')
    .execute();
  if (waiting.length === 0) return null;
  const found = (await timelineOf(tx, previous)).find(
    ({ sequence, successor }) => successor === id && waiting.some((each) => each.sequence === sequence),
  );
  return found ?? null;
}

/** Marks a waiting change as taken back. The caller's write holds the license. @returns whether it still waited */
export async function countermandDue(
  tx: Writer,
  due: { readonly license: string; readonly sequence: number },
  now: Date,
): Promise<boolean> {
  if (!(await isWaiting(tx, due))) return false;
  await settle(tx, due, 'countermanded', now);
  return true;
}

/** After a decision: what waited and can have no effect any more comes to nothing at once, and is told of. */
export async function settleLapsed(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit'>,
  life: LicenseLife,
  now: Date,
): Promise<void> {
  const waiting = await tx
    .selectFrom('license_due')
    .select('sequence')
    .where('license', '=', life.id)
    .where('state', '=', 'waiting')
    .execute();
  if (waiting.length === 0) return;
  const events = await timelineOf(tx, life.id);
  const { applied } = standingAt(events, life.expiresAt, { validAt: endOfTime, knownAt: endOfTime });
  for (const { sequence } of waiting) {
    const event = events.find((each) => each.sequence === sequence);
    if (event !== undefined && !applied.includes(sequence)) await lapse(tx, parts, life, event, now);
  }
}

async function lapse(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit'>,
  life: LicenseLife,
  event: TimelineEvent,
  now: Date,
): Promise<void> {
  await settle(tx, { license: life.id, sequence: event.sequence }, 'lapsed', now);
  const effectiveAt = event.effectiveAt.toISOString();
  await insertHappening(tx, {
    root: life.root,
    license: life.id,
    kind: 'lapsed',
    facts: { change: event.kind, effectiveAt },
    at: now,
  });
  await parts.audit.append(tx, {
    at: now,
    actor: calendar,
    action: 'license.change-lapsed',
    subject: life.id,
    details: { change: event.kind, effective: effectiveAt, event: String(event.sequence) },
  });
}
