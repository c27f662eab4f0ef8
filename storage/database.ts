// Port: one schema, two engines. Dialect differences stay behind this file's implementations.
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** A read view: sees committed data only. */
export type Reader = Kysely<Schema>;
/** The inside of one atomic write. */
export type Writer = Transaction<Schema>;

/**
 * Promises:
 * - `write` is atomic and resolves only after its changes are durable on disk; a rejected `work` leaves nothing.
 * - `work` awaits nothing but its own queries on the writer it is given (no keys, no network, no files), because on
 *   SQLite concurrent writes share one transaction and one disk sync (each in its own savepoint).
 * - `reader` never sees a write that could still be undone.
 */
export interface Database {
  readonly engine: 'sqlite' | 'postgresql';
  readonly reader: Reader;
  write<T>(work: (tx: Writer) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
