// What becomes of personal data by the clock: new master keys are seen, a rotation goes on, records past their period are destroyed.
import { retainedLicenses } from '../licenses/retention.ts';
import { destroyEnded } from '../storage/destruction.ts';
import { WokenWork } from '../storage/woken-work.ts';
import type { Log } from './log.ts';
import type { Services } from './services.ts';

/** Milliseconds: how soon this node seals with a key that another node, or a command, made. */
const keyInterval = 60_000;
const retentionInterval = 6 * 3_600_000;

/** Looks after personal data until stopped; `stop` waits for what is under way. */
export function keepPersonalData(services: Services, log: Log): { stop(): Promise<void> } {
  const retained = retainedLicenses(services.suite.digest);
  const destruction: WokenWork = new WokenWork(
    async () => {
      const parts = { ...services, digest: services.suite.digest };
      const done = await destroyEnded(parts, retained, () => destruction.stopped);
      if (done.destroyed > 0) log.info(done, 'records past their period of keeping were destroyed');
    },
    (error) => log.error({ err: error }, 'records past their period could not be destroyed'),
  );
  services.rotation.wake();
  destruction.wake();
  const keys = setInterval(() => services.rotation.wake(), keyInterval);
  const periods = setInterval(() => destruction.wake(), retentionInterval);
  keys.unref();
  periods.unref();
  return {
    stop: async () => {
      clearInterval(keys);
      clearInterval(periods);
      await services.rotation.stop();
      await destruction.stop();
    },
  };
}
