// The time-stamp authority's clock: known to be in sync, and never behind a token already issued, not even after a restart.
import type { CaParts } from './parts.ts';
import type { ClockDiscipline, ClockDoubt } from './time-source.ts';

/** Tokens may be issued for so long before the database is told again; not above the tokens' accuracy. */
const STEP = 1000;
/** The next step is asked for while so much of the last is left, so that no token waits for the database. */
const AHEAD = 500;
const AUTHORITY = 'time-stamps';

/** The time for one token, or why there is none. */
export type TimestampTime = { readonly time: Date } | { readonly doubt: ClockDoubt | 'behind-last-token' };

export class TimestampClock {
  readonly #parts: Pick<CaParts, 'database' | 'clock'>;
  readonly #discipline: ClockDiscipline;
  #last = 0;
  #lastToken: Date | null = null;
  /** Durable: no token has a later time. */
  #ceiling: number | null = null;
  #raising: Promise<void> | null = null;

  constructor(parts: Pick<CaParts, 'database' | 'clock'>, discipline: ClockDiscipline) {
    this.#parts = parts;
    this.#discipline = discipline;
  }

  /** When the last token of this process was made. */
  get lastToken(): Date | null {
    return this.#lastToken;
  }

  /** The time for one token, at or after every one before it; only the first, and one after a pause, wait for the database. */
  next(): TimestampTime | Promise<TimestampTime> {
    if (this.#ceiling === null || !this.#discipline.checked) return this.#first();
    const now = this.#parts.clock();
    const refused = this.#refusal(now.getTime());
    if (refused !== null) return refused;
    // The clock is read again after the wait: meanwhile others may have been given a later time.
    if (now.getTime() > this.#ceiling) return this.#raise(now).then(() => this.next());
    if (now.getTime() > this.#ceiling - AHEAD && this.#raising === null) {
      // A step that fails here is asked for again, and waited for, when it is needed.
      this.#raise(now).catch(() => undefined);
    }
    this.#last = now.getTime();
    this.#lastToken = now;
    return { time: now };
  }

  async #first(): Promise<TimestampTime> {
    await this.#discipline.ready();
    if (this.#ceiling === null) await this.#load();
    return this.next();
  }

  #refusal(now: number): TimestampTime | null {
    const doubt = this.#discipline.doubtAt(now);
    if (doubt !== null) return { doubt };
    return now < this.#last ? { doubt: 'behind-last-token' } : null;
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

  async #raise(time: Date): Promise<void> {
    const now = time.getTime();
    while (this.#raising !== null) await this.#raising.catch(() => undefined);
    if (now <= (this.#ceiling ?? 0) - AHEAD) return;
    this.#raising = this.#store(now + STEP).finally(() => (this.#raising = null));
    return this.#raising;
  }

  async #store(ceiling: number): Promise<void> {
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
    this.#ceiling = Math.max(this.#ceiling ?? 0, ceiling);
  }
}
