// A writer to be killed: stores rows, audit rows and documents as fast as it can, and says what was acknowledged.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { auditChain } from '../../storage/audit-chain.ts';
import { openDocumentFiles } from '../../storage/documents-files.ts';
import { migrate } from '../../storage/migrate.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';
import { documentKeys } from './document-keys.ts';

const [location = '', documentsFolder = '', run = ''] = process.argv.slice(2);
const database = await openDatabase(JSON.parse(location) as DatabaseLocation);
await migrate(database);
const documents = await openDocumentFiles(documentsFolder, documentKeys());
const log = auditChain({ node: 'crash', digest: 'sha256' });
let next = 0;

async function writer(): Promise<never> {
  for (;;) {
    const name = `${run}-${next}`;
    next += 1;
    const document = await documents.create();
    await document.write(randomBytes(3_000));
    const { digest } = await document.commit();
    await database.write(async (tx) => {
      await tx.insertInto('install_fact').values({ name, value: digest }).execute();
      await log.append(tx, {
        at: new Date(),
        actor: { id: 'system', department: null },
        action: 'stamp.completed',
        subject: name,
        details: { digest },
      });
    });
    // Synchronous: an acknowledgement must not wait in a buffer when the kill comes.
    writeSync(1, `${name} ${digest}\n`);
  }
}

writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: 16 }, writer));
