// Everything of a signature but its value: the bytes to append to a PDF, with a hole for the CMS that will be signed over them.
import { addAppearance, type Appearance } from '../formats/pdf/appearance.ts';
import { beginUpdate, type IncrementalUpdate } from '../formats/pdf/append.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { addSignatureField, certifyBy, fillSignatureField } from '../formats/pdf/fields.ts';
import { readFields, type FormField } from '../formats/pdf/form.ts';
import {
  entry,
  pdfArray,
  pdfDictionary,
  pdfInteger,
  pdfName,
  withEntries,
  type PdfDictionary,
  type PdfObject,
  type PdfReference,
} from '../formats/pdf/objects.ts';
import { pageCount, readPage, type Page, type Rectangle } from '../formats/pdf/pages.ts';
import { signaturesOf } from '../formats/pdf/signatures.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { dateString, textString } from '../formats/pdf/text-string.ts';
import { lockOfField, type FieldLock, type ModificationLevel } from '../formats/pdf/transforms.ts';
import { appearanceForArchive, archiveDrawing } from './archive-appearance.ts';
import { SigningError } from './errors.ts';
import { chooseField, refuseForbidden } from './field-choice.ts';
import { hiddenContent } from './hidden-content.ts';
import { placeOnPage, refuseOverlap, type Placement } from './placement.ts';
import { checkCapacity, preparedOf, setSignature, type PreparedSignature } from './prepared-update.ts';
import { obeySeedValues, type PlannedSignature } from './seed-values.ts';
import { signatureRectangles } from './signature-rectangles.ts';
import { refuseWithoutPermission, withDocument } from './signing-document.ts';
import type { StampLevel } from './stamp-level.ts';

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
  /**
   * Full name of a prepared empty field that is to be signed, or the name, without dots, of a new one; by default the first
   * free of Signature1, Signature2, …
   */
  readonly fieldName?: string;
  readonly name?: string;
  readonly reason?: string;
  readonly location?: string;
  /** Whether hidden content is looked for, which a caller may know already. Default yes. */
  readonly inspect?: boolean;
  /** Application named in /Prop_Build. */
  readonly application?: string;
  /** Certifies the document (DocMDP): what may still be changed after this, its first, signature. */
  readonly docMdp?: ModificationLevel;
  /** Fields that may not be changed after this signature (FieldMDP); a prepared field's own lock goes before. */
  readonly fieldLock?: FieldLock;
  /** Opens an encrypted document, as its owner or user; may be empty. */
  readonly password?: string;
  /** Level the signature is going to have (default B-T), and who signs: prepared fields may ask about either. */
  readonly level?: StampLevel;
  readonly signer?: { readonly chain: readonly Uint8Array[] };
  /** /Filter and /SubFilter where the value is no CMS of PAdES (an SM2 seal); those of PAdES by default. */
  readonly handler?: { readonly filter: string; readonly subFilter: string };
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
 * Prepares one PAdES signature (EN 319 142-1: SubFilter ETSI.CAdES.detached) as one incremental update.
 * Reads only what it touches, and the whole file only where its cross-reference is broken; memory does not depend on the
 * size of the original.
 * @throws SigningError `not-a-pdf`, `pdf-encrypted`, `pdf-password`, `pdf-malformed`, `page-not-found`, `placement-invalid`,
 *   `seal-off-page`, `seal-over-field`, `field-already-signed` (the name is taken), `field-not-found`, `seed-value-refused`
 *   (a prepared field asks for something else), `signing-forbidden` (an earlier signature, or the owner of an encrypted
 *   file, permits it not; or a second certification).
 */
export async function prepareSignature(
  source: ByteSource,
  options: SignatureOptions,
): Promise<PreparedSignature> {
  checkCapacity(options.contentsCapacity);
  return withDocument(source, options.password, (document) => prepare(document, options));
}

async function prepare(document: PdfDocument, options: SignatureOptions): Promise<PreparedSignature> {
  const fields = await readFields(document);
  const earlier = await signaturesOf(document, fields);
  const findings = options.inspect === false ? [] : await hiddenContent(document, fields, earlier.length > 0);
  const update = await beginUpdate(document);
  const work: PlacingWork = { document, fields, update };
  const placed = await (options.place === undefined ? place(work, options) : options.place(work));
  const chosen = chooseField(fields, placed.field ?? options.fieldName);
  const seeded =
    chosen.prepared === null
      ? {}
      : await obeySeedValues(document, chosen.prepared.dictionary, plannedOf(options));
  const docMdp = seeded.docMdp ?? options.docMdp;
  const reason = seeded.reason ?? options.reason;
  await refuseForbidden(document, earlier, chosen, docMdp);
  refuseWithoutPermission(document, chosen.prepared === null);
  const value = update.allocate();
  const lock = seeded.lock ?? options.fieldLock;
  const prepared = chosen.prepared === null ? null : await lockOfField(document, chosen.prepared.dictionary);
  setSignature(update, value, {
    entries: signatureEntries(options, reason),
    rest: restEntries(document, options, docMdp, prepared ?? lock),
    capacity: options.contentsCapacity,
  });
  const appearance = placed.appearance ?? (await appearanceForArchive(document, update));
  if (chosen.prepared !== null) {
    await fillSignatureField(document, update, chosen.prepared, { value, appearance: placed.appearance });
  } else {
    await addSignatureField(document, update, {
      page: placed.page,
      name: chosen.name,
      rectangle: placed.rectangle,
      value,
      appearance,
      ...(lock === undefined ? {} : { lock: lockDictionary('SigFieldLock', lock) }),
    });
  }
  if (docMdp !== undefined) await certifyBy(document, update, value);
  return preparedOf(document, update, {
    fieldName: chosen.name,
    capacity: options.contentsCapacity,
    time: options.time,
    findings,
  });
}

function plannedOf(options: SignatureOptions): PlannedSignature {
  const { signer, docMdp, reason, level = 'B-T' } = options;
  return {
    ...signer,
    ...(docMdp === undefined ? {} : { docMdp }),
    ...(reason === undefined ? {} : { reason }),
    timestamped: level !== 'B-B',
    longTerm: level === 'B-LT' || level === 'B-LTA',
  };
}

async function place(work: PlacingWork, options: SignatureOptions): Promise<PlacedSignature> {
  const { document, fields, update } = work;
  const { visible, fieldName } = options;
  const page = await readPage(document, (visible?.page ?? 1) - 1);
  if (page === null) {
    const count = await pageCount(document);
    throw new SigningError('page-not-found', `The document has ${count} pages and not the one to be signed.`);
  }
  if (visible === undefined) {
    return { page, rectangle: { left: 0, bottom: 0, right: 0, top: 0 }, appearance: null };
  }
  const prepared = fields.find((field) => field.fullName === fieldName);
  const { rectangle, matrix } = placeOnPage(page, visible.placement);
  // A prepared field says itself where it stands.
  if (prepared === undefined) refuseOverlap(rectangle, await signatureRectangles(document, fields, page));
  const drawing = await archiveDrawing(document);
  return { page, rectangle, appearance: addAppearance(update, visible.appearance, matrix, drawing) };
}

function signatureEntries(options: SignatureOptions, reason: string | undefined): PdfDictionary {
  return pdfDictionary({
    Type: pdfName('Sig'),
    Filter: pdfName(options.handler?.filter ?? 'Adobe.PPKLite'),
    SubFilter: pdfName(options.handler?.subFilter ?? 'ETSI.CAdES.detached'),
    M: dateString(options.time),
    ...(options.name === undefined ? {} : { Name: textString(options.name) }),
    ...(reason === undefined ? {} : { Reason: textString(reason) }),
    ...(options.location === undefined ? {} : { Location: textString(options.location) }),
  });
}

function restEntries(
  document: PdfDocument,
  options: SignatureOptions,
  docMdp: ModificationLevel | undefined,
  lock: FieldLock | null | undefined,
): PdfDictionary {
  const references = [
    ...(docMdp === undefined ? [] : [transform('DocMDP', pdfDictionary({ P: pdfInteger(docMdp) }))]),
    ...(lock === undefined || lock === null
      ? []
      : [transform('FieldMDP', lockDictionary('TransformParams', lock), entry(document.trailer(), 'Root'))]),
  ];
  return pdfDictionary({
    ...(options.application === undefined
      ? {}
      : { Prop_Build: pdfDictionary({ App: pdfDictionary({ Name: pdfName(options.application) }) }) }),
    ...(references.length === 0 ? {} : { Reference: pdfArray(references) }),
  });
}

/** A signature reference dictionary (12.8.1, Table 256). @param data what FieldMDP is about: the catalogue */
function transform(method: 'DocMDP' | 'FieldMDP', parameters: PdfDictionary, data?: PdfObject): PdfObject {
  const versioned = { Type: pdfName('TransformParams'), V: pdfName('1.2') };
  return pdfDictionary({
    Type: pdfName('SigRef'),
    TransformMethod: pdfName(method),
    TransformParams: withEntries(parameters, versioned),
    ...(data === undefined ? {} : { Data: data }),
  });
}

/** Table 236 and Table 259 write a lock alike. */
function lockDictionary(type: 'SigFieldLock' | 'TransformParams', lock: FieldLock): PdfDictionary {
  return pdfDictionary({
    Type: pdfName(type),
    Action: pdfName(lock.action),
    ...(lock.action === 'All' ? {} : { Fields: pdfArray(lock.fields.map(textString)) }),
  });
}
