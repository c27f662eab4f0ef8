// Random bytes drawn in larger lots: one call to the source serves many small requests.
import type { RandomBytes } from './clock.ts';

const POOL = 4096;
/** Longer requests go to the source. */
const SMALL = 64;

/**
 * As `source`, which is asked less often. What was given out is wiped from the lot at once, so nothing is given twice and
 * nothing lies about.
 */
export function pooledRandom(source: RandomBytes): RandomBytes {
  let pool: Uint8Array = new Uint8Array(0);
  let at = 0;
  return (length) => {
    if (length > SMALL) return source(length);
    if (at + length > pool.length) {
      pool = source(POOL);
      at = 0;
    }
    const given = pool.slice(at, at + length);
    pool.fill(0, at, at + length);
    at += length;
    return given;
  };
}
