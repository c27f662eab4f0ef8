// A document while it is written: hashed, encrypted and written in one pass, into a temporary file that gets its name at the end.
import { createHash, type Hash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import type { Suite } from '../crypto/suite.ts';
import { HEADER, type DocumentCipher, type NewEnvelope } from './document-envelope.ts';
import { storeUnavailable } from './document-file.ts';
import type { DocumentWriter, StoredDocument } from './documents.ts';
import { StorageError } from './errors.ts';
import { writeFully } from './file-bytes.ts';
import { ChunkWriter } from './sealed-chunks.ts';

/** A document that is complete in its temporary file, synced and closed. */
export interface WrittenFile {
  readonly path: string;
  readonly digest: string;
  /** Id of the master key that wrapped its key. */
  readonly masterKey: string;
}

/** Gives a complete temporary file its name, durably. @throws StorageError */
export type Placing = (file: WrittenFile) => Promise<void>;

export class FileWriter implements DocumentWriter {
  readonly #digest: Suite['digest'];
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #envelope: NewEnvelope;
  readonly #chunks: ChunkWriter;
  readonly #place: Placing;
  readonly #hash: Hash;
  #size = 0;
  #state: 'writing' | 'failed' | 'done' = 'writing';

  private constructor(
    parts: { readonly digest: Suite['digest']; readonly cipher: DocumentCipher; readonly place: Placing },
    path: string,
    handle: FileHandle,
  ) {
    this.#digest = parts.digest;
    this.#hash = createHash(parts.digest);
    this.#path = path;
    this.#handle = handle;
    this.#envelope = parts.cipher.begin();
    this.#chunks = new ChunkWriter(handle, HEADER, this.#envelope.chunks, parts.cipher.keys.random);
    this.#place = parts.place;
  }

  /** @param path - of the temporary file, which is made */
  static async open(
    parts: { readonly digest: Suite['digest']; readonly cipher: DocumentCipher; readonly place: Placing },
    path: string,
  ): Promise<FileWriter> {
    try {
      return new FileWriter(parts, path, await open(path, 'wx', 0o600));
    } catch (error) {
      throw storeUnavailable(error);
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#mustBe('writing');
    try {
      // Place and digest are settled at once: the next chunk may come while this one is being written.
      this.#hash.update(chunk);
      this.#size += chunk.length;
      await this.#chunks.write(chunk);
    } catch (error) {
      this.#state = 'failed';
      throw storeUnavailable(error);
    }
  }

  forkHash(): Hash {
    this.#mustBe('writing');
    return this.#hash.copy();
  }

  async commit(): Promise<StoredDocument> {
    this.#mustBe('writing');
    try {
      this.#state = 'failed';
      await this.#chunks.end();
      const digest = `${this.#digest}:${this.#hash.digest('hex')}`;
      // The name is known now, and the newest master key asked for as late as can be.
      const { bytes, masterKey } = this.#envelope.header(digest, this.#size);
      await writeFully(this.#handle, 0, bytes);
      await this.#handle.sync();
      await this.#handle.close();
      await this.#place({ path: this.#path, digest, masterKey });
      this.#state = 'done';
      return { digest, size: this.#size };
    } catch (error) {
      throw storeUnavailable(error);
    }
  }

  async abort(): Promise<void> {
    if (this.#state === 'done') return;
    this.#state = 'done';
    await this.#handle.close().catch(() => undefined);
    await rm(this.#path, { force: true });
  }

  #mustBe(state: 'writing'): void {
    if (this.#state !== state) throw new StorageError('write-closed', 'This document takes no more bytes.');
  }
}
