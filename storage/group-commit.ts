// Group commit: writes that wait together share one SQLite transaction and one disk sync, each in its own savepoint.
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { Kysely, type CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import { workThenSteps } from './before-commit.ts';
import type { DatabaseStatistics, Writer } from './database.ts';
import { StorageError } from './errors.ts';
import { promised } from './promised.ts';
import type { Schema } from './schema.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { isBusy, sqliteError } from './sqlite-errors.ts';

const ITEMS_PER_COMMIT = 256;
/** Milliseconds of writing after which the rest of a shared transaction waits for another turn of the event loop. */
const SLICE = 4;
const LOCK_RETRY_MS = 5;

/** One item's view of the write connection: closed when its write ends, so that a straggler cannot reach another's. */
class ItemConnection implements DatabaseConnection {
  readonly #connection: SqliteConnection;
  #state: 'new' | 'open' | 'ended' = 'new';

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    return promised(() => {
      if (this.#state !== 'open') {
        throw new StorageError('write-closed', 'This write has ended: its writer takes no more queries.');
      }
      return this.#connection.query<R>(compiled);
    });
  }

  async *streamQuery<R>(compiled: CompiledQuery): AsyncGenerator<QueryResult<R>> {
    yield await this.executeQuery<R>(compiled);
  }

  begin(): void {
    if (this.#state === 'ended') throw new StorageError('write-closed', 'This write has ended.');
    this.#connection.run('SAVEPOINT item');
    this.#state = 'open';
  }

  keep(): void {
    if (this.#state !== 'open') throw new StorageError('write-closed', 'This write has ended.');
    this.#state = 'ended';
    this.#connection.run('RELEASE item');
  }

  undo(): void {
    const open = this.#state === 'open';
    this.#state = 'ended';
    if (open && this.#connection.inTransaction) this.#connection.run('ROLLBACK TO item; RELEASE item');
  }
}

/** Hands each transaction the connection of the item whose turn it is. */
class ItemDriver implements Driver {
  current: ItemConnection | null = null;

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DatabaseConnection> {
    if (this.current === null) return Promise.reject(new StorageError('write-closed', 'No write is open.'));
    return Promise.resolve(this.current);
  }

  beginTransaction(connection: DatabaseConnection): Promise<void> {
    return promised(() => (connection instanceof ItemConnection ? connection.begin() : undefined));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return promised(() => (connection instanceof ItemConnection ? connection.keep() : undefined));
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return promised(() => (connection instanceof ItemConnection ? connection.undo() : undefined));
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

interface Item {
  /** Runs the work in its savepoint; @returns what to answer once the commit is durable. Never rejects. */
  run(): Promise<{ readonly kept: boolean; answer(): void }>;
  readonly fail: (error: unknown) => void;
}

export interface GroupCommitLimits {
  /** How long one item may await something else than its queries, in milliseconds. */
  readonly itemTimeout: number;
  /** How long to wait for another process's write lock, in milliseconds. */
  readonly lockTimeout: number;
}

export class GroupCommit {
  readonly statistics: DatabaseStatistics;
  readonly #counts = { writes: 0, commits: 0 };
  readonly #connection: SqliteConnection;
  readonly #limits: GroupCommitLimits;
  readonly #driver = new ItemDriver();
  readonly #kysely: Kysely<Schema>;
  readonly #queue: Item[] = [];
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(connection: SqliteConnection, limits: GroupCommitLimits) {
    this.#connection = connection;
    this.#limits = limits;
    this.#kysely = new Kysely<Schema>({ dialect: sqliteDialect(this.#driver) });
    this.statistics = this.#counts;
  }

  write<T>(work: (tx: Writer) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageError('unavailable', 'The database is closed.'));
    return new Promise<T>((resolve, reject) => {
      const item: Item = {
        run: () =>
          this.#inSavepoint(work).then(
            (value) => ({ kept: true, answer: () => resolve(value) }),
            // The caller's own refusals pass through as they are.
            (error: unknown) => ({ kept: false, answer: () => item.fail(error) }),
          ),
        fail: reject,
      };
      this.#queue.push(item);
      this.#running ??= this.#drain();
    });
  }

  /** Resolves after every write asked for so far was answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    // Let everything that arrived in this turn of the event loop join the queue first.
    await nextTurn();
    while (this.#queue.length > 0) {
      await this.#commit(this.#queue.splice(0, ITEMS_PER_COMMIT));
      await nextTurn();
    }
    this.#running = null;
  }

  async #commit(items: readonly Item[]): Promise<void> {
    const outcomes = [];
    try {
      await this.#begin();
      // Queries answer at once, so a crowd of writes would be one turn of the event loop: it is cut into slices. Nobody
      // sees the transaction between them, and what is asked for meanwhile joins the next one.
      let since = performance.now();
      for (const item of items) {
        if (performance.now() - since > SLICE) {
          await nextTurn();
          since = performance.now();
        }
        outcomes.push(await item.run());
        if (!this.#connection.inTransaction) {
          throw new StorageError(
            'unavailable',
            'The disk refused the write: the shared transaction was undone.',
          );
        }
      }
      this.#connection.run('COMMIT');
    } catch (error) {
      if (this.#connection.inTransaction) this.#connection.run('ROLLBACK');
      const refusal = sqliteError(error);
      for (const item of items) item.fail(refusal);
      return;
    }
    const kept = outcomes.filter((outcome) => outcome.kept).length;
    this.#counts.writes += kept;
    if (kept > 0) this.#counts.commits += 1;
    // Each caller goes on in a turn of its own: what all of them do next, at once, would be as long as the writes were.
    for (const [index, outcome] of outcomes.entries()) {
      if (index > 0) await nextTurn();
      outcome.answer();
    }
  }

  async #begin(): Promise<void> {
    const deadline = performance.now() + this.#limits.lockTimeout;
    for (;;) {
      try {
        this.#connection.run('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw error;
      }
      await pause(LOCK_RETRY_MS);
    }
  }

  async #inSavepoint<T>(work: (tx: Writer) => Promise<T>): Promise<T> {
    const connection = new ItemConnection(this.#connection);
    this.#driver.current = connection;
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      // Queries are synchronous: a timer can only fire while the work awaits something else.
      timer = setTimeout(() => {
        connection.undo();
        reject(
          new StorageError(
            'write-timeout',
            'A write awaited something that is not its own query for too long.',
          ),
        );
      }, this.#limits.itemTimeout);
    });
    const running = this.#kysely.transaction().execute((tx) => workThenSteps(tx, work));
    // After a timeout the straggler's own end interests nobody.
    running.catch(() => undefined);
    try {
      return await Promise.race([running, expired]);
    } finally {
      clearTimeout(timer);
      this.#driver.current = null;
    }
  }
}
