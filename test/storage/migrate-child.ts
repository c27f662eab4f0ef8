// One of several processes that start on one empty database: opens, migrates, tells how much it did.
import { migrate } from '../../storage/migrate.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';

const database = await openDatabase(JSON.parse(process.argv[2] ?? '') as DatabaseLocation);
const applied = await migrate(database);
await database.close();
process.send?.(applied.length, () => process.disconnect());
