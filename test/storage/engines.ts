// Both engines as tests see them: an empty database of one's own, migrated, gone afterwards.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Database } from '../../storage/database.ts';
import { migrate } from '../../storage/migrate.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';

export interface TestDatabase {
  readonly database: Database;
  /** Where it lies: a second process or a second `openDatabase` can join. */
  readonly location: DatabaseLocation;
  /** Closes the database and removes it. */
  cleanup(): Promise<void>;
}

export interface Engine {
  readonly name: 'sqlite' | 'postgresql';
  /** Skips the running test where the engine is absent, or fails it under YINXIN_NO_SKIP=1. */
  require(context: Mocha.Context): void;
  /** An empty, unmigrated place. */
  place(): Promise<{ readonly location: DatabaseLocation; remove: () => Promise<void> }>;
  /** A migrated database. */
  open(): Promise<TestDatabase>;
}

async function opened(engine: Engine): Promise<TestDatabase> {
  const { location, remove } = await engine.place();
  const database = await openDatabase(location);
  await migrate(database);
  return {
    database,
    location,
    cleanup: async () => {
      await database.close();
      await remove();
    },
  };
}

const sqlite: Engine = {
  name: 'sqlite',
  require: () => undefined,
  place: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
    return {
      location: { file: join(folder, 'yinxin.db') },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  },
  open: () => opened(sqlite),
};

const serverUrl = process.env['YINXIN_TEST_DATABASE_URL'] ?? '';

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

const postgresql: Engine = {
  name: 'postgresql',
  require: (context) => {
    if (serverUrl !== '') return;
    if (process.env['YINXIN_NO_SKIP'] === '1') {
      throw new Error(
        'YINXIN_TEST_DATABASE_URL is required: tools/test-postgres.sh starts a server and prints it.',
      );
    }
    context.skip();
  },
  place: async () => {
    // A schema of its own per test is much faster than a database, and the search path keeps it apart.
    const schema = `yinxin_test_${randomBytes(8).toString('hex')}`;
    await onServer(`CREATE SCHEMA ${schema}`);
    const url = new URL(serverUrl);
    url.searchParams.set('options', `-c search_path=${schema}`);
    return {
      location: { url: url.href },
      remove: () => onServer(`DROP SCHEMA ${schema} CASCADE`),
    };
  },
  open: () => opened(postgresql),
};

/** `for (const engine of engines) describe(engine.name, …)`; call `engine.require(this)` in a `before`. */
export const engines: readonly Engine[] = [sqlite, postgresql];

/** A migrated database on `engine` (SQLite unless told). */
export function openTestDatabase(engine: Engine = sqlite): Promise<TestDatabase> {
  return engine.open();
}
