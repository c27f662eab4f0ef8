// What becomes of stamps by the clock: higher levels that waited, documents of batches, keys elsewhere that never answered, uploads nobody used.
import { settlePrepared } from '../signing/stamp-prepared.ts';
import { forgetUnusedUploads } from '../signing/upload-retention.ts';
import { runUpgrades } from '../signing/upgrade-queue.ts';
import type { Log } from './log.ts';
import { repeat } from './repeated-work.ts';
import type { Services } from './services.ts';

/** Milliseconds. */
const upgradeInterval = 30_000;
const waitingInterval = 60_000;
const retentionInterval = 3_600_000;

/** Looks after waiting stamps and unused uploads until stopped; `stop` waits for what is under way. */
export function keepStampsUp(services: Services, log: Log, uploadDays: number): { stop(): Promise<void> } {
  const upgrades = repeat(
    upgradeInterval,
    async () => {
      const run = await runUpgrades(services.stamps);
      if (run.completed + run.givenUp > 0) log.info(run, 'stamps brought to their level');
    },
    (error) => log.error({ err: error }, 'stamps could not be brought to their level'),
  );
  // A document that another node had begun when it died is taken up; what nobody signed in time is given up.
  const waiting = repeat(
    waitingInterval,
    async () => {
      services.stampBatches.wake();
      await settlePrepared(services, null);
    },
    (error) => log.error({ err: error }, 'waiting stamps could not be looked after'),
  );
  const retention = repeat(
    retentionInterval,
    async () => {
      const run = await forgetUnusedUploads(services, uploadDays);
      if (run.forgotten > 0) log.info(run, 'unused uploads forgotten');
    },
    (error) => log.error({ err: error }, 'unused uploads could not be forgotten'),
  );
  return {
    stop: async () => {
      await upgrades.stop();
      await waiting.stop();
      await retention.stop();
    },
  };
}
