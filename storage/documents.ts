// Port: content-addressed documents. A document is named by the digest of its bytes, algorithm included.
import type { Hash } from 'node:crypto';
import type { Suite } from '../crypto/suite.ts';

/** A stored document: `<digest>:<hex>` (`sha256`, or `sm3` in the suite gm) and its size in bytes. */
export interface StoredDocument {
  readonly digest: string;
  readonly size: number;
}

/** Random access to a stored document (satisfies `ByteSource` of formats/pdf). */
export interface DocumentHandle {
  readonly size: number;
  /** Reads exactly min(length, size − position) bytes. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** As `read` of as many bytes as `into` has, into it. @returns the part of it that was filled. */
  readInto(position: number, into: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A document being written; invisible until `commit`. */
export interface DocumentWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** A fork of the running digest over everything written so far, so a signature's hash costs no second pass. */
  forkHash(): Hash;
  /** Durable when it resolves (file synced, renamed, folder synced). Storing the same bytes twice is one document. */
  commit(): Promise<StoredDocument>;
  /** Leaves nothing behind. Safe after a failed write, and a no-op after `commit`. */
  abort(): Promise<void>;
}

export interface DocumentStore {
  /** What every document of the store is named by: the suite's digest. */
  readonly digest: Suite['digest'];
  create(): Promise<DocumentWriter>;
  /** @returns null where no such document is stored. */
  open(digest: string): Promise<DocumentHandle | null>;
  /**
   * Takes a document away, unless somebody wants it after all: `isWanted` is asked when nobody can open it any more, and then
   * it is put back. Whoever is about to store the same bytes says so first, where `isWanted` looks, and stores afterwards:
   * then none of them are lost.
   * @returns whether it is gone; also true of one that was not there
   */
  remove(digest: string, isWanted: () => Promise<boolean>): Promise<boolean>;
  /** Whole bytes, for documents known to be small; @throws StorageError `document-too-large` over `limit` bytes. */
  readAll(digest: string, limit: number): Promise<Uint8Array | null>;
}
