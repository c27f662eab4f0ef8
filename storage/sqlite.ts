// The embedded engine: SQLite in WAL mode, every commit synced, one write connection, separate reading.
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Kysely } from 'kysely';
import type { Database } from './database.ts';
import { StorageError } from './errors.ts';
import { GroupCommit, type GroupCommitLimits } from './group-commit.ts';
import type { Schema } from './schema.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { isBusy } from './sqlite-errors.ts';
import { SqliteReadDriver } from './sqlite-reader.ts';

const BUSY_TIMEOUT_MS = 50;
const READ_BUSY_TIMEOUT_MS = 5_000;
const OPEN_TIMEOUT_MS = 30_000;

/** Creates the file with mode 0600 (SQLite gives its -wal and -shm the same) and makes the name durable. */
function ensureFile(file: string): void {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new StorageError('unavailable', `The database file ${file} cannot be created or opened.`, {
      cause: error,
    });
  }
}

async function openWriteConnection(file: string): Promise<SqliteConnection> {
  const connection = new SqliteConnection(file, { readOnly: false, busyTimeout: BUSY_TIMEOUT_MS });
  const deadline = performance.now() + OPEN_TIMEOUT_MS;
  for (;;) {
    try {
      // Turning WAL on wants the file alone and does not wait for it: processes starting together take turns here.
      connection.run('PRAGMA journal_mode = WAL');
      break;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) {
        connection.close();
        throw error;
      }
      await pause(10);
    }
  }
  // recursive_triggers: without it REPLACE would delete an append-only row past its trigger.
  connection.run('PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF');
  return connection;
}

/** Opens (or creates) the database in `file`; does not migrate it. */
export async function openSqlite(
  file: string,
  limits: GroupCommitLimits = { itemTimeout: 5_000, lockTimeout: 30_000 },
): Promise<Database> {
  ensureFile(file);
  const writing = await openWriteConnection(file);
  const group = new GroupCommit(writing, limits);
  const reader = new Kysely<Schema>({
    dialect: sqliteDialect(new SqliteReadDriver(file, READ_BUSY_TIMEOUT_MS)),
  });
  // Kysely ends only a driver it has started.
  await reader.connection().execute(() => Promise.resolve());
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await group.close();
    await reader.destroy();
    writing.close();
  };
  return {
    engine: 'sqlite',
    file,
    reader,
    statistics: group.statistics,
    write: (work) => group.write(work),
    close: () => (closing ??= close()),
  };
}
