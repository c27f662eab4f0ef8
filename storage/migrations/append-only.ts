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

/**
 * Lets one column of an append-only table change after all; rows still cannot go, nor any other column. What lies encrypted in
 * `column` is sealed anew with a new master key, and wiped when its record is destroyed.
 */
export async function allowChangesOf(
  db: Kysely<Record<string, never>>,
  engine: 'sqlite' | 'postgresql',
  table: string,
  column: string,
): Promise<void> {
  const { rows } =
    engine === 'sqlite'
      ? await sql<{ name: string }>`SELECT name FROM pragma_table_info(${table})`.execute(db)
      : await sql<{ name: string }>`
          SELECT column_name AS name FROM information_schema.columns
          WHERE table_schema = current_schema() AND table_name = ${table}`.execute(db);
  const columns = rows.map(({ name }) => name).filter((name) => name !== column);
  const differs = sql.join(
    columns.map((name) =>
      engine === 'sqlite'
        ? sql`NEW.${sql.id(name)} IS NOT OLD.${sql.id(name)}`
        : sql`NEW.${sql.id(name)} IS DISTINCT FROM OLD.${sql.id(name)}`,
    ),
    sql` OR `,
  );
  if (engine === 'sqlite') {
    await sql`DROP TRIGGER ${sql.id(`${table}_no_update`)}`.execute(db);
    await sql`
      CREATE TRIGGER ${sql.id(`${table}_no_update`)} BEFORE UPDATE ON ${sql.id(table)} WHEN ${differs}
      BEGIN SELECT RAISE(ABORT, 'append-only'); END`.execute(db);
    return;
  }
  await sql`DROP TRIGGER ${sql.id(`${table}_no_change`)} ON ${sql.id(table)}`.execute(db);
  await sql`
    CREATE TRIGGER ${sql.id(`${table}_no_delete`)} BEFORE DELETE ON ${sql.id(table)}
    FOR EACH ROW EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE TRIGGER ${sql.id(`${table}_no_change`)} BEFORE UPDATE ON ${sql.id(table)}
    FOR EACH ROW WHEN (${differs}) EXECUTE FUNCTION refuse_change()`.execute(db);
}
