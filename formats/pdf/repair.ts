// A broken cross-reference rebuilt from what stands in the file: every object found where it is, the last definition counts.
import type { PdfLimits } from './limits.ts';
import type { PdfDictionary, PdfObject, PdfStream } from './objects.ts';
import type { Revision } from './revisions.ts';
import type { ByteSource } from './source.ts';
import type { XrefEntry, XrefSection } from './xref-section.ts';
import { FormatError } from '../errors.ts';
import { parseAt, readIndirect } from './indirect.ts';
import { entry, integerOf, nameOf, pdfDictionary, pdfReference } from './objects.ts';
import { openObjectStream } from './object-stream.ts';
import { findMarks, type Mark } from './repair-scan.ts';
import { readStreamData } from './stream-data.ts';

/** A larger file is not read through for the sake of a table. */
const largest = 1024 ** 3;
const trailerKeys = ['Root', 'Info', 'ID', 'Encrypt'];

/** What was found, as one revision that reaches to the end of the file. */
export interface Rebuilt {
  readonly revision: Revision;
  /** All of it, object 0 and gaps as free entries: what a new section must name so that nobody needs the broken one. */
  readonly entries: ReadonlyMap<number, XrefEntry>;
}

/**
 * Reads the whole file for objects and trailers.
 * @throws FormatError `pdf-malformed` where no catalogue is found; where the file is signed, because what an earlier
 *   signature covers must not be read anew; where it is encrypted. `pdf-limit` for a file over 1 GiB.
 */
export async function rebuildXref(source: ByteSource, limits: PdfLimits): Promise<Rebuilt> {
  if (source.size > largest)
    throw new FormatError('pdf-limit', 'The PDF is damaged and too large to repair.');
  const search = new Search(source, limits);
  for await (const mark of findMarks(source, () => search.next)) await search.take(mark);
  const trailer = search.finish();
  const entries = filled(search.entries);
  const compressed = [...entries.values()].some(({ type }) => type === 'compressed');
  const section = sectionOf(entries, trailer, compressed ? 'stream' : 'table', source.size);
  return {
    entries,
    revision: {
      index: 0,
      startxref: 0,
      sections: [{ section, hidden: null }],
      trailer,
      end: null,
      endWithSpace: null,
      startxrefAgrees: false,
    },
  };
}

class Search {
  readonly entries = new Map<number, XrefEntry>();
  /** Where to look on: behind the data of a stream, which may hold a whole PDF of its own. */
  next = 0;
  readonly #source: ByteSource;
  readonly #limits: PdfLimits;
  #trailer = new Map<string, PdfObject>();
  #catalogue: PdfObject | null = null;
  #inflated = 0;

  constructor(source: ByteSource, limits: PdfLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  async take(mark: Mark): Promise<void> {
    try {
      if (mark.kind === 'trailer') await this.#takeTrailer(mark.offset);
      else await this.#takeObject(mark.offset);
    } catch (error) {
      // What cannot be read is no object; whoever needs it will be told that it is missing.
      if (!(error instanceof FormatError) || error.code === 'pdf-limit' || error instanceof Refusal)
        throw error;
    }
  }

  finish(): PdfDictionary {
    if (this.#trailer.has('Encrypt')) throw new Refusal('The PDF is damaged and encrypted.');
    const root = this.#trailer.get('Root') ?? this.#catalogue;
    if (root?.kind !== 'reference' || !this.entries.has(root.number))
      throw new FormatError('pdf-malformed', 'The PDF is damaged and has no catalogue.');
    return pdfDictionary({ ...Object.fromEntries(this.#trailer), Root: root });
  }

  async #takeTrailer(offset: number): Promise<void> {
    const dictionary = await parseAt(this.#source, offset, this.#limits, (lexer) => {
      lexer.readWord();
      return lexer.readObject();
    });
    if (dictionary.kind === 'dictionary') this.#remember(dictionary);
  }

  async #takeObject(offset: number): Promise<void> {
    const { number, generation, value } = await readIndirect(this.#source, offset, this.#limits);
    if (this.entries.size >= this.#limits.objects)
      throw new FormatError('pdf-limit', 'The PDF has too many objects.');
    if (number >= this.#limits.objects * 8) return;
    this.entries.set(number, { type: 'offset', offset, generation });
    if (value.kind === 'dictionary') {
      if (value.entries.has('ByteRange'))
        throw new Refusal('The PDF is damaged and carries a signature: it is not repaired.');
      if (nameOf(entry(value, 'Type')) === 'Catalog') this.#catalogue = pdfReference(number, generation);
    }
    if (value.kind === 'stream') await this.#takeStream(number, value);
  }

  async #takeStream(container: number, stream: PdfStream): Promise<void> {
    const { dictionary } = stream;
    const type = nameOf(entry(dictionary, 'Type'));
    const length = integerOf(entry(dictionary, 'Length'));
    if (type === 'XRef') this.#remember(dictionary);
    if (length === null) return;
    if (type !== 'ObjStm') {
      if (await this.#endsAt(stream.start + length)) this.next = stream.start + length;
      return;
    }
    const { data, end } = await readStreamData(this.#source, stream, length, this.#limits, null);
    this.#inflated += data.length;
    if (this.#inflated > this.#limits.inflatedTotal)
      throw new FormatError('pdf-limit', 'The PDF inflates to too much.');
    const { numbers } = openObjectStream(dictionary, data, this.#limits);
    numbers.forEach((number, index) => {
      this.entries.set(number, { type: 'compressed', stream: container, index });
    });
    this.next = end;
  }

  async #endsAt(offset: number): Promise<boolean> {
    const text = String.fromCharCode(...(await this.#source.read(offset, 16)));
    return /^\s*endstream/.test(text);
  }

  #remember(dictionary: PdfDictionary): void {
    for (const key of trailerKeys) {
      const value = dictionary.entries.get(key);
      if (value !== undefined) this.#trailer.set(key, value);
    }
  }
}

/** A refusal that ends the search. */
class Refusal extends FormatError {
  constructor(message: string) {
    super('pdf-malformed', message);
  }
}

/** In order, with the head of the free list and the gaps, as the first section of a file has them (7.5.4). */
function filled(found: ReadonlyMap<number, XrefEntry>): ReadonlyMap<number, XrefEntry> {
  const free: XrefEntry = { type: 'free', next: 0, generation: 65_535 };
  const highest = maximumOf(found.keys());
  const entries = new Map<number, XrefEntry>([[0, free]]);
  const dense = highest < found.size * 4 + 1000;
  for (let number = 1; dense && number <= highest; number++) entries.set(number, found.get(number) ?? free);
  if (!dense)
    for (const number of [...found.keys()].sort((a, b) => a - b))
      entries.set(number, found.get(number) ?? free);
  return entries;
}

function maximumOf(numbers: Iterable<number>): number {
  let most = 0;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}

function sectionOf(
  entries: ReadonlyMap<number, XrefEntry>,
  trailer: PdfDictionary,
  style: XrefSection['style'],
  end: number,
): XrefSection {
  const containers = new Set<number>();
  for (const found of entries.values()) if (found.type === 'compressed') containers.add(found.stream);
  return {
    style,
    offset: 0,
    end,
    trailer,
    highest: maximumOf(entries.keys()) + 1,
    inflated: 0,
    numbers: () => entries.keys(),
    containers: () => containers,
    has: (number) => entries.has(number),
    read: (number) => Promise.resolve(entries.get(number) ?? null),
  };
}
