// What time ends of showings: looked for every few seconds, so that a claim nobody answered raises its alarm soon.
import { sweepShowings } from '../licenses/presentation-alarms.ts';
import type { Log } from './log.ts';
import type { Services } from './services.ts';

const sweepEvery = 10_000;

/** @returns how to stop; a round under way is finished first. */
export function keepShowingsSwept(services: Services, log: Log): { stop(): Promise<void> } {
  let round: Promise<void> = Promise.resolve();
  const sweep = async (): Promise<void> => {
    while ((await sweepShowings(services.licenses)) > 0);
  };
  const timer = setInterval(() => {
    round = round.then(sweep).catch((error: unknown) => {
      log.error({ err: error }, 'the sweep of showings failed');
    });
  }, sweepEvery);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return round;
    },
  };
}
