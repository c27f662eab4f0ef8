// Certificates and revocation data that a PDF carries in its document security store (ISO 32000-2 12.8.4.3).
import { FormatError } from '../formats/errors.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';

export interface EmbeddedEvidence {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocsps: readonly Uint8Array[];
}

const maxStreams = 200;

async function streams(document: PdfDocument, key: string): Promise<readonly Uint8Array[]> {
  const store = await document.getDictionary(await document.catalogue(), 'DSS');
  const list = store === null ? null : await document.get(store, key);
  const found: Uint8Array[] = [];
  for (const item of list?.kind === 'array' ? list.items.slice(0, maxStreams) : []) {
    const stream = await document.resolve(item);
    if (stream.kind === 'stream') found.push(await document.streamData(stream));
  }
  return found;
}

/** What the newest revision's store holds; nothing vouches for it. Empty where the store is damaged. */
export async function embeddedEvidence(document: PdfDocument): Promise<EmbeddedEvidence> {
  try {
    return {
      certificates: await streams(document, 'Certs'),
      crls: await streams(document, 'CRLs'),
      ocsps: await streams(document, 'OCSPs'),
    };
  } catch (error) {
    if (error instanceof FormatError) return { certificates: [], crls: [], ocsps: [] };
    throw error;
  }
}
