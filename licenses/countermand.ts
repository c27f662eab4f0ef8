// Taking back a change before its day: by an officer, or because the version that was to come is itself no more.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { beginningOf, countermandDue, settleLapsed } from './due.ts';
import { LicenseError } from './errors.ts';
import { insertEvent, timelineOf, type LicenseEvent } from './event-store.ts';
import { lockLicense, type LicenseLife } from './life.ts';
import { isOver, successions, type LicenseState } from './license.ts';
import { insertHappening } from './outbox.ts';
import type { LicenseParts } from './parts.ts';
import type { TimelineEvent } from './timeline.ts';

/** Who takes it back, and why. */
export interface Countermand {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly requestDigest: string;
  readonly reason: string;
  readonly legalBasis: string;
  readonly matter: string | null;
  readonly caseNumber: string | null;
  readonly officer: string | null;
  readonly secondOfficer: string | null;
}

/**
 * Takes back a change that waits for its day. The caller's write holds the license (due.ts, `currentLife`).
 * @returns the event, or null where the client used the idempotency key before
 * @throws LicenseError `event-not-found`; `transition-not-allowed` where it has its effect already, or brings a next version
 */
export async function recordCountermand(
  tx: Writer,
  parts: LicenseParts,
  life: LicenseLife,
  sequence: number,
  given: Countermand,
  now: Date,
): Promise<LicenseEvent | null> {
  const target = (await timelineOf(tx, life.id)).find((event) => event.sequence === sequence);
  if (target === undefined) throw new LicenseError('event-not-found', 'There is no such event.');
  if (successions.some((each) => each === target.kind))
    throw new LicenseError(
      'transition-not-allowed',
      'The next version of this license is issued: annul or withdraw that version.',
    );
  // Without the day on which it begins it would never be in force, and nothing could follow it.
  if (target.kind === 'restore' && (await beginningOf(tx, life)) !== null)
    throw new LicenseError(
      'transition-not-allowed',
      'This version waits for the day on which it begins: annul or withdraw it.',
    );
  return takeBack(tx, parts, life, target, given, now);
}

async function takeBack(
  tx: Writer,
  parts: LicenseParts,
  life: LicenseLife,
  target: TimelineEvent,
  given: Countermand,
  now: Date,
): Promise<LicenseEvent | null> {
  const event = await insertEvent(tx, parts, {
    ...given,
    actor: given.actor.id,
    license: life.id,
    change: 'countermand',
    from: life.state,
    to: life.state,
    effectiveAt: now,
    recordedAt: now,
    holdersWish: false,
    successor: null,
    target: target.sequence,
    details: { change: target.kind, effective: target.effectiveAt.toISOString() },
  });
  if (event === null) return null;
  if (!(await countermandDue(tx, { license: life.id, sequence: target.sequence }, now)))
    throw new LicenseError('transition-not-allowed', 'This change does not wait for its day any more.');
  const facts = { change: target.kind, effectiveAt: target.effectiveAt.toISOString() };
  await insertHappening(tx, { root: life.root, license: life.id, kind: 'countermanded', facts, at: now });
  await parts.audit.append(tx, {
    at: now,
    actor: given.actor,
    action: 'license.change-countermanded',
    subject: life.id,
    details: { change: target.kind, event: String(target.sequence), basis: given.legalBasis },
  });
  await settleLapsed(tx, parts, life, now);
  return event;
}

/** Where a version ends before its day, the one before it goes on as if there had been none. */
export async function releasePrevious(
  tx: Writer,
  parts: LicenseParts,
  life: LicenseLife,
  to: LicenseState,
  given: Countermand,
  now: Date,
): Promise<void> {
  if (life.previous === null || !isOver(to) || to === 'superseded' || to === 'merged') return;
  const before = await lockLicense(tx, life.previous);
  const waiting = await beginningOf(tx, life);
  if (waiting === null) return;
  await takeBack(tx, parts, before, waiting, { ...given, idempotencyKey: `${life.id}:release` }, now);
  const printed = await tx
    .selectFrom('license')
    .select('number_index')
    .where('id', '=', life.id)
    .executeTakeFirst();
  const kept = await tx
    .selectFrom('license')
    .select('number_index')
    .where('id', '=', before.id)
    .executeTakeFirst();
  if (kept?.number_index !== null || printed === undefined) return;
  // The printed number goes back to it.
  await tx.updateTable('license').set({ number_index: null }).where('id', '=', life.id).execute();
  await tx
    .updateTable('license')
    .set({ number_index: printed.number_index })
    .where('id', '=', before.id)
    .execute();
}
