// Which engine: a server's URL or a file.
import type { Database } from './database.ts';
import { openSqlite } from './sqlite.ts';

/** `postgresql://…` of a server, or the path of the embedded database (made, with its folder, when absent). */
export type DatabaseLocation = { readonly url: string } | { readonly file: string };

/**
 * Opens a database as it is: `migrate` (storage/migrate.ts) brings its schema up to date.
 * @throws StorageError `unavailable` (no such server, file not usable, or something that is no database).
 */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  if ('file' in location) return openSqlite(location.file);
  // Loaded when meant: a start on the embedded database does without the other engine's client.
  const { openPostgres } = await import('./postgres.ts');
  return openPostgres(location.url);
}
