// Settles at start what a crash left between intention and completion; nothing is signed again.
import type { CaParts } from './parts.ts';
import { abandonIntentions } from './store.ts';

/** With several nodes another one may be issuing right now; no issuance takes this long. */
const PATIENCE = 10 * 60 * 1000;

/**
 * Marks open intentions as abandoned. A certificate that a crashed process did sign never left it, its serial stays
 * taken, and OCSP answers it like one never issued.
 * @returns how many were abandoned.
 */
export async function settleIssuance(parts: Pick<CaParts, 'database' | 'clock'>): Promise<number> {
  const { database, clock } = parts;
  const alone = database.engine === 'sqlite';
  const before = new Date(clock().getTime() + (alone ? 1 : -PATIENCE));
  return database.write((tx) => abandonIntentions(tx, before));
}
