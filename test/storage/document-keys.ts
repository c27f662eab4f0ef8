// Keys of document stores in tests: one fixed master key, or those of a demonstration's folder.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import { readPassphraseFile } from '../../crypto/passphrase.ts';
import type { DocumentKeys } from '../../storage/document-envelope.ts';
import { openDocumentFiles, type DocumentFiles } from '../../storage/documents-files.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** The same in every process, so that what one wrote another reads. @param number - another one, another key */
export function documentKeys(cipher: DocumentKeys['cipher'] = 'aes-256-gcm', number = 1): DocumentKeys {
  const digest = cipher === 'sm4-ctr-hmac-sm3' ? 'sm3' : 'sha256';
  return { masterKeys: [new MasterKey(new Uint8Array(32).fill(number), digest)], random, cipher };
}

/** The documents of a demonstration's data folder, as another process on it sees them. */
export async function demonstrationDocuments(dataFolder: string): Promise<DocumentFiles> {
  const passphrase = await readPassphraseFile(join(dataFolder, 'demonstration-passphrase'));
  const keys = await openKeyFiles({ folder: join(dataFolder, 'keys'), passphrase, random });
  return openDocumentFiles(join(dataFolder, 'documents'), { masterKeys: await keys.masterKeys(), random });
}
