// Port: one schema, two engines. Dialect differences stay behind this file's implementations.
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** A read view: sees committed data only, and cannot write. `reader.transaction()` is a snapshot over several queries. */
export type Reader = Kysely<Schema>;
/** The inside of one atomic write. */
export type Writer = Transaction<Schema>;

/** Counts since the database was opened. */
export interface DatabaseStatistics {
  /** Writes that became durable. */
  readonly writes: number;
  /** Transactions (disk syncs) they shared. */
  readonly commits: number;
}

/**
 * Promises:
 * - `write` is atomic and resolves only after its changes are durable on disk; a rejected `work` leaves nothing.
 * - `work` awaits nothing but its own queries on the writer it is given (no keys, no network, no files), because on
 *   SQLite concurrent writes share one transaction and one disk sync (each in its own savepoint). One that awaits
 *   something else too long is rejected with `write-timeout` and leaves nothing.
 * - `work` may run again from its beginning (PostgreSQL, after a deadlock): it changes nothing outside the database.
 * - SQLite runs writes one after another. On PostgreSQL they interleave (read committed): guard a rule over rows by a
 *   unique key, a conditional update, or `.forUpdate()` on what was read (accepted, and needless, on SQLite).
 * - `reader` never sees a write that could still be undone, and sees every write already answered.
 * - Failures of queries and writes are `StorageError`s.
 */
export interface Database {
  readonly engine: 'sqlite' | 'postgresql';
  /** Path of the embedded database; null where the database is a server. */
  readonly file: string | null;
  readonly reader: Reader;
  readonly statistics: DatabaseStatistics;
  write<T>(work: (tx: Writer) => Promise<T>): Promise<T>;
  /** Ends after the writes already asked for; later ones are refused with `unavailable`. */
  close(): Promise<void>;
}
