// Signature fields read (ISO 32000-2, 12.8): every field that has a value is told, however damaged; nothing is judged but coverage.
import type { Coverage } from './byte-range.ts';
import type { PdfDocument } from './document.ts';
import type { FormField } from './form.ts';
import type { FileSpan, PdfDictionary, PdfObject } from './objects.ts';
import { FormatError } from '../errors.ts';
import { firstBerValue } from '../x509/ber.ts';
import { TAG, derLength } from '../x509/der.ts';
import { judgeCoverage, notCovered } from './byte-range.ts';
import { readFields } from './form.ts';
import { dictionaryOf, entry, integerOf, nameOf } from './objects.ts';
import { readTransforms, type SignatureTransforms } from './transforms.ts';
import { textOf } from './text-string.ts';

interface SignatureContents {
  /** The value without its padding: as long as its outer DER or BER header says, or whole where that cannot be read. */
  readonly value: Uint8Array;
  /** What follows the value inside the string; zeros in a well-made file. */
  readonly padding: Uint8Array;
  readonly paddingIsZero: boolean;
  /** Where the string stands, delimiters included; null inside an object stream. */
  readonly span: FileSpan | null;
}

/** A signature field with a value. */
export interface PdfSignature {
  readonly field: FormField;
  /** Null where /V leads to no dictionary or cannot be read. */
  readonly dictionary: PdfDictionary | null;
  /** Index of the revision that last wrote the dictionary; null where it is direct in its field or unreadable. */
  readonly writtenIn: number | null;
  /** /Type: `Sig`, `DocTimeStamp`, or null (which means `Sig`). */
  readonly type: string | null;
  readonly filter: string | null;
  readonly subFilter: string | null;
  readonly name: string | null;
  readonly reason: string | null;
  readonly location: string | null;
  /** /M as written, such as `D:20261122050607Z`: a claim, not a proof. */
  readonly claimedTime: string | null;
  /** The numbers as written, also when they are not four; null where they are not direct integers. */
  readonly byteRange: readonly number[] | null;
  readonly byteRangeSpan: FileSpan | null;
  readonly contents: SignatureContents | null;
  readonly coverage: Coverage;
  readonly transforms: SignatureTransforms;
}

/**
 * Signatures in field order, as of a revision (newest by default). Coverage is always against the whole file.
 * @throws FormatError only where the form itself cannot be read; a damaged signature is answered with its problem.
 */
export async function readSignatures(
  document: PdfDocument,
  asOfRevision?: number,
): Promise<readonly PdfSignature[]> {
  return signaturesOf(document, await readFields(document, asOfRevision), asOfRevision);
}

/** Like `readSignatures`, where the fields are already read. */
export async function signaturesOf(
  document: PdfDocument,
  fields: readonly FormField[],
  asOfRevision?: number,
): Promise<readonly PdfSignature[]> {
  const signatures: PdfSignature[] = [];
  for (const field of fields) {
    if (field.type !== 'Sig' || field.value.kind === 'null') continue;
    signatures.push(await readSignature(document, field, asOfRevision));
  }
  return signatures;
}

async function readSignature(
  document: PdfDocument,
  field: FormField,
  asOfRevision: number | undefined,
): Promise<PdfSignature> {
  try {
    const dictionary = dictionaryOf(await document.resolve(field.value, asOfRevision));
    if (dictionary === null) return unreadable(field);
    const located =
      field.value.kind === 'reference' ? await document.locate(field.value.number, asOfRevision) : null;
    const text = async (key: string): Promise<string | null> =>
      textOf(await document.get(dictionary, key, asOfRevision));
    const range = entry(dictionary, 'ByteRange');
    const contents = readContents(entry(dictionary, 'Contents'));
    return {
      field,
      dictionary,
      writtenIn: located?.revision ?? null,
      type: nameOf(entry(dictionary, 'Type')),
      filter: nameOf(entry(dictionary, 'Filter')),
      subFilter: nameOf(entry(dictionary, 'SubFilter')),
      name: await text('Name'),
      reason: await text('Reason'),
      location: await text('Location'),
      claimedTime: await text('M'),
      byteRange: integersOf(range),
      byteRangeSpan: range.kind === 'array' ? (range.span ?? null) : null,
      contents,
      coverage: coverageOf(document, dictionary, contents),
      transforms: await readTransforms(document, dictionary, asOfRevision),
    };
  } catch (error) {
    if (error instanceof FormatError && error.code === 'pdf-malformed') return unreadable(field);
    throw error;
  }
}

function unreadable(field: FormField): PdfSignature {
  return {
    field,
    dictionary: null,
    writtenIn: null,
    type: null,
    filter: null,
    subFilter: null,
    name: null,
    reason: null,
    location: null,
    claimedTime: null,
    byteRange: null,
    byteRangeSpan: null,
    contents: null,
    coverage: notCovered('dictionary-unreadable'),
    transforms: { docMdp: null, fieldMdp: [] },
  };
}

function coverageOf(
  document: PdfDocument,
  dictionary: PdfDictionary,
  contents: SignatureContents | null,
): Coverage {
  const range = entry(dictionary, 'ByteRange');
  const value = entry(dictionary, 'Contents');
  if (dictionary.duplicateKeys.length > 0) return notCovered('duplicate-keys');
  if (range.kind === 'null') return notCovered('byte-range-missing');
  if (value.kind === 'null') return notCovered('contents-missing');
  if (value.kind !== 'string' || !value.hex || contents === null)
    return notCovered('contents-not-hexadecimal');
  if (contents.span === null) return notCovered('contents-without-place');
  const byteRange = integersOf(range);
  if (byteRange === null) return notCovered('byte-range-malformed');
  if (document.facts.offsetsFromHeader) return notCovered('offsets-shifted');
  return judgeCoverage(byteRange, contents.span, document.revisions, document.facts.size);
}

/** Direct integers only: a reference could lead elsewhere in a later revision. */
function integersOf(object: PdfObject): readonly number[] | null {
  if (object.kind !== 'array') return null;
  const numbers = object.items.map(integerOf);
  return numbers.every((number) => number !== null) ? numbers : null;
}

function readContents(object: PdfObject): SignatureContents | null {
  if (object.kind !== 'string') return null;
  const length = valueLength(object.bytes) ?? object.bytes.length;
  const padding = object.bytes.subarray(length);
  return {
    value: object.bytes.subarray(0, length),
    padding,
    paddingIsZero: padding.every((value) => value === 0),
    span: object.span ?? null,
  };
}

const berLimits = { maxBytes: 1 << 24, maxDepth: 40 } as const;

function lengthBy(measure: () => number): number | null {
  try {
    return measure();
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** Length of the outermost SEQUENCE, whether DER or BER; null for anything else. */
function valueLength(bytes: Uint8Array): number | null {
  if (bytes[0] !== TAG.sequence) return null;
  return lengthBy(() => derLength(bytes)) ?? lengthBy(() => firstBerValue(bytes, berLimits).length);
}
