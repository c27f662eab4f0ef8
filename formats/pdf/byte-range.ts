// Which bytes a signature covers (ISO 32000-2, 12.8.1): the placeholder written before signing, and the rules read back.
import type { FileSpan } from './objects.ts';
import type { Revision } from './revisions.ts';

/**
 * `whole-file`: every byte but the Contents token. `revision`: likewise, up to the end of an earlier revision.
 * `partial`: well formed, but its end is the end of no revision. `invalid`: anything else.
 */
type CoverageKind = 'whole-file' | 'revision' | 'partial' | 'invalid';

export type CoverageProblem =
  | 'dictionary-unreadable'
  | 'duplicate-keys'
  | 'byte-range-missing'
  | 'byte-range-malformed'
  | 'contents-missing'
  | 'contents-not-hexadecimal'
  | 'contents-without-place'
  | 'offsets-shifted'
  | 'not-from-start'
  | 'gap-not-contents'
  | 'past-end-of-file'
  | 'not-at-revision-end';

export interface Coverage {
  readonly kind: CoverageKind;
  /** Index of the revision the signature covers and, by itself, vouches for; null unless `whole-file` or `revision`. */
  readonly revision: number | null;
  /** The first rule that was broken; null exactly when `kind` is `whole-file` or `revision`. */
  readonly problem: CoverageProblem | null;
}

export function notCovered(problem: CoverageProblem): Coverage {
  return { kind: problem === 'not-at-revision-end' ? 'partial' : 'invalid', revision: null, problem };
}

/**
 * The rules against wrapped, shifted and shortened signatures: exactly two ranges, from byte 0, with a gap that is
 * exactly the Contents token, to the end of a revision.
 * @param contents where the hexadecimal string of /Contents stands, angle brackets included.
 */
export function judgeCoverage(
  byteRange: readonly number[],
  contents: FileSpan,
  revisions: readonly Revision[],
  fileSize: number,
): Coverage {
  const [start, firstLength, secondStart, secondLength] = byteRange;
  if (
    byteRange.length !== 4 ||
    start === undefined ||
    firstLength === undefined ||
    secondStart === undefined ||
    secondLength === undefined ||
    byteRange.some((value) => !Number.isSafeInteger(value) || value < 0)
  ) {
    return notCovered('byte-range-malformed');
  }
  if (start !== 0) return notCovered('not-from-start');
  if (firstLength !== contents.start || secondStart !== contents.end) return notCovered('gap-not-contents');
  const end = secondStart + secondLength;
  if (end > fileSize) return notCovered('past-end-of-file');
  if (secondLength === 0) return notCovered('not-at-revision-end');
  if (end === fileSize) return { kind: 'whole-file', revision: revisions.length - 1, problem: null };
  const covered = revisions.find(
    (revision) =>
      revision.end !== null &&
      revision.endWithSpace !== null &&
      revision.startxrefAgrees &&
      end >= revision.end &&
      end <= revision.endWithSpace,
  );
  if (covered === undefined) return notCovered('not-at-revision-end');
  return { kind: 'revision', revision: covered.index, problem: null };
}

/** Width of each number: offsets up to 99,999,999,999, so a file past 10^10 bytes still fits its placeholder. */
const numberWidth = 11;

/** Length in characters of what `byteRangeText` answers, whatever the numbers. */
export const byteRangeLength = 4 + 3 * (numberWidth + 1);

/** The array, padded with blanks behind its bracket to the fixed length. */
export function byteRangeText(byteRange: readonly [number, number, number, number]): string {
  const text = `[${byteRange.join(' ')}]`;
  if (text.length > byteRangeLength) throw new RangeError('A byte range needs safe file offsets.');
  return text.padEnd(byteRangeLength, ' ');
}
