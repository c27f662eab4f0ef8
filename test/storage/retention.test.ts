// Periods of keeping: the instant before which a record must have ended, counted by the calendar.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { StorageError } from '../../storage/errors.ts';
import { endedBefore } from '../../storage/retention.ts';
import { scale } from '../scale.ts';

const at = (text: string): Date => new Date(`${text}T12:34:56.789Z`);

describe('a period of keeping', () => {
  const table: readonly (readonly [period: string, now: string, before: string])[] = [
    ['P10Y', '2036-11-26', '2026-11-26'],
    ['P1Y', '2025-02-28', '2024-02-28'],
    // A day that the month does not have is its last: earlier, so that nothing goes too soon.
    ['P1Y', '2024-02-29', '2023-02-28'],
    ['P4Y', '2024-02-29', '2020-02-29'],
    ['P1M', '2026-03-31', '2026-02-28'],
    ['P1M', '2024-03-31', '2024-02-29'],
    ['P13M', '2026-01-15', '2024-12-15'],
    ['P30D', '2026-03-01', '2026-01-30'],
    ['P1D', '2026-01-01', '2025-12-31'],
    ['P100Y', '2126-06-01', '2026-06-01'],
  ];
  for (const [period, now, before] of table)
    it(`of ${period} is over on ${now} for what ended before ${before}`, () => {
      assert.equal(endedBefore(period, at(now)).toISOString(), at(before).toISOString());
    });

  it('never ends sooner for being longer, and always lies in the past', () => {
    fc.assert(
      fc.property(
        fc.date({ min: at('2020-01-01'), max: at('2100-01-01'), noInvalidDate: true }),
        fc.constantFrom('Y', 'M', 'D'),
        fc.integer({ min: 1, max: 90 }),
        (now, unit, count) => {
          const shorter = endedBefore(`P${count}${unit}`, now);
          assert.ok(endedBefore(`P${count + 1}${unit}`, now) < shorter);
          assert.ok(shorter < now);
        },
      ),
      { numRuns: scale(500) },
    );
  });

  it('is refused in any other spelling', () => {
    for (const period of [
      '',
      'P',
      'P0D',
      'P1',
      '1Y',
      'P1W',
      'P1Y1M',
      'P 1Y',
      'P1.5Y',
      'P101Y',
      'P99999D',
      'p1y',
      'P1Y\n',
    ])
      assert.throws(
        () => endedBefore(period, at('2026-01-01')),
        (error: unknown) => error instanceof StorageError && error.code === 'retention-invalid',
        JSON.stringify(period),
      );
  });
});
