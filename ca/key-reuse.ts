// One key, one subject, one purpose, for its whole life; and never again after it was lost.
import type { Database, Writer } from '../storage/database.ts';
import { CaError } from './errors.ts';
import type { Profile } from './profile.ts';
import { usesOfKey, type Intention } from './store.ts';

/** A person's pseudonym is new in every certificate, so it is left out where subjects are compared. */
function lasting(subject: string): string {
  return subject.replace(/(^|,)serialNumber=[0-9A-F]{32}(?=,|$)/, '');
}

/**
 * Refuses a key that is certified already for somebody or something else. The same subject may have it certified again
 * for the same purpose: that is a renewal. An organisation's new name takes a new key.
 * @throws CaError `key-reused`, `key-compromised`.
 */
export async function requireFreshKey(
  tx: Writer,
  engine: Database['engine'],
  intention: Intention,
  profile: Profile,
): Promise<void> {
  for (const use of await usesOfKey(tx, engine, intention.keyId)) {
    if (use.compromised) {
      throw new CaError('key-compromised', 'The key was revoked as compromised: make a new one.');
    }
    if (
      use.profile !== profile.name ||
      use.subjectKey !== intention.subjectKey ||
      lasting(use.subject) !== lasting(intention.subject)
    ) {
      throw new CaError(
        'key-reused',
        'The key is certified already, for another subject or purpose: make a new one.',
      );
    }
  }
}
