// Identifiers of seals, stamps and receipts: a prefix and 128 random bits.
import type { RandomBytes } from '../crypto/clock.ts';
import { toHex } from '../formats/bytes.ts';

/** @returns e.g. `stp_` and 32 lower-case hex digits. */
export function newIdentifier(
  prefix: 'seal' | 'stp' | 'rcp' | 'sap' | 'sau' | 'apr' | 'stb',
  random: RandomBytes,
): string {
  return `${prefix}_${toHex(random(16))}`;
}
