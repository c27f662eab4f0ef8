// Documents that versions before 0.4 left in clear: encrypted once, in the background, and then never looked for again.
import type { Clock } from '../crypto/clock.ts';
import type { Actor } from './actor.ts';
import type { AuditLog } from './audit-log.ts';
import type { Database, Writer } from './database.ts';
import { resealDocuments } from './document-reseal.ts';
import type { DocumentFiles } from './documents-files.ts';
import { installFact } from './install-facts.ts';

/** Decided once every document of the store is encrypted, or at the beginning of an installation. */
const FACT = 'documents';
const ENCRYPTED = 'encrypted';

export interface EncryptionParts {
  readonly database: Database;
  readonly documents: DocumentFiles;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

const system: Actor = { id: 'system', kind: 'system', department: null, scopes: [] };

/** @returns whether this write was the one to say it */
export async function recordDocumentsEncrypted(tx: Writer): Promise<boolean> {
  const inserted = await tx
    .insertInto('install_fact')
    .values({ name: FACT, value: ENCRYPTED })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

/**
 * Encrypts what lies in clear, unless that was done. After a crash it begins anew: what is encrypted is passed over.
 * @param stopped - asked after each part of the store
 * @returns whether nothing is left to be done, now and from now on
 */
export async function encryptClearDocuments(
  parts: EncryptionParts,
  stopped: () => boolean,
): Promise<boolean> {
  if ((await installFact(parts.database.reader, FACT)) !== null) return true;
  let after: string | null = null;
  let [encrypted, unopened] = [0, 0];
  do {
    const done = await resealDocuments(parts.documents, (key) => key === 'clear', after);
    encrypted += done.resealed;
    unopened += done.unopened;
    after = done.after;
    if (stopped()) return false;
  } while (after !== null);
  const at = parts.clock();
  await parts.database.write(async (tx) => {
    if (!(await recordDocumentsEncrypted(tx))) return;
    await parts.audit.append(tx, {
      at,
      actor: system,
      action: 'documents.encrypted',
      subject: 'installation',
      details: { encrypted: String(encrypted), unopened: String(unopened) },
    });
  });
  return true;
}
