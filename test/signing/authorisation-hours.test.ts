// When an authorisation covers a use: hours in Beijing's time, to the minute, and the term.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { notCovered, type Authorisation } from '../../signing/authorisation.ts';

describe('the hours of an authorisation', () => {
  const base: Authorisation = {
    id: 'sau_1',
    sealId: 'seal_1',
    sealCode: '12010500000001',
    owner: '11120105000123457H',
    client: null,
    matters: null,
    perDay: 1,
    total: 1,
    hours: { days: [1, 2, 3, 4, 5], from: 8 * 60 + 30, until: 17 * 60 + 30 },
    validFrom: new Date('2026-01-01T00:00:00Z'),
    validUntil: new Date('2027-01-01T00:00:00Z'),
    grantedBy: 'a',
    approvedBy: 'b',
    grantedAt: new Date('2026-01-01T00:00:00Z'),
  };
  const covers = (at: string, change: Partial<Authorisation> = {}): boolean =>
    notCovered({ ...base, ...change }, { client: 'client:x', matter: null, at: new Date(at) }) === null;

  it('are Beijing’s, to the minute, with the end outside', () => {
    // Monday, 23 November 2026.
    assert.equal(covers('2026-11-23T00:29:59Z'), false);
    assert.equal(covers('2026-11-23T00:30:00Z'), true);
    assert.equal(covers('2026-11-23T09:29:59Z'), true);
    assert.equal(covers('2026-11-23T09:30:00Z'), false);
    // Sunday evening in London is Monday in Beijing, and the other way round on Friday.
    assert.equal(covers('2026-11-22T23:59:00Z'), false);
    assert.equal(covers('2026-11-22T16:30:00Z', { hours: { days: [1], from: 0, until: 60 } }), true);
    assert.equal(covers('2026-11-28T02:00:00Z'), false);
  });

  it('and the term bind every use, whatever the instant', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2025-01-01'), max: new Date('2028-01-01'), noInvalidDate: true }),
        (at) => {
          const beijing = new Date(at.getTime() + 8 * 3_600_000);
          const minute = beijing.getUTCHours() * 60 + beijing.getUTCMinutes();
          const weekday = beijing.getUTCDay() >= 1 && beijing.getUTCDay() <= 5;
          const wanted =
            at >= base.validFrom && at < base.validUntil && weekday && minute >= 510 && minute < 1050;
          assert.equal(covers(at.toISOString()), wanted);
        },
      ),
    );
  });
});
