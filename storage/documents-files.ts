// Documents as encrypted files named by their digest: temporary, sync, rename, sync folder.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { labelledDigest } from '../crypto/algorithms.ts';
import type { Suite } from '../crypto/suite.ts';
import { copySealed } from './document-copy.ts';
import {
  documentDamaged,
  DocumentCipher,
  HEADER,
  isEnvelope,
  masterKeyOf,
  type DocumentKeys,
} from './document-envelope.ts';
import { DocumentFile, digestNameOf, storeUnavailable } from './document-file.ts';
import { openTemporaries, removeTemporaries } from './document-temporaries.ts';
import { FileWriter, type WrittenFile } from './document-writer.ts';
import type { DocumentHandle, DocumentStore, DocumentWriter } from './documents.ts';
import { StorageError } from './errors.ts';
import { fileErrorCode, readFully, syncFolder } from './file-bytes.ts';

/** The file adapter's store: what backup, health checks and rotations of the master key need besides. */
export interface DocumentFiles extends DocumentStore {
  /**
   * Reads a document back and compares its digest; memory does not grow with its size.
   * @returns `absent`, `intact` or `damaged`.
   */
  verify(digest: string): Promise<'absent' | 'intact' | 'damaged'>;
  /** Every stored document, in order of digest; @param after - those behind it only */
  list(after?: string): AsyncIterable<string>;
  /**
   * Which master key a document is under, as its file says: nothing is opened.
   * @returns its id; `clear` of one in clear, `damaged` of one that is neither; null where it is absent
   */
  masterKeyOf(digest: string): Promise<string | null>;
  /**
   * Wraps a document's key by the newest master key, or encrypts a document that lies in clear. Readers and other nodes
   * notice nothing; a document that is removed meanwhile stays removed.
   * @returns false where it is absent
   * @throws StorageError `document-damaged`, of its header, or of a document in clear
   */
  reseal(digest: string): Promise<boolean>;
  /**
   * Copies a document to its place below another folder of documents, encrypted under the same keys, and reads the copy back.
   * @returns false where the document is absent
   * @throws StorageError `document-damaged` where its digest is not its name
   */
  copyTo(digest: string, folder: string): Promise<boolean>;
}

/** Where a document lies below a folder of documents. @throws StorageError `document-name-invalid` */
export function documentPath(folder: string, algorithm: Suite['digest'], digest: string): string {
  const [, found, hex] = /^([a-z0-9]+):([0-9a-f]{64})$/.exec(digest) ?? [];
  if (hex === undefined || found !== algorithm) {
    throw new StorageError(
      'document-name-invalid',
      `A document of this store is named ${algorithm}: and 64 lower-case hex digits.`,
    );
  }
  // 256 folders: with a second level nearly every document would make a folder, and sync that one's folder too.
  return join(folder, algorithm, hex.slice(0, 2), hex);
}

class DocumentFolder implements DocumentFiles {
  readonly digest: Suite['digest'];
  readonly #cipher: DocumentCipher;
  readonly #root: string;
  readonly #temporary: string;
  /** Folders whose own names are known to be durable. */
  readonly #folders = new Map<string, Promise<void>>();

  constructor(root: string, temporary: string, cipher: DocumentCipher, digest: Suite['digest']) {
    this.digest = digest;
    this.#cipher = cipher;
    this.#root = root;
    this.#temporary = temporary;
  }

  create(): Promise<DocumentWriter> {
    const { digest } = this;
    const place = (file: WrittenFile): Promise<void> => this.#place(file);
    return FileWriter.open({ digest, cipher: this.#cipher, place }, join(this.#temporary, randomUUID()));
  }

  async open(digest: string): Promise<DocumentHandle | null> {
    const document = await this.#file(digest);
    try {
      await document?.check();
    } catch (error) {
      await document?.close();
      throw storeUnavailable(error);
    }
    return document;
  }

  async readAll(digest: string, limit: number): Promise<Uint8Array | null> {
    const document = await this.#file(digest);
    if (document === null) return null;
    try {
      if (document.size > limit) {
        throw new StorageError(
          'document-too-large',
          `The document has ${document.size} bytes; the limit is ${limit}.`,
        );
      }
      const bytes = await document.read(0, document.size);
      if (labelledDigest(this.digest, bytes) !== digest) throw documentDamaged(digest);
      return bytes;
    } finally {
      await document.close();
    }
  }

  async remove(digest: string, isWanted: () => Promise<boolean>): Promise<boolean> {
    const path = this.#pathOf(digest);
    const aside = join(this.#temporary, randomUUID());
    try {
      if (!(await this.#putAside(path, aside))) return true;
    } catch (error) {
      throw storeUnavailable(error);
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
    try {
      const document = await this.#file(digest);
      return document === null ? 'absent' : await verified(document);
    } catch (error) {
      // What is wrong with one document must not stop the check of the others; a wrong name is the caller's.
      if (error instanceof StorageError && error.code !== 'document-name-invalid') return 'damaged';
      throw error;
    }
  }

  async *list(after = ''): AsyncGenerator<string> {
    const top = join(this.#root, this.digest);
    const behind = after.slice(after.indexOf(':') + 1);
    for (const first of (await readdir(top)).sort()) {
      if (first < behind.slice(0, 2)) continue;
      for (const hex of (await readdir(join(top, first))).sort())
        if (hex > behind) yield `${this.digest}:${hex}`;
    }
  }

  async masterKeyOf(digest: string): Promise<string | null> {
    try {
      const handle = await open(this.#pathOf(digest), 'r');
      try {
        const header = new Uint8Array(HEADER);
        const length = await readFully(handle, 0, header);
        if (!isEnvelope(header)) return 'clear';
        return masterKeyOf(header.subarray(0, length)) ?? 'damaged';
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (fileErrorCode(error) === 'ENOENT') return null;
      throw storeUnavailable(error);
    }
  }

  /*
   * A whole new file that takes the name of the old one: whoever has that open reads on in it, no crash leaves half a header,
   * and two nodes at the same document replace each other's file by an equal one. (A header written over in place would need
   * a second one beside it for the crash, and neither could then be held to be what was written.)
   */
  async reseal(digest: string): Promise<boolean> {
    const path = this.#pathOf(digest);
    // Named after the document, and there before the document is looked at: see `#putAside`.
    const temporary = join(this.#temporary, `${basename(path)}.${randomUUID()}`);
    try {
      const target = await open(temporary, 'wx', 0o600);
      try {
        if (!(await this.#copyNewest(digest, target))) return (await this.masterKeyOf(digest)) !== null;
      } finally {
        await target.close();
      }
      await rename(temporary, path);
      await syncFolder(dirname(path));
      return true;
    } catch (error) {
      // The temporary file was taken away: so was the document.
      if (fileErrorCode(error) === 'ENOENT') return false;
      throw storeUnavailable(error);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async copyTo(digest: string, folder: string): Promise<boolean> {
    const path = documentPath(folder, this.digest, digest);
    const document = await this.#file(digest);
    if (document === null) return false;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const target = await open(path, 'wx', 0o600);
      try {
        await copySealed(document, target, this.#cipher, 'same');
      } finally {
        await target.close();
      }
      const copy = await DocumentFile.open(path, digest, this.#cipher);
      if (copy === null || (await verified(copy)) !== 'intact') throw documentDamaged(digest);
      return true;
    } catch (error) {
      throw storeUnavailable(error);
    } finally {
      await document.close();
    }
  }

  /** @returns whether there was anything to do */
  async #copyNewest(digest: string, target: FileHandle): Promise<boolean> {
    const document = await this.#file(digest);
    if (document === null) return false;
    try {
      if (document.envelope?.masterKey === this.#cipher.current) return false;
      await copySealed(document, target, this.#cipher, 'newest');
      return true;
    } finally {
      await document.close();
    }
  }

  /**
   * Takes a document's name away. A rotation that has the document open would give it back: its file goes as well, and what
   * it was too quick for is taken away again, until neither is there.
   * @returns false where it is absent
   */
  async #putAside(path: string, aside: string): Promise<boolean> {
    const taken = (): Promise<boolean> =>
      rename(path, aside).then(
        () => true,
        (error: unknown) => {
          if (fileErrorCode(error) === 'ENOENT') return false;
          throw error;
        },
      );
    if (!(await taken())) return false;
    do await removeTemporaries(dirname(this.#temporary), `${basename(path)}.`);
    while (await taken());
    return true;
  }

  /** Renames a synced temporary file to its name. The same bytes again replace themselves, which also heals damage. */
  async #place({ path, digest, masterKey }: WrittenFile): Promise<void> {
    const target = this.#pathOf(digest);
    await this.#durableFolder(dirname(target), join(this.#root, this.digest));
    await rename(path, target);
    await syncFolder(dirname(target));
    // A rotation that began meanwhile may have looked here before the document was there.
    if (this.#cipher.current !== masterKey) await this.reseal(digest);
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

  #file(digest: string): Promise<DocumentFile | null> {
    return DocumentFile.open(this.#pathOf(digest), digest, this.#cipher);
  }

  #pathOf(digest: string): string {
    return documentPath(this.#root, this.digest, digest);
  }
}

/** Reads a document through, and closes it. */
async function verified(document: DocumentFile): Promise<'intact' | 'damaged'> {
  try {
    const algorithm = digestNameOf(document.digest);
    const hash = createHash(algorithm);
    for await (const piece of document.pieces()) hash.update(piece);
    return `${algorithm}:${hash.digest('hex')}` === document.digest ? 'intact' : 'damaged';
  } finally {
    await document.close();
  }
}

/**
 * Opens (or makes, mode 0700) a folder of documents, and sweeps what crashed writers left in it.
 * @param keys - what documents are encrypted with
 * @param digest - the suite's, by which they are named and in whose folder they lie
 * @throws StorageError `unavailable`.
 */
export async function openDocumentFiles(
  folder: string,
  keys: DocumentKeys,
  digest: Suite['digest'] = 'sha256',
): Promise<DocumentFiles> {
  try {
    await mkdir(join(folder, digest), { recursive: true, mode: 0o700 });
    await syncFolder(folder);
    const temporary = await openTemporaries(join(folder, 'tmp'));
    return new DocumentFolder(folder, temporary, new DocumentCipher(keys), digest);
  } catch (error) {
    throw storeUnavailable(error);
  }
}
