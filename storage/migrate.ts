// Brings the schema up to date: forward only, under a lock that dies with its holder.
import { sql, type Kysely } from 'kysely';
import type { Database, Writer } from './database.ts';
import { StorageError } from './errors.ts';
import { migrations } from './migrations/list.ts';
import type { Migration } from './migrations/migration.ts';
import { sqlState } from './postgres-errors.ts';
import { isBusy } from './sqlite-errors.ts';

const LOCK_WAIT = '60s';

/** On SQLite the write itself is the exclusive lock; on PostgreSQL a lock that belongs to this transaction and schema. */
async function lock(tx: Writer, engine: Database['engine']): Promise<void> {
  if (engine === 'sqlite') return;
  await sql`SET LOCAL lock_timeout = ${sql.lit(LOCK_WAIT)}`.execute(tx);
  await sql`SELECT pg_advisory_xact_lock(hashtext('yinxin migration ' || current_schema()))`.execute(tx);
}

async function appliedNames(tx: Writer): Promise<string[]> {
  await tx.schema
    .createTable('schema_migration')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .execute();
  const rows = await tx.selectFrom('schema_migration').select('name').orderBy('name').execute();
  return rows.map((row) => row.name);
}

function refuseForeign(applied: readonly string[], known: readonly Migration[]): void {
  const names = new Set(known.map((migration) => migration.name));
  const foreign = applied.filter((name) => !names.has(name));
  if (foreign.length > 0) {
    throw new StorageError(
      'schema-newer',
      `The database was migrated by a newer Yinxin (${foreign.join(', ')}): run that version.`,
    );
  }
}

/**
 * Applies every migration that is missing, all or none; safe to call from several processes at once.
 * @returns the names applied now, in order; empty where the schema was up to date.
 * @throws StorageError `schema-newer`; `migration-locked` (another process migrates for longer than this one waits).
 */
export async function migrate(
  database: Database,
  known: readonly Migration[] = migrations,
): Promise<string[]> {
  try {
    return await database.write(async (tx) => {
      await lock(tx, database.engine);
      const applied = await appliedNames(tx);
      refuseForeign(applied, known);
      const missing = known.filter((migration) => !applied.includes(migration.name));
      for (const migration of missing) {
        // A migration speaks of tables as they were, so it sees no types of the schema as it is.
        await migration.up(tx as unknown as Kysely<Record<string, never>>, database.engine);
        await tx.insertInto('schema_migration').values({ name: migration.name }).execute();
      }
      return missing.map((migration) => migration.name);
    });
  } catch (error) {
    if (isBusy(error) || sqlState(error) === '55P03') {
      throw new StorageError('migration-locked', 'Another process is migrating this database.', {
        cause: error,
      });
    }
    throw error;
  }
}
