// Rate limits of several nodes together: each decides at once by what it knows, and tells the others through the database.
import { sql } from 'kysely';
import type { BlindIndex } from '../crypto/blind-index.ts';
import type { Clock } from '../crypto/clock.ts';
import type { Database } from '../storage/database.ts';
import { RateLimiter, type Rate } from './limits.ts';

export interface SharedLimitParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly index: BlindIndex;
}

/** What is known of one caller in one minute. */
interface Window {
  readonly minute: number;
  /** Calls at every node, as far as the database told. */
  known: number;
  /** Calls here that the others were not told of yet. */
  unsent: number;
}

interface Caller {
  readonly scope: string;
  current: Window;
  /** The minute before; null where nothing of it is known, until the others tell. */
  last: Window | null;
}

const minuteLength = 60_000;
/** Callers remembered at once; the longest silent ones are forgotten, and their own bucket still holds them. */
const maximumCallers = 20_000;
/** Rows of one statement. */
const batch = 500;
/** Minutes after which a count is of no use to anybody. */
const keptMinutes = 5;

/**
 * One limit on a caller, whichever nodes the calls reach: at most `perMinute` and `burst` in any minute, of all nodes
 * together. A call is decided without asking the database: what other nodes counted is known as of the last `share`, so that
 * a caller can go beyond by no more than the burst of each node within one interval. A database that does not answer leaves
 * each node to its own bucket.
 */
export class SharedLimiter {
  readonly #parts: SharedLimitParts;
  readonly #name: string;
  readonly #limit: number;
  readonly #own: RateLimiter;
  readonly #callers = new Map<string, Caller>();

  /** @param name - kept apart from other limits by it */
  constructor(parts: SharedLimitParts, name: string, rate: Rate) {
    this.#parts = parts;
    this.#name = name;
    this.#limit = rate.perMinute + rate.burst;
    this.#own = new RateLimiter(rate, parts.clock);
  }

  /** Counts one call of `caller`. @returns 0 when allowed, else the whole seconds until it is worth trying again. */
  take(caller: string): number {
    const own = this.#own.take(caller);
    if (own > 0) return own;
    const now = this.#parts.clock().getTime();
    const known = this.#callerOf(caller, Math.floor(now / minuteLength));
    const passed = (now % minuteLength) / minuteLength;
    const { current, last } = known;
    // The minute that slides along: what is left of the last one, and all of this one.
    const used = callsOf(last) * (1 - passed) + callsOf(current);
    if (used >= this.#limit) return Math.max(1, Math.ceil((1 - passed) * 60));
    current.unsent += 1;
    return 0;
  }

  /** Tells the other nodes what was counted here, and learns what they counted. */
  async share(): Promise<void> {
    const dirty = [...this.#callers.values()]
      .filter(({ current, last }) => current.unsent > 0 || (last?.unsent ?? 0) > 0)
      // In one order on every node, so that two of them never wait for each other's rows.
      .toSorted((a, b) => (a.scope < b.scope ? -1 : 1));
    for (let at = 0; at < dirty.length; at += batch) await this.#send(dirty.slice(at, at + batch));
  }

  /** Forgets counts that are of no use any more. @returns how many rows went. */
  async sweep(): Promise<number> {
    const before = Math.floor(this.#parts.clock().getTime() / minuteLength) - keptMinutes;
    const { numDeletedRows } = await this.#parts.database.write((tx) =>
      tx.deleteFrom('rate_window').where('minute', '<', before).executeTakeFirst(),
    );
    return Number(numDeletedRows);
  }

  async #send(callers: readonly Caller[]): Promise<void> {
    const minute = Math.floor(this.#parts.clock().getTime() / minuteLength);
    const windows = callers.flatMap((caller) =>
      [caller.last, caller.current].flatMap((window) => (window === null ? [] : [{ caller, window }])),
    );
    const sent = windows
      .map(({ caller, window }) => ({ scope: caller.scope, window, calls: window.unsent }))
      .filter(({ calls }) => calls > 0);
    const rows = sent.map(({ scope, window, calls }) => ({ scope, minute: window.minute, calls }));
    const scopes = callers.map(({ scope }) => scope);
    const told = await this.#parts.database.write(async (tx) => {
      await tx
        .insertInto('rate_window')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .columns(['scope', 'minute'])
            .doUpdateSet({ calls: sql<number>`rate_window.calls + excluded.calls` }),
        )
        .execute();
      // Also of the minute before: whoever comes here from another node brings along what they used there.
      return tx
        .selectFrom('rate_window')
        .selectAll()
        .where('scope', 'in', scopes)
        .where('minute', '>=', minute - 1)
        .execute();
    });
    for (const { window, calls } of sent) {
      window.unsent -= calls;
      window.known += calls;
    }
    const totals = new Map(told.map((row) => [`${row.minute} ${row.scope}`, row.calls]));
    for (const caller of callers) {
      // Read now: the minute may have ended meanwhile.
      const { scope, current } = caller;
      caller.last ??= { minute: current.minute - 1, known: 0, unsent: 0 };
      for (const window of [caller.last, current])
        window.known = totals.get(`${window.minute} ${scope}`) ?? window.known;
    }
  }

  #callerOf(name: string, minute: number): Caller {
    const known = this.#callers.get(name);
    // Re-inserting keeps the map in order of last use.
    this.#callers.delete(name);
    const caller = known ?? {
      // No address stands in the database.
      scope: `${this.#name} ${this.#parts.index.of('rate-window', `${this.#name} ${name}`)}`,
      current: { minute, known: 0, unsent: 0 },
      last: null,
    };
    if (caller.current.minute < minute) {
      const { current } = caller;
      caller.last = current.minute === minute - 1 ? current : null;
      caller.current = { minute, known: 0, unsent: 0 };
    }
    this.#callers.set(name, caller);
    if (this.#callers.size > maximumCallers) {
      const oldest = this.#callers.keys().next();
      if (oldest.done !== true) this.#callers.delete(oldest.value);
    }
    return caller;
  }
}

function callsOf(window: Window | null): number {
  return window === null ? 0 : window.known + window.unsent;
}

/** Limits on callers of the OpenID Provider: programs, and people's browsers. */
export interface ProviderRates {
  readonly program: SharedLimiter;
  readonly person: SharedLimiter;
}
