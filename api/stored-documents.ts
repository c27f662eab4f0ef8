// Documents kept here, for verifying one anew by its digest alone.
import type { Principal } from '../identity/principal.ts';
import { documentLimit } from './body.ts';
import { ApiError } from './errors.ts';
import type { Services } from './services.ts';
import { UploadSink, type Upload } from './upload.ts';

const chunkSize = 256 * 1024;

/** What the department stamped, and licenses that it issued or supervises: those it may read anyhow. */
async function mayRead(services: Services, department: string, digest: string): Promise<boolean> {
  const { reader } = services.database;
  const stamp = await reader
    .selectFrom('stamp')
    .select('id')
    .where('result_digest', '=', digest)
    .where('department', '=', department)
    .limit(1)
    .executeTakeFirst();
  if (stamp !== undefined) return true;
  const license = await reader
    .selectFrom('license')
    .select('id')
    .where('document', '=', digest)
    .where((e) => e.or([e('issuer', '=', department), e('supervisor', '=', department)]))
    .limit(1)
    .executeTakeFirst();
  return license !== undefined;
}

/**
 * A stored document as if it had been uploaded; the caller disposes of it.
 * @throws ApiError `document-unknown` for one that is absent and one that is another department's alike: nobody learns
 *   from a digest that a document exists.
 */
export async function storedDocument(
  services: Services,
  principal: Principal & { readonly department: string },
  digest: string,
): Promise<Upload> {
  const readable = await mayRead(services, principal.department, digest);
  const document = readable ? await services.documents.open(digest) : null;
  if (document === null)
    throw new ApiError('document-unknown', 'The department has no document with this digest.');
  const { digest: by, cipher } = services.suite;
  const place = { folder: services.uploadFolder, digest: by, cipher };
  const sink = new UploadSink(place, documentLimit);
  try {
    for (let position = 0; position < document.size; position += chunkSize)
      await sink.write(await document.read(position, chunkSize));
    return await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  } finally {
    await document.close();
  }
}
