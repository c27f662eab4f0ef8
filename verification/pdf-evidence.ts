// Certificates and revocation data that a PDF carries in its document security store (ISO 32000-2 12.8.4.3), and since when.
import { toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { dictionaryOf } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

/** Bytes that stand in the file. */
export interface Embedded {
  readonly der: Uint8Array;
  /** The revision that wrote them: whatever covers it proves that they existed. */
  readonly revision: number;
}

export interface EmbeddedEvidence {
  readonly certificates: readonly Embedded[];
  readonly crls: readonly Embedded[];
  readonly ocsps: readonly Embedded[];
}

/** Lower-case hex SHA-256 → the first revision that holds the bytes. */
export interface Standing {
  /** In the store or beside a signature. */
  readonly certificates: ReadonlyMap<string, number>;
  /** Lists and answers, in the store only: EN 319 142-1 6.3 asks for them there. */
  readonly revocation: ReadonlyMap<string, number>;
}

const maxStreams = 200;
const maxSignatures = 500;

type Kind = 'certificates' | 'crls' | 'ocsps';
/** Keys of the store and, in the singular, of what it says of one signature (Tables 261 and 262). */
const keys: readonly (readonly [Kind, store: string, signature: string])[] = [
  ['certificates', 'Certs', 'Cert'],
  ['crls', 'CRLs', 'CRL'],
  ['ocsps', 'OCSPs', 'OCSP'],
];

class Store {
  readonly #document: PdfDocument;
  readonly #seen = new Set<number>();
  readonly found: Record<Kind, Embedded[]> = { certificates: [], crls: [], ocsps: [] };

  constructor(document: PdfDocument) {
    this.#document = document;
  }

  async #take(kind: Kind, item: PdfObject): Promise<void> {
    if (item.kind !== 'reference' || this.found[kind].length >= maxStreams) return;
    if (this.#seen.has(item.number)) return;
    this.#seen.add(item.number);
    try {
      const located = await this.#document.locate(item.number);
      const stream = await this.#document.resolve(item);
      if (stream.kind !== 'stream' || located === null) return;
      this.found[kind].push({
        der: await this.#document.streamData(stream),
        revision: located.revision,
      });
    } catch (error) {
      // One damaged stream says nothing, and nothing about the others.
      if (!(error instanceof FormatError) || error.code === 'pdf-limit') throw error;
    }
  }

  async read(dictionary: PdfDictionary, which: 'store' | 'signature'): Promise<void> {
    for (const [kind, store, signature] of keys) {
      const list = await this.#document.get(dictionary, which === 'store' ? store : signature);
      for (const item of list.kind === 'array' ? list.items.slice(0, maxStreams) : [])
        await this.#take(kind, item);
    }
  }
}

/** What the newest revision's store holds, /VRI too; nothing vouches for it. What is damaged is left out. */
export async function embeddedEvidence(document: PdfDocument): Promise<EmbeddedEvidence> {
  const store = new Store(document);
  try {
    const dictionary = await document.getDictionary(await document.catalogue(), 'DSS');
    if (dictionary === null) return store.found;
    await store.read(dictionary, 'store');
    const related = await document.getDictionary(dictionary, 'VRI');
    for (const item of [...(related?.entries.values() ?? [])].slice(0, maxSignatures)) {
      const one = dictionaryOf(await document.resolve(item));
      if (one !== null) await store.read(one, 'signature');
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return store.found;
}

/** Names what the file holds by digest. */
export async function standingIn(
  { certificates, crls, ocsps }: EmbeddedEvidence,
  besideSignatures: readonly Embedded[],
  verifier: SignatureVerifier,
): Promise<Standing> {
  const named = async (items: readonly Embedded[]): Promise<ReadonlyMap<string, number>> => {
    const since = new Map<string, number>();
    for (const { der, revision } of items) {
      const digest = toHex(await verifier.digest('sha256', der));
      since.set(digest, Math.min(since.get(digest) ?? revision, revision));
    }
    return since;
  };
  return {
    certificates: await named([...certificates, ...besideSignatures]),
    revocation: await named([...crls, ...ocsps]),
  };
}
