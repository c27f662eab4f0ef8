// PDF objects compared, and the references that lead from one to the next: the ground of every change analysis.
import { sameBytes } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { integerOf, pdfReference } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';

function sameDictionary(a: PdfDictionary, b: PdfDictionary): boolean {
  if (a.entries.size !== b.entries.size || a.duplicateKeys.length + b.duplicateKeys.length > 0) return false;
  return [...a.entries].every(([key, value]) => {
    const other = b.entries.get(key);
    return other !== undefined && sameEntry(key, value, other);
  });
}

/**
 * Entries whose numbers may be written either way, as 612 and 612.00 (ISO 32000-2 7.9.5, 8.3.4). Elsewhere a reader that wants an
 * integer takes a real for nothing: a page lies on its side, a picture is not drawn.
 */
const measures: ReadonlySet<string> = new Set(
  'MediaBox CropBox BleedBox TrimBox ArtBox Rect BBox Matrix'.split(' '),
);

function isNumber(object: PdfObject): object is Extract<PdfObject, { kind: 'integer' | 'real' }> {
  return object.kind === 'integer' || object.kind === 'real';
}

function sameMeasure(a: PdfObject, b: PdfObject): boolean {
  return (
    a.kind === 'array' &&
    b.kind === 'array' &&
    a.items.length === b.items.length &&
    a.items.every((item, at) => {
      const other = b.items[at];
      return other !== undefined && isNumber(item) && isNumber(other) && item.value === other.value;
    })
  );
}

/** Whether an entry of a dictionary is the same, by its key. */
export function sameEntry(key: string, a: PdfObject, b: PdfObject): boolean {
  return sameObject(a, b) || (measures.has(key) && sameMeasure(a, b));
}

/** Equal as written, references by their numbers; streams by their dictionaries only. */
export function sameObject(a: PdfObject, b: PdfObject): boolean {
  if (a.kind === 'array' && b.kind === 'array') {
    return (
      a.items.length === b.items.length &&
      a.items.every((item, at) => {
        const other = b.items[at];
        return other !== undefined && sameObject(item, other);
      })
    );
  }
  if (a.kind === 'dictionary' && b.kind === 'dictionary') return sameDictionary(a, b);
  if (a.kind === 'stream' && b.kind === 'stream') return sameDictionary(a.dictionary, b.dictionary);
  if (a.kind === 'string' && b.kind === 'string') return sameBytes(a.bytes, b.bytes);
  if (a.kind === 'reference' && b.kind === 'reference')
    return a.number === b.number && a.generation === b.generation;
  if (a.kind === 'null' || b.kind === 'null') return a.kind === b.kind;
  return 'value' in a && 'value' in b && a.kind === b.kind && a.value === b.value;
}

/** The raw data of two streams compared in pieces, each with its length as of its own revision. */
async function sameData(
  document: PdfDocument,
  a: PdfObject,
  b: PdfObject,
  before: number,
  after: number,
): Promise<boolean> {
  if (a.kind !== 'stream' || b.kind !== 'stream' || a.start === b.start) return true;
  // Of an encrypted file, the same bytes under another key are other data.
  if (a.owner?.number !== b.owner?.number || a.owner?.generation !== b.owner?.generation) return false;
  const length = integerOf(await document.get(a.dictionary, 'Length', before));
  if (length === null || length !== integerOf(await document.get(b.dictionary, 'Length', after)))
    return false;
  for (let at = 0; at < length; at += 1 << 20) {
    const size = Math.min(1 << 20, length - at);
    const [left, right] = [
      await document.source.read(a.start + at, size),
      await document.source.read(b.start + at, size),
    ];
    if (!sameBytes(left, right)) return false;
  }
  return true;
}

/** One object number as of two revisions. */
export interface Compared {
  readonly number: number;
  readonly before: PdfObject;
  readonly after: PdfObject;
}

/** @returns null where the object is the same in both revisions. @throws FormatError where it cannot be read. */
export async function compareObject(
  document: PdfDocument,
  number: number,
  before: number,
  after: number,
): Promise<Compared | null> {
  const [old, now] = [await document.locate(number, before), await document.locate(number, after)];
  if (old?.entry.type === 'offset' && now?.entry.type === 'offset' && old.entry.offset === now.entry.offset)
    return null;
  const load = (located: typeof old, revision: number): Promise<PdfObject> =>
    located === null || located.entry.type === 'free'
      ? Promise.resolve({ kind: 'null' })
      : document.resolve(
          pdfReference(number, located.entry.type === 'offset' ? located.entry.generation : 0),
          revision,
        );
  const [a, b] = [await load(old, before), await load(now, after)];
  return sameObject(a, b) && (await sameData(document, a, b, before, after))
    ? null
    : { number, before: a, after: b };
}

/** Every reference inside an object, not followed. */
export function* referencesIn(object: PdfObject): Generator<number> {
  const pending: PdfObject[] = [object];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === 'reference') yield next.number;
    else if (next.kind === 'array') pending.push(...next.items);
    else if (next.kind === 'dictionary') pending.push(...next.entries.values());
    else if (next.kind === 'stream') pending.push(...next.dictionary.entries.values());
  }
}

/** Who refers to whom as of one revision: object number → numbers of the objects that name it; 0 stands for the trailer. */
export interface Referrers {
  has(number: number): boolean;
  get(number: number): ReadonlySet<number> | undefined;
}

/**
 * Walks everything reachable from the trailer. Numbers that are named but not defined are among the keys.
 * @throws FormatError `pdf-limit` where there is too much to walk.
 */
export async function referrersAsOf(document: PdfDocument, revision: number): Promise<Referrers> {
  const referrers = new Map<number, Set<number>>();
  const pending: number[] = [];
  const note = (object: PdfObject, from: number): void => {
    for (const number of referencesIn(object)) {
      const known = referrers.get(number);
      if (known === undefined) {
        referrers.set(number, new Set([from]));
        pending.push(number);
      } else known.add(from);
    }
  };
  const trailer = document.trailer(revision);
  for (const key of ['Root', 'Info']) {
    const value = trailer.entries.get(key);
    if (value !== undefined) note(value, 0);
  }
  for (let number = pending.pop(); number !== undefined; number = pending.pop()) {
    try {
      const located = await document.locate(number, revision);
      if (located === null || located.entry.type === 'free') continue;
      const generation = located.entry.type === 'offset' ? located.entry.generation : 0;
      note(await document.resolve(pdfReference(number, generation), revision), number);
    } catch (error) {
      // A damaged object leads nowhere; that it changed later is still seen by number.
      if (!(error instanceof FormatError) || error.code === 'pdf-limit') throw error;
    }
  }
  return referrers;
}
