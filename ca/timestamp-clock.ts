// The time-stamp authority's clock: never behind a token already issued, not even after a restart.
import type { CaParts } from './parts.ts';

/** Tokens may be issued for so long before the database is told again; not above the tokens' accuracy. */
const STEP = 1000;
const AUTHORITY = 'time-stamps';

export class TimestampClock {
  readonly #parts: Pick<CaParts, 'database' | 'clock'>;
  #last = 0;
  /** Durable: no token has a later time. */
  #ceiling: number | null = null;
  #raising: Promise<void> = Promise.resolve();

  constructor(parts: Pick<CaParts, 'database' | 'clock'>) {
    this.#parts = parts;
  }

  /** The time for one token, at or after every one before it; null where the machine's clock has gone back behind it. */
  async next(): Promise<Date | null> {
    if (this.#ceiling === null) await this.#load();
    const now = this.#parts.clock().getTime();
    if (now < this.#last) return null;
    this.#last = now;
    if (now > (this.#ceiling ?? 0)) await this.#raise(now);
    return new Date(now);
  }

  /** The stored ceiling lies up to one step after the last token, so only a clock further back is surely behind it. */
  async #load(): Promise<void> {
    const row = await this.#parts.database.reader
      .selectFrom('ca_timestamp_clock')
      .select('ceiling')
      .where('authority', '=', AUTHORITY)
      .executeTakeFirst();
    if (this.#ceiling !== null) return;
    this.#ceiling = row === undefined ? 0 : Date.parse(row.ceiling);
    this.#last = Math.max(this.#last, this.#ceiling - STEP);
  }

  async #raise(now: number): Promise<void> {
    const raising = this.#raising.then(async () => {
      if (now <= (this.#ceiling ?? 0)) return;
      const ceiling = now + STEP;
      const text = new Date(ceiling).toISOString();
      await this.#parts.database.write(async (tx) => {
        await tx
          .insertInto('ca_timestamp_clock')
          .values({ authority: AUTHORITY, ceiling: text })
          .onConflict((conflict) =>
            conflict
              .column('authority')
              .doUpdateSet({ ceiling: text })
              .where('ca_timestamp_clock.ceiling', '<', text),
          )
          .execute();
      });
      this.#ceiling = ceiling;
    });
    // A failed write fails this token only; the next one tries again.
    this.#raising = raising.catch(() => undefined);
    return raising;
  }
}
