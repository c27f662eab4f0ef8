// The license room put together: what issuing is given, the runner of batches, and who looks after it.
import { licenseBatchRunner } from '../licenses/batch-runner.ts';
import type { BackgroundWork } from '../storage/batch-runner.ts';
import type { LicenseParts } from '../licenses/parts.ts';
import type { VerificationDependencies } from '../verification/verify.ts';
import type { Log } from './log.ts';
import type { VerificationPool } from './verification-pool.ts';

/** Milliseconds: rows that another node had begun when it died, and rows that were kept waiting, are taken up. */
const waitingInterval = 60_000;

/** What `Services` holds of it. */
export interface LicenseWork {
  readonly licenses: LicenseParts;
  readonly licenseBatches: BackgroundWork;
}

/** @param judge verifies files that are taken over, with the facts of the moment */
export function openLicenseWork(
  parts: Omit<LicenseParts, 'judgeOriginal'>,
  judge: { readonly pool: VerificationPool; readonly facts: () => Promise<VerificationDependencies> },
  log: Log,
): LicenseWork {
  const licenses: LicenseParts = {
    ...parts,
    judgeOriginal: async (file) => judge.pool.verify({ bytes: file }, await judge.facts()),
  };
  return {
    licenses,
    licenseBatches: licenseBatchRunner(licenses, (error) =>
      log.error({ err: error }, 'a batch of licenses was interrupted'),
    ),
  };
}

/** Takes waiting batches up, now and every minute, until stopped; `stop` finishes the rows under way. */
export function keepLicenseBatches({ licenseBatches }: LicenseWork): { stop(): Promise<void> } {
  const timer = setInterval(() => licenseBatches.wake(), waitingInterval);
  timer.unref();
  licenseBatches.wake();
  return {
    stop: async () => {
      clearInterval(timer);
      await licenseBatches.stop();
    },
  };
}
