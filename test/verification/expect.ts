// What a report must say.
import assert from 'node:assert/strict';
import type { Conclusion, Report, SubIndication } from '../../verification/report.ts';

export type Expected = readonly [
  conclusion: Conclusion,
  subIndication: SubIndication | null,
  decisiveRow: string | null,
];

/** Ids of the rows that failed or stayed open. */
export function rowsOf(report: Report): readonly string[] {
  const all = [...report.rows, ...report.signatures.flatMap((signature) => signature.rows)];
  return all
    .filter((row) => row.outcome === 'failed' || row.outcome === 'indeterminate')
    .map((row) => row.id);
}

export function expectReport(report: Report, [conclusion, subIndication, row]: Expected): void {
  assert.equal(
    report.conclusion,
    conclusion,
    JSON.stringify(report.rows.filter((each) => each.outcome === 'failed')),
  );
  assert.equal(report.subIndication, subIndication, report.summary.en);
  if (row !== null)
    assert.ok(rowsOf(report).includes(row), `${row} is not among ${rowsOf(report).join(', ')}`);
  if (conclusion !== 'TOTAL-PASSED')
    assert.equal(report.subIndicationUrn, `urn:etsi:019102:subindication:${subIndication ?? ''}`);
}
