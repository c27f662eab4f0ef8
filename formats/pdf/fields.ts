// A signature field added to a file (ISO 32000-2, 12.7.5.5): field and widget in one object, entered in the form and on its page.
import type { IncrementalUpdate } from './append.ts';
import type { PdfDocument } from './document.ts';
import type { PdfDictionary, PdfObject, PdfReference } from './objects.ts';
import type { Page, Rectangle } from './pages.ts';
import { FormatError } from '../errors.ts';
import {
  dictionaryOf,
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

export interface NewSignatureField {
  readonly page: Page;
  /** Partial name; a new root field of the form. */
  readonly name: string;
  /** In default user space; all zeros for an invisible signature (12.7.5.5). */
  readonly rectangle: Rectangle;
  /** The signature dictionary. */
  readonly value: PdfReference;
  /** Normal appearance; null for an invisible signature. */
  readonly appearance: PdfReference | null;
  /** Whether the signature certifies the document (/Perms /DocMDP). */
  readonly certifies: boolean;
}

/** Print and Locked (Table 167): a seal is printed and cannot be dragged away by accident. */
const widgetFlags = 4 + 128;
/** SignaturesExist and AppendOnly (Table 225). */
const signatureFlags = 3;

/** @returns the field's reference. */
export async function addSignatureField(
  document: PdfDocument,
  update: IncrementalUpdate,
  field: NewSignatureField,
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
    }),
  );
  await addAnnotation(document, update, field.page, reference);
  await addToForm(document, update, reference, field);
  return reference;
}

async function addAnnotation(
  document: PdfDocument,
  update: IncrementalUpdate,
  page: Page,
  annotation: PdfReference,
): Promise<void> {
  const annotations = entry(page.dictionary, 'Annots');
  const list = await document.resolve(annotations);
  const items = list.kind === 'array' ? list.items : [];
  const longer = pdfArray([...items, annotation]);
  if (annotations.kind === 'reference' && list.kind === 'array') update.set(annotations, longer);
  else update.set(page.reference, withEntries(page.dictionary, { Annots: longer }));
}

/** The catalogue is rewritten only where something in it changes: a direct or missing form, or a certification. */
async function addToForm(
  document: PdfDocument,
  update: IncrementalUpdate,
  reference: PdfReference,
  field: NewSignatureField,
): Promise<void> {
  const root = entry(document.trailer(), 'Root');
  if (root.kind !== 'reference') throw new FormatError('pdf-malformed', 'The PDF has no catalogue.');
  const catalogue = await document.catalogue();
  const changes: Record<string, PdfObject> = {};
  const formEntry = entry(catalogue, 'AcroForm');
  const oldForm = dictionaryOf(await document.resolve(formEntry));
  const form = await withField(document, update, oldForm, reference);
  if (formEntry.kind !== 'reference' || oldForm === null) changes['AcroForm'] = form;
  else if (form !== oldForm) update.set(formEntry, form);
  if (field.certifies) {
    const permissions = await document.getDictionary(catalogue, 'Perms');
    changes['Perms'] = withEntries(permissions ?? pdfDictionary(), { DocMDP: field.value });
  }
  if (Object.keys(changes).length > 0) update.set(root, withEntries(catalogue, changes));
}

async function withField(
  document: PdfDocument,
  update: IncrementalUpdate,
  form: PdfDictionary | null,
  field: PdfReference,
): Promise<PdfDictionary> {
  if (form === null) {
    return pdfDictionary({ Fields: pdfArray([field]), SigFlags: pdfInteger(signatureFlags) });
  }
  const fieldsEntry = entry(form, 'Fields');
  const list = await document.resolve(fieldsEntry);
  const fields = pdfArray([...(list.kind === 'array' ? list.items : []), field]);
  const oldFlags = integerOf(await document.get(form, 'SigFlags')) ?? 0;
  const flags = pdfInteger(oldFlags | signatureFlags);
  if (fieldsEntry.kind !== 'reference' || list.kind !== 'array') {
    return withEntries(form, { Fields: fields, SigFlags: flags });
  }
  update.set(fieldsEntry, fields);
  return flags.value === oldFlags ? form : withEntries(form, { SigFlags: flags });
}
