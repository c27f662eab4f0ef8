// A cross-reference table with its trailer (ISO 32000-2, 7.5.4 and 7.5.5); entries are read from the file one by one, on demand.
import type { PdfLimits } from './limits.ts';
import type { ByteSource } from './source.ts';
import type { XrefEntry, XrefSection } from './xref-section.ts';
import { FormatError } from '../errors.ts';
import { parseAt } from './indirect.ts';
import { Subsections } from './subsections.ts';

const entryLength = 20;

/** @param offset where the word `xref` stands. */
export async function readXrefTable(
  source: ByteSource,
  offset: number,
  limits: PdfLimits,
): Promise<XrefSection> {
  const subsections = new Subsections<number>(limits);
  const oddEntries = new Map<number, XrefEntry>();
  let position = await parseAt(source, offset, limits, (lexer) => {
    if (lexer.readWord() !== 'xref') throw damaged(offset);
    return offset + lexer.position;
  });
  for (;;) {
    const start = position;
    const header = await parseAt(source, start, limits, (lexer) => {
      const word = lexer.readWord();
      if (word === 'trailer') return null;
      const count = lexer.readWord();
      if (!/^\d{1,10}$/.test(word) || !/^\d{1,10}$/.test(count)) throw damaged(start);
      lexer.skipSpace();
      return { first: Number(word), count: Number(count), entries: start + lexer.position };
    });
    if (header === null) break;
    position = header.entries + header.count * entryLength;
    if (!(await isRegular(source, header.entries, position))) {
      position = await readOddEntries(source, header, limits, oddEntries);
    }
    subsections.add(header.first, header.count, header.entries);
  }
  const trailer = await parseAt(source, position, limits, (lexer) => {
    lexer.readWord();
    const dictionary = lexer.readObject();
    if (dictionary.kind !== 'dictionary') throw damaged(position);
    return { dictionary, end: position + lexer.position };
  });
  subsections.close();
  return {
    style: 'table',
    offset,
    end: trailer.end,
    trailer: trailer.dictionary,
    highest: subsections.highest,
    inflated: 0,
    numbers: () => subsections.numbers(),
    containers: () => [],
    has: (number) => subsections.find(number) !== null,
    read: async (number) => {
      const odd = oddEntries.get(number);
      if (odd !== undefined) return odd;
      const found = subsections.find(number);
      if (found === null) return null;
      return parseEntry(await source.read(found.place + found.index * entryLength, 18));
    },
  };
}

function damaged(offset: number): FormatError {
  return new FormatError('pdf-malformed', `The cross-reference table is damaged near byte ${offset}.`);
}

/** Whether the entries are 20 bytes each: the first has the right shape, and after the last comes a header or `trailer`. */
async function isRegular(source: ByteSource, entries: number, end: number): Promise<boolean> {
  if (end >= source.size) return false;
  if (entries < end && readRegular(await source.read(entries, 18)) === null) return false;
  if (entries < end && readRegular(await source.read(end - entryLength, 18)) === null) return false;
  const next = await source.read(end - 1, 4);
  const before = next[0] ?? 0;
  return before <= 32 && /^\s*(t|\d)/.test(String.fromCharCode(...next.subarray(1)));
}

/** Ten digits, a blank, five digits, a blank, `n` or `f`; null for anything else. */
function readRegular(bytes: Uint8Array): XrefEntry | null {
  const [value, generation] = [digitsIn(bytes, 0, 10), digitsIn(bytes, 11, 16)];
  const [type] = bytes.subarray(17, 18);
  const shaped = bytes.length === 18 && bytes[10] === 32 && bytes[16] === 32;
  if (!shaped || value < 0 || generation < 0 || (type !== 110 && type !== 102)) return null;
  return entryOf(value, generation, type === 110 ? 'n' : 'f');
}

/** The number that [from, to) spell; −1 where something else stands there. */
function digitsIn(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function parseEntry(bytes: Uint8Array): XrefEntry {
  const entry = readRegular(bytes);
  if (entry === null) throw new FormatError('pdf-malformed', 'A cross-reference entry is damaged.');
  return entry;
}

function entryOf(value: number, generation: number, type: string): XrefEntry {
  // An object can never stand at byte 0, where the header is; some writers mark unused numbers so.
  if (type === 'f' || value === 0) return { type: 'free', next: value, generation };
  return { type: 'offset', offset: value, generation };
}

/** Entries of another length (one-byte line ends occur), read word by word. */
async function readOddEntries(
  source: ByteSource,
  header: { readonly first: number; readonly count: number; readonly entries: number },
  limits: PdfLimits,
  into: Map<number, XrefEntry>,
): Promise<number> {
  if (header.count > limits.objects) throw new FormatError('pdf-limit', 'The PDF has too many objects.');
  return parseAt(source, header.entries, limits, (lexer) => {
    for (let index = 0; index < header.count; index++) {
      const [value, generation, type] = [lexer.readWord(), lexer.readWord(), lexer.readWord()];
      if (!/^\d{1,10}$/.test(value) || !/^\d{1,5}$/.test(generation) || !/^[nf]$/.test(type)) {
        throw damaged(header.entries);
      }
      into.set(header.first + index, entryOf(Number(value), Number(generation), type));
    }
    return header.entries + lexer.position;
  });
}
