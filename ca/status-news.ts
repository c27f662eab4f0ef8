// Word, inside this process, that a status was changed on a database: caches then ask it at once instead of in a moment.
import type { Database } from '../storage/database.ts';

const told = new WeakMap<Database, number>();

/** Called after a change is durable. */
export function tellOfChange(database: Database): void {
  told.set(database, newsOf(database) + 1);
}

/** A number that rises with every change made through this handle. */
export function newsOf(database: Database): number {
  return told.get(database) ?? 0;
}
