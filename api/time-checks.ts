// Keeps the time-stamp clock compared with its source, and says in the log when tokens stop and when they come again.
import type { TimestampAuthority } from '../ca/timestamp-authority.ts';
import type { Log } from './log.ts';

/** Checks now and every `interval` milliseconds; after a check that left doubts sooner. */
export function keepClockChecked(
  authority: TimestampAuthority,
  interval: number,
  log: Log,
): { stop(): void } {
  const sooner = Math.min(interval, 16_000);
  let doubted: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const check = async (): Promise<void> => {
    await authority.checkClock();
    if (stopped) return;
    const { doubt, source, lastCheck } = authority.status();
    const offset = lastCheck?.offsetMilliseconds ?? null;
    if (doubt !== doubted) {
      if (doubt === null) log.info({ source, offset }, 'the clock is in order: time-stamps are given');
      else log.error({ source, offset, doubt }, 'the clock is in doubt: no time-stamps are given');
      doubted = doubt;
    }
    timer = setTimeout(() => void check(), doubt === null ? interval : sooner);
    timer.unref();
  };
  void check();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
