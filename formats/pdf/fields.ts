// A signature field added to a file (ISO 32000-2, 12.7.5.5): field and widget in one object, entered in the form and on its page.
import type { IncrementalUpdate } from './append.ts';
import type { PdfDocument } from './document.ts';
import type { FormField } from './form.ts';
import type { PdfDictionary, PdfReference } from './objects.ts';
import type { Page, Rectangle } from './pages.ts';
import { FormatError } from '../errors.ts';
import {
  entry,
  integerOf,
  pdfArray,
  pdfDictionary,
  pdfInteger,
  pdfName,
  pdfReal,
  withEntries,
} from './objects.ts';
import { textString } from './text-string.ts';

export interface SignatureField {
  readonly page: Page;
  /** Partial name; a new root field of the form. */
  readonly name: string;
  /** In default user space; all zeros for an invisible signature (12.7.5.5). */
  readonly rectangle: Rectangle;
  /** The signature dictionary. */
  readonly value: PdfReference;
  /** Normal appearance; null for an invisible signature. */
  readonly appearance: PdfReference | null;
  /** /Lock of the field (Table 236), where signing it locks fields. */
  readonly lock?: PdfDictionary;
}

/** Print and Locked (Table 167): a seal is printed and cannot be dragged away by accident. */
const widgetFlags = 4 + 128;
/** SignaturesExist and AppendOnly (Table 225). */
const signatureFlags = 3;

/** A new field with its widget, entered in the form and on its page. @returns the field's reference. */
export async function addSignatureField(
  document: PdfDocument,
  update: IncrementalUpdate,
  field: SignatureField,
): Promise<PdfReference> {
  const reference = update.allocate();
  const { left, bottom, right, top } = field.rectangle;
  update.set(
    reference,
    pdfDictionary({
      Type: pdfName('Annot'),
      Subtype: pdfName('Widget'),
      FT: pdfName('Sig'),
      T: textString(field.name),
      V: field.value,
      F: pdfInteger(widgetFlags),
      Rect: pdfArray([left, bottom, right, top].map((value) => pdfReal(Math.round(value * 1e3) / 1e3))),
      P: field.page.reference,
      ...(field.appearance === null ? {} : { AP: pdfDictionary({ N: field.appearance }) }),
      ...(field.lock === undefined ? {} : { Lock: field.lock }),
    }),
  );
  await addAnnotation(update, field.page.reference, reference);
  await addToForm(document, update, reference);
  return reference;
}

/**
 * Puts a signature into a prepared empty field. Where it shows nothing so far and has an area, `appearance` shows in it.
 * @throws FormatError `pdf-malformed` for a field that is no object of its own
 */
export async function fillSignatureField(
  document: PdfDocument,
  update: IncrementalUpdate,
  field: FormField,
  filling: { readonly value: PdfReference; readonly appearance: PdfReference | null },
): Promise<void> {
  const { reference } = field;
  if (reference === null)
    throw new FormatError('pdf-malformed', 'The signature field is no object of its own.');
  const shown = filling.appearance === null ? {} : { AP: pdfDictionary({ N: filling.appearance }) };
  const own = (await update.dictionary(reference)) ?? field.dictionary;
  const [widget] = field.widgets;
  const merged = widget?.reference?.number === reference.number;
  const widgetChanges = { ...shown, F: pdfInteger(flagsOf(widget?.dictionary) | widgetFlags) };
  update.set(reference, withEntries(own, { V: filling.value, ...(merged ? widgetChanges : {}) }));
  if (!merged && widget !== undefined && widget.reference !== null) {
    const apart = (await update.dictionary(widget.reference)) ?? widget.dictionary;
    update.set(widget.reference, withEntries(apart, widgetChanges));
  }
  await raiseFlags(document, update);
}

/** Hidden and NoView (bits 2 and 6) are taken off: a signature that nobody sees is none that anybody was shown. */
function flagsOf(widget: PdfDictionary | undefined): number {
  const flags = widget === undefined ? null : integerOf(entry(widget, 'F'));
  return (flags ?? 0) & ~(2 + 32);
}

/** Puts an annotation on a page, by the page's own list. */
export async function addAnnotation(
  update: IncrementalUpdate,
  page: PdfReference,
  annotation: PdfReference,
): Promise<void> {
  const dictionary = await update.dictionary(page);
  if (dictionary === null) throw new FormatError('pdf-malformed', 'The page to be stamped cannot be read.');
  const annotations = entry(dictionary, 'Annots');
  const list = await update.resolve(annotations);
  const items = list.kind === 'array' ? list.items : [];
  const longer = pdfArray([...items, annotation]);
  if (annotations.kind === 'reference' && list.kind === 'array') update.set(annotations, longer);
  else update.set(page, withEntries(dictionary, { Annots: longer }));
}

/** The catalogue is rewritten only where something in it changes: a direct or missing form. */
async function addToForm(
  document: PdfDocument,
  update: IncrementalUpdate,
  reference: PdfReference,
): Promise<void> {
  const formEntry = entry(await catalogueOf(document, update), 'AcroForm');
  const oldForm = await update.dictionary(formEntry);
  const form = await withField(update, oldForm, reference);
  if (formEntry.kind !== 'reference' || oldForm === null) await update.changeCatalogue({ AcroForm: form });
  else if (form !== oldForm) update.set(formEntry, form);
}

async function withField(
  update: IncrementalUpdate,
  form: PdfDictionary | null,
  field: PdfReference,
): Promise<PdfDictionary> {
  if (form === null) {
    return pdfDictionary({ Fields: pdfArray([field]), SigFlags: pdfInteger(signatureFlags) });
  }
  const fieldsEntry = entry(form, 'Fields');
  const list = await update.resolve(fieldsEntry);
  const fields = pdfArray([...(list.kind === 'array' ? list.items : []), field]);
  if (fieldsEntry.kind !== 'reference' || list.kind !== 'array')
    return withEntries(await withFlags(update, form), { Fields: fields });
  update.set(fieldsEntry, fields);
  return withFlags(update, form);
}

async function raiseFlags(document: PdfDocument, update: IncrementalUpdate): Promise<void> {
  const formEntry = entry(await catalogueOf(document, update), 'AcroForm');
  const old = await update.dictionary(formEntry);
  if (old === null) return;
  const form = await withFlags(update, old);
  if (form === old) return;
  if (formEntry.kind === 'reference') update.set(formEntry, form);
  else await update.changeCatalogue({ AcroForm: form });
}

/** The form itself where it says already that there are signatures. */
async function withFlags(update: IncrementalUpdate, form: PdfDictionary): Promise<PdfDictionary> {
  const old = integerOf(await update.resolve(entry(form, 'SigFlags'))) ?? 0;
  const flags = old | signatureFlags;
  return flags === old ? form : withEntries(form, { SigFlags: pdfInteger(flags) });
}

async function catalogueOf(document: PdfDocument, update: IncrementalUpdate): Promise<PdfDictionary> {
  const catalogue = await update.dictionary(entry(document.trailer(), 'Root'));
  if (catalogue === null) throw new FormatError('pdf-malformed', 'The PDF has no catalogue.');
  return catalogue;
}

/** Names a signature as the one that certifies the document (12.8.6, /Perms). */
export async function certifyBy(
  document: PdfDocument,
  update: IncrementalUpdate,
  value: PdfReference,
): Promise<void> {
  const permissions = await update.dictionary(entry(await catalogueOf(document, update), 'Perms'));
  await update.changeCatalogue({ Perms: withEntries(permissions ?? pdfDictionary(), { DocMDP: value }) });
}
