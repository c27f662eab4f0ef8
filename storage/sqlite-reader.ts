// Reading SQLite: one shared connection for single queries, one of its own for each snapshot or stream.
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import { promised } from './promised.ts';
import { SqliteConnection } from './sqlite-connection.ts';

const IDLE_SNAPSHOTS = 4;

class ReadConnection implements DatabaseConnection {
  readonly #driver: SqliteReadDriver;
  #snapshot: SqliteConnection | null = null;

  constructor(driver: SqliteReadDriver) {
    this.#driver = driver;
  }

  executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    return promised(() => (this.#snapshot ?? this.#driver.shared).query<R>(compiled));
  }

  async *streamQuery<R>(compiled: CompiledQuery, chunkSize = 100): AsyncGenerator<QueryResult<R>> {
    // An unfinished statement pins its connection's snapshot: on the shared one, later reads would miss answered writes.
    const own = this.#driver.take();
    try {
      let rows: R[] = [];
      for (const row of own.rows<R>(compiled)) {
        rows.push(row);
        if (rows.length < chunkSize) continue;
        yield { rows };
        rows = [];
      }
      if (rows.length > 0) yield await Promise.resolve({ rows });
    } finally {
      this.#driver.giveBack(own);
    }
  }

  begin(): void {
    const snapshot = this.#driver.take();
    snapshot.run('BEGIN');
    this.#snapshot = snapshot;
  }

  end(): void {
    const snapshot = this.#snapshot;
    if (snapshot === null) return;
    this.#snapshot = null;
    snapshot.run('ROLLBACK');
    this.#driver.giveBack(snapshot);
  }
}

export class SqliteReadDriver implements Driver {
  readonly shared: SqliteConnection;
  readonly #open: () => SqliteConnection;
  readonly #idle: SqliteConnection[] = [];

  constructor(file: string, busyTimeout: number) {
    this.#open = () => new SqliteConnection(file, { readOnly: true, busyTimeout });
    this.shared = this.#open();
  }

  take(): SqliteConnection {
    return this.#idle.pop() ?? this.#open();
  }

  giveBack(connection: SqliteConnection): void {
    if (this.#idle.length < IDLE_SNAPSHOTS) this.#idle.push(connection);
    else connection.close();
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(new ReadConnection(this));
  }

  beginTransaction(connection: DatabaseConnection): Promise<void> {
    return promised(() => (connection instanceof ReadConnection ? connection.begin() : undefined));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.rollbackTransaction(connection);
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return promised(() => (connection instanceof ReadConnection ? connection.end() : undefined));
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return promised(() => {
      for (const connection of [this.shared, ...this.#idle.splice(0)]) connection.close();
    });
  }
}
