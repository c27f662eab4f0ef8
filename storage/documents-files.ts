// Documents as files named by their digest: temporary, sync, rename, sync folder.
import { createHash, randomUUID, type Hash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { labelledDigest } from '../crypto/algorithms.ts';
import type { Suite } from '../crypto/suite.ts';
import type { DocumentHandle, DocumentStore, DocumentWriter, StoredDocument } from './documents.ts';
import { StorageError } from './errors.ts';

const CHUNK = 256 * 1024;
const STALE_MS = 24 * 60 * 60 * 1000;

/** The file adapter's store: what backup and health checks need besides. */
export interface DocumentFiles extends DocumentStore {
  /**
   * Reads a document back and compares its digest; memory does not grow with its size.
   * @returns `absent`, `intact` or `damaged`.
   */
  verify(digest: string): Promise<'absent' | 'intact' | 'damaged'>;
  /** Every stored document, in order of digest. */
  list(): AsyncIterable<string>;
}

/** Temporary folders of this process: several stores may be open on one folder. */
const ownTemporaries = new Set<string>();

function code(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function unavailable(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const reason = code(error) ?? 'unknown';
  return new StorageError('unavailable', `The document folder cannot be used (${reason}).`, { cause: error });
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return code(error) === 'EPERM';
  }
}

/**
 * Removes what crashed writers left: temporary folders of dead processes of this host, and of any host after a day.
 * Ages are by the file system's own clock, taken from the folder just made.
 */
async function sweep(temporaries: string, own: string): Promise<void> {
  const now = (await stat(join(temporaries, own))).mtimeMs;
  for (const name of await readdir(temporaries)) {
    if (ownTemporaries.has(join(temporaries, name))) continue;
    const [, host, pid] = /^(.+)_(\d+)_[0-9a-f-]+$/.exec(name) ?? [];
    const path = join(temporaries, name);
    const age = await stat(path).then(
      (stats) => now - stats.mtimeMs,
      () => 0,
    );
    const local = host === hostname() && pid !== undefined;
    // A live process with our own number is this one, and this one's folders are known above: the owner is gone.
    const dead = local && (Number(pid) === process.pid || !isAlive(Number(pid)));
    if (dead || age > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}

async function readFully(handle: FileHandle, position: number, bytes: Uint8Array): Promise<Uint8Array> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0)
      throw new StorageError('document-damaged', 'A stored document is shorter than it was.');
    filled += bytesRead;
  }
  return bytes;
}

class FileDocument implements DocumentHandle {
  readonly size: number;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  read(position: number, length: number): Promise<Uint8Array> {
    return this.readInto(position, new Uint8Array(Math.max(0, Math.min(length, this.size - position))));
  }

  async readInto(position: number, into: Uint8Array): Promise<Uint8Array> {
    try {
      return await readFully(this.#handle, position, into.subarray(0, Math.max(0, this.size - position)));
    } catch (error) {
      throw unavailable(error);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

class FileWriter implements DocumentWriter {
  readonly #store: DocumentFolder;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #hash: Hash;
  #size = 0;
  #state: 'writing' | 'failed' | 'done' = 'writing';

  constructor(store: DocumentFolder, path: string, handle: FileHandle) {
    this.#store = store;
    this.#hash = createHash(store.digest);
    this.#path = path;
    this.#handle = handle;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#mustBe('writing');
    try {
      // Place and digest are settled at once: the next chunk may come while this one is being written.
      this.#hash.update(chunk);
      const start = this.#size;
      this.#size += chunk.length;
      let written = 0;
      while (written < chunk.length) {
        const { bytesWritten } = await this.#handle.write(
          chunk,
          written,
          chunk.length - written,
          start + written,
        );
        written += bytesWritten;
      }
    } catch (error) {
      this.#state = 'failed';
      throw unavailable(error);
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
      await this.#handle.sync();
      await this.#handle.close();
      const hex = this.#hash.digest('hex');
      await this.#store.place(this.#path, hex);
      this.#state = 'done';
      return { digest: `${this.#store.digest}:${hex}`, size: this.#size };
    } catch (error) {
      throw unavailable(error);
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

class DocumentFolder implements DocumentFiles {
  readonly digest: Suite['digest'];
  readonly #root: string;
  readonly #temporary: string;
  /** Folders whose own names are known to be durable. */
  readonly #folders = new Map<string, Promise<void>>();

  constructor(root: string, temporary: string, digest: Suite['digest']) {
    this.digest = digest;
    this.#root = root;
    this.#temporary = temporary;
  }

  async create(): Promise<DocumentWriter> {
    const path = join(this.#temporary, randomUUID());
    try {
      return new FileWriter(this, path, await open(path, 'wx', 0o600));
    } catch (error) {
      throw unavailable(error);
    }
  }

  async open(digest: string): Promise<DocumentHandle | null> {
    try {
      const handle = await open(this.#pathOf(digest), 'r');
      return new FileDocument(handle, (await handle.stat()).size);
    } catch (error) {
      if (code(error) === 'ENOENT') return null;
      throw unavailable(error);
    }
  }

  async readAll(digest: string, limit: number): Promise<Uint8Array | null> {
    const document = await this.open(digest);
    if (document === null) return null;
    try {
      if (document.size > limit) {
        throw new StorageError(
          'document-too-large',
          `The document has ${document.size} bytes; the limit is ${limit}.`,
        );
      }
      const bytes = await document.read(0, document.size);
      if (labelledDigest(this.digest, bytes) !== digest) {
        throw new StorageError('document-damaged', 'A stored document differs from what was written.');
      }
      return bytes;
    } finally {
      await document.close();
    }
  }

  async remove(digest: string, isWanted: () => Promise<boolean>): Promise<boolean> {
    const path = this.#pathOf(digest);
    const aside = join(this.#temporary, randomUUID());
    try {
      await rename(path, aside);
    } catch (error) {
      if (code(error) === 'ENOENT') return true;
      throw unavailable(error);
    }
    let wanted = true;
    try {
      wanted = await isWanted();
    } finally {
      // The same bytes may have been stored again meanwhile: then these replace them.
      if (wanted) await rename(aside, path);
      else await rm(aside, { force: true });
      await syncFolder(dirname(path));
    }
    return !wanted;
  }

  async verify(digest: string): Promise<'absent' | 'intact' | 'damaged'> {
    const document = await this.open(digest);
    if (document === null) return 'absent';
    try {
      const hash = createHash(this.digest);
      const chunk = new Uint8Array(Math.min(CHUNK, document.size));
      for (let position = 0; position < document.size; position += CHUNK) {
        hash.update(await document.readInto(position, chunk));
      }
      return `${this.digest}:${hash.digest('hex')}` === digest ? 'intact' : 'damaged';
    } catch (error) {
      // A sector that cannot be read is damage too, and must not stop the check of the others.
      if (error instanceof StorageError) return 'damaged';
      throw error;
    } finally {
      await document.close();
    }
  }

  async *list(): AsyncGenerator<string> {
    const top = join(this.#root, this.digest);
    for (const first of (await readdir(top)).sort()) {
      for (const hex of (await readdir(join(top, first))).sort()) yield `${this.digest}:${hex}`;
    }
  }

  /** Renames a synced temporary file to its name. The same bytes again replace themselves, which also heals damage. */
  async place(temporary: string, hex: string): Promise<void> {
    // 256 folders: with a second level nearly every document would make a folder, and sync that one's folder too.
    const folder = join(this.#root, this.digest, hex.slice(0, 2));
    await this.#durableFolder(folder, join(this.#root, this.digest));
    await rename(temporary, join(folder, hex));
    await syncFolder(folder);
  }

  async #durableFolder(path: string, parent: string): Promise<void> {
    let made = this.#folders.get(path);
    if (made === undefined) {
      made = mkdir(path, { recursive: true, mode: 0o700 }).then(() => syncFolder(parent));
      this.#folders.set(path, made);
      made.catch(() => this.#folders.delete(path));
    }
    await made;
  }

  #pathOf(digest: string): string {
    const [, algorithm, hex] = /^([a-z0-9]+):([0-9a-f]{64})$/.exec(digest) ?? [];
    if (hex === undefined || algorithm !== this.digest) {
      throw new StorageError(
        'document-name-invalid',
        `A document of this store is named ${this.digest}: and 64 lower-case hex digits.`,
      );
    }
    return join(this.#root, this.digest, hex.slice(0, 2), hex);
  }
}

/**
 * Opens (or makes, mode 0700) a folder of documents, and sweeps what crashed writers left in it.
 * @param digest - the suite's, by which they are named and in whose folder they lie
 * @throws StorageError `unavailable`.
 */
export async function openDocumentFiles(
  folder: string,
  digest: Suite['digest'] = 'sha256',
): Promise<DocumentFiles> {
  const temporaries = join(folder, 'tmp');
  const own = `${hostname()}_${process.pid}_${randomUUID()}`;
  try {
    await mkdir(join(folder, digest), { recursive: true, mode: 0o700 });
    await syncFolder(folder);
    ownTemporaries.add(join(temporaries, own));
    await mkdir(join(temporaries, own), { recursive: true, mode: 0o700 });
    await sweep(temporaries, own);
  } catch (error) {
    throw unavailable(error);
  }
  return new DocumentFolder(folder, join(temporaries, own), digest);
}
