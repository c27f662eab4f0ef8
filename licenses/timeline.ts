// In which state a license was, is or will be: its events in the order of their effect, as far as they were known.
import { isChange, stateAt, transitions, type LicenseState } from './license.ts';

/** What an event does to the state. */
export interface TimelineEvent {
  readonly sequence: number;
  readonly kind: string;
  /** When it has legal effect (valid time). */
  readonly effectiveAt: Date;
  /** When it was recorded (record time). */
  readonly recordedAt: Date;
  /** Sequence of the event it takes back. */
  readonly target: number | null;
  readonly holdersWish: boolean;
  readonly successor: string | null;
}

/** Where a license stands. */
export interface Standing {
  /** As it would be recorded: never `expired`. */
  readonly stored: LicenseState;
  /** With the calendar. */
  readonly state: LicenseState;
  /** Changes that had their effect, in that order; one that is not here had none, or not yet. */
  readonly applied: readonly number[];
  /** The last of them; null where nothing happened since the issue. */
  readonly last: TimelineEvent | null;
}

/** The two times of a question. */
export interface Moment {
  /** The instant asked about. */
  readonly validAt: Date;
  /** Only what was recorded by then counts. */
  readonly knownAt: Date;
}

/** Later than every day of effect. */
export const endOfTime = new Date(8_640_000_000_000_000);

/**
 * Folds the events that were known at `knownAt` and in effect at `validAt`. One that the law does not allow where its turn
 * comes has no effect: an annulment back to the first day makes a suspension of the second one never have been.
 * @param expiresAt first instant after the term; null where it has no end
 */
export function standingAt(
  events: readonly TimelineEvent[],
  expiresAt: Date | null,
  moment: Moment,
): Standing {
  const known = events.filter((event) => event.recordedAt <= moment.knownAt);
  const takenBack = new Set(known.flatMap(({ target }) => (target === null ? [] : [target])));
  const inOrder = known
    .filter(({ sequence, effectiveAt }) => effectiveAt <= moment.validAt && !takenBack.has(sequence))
    .toSorted((a, b) => a.effectiveAt.getTime() - b.effectiveAt.getTime() || a.sequence - b.sequence);
  const applied: number[] = [];
  let stored: LicenseState = 'issued';
  let last: TimelineEvent | null = null;
  for (const event of inOrder) {
    // Expiry is the calendar's: its event only tells of it.
    if (!isChange(event.kind) || event.kind === 'expire') continue;
    const transition = transitions[event.kind];
    if (!transition.from.includes(stateAt(stored, expiresAt, event.effectiveAt))) continue;
    stored = transition.to;
    last = event;
    applied.push(event.sequence);
  }
  return { stored, state: stateAt(stored, expiresAt, moment.validAt), applied, last };
}
