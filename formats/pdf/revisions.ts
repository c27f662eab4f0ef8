// The states a file has passed through: its cross-reference sections grouped into revisions, each with the byte where it ends.
import type { PdfLimits } from './limits.ts';
import type { PdfDictionary } from './objects.ts';
import type { ByteSource } from './source.ts';
import type { ChainedSection } from './xref.ts';
import { FormatError } from '../errors.ts';

/** One save of the file: the original (index 0) or an incremental update. */
export interface Revision {
  readonly index: number;
  /** Offset of the newest section of this revision, what `startxref` named when it was the last. */
  readonly startxref: number;
  /** Sections, newest first: one, or two where the original is linearised. */
  readonly sections: readonly ChainedSection[];
  /** Trailer dictionary in force (of a cross-reference stream, its dictionary). */
  readonly trailer: PdfDictionary;
  /** Offset after `%%EOF`, without line end; null where `startxref n %%EOF` does not follow the section. */
  readonly end: number | null;
  /** Offset after the white space behind `%%EOF`, up to where a signature of this revision may end; null like `end`. */
  readonly endWithSpace: number | null;
  /** Whether the number between `startxref` and `%%EOF` is `startxref`. */
  readonly startxrefAgrees: boolean;
}

const keyword = 'startxref';
/** Bytes above 127 are not Latin-1 in this encoding, but each is one character, and what is looked for is ASCII. */
const oneCharacterPerByte = new TextDecoder('latin1');

/**
 * The number after the last `startxref` of the file.
 * @throws FormatError `pdf-malformed` where the last `limits.tailBytes` hold none.
 */
export async function findStartxref(source: ByteSource, limits: PdfLimits): Promise<number> {
  for (let length = 1024; ; length *= 8) {
    const wanted = Math.min(length, limits.tailBytes, source.size);
    const tail = oneCharacterPerByte.decode(await source.read(source.size - wanted, wanted));
    const at = tail.lastIndexOf(keyword);
    const match = at < 0 ? null : /^startxref\s+(\d{1,11})/.exec(tail.slice(at, at + 64));
    if (match !== null) return Number(match[1]);
    if (at >= 0 || wanted === source.size || wanted === limits.tailBytes) {
      throw new FormatError('pdf-malformed', 'The PDF has no startxref; it is damaged or cut off.');
    }
  }
}

/**
 * @param chain newest first, as `readChain` answers.
 * @returns oldest first.
 * @throws FormatError `pdf-malformed` where a section links forward in the file.
 */
export async function groupRevisions(
  source: ByteSource,
  chain: readonly ChainedSection[],
): Promise<readonly Revision[]> {
  const revisions: Revision[] = [];
  const oldestFirst = chain.toReversed();
  for (let at = 0; at < oldestFirst.length; at++) {
    const first = oldestFirst[at];
    const second = oldestFirst[at + 1];
    if (first === undefined) break;
    const tail = await readTail(source, first.section.end);
    // In a linearised file (Annex F) the section at the end is the older link: the `startxref` behind it names the
    // first-page section, which stands before it. Both were written in one save.
    const linearised =
      at === 0 &&
      second !== undefined &&
      second.section.offset < first.section.offset &&
      tail?.startxref === second.section.offset;
    if (linearised) at++;
    const newest = linearised ? second : first;
    refuseForwardLinks(
      linearised ? [second, first] : [first],
      tail?.endWithSpace ?? source.size,
      revisions.at(-1),
    );
    revisions.push({
      index: revisions.length,
      startxref: newest.section.offset,
      sections: linearised ? [second, first] : [first],
      trailer: newest.section.trailer,
      end: tail?.end ?? null,
      endWithSpace: tail?.endWithSpace ?? null,
      startxrefAgrees: tail?.startxref === newest.section.offset,
    });
  }
  return revisions;
}

/** A save links to older ones only: a section behind its end, or before that of an older save, was not there yet. */
function refuseForwardLinks(
  sections: readonly ChainedSection[],
  end: number,
  older: Revision | undefined,
): void {
  const start = older === undefined ? 0 : older.startxref;
  for (const { section, hidden } of sections) {
    if (section.offset < start || section.offset >= end || (hidden?.end ?? 0) > end) {
      throw new FormatError('pdf-malformed', 'The revisions of the PDF are not in the order of the file.');
    }
  }
}

async function readTail(
  source: ByteSource,
  position: number,
): Promise<{ readonly startxref: number; readonly end: number; readonly endWithSpace: number } | null> {
  const text = oneCharacterPerByte.decode(await source.read(position, 512));
  // Some writers leave their name there, as a comment (ISO 32000-2 7.2.4) on a line of its own.
  const match =
    /^((?:[\0\t\n\f\r ]|%(?!%EOF)[^\r\n]*[\r\n])*startxref[\0\t\n\f\r ]+(\d{1,11})[\0\t\n\f\r ]+%%EOF)([\0\t\n\f\r ]*)/.exec(
      text,
    );
  if (match === null) return null;
  const end = position + (match[1] ?? '').length;
  return { startxref: Number(match[2]), end, endWithSpace: end + (match[3] ?? '').length };
}
