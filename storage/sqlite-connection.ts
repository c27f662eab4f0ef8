// One SQLite connection as Kysely sees it: compiled queries in, plain rows out, statements prepared once.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { CompiledQuery, QueryResult } from 'kysely';
import { StorageError } from './errors.ts';
import { sqliteError } from './sqlite-errors.ts';

const CACHED_STATEMENTS = 256;

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

function inputValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  if (value instanceof Uint8Array) return value;
  throw new StorageError(
    'query-failed',
    `A ${typeof value} is no value of a column: use text, numbers (0/1) or bytes.`,
  );
}

export class SqliteConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();

  constructor(file: string, options: { readonly readOnly: boolean; readonly busyTimeout: number }) {
    try {
      this.#database = new DatabaseSync(file, {
        readOnly: options.readOnly,
        timeout: options.busyTimeout,
        enableForeignKeyConstraints: true,
      });
    } catch (error) {
      throw sqliteError(error);
    }
  }

  /** Whether a transaction is open; SQLite ends one by itself on a full disk or an input/output error. */
  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** Runs statements that return nothing. */
  run(sql: string): void {
    try {
      this.#database.exec(sql);
    } catch (error) {
      throw sqliteError(error);
    }
  }

  query<R>(compiled: CompiledQuery): QueryResult<R> {
    const parameters = compiled.parameters.map(inputValue);
    try {
      const { statement, returnsRows } = this.#prepared(compiled.sql);
      // SQLite's rows have no prototype; a copy makes them equal to what PostgreSQL's driver gives.
      if (returnsRows) return { rows: statement.all(...parameters).map((row) => ({ ...row })) as R[] };
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    } catch (error) {
      throw sqliteError(error);
    }
  }

  /** Rows one at a time. The connection reads one snapshot until the iteration ends: use a connection of its own. */
  *rows<R>(compiled: CompiledQuery): Generator<R> {
    const parameters = compiled.parameters.map(inputValue);
    try {
      for (const row of this.#database.prepare(compiled.sql).iterate(...parameters)) yield { ...row } as R;
    } catch (error) {
      throw sqliteError(error);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, known);
      return known;
    }
    const statement = this.#database.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    this.#statements.set(sql, prepared);
    const oldest = this.#statements.keys().next();
    if (this.#statements.size > CACHED_STATEMENTS && oldest.done !== true)
      this.#statements.delete(oldest.value);
    return prepared;
  }
}
