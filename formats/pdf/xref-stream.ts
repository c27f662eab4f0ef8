// A cross-reference stream (ISO 32000-2, 7.5.8): inflated once, its rows read on demand.
import type { PdfLimits } from './limits.ts';
import type { PdfDictionary } from './objects.ts';
import type { ByteSource } from './source.ts';
import type { XrefEntry, XrefSection } from './xref-section.ts';
import { FormatError } from '../errors.ts';
import { parseAt, readIndirect } from './indirect.ts';
import { entry, integerOf, nameOf } from './objects.ts';
import { readStreamData } from './stream-data.ts';
import { Subsections } from './subsections.ts';

/** @param offset where the stream's `n g obj` stands. */
export async function readXrefStream(
  source: ByteSource,
  offset: number,
  limits: PdfLimits,
): Promise<XrefSection> {
  const { value } = await readIndirect(source, offset, limits);
  if (value.kind !== 'stream' || nameOf(entry(value.dictionary, 'Type')) !== 'XRef') {
    throw new FormatError('pdf-malformed', `No cross-reference stream stands at byte ${offset}.`);
  }
  const { dictionary } = value;
  // 7.5.8.2: the values of a cross-reference stream's dictionary are direct, there is nothing yet to resolve them with.
  const length = integerOf(entry(dictionary, 'Length'));
  if (length === null) throw malformed('has no direct /Length');
  const { data, end } = await readStreamData(source, value, length, limits, null);
  const widths = fieldWidths(dictionary);
  const rowLength = widths[0] + widths[1] + widths[2];
  const subsections = rowRuns(dictionary, limits);
  if (subsections.rows * rowLength > data.length) throw malformed('is shorter than its /Index says');
  return {
    style: 'stream',
    offset,
    end: await afterTrailer(source, end, limits, dictionary),
    trailer: dictionary,
    inflated: data.length,
    highest: subsections.runs.highest,
    numbers: () => subsections.runs.numbers(),
    containers: () => containersIn(data, subsections.rows, rowLength, widths),
    has: (number) => subsections.runs.find(number) !== null,
    read: (number) => {
      const found = subsections.runs.find(number);
      if (found === null) return Promise.resolve(null);
      return Promise.resolve(rowEntry(data, (found.place + found.index) * rowLength, widths));
    },
  };
}

/**
 * Some writers leave a `trailer` behind the stream, which has no meaning there; what follows it ends the save. One with another
 * catalogue is none of those: a reader that repairs files would open another document.
 */
async function afterTrailer(
  source: ByteSource,
  end: number,
  limits: PdfLimits,
  own: PdfDictionary,
): Promise<number> {
  if (end >= source.size) return end;
  return parseAt(source, end, limits, (lexer) => {
    if (lexer.readWord() !== 'trailer') return end;
    const left = lexer.readObject();
    if (left.kind !== 'dictionary') return end;
    const [root, other] = [entry(own, 'Root'), entry(left, 'Root')];
    const same =
      other.kind === 'null' ||
      (root.kind === 'reference' && other.kind === 'reference' && root.number === other.number);
    return same ? end + lexer.position : end;
  });
}

function malformed(what: string): FormatError {
  return new FormatError('pdf-malformed', `A cross-reference stream ${what}.`);
}

function fieldWidths(dictionary: PdfDictionary): readonly [number, number, number] {
  const object = entry(dictionary, 'W');
  const widths = object.kind === 'array' ? object.items.map(integerOf) : [];
  const [type, second, third] = widths;
  const fits = (width: number | null | undefined, most: number): width is number =>
    typeof width === 'number' && width >= 0 && width <= most;
  if (widths.length !== 3 || !fits(type, 4) || !fits(second, 8) || !fits(third, 8) || second === 0) {
    throw malformed('has impossible /W');
  }
  return [type, second, third];
}

function rowRuns(
  dictionary: PdfDictionary,
  limits: PdfLimits,
): { readonly runs: Subsections<number>; readonly rows: number } {
  const object = entry(dictionary, 'Index');
  const size = integerOf(entry(dictionary, 'Size'));
  const index = object.kind === 'array' ? object.items.map(integerOf) : [0, size];
  const runs = new Subsections<number>(limits);
  let rows = 0;
  for (let i = 0; i < index.length; i += 2) {
    const [first, count] = [index[i] ?? null, index[i + 1] ?? null];
    if (first === null || count === null || first < 0 || count < 0)
      throw malformed('has an impossible /Index');
    runs.add(first, count, rows);
    rows += count;
  }
  runs.close();
  return { runs, rows };
}

function containersIn(
  data: Uint8Array,
  count: number,
  rowLength: number,
  widths: readonly [number, number, number],
): ReadonlySet<number> {
  const containers = new Set<number>();
  for (let row = 0; row < count; row++) {
    const found = rowEntry(data, row * rowLength, widths);
    if (found.type === 'compressed') containers.add(found.stream);
  }
  return containers;
}

function rowEntry(data: Uint8Array, start: number, widths: readonly [number, number, number]): XrefEntry {
  let position = start;
  const [type = 0, second = 0, third = 0] = widths.map((width) => {
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (data[position++] ?? 0);
    return value;
  });
  if (!Number.isSafeInteger(second) || !Number.isSafeInteger(third))
    throw malformed('has an impossible entry');
  const kind = widths[0] === 0 ? 1 : type;
  if (kind === 1 && second > 0) return { type: 'offset', offset: second, generation: third };
  if (kind === 2) return { type: 'compressed', stream: second, index: third };
  // 7.5.8.3: an unknown type is a reference to the null object, as a free entry is.
  return { type: 'free', next: second, generation: third };
}
