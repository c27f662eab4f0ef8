// A PDF opened for reading: its revisions and any object of any revision, loaded only when asked for.
import type { Decryption, PdfPassword } from './encryption.ts';
import type { IndirectObject } from './indirect.ts';
import type { PdfLimits } from './limits.ts';
import type { PdfDictionary, PdfObject, PdfReference, PdfStream } from './objects.ts';
import type { Revision } from './revisions.ts';
import type { ByteSource } from './source.ts';
import type { XrefEntry } from './xref-section.ts';
import { FormatError } from '../errors.ts';
import { openEncryption } from './decrypting.ts';
import { readIndirect } from './indirect.ts';
import { defaultLimits } from './limits.ts';
import { dictionaryOf, entry, integerOf, pdfNull, pdfReference } from './objects.ts';
import { openObjectStream, type ObjectStream } from './object-stream.ts';
import { findStartxref, groupRevisions } from './revisions.ts';
import { rebuildXref } from './repair.ts';
import { bufferedSource } from './source.ts';
import { readStreamData } from './stream-data.ts';
import { readChain, readEntry } from './xref.ts';

/** What stands in the bytes besides the revisions; told, not judged. */
export interface PdfFacts {
  readonly size: number;
  /** The header's version, such as `1.7`. */
  readonly version: string;
  /** Bytes before `%PDF-`. */
  readonly bytesBeforeHeader: number;
  /** Whether offsets count from the header instead of the first byte; then every offset given here does too. */
  readonly offsetsFromHeader: boolean;
  /** Bytes behind the last revision's `%%EOF` and one line end; null where the last revision has no proper end. */
  readonly bytesAfterEnd: number | null;
}

/** Which object, and where its newest definition as of a revision was written. */
export interface LocatedObject {
  readonly entry: XrefEntry;
  /** Index of the revision whose section holds the entry. */
  readonly revision: number;
}

/** Places that are remembered: a document of few objects asks for the same ones again and again. */
const locatedKept = 10_000;

export class PdfDocument {
  readonly facts: PdfFacts;
  /** Oldest first; at least one. */
  readonly revisions: readonly Revision[];
  readonly limits: PdfLimits;
  readonly source: ByteSource;
  /** How the file was decrypted; null where it is not encrypted. */
  readonly decryption: Decryption | null;
  /** One more than the highest object number in use or reserved by any revision. */
  readonly nextObjectNumber: number;
  /** Every entry, where the cross-reference was broken and had to be rebuilt; null for a file as it should be. */
  readonly rebuilt: ReadonlyMap<number, XrefEntry> | null;
  readonly #loaded = new Map<number, IndirectObject>();
  /** Places in the newest revision that were asked for. */
  readonly #located = new Map<number, LocatedObject>();
  readonly #objectStreams = new Map<number, ObjectStream>();
  readonly #opening = new Set<number>();
  /** Ends of the revisions, ascending. */
  readonly #ends: readonly number[];
  #loads = 0;
  #inflated = 0;

  constructor(
    source: ByteSource,
    facts: PdfFacts,
    revisions: readonly Revision[],
    limits: PdfLimits,
    decryption: Decryption | null = null,
    rebuilt: ReadonlyMap<number, XrefEntry> | null = null,
  ) {
    this.rebuilt = rebuilt;
    this.source = source;
    this.facts = facts;
    this.revisions = revisions;
    this.limits = limits;
    this.decryption = decryption;
    this.nextObjectNumber = nextNumber(revisions, limits);
    this.#ends = revisions.flatMap(({ endWithSpace }) => endWithSpace ?? []);
  }

  get newest(): Revision {
    const revision = this.revisions.at(-1);
    if (revision === undefined) throw new FormatError('pdf-malformed', 'The PDF has no revision.');
    return revision;
  }

  trailer(asOfRevision?: number): PdfDictionary {
    return this.#revision(asOfRevision).trailer;
  }

  /** @throws FormatError `pdf-malformed` where /Root leads to no dictionary. */
  async catalogue(asOfRevision?: number): Promise<PdfDictionary> {
    const root = await this.resolve(entry(this.trailer(asOfRevision), 'Root'), asOfRevision);
    if (root.kind !== 'dictionary') throw new FormatError('pdf-malformed', 'The PDF has no catalogue.');
    return root;
  }

  /** Where the newest definition of an object as of a revision is; null for a number never used. */
  async locate(number: number, asOfRevision?: number): Promise<LocatedObject | null> {
    const newest = asOfRevision === undefined;
    const known = newest ? this.#located.get(number) : undefined;
    if (known !== undefined) return known;
    const located = await this.#find(number, asOfRevision);
    if (newest && located !== null && this.#located.size < locatedKept) this.#located.set(number, located);
    return located;
  }

  async #find(number: number, asOfRevision: number | undefined): Promise<LocatedObject | null> {
    for (let index = this.#revision(asOfRevision).index; index >= 0; index--) {
      for (const link of this.revisions[index]?.sections ?? []) {
        const found = await readEntry(link, number);
        if (found !== null) return { entry: found, revision: index };
      }
    }
    return null;
  }

  /**
   * The object a reference leads to as of a revision (newest by default); a direct object is answered as it is.
   * Absent and freed objects are null (7.3.10), and so is a reference of another generation.
   * @throws FormatError where the object is damaged, or a reference leads to a reference.
   */
  async resolve(object: PdfObject, asOfRevision?: number): Promise<PdfObject> {
    if (object.kind !== 'reference') return object;
    const located = await this.locate(object.number, asOfRevision);
    if (located === null || located.entry.type === 'free') return pdfNull;
    const value =
      located.entry.type === 'offset'
        ? await this.#loadAt(located.entry, object, located.revision)
        : await this.#loadCompressed(located.entry, object, asOfRevision);
    // 7.3.10 makes the value of an indirect object an object, not a second reference.
    if (value.kind === 'reference') {
      throw new FormatError('pdf-malformed', `Object ${object.number} is only a reference.`);
    }
    return value;
  }

  /** Every object number a revision's own sections name, with its entry: what that save defined and freed. */
  async entriesOf(revision: number): Promise<ReadonlyMap<number, XrefEntry>> {
    const entries = new Map<number, XrefEntry>();
    for (const link of this.revisions[revision]?.sections ?? []) {
      for (const section of [link.section, link.hidden]) {
        for (const number of section?.numbers() ?? []) {
          if (entries.has(number)) continue;
          if (entries.size >= this.limits.objects)
            throw new FormatError('pdf-limit', 'The PDF has too many objects.');
          const found = await readEntry(link, number);
          if (found !== null) entries.set(number, found);
        }
      }
    }
    return entries;
  }

  /** An entry of a dictionary, resolved. */
  get(dictionary: PdfDictionary, key: string, asOfRevision?: number): Promise<PdfObject> {
    return this.resolve(entry(dictionary, key), asOfRevision);
  }

  /** Like `get`, where a dictionary (or a stream's) is wanted; null for anything else. */
  async getDictionary(
    dictionary: PdfDictionary,
    key: string,
    asOfRevision?: number,
  ): Promise<PdfDictionary | null> {
    return dictionaryOf(await this.get(dictionary, key, asOfRevision));
  }

  /** Decoded data of a stream (FlateDecode or none). */
  async streamData(stream: PdfStream, asOfRevision?: number): Promise<Uint8Array> {
    const length = integerOf(await this.get(stream.dictionary, 'Length', asOfRevision));
    if (length === null) throw new FormatError('pdf-malformed', 'A stream has no length.');
    this.#refuseBeyond(stream.start + length, this.#saveEnd(stream.start));
    const { data } = await readStreamData(this.source, stream, length, this.limits, this.decryption);
    this.#inflated += data.length;
    if (this.#inflated > this.limits.inflatedTotal) {
      throw new FormatError('pdf-limit', 'The PDF inflates to too much.');
    }
    return data;
  }

  async #loadAt(
    place: { readonly offset: number; readonly generation: number },
    reference: PdfReference,
    writtenIn: number,
  ): Promise<PdfObject> {
    if (place.generation !== reference.generation) return pdfNull;
    this.#refuseBeyond(place.offset, this.revisions[writtenIn]?.endWithSpace ?? this.source.size);
    let object = this.#loaded.get(place.offset);
    if (object === undefined) {
      this.#count();
      const written = await readIndirect(this.source, place.offset, this.limits);
      this.#refuseBeyond(written.end - 1, this.#saveEnd(place.offset));
      object = {
        ...written,
        value: this.decryption?.object(written.value, written, place.offset) ?? written.value,
      };
      this.#loaded.set(place.offset, object);
    }
    if (object.number !== reference.number || object.generation !== reference.generation) {
      throw new FormatError('pdf-malformed', `Object ${reference.number} is not where the PDF says it is.`);
    }
    return object.value;
  }

  async #loadCompressed(
    place: { readonly stream: number; readonly index: number },
    reference: PdfReference,
    asOfRevision: number | undefined,
  ): Promise<PdfObject> {
    if (reference.generation !== 0) return pdfNull;
    const located = await this.locate(place.stream, asOfRevision);
    if (located?.entry.type !== 'offset') {
      throw new FormatError('pdf-malformed', `Object ${reference.number} is in no readable object stream.`);
    }
    const { offset, generation } = located.entry;
    const known = this.#objectStreams.get(offset);
    const stream =
      known ??
      (await this.#openObjectStream(
        pdfReference(place.stream, generation),
        offset,
        located.revision,
        asOfRevision,
      ));
    this.#count();
    return stream.object(place.index, reference.number);
  }

  async #openObjectStream(
    reference: PdfReference,
    offset: number,
    writtenIn: number,
    asOfRevision: number | undefined,
  ): Promise<ObjectStream> {
    // The /Length of an object stream may not lie inside that stream: resolving it would never end.
    if (this.#opening.has(offset)) throw new FormatError('pdf-malformed', 'An object stream needs itself.');
    this.#opening.add(offset);
    try {
      const value = await this.#loadAt({ offset, generation: reference.generation }, reference, writtenIn);
      if (value.kind !== 'stream') throw new FormatError('pdf-malformed', 'An object stream is no stream.');
      const data = await this.streamData(value, asOfRevision);
      const stream = openObjectStream(value.dictionary, data, this.limits);
      this.#objectStreams.set(offset, stream);
      return stream;
    } finally {
      this.#opening.delete(offset);
    }
  }

  /**
   * A save can name only bytes that were there when it was made. A place behind its end would stay empty in the signed
   * file and be filled later without any signed byte changing.
   */
  #refuseBeyond(position: number, end: number): void {
    if (position >= end) {
      throw new FormatError('pdf-malformed', 'A revision of the PDF names bytes written after it.');
    }
  }

  /** Where the save that wrote the byte at `position` ends. */
  #saveEnd(position: number): number {
    let [low, high] = [0, this.#ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return this.#ends[low] ?? this.source.size;
  }

  #count(): void {
    this.#loads++;
    if (this.#loads > this.limits.objects)
      throw new FormatError('pdf-limit', 'The PDF has too many objects.');
  }

  #revision(index: number | undefined): Revision {
    const revision = index === undefined ? this.newest : this.revisions[index];
    if (revision === undefined) throw new RangeError(`The PDF has no revision ${String(index)}.`);
    return revision;
  }
}

/**
 * Opens a PDF: finds its header, its last `startxref` and the chain of cross-reference sections. Nothing else is read
 * before it is asked for, and a source of a large file is read in blocks.
 * @param password for a file that may be encrypted; without it every encrypted file is refused
 * @throws FormatError `not-a-pdf` (no header), `pdf-malformed`, `pdf-encrypted`, `pdf-password`, `pdf-limit`, `pdf-unsupported`.
 */
export async function openPdf(
  source: ByteSource,
  limits: Partial<PdfLimits> = {},
  password: PdfPassword | null = null,
): Promise<PdfDocument> {
  const allLimits = { ...defaultLimits, ...limits };
  const { before, version } = await readHeader(source, allLimits);
  const whole = await bufferedSource(source, 0);
  const startxref = await findStartxref(whole, allLimits);
  const offsetsFromHeader = before > 0 && !(await sectionStandsAt(whole, startxref));
  const shifted = offsetsFromHeader ? await bufferedSource(source, before) : whole;
  const encrypted = password === null ? 'refused' : 'allowed';
  const chain = await readChain(shifted, startxref, allLimits, encrypted);
  const revisions = await groupRevisions(shifted, chain);
  const facts: PdfFacts = {
    size: source.size,
    version,
    bytesBeforeHeader: before,
    offsetsFromHeader,
    bytesAfterEnd: await countBytesAfter(shifted, revisions.at(-1)?.end ?? null),
  };
  const document = new PdfDocument(shifted, facts, revisions, allLimits);
  const decryption = password === null ? null : await openEncryption(document, password);
  return decryption === null ? document : new PdfDocument(shifted, facts, revisions, allLimits, decryption);
}

/**
 * Opens a PDF whose cross-reference is broken, by what stands in it: the whole file is read. For stamping only; a verdict
 * never rests on what had to be guessed.
 * @throws FormatError as `openPdf`, and as `rebuildXref`.
 */
export async function openBrokenPdf(
  source: ByteSource,
  limits: Partial<PdfLimits> = {},
): Promise<PdfDocument> {
  const allLimits = { ...defaultLimits, ...limits };
  const { before, version } = await readHeader(source, allLimits);
  const whole = await bufferedSource(source, 0);
  await refuseCutOff(whole);
  const { revision, entries } = await rebuildXref(whole, allLimits);
  const facts: PdfFacts = {
    size: source.size,
    version,
    bytesBeforeHeader: before,
    offsetsFromHeader: false,
    bytesAfterEnd: null,
  };
  return new PdfDocument(whole, facts, [revision], allLimits, null, entries);
}

/** A file without its end has lost nobody knows what: it is not mended. */
async function refuseCutOff(source: ByteSource): Promise<void> {
  const length = Math.min(1024, source.size);
  const tail = latin1Text.decode(await source.read(source.size - length, length));
  if (!tail.includes('%%EOF')) throw new FormatError('pdf-malformed', 'The PDF is damaged and cut off.');
}

const latin1Text = new TextDecoder('latin1');

async function readHeader(
  source: ByteSource,
  limits: PdfLimits,
): Promise<{ readonly before: number; readonly version: string }> {
  const head = await source.read(0, Math.min(limits.headBytes, source.size));
  // Nearly always the file begins with it.
  const start = /^%PDF-(\d\.\d)/.exec(latin1Text.decode(head.subarray(0, 8)));
  const header = start ?? /%PDF-(\d\.\d)/.exec(latin1Text.decode(head));
  if (header === null) throw new FormatError('not-a-pdf', 'The file is not a PDF: it has no %PDF- header.');
  return { before: header.index, version: header[1] ?? '' };
}

async function sectionStandsAt(source: ByteSource, offset: number): Promise<boolean> {
  const start = String.fromCharCode(...(await source.read(offset, 24)));
  return /^\s*(xref\s|\d+\s+\d+\s+obj)/.test(start);
}

async function countBytesAfter(source: ByteSource, end: number | null): Promise<number | null> {
  if (end === null) return null;
  const lineEnd = /^(\r\n|\r|\n)?/.exec(String.fromCharCode(...(await source.read(end, 2))));
  return source.size - end - (lineEnd?.[0].length ?? 0);
}

function nextNumber(revisions: readonly Revision[], limits: PdfLimits): number {
  let next = 1;
  for (const revision of revisions) {
    for (const { section, hidden } of revision.sections) {
      next = Math.max(next, section.highest, hidden?.highest ?? 0);
    }
    const size = integerOf(entry(revision.trailer, 'Size'));
    // A /Size far above every number in use would only make later files large.
    if (size !== null && size <= next + limits.objects) next = Math.max(next, size);
  }
  return next;
}
