// What PostgreSQL's SQLSTATEs mean to callers.
import { StorageError, type UniqueViolation } from './errors.ts';

function text(error: object, name: string): string | null {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : null;
}

/** The SQLSTATE of a server's refusal, also beneath a StorageError; null for anything else. */
export function sqlState(error: unknown): string | null {
  const inner = error instanceof StorageError ? error.cause : error;
  if (!(inner instanceof Error)) return null;
  const code = text(inner, 'code');
  return code !== null && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

function violationOf(error: Error): UniqueViolation | null {
  const table = text(error, 'table');
  // `Key (a, b)=(…) already exists.` is the one place where the server names the columns.
  const columns = /^Key \(([^)]+)\)=/.exec(text(error, 'detail') ?? '')?.[1];
  if (table === null || columns === undefined) return null;
  return { table, columns: columns.split(', ').map((column) => column.replaceAll('"', '')) };
}

/** Any failure of PostgreSQL or of the way to it as a StorageError. */
export function postgresError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const state = sqlState(error);
  const violation = error instanceof Error && state === '23505' ? violationOf(error) : null;
  // The server quotes row values in `detail`, `where` and `internalQuery`: they must not reach a log through `cause`.
  if (error instanceof Error)
    for (const name of ['detail', 'where', 'internalQuery']) Reflect.deleteProperty(error, name);
  const options = { cause: error, violation };
  if (state === null)
    return new StorageError('unavailable', 'The database server cannot be reached.', options);
  if (state === '23505') return new StorageError('unique-violation', 'A row with this key exists.', options);
  if (state === '40001' || state === '40P01') {
    return new StorageError(
      'write-conflict',
      'The database gave this write up for a concurrent one.',
      options,
    );
  }
  if (state.startsWith('23') || state === 'P0001') {
    return new StorageError('constraint-violation', 'A rule of the schema refuses this change.', options);
  }
  // 08 connection, 53 resources, 57 operator intervention, 58 system, 28 and 3D: login and missing database.
  if (/^(08|53|57|58|28|3D|25P03)/.test(state)) {
    return new StorageError(
      'unavailable',
      `The database server cannot be used (SQLSTATE ${state}).`,
      options,
    );
  }
  return new StorageError('query-failed', `The database refused the statement (SQLSTATE ${state}).`, options);
}
