// Tables that only grow: the schema itself refuses to change or delete their rows, on both engines.
import { sql, type Kysely } from 'kysely';

/**
 * Forbids UPDATE and DELETE (and TRUNCATE, which SQLite does not have) on `table` by triggers.
 * Guards against our own mistakes; who owns the database can drop a trigger, and that shows in the hash chain only.
 */
export async function forbidChanges(
  db: Kysely<Record<string, never>>,
  engine: 'sqlite' | 'postgresql',
  table: string,
): Promise<void> {
  if (engine === 'sqlite') {
    for (const event of ['update', 'delete']) {
      await sql`
        CREATE TRIGGER ${sql.id(`${table}_no_${event}`)} BEFORE ${sql.raw(event)} ON ${sql.id(table)}
        BEGIN SELECT RAISE(ABORT, 'append-only'); END`.execute(db);
    }
    return;
  }
  await sql`
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $body$ BEGIN RAISE EXCEPTION 'append-only'; END $body$`.execute(db);
  await sql`
    CREATE TRIGGER ${sql.id(`${table}_no_change`)} BEFORE UPDATE OR DELETE ON ${sql.id(table)}
    FOR EACH ROW EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE TRIGGER ${sql.id(`${table}_no_truncate`)} BEFORE TRUNCATE ON ${sql.id(table)}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}
