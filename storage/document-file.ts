// A stored document, open: encrypted, or in clear as earlier versions wrote it. Every byte that is read was checked.
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { Suite } from '../crypto/suite.ts';
import {
  documentDamaged,
  HEADER,
  isEnvelope,
  type DocumentCipher,
  type OpenedEnvelope,
} from './document-envelope.ts';
import type { DocumentHandle } from './documents.ts';
import { StorageError } from './errors.ts';
import { fileErrorCode, readFully } from './file-bytes.ts';
import { CHUNK, ChunkReader, sealedChunks, type ChunkLoader } from './sealed-chunks.ts';

/** Bytes handled in one go: between two goes everybody else has a turn. */
const STEP = 4 * CHUNK;

/** @returns what a failure of the file system is to whoever uses the store */
export function storeUnavailable(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const reason = fileErrorCode(error) ?? 'unknown';
  return new StorageError('unavailable', `The document folder cannot be used (${reason}).`, { cause: error });
}

/** A document whose file was found; `check` comes before anything is read of it. */
export class DocumentFile implements DocumentHandle {
  readonly digest: string;
  readonly size: number;
  /** How it is encrypted; null of one in clear. */
  readonly envelope: OpenedEnvelope | null;
  readonly #handle: FileHandle;
  #reader: ChunkReader;

  private constructor(digest: string, handle: FileHandle, envelope: OpenedEnvelope | null, size: number) {
    this.digest = digest;
    this.size = size;
    this.envelope = envelope;
    this.#handle = handle;
    this.#reader = new ChunkReader(size, this.#loader(envelope));
  }

  /** @returns null where there is no such file. @throws StorageError `document-damaged` of its header or length, `unavailable` */
  static async open(path: string, digest: string, cipher: DocumentCipher): Promise<DocumentFile | null> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r');
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return null;
      throw storeUnavailable(error);
    }
    try {
      const { size } = await handle.stat();
      const header = new Uint8Array(Math.min(size, HEADER));
      await readFully(handle, 0, header);
      if (!isEnvelope(header)) return new DocumentFile(digest, handle, null, size);
      const envelope = cipher.open(digest, header);
      if (envelope.fileSize !== size) throw documentDamaged(digest);
      return new DocumentFile(digest, handle, envelope, envelope.size);
    } catch (error) {
      await handle.close();
      throw storeUnavailable(error);
    }
  }

  /**
   * Settles that what is read is what the name says. Of an encrypted document its header did that, for chunks as they are
   * read. One in clear is read whole once, and the digest of each of its chunks remembered (half a thousandth of its size):
   * whoever can write files gains nothing by putting another text in its place, before or while it is read.
   * @throws StorageError `document-damaged`
   */
  async check(): Promise<void> {
    if (this.envelope !== null) return;
    const algorithm = digestNameOf(this.digest);
    const whole = createHash(algorithm);
    const digests: Buffer[] = [];
    const load = this.#loader(null);
    for (let index = 0; index * CHUNK < this.size; index += 1) {
      for (const chunk of await load(index, index)) {
        whole.update(chunk);
        digests.push(createHash(algorithm).update(chunk).digest());
      }
    }
    if (`${algorithm}:${whole.digest('hex')}` !== this.digest) throw documentDamaged(this.digest);
    this.#reader = new ChunkReader(this.size, async (first, last) => {
      const chunks = await load(first, last);
      chunks.forEach((chunk, at) => {
        const found = createHash(algorithm).update(chunk).digest();
        if (digests[first + at]?.equals(found) !== true) throw documentDamaged(this.digest);
      });
      return chunks;
    });
  }

  read(position: number, length: number): Promise<Uint8Array> {
    return this.readInto(position, new Uint8Array(Math.max(0, Math.min(length, this.size - position))));
  }

  async readInto(position: number, into: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#reader.readInto(position, into);
    } catch (error) {
      throw storeUnavailable(error);
    }
  }

  /** Reads all of it, piece by piece. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const piece = new Uint8Array(Math.min(STEP, this.size));
    for (let position = 0; position < this.size; position += STEP) yield await this.readInto(position, piece);
  }

  /** The encrypted chunks as they lie in the file, piece by piece, unopened. */
  async *sealedPieces(): AsyncGenerator<Uint8Array> {
    const end = this.envelope?.fileSize ?? 0;
    const piece = new Uint8Array(Math.min(STEP, end));
    for (let position = HEADER; position < end; position += STEP) {
      const part = piece.subarray(0, Math.min(STEP, end - position));
      if ((await readFully(this.#handle, position, part)) < part.length) throw documentDamaged(this.digest);
      yield part;
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #loader(envelope: OpenedEnvelope | null): ChunkLoader {
    const damaged = (cause?: unknown): StorageError => documentDamaged(this.digest, cause);
    if (envelope !== null)
      return sealedChunks(
        this.#handle,
        { start: HEADER, size: envelope.size, key: envelope.chunks },
        damaged,
      );
    return async (first, last) => {
      const from = first * CHUNK;
      const bytes = new Uint8Array(Math.min((last + 1) * CHUNK, this.size) - from);
      if ((await readFully(this.#handle, from, bytes)) < bytes.length) throw damaged();
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += CHUNK) chunks.push(bytes.subarray(at, at + CHUNK));
      return chunks;
    };
  }
}

/** The digest that a labelled one was made by. */
export function digestNameOf(labelled: string): Suite['digest'] {
  return labelled.startsWith('sm3:') ? 'sm3' : 'sha256';
}
