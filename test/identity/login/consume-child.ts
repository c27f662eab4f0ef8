// A node that dies while it consumes a nonce: before the write, inside it, or after it is durable.
import type { DatabaseLocation } from '../../../storage/open.ts';
import { openDatabase } from '../../../storage/open.ts';
import type { Database } from '../../../storage/database.ts';
import { consumeChallenge } from '../../../identity/login/challenges.ts';
import { partsOn } from './world.ts';

const [location = '', nonce = '', step = ''] = process.argv.slice(2);
const database = await openDatabase(JSON.parse(location) as DatabaseLocation);

function dieAt(here: string): void {
  if (here === step) process.kill(process.pid, 'SIGKILL');
}

const dying: Database = {
  ...database,
  engine: database.engine,
  file: database.file,
  reader: database.reader,
  statistics: database.statistics,
  close: () => database.close(),
  write: async (work) => {
    dieAt('before');
    const value = await database.write(async (tx) => {
      const inner = await work(tx);
      dieAt('inside');
      return inner;
    });
    dieAt('after');
    return value;
  },
};
const parts = partsOn(dying, 'dying', {
  // The tests' world is at this instant.
  clock: () => new Date('2026-11-22T05:06:30Z'),
  accounts: {
    isActive: () => Promise.resolve(true),
    rungOf: () => Promise.resolve(1),
    ofDocument: () => Promise.resolve(null),
  },
  messages: null,
});
await consumeChallenge(parts, { kind: 'certificate', nonce, boundTo: 'i1' });
