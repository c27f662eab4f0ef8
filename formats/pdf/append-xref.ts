// The cross-reference section that ends an update (ISO 32000-2, 7.5.4 and 7.5.8), and the output that knows its offsets.
import type { PdfDictionary, PdfReference } from './objects.ts';
import type { XrefEntry } from './xref-section.ts';
import { joinBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { pdfArray, pdfInteger, pdfName, withEntries } from './objects.ts';
import { latin1, serialise } from './serialise.ts';

/** Bytes to append, in two parts around the hole left open; without a hole `after` is empty. */
export interface AppendedBytes {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const highestTableOffset = 9_999_999_999;
/** 7.5.4: object 0 heads the list of free entries. */
const headOfFree: XrefEntry = { type: 'free', next: 0, generation: 65_535 };

/** By object number: where each object of the section is. */
export type Entries = ReadonlyMap<number, XrefEntry>;

/** Runs of consecutive numbers, ascending. */
function runsOf(entries: Entries): readonly (readonly number[])[] {
  const runs: number[][] = [];
  for (const number of [...entries.keys()].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs;
}

/** @throws FormatError `pdf-unsupported` for a place or kind of object that a table cannot name. */
export function writeXrefTable(output: Output, trailer: PdfDictionary, entries: Entries): void {
  let text = 'xref\n';
  for (const run of runsOf(entries)) {
    text += `${run[0] ?? 0} ${run.length}\n`;
    for (const number of run) {
      const found = entries.get(number) ?? headOfFree;
      if (found.type === 'compressed' || (found.type === 'offset' && found.offset > highestTableOffset)) {
        throw new FormatError('pdf-unsupported', 'The PDF is too large for its cross-reference table.');
      }
      const place = found.type === 'offset' ? found.offset : found.next;
      const kind = found.type === 'offset' ? 'n' : 'f';
      text += `${String(place).padStart(10, '0')} ${String(found.generation).padStart(5, '0')} ${kind} \n`;
    }
  }
  output.text(`${text}trailer\n${serialise(trailer)}\n`);
}

/** @param self the stream's own number, which it names too. */
export function writeXrefStream(
  output: Output,
  self: PdfReference,
  trailer: PdfDictionary,
  entries: Entries,
): void {
  const all = new Map<number, XrefEntry>(entries);
  all.set(self.number, { type: 'offset', offset: output.position, generation: 0 });
  const runs = runsOf(all);
  const width = Math.ceil(Math.log2(output.position + 2) / 8);
  const third = [...all.values()].some((each) => each.type === 'compressed' && each.index > 0xffff) ? 4 : 2;
  const rowLength = 1 + width + third;
  const data = new Uint8Array(all.size * rowLength);
  let position = 0;
  const put = (value: number, size: number): void => {
    for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) {
      data[position + i] = rest % 256;
    }
    position += size;
  };
  for (const number of runs.flat()) {
    const found = all.get(number) ?? headOfFree;
    put(found.type === 'free' ? 0 : found.type === 'offset' ? 1 : 2, 1);
    put(found.type === 'free' ? found.next : found.type === 'offset' ? found.offset : found.stream, width);
    put(found.type === 'compressed' ? found.index : found.generation, third);
  }
  const dictionary = withEntries(trailer, {
    Type: pdfName('XRef'),
    Size: pdfInteger(self.number + 1),
    W: pdfArray([1, width, third].map(pdfInteger)),
    Index: pdfArray(runs.flatMap((run) => [pdfInteger(run[0] ?? 0), pdfInteger(run.length)])),
    Length: pdfInteger(data.length),
  });
  output.text(`${self.number} 0 obj\n${serialise(dictionary)}\nstream\n`);
  output.bytes(data);
  output.text('\nendstream\nendobj\n');
}

/** Collects parts and knows the file offset of the next byte. */
export class Output {
  position: number;
  /** Text not yet among the parts: small pieces are encoded together. */
  #text = '';
  #parts: Uint8Array[] = [];
  #before: Uint8Array | null = null;

  constructor(position: number) {
    this.position = position;
  }

  text(text: string): void {
    this.#text += text;
    this.position += text.length;
  }

  bytes(bytes: Uint8Array): void {
    this.#flush();
    this.#parts.push(bytes);
    this.position += bytes.length;
  }

  hole(length: number): void {
    if (this.#before !== null) throw new RangeError('An update has one hole.');
    this.#flush();
    this.#before = joinBytes(this.#parts);
    this.#parts = [];
    this.position += length;
  }

  #flush(): void {
    if (this.#text !== '') this.#parts.push(latin1(this.#text));
    this.#text = '';
  }

  finish(): AppendedBytes {
    this.#flush();
    const last = joinBytes(this.#parts);
    return this.#before === null
      ? { before: last, after: new Uint8Array() }
      : { before: this.#before, after: last };
  }
}
