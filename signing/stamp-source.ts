// Where the document to be stamped comes from: the document store, or memory for a page just rendered.
import { labelledDigest } from '../crypto/algorithms.ts';
import { suiteNamed } from '../crypto/suite.ts';
import { bytesSource, type ByteSource } from '../formats/pdf/source.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { SigningError } from './errors.ts';

/** A stored document by its digest, or bytes that exist in memory only (a license page: tens of kilobytes). */
export type StampSource = { readonly stored: string } | { readonly bytes: Uint8Array };

/** A source open for reading, with the digest that its bytes must have. */
export interface OpenSource extends ByteSource {
  readonly digest: string;
  close(): Promise<void>;
}

/** Labelled digest of the document as it came. */
export function digestOfSource(source: StampSource): string {
  return 'stored' in source
    ? source.stored
    : labelledDigest(suiteNamed('international').digest, source.bytes);
}

/** @throws SigningError `document-not-found` */
export async function openSource(documents: DocumentStore, source: StampSource): Promise<OpenSource> {
  const digest = digestOfSource(source);
  if ('bytes' in source) return { ...memory(source.bytes), digest, close: () => Promise.resolve() };
  const handle = await documents.open(source.stored);
  if (handle === null) throw new SigningError('document-not-found', 'There is no such document.');
  return {
    digest,
    size: handle.size,
    read: (position, length) => handle.read(position, length),
    close: () => handle.close(),
  };
}

function memory(bytes: Uint8Array): ByteSource {
  const source = bytesSource(bytes);
  return { size: source.size, read: (position, length) => source.read(position, length) };
}
