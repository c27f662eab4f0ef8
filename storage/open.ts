// Which engine: a server's URL or a file.
import type { Database } from './database.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

/** `postgresql://…` of a server, or the path of the embedded database (made, with its folder, when absent). */
export type DatabaseLocation = { readonly url: string } | { readonly file: string };

/**
 * Opens a database as it is: `migrate` (storage/migrate.ts) brings its schema up to date.
 * @throws StorageError `unavailable` (no such server, file not usable, or something that is no database).
 */
export function openDatabase(location: DatabaseLocation): Promise<Database> {
  return 'file' in location ? openSqlite(location.file) : openPostgres(location.url);
}
