// The fold over events: what the law allows has its effect, in the order of effect, as far as it was known.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isChange,
  nextState,
  officeChanges,
  stateAt,
  transitions,
  type LicenseState,
} from '../../licenses/license.ts';
import { endOfTime, standingAt, type TimelineEvent } from '../../licenses/timeline.ts';
import { scale } from '../scale.ts';

const start = new Date('2026-01-01T00:00:00Z').getTime();
const day = (count: number): Date => new Date(start + count * 86_400_000);
let sequence = 0;
const event = (kind: string, effective: number, recorded = effective, target?: number): TimelineEvent => {
  sequence += 1;
  return {
    sequence,
    kind,
    effectiveAt: day(effective),
    recordedAt: day(recorded),
    target: target ?? null,
    holdersWish: false,
    successor: null,
  };
};
const state = (
  events: readonly TimelineEvent[],
  validAt: number,
  knownAt = 9999,
  expires: number | null = null,
): LicenseState =>
  standingAt(events, expires === null ? null : day(expires), {
    validAt: day(validAt),
    knownAt: day(knownAt),
  }).state;

describe('the timeline of a license', () => {
  it('knows a decided change from its recording on, and lets it act from its day on', () => {
    const events = [event('suspend', 10, 3)];
    assert.equal(state(events, 9), 'issued');
    assert.equal(state(events, 10), 'suspended');
    assert.equal(state(events, 10, 2), 'issued', 'on day 2 nobody knew');
    assert.equal(state(events, 99, 3), 'suspended');
  });

  it('lets an annulment reach back over what happened after its day, for who knows of it', () => {
    const events = [event('suspend', 5), event('restore', 8), event('annul', 0, 20)];
    assert.equal(state(events, 6, 19), 'suspended');
    assert.equal(state(events, 6, 20), 'annulled');
    assert.equal(state(events, 9, 19), 'issued');
    assert.equal(state([...events, event('cancel', 21)], 22), 'cancelled');
  });

  it('leaves out what was taken back, from the moment it was', () => {
    const suspend = event('suspend', 10, 1);
    const events = [suspend, event('countermand', 4, 4, suspend.sequence)];
    assert.equal(state(events, 11, 3), 'suspended');
    assert.equal(state(events, 11, 4), 'issued');
  });

  it('has no effect of what the law does not allow when its day comes', () => {
    const late = event('suspend', 10, 1);
    const standing = standingAt([late, event('revoke', 5)], null, { validAt: day(20), knownAt: day(20) });
    assert.equal(standing.state, 'revoked');
    assert.ok(!standing.applied.includes(late.sequence));
  });

  it('ends with the calendar, and may be renewed or annulled after it, not suspended', () => {
    assert.equal(state([], 10, 99, 10), 'expired');
    assert.equal(state([], 9, 99, 10), 'issued');
    assert.equal(state([event('renew', 12)], 13, 99, 10), 'superseded');
    assert.equal(state([event('annul', 0, 12)], 13, 99, 10), 'annulled');
    assert.equal(state([event('suspend', 12)], 13, 99, 10), 'expired');
    assert.equal(state([event('expire', 10)], 13, 99, 10), 'expired');
  });

  it('agrees with the table of transitions for every sequence of decisions, one after another', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...officeChanges), { maxLength: 12 }),
        fc.option(fc.integer({ min: 1, max: 12 }), { nil: null }),
        (changes, expires) => {
          const end = expires === null ? null : day(expires);
          let stored: LicenseState = 'issued';
          const events: TimelineEvent[] = [];
          for (const [position, change] of changes.entries()) {
            const at = position + 1;
            const from = stateAt(stored, end, day(at));
            // Every decision is written, legal or not: only the legal ones count.
            events.push(event(change, at));
            if (transitions[change].from.includes(from)) stored = nextState(from, change);
            const standing = standingAt(events, end, { validAt: day(at), knownAt: day(at) });
            assert.equal(standing.stored, stored);
            assert.equal(standing.state, stateAt(stored, end, day(at)));
          }
        },
      ),
      { numRuns: scale(500) },
    );
  });

  it('does not depend on the order in which rows are read, and never changes what was known then', () => {
    const kind = fc.constantFrom(...officeChanges);
    const one = fc.record({
      kind,
      effective: fc.integer({ min: 0, max: 30 }),
      recorded: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 10 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 30 }),
        (given, validAt, knownAt) => {
          const events = given.map((each) => event(each.kind, each.effective, each.recorded));
          const moment = { validAt: day(validAt), knownAt: day(knownAt) };
          const standing = standingAt(events, null, moment);
          assert.deepEqual(standingAt(events.toReversed(), null, moment), standing);
          // What is recorded later changes nothing about what was known.
          const more = [...events, event('revoke', 0, 31)];
          assert.deepEqual(standingAt(more, null, moment), standing);
          assert.ok(
            standing.applied.every((sequenceOf) => events.some((each) => each.sequence === sequenceOf)),
          );
        },
      ),
      { numRuns: scale(500) },
    );
  });

  it('takes notes for what they are', () => {
    assert.ok(!isChange('inspect') && !isChange('issue') && isChange('merge'));
    assert.equal(
      standingAt([event('inspect', 1), event('holder-renamed', 2)], null, {
        validAt: endOfTime,
        knownAt: endOfTime,
      }).last,
      null,
    );
  });
});
