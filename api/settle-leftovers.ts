// What a crash left between an intention and its completion, settled at start-up, room by room.
import { settleEnrolments } from '../ca/enrol-settle.ts';
import { settleForeign } from '../ca/foreign-credential.ts';
import { settleRequests } from '../ca/requests.ts';
import { settleLicenseBatches } from '../licenses/batch-runner.ts';
import { settleCopies } from '../licenses/copy.ts';
import { settleLicenses } from '../licenses/settle.ts';
import { settleApplications } from '../signing/seal-applications.ts';
import { settleSeals } from '../signing/seal-register.ts';
import { settleStampBatches } from '../signing/stamp-batch-runner.ts';
import { settlePrepared } from '../signing/stamp-prepared.ts';
import { settleStamps } from '../signing/stamp.ts';
import type { Log } from './log.ts';
import type { Services } from './services.ts';

/** With several nodes on one database another node's work is left alone for so long. */
const patience = 10 * 60_000;

/** Marks what was under way when the last process died; nothing is signed again. */
export async function settleLeftovers(services: Services, log: Log): Promise<void> {
  const now = services.clock().getTime();
  const before = new Date(services.database.engine === 'sqlite' ? now + 1 : now - patience);
  const settled = {
    seals: await settleSeals(services, before),
    sealApplications: await settleApplications(services.seals, before),
    licenses: await settleLicenses(services, before),
    licenseCopies: await settleCopies(services, before),
    licenseBatches: await settleLicenseBatches(services, before),
    preparedStamps: await settlePrepared(services, before),
    stampBatches: await settleStampBatches(services, before),
    stamps: await settleStamps(services, before),
    enrolments: await settleEnrolments(services, before),
    foreignRequests: await settleForeign(services, before),
    officerRequests: await settleRequests(services, before),
  };
  if (Object.values(settled).some((count) => count > 0)) log.warn(settled, 'left-overs of a crash settled');
}
