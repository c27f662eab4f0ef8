// A font as text extraction needs it: bytes of a string into characters and how far each moves on.
import type { PdfDocument } from './document.ts';
import { dictionaryOf, entry, nameOf, numberOf, type PdfDictionary } from './objects.ts';
import { compositeFont } from './text-font-composite.ts';
import type { ShownCode, TextFont } from './text-shown.ts';
import { baseEncoding, glyphCharacters } from './text-encodings.ts';
import { standardWidth } from './text-standard-widths.ts';
import { readCMap, type CMap } from './text-cmap.ts';
import { FormatError } from '../errors.ts';

/** A font of which nothing can be told: every byte a character that nobody knows, half an em wide. */
const unknownFont: TextFont = {
  vertical: false,
  unit: 1,
  decode: (bytes) => Array.from(bytes, (code) => ({ text: '', advance: 500, isSpace: code === 32 })),
};

/** What is wrong with one font makes its characters unknown and nothing worse; limits hold all the same. */
export async function readTextFont(document: PdfDocument, dictionary: PdfDictionary): Promise<TextFont> {
  try {
    const toUnicode = await readMap(document, dictionary, 'ToUnicode');
    return nameOf(await document.get(dictionary, 'Subtype')) === 'Type0'
      ? await compositeFont(document, dictionary, toUnicode)
      : await simpleFont(document, dictionary, toUnicode);
  } catch (error) {
    if (error instanceof FormatError && error.code !== 'pdf-limit') return unknownFont;
    throw error;
  }
}

/** The CMap of a stream; null where there is none, or only a name. */
async function readMap(document: PdfDocument, dictionary: PdfDictionary, key: string): Promise<CMap | null> {
  const value = await document.get(dictionary, key);
  return value.kind === 'stream' ? readCMap(await document.streamData(value)) : null;
}

async function simpleFont(
  document: PdfDocument,
  dictionary: PdfDictionary,
  toUnicode: CMap | null,
): Promise<TextFont> {
  const baseFont = nameOf(await document.get(dictionary, 'BaseFont')) ?? '';
  const characters = await simpleCharacters(document, dictionary);
  const widths = await simpleWidths(document, dictionary, baseFont, characters);
  const type3 = nameOf(await document.get(dictionary, 'Subtype')) === 'Type3';
  const codes = Array.from({ length: 256 }, (_, code): ShownCode => ({
    text: toUnicode?.characters.get(code, 1) ?? characters[code] ?? '',
    advance: widths[code] ?? 0,
    isSpace: code === 32,
  }));
  return {
    vertical: false,
    unit: type3 ? await type3Unit(document, dictionary) : 1,
    decode: (bytes) => Array.from(bytes, (code) => codes[code] ?? { text: '', advance: 0, isSpace: false }),
  };
}

async function simpleCharacters(
  document: PdfDocument,
  dictionary: PdfDictionary,
): Promise<readonly string[]> {
  const encoding = await document.get(dictionary, 'Encoding');
  if (encoding.kind === 'name') return baseEncoding(encoding.value);
  const own = dictionaryOf(encoding);
  if (own === null) return baseEncoding('StandardEncoding');
  const characters = [...baseEncoding(nameOf(await document.get(own, 'BaseEncoding')) ?? 'StandardEncoding')];
  const differences = await document.get(own, 'Differences');
  let code = 0;
  for (const item of differences.kind === 'array' ? differences.items.slice(0, 1024) : []) {
    const resolved = await document.resolve(item);
    if (resolved.kind === 'integer') code = resolved.value;
    else if (resolved.kind === 'name') {
      if (code >= 0 && code < 256) characters[code] = glyphCharacters(resolved.value);
      code++;
    }
  }
  return characters;
}

async function simpleWidths(
  document: PdfDocument,
  dictionary: PdfDictionary,
  baseFont: string,
  characters: readonly string[],
): Promise<readonly number[]> {
  const widths = await document.get(dictionary, 'Widths');
  const first = numberOf(await document.get(dictionary, 'FirstChar')) ?? 0;
  if (widths.kind !== 'array') return characters.map((character) => standardWidth(baseFont, character));
  const descriptor = await document.getDictionary(dictionary, 'FontDescriptor');
  const missing = descriptor === null ? null : numberOf(await document.get(descriptor, 'MissingWidth'));
  const all = new Array<number>(256).fill(missing ?? 0);
  for (const [index, item] of widths.items.slice(0, 256).entries()) {
    const code = first + index;
    if (code >= 0 && code < 256) all[code] = numberOf(await document.resolve(item)) ?? 0;
  }
  return all;
}

async function type3Unit(document: PdfDocument, dictionary: PdfDictionary): Promise<number> {
  const matrix = await document.get(dictionary, 'FontMatrix');
  const scale = matrix.kind === 'array' ? numberOf(matrix.items[0] ?? entry(dictionary, '')) : null;
  return (scale ?? 0.001) * 1000;
}
