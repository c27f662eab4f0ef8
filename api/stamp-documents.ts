// Documents to be stamped: sent along, or put here before by the department.
import type { Principal } from '../identity/principal.ts';
import { enterUpload, usableDocuments } from '../signing/document-uploads.ts';
import { departmentOf } from '../signing/seal-use.ts';
import type { StampSource } from '../signing/stamp-source.ts';
import type { StoredDocument } from '../storage/documents.ts';
import { SigningError } from '../signing/errors.ts';
import type { Services } from './services.ts';
import type { Upload } from './upload.ts';
import { sourceOf } from './upload-source.ts';

const chunkSize = 1024 * 1024;

/**
 * The document of a stamp request as signing's source.
 * @throws SigningError `document-not-found` for a stored one that is absent or another department's
 */
export async function stampSource(
  services: Services,
  principal: Principal,
  document: Upload | { readonly stored: string },
): Promise<StampSource> {
  if (!('stored' in document)) return sourceOf(document);
  const usable = await usableDocuments(services.database.reader, departmentOf(principal), [document.stored]);
  if (!usable.has(document.stored)) {
    throw new SigningError('document-not-found', 'There is no such document.');
  }
  return document;
}

/** Keeps an upload, so that it may be stamped by its digest. */
export async function storeUpload(
  services: Services,
  principal: Principal,
  upload: Upload,
): Promise<StoredDocument> {
  const department = departmentOf(principal);
  // Before the bytes: whoever clears away unused ones asks here, and must not take these.
  await services.database.write((tx) => enterUpload(tx, department, principal.id, upload, services.clock()));
  const writer = await services.documents.create();
  let stored: StoredDocument;
  try {
    for (let position = 0; position < upload.size; position += chunkSize) {
      await writer.write(await upload.source.read(position, chunkSize));
    }
    stored = await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await services.database.write((tx) =>
    services.audit.append(tx, {
      at: services.clock(),
      actor: principal,
      action: 'document.uploaded',
      subject: stored.digest,
      details: { size: String(stored.size) },
    }),
  );
  return stored;
}
