// A node of the provider in a process of its own, to be killed: prints its address, and logs everybody in.
import { MasterKey } from '../../../crypto/master-key.ts';
import { openDatabase, type DatabaseLocation } from '../../../storage/open.ts';
import { logsIn, startProvider } from './harness.ts';

const { location, master, issuer, account } = JSON.parse(process.env['YINXIN_TEST_NODE'] ?? '{}') as {
  location: DatabaseLocation;
  master: string;
  issuer: string;
  account: string;
};
const database = await openDatabase(location);
const harness = await startProvider({
  shared: { database, location, cleanup: () => database.close() },
  master: new MasterKey(new Uint8Array(Buffer.from(master, 'hex'))),
  issuer,
});
harness.behave = logsIn(account, { aal: 3 });
process.stdout.write(`${harness.url}\n`);
