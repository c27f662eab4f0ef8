// An update with a hole for a CMS, and the plain value that stands between preparing and finishing.
import { createHash } from 'node:crypto';
import type { IncrementalUpdate } from '../formats/pdf/append.ts';
import { byteRangeLength, byteRangeText } from '../formats/pdf/byte-range.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { entry, type PdfDictionary, type PdfReference } from '../formats/pdf/objects.ts';
import { latin1, serialise } from '../formats/pdf/serialise.ts';
import { SigningError } from './errors.ts';
import type { HiddenFinding } from './hidden-content.ts';

/**
 * A plain value (numbers, strings and bytes) between preparing and finishing, so that the key may be elsewhere.
 * The signed digest is H(original ‖ before ‖ after); the file is original ‖ before ‖ `<` hex `>` ‖ after.
 */
export interface PreparedSignature {
  /** Size in bytes of the original, which is a prefix of the result. */
  readonly originalSize: number;
  /** Appended bytes up to, and without, the `<` of /Contents. */
  readonly before: Uint8Array;
  /** Appended bytes from after the `>` of /Contents to the end of the file. */
  readonly after: Uint8Array;
  /** Bytes of CMS that fit; the hole is 2 × this + 2 characters wide. */
  readonly contentsCapacity: number;
  /** As written in the file: [0, offset of `<`, offset after `>`, length to the end]. */
  readonly byteRange: readonly [number, number, number, number];
  readonly fieldName: string;
  /** What the document holds that may not be seen, or not stay as it is seen. */
  readonly findings: readonly HiddenFinding[];
}

/** A CMS with a few certificates is far below; an archive's revocation data goes to the DSS, not here. */
const largestCapacity = 1 << 20;
const contentsKey = '\n/Contents ';
const numbersToCome = `/ByteRange ${byteRangeText([0, 0, 0, 0])}${contentsKey}`;

/** @throws SigningError `placeholder-too-small` for a room of nothing or of more than 1 MiB. */
export function checkCapacity(contentsCapacity: number): void {
  if (contentsCapacity > 0 && contentsCapacity <= largestCapacity) return;
  throw new SigningError(
    'placeholder-too-small',
    'The room for the signature value must be 1 byte to 1 MiB.',
  );
}

/** The signature dictionary, its value still open. ByteRange stands before Contents: behind it, a forged second one could hide in the padding. */
export function setSignature(
  update: IncrementalUpdate,
  value: PdfReference,
  parts: { readonly entries: PdfDictionary; readonly rest: PdfDictionary; readonly capacity: number },
): void {
  update.setWithHole(value, parts.entries, numbersToCome, parts.capacity * 2 + 2, parts.rest);
}

/** Ends the update: its bytes, with the numbers of what will be signed in their place. */
export function preparedOf(
  document: PdfDocument,
  update: IncrementalUpdate,
  about: {
    readonly fieldName: string;
    readonly capacity: number;
    readonly time: Date;
    readonly findings?: readonly HiddenFinding[];
  },
): PreparedSignature {
  const { size } = document.facts;
  const { before, after } = update.build(documentId(document, about.fieldName, about.time));
  const gapStart = size + before.length;
  const gapEnd = gapStart + about.capacity * 2 + 2;
  const byteRange = [0, gapStart, gapEnd, after.length] as const;
  before.set(latin1(byteRangeText([...byteRange])), before.length - contentsKey.length - byteRangeLength);
  return {
    originalSize: size,
    before,
    after,
    contentsCapacity: about.capacity,
    byteRange,
    fieldName: about.fieldName,
    findings: about.findings ?? [],
  };
}

/** The changing half of /ID (14.4): made from what identifies this update, so the same input gives the same bytes. */
export function documentId(document: PdfDocument, about: string, time: Date): Uint8Array {
  const old = entry(document.trailer(), 'ID');
  const lines = [document.facts.size, document.newest.startxref, about, time.toISOString()];
  const text = lines.join('\n') + (old.kind === 'array' ? serialise(old) : '');
  return createHash('sha256').update(text, 'latin1').digest().subarray(0, 16);
}
