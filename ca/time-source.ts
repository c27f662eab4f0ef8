// Port: where the right time is known from, and whether our clock may be believed on it.
import type { Clock } from '../crypto/clock.ts';

/** One comparison of our clock with a source of time. */
export interface TimeReading {
  /** Where the time came from: `system`, `ntp://ntp.example.cn`. */
  readonly source: string;
  /** How far our clock is behind the source (negative: before it); null where the source does not say. */
  readonly offsetMilliseconds: number | null;
  /** How long asking took there and back, which bounds what the offset may be wrong by; null where nobody was asked. */
  readonly roundTripMilliseconds: number | null;
  /** How many steps the source is from a reference clock (RFC 5905 section 7.3); null where it does not say. */
  readonly stratum: number | null;
  /** When it was made, by our clock. */
  readonly at: Date;
}

/**
 * Port: a source of time.
 * Promises: `check` answers within seconds, or rejects where no trustworthy answer was to be had; it judges the answers of
 * the source, not our clock.
 */
export interface TimeSource {
  readonly name: string;
  check(): Promise<TimeReading>;
}

/** Milliseconds of a counter that nobody sets and that only grows. */
export type Monotonic = () => number;

/** Why no token may be made now. */
export type ClockDoubt =
  /** No check has succeeded since the start. */
  | 'not-checked'
  /** The last check that succeeded is too old. */
  | 'check-too-old'
  /** The clock was too far from the source. */
  | 'offset-too-large'
  /** The clock was set, or stood still, since the last check. */
  | 'clock-jumped';

export interface ClockState {
  readonly source: string;
  readonly last: TimeReading | null;
  /** Whether the check that was made last failed; `last` is then an older one. */
  readonly lastFailed: boolean;
  readonly doubt: ClockDoubt | null;
}

export interface ClockDisciplineOptions {
  readonly source: TimeSource;
  readonly clock: Clock;
  readonly monotonic: Monotonic;
  /** Farthest the clock may be from the source, the doubt about that included. */
  readonly maximumOffset: number;
  /** Milliseconds after which a check no longer counts. */
  readonly maximumAge: number;
}

/** Farther apart than so many milliseconds since a check, and the clock was set. */
const JUMP = 250;

/** Whether the clock is known to be right, by checks against a source and by a counter between them. */
export class ClockDiscipline {
  readonly #options: ClockDisciplineOptions;
  #last: TimeReading | null = null;
  #lastFailed = false;
  /** The counter and the clock at the last check that succeeded. */
  #base: { readonly counter: number; readonly clock: number } | null = null;
  #jumped = false;
  #checking: Promise<void> | null = null;

  constructor(options: ClockDisciplineOptions) {
    this.#options = options;
  }

  /** Asks the source now; callers that come meanwhile wait for the same answer. Never rejects: `state` says what came of it. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => (this.#checking = null));
    return this.#checking;
  }

  /** The first check, where none was made yet. */
  async ready(): Promise<void> {
    if (this.#last === null && !this.#lastFailed) await this.check();
  }

  /** Whether a check has been made, well or badly. */
  get checked(): boolean {
    return this.#last !== null || this.#lastFailed;
  }

  /** Why the clock may not be believed at `now`; null where it may. */
  doubtAt(now: number): ClockDoubt | null {
    const last = this.#last;
    const base = this.#base;
    if (last === null || base === null) return 'not-checked';
    const since = this.#options.monotonic() - base.counter;
    // Once seen, it counts until the next check: a clock set back and forth is not right again by itself.
    if (Math.abs(now - base.clock - since) > JUMP) this.#jumped = true;
    if (this.#jumped) return 'clock-jumped';
    if (since > this.#options.maximumAge) return 'check-too-old';
    if (
      Math.abs(last.offsetMilliseconds ?? 0) + (last.roundTripMilliseconds ?? 0) / 2 >
      this.#options.maximumOffset
    ) {
      return 'offset-too-large';
    }
    return null;
  }

  state(): ClockState {
    return {
      source: this.#options.source.name,
      last: this.#last,
      lastFailed: this.#lastFailed,
      doubt: this.doubtAt(this.#options.clock().getTime()),
    };
  }

  async #check(): Promise<void> {
    try {
      const reading = await this.#options.source.check();
      this.#base = { counter: this.#options.monotonic(), clock: this.#options.clock().getTime() };
      this.#last = reading;
      this.#lastFailed = false;
      this.#jumped = false;
    } catch {
      // What was known stays known until it is too old.
      this.#lastFailed = true;
    }
  }
}

/**
 * The operating system keeps the clock (chrony, systemd-timesyncd …) and we take its word: how far it is off is not known
 * here, and what is shown says so.
 */
export function systemTimeSource(clock: Clock): TimeSource {
  return {
    name: 'system',
    check: () =>
      Promise.resolve({
        source: 'system',
        offsetMilliseconds: null,
        roundTripMilliseconds: null,
        stratum: null,
        at: clock(),
      }),
  };
}
