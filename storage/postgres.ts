// The server engine: PostgreSQL through a pool, ordinary transactions, bounded retries of what the server gave up.
import { setTimeout as pause } from 'node:timers/promises';
import {
  CompiledQuery,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  type DatabaseConnection,
  type Driver,
  type PostgresDialectConfig,
  type QueryResult,
} from 'kysely';
import type * as ClientModule from 'pg';
import { workThenSteps } from './before-commit.ts';
import type { Database, Writer } from './database.ts';
import { StorageError } from './errors.ts';
import { postgresError } from './postgres-errors.ts';
import type { Schema } from './schema.ts';

type Client = Pick<typeof ClientModule, 'Pool' | 'TypeOverrides'>;

const ATTEMPTS = 6;
const INT8 = 20;

export interface PostgresLimits {
  readonly connections: number;
  /** How long a write may take, in milliseconds. */
  readonly writeTimeout: number;
}

/** Whole numbers come as numbers on both engines; one that a number cannot hold is an error, not a rounding. */
function parseInt8(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new StorageError('query-failed', 'A stored number exceeds 2^53.');
  return number;
}

function typeParsers(pg: Client): ClientModule.TypeOverrides {
  const overrides = new pg.TypeOverrides();
  overrides.setTypeParser(INT8, parseInt8);
  return overrides;
}

/** Kysely's own driver, with every failure turned into a StorageError. */
class TranslatingDriver extends PostgresDriver {
  readonly #translated = new WeakSet<DatabaseConnection>();

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection().catch((error: unknown) => {
      throw postgresError(error);
    });
    if (this.#translated.has(connection)) return connection;
    this.#translated.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      try {
        return await execute<R>(query);
      } catch (error) {
        throw postgresError(error);
      }
    };
    return connection;
  }
}

class TranslatingDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new TranslatingDriver(this.#config);
  }
}

function connect(pg: Client, url: string, connections: number, session: string): Kysely<Schema> {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types: typeParsers(pg),
    connectionTimeoutMillis: 10_000,
  });
  // A connection that dies is noticed by the query that uses it; without listeners it would end the process.
  const ignore = (): void => undefined;
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  const prepare = async (connection: DatabaseConnection): Promise<void> => {
    await connection.executeQuery(CompiledQuery.raw(session));
  };
  return new Kysely<Schema>({ dialect: new TranslatingDialect({ pool, onCreateConnection: prepare }) });
}

/** Runs `work` once, in one transaction; a timeout answers at once and keeps the late end from committing. */
async function writeOnce<T>(
  kysely: Kysely<Schema>,
  work: (tx: Writer) => Promise<T>,
  timeout: number,
): Promise<T> {
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  const refusal = new StorageError(
    'write-timeout',
    'A write took too long, or awaited something that is not its query.',
  );
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(refusal);
    }, timeout);
  });
  const running = kysely.transaction().execute(async (tx) => {
    const result = await workThenSteps(tx, work);
    if (late) throw refusal;
    return result;
  });
  running.catch(() => undefined);
  try {
    return await Promise.race([running, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Connects to the server at `url`; does not migrate. */
export async function openPostgres(
  url: string,
  limits: PostgresLimits = { connections: 10, writeTimeout: 30_000 },
): Promise<Database> {
  // Loaded when meant: a start on the embedded database does without this client.
  const pg = await import('pg');
  // An answered write is durable whatever the server's default says; a writer left hanging gives its locks back.
  const writing = connect(
    pg,
    url,
    limits.connections,
    `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
     SET idle_in_transaction_session_timeout = ${limits.writeTimeout}`,
  );
  const reader = connect(pg, url, limits.connections, 'SET default_transaction_read_only = on');
  try {
    await reader.connection().execute((one) => one.executeQuery(CompiledQuery.raw('SELECT 1')));
  } catch (error) {
    await Promise.all([writing.destroy(), reader.destroy()]);
    throw postgresError(error);
  }
  const counts = { writes: 0, commits: 0 };
  const pending = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  const write = async <T>(work: (tx: Writer) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await writeOnce(writing, work, limits.writeTimeout);
        counts.writes += 1;
        counts.commits += 1;
        return result;
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'write-conflict' || attempt === ATTEMPTS)
          throw error;
      }
      await pause(attempt * attempt * 5);
    }
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled(pending);
    await Promise.all([writing.destroy(), reader.destroy()]);
  };
  return {
    engine: 'postgresql',
    file: null,
    reader,
    statistics: counts,
    write: async (work) => {
      if (closing !== null) throw new StorageError('unavailable', 'The database is closed.');
      const promise = write(work);
      pending.add(promise);
      try {
        return await promise;
      } finally {
        pending.delete(promise);
      }
    },
    close: () => (closing ??= close()),
  };
}
