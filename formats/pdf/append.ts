// One incremental update (ISO 32000-2, 7.5.6), in the cross-reference style of the file itself; the original is never touched.
import type { PdfDocument } from './document.ts';
import type { PdfDictionary, PdfObject, PdfReference } from './objects.ts';
import { joinBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { entry, pdfArray, pdfInteger, pdfName, pdfReference, withEntries } from './objects.ts';
import { latin1, serialise } from './serialise.ts';

/** Bytes to append, in two parts around the hole left open; without a hole `after` is empty. */
export interface AppendedBytes {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

interface PendingObject {
  readonly reference: PdfReference;
  readonly head: readonly Uint8Array[];
  /** Bytes left open between `head` and `tail`. */
  readonly hole: number;
  readonly tail: string;
}

const noLongerTrue = [
  'Prev',
  'XRefStm',
  'Size',
  'Type',
  'W',
  'Index',
  'Length',
  'Filter',
  'DecodeParms',
  'ID',
];
const highestTableOffset = 9_999_999_999;

/**
 * Begins an update of the newest revision.
 * @throws FormatError `pdf-unsupported` where bytes stand before the header: readers disagree where offsets count from.
 */
export async function beginUpdate(document: PdfDocument): Promise<IncrementalUpdate> {
  if (document.facts.bytesBeforeHeader > 0) {
    throw new FormatError(
      'pdf-unsupported',
      'The PDF has bytes before its header and cannot be appended to.',
    );
  }
  const [last] = await document.source.read(document.facts.size - 1, 1);
  return new IncrementalUpdate(document, last === 10 || last === 13 ? '' : '\n');
}

/** Collects new and replaced objects, then writes them with their cross-reference section. */
export class IncrementalUpdate {
  readonly #document: PdfDocument;
  readonly #lead: string;
  readonly #objects = new Map<number, PendingObject>();
  #next: number;

  /** @param lead the line end that must stand between the file and the first object. */
  constructor(document: PdfDocument, lead: string) {
    this.#document = document;
    this.#lead = lead;
    this.#next = document.nextObjectNumber;
  }

  /** A number no revision of the file has used. */
  allocate(): PdfReference {
    return pdfReference(this.#next++);
  }

  /** Writes `object` as the new definition of `reference`. */
  set(reference: PdfReference, object: PdfObject): void {
    this.#put(reference, [latin1(serialise(object))], 0, '');
  }

  setStream(reference: PdfReference, dictionary: PdfDictionary, data: Uint8Array): void {
    const sized = withEntries(dictionary, { Length: pdfInteger(data.length) });
    this.#put(reference, [latin1(`${serialise(sized)}\nstream\n`), data], 0, '\nendstream');
  }

  /** Writes an object with `hole` bytes left open between two parts of its text; one in an update. */
  setWithHole(reference: PdfReference, head: string, hole: number, tail: string): void {
    this.#put(reference, [latin1(head)], hole, tail);
  }

  /** @param id 16 bytes that become the second part of /ID (14.4), and the first where the file has none. */
  build(id: Uint8Array): AppendedBytes {
    const output = new Output(this.#document.facts.size);
    output.text(this.#lead);
    const offsets = new Map<number, { readonly offset: number; readonly generation: number }>();
    for (const { reference, head, hole, tail } of this.#objects.values()) {
      offsets.set(reference.number, { offset: output.position, generation: reference.generation });
      output.text(`${reference.number} ${reference.generation} obj\n`);
      for (const part of head) output.bytes(part);
      if (hole > 0) output.hole(hole);
      output.text(`${tail}\nendobj\n`);
    }
    const xref = output.position;
    const trailer = this.#trailer(id);
    if (this.#document.newest.sections[0]?.section.style === 'stream') {
      const self = pdfReference(this.#next);
      offsets.set(self.number, { offset: xref, generation: 0 });
      writeXrefStream(output, self, trailer, offsets);
    } else {
      writeXrefTable(output, withEntries(trailer, { Size: pdfInteger(this.#next) }), offsets);
    }
    output.text(`startxref\n${xref}\n%%EOF\n`);
    return output.finish();
  }

  #put(reference: PdfReference, head: readonly Uint8Array[], hole: number, tail: string): void {
    this.#objects.set(reference.number, { reference, head, hole, tail });
  }

  #trailer(id: Uint8Array): PdfDictionary {
    const old = this.#document.trailer();
    const oldId = entry(old, 'ID');
    const newId: PdfObject = { kind: 'string', bytes: id, hex: true };
    const first = oldId.kind === 'array' && oldId.items[0]?.kind === 'string' ? oldId.items[0] : newId;
    const kept = withEntries(old, Object.fromEntries(noLongerTrue.map((key) => [key, null])));
    return withEntries(kept, {
      Prev: pdfInteger(this.#document.newest.startxref),
      ID: pdfArray([{ ...first, hex: true }, newId]),
    });
  }
}

type Offsets = ReadonlyMap<number, { readonly offset: number; readonly generation: number }>;

/** Runs of consecutive numbers, ascending. */
function runsOf(offsets: Offsets): readonly (readonly number[])[] {
  const runs: number[][] = [];
  for (const number of [...offsets.keys()].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs;
}

function writeXrefTable(output: Output, trailer: PdfDictionary, offsets: Offsets): void {
  let text = 'xref\n';
  for (const run of runsOf(offsets)) {
    text += `${run[0] ?? 0} ${run.length}\n`;
    for (const number of run) {
      const { offset, generation } = offsets.get(number) ?? { offset: 0, generation: 0 };
      if (offset > highestTableOffset) {
        throw new FormatError('pdf-unsupported', 'The PDF is too large for its cross-reference table.');
      }
      text += `${String(offset).padStart(10, '0')} ${String(generation).padStart(5, '0')} n \n`;
    }
  }
  output.text(`${text}trailer\n${serialise(trailer)}\n`);
}

function writeXrefStream(output: Output, self: PdfReference, trailer: PdfDictionary, offsets: Offsets): void {
  const runs = runsOf(offsets);
  const width = Math.ceil(Math.log2(output.position + 2) / 8);
  const rowLength = 1 + width + 2;
  const data = new Uint8Array(offsets.size * rowLength);
  let position = 0;
  for (const number of runs.flat()) {
    const { offset, generation } = offsets.get(number) ?? { offset: 0, generation: 0 };
    data[position] = 1;
    for (let i = 0, rest = offset; i < width; i++, rest = Math.floor(rest / 256)) {
      data[position + width - i] = rest % 256;
    }
    data[position + width + 1] = generation >> 8;
    data[position + width + 2] = generation & 255;
    position += rowLength;
  }
  const dictionary = withEntries(trailer, {
    Type: pdfName('XRef'),
    Size: pdfInteger(self.number + 1),
    W: pdfArray([1, width, 2].map(pdfInteger)),
    Index: pdfArray(runs.flatMap((run) => [pdfInteger(run[0] ?? 0), pdfInteger(run.length)])),
    Length: pdfInteger(data.length),
  });
  output.text(`${self.number} 0 obj\n${serialise(dictionary)}\nstream\n`);
  output.bytes(data);
  output.text('\nendstream\nendobj\n');
}

/** Collects parts and knows the file offset of the next byte. */
class Output {
  position: number;
  #parts: Uint8Array[] = [];
  #before: Uint8Array | null = null;

  constructor(position: number) {
    this.position = position;
  }

  text(text: string): void {
    this.bytes(latin1(text));
  }

  bytes(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.position += bytes.length;
  }

  hole(length: number): void {
    if (this.#before !== null) throw new RangeError('An update has one hole.');
    this.#before = joinBytes(this.#parts);
    this.#parts = [];
    this.position += length;
  }

  finish(): AppendedBytes {
    const last = joinBytes(this.#parts);
    return this.#before === null
      ? { before: last, after: new Uint8Array() }
      : { before: this.#before, after: last };
  }
}
