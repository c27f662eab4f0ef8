// Who names a few given objects, found by a look at every byte instead of a walk over every object: fast where objects are many.
import { FormatError } from '../formats/errors.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { readIndirect } from '../formats/pdf/indirect.ts';
import { openObjectStream } from '../formats/pdf/object-stream.ts';
import { pdfReference } from '../formats/pdf/objects.ts';
import type { PdfDictionary } from '../formats/pdf/objects.ts';
import { readEntry } from '../formats/pdf/xref.ts';
import { referencesIn } from './pdf-objects.ts';
import type { Referrers } from './pdf-objects.ts';

/** Stands for a place that belongs to no known object; nothing is allowed to name an object from there. */
const nowhere = -1;
const chunk = 1 << 20;
/** Bytes looked back over for a token that began before the chunk. */
const overlap = 4096;
/** Objects named from more places than this are nobody's alone. */
const maxPlaces = 64;
/** Bytes looked back over for the beginning of the object a place is in. */
const maxObject = 1 << 16;

/** Tokens kilobytes apart, or comments upon comments: the walk reads them, the look does not. */
class Unusual extends Error {}

const isSpace = (byte: number | undefined): boolean =>
  byte === 32 || byte === 10 || byte === 13 || byte === 9 || byte === 12 || byte === 0;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;

/**
 * Where the token before a separator that ends at `at` may end: before the white space, and, where lines end in it, before
 * every comment that may be part of it.
 * @throws Unusual where the separator began before the bytes at hand, or may be read in too many ways.
 */
function tokenEnds(bytes: Uint8Array, at: number, depth = 0): readonly number[] {
  let position = at;
  let lines = false;
  while (isSpace(bytes[position])) {
    lines ||= bytes[position] === 10 || bytes[position] === 13;
    position--;
  }
  if (position < 0 || depth > 8) throw new Unusual();
  const ends = [position];
  for (let back = position; lines; back--) {
    const byte = bytes[back];
    if (byte === undefined || ends.length > 200) throw new Unusual();
    if (byte === 10 || byte === 13) break;
    if (byte === 37) ends.push(...tokenEnds(bytes, back - 1, depth + 1));
  }
  return ends;
}

/** The object numbers that a reference whose R stands at `at` may have; none where it is no reference. */
function numbersBefore(bytes: Uint8Array, at: number): readonly number[] {
  if (!isSpace(bytes[at - 1])) return [];
  const numbers: number[] = [];
  for (const generationEnd of tokenEnds(bytes, at - 1)) {
    let position = generationEnd;
    while (isDigit(bytes[position])) position--;
    if (position === generationEnd || !isSpace(bytes[position])) continue;
    for (const numberEnd of tokenEnds(bytes, position)) {
      let number = 0;
      let weight = 1;
      for (let digit = numberEnd; isDigit(bytes[digit]); digit--) {
        number += ((bytes[digit] ?? 48) - 48) * weight;
        weight *= 10;
      }
      if (weight > 1) numbers.push(number);
    }
  }
  return numbers;
}

type Found = (number: number, place: number) => void;

/** Every `n g R` with one of the wanted numbers, wherever it stands. */
function look(
  bytes: Uint8Array,
  from: number,
  wanted: ReadonlySet<number>,
  base: number,
  found: Found,
): void {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== 0x52) continue;
    for (const number of numbersBefore(bytes, at)) if (wanted.has(number)) found(number, base + at);
  }
}

/** Where each wanted object is named, up to the bound. */
class Places {
  readonly byNumber = new Map<
    number,
    { readonly inFile: number[]; readonly inStreams: Set<number>; count: number }
  >();

  at(number: number): { readonly inFile: number[]; readonly inStreams: Set<number>; count: number } {
    const known = this.byNumber.get(number) ?? { inFile: [], inStreams: new Set<number>(), count: 0 };
    this.byNumber.set(number, known);
    known.count += 1;
    return known;
  }
}

class Scan {
  readonly #document: PdfDocument;
  readonly #revision: number;
  readonly #wanted: ReadonlySet<number>;
  readonly #places = new Places();

  constructor(document: PdfDocument, revision: number, wanted: ReadonlySet<number>) {
    this.#document = document;
    this.#revision = revision;
    this.#wanted = wanted;
  }

  async run(): Promise<Referrers> {
    await this.#lookAtFile();
    for (const container of this.#containers()) await this.#lookAtContainer(container);
    const referrers = new Map<number, ReadonlySet<number>>();
    for (const [number, places] of this.#places.byNumber) {
      const from = new Set<number>();
      if (places.count > maxPlaces) from.add(nowhere);
      else {
        for (const place of places.inFile) from.add(await this.#ownerOf(place));
        for (const stream of places.inStreams)
          for (const owner of await this.#ownersIn(stream, number)) from.add(owner);
      }
      referrers.set(number, from);
    }
    // What was not touched after the signature is old: named, and by whom does not matter here.
    const elsewhere: ReadonlySet<number> = new Set([nowhere]);
    return {
      has: (number) => !this.#wanted.has(number) || referrers.has(number),
      get: (number) => (this.#wanted.has(number) ? referrers.get(number) : elsewhere),
    };
  }

  async #lookAtFile(): Promise<void> {
    const { source } = this.#document;
    const end = this.#document.revisions[this.#revision]?.endWithSpace ?? source.size;
    for (let at = 0; at < end; at += chunk) {
      const start = Math.max(0, at - overlap);
      const bytes = await source.read(start, Math.min(at + chunk, end) - start);
      look(bytes, at - start, this.#wanted, start, (number, place) => {
        const known = this.#places.at(number);
        if (known.count <= maxPlaces) known.inFile.push(place);
      });
    }
  }

  /** Numbers of the object streams of this revision and those before it. */
  #containers(): ReadonlySet<number> {
    const containers = new Set<number>();
    for (const { sections } of this.#document.revisions.slice(0, this.#revision + 1))
      for (const { section, hidden } of sections)
        for (const part of [section, hidden])
          for (const number of part?.containers() ?? []) containers.add(number);
    return containers;
  }

  async #container(number: number): Promise<{
    readonly data: Uint8Array;
    readonly dictionary: PdfDictionary;
  } | null> {
    const located = await this.#document.locate(number, this.#revision);
    if (located?.entry.type !== 'offset') return null;
    const stream = await this.#document.resolve(
      pdfReference(number, located.entry.generation),
      this.#revision,
    );
    if (stream.kind !== 'stream') return null;
    return {
      data: await this.#document.streamData(stream, this.#revision),
      dictionary: stream.dictionary,
    };
  }

  async #lookAtContainer(container: number): Promise<void> {
    const opened = await this.#container(container);
    if (opened === null) throw new Unusual();
    look(opened.data, 0, this.#wanted, 0, (number) => {
      this.#places.at(number).inStreams.add(container);
    });
  }

  /** Objects of a stream that name the number, each read as what it is. */
  async #ownersIn(container: number, number: number): Promise<readonly number[]> {
    const opened = await this.#container(container);
    if (opened === null) return [nowhere];
    const stream = openObjectStream(opened.dictionary, opened.data, this.#document.limits);
    const owners: number[] = [];
    for (const [index, owner] of stream.numbers.entries())
      for (const named of referencesIn(stream.object(index, owner))) if (named === number) owners.push(owner);
    return owners.length === 0 ? [nowhere] : owners;
  }

  /** The object that a place of the file is in; 0 for a trailer. */
  async #ownerOf(place: number): Promise<number> {
    for (const { sections } of this.#document.revisions.slice(0, this.#revision + 1))
      for (const { section, hidden } of sections)
        for (const part of [section, hidden])
          if (part !== null && place >= part.offset && place < part.end) return 0;
    const start = Math.max(0, place - maxObject);
    const bytes = await this.#document.source.read(start, place - start);
    const text = new TextDecoder('latin1').decode(bytes);
    // At the start of a line: neither a comment nor a name can end so, and what stands in a string names nothing.
    const header = [...text.matchAll(/(?<=[\r\n])(\d{1,10})[ ]+(\d{1,5})[ ]+obj\b/g)].at(-1);
    if (header === undefined) return nowhere;
    const [number, offset] = [Number(header[1]), start + header.index];
    return (await this.#stands(number, offset, place)) ? number : nowhere;
  }

  /** Whether some revision says that the object is there, and it reaches over the place. */
  async #stands(number: number, offset: number, place: number): Promise<boolean> {
    for (const { sections } of this.#document.revisions.slice(0, this.#revision + 1))
      for (const link of sections) {
        const entry = await readEntry(link, number);
        if (entry?.type !== 'offset' || entry.offset !== offset) continue;
        const object = await readIndirect(this.#document.source, offset, this.#document.limits);
        return object.number === number && object.end > place;
      }
    return false;
  }
}

/**
 * The referrers, as of a revision, of a few numbers. Places that no object answers for count too: what this calls free of
 * other uses, `referrersAsOf` would, and not always the other way round.
 * @returns null where the file is written so unusually that only the walk can tell.
 */
export async function scanReferrers(
  document: PdfDocument,
  revision: number,
  wanted: ReadonlySet<number>,
): Promise<Referrers | null> {
  try {
    return await new Scan(document, revision, wanted).run();
  } catch (error) {
    if (error instanceof Unusual || error instanceof FormatError) return null;
    throw error;
  }
}
