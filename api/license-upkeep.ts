// What the calendar does to licenses: days of effect, expiry, inspections that went by, requests nobody decided, and telling of it.
import { lapseRequests } from '../licenses/change-decision.ts';
import { noteExpired, noteOverdue } from '../licenses/calendar.ts';
import { applyDue } from '../licenses/due.ts';
import { eachAlone } from '../licenses/each-alone.ts';
import type { LicenseEvents } from '../licenses/events-port.ts';
import { tellListeners } from '../licenses/outbox.ts';
import type { LicenseParts } from '../licenses/parts.ts';
import type { Log } from './log.ts';
import { repeat } from './repeated-work.ts';

/** Milliseconds: a change shows within a few seconds of its day, long before the 60 s that offline readers keep a list. */
const effectInterval = 5000;
const calendarInterval = 30_000;

/** Looks after licenses until stopped; `stop` waits for what is under way. */
export function keepLicensesUp(
  licenses: LicenseParts,
  listener: LicenseEvents,
  log: Log,
): { stop(): Promise<void> } {
  const due = repeat(
    effectInterval,
    async () => {
      const round = await applyDue(licenses);
      if (round.applied + round.lapsed > 0) log.info(round, 'changes of licenses took effect');
    },
    (error) => log.error({ err: error }, 'changes of licenses could not take effect'),
  );
  const calendar = repeat(
    calendarInterval,
    async () => {
      await eachAlone(
        [
          ['expired', () => noteExpired(licenses)],
          ['overdue', () => noteOverdue(licenses)],
          ['lapsed requests', () => lapseRequests(licenses)],
          ['told', () => tellListeners(licenses, listener)],
        ] as const,
        async ([what, step]) => {
          const count = await step();
          if (count > 0) log.info({ what, count }, 'the calendar of licenses');
        },
      );
    },
    (error) => log.error({ err: error }, 'the calendar of licenses could not be kept'),
  );
  due.now();
  calendar.now();
  return {
    stop: async () => {
      await due.stop();
      await calendar.stop();
    },
  };
}
