// Recording a decided change: its event, and its effect now or a note of the day on which it has one.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { releasePrevious } from './countermand.ts';
import { beginningOf, currentLife, settleLapsed } from './due.ts';
import { LicenseError } from './errors.ts';
import { insertEvent, isKeyUsed, timelineOf, type LicenseEvent } from './event-store.ts';
import { enterState, type LicenseLife } from './life.ts';
import { nextState, successions, transitions, type LicenseChange } from './license.ts';
import { insertHappening } from './outbox.ts';
import type { LicenseParts } from './parts.ts';
import { standingAt, type TimelineEvent } from './timeline.ts';

/** A change that was decided and checked. */
export interface Decision {
  readonly actor: Actor;
  readonly change: LicenseChange;
  readonly effectiveAt: Date;
  readonly reason: string;
  readonly legalBasis: string;
  readonly holdersWish: boolean;
  readonly idempotencyKey: string;
  readonly requestDigest: string;
  readonly successor: string | null;
  readonly matter: string | null;
  readonly caseNumber: string | null;
  readonly officer: string | null;
  readonly secondOfficer: string | null;
}

/**
 * Records a decision on a license that the write holds (due.ts, `currentLife`).
 * @returns the event, or null where the client used the idempotency key before: nothing was written then
 * @throws LicenseError `transition-not-allowed`, `change-invalid`
 */
export async function recordDecision(
  tx: Writer,
  parts: LicenseParts,
  held: LicenseLife,
  decision: Decision,
  asked: Date,
): Promise<LicenseEvent | null> {
  const { change } = decision;
  // The same request, which was quicker, has changed what this one would be judged by.
  if (await isKeyUsed(tx, decision.actor.id, decision.idempotencyKey)) return null;
  // Whoever waited for the row may find what was recorded after they read the clock: they come after it.
  const latest = Math.max(
    asked.getTime(),
    ...(await timelineOf(tx, held.id)).map(({ recordedAt }) => recordedAt.getTime()),
  );
  const now = new Date(latest);
  const life = now > asked ? await currentLife(tx, parts, held.id, now) : held;
  const effectiveAt = decision.effectiveAt.getTime() === asked.getTime() ? now : decision.effectiveAt;
  const events = await timelineOf(tx, life.id);
  const today = standingAt(events, life.expiresAt, { validAt: now, knownAt: now });
  const waits = effectiveAt > now;
  checkOrder(change, effectiveAt, today.last);
  await checkNextVersion(tx, events, today.applied, life.id);
  const then = waits ? standingAt(events, life.expiresAt, { validAt: effectiveAt, knownAt: now }) : today;
  const from = then.state;
  const to = nextState(from, change);
  // One that reaches back was allowed on its day too.
  if (transitions[change].retroactive && !waits)
    nextState(standingAt(events, life.expiresAt, { validAt: effectiveAt, knownAt: now }).state, change);
  await checkBegun(tx, life, to, effectiveAt);
  const event = await insertEvent(tx, parts, {
    ...decision,
    effectiveAt,
    license: life.id,
    from,
    to,
    recordedAt: now,
    actor: decision.actor.id,
  });
  if (event === null) return null;
  if (waits) {
    await tx
      .insertInto('license_due')
      .values({
        license: life.id,
        sequence: event.sequence,
        due_at: effectiveAt.toISOString(),
        state: 'waiting',
        settled_at: null,
      })
      .execute();
  } else {
    await enterState(tx, life, to, { ...decision, at: now });
    await releasePrevious(tx, parts, life, to, decision, now);
  }
  await tellOf(tx, parts, life, event, { actor: decision.actor, waits, now });
  await settleLapsed(tx, parts, life, now);
  return event;
}

/** Changes have their effect in the order in which they were decided; only what reaches back by law comes before another. */
function checkOrder(change: LicenseChange, effectiveAt: Date, last: TimelineEvent | null): void {
  if (transitions[change].retroactive || last === null || effectiveAt >= last.effectiveAt) return;
  throw new LicenseError(
    'change-invalid',
    'A change cannot take effect before the one that is in effect already.',
  );
}

/** While the next version waits for its day, what is decided is decided on that one first. */
async function checkNextVersion(
  tx: Writer,
  events: readonly TimelineEvent[],
  applied: readonly number[],
  license: string,
): Promise<void> {
  const takenBack = new Set(events.map(({ target }) => target));
  for (const { kind, sequence, successor } of events) {
    const succession = successions.some((each) => each === kind);
    if (!succession || successor === null || applied.includes(sequence) || takenBack.has(sequence)) continue;
    const due = await tx
      .selectFrom('license_due')
      .innerJoin('license', (join) => join.on('license.id', '=', successor))
      .select('license.state')
      .where('license_due.license', '=', license)
      .where('license_due.sequence', '=', sequence)
      .where('license_due.state', '=', 'waiting')
      .executeTakeFirst();
    if (due !== undefined && ['issued', 'suspended'].includes(due.state))
      throw new LicenseError(
        'transition-not-allowed',
        'The next version of this license waits for its day: decide on that version first.',
      );
  }
}

/** A version is in force from the day on which the one before it ends: never two at once. */
async function checkBegun(
  tx: Writer,
  life: LicenseLife,
  to: LicenseLife['state'],
  effectiveAt: Date,
): Promise<void> {
  const begins = to === 'issued' ? await beginningOf(tx, life) : null;
  if (begins !== null && effectiveAt < begins.effectiveAt)
    throw new LicenseError(
      'transition-not-allowed',
      'This version is in force from the day on which the one before it ends.',
    );
}

async function tellOf(
  tx: Writer,
  parts: LicenseParts,
  life: LicenseLife,
  event: LicenseEvent,
  how: { readonly actor: Actor; readonly waits: boolean; readonly now: Date },
): Promise<void> {
  const { change, from, to, successor, legalBasis } = event;
  const effectiveAt = event.effectiveAt.toISOString();
  const more = successor === null ? {} : { successor };
  await insertHappening(tx, {
    root: life.root,
    license: life.id,
    kind: how.waits ? 'scheduled' : 'changed',
    facts: { change, from, to, effectiveAt, ...more },
    at: how.now,
  });
  const second = event.secondOfficer === null ? {} : { second: event.secondOfficer };
  await parts.audit.append(tx, {
    at: how.now,
    actor: how.actor,
    action: how.waits ? 'license.change-scheduled' : 'license.status-changed',
    subject: life.id,
    details: { change, from, to, effective: effectiveAt, basis: legalBasis, ...more, ...second },
  });
}
