// Migrations: forward only, once, under a lock, and never on a newer database.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { sql } from 'kysely';
import { StorageError } from '../../storage/errors.ts';
import { migrate } from '../../storage/migrate.ts';
import { migrations } from '../../storage/migrations/list.ts';
import type { Migration } from '../../storage/migrations/migration.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';
import { engines } from './engines.ts';

for (const engine of engines) {
  describe(`migrations on ${engine.name}`, () => {
    let place: { readonly location: DatabaseLocation; remove: () => Promise<void> };

    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      place = await engine.place();
    });
    afterEach(async () => {
      await place.remove();
    });

    it('applies all in order, and nothing the second time', async () => {
      const database = await openDatabase(place.location);
      assert.deepEqual(
        await migrate(database),
        migrations.map((migration) => migration.name),
      );
      assert.deepEqual(await migrate(database), []);
      await database.close();
    });

    it('refuses a database that a newer version migrated', async () => {
      const database = await openDatabase(place.location);
      const future: Migration = { name: '9999-future', up: () => Promise.resolve() };
      await migrate(database, [...migrations, future]);
      await assert.rejects(
        migrate(database),
        (error) => error instanceof StorageError && error.code === 'schema-newer',
      );
      await database.close();
    });

    it('leaves nothing of a run that fails', async () => {
      const database = await openDatabase(place.location);
      const failing: Migration = {
        name: '9998-failing',
        up: async (db) => {
          await sql`CREATE TABLE half (id TEXT)`.execute(db);
          throw new Error('planted');
        },
      };
      await assert.rejects(migrate(database, [...migrations, failing]), /planted/);
      assert.equal((await migrate(database)).length, migrations.length);
      await assert.rejects(sql`SELECT * FROM half`.execute(database.reader), StorageError);
      await database.close();
    });

    it('lets three processes start at once', async () => {
      const children = Array.from({ length: 3 }, () =>
        fork(new URL('migrate-child.ts', import.meta.url), [JSON.stringify(place.location)], {
          execArgv: [],
          stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        }),
      );
      const applied = await Promise.all(
        children.map(async (child) => {
          const [message] = (await once(child, 'message')) as [number];
          const [code] = (await once(child, 'exit')) as [number];
          assert.equal(code, 0);
          return message;
        }),
      );
      assert.deepEqual(
        applied.sort((a, b) => a - b),
        [0, 0, migrations.length],
      );
    });
  });
}
