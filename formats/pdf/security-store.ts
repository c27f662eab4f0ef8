// The document security store written (ISO 32000-2, 12.8.4.3; EN 319 142-1 §5.4): only what is not there yet is added.
import type { IncrementalUpdate } from './append.ts';
import type { PdfDocument } from './document.ts';
import type { PdfDictionary, PdfObject, PdfReference } from './objects.ts';
import { deflateSync } from 'node:zlib';
import { sameBytes } from '../bytes.ts';
import { entry, pdfArray, pdfDictionary, pdfInteger, pdfName, withEntries } from './objects.ts';
import { dateString } from './text-string.ts';

/** Certificates and revocation data, DER. */
export interface ValidationData {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocsps: readonly Uint8Array[];
}

/** What belongs to one signature. */
export interface RelatedData extends ValidationData {
  /** Upper-case hex SHA-1 of the value of its /Contents: a name, nothing rests on it (12.8.4.4). */
  readonly key: string;
}

const lists = [
  ['certificates', 'Certs', 'Cert'],
  ['crls', 'CRLs', 'CRL'],
  ['ocsps', 'OCSPs', 'OCSP'],
] as const;
/** Streams of a list that are compared. */
const mostStreams = 1000;

/**
 * Enters validation data and, for each signature, which of it belongs to it.
 * @param time written as /TU of entries that are new or grow
 * @returns whether anything was missing; the update is untouched where nothing was
 */
export async function addValidationData(
  document: PdfDocument,
  update: IncrementalUpdate,
  related: readonly RelatedData[],
  time: Date,
): Promise<boolean> {
  const root = entry(document.trailer(), 'Root');
  const catalogue = await update.dictionary(root);
  const storeEntry = catalogue === null ? entry(document.trailer(), 'DSS') : entry(catalogue, 'DSS');
  const store = (await update.dictionary(storeEntry)) ?? pdfDictionary();
  const filing = new Filing(document, update);
  const changes: Record<string, PdfObject> = {};
  const places = new Map<Uint8Array, PdfReference>();
  for (const [kind, listName] of lists) {
    const list = await filing.list(entry(store, listName));
    const longer = await filing.add(
      list,
      related.flatMap((each) => each[kind]),
      places,
    );
    if (longer !== null) changes[listName] = pdfArray(longer);
  }
  const relations = await relationsOf(update, entry(store, 'VRI'), related, places, time);
  if (relations !== null) changes['VRI'] = relations;
  if (Object.keys(changes).length === 0) return false;
  const written = withEntries(store, changes);
  if (storeEntry.kind === 'reference') update.set(storeEntry, written);
  else {
    const reference = update.allocate();
    update.set(reference, written);
    await update.changeCatalogue({ DSS: reference, ...extensions(document, catalogue) });
  }
  return true;
}

/** PDF before 2.0 knows no DSS: the extension says whose it is (EN 319 142-1 §5.6). */
function extensions(
  document: PdfDocument,
  catalogue: PdfDictionary | null,
): Readonly<Record<string, PdfObject>> {
  if (document.facts.version === '2.0' || (catalogue?.entries.has('Extensions') ?? true)) return {};
  const level = pdfDictionary({ BaseVersion: pdfName('1.7'), ExtensionLevel: pdfInteger(5) });
  return { Extensions: pdfDictionary({ ESIC: level }) };
}

class Filing {
  readonly #document: PdfDocument;
  readonly #update: IncrementalUpdate;

  constructor(document: PdfDocument, update: IncrementalUpdate) {
    this.#document = document;
    this.#update = update;
  }

  async list(object: PdfObject): Promise<readonly PdfObject[]> {
    const list = await this.#update.resolve(object);
    return list.kind === 'array' ? list.items : [];
  }

  /** The list with what it lacked; null where it lacked nothing. Each value's stream is noted in `places`. */
  async add(
    list: readonly PdfObject[],
    values: readonly Uint8Array[],
    places: Map<Uint8Array, PdfReference>,
  ): Promise<readonly PdfObject[] | null> {
    const known: { readonly bytes: Uint8Array; readonly reference: PdfReference }[] = [];
    for (const item of list.slice(0, mostStreams)) {
      const stream = item.kind === 'reference' ? await this.#document.resolve(item) : null;
      if (item.kind === 'reference' && stream?.kind === 'stream')
        known.push({ bytes: await this.#document.streamData(stream), reference: item });
    }
    const added: PdfReference[] = [];
    for (const value of values) {
      let there = known.find(({ bytes }) => sameBytes(bytes, value));
      if (there === undefined) {
        there = { bytes: value, reference: this.#write(value) };
        known.push(there);
        added.push(there.reference);
      }
      places.set(value, there.reference);
    }
    return added.length === 0 ? null : [...list, ...added];
  }

  #write(value: Uint8Array): PdfReference {
    const reference = this.#update.allocate();
    const compressed = deflateSync(value, { level: 9 });
    const smaller = compressed.length + 20 < value.length;
    const filter = smaller ? { Filter: pdfName('FlateDecode') } : {};
    this.#update.setStream(reference, pdfDictionary(filter), smaller ? compressed : value);
    return reference;
  }
}

/** /VRI with what its entries lacked; null where they lacked nothing. */
async function relationsOf(
  update: IncrementalUpdate,
  object: PdfObject,
  related: readonly RelatedData[],
  places: ReadonlyMap<Uint8Array, PdfReference>,
  time: Date,
): Promise<PdfDictionary | null> {
  const old = (await update.dictionary(object)) ?? pdfDictionary();
  const changes: Record<string, PdfObject> = {};
  for (const each of related) {
    const own = (await update.dictionary(entry(old, each.key))) ?? pdfDictionary();
    const longer: Record<string, PdfObject> = {};
    for (const [kind, , name] of lists) {
      const list = await update.resolve(entry(own, name));
      const items = list.kind === 'array' ? list.items : [];
      const have = new Set(items.map((item) => (item.kind === 'reference' ? item.number : -1)));
      const wanted = new Map<number, PdfReference>();
      for (const value of each[kind]) {
        const place = places.get(value);
        if (place !== undefined && !have.has(place.number)) wanted.set(place.number, place);
      }
      if (wanted.size > 0) longer[name] = pdfArray([...items, ...wanted.values()]);
    }
    if (Object.keys(longer).length > 0)
      changes[each.key] = withEntries(own, { ...longer, TU: dateString(time) });
  }
  return Object.keys(changes).length === 0 ? null : withEntries(old, changes);
}
