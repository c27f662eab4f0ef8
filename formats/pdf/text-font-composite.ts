// Composite fonts (ISO 32000-2, 9.7): codes of one to four bytes, CIDs, widths by CID, vertical writing.
import type { PdfDocument } from './document.ts';
import {
  dictionaryOf,
  entry,
  nameOf,
  numberOf,
  pdfNull,
  type PdfDictionary,
  type PdfObject,
} from './objects.ts';
import { readCMap, type CMap, type Codespace } from './text-cmap.ts';
import { codeLength, predefinedCMap, type PredefinedCMap } from './text-encodings.ts';
import type { ShownCode, TextFont } from './text-shown.ts';
import { gb1Character, gb1Cid } from './text-gb1.ts';
import { textOf } from './text-string.ts';

/** A code as it stands in a string. */
interface Code {
  readonly value: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** How a font's strings fall into codes, and what each is. */
interface Coding {
  readonly vertical: boolean;
  lengthAt(bytes: Uint8Array, at: number): number;
  cid(code: Code): number;
  /** Characters by the encoding itself; empty where only the collection of CIDs tells. */
  characters(code: Code): string;
}

interface Metrics {
  width(cid: number): number;
  /** Downward movement. */
  height(cid: number): number;
}

const mostRemembered = 65_536;

/** @param toUnicode what the file says itself; it goes before everything else */
export async function compositeFont(
  document: PdfDocument,
  dictionary: PdfDictionary,
  toUnicode: CMap | null,
): Promise<TextFont> {
  const descendants = await document.get(dictionary, 'DescendantFonts');
  const first = descendants.kind === 'array' ? (descendants.items[0] ?? pdfNull) : pdfNull;
  const cidFont = dictionaryOf(await document.resolve(first));
  const ordering = await orderingOf(document, cidFont);
  const coding = await codingOf(document, await document.get(dictionary, 'Encoding'), ordering, 0);
  const metrics = await metricsOf(document, cidFont);
  const known = new Map<number, ShownCode>();
  const shown = (code: Code): ShownCode => {
    const key = code.length * 0x1_0000_0000 + code.value;
    const before = known.get(key);
    if (before !== undefined) return before;
    const cid = coding.cid(code);
    const text =
      toUnicode?.characters.get(code.value, code.length) ??
      (coding.characters(code) || (ordering === 'GB1' ? gb1Character(cid) : ''));
    const advance = coding.vertical ? metrics.height(cid) : metrics.width(cid);
    const made: ShownCode = { text, advance, isSpace: code.length === 1 && code.value === 32 };
    if (known.size < mostRemembered) known.set(key, made);
    return made;
  };
  return {
    vertical: coding.vertical,
    unit: 1,
    decode(bytes) {
      const codes: ShownCode[] = [];
      for (let at = 0; at < bytes.length;) {
        const length = Math.min(coding.lengthAt(bytes, at), bytes.length - at);
        const own = bytes.subarray(at, at + length);
        codes.push(shown({ value: own.reduce((sum, byte) => sum * 256 + byte, 0), length, bytes: own }));
        at += length;
      }
      return codes;
    },
  };
}

async function orderingOf(document: PdfDocument, cidFont: PdfDictionary | null): Promise<string> {
  const info = cidFont === null ? null : await document.getDictionary(cidFont, 'CIDSystemInfo');
  return info === null ? '' : (textOf(await document.get(info, 'Ordering')) ?? '');
}

/** @param depth of CMaps that build on one another */
async function codingOf(
  document: PdfDocument,
  encoding: PdfObject,
  ordering: string,
  depth: number,
): Promise<Coding> {
  if (encoding.kind === 'stream') {
    const map = readCMap(await document.streamData(encoding));
    const named = nameOf(await document.get(encoding.dictionary, 'UseCMap')) ?? map.base;
    const base = named !== null && depth < 4 ? namedCoding(named, ordering) : null;
    return embeddedCoding(map, base);
  }
  return namedCoding(nameOf(encoding) ?? 'Identity-H', ordering);
}

function namedCoding(name: string, ordering: string): Coding {
  const predefined = predefinedCMap(name) ?? {
    codes: 'two-byte' as const,
    decoder: null,
    vertical: name.endsWith('-V'),
    halfWidthLatin: false,
  };
  const decoder = predefined.decoder === null ? null : new TextDecoder(predefined.decoder);
  const characters = ({ bytes }: Code): string => decoder?.decode(bytes).replaceAll('\ufffd', '') ?? '';
  return {
    vertical: predefined.vertical,
    lengthAt: (bytes, at) => codeLength(predefined.codes, bytes, at),
    characters,
    cid: (code) => (decoder === null ? code.value : cidOf(characters(code), predefined, ordering)),
  };
}

/** The half-width blank of Adobe-GB1 and the first of its other half-width letters; the proportional ones begin at 1. */
const [halfWidthSpace, halfWidthLetters] = [7716, 814];

/** Only widths are looked up by it, so collections that are not known here get 0: the default width. */
function cidOf(character: string, { halfWidthLatin }: PredefinedCMap, ordering: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point >= 0x20 && point < 0x7f) {
    if (!halfWidthLatin) return point - 0x1f;
    return point === 0x20 ? halfWidthSpace : halfWidthLetters + point - 0x21;
  }
  return ordering === 'GB1' ? gb1Cid(point) : 0;
}

function embeddedCoding(map: CMap, base: Coding | null): Coding {
  const length = (bytes: Uint8Array, at: number): number => {
    for (const space of map.codespaces) if (isIn(space, bytes, at)) return space.low.length;
    return base?.lengthAt(bytes, at) ?? map.codespaces[0]?.low.length ?? 2;
  };
  return {
    vertical: map.vertical || base?.vertical === true,
    lengthAt: length,
    characters: (code) => base?.characters(code) ?? '',
    cid: (code) => map.cids.get(code.value, code.length) ?? base?.cid(code) ?? 0,
  };
}

function isIn({ low, high }: Codespace, bytes: Uint8Array, at: number): boolean {
  return (
    at + low.length <= bytes.length &&
    low.every((value, index) => {
      const byte = bytes[at + index] ?? 0;
      return byte >= value && byte <= (high[index] ?? 0);
    })
  );
}

async function metricsOf(document: PdfDocument, cidFont: PdfDictionary | null): Promise<Metrics> {
  const standard = cidFont === null ? null : numberOf(await document.get(cidFont, 'DW'));
  const widths = await readWidths(document, cidFont, 'W', 1);
  const verticals = await readWidths(document, cidFont, 'W2', 3);
  const dw2 = cidFont === null ? pdfNull : await document.get(cidFont, 'DW2');
  const movement = dw2.kind === 'array' ? numberOf(dw2.items[1] ?? pdfNull) : null;
  return {
    width: (cid) => widths(cid)?.[0] ?? standard ?? 1000,
    height: (cid) => -(verticals(cid)?.[0] ?? movement ?? -1000),
  };
}

/** Entries that may stand in /W or /W2: one for each of 65,536 CIDs, with room. */
const mostWidths = 200_000;

/**
 * `c [w …]` and `first last w` (9.7.4.3), in groups of `size` numbers a CID.
 * @returns the numbers of a CID; null for one that has none of its own
 */
async function readWidths(
  document: PdfDocument,
  cidFont: PdfDictionary | null,
  key: string,
  size: number,
): Promise<(cid: number) => readonly number[] | null> {
  const list = cidFont === null ? pdfNull : await document.resolve(entry(cidFont, key));
  const single = new Map<number, readonly number[]>();
  const ranges: { readonly first: number; readonly last: number; readonly values: readonly number[] }[] = [];
  const items = list.kind === 'array' ? list.items.slice(0, mostWidths) : [];
  for (let at = 0; at + 1 < items.length;) {
    const first = numberOf(await document.resolve(items[at] ?? pdfNull)) ?? 0;
    const second = await document.resolve(items[at + 1] ?? pdfNull);
    if (second.kind === 'array') {
      const values = second.items.map((item) => numberOf(item) ?? 0);
      for (let i = 0; i + size <= values.length && single.size < mostWidths; i += size) {
        single.set(first + i / size, values.slice(i, i + size));
      }
      at += 2;
    } else {
      const values = items.slice(at + 2, at + 2 + size).map((item) => numberOf(item) ?? 0);
      if (values.length === size) ranges.push({ first, last: numberOf(second) ?? first, values });
      at += 2 + size;
    }
  }
  ranges.sort((a, b) => a.first - b.first);
  return (cid) => single.get(cid) ?? rangeOf(ranges, cid);
}

function rangeOf(
  ranges: readonly { readonly first: number; readonly last: number; readonly values: readonly number[] }[],
  cid: number,
): readonly number[] | null {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.first ?? 0) > cid) high = middle;
    else low = middle + 1;
  }
  const range = ranges[low - 1];
  return range !== undefined && cid <= range.last ? range.values : null;
}
