// Instants that people write: every right form is one instant, and no wrong one is mended into another.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { instantFrom } from '../../verification/iso-time.ts';

describe('an instant as text', () => {
  const right: readonly (readonly [string, string])[] = [
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22T05:06', '2026-11-22T05:06:00.000Z'],
    ['2026-11-22T05:06:07', '2026-11-22T05:06:07.000Z'],
    ['2026-11-22T05:06:07Z', '2026-11-22T05:06:07.000Z'],
    ['2026-11-22t05:06:07z', '2026-11-22T05:06:07.000Z'],
    ['2026-11-22 05:06:07Z', '2026-11-22T05:06:07.000Z'],
    ['2026-11-22T05:06:07.123456789Z', '2026-11-22T05:06:07.123Z'],
    ['2026-11-22T05:06:07.5+08:00', '2026-11-21T21:06:07.500Z'],
    ['2026-11-22T05:06:07+0800', '2026-11-21T21:06:07.000Z'],
    ['2026-11-22T05:06:07-08', '2026-11-22T13:06:07.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0099-01-01', '0099-01-01T00:00:00.000Z'],
  ];
  for (const [text, instant] of right)
    it(`${text} is ${instant}`, () => assert.equal(instantFrom(text)?.toISOString(), instant));

  for (const text of [
    '',
    'yesterday',
    '2026',
    '2026-11',
    '20261122',
    '2026-13-01',
    '2026-00-01',
    '2026-02-30',
    '2025-02-29',
    '2026-11-31T00:00:00Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T05:60:00Z',
    '2026-11-22T05:06:60Z',
    '2026-11-22T05:06:07,5Z',
    '2026-11-22T05:06:07+15:00',
    '2026-11-22T05:06:07+08:60',
    '2026-11-22T05Z',
    '2026-11-22Z',
    ' 2026-11-22',
    '2026-11-22T05:06:07Z ',
    '+002026-11-22T05:06:07Z',
    '２０２６-11-22',
  ])
    it(`"${text}" is none`, () => assert.equal(instantFrom(text), null));

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        }),
        (date) => assert.equal(instantFrom(date.toISOString())?.getTime(), date.getTime()),
      ),
    );
  });
});
