// Uploads that nobody had stamped in their time are forgotten: the row first, then the bytes, never what the books still need.
import type { Clock } from '../crypto/clock.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { isReferredTo } from '../storage/document-references.ts';
import { deleteUpload, hasUpload, oldUploads, type Upload } from './document-uploads.ts';

export interface RetentionParts {
  readonly database: Database;
  readonly documents: DocumentStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** Uploads looked at in one write. */
const atOnce = 100;

/** What a run did. */
export interface RetentionRun {
  /** Uploads that are no more, of whatever department. */
  readonly forgotten: number;
  /** Documents whose bytes are gone with them. */
  readonly removed: number;
}

/**
 * Forgets uploads that are older than `days` and that no stamp, batch, license or list refers to. One that is used keeps its
 * row and its bytes, and is looked at again with the next run.
 */
export async function forgetUnusedUploads(parts: RetentionParts, days: number): Promise<RetentionRun> {
  const before = new Date(parts.clock().getTime() - days * 86_400_000);
  const run = { forgotten: 0, removed: 0 };
  let after: Upload | null = null;
  for (;;) {
    const old: readonly Upload[] = await oldUploads(parts.database.reader, before, after, atOnce);
    after = old.at(-1) ?? null;
    if (after === null) return run;
    for (const upload of old) {
      if (!(await forget(parts, upload, before))) continue;
      run.forgotten += 1;
      // Whoever uploads or uses it again from now on has entered that before the bytes are looked for.
      const gone = await parts.documents.remove(upload.digest, () => isNeeded(parts, upload.digest));
      if (gone) run.removed += 1;
    }
  }
}

/** The row and its audit row in one write, if it is still old and nothing refers to it. */
function forget({ database, audit, clock }: RetentionParts, upload: Upload, before: Date): Promise<boolean> {
  const { department, digest } = upload;
  return database.write(async (tx) => {
    if (await isReferredTo(tx, digest)) return false;
    if (!(await deleteUpload(tx, { department, digest }, before))) return false;
    await audit.append(tx, {
      at: clock(),
      actor: { id: 'system', department },
      action: 'document.forgotten',
      subject: digest,
      details: { uploaded: upload.uploadedAt.toISOString() },
    });
    return true;
  });
}

async function isNeeded({ database }: RetentionParts, digest: string): Promise<boolean> {
  const { reader } = database;
  return (await hasUpload(reader, digest)) || (await isReferredTo(reader, digest));
}
