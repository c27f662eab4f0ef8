// Where the document to be stamped comes from: the document store, an upload on disk, or memory.
import { labelledDigest, type DigestName } from '../crypto/algorithms.ts';
import { bytesSource, type ByteSource } from '../formats/pdf/source.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { SigningError } from './errors.ts';

/**
 * A stored document by its digest; an open file with the digest of what it held when it was received (the caller closes it,
 * and copying compares); or bytes in memory (a license page: tens of kilobytes). What is refused is not stored.
 */
export type StampSource =
  | { readonly stored: string }
  | { readonly file: ByteSource; readonly digest: string }
  | { readonly bytes: Uint8Array };

/** A source open for reading, with the digest that its bytes must have. */
export interface OpenSource extends ByteSource {
  readonly digest: string;
  close(): Promise<void>;
}

/** Labelled digest of the document as it came. @param algorithm - the one that names documents in the store */
export function digestOfSource(source: StampSource, algorithm: DigestName): string {
  if ('stored' in source) return source.stored;
  if ('file' in source) return source.digest;
  return labelledDigest(algorithm, source.bytes);
}

/** @throws SigningError `document-not-found` */
export async function openSource(documents: DocumentStore, source: StampSource): Promise<OpenSource> {
  const digest = digestOfSource(source, documents.digest);
  if (!('stored' in source)) {
    const inner = 'file' in source ? source.file : bytesSource(source.bytes);
    return { ...reading(inner), digest, close: () => Promise.resolve() };
  }
  const handle = await documents.open(source.stored);
  if (handle === null) throw new SigningError('document-not-found', 'There is no such document.');
  return {
    digest,
    size: handle.size,
    read: (position, length) => handle.read(position, length),
    close: () => handle.close(),
  };
}

function reading(source: ByteSource): ByteSource {
  return { size: source.size, read: (position, length) => source.read(position, length) };
}
