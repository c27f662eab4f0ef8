// A rotation to be killed: works on the one that was ordered, and ends when it is over.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { createRecordCipher } from '../../crypto/record-cipher.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import { workOnRotation } from '../../storage/master-key-rotation.ts';
import { openDocumentFiles } from '../../storage/documents-files.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';

const [location = '', folder = ''] = process.argv.slice(2);
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const keys = await openKeyFiles({ folder, passphrase: 'rotation', random, cost: 1024 });
const masterKeys = await keys.masterKeys();
const database = await openDatabase(JSON.parse(location) as DatabaseLocation);
const documents = await openDocumentFiles(join(folder, 'documents'), {
  masterKeys: masterKeys.upToDate(),
  random,
});
writeSync(1, 'ready\n');
const done = await workOnRotation({
  database,
  documents,
  masterKeys,
  cipher: createRecordCipher({ masterKeys, random }),
  audit: auditChain({ node: 'rotation', digest: 'sha256' }),
  clock: () => new Date(),
});
await database.close();
writeSync(1, done ? 'over\n' : 'stopped\n');
