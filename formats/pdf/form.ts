// The interactive form read (ISO 32000-2, 12.7): fields with their full names, inherited values and widgets.
import type { PdfDocument } from './document.ts';
import type { PdfDictionary, PdfObject, PdfReference } from './objects.ts';
import type { Rectangle } from './pages.ts';
import { FormatError } from '../errors.ts';
import { dictionaryOf, entry, nameOf } from './objects.ts';
import { readRectangle } from './pages.ts';
import { textOf } from './text-string.ts';

/** Where a field shows. */
export interface Widget {
  /** Null for a widget that stands directly in its parent's /Kids. */
  readonly reference: PdfReference | null;
  readonly dictionary: PdfDictionary;
  /** Its /Rect, null where absent or damaged; may be without area (invisible). */
  readonly rectangle: Rectangle | null;
  /** Its /P, when it has one; the page may instead be found by its /Annots. */
  readonly page: PdfReference | null;
}

/** A terminal field (12.7.4). */
export interface FormField {
  readonly reference: PdfReference | null;
  readonly dictionary: PdfDictionary;
  /** Its own /T, empty where it has none. */
  readonly name: string;
  /** Names from the root down, joined by dots (12.7.4.2). */
  readonly fullName: string;
  /** /FT, inherited: `Sig`, `Tx`, `Btn`, `Ch`. */
  readonly type: string | null;
  /** /V as it stands, inherited; null object where absent. */
  readonly value: PdfObject;
  readonly widgets: readonly Widget[];
}

interface Parent {
  readonly fullName: string;
  readonly type: PdfObject;
  readonly value: PdfObject;
}

/** All terminal fields in document order; none where the document has no form. */
export async function readFields(
  document: PdfDocument,
  asOfRevision?: number,
): Promise<readonly FormField[]> {
  const form = await document.getDictionary(await document.catalogue(asOfRevision), 'AcroForm', asOfRevision);
  const roots = form === null ? null : await document.get(form, 'Fields', asOfRevision);
  if (roots?.kind !== 'array') return [];
  const fields: FormField[] = [];
  const seen = new Set<number>();
  const visit = async (object: PdfObject, parent: Parent, depth: number): Promise<void> => {
    if (depth > document.limits.treeDepth) throw new FormatError('pdf-limit', 'The field tree is too deep.');
    if (object.kind === 'reference') {
      if (seen.has(object.number))
        throw new FormatError('pdf-malformed', 'A form field stands in the form twice.');
      seen.add(object.number);
    }
    if (seen.size + fields.length > document.limits.fields) {
      throw new FormatError('pdf-limit', 'The form has too many fields.');
    }
    const dictionary = dictionaryOf(await document.resolve(object, asOfRevision));
    if (dictionary === null) return;
    const name = textOf(await document.get(dictionary, 'T', asOfRevision)) ?? '';
    const own: Parent = {
      fullName: parent.fullName === '' || name === '' ? parent.fullName + name : `${parent.fullName}.${name}`,
      type: inherited(entry(dictionary, 'FT'), parent.type),
      value: inherited(entry(dictionary, 'V'), parent.value),
    };
    const reference = object.kind === 'reference' ? object : null;
    const { subfields, widgets } = await readKids(document, reference, dictionary, asOfRevision);
    for (const subfield of subfields) await visit(subfield, own, depth + 1);
    if (subfields.length > 0) return;
    const type = nameOf(await document.resolve(own.type, asOfRevision));
    fields.push({ reference, dictionary, name, fullName: own.fullName, type, value: own.value, widgets });
  };
  const nothing: PdfObject = { kind: 'null' };
  for (const root of roots.items) await visit(root, { fullName: '', type: nothing, value: nothing }, 0);
  return fields;
}

function inherited(own: PdfObject, parent: PdfObject): PdfObject {
  return own.kind === 'null' ? parent : own;
}

/** Kids with a name of their own are fields, the others are widgets of this one (12.7.4.2); without kids it may be both at once. */
async function readKids(
  document: PdfDocument,
  reference: PdfReference | null,
  dictionary: PdfDictionary,
  asOfRevision: number | undefined,
): Promise<{ readonly subfields: readonly PdfObject[]; readonly widgets: readonly Widget[] }> {
  const kids = await document.get(dictionary, 'Kids', asOfRevision);
  if (kids.kind !== 'array' || kids.items.length === 0) {
    const merged = dictionary.entries.has('Rect') || nameOf(entry(dictionary, 'Subtype')) === 'Widget';
    return {
      subfields: [],
      widgets: merged ? [await toWidget(document, reference, dictionary, asOfRevision)] : [],
    };
  }
  if (kids.items.length > document.limits.fields)
    throw new FormatError('pdf-limit', 'A field has too many kids.');
  const subfields: PdfObject[] = [];
  const widgets: Widget[] = [];
  for (const kid of kids.items) {
    const kidDictionary = dictionaryOf(await document.resolve(kid, asOfRevision));
    if (kidDictionary === null) continue;
    if (kidDictionary.entries.has('T')) subfields.push(kid);
    else
      widgets.push(
        await toWidget(document, kid.kind === 'reference' ? kid : null, kidDictionary, asOfRevision),
      );
  }
  return { subfields, widgets };
}

async function toWidget(
  document: PdfDocument,
  reference: PdfReference | null,
  dictionary: PdfDictionary,
  asOfRevision: number | undefined,
): Promise<Widget> {
  const page = entry(dictionary, 'P');
  return {
    reference,
    dictionary,
    rectangle: await readRectangle(document, entry(dictionary, 'Rect'), asOfRevision),
    page: page.kind === 'reference' ? page : null,
  };
}
