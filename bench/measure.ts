// What a measure is and how a rate is taken.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** One line of the bench: mostly a rate beside the physical limit taken in the same run. */
export interface Measure {
  readonly name: string;
  /** In `unit`: operations a second, or milliseconds. */
  readonly value: number;
  readonly unit: string;
  /** What `limit` is, in words: `raw P-256 signature`, `SHA-256`, `disk sync`, `permitted`. */
  readonly limitName: string;
  readonly limit: number;
  /** value / limit. */
  readonly ratio: number;
}

export function measure(
  name: string,
  value: number,
  unit: string,
  limitName: string,
  limit: number,
): Measure {
  return { name, value, unit, limitName, limit, ratio: value / limit };
}

/** Milliseconds for which the main thread may answer nobody else. */
const permittedStandstill = 20;

/** What `work` answered, and how the event loop fared meanwhile. */
export interface Watched<T> {
  readonly result: T;
  /** How long it stood still at worst, by the clock: disk waits count, and whatever else runs on the machine. */
  readonly standstill: Measure;
  /** The longest turn by processor time of the main thread: what of it is our own doing, however busy the machine is. */
  readonly turn: Measure;
}

/** @param name of the work: `longest standstill: …` and `longest turn, processor time: …` are measured */
export async function watchingEventLoop<T>(name: string, work: () => Promise<T>): Promise<Watched<T>> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const turns = watchTurns();
  delay.enable();
  const result = await work();
  delay.disable();
  const longest = turns.end();
  const of = (what: string, milliseconds: number): Measure =>
    measure(`${what}: ${name}`, milliseconds, 'ms', 'permitted', permittedStandstill);
  return {
    result,
    standstill: of('longest standstill', delay.max / 1e6),
    turn: of('longest turn, processor time', longest),
  };
}

/** Looks once in each turn of the event loop, a millisecond apart at least, how long the thread was at work since. */
function watchTurns(): { end(): number } {
  let longest = 0;
  let before = process.threadCpuUsage();
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.threadCpuUsage();
  };
  const timer = setInterval(look, 1);
  return {
    end() {
      clearInterval(timer);
      look();
      return longest;
    },
  };
}

/**
 * Operations a second over about `seconds`, after a warm-up of a tenth of it, with `parallel` callers in flight.
 * Each caller starts its next operation when its last has ended.
 */
export async function rate(
  seconds: number,
  operation: () => Promise<unknown> | undefined,
  parallel = 1,
): Promise<number> {
  await callFor(seconds / 10, operation, parallel);
  return callFor(seconds, operation, parallel);
}

/** An operation, and how many callers are in flight. */
export interface Measured {
  readonly operation: () => Promise<unknown> | undefined;
  readonly parallel: number;
}

/**
 * Rates of two operations in turn, so that whatever else the machine does weighs on both alike: after `warmUp` seconds of the
 * first, rounds of both over about `seconds` each.
 */
export async function ratesInTurn(
  seconds: number,
  warmUp: number,
  first: Measured,
  second: Measured,
): Promise<readonly [number, number]> {
  const rounds = 5;
  await callFor(warmUp, first.operation, first.parallel);
  let [one, other] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    other += await callFor(seconds / rounds, second.operation, second.parallel);
    one += await callFor(seconds / rounds, first.operation, first.parallel);
  }
  return [one / rounds, other / rounds];
}

async function callFor(
  seconds: number,
  operation: () => Promise<unknown> | undefined,
  parallel: number,
): Promise<number> {
  const started = performance.now();
  const end = started + seconds * 1000;
  let count = 0;
  const caller = async (): Promise<void> => {
    do {
      await operation();
      count += 1;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: parallel }, caller));
  return count / ((performance.now() - started) / 1000);
}
