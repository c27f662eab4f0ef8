// Entries of a revocation list written from rows of text: the very bytes that the values would have given.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromHex } from '../../../formats/bytes.ts';
import { encodeCrlEntries, type CrlEntry, type RevocationReason } from '../../../formats/x509/crl.ts';
import { CrlRowEncoder } from '../../../formats/x509/crl-rows.ts';
import { scale } from '../../scale.ts';

const REASONS: readonly RevocationReason[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];

interface Row {
  readonly serial: string;
  readonly reason: RevocationReason;
  readonly date: Date;
  readonly invalidity: Date | null;
}

const time = fc.date({
  min: new Date('1900-01-01T00:00:00.000Z'),
  max: new Date('2199-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});
const row: fc.Arbitrary<Row> = fc.record({
  serial: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  reason: fc.constantFrom(...REASONS),
  date: time,
  invalidity: fc.option(time),
});

const textOf = ({ serial, reason, date, invalidity }: Row): string =>
  `${serial} ${reason} ${date.toISOString()} ${invalidity?.toISOString() ?? ''}`;
const entryOf = ({ serial, reason, date, invalidity }: Row): CrlEntry => ({
  serialNumber: fromHex(serial),
  revocationDate: date,
  reason,
  invalidityDate: invalidity,
});

describe('rows of a revocation list', () => {
  it('become the bytes of their entries, in memory used again (property)', () => {
    const encoder = new CrlRowEncoder(20);
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        const made = encoder.encode(rows.map(textOf).join(';'));
        assert.deepEqual(Buffer.from(made), Buffer.from(encodeCrlEntries(rows.map(entryOf))));
      }),
      { numRuns: scale(300) },
    );
  });

  it('are refused in any other form', () => {
    const good = '01ab superseded 2026-10-01T00:00:00.000Z ';
    const encoder = new CrlRowEncoder(2);
    assert.equal(encoder.encode(good).length, encodeCrlEntries([entryOf(rowOf(good))]).length);
    for (const bad of [
      '01ab superseded 2026-10-01T00:00:00.000Z',
      '01a superseded 2026-10-01T00:00:00.000Z ',
      '01ag superseded 2026-10-01T00:00:00.000Z ',
      ' superseded 2026-10-01T00:00:00.000Z ',
      '01ab  2026-10-01T00:00:00.000Z ',
      '01ab toString 2026-10-01T00:00:00.000Z ',
      '01ab superseded 2026-10-01 ',
      '01ab superseded 2026-10-01T00:00:00.000Z 2026',
      '01ab superseded +12026-10-01T00:00:00.000Z ',
      `${'ab'.repeat(22)} superseded 2026-10-01T00:00:00.000Z `,
      `${good};${good};${good}`,
      `${good};;${good}`,
    ]) {
      assert.throws(() => encoder.encode(bad), { code: 'value-out-of-range' }, bad);
    }
  });
});

function rowOf(text: string): Row {
  const [serial = '', reason = '', date = ''] = text.split(' ');
  return { serial, reason: reason as RevocationReason, date: new Date(date), invalidity: null };
}
