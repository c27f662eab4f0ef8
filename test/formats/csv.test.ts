// Comma-separated values both ways: what is written is read back, and what is out of place is refused with its line.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { csvLine, readCsv } from '../../formats/csv.ts';
import { FormatError } from '../../formats/errors.ts';
import { scale } from '../scale.ts';

const limits = { rows: 1000, columns: 50, cell: 1000 };
const rows = (text: string, bounds = limits): readonly (readonly string[])[] =>
  [...readCsv(text, bounds)].map(({ cells }) => cells);
const refused = (text: string, words: RegExp, bounds = limits): void =>
  assert.throws(
    () => rows(text, bounds),
    (error) => error instanceof FormatError && error.code === 'csv-malformed' && words.test(error.message),
  );

describe('comma-separated values', () => {
  it('are read as RFC 4180 says', () => {
    assert.deepEqual(rows('a,b\r\n1,2\n'), [
      ['a', 'b'],
      ['1', '2'],
    ]);
    assert.deepEqual(rows('\u{feff}证照编号,持证主体\n"a ""b"", c","d\r\ne"\n\n,\n'), [
      ['证照编号', '持证主体'],
      ['a "b", c', 'd\r\ne'],
      ['', ''],
    ]);
    assert.deepEqual(rows(''), []);
  });

  it('name the line of what is out of place', () => {
    refused('a\n"b', /Line 2 .*not closed/);
    refused('a\n"b"c', /Line 2 .*beside a quoted cell/);
    refused('a,b"c', /Line 1 .*inside a plain cell/);
    refused('a\rb', /lone carriage return/);
    refused('"a\nb"\nc"', /Line 3/);
  });

  it('keep their bounds', () => {
    refused('a\nb\nc', /more than 2 rows/, { ...limits, rows: 2 });
    refused('a,b,c', /more than 2 columns/, { ...limits, columns: 2 });
    refused('abcd', /more than 3 characters/, { ...limits, cell: 3 });
    refused('"ab""cd"', /more than 3 characters/, { ...limits, cell: 3 });
    // Neither an open quote nor a flood of them takes long.
    const started = performance.now();
    refused('"'.repeat(500_001), /more than|not closed/);
    refused(`"${'a""'.repeat(300_000)}`, /more than/);
    assert.ok(performance.now() - started < 500);
  });

  it('are read back as they were written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '证', '𬭸') });
    const row = fc.array(cell, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), (table) => {
        // A line of one empty cell is an empty line.
        const written = table.filter((cells) => cells.length > 1 || cells[0] !== '');
        assert.deepEqual(rows(table.map(csvLine).join('\r\n')), written);
      }),
      { numRuns: scale(300) },
    );
  });

  it('of any text are read or refused, never anything else', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\u{feff}'), maxLength: 60 });
    fc.assert(
      fc.property(text, (any) => {
        try {
          for (const cells of rows(any)) assert.ok(cells.every((each) => typeof each === 'string'));
        } catch (error) {
          assert.ok(error instanceof FormatError && error.code === 'csv-malformed', String(error));
        }
      }),
      { numRuns: scale(500) },
    );
  });
});
