// One incremental update (ISO 32000-2, 7.5.6), in the cross-reference style of the file itself; the original is never touched.
import type { PdfDocument } from './document.ts';
import type { EncryptionKeys } from './encrypting.ts';
import type { PdfDictionary, PdfObject, PdfReference } from './objects.ts';
import type { XrefEntry } from './xref-section.ts';
import { FormatError } from '../errors.ts';
import { Output, writeXrefStream, writeXrefTable, type AppendedBytes } from './append-xref.ts';
import { encryptData, encryptStrings } from './encrypting.ts';
import { dictionaryOf, entry, pdfArray, pdfInteger, pdfReference, withEntries } from './objects.ts';
import { serialise } from './serialise.ts';

type Pending =
  | { readonly kind: 'object'; readonly object: PdfObject }
  | { readonly kind: 'stream'; readonly dictionary: PdfDictionary; readonly data: Uint8Array }
  | {
      readonly kind: 'hole';
      readonly entries: PdfDictionary;
      readonly seam: string;
      /** Bytes left open. */
      readonly hole: number;
      readonly rest: PdfDictionary;
    };

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
  readonly #keys: EncryptionKeys | null;
  readonly #objects = new Map<number, { readonly reference: PdfReference; readonly pending: Pending }>();
  #next: number;

  /** @param lead the line end that must stand between the file and the first object. */
  constructor(document: PdfDocument, lead: string) {
    this.#document = document;
    this.#lead = lead;
    this.#keys = document.decryption?.encryptionKeys() ?? null;
    this.#next = document.nextObjectNumber;
  }

  /** Whether anything stands in the update yet. */
  get empty(): boolean {
    return this.#objects.size === 0;
  }

  /** A number no revision of the file has used. */
  allocate(): PdfReference {
    return pdfReference(this.#next++);
  }

  /** Writes `object` as the new definition of `reference`. In an encrypted file its strings are encrypted. */
  set(reference: PdfReference, object: PdfObject): void {
    this.#put(reference, { kind: 'object', object });
  }

  setStream(reference: PdfReference, dictionary: PdfDictionary, data: Uint8Array): void {
    this.#put(reference, { kind: 'stream', dictionary, data });
  }

  /**
   * Writes a dictionary with `hole` bytes left open in it; one in an update.
   * @param seam what stands between the entries before and the hole, as it is
   */
  setWithHole(
    reference: PdfReference,
    entries: PdfDictionary,
    seam: string,
    hole: number,
    rest: PdfDictionary,
  ): void {
    this.#put(reference, { kind: 'hole', entries, seam, hole, rest });
  }

  /** The object as this update will leave it: what was set here, or else what the document has. */
  async resolve(object: PdfObject): Promise<PdfObject> {
    const pending = object.kind === 'reference' ? this.#objects.get(object.number)?.pending : undefined;
    if (pending === undefined) return this.#document.resolve(object);
    if (pending.kind === 'object') return pending.object;
    return pending.kind === 'stream' ? pending.dictionary : pending.entries;
  }

  /** Like `resolve`, where a dictionary is wanted; null for anything else. */
  async dictionary(object: PdfObject): Promise<PdfDictionary | null> {
    return dictionaryOf(await this.resolve(object));
  }

  /**
   * The catalogue with changes, as a new definition.
   * @throws FormatError `pdf-malformed` where the document has none of its own.
   */
  async changeCatalogue(changes: Readonly<Record<string, PdfObject | null>>): Promise<void> {
    const root = entry(this.#document.trailer(), 'Root');
    const catalogue = await this.resolve(root);
    if (root.kind !== 'reference' || catalogue.kind !== 'dictionary')
      throw new FormatError('pdf-malformed', 'The PDF has no catalogue.');
    this.set(root, withEntries(catalogue, changes));
  }

  /** @param id 16 bytes that become the second part of /ID (14.4), and the first where the file has none. */
  build(id: Uint8Array): AppendedBytes {
    const output = new Output(this.#document.facts.size);
    output.text(this.#lead);
    const entries = new Map<number, XrefEntry>(this.#document.rebuilt ?? []);
    for (const { reference, pending } of this.#objects.values()) {
      const { number, generation } = reference;
      entries.set(number, { type: 'offset', offset: output.position, generation });
      output.text(`${number} ${generation} obj\n`);
      this.#write(output, reference, pending);
      output.text('\nendobj\n');
    }
    const xref = output.position;
    const trailer = this.#trailer(id);
    if (this.#document.newest.sections[0]?.section.style === 'stream') {
      writeXrefStream(output, pdfReference(this.#next), trailer, entries);
    } else {
      writeXrefTable(output, withEntries(trailer, { Size: pdfInteger(this.#next) }), entries);
    }
    output.text(`startxref\n${xref}\n%%EOF\n`);
    return output.finish();
  }

  #write(output: Output, reference: PdfReference, pending: Pending): void {
    if (pending.kind === 'object') {
      output.text(serialise(this.#sealed(pending.object, reference)));
    } else if (pending.kind === 'stream') {
      const data = this.#keys === null ? pending.data : encryptData(pending.data, reference, this.#keys);
      const sized = withEntries(pending.dictionary, { Length: pdfInteger(data.length) });
      output.text(`${serialise(this.#sealed(sized, reference))}\nstream\n`);
      output.bytes(data);
      output.text('\nendstream');
    } else {
      output.text(serialise(this.#sealed(pending.entries, reference)).slice(0, -'>>'.length) + pending.seam);
      output.hole(pending.hole);
      output.text(`\n${serialise(this.#sealed(pending.rest, reference)).slice('<<'.length)}`);
    }
  }

  #sealed(object: PdfObject, reference: PdfReference): PdfObject {
    return this.#keys === null ? object : encryptStrings(object, reference, this.#keys);
  }

  #put(reference: PdfReference, pending: Pending): void {
    this.#objects.set(reference.number, { reference, pending });
  }

  #trailer(id: Uint8Array): PdfDictionary {
    const old = this.#document.trailer();
    const oldId = entry(old, 'ID');
    const newId: PdfObject = { kind: 'string', bytes: id, hex: true };
    // Keys of encrypted files are made with the first part: where there is none it stays empty.
    const none: PdfObject =
      this.#keys === null ? newId : { kind: 'string', bytes: new Uint8Array(), hex: true };
    const first = oldId.kind === 'array' && oldId.items[0]?.kind === 'string' ? oldId.items[0] : none;
    const kept = withEntries(old, Object.fromEntries(noLongerTrue.map((key) => [key, null])));
    return withEntries(kept, {
      // What was rebuilt replaces the broken chain and does not lead into it.
      ...(this.#document.rebuilt === null ? { Prev: pdfInteger(this.#document.newest.startxref) } : {}),
      ID: pdfArray([{ ...first, hex: true }, newId]),
    });
  }
}
