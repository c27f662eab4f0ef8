// What SQLite's result codes mean to callers.
import { StorageError, type UniqueViolation } from './errors.ts';

const BUSY = 5;
const LOCKED = 6;
const CONSTRAINT = 19;
const unavailable = new Set([BUSY, LOCKED, 8, 10, 11, 13, 14, 26]);
const uniqueCodes = new Set([1555, 2067]);

function resultCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : null;
}

/** Whether another connection holds the lock this one wants. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error instanceof StorageError ? error.cause : error);
  return code !== null && (code & 0xff) === BUSY;
}

function violationOf(message: string): UniqueViolation | null {
  // `UNIQUE constraint failed: table.column, table.column`: SQLite tells the rule in its message only.
  const list = /^UNIQUE constraint failed: (\w+\.\w+(?:, \w+\.\w+)*)$/.exec(message)?.[1];
  if (list === undefined) return null;
  const parts = list.split(', ').map((name) => name.split('.'));
  const table = parts[0]?.[0];
  return table === undefined ? null : { table, columns: parts.flatMap((part) => part[1] ?? []) };
}

/** Any failure of SQLite as a StorageError. */
export function sqliteError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const code = resultCode(error);
  if (code === null)
    return new StorageError('query-failed', 'The database refused a value or statement.', { cause: error });
  if (uniqueCodes.has(code)) {
    return new StorageError('unique-violation', 'A row with this key exists.', {
      cause: error,
      violation: error instanceof Error ? violationOf(error.message) : null,
    });
  }
  if ((code & 0xff) === CONSTRAINT) {
    return new StorageError('constraint-violation', 'A rule of the schema refuses this change.', {
      cause: error,
    });
  }
  if (unavailable.has(code & 0xff)) {
    return new StorageError('unavailable', `The database file cannot be used (SQLite result ${code}).`, {
      cause: error,
    });
  }
  return new StorageError('query-failed', 'The database refused the statement.', { cause: error });
}
