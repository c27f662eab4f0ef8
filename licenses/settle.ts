// At start-up: acts that a crash left between intention and completion are given up; nothing is signed again.
import { abandonAndTell } from './act-abandon.ts';
import type { LicenseParts } from './parts.ts';

/**
 * @param before acts intended earlier than this, normally the instant of start
 * @returns how many were given up; their identifiers are never used again
 */
export function settleLicenses(
  parts: Pick<LicenseParts, 'database' | 'audit' | 'clock'>,
  before: Date,
): Promise<number> {
  return parts.database.write((tx) => abandonAndTell(tx, parts, { before }, 'interrupted'));
}
