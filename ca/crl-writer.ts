// A revocation list made from its entries: a small one in memory, a large one streamed into the document store.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { verifySignaturePieces } from '../crypto/verify-signature.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { compareBytes, joinBytes, toHex } from '../formats/bytes.ts';
import { encodeSigned } from '../formats/x509/certificate.ts';
import { encodeCrlEntries, encodeCrlFrame, type CrlEntry, type CrlFrame } from '../formats/x509/crl.ts';
import { CrlRowEncoder } from '../formats/x509/crl-rows.ts';
import { TAG } from '../formats/x509/der.ts';
import { bitString, header } from '../formats/x509/der-writer.ts';
import type { Reader } from '../storage/database.ts';
import type { DocumentHandle, DocumentStore } from '../storage/documents.ts';
import { signChecked } from './checked-signing.ts';
import { CaError } from './errors.ts';
import { changedEntries, listedRows, listedShapes, type CrlScope, type Part } from './revocation-store.ts';

/** Entries read and encoded in one turn of the event loop: a few milliseconds. */
const PAGE = 500;
/** Entries that the database counts in one turn. */
const COUNTED = 1000;
/** Lists up to so many bytes are made in memory and kept in their row. */
const IN_ROW = 256 * 1024;
/** Read back at once. */
const CHUNK = 64 * 1024;

/**
 * The entries of a list. `pieces` gives the same bytes each time it is asked; the memory of a piece is used again for the
 * next.
 */
export interface CrlSource {
  readonly count: number;
  /** Bytes of all pieces together. */
  readonly length: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** A list that was signed, and verified as it will be served. */
export interface WrittenCrl {
  readonly size: number;
  readonly der: Uint8Array | null;
  readonly document: string | null;
}

/** What changed in the scope after `change`, sorted by serial a few at a time; it is few enough to be kept in memory. */
export async function changesSource(snapshot: Reader, scope: CrlScope, change: number): Promise<CrlSource> {
  const groups = new Map<string, CrlEntry[]>();
  let count = 0;
  for (let after: number | null = change; after !== null;) {
    const part: Part<CrlEntry, number> = await changedEntries(snapshot, scope, after, PAGE);
    for (const entry of part.values) {
      // Serials are random behind their first octet.
      const start = toHex(entry.serialNumber.subarray(0, 2));
      const group = groups.get(start);
      if (group === undefined) groups.set(start, [entry]);
      else group.push(entry);
    }
    count += part.values.length;
    after = part.next;
    await nextTurn();
  }
  const pieces: Uint8Array[] = [];
  for (const [, group] of [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    pieces.push(
      encodeCrlEntries(group.toSorted((one, other) => compareBytes(one.serialNumber, other.serialNumber))),
    );
    await nextTurn();
  }
  return {
    count,
    length: pieces.reduce((sum, { length }) => sum + length, 0),
    pieces: async function* () {
      for (const piece of pieces) {
        yield piece;
        await nextTurn();
      }
    },
  };
}

/** Everything revoked or held in the scope, read page by page. @param snapshot - one view for as long as the source is used. */
export async function scopeSource(snapshot: Reader, scope: CrlScope): Promise<CrlSource> {
  let [count, length] = [0, 0];
  for (let after: string | null = ''; after !== null;) {
    const part = await listedShapes(snapshot, scope, after, COUNTED);
    for (const shape of part.values) {
      count += shape.count;
      length += shape.count * encodeCrlEntries([shape.sample]).length;
    }
    after = part.next;
    await nextTurn();
  }
  return {
    count,
    length,
    pieces: async function* () {
      const encoder = new CrlRowEncoder(PAGE);
      for (let after: string | null = ''; after !== null;) {
        const part = await listedRows(snapshot, scope, after, PAGE);
        yield encoder.encode(part.rows);
        after = part.next;
        await nextTurn();
      }
    },
  };
}

/** The signed bytes, piece by piece. @throws CaError `self-check-failed` where the pieces are not what was counted. */
async function* signedPieces(frame: CrlFrame, source: CrlSource): AsyncGenerator<Uint8Array> {
  const { before, after } = encodeCrlFrame(frame, source.length);
  yield before;
  let length = 0;
  for await (const piece of source.pieces()) {
    length += piece.length;
    yield piece;
  }
  if (length !== source.length) {
    throw new CaError('self-check-failed', 'The entries of a revocation list changed while it was written.');
  }
  yield after;
}

async function* readPieces(document: DocumentHandle, from: number, to: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(CHUNK);
  for (let position = from; position < to; position += CHUNK) {
    yield await document.readInto(position, chunk.subarray(0, Math.min(CHUNK, to - position)));
    await nextTurn();
  }
}

/** Checks the signature over what was stored, as whoever fetches the list will. */
async function checkStored(
  documents: DocumentStore,
  stored: { readonly digest: string; readonly from: number; readonly to: number },
  key: SigningKey,
  signature: Uint8Array,
): Promise<void> {
  const document = await documents.open(stored.digest);
  if (document === null)
    throw new CaError('self-check-failed', 'A revocation list just stored is not there.');
  try {
    const { algorithm, publicKey } = key;
    const pieces = readPieces(document, stored.from, stored.to);
    if (await verifySignaturePieces({ algorithm, publicKey, signature }, pieces)) return;
  } finally {
    await document.close();
  }
  throw new CaError(
    'self-check-failed',
    `Key ${key.id} made a signature that does not verify; the list is withheld.`,
  );
}

async function writeSmall(key: SigningKey, frame: CrlFrame, source: CrlSource): Promise<WrittenCrl> {
  const pieces: Uint8Array[] = [];
  for await (const piece of signedPieces(frame, source)) pieces.push(new Uint8Array(piece));
  const tbs = joinBytes(pieces);
  const der = encodeSigned(tbs, frame.signatureAlgorithm, await signChecked(key, tbs));
  return { size: der.length, der, document: null };
}

/** Reads its entries twice, since how long the signature is, and so how the list begins, is known after signing only. */
async function writeLarge(
  documents: DocumentStore,
  key: SigningKey,
  frame: CrlFrame,
  source: CrlSource,
): Promise<WrittenCrl> {
  const signature = await key.signPieces(signedPieces(frame, source));
  const tail = joinBytes([frame.signatureAlgorithm, bitString(signature)]);
  const { before, after } = encodeCrlFrame(frame, source.length);
  const signedLength = before.length + source.length + after.length;
  const start = header(TAG.sequence, signedLength + tail.length);
  const writer = await documents.create();
  try {
    await writer.write(start);
    for await (const piece of signedPieces(frame, source)) await writer.write(piece);
    await writer.write(tail);
    const { digest, size } = await writer.commit();
    const stored = { digest, from: start.length, to: start.length + signedLength };
    await checkStored(documents, stored, key, signature);
    return { size, der: null, document: digest };
  } finally {
    await writer.abort();
  }
}

/**
 * Signs and writes a list. Memory does not grow with it, and the event loop gets its turn between pages.
 * @throws CaError `self-check-failed`, `root-offline`; StorageError, CryptoError.
 */
export function writeCrl(
  documents: DocumentStore,
  key: SigningKey,
  frame: CrlFrame,
  source: CrlSource,
): Promise<WrittenCrl> {
  return source.length <= IN_ROW ? writeSmall(key, frame, source) : writeLarge(documents, key, frame, source);
}
