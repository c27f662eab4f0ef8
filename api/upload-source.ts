// An upload as signing's source: small ones from memory, large ones through the document store.
import type { StampSource } from '../signing/stamp-source.ts';
import type { Services } from './services.ts';
import type { Upload } from './upload.ts';

const chunkSize = 1024 * 1024;

/** Large documents are stored before they are signed; the original then stays, as the record of what was asked for. */
export async function sourceOf(services: Pick<Services, 'documents'>, upload: Upload): Promise<StampSource> {
  if (upload.bytes !== null) return { bytes: upload.bytes };
  const writer = await services.documents.create();
  try {
    for (let position = 0; position < upload.size; position += chunkSize) {
      await writer.write(await upload.source.read(position, chunkSize));
    }
    return { stored: (await writer.commit()).digest };
  } finally {
    await writer.abort();
  }
}
