// Everything of a signature but its value: the bytes to append to a PDF, with a hole for the CMS that will be signed over them.
import { createHash } from 'node:crypto';
import { addAppearance, type Appearance } from '../formats/pdf/appearance.ts';
import { beginUpdate, type IncrementalUpdate } from '../formats/pdf/append.ts';
import { byteRangeLength, byteRangeText } from '../formats/pdf/byte-range.ts';
import { openPdf, type PdfDocument } from '../formats/pdf/document.ts';
import { defaultLimits, type PdfLimits } from '../formats/pdf/limits.ts';
import { addSignatureField } from '../formats/pdf/fields.ts';
import { readFields, type FormField } from '../formats/pdf/form.ts';
import { FormatError } from '../formats/errors.ts';
import {
  entry,
  pdfArray,
  pdfDictionary,
  pdfInteger,
  pdfName,
  type PdfObject,
  type PdfReference,
} from '../formats/pdf/objects.ts';
import { pageCount, readPage, type Page, type Rectangle } from '../formats/pdf/pages.ts';
import { latin1, serialise } from '../formats/pdf/serialise.ts';
import { signaturesOf, type PdfSignature } from '../formats/pdf/signatures.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { dateString, textString } from '../formats/pdf/text-string.ts';
import { strictestLevel, type ModificationLevel } from '../formats/pdf/transforms.ts';
import { signatureRectangles } from './signature-rectangles.ts';
import { SigningError } from './errors.ts';
import { placeOnPage, refuseOverlap, type Placement } from './placement.ts';

export interface SignatureOptions {
  /** Claimed signing time for /M; the proof of time is the time-stamp. */
  readonly time: Date;
  /** Bytes reserved for the CMS; see `placeholderCapacity`. */
  readonly contentsCapacity: number;
  /** What shows, and where; absent for an invisible signature, which belongs to the first page. */
  readonly visible?: {
    /** First page 1, as people count. */
    readonly page: number;
    readonly placement: Placement;
    readonly appearance: Appearance;
  };
  /**
   * Decides on the place itself, with the document open, and draws what shows; instead of `visible`. What it puts into the
   * update is covered by the signature.
   */
  readonly place?: (work: PlacingWork) => Promise<PlacedSignature>;
  /** Partial name of the new field, without dots; by default the first free of Signature1, Signature2, … */
  readonly fieldName?: string;
  readonly name?: string;
  readonly reason?: string;
  readonly location?: string;
  /** Application named in /Prop_Build. */
  readonly application?: string;
  /** Certifies the document (DocMDP): what may still be changed after this, its first, signature. */
  readonly docMdp?: ModificationLevel;
}

/** What placing works with: the document as it is, and the update that will be signed. */
export interface PlacingWork {
  readonly document: PdfDocument;
  /** Every field of the document, those without a value too. */
  readonly fields: readonly FormField[];
  readonly update: IncrementalUpdate;
}

/** Where the signature's own widget stands. */
export interface PlacedSignature {
  readonly page: Page;
  /** All zeros for an invisible one. */
  readonly rectangle: Rectangle;
  /** Normal appearance, already in the update; null for an invisible one. */
  readonly appearance: PdfReference | null;
  /** Full name of a prepared field that is to be signed; a new field where absent. */
  readonly field?: string;
}

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
}

/** A CMS with a few certificates is far below; an archive's revocation data goes to the DSS, not here. */
const largestCapacity = 1 << 20;
/**
 * What is stamped was made by an office's program. One object of many megabytes or a stream of many more is a puzzle, and
 * is refused before it costs everybody's time.
 */
const signingLimits: PdfLimits = {
  ...defaultLimits,
  objectBytes: 1024 * 1024,
  inflatedBytes: 16 * 1024 * 1024,
  inflatedTotal: 64 * 1024 * 1024,
  fields: 20_000,
};

/**
 * Prepares one PAdES signature (EN 319 142-1: SubFilter ETSI.CAdES.detached) as one incremental update.
 * Reads only what it touches; memory does not depend on the size of the original.
 * @throws SigningError `not-a-pdf`, `pdf-encrypted`, `pdf-malformed`, `page-not-found`, `placement-invalid`,
 *   `seal-off-page`, `seal-over-field`, `field-already-signed` (the name is taken), `signing-forbidden` (an earlier
 *   signature permits no change, or a second certification).
 */
export async function prepareSignature(
  source: ByteSource,
  options: SignatureOptions,
): Promise<PreparedSignature> {
  if (!(options.contentsCapacity > 0 && options.contentsCapacity <= largestCapacity)) {
    throw new SigningError(
      'placeholder-too-small',
      'The room for the signature value must be 1 byte to 1 MiB.',
    );
  }
  try {
    return await prepare(source, options);
  } catch (error) {
    throw error instanceof FormatError ? refusalOf(error) : error;
  }
}

async function prepare(source: ByteSource, options: SignatureOptions): Promise<PreparedSignature> {
  const document = await openPdf(source, signingLimits);
  const fields = await readFields(document);
  await refuseForbidden(document, await signaturesOf(document, fields), options.docMdp);
  const fieldName = chooseName(fields, options.fieldName);
  const update = await beginUpdate(document);
  const work: PlacingWork = { document, fields, update };
  const placed = await (options.place === undefined ? place(work, options.visible) : options.place(work));
  const value = update.allocate();
  const head = signatureHead(options);
  update.setWithHole(value, head, options.contentsCapacity * 2 + 2, signatureTail(options));
  await addSignatureField(document, update, {
    name: fieldName,
    value,
    certifies: options.docMdp !== undefined,
    ...placed,
  });
  const { before, after } = update.build(documentId(document, fieldName, options.time));
  const gapStart = source.size + before.length;
  const gapEnd = gapStart + options.contentsCapacity * 2 + 2;
  const byteRange = [0, gapStart, gapEnd, after.length] as const;
  before.set(latin1(byteRangeText([...byteRange])), before.length - contentsKey.length - byteRangeLength);
  return {
    originalSize: source.size,
    before,
    after,
    contentsCapacity: options.contentsCapacity,
    byteRange,
    fieldName,
  };
}

/** ISO 32000-2, 12.8.2.2: the first signature may certify, and what it forbids is not signed over. */
async function refuseForbidden(
  document: PdfDocument,
  earlier: readonly PdfSignature[],
  docMdp: ModificationLevel | undefined,
): Promise<void> {
  if ((await strictestLevel(document, earlier)) === 1) {
    throw new SigningError(
      'signing-forbidden',
      'An earlier signature of the document permits no further change.',
    );
  }
  if (docMdp !== undefined && earlier.length > 0) {
    throw new SigningError('signing-forbidden', 'Only the first signature of a document can certify it.');
  }
}

async function place(work: PlacingWork, visible: SignatureOptions['visible']): Promise<PlacedSignature> {
  const { document, fields, update } = work;
  const page = await readPage(document, (visible?.page ?? 1) - 1);
  if (page === null) {
    const count = await pageCount(document);
    throw new SigningError('page-not-found', `The document has ${count} pages and not the one to be signed.`);
  }
  if (visible === undefined) {
    return { page, rectangle: { left: 0, bottom: 0, right: 0, top: 0 }, appearance: null };
  }
  const { rectangle, matrix } = placeOnPage(page, visible.placement);
  refuseOverlap(rectangle, await signatureRectangles(document, fields, page));
  return { page, rectangle, appearance: addAppearance(update, visible.appearance, matrix) };
}

function chooseName(fields: readonly FormField[], wanted: string | undefined): string {
  const taken = new Set(fields.map((field) => field.fullName.split('.', 1)[0]));
  if (wanted !== undefined) {
    if (wanted === '' || wanted.includes('.')) {
      throw new SigningError('placement-invalid', 'A field name is not empty and has no dot.');
    }
    if (taken.has(wanted)) {
      throw new SigningError('field-already-signed', 'The document already has a field of this name.');
    }
    return wanted;
  }
  for (let number = 1; ; number++) {
    if (!taken.has(`Signature${number}`)) return `Signature${number}`;
  }
}

const contentsKey = '\n/Contents ';

/** ByteRange stands before Contents: behind it, a forged second one could hide in the padding. */
function signatureHead(options: SignatureOptions): string {
  const entries: Record<string, PdfObject> = {
    Type: pdfName('Sig'),
    Filter: pdfName('Adobe.PPKLite'),
    SubFilter: pdfName('ETSI.CAdES.detached'),
    M: dateString(options.time),
  };
  if (options.name !== undefined) entries['Name'] = textString(options.name);
  if (options.reason !== undefined) entries['Reason'] = textString(options.reason);
  if (options.location !== undefined) entries['Location'] = textString(options.location);
  const open = serialise(pdfDictionary(entries)).slice(0, -'>>'.length);
  return `${open}/ByteRange ${byteRangeText([0, 0, 0, 0])}${contentsKey}`;
}

function signatureTail(options: SignatureOptions): string {
  const entries: Record<string, PdfObject> = {};
  if (options.application !== undefined) {
    entries['Prop_Build'] = pdfDictionary({ App: pdfDictionary({ Name: pdfName(options.application) }) });
  }
  if (options.docMdp !== undefined) entries['Reference'] = pdfArray([certification(options.docMdp)]);
  return `\n${serialise(pdfDictionary(entries)).slice('<<'.length)}`;
}

function certification(level: ModificationLevel): PdfObject {
  return pdfDictionary({
    Type: pdfName('SigRef'),
    TransformMethod: pdfName('DocMDP'),
    TransformParams: pdfDictionary({
      Type: pdfName('TransformParams'),
      P: pdfInteger(level),
      V: pdfName('1.2'),
    }),
  });
}

/** The changing half of /ID (14.4): made from what identifies this update, so the same input gives the same bytes. */
function documentId(document: PdfDocument, fieldName: string, time: Date): Uint8Array {
  const old = entry(document.trailer(), 'ID');
  const about = [document.facts.size, document.newest.startxref, fieldName, time.toISOString()];
  const hash = createHash('sha256').update(about.join('\n'));
  if (old.kind === 'array') hash.update(serialise(old));
  return hash.digest().subarray(0, 16);
}

function refusalOf(error: FormatError): SigningError {
  const code = error.code === 'pdf-encrypted' || error.code === 'not-a-pdf' ? error.code : 'pdf-malformed';
  return new SigningError(code, error.message, { cause: error });
}
