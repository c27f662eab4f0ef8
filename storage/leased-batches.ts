// Batches of rows that one process at a time works through: who holds which, until when, and how a batch ends.
import { sql } from 'kysely';
import type { Reader, Writer } from './database.ts';

/** A table of batches with the table of its rows. All have the columns named here; what a row asks and gets is its room's. */
export interface BatchTables {
  readonly batches: 'ca_batch' | 'license_batch' | 'stamp_batch';
  readonly items: 'ca_batch_item' | 'license_batch_item' | 'stamp_batch_item';
}

/** How many rows stand how. */
export interface BatchCounts {
  readonly waiting: number;
  readonly done: number;
  readonly refused: number;
  readonly cancelled: number;
}

export class LeasedBatches {
  readonly #batches;
  readonly #items;

  constructor({ batches, items }: BatchTables) {
    this.#batches = sql.table(batches);
    this.#items = sql.table(items);
  }

  /** Running batches that nobody works on, oldest first. */
  async idle(db: Reader, now: Date): Promise<readonly string[]> {
    const { rows } = await sql<{ id: string }>`
      SELECT id FROM ${this.#batches}
      WHERE state = 'running' AND (leased_until IS NULL OR leased_until < ${now.toISOString()})
      ORDER BY created_at, id`.execute(db);
    return rows.map(({ id }) => id);
  }

  /**
   * Takes or keeps a running batch for `runner` until `until`.
   * @returns whether it is the runner's; false of one that was stopped, ended, or is another's
   */
  async lease(tx: Writer, batch: string, runner: string, now: Date, until: Date): Promise<boolean> {
    const { rows } = await sql`
      UPDATE ${this.#batches} SET runner = ${runner}, leased_until = ${until.toISOString()}
      WHERE id = ${batch} AND state = 'running'
        AND (runner IS NULL OR runner = ${runner} OR leased_until IS NULL OR leased_until < ${now.toISOString()})
      RETURNING id`.execute(tx);
    return rows.length === 1;
  }

  /** Whether the batch goes on and is the runner's: asked before each row, since reading costs no disk sync. */
  async holds(db: Reader, batch: string, runner: string): Promise<boolean> {
    const { rows } = await sql`
      SELECT 1 FROM ${this.#batches} WHERE id = ${batch} AND state = 'running' AND runner = ${runner}`.execute(
      db,
    );
    return rows.length === 1;
  }

  /** Lets go of a batch, so that it is taken up at once by whoever looks next. */
  async release(tx: Writer, batch: string, runner: string): Promise<void> {
    await sql`
      UPDATE ${this.#batches} SET runner = NULL, leased_until = NULL
      WHERE id = ${batch} AND runner = ${runner}`.execute(tx);
  }

  /** Ends leases that last no longer than `until`. @returns how many */
  async endLeases(tx: Writer, until: Date): Promise<number> {
    const { rows } = await sql`
      UPDATE ${this.#batches} SET runner = NULL, leased_until = NULL
      WHERE state = 'running' AND leased_until <= ${until.toISOString()}
      RETURNING id`.execute(tx);
    return rows.length;
  }

  /** @returns whether this very call ended it: it was running and nothing in it waited any more */
  async complete(tx: Writer, batch: string, at: Date): Promise<boolean> {
    const { rows } = await sql`
      UPDATE ${this.#batches}
      SET state = 'completed', completed_at = ${at.toISOString()}, runner = NULL, leased_until = NULL
      WHERE id = ${batch} AND state = 'running'
        AND NOT EXISTS (SELECT 1 FROM ${this.#items} WHERE batch = ${batch} AND state = 'waiting')
      RETURNING id`.execute(tx);
    return rows.length === 1;
  }

  /** Stops a batch: what waits is not done any more, and what it asked for is forgotten. @returns whether it was not over yet */
  async cancel(tx: Writer, batch: string, at: Date): Promise<boolean> {
    const { rows } = await sql`
      UPDATE ${this.#batches}
      SET state = 'cancelled', completed_at = ${at.toISOString()}, runner = NULL, leased_until = NULL
      WHERE id = ${batch} AND state IN ('receiving', 'running')
      RETURNING id`.execute(tx);
    if (rows.length !== 1) return false;
    await sql`
      UPDATE ${this.#items} SET state = 'cancelled', input_cipher = NULL, finished_at = ${at.toISOString()}
      WHERE batch = ${batch} AND state = 'waiting'`.execute(tx);
    return true;
  }

  /** What was begun for a waiting row was given up: the next beginning has another key. */
  async countAttempt(tx: Writer, batch: string, position: number, attempts: number): Promise<void> {
    await sql`
      UPDATE ${this.#items} SET attempts = ${attempts}
      WHERE batch = ${batch} AND position = ${position} AND state = 'waiting'`.execute(tx);
  }

  /** Counts the rows of a batch. */
  async counts(db: Reader | Writer, batch: string): Promise<BatchCounts> {
    // Either engine may hand out a 64-bit integer as text.
    const { rows } = await sql<{ state: string; count: number | string | bigint }>`
      SELECT state, count(*) AS count FROM ${this.#items} WHERE batch = ${batch} GROUP BY state`.execute(db);
    const count = (state: string): number => Number(rows.find((row) => row.state === state)?.count ?? 0);
    return {
      waiting: count('waiting'),
      done: count('done'),
      refused: count('refused'),
      cancelled: count('cancelled'),
    };
  }
}
