// Random identifiers of identity's records.
import { toHex } from '../formats/bytes.ts';
import type { RandomBytes } from '../crypto/clock.ts';

/** `<prefix>_` and 128 random bits in lower-case hexadecimal. */
export function randomIdentifier(
  prefix: 'key' | 'psn' | 'aut' | 'otc' | 'scn' | 'ntc' | 'msg',
  random: RandomBytes,
): string {
  return `${prefix}_${toHex(random(16))}`;
}
