// Refusals of the storage room.

export type StorageErrorCode =
  /** The database or disk cannot be reached, is busy beyond the limit, full or closed. Trying later may help. */
  | 'unavailable'
  /** A row with this key exists. */
  | 'unique-violation'
  /** A foreign key, check, not-null or append-only rule of the schema was broken. */
  | 'constraint-violation'
  /** The statement itself is wrong, or a value does not fit its column. */
  | 'query-failed'
  /** PostgreSQL gave up a transaction for another one, and did so on every bounded retry. */
  | 'write-conflict'
  /** The callback of a write awaited something that is not its own query. */
  | 'write-timeout'
  /** A query arrived on a writer whose write has ended. */
  | 'write-closed'
  | 'migration-locked'
  /** The database was migrated by a newer Yinxin. */
  | 'schema-newer'
  | 'audit-outside-write'
  | 'document-damaged'
  | 'document-too-large'
  | 'document-name-invalid'
  | 'backup-unsupported'
  | 'backup-damaged'
  | 'backup-target-not-empty'
  | 'retention-class-unknown'
  /** A period, basis, reason or record that is none. */
  | 'retention-invalid'
  | 'legal-hold-not-found'
  /** A rotation of the master key is under way. */
  | 'rotation-running';

/** Which unique rule refused a row: the table and its columns, as the schema names them. */
export interface UniqueViolation {
  readonly table: string;
  readonly columns: readonly string[];
}

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  /** Present on `unique-violation` where the engine says which rule it was. */
  readonly violation: UniqueViolation | null;

  constructor(
    code: StorageErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly violation?: UniqueViolation | null } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.violation = options.violation ?? null;
  }
}

/**
 * Whether `error` (from a query or from `Database.write`) says that a row with the same key exists.
 * On PostgreSQL the whole write is lost by then: let it fail, and answer outside; or insert with `onConflict`.
 * @param table restricts the question to one table; `columns` to one unique rule of it.
 */
export function isUniqueViolation(error: unknown, table?: string, columns?: readonly string[]): boolean {
  if (!(error instanceof StorageError) || error.code !== 'unique-violation') return false;
  if (table === undefined) return true;
  if (error.violation?.table !== table) return false;
  return columns === undefined || [...columns].sort().join() === [...error.violation.columns].sort().join();
}
