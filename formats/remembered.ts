// A bounded memory of what a pure parser answered: the same certificates and lists are read over and over.
import { sameBytes } from './bytes.ts';

export interface Memory {
  /** Values kept; those unused for longest are forgotten first, half of them at once. */
  readonly entries: number;
  /** Longest input kept, in bytes: what is larger is parsed each time. */
  readonly longest: number;
}

/** FNV-1a over 32 bits: finds the place only; the bytes themselves are compared. */
function placeOf(bytes: Uint8Array): number {
  let place = 0x811c9dc5;
  for (const byte of bytes) place = Math.imul(place ^ byte, 0x01000193);
  return place;
}

/**
 * `parse`, answering equal bytes with the value it gave before. Refusals are not kept.
 * @param parse depends on its argument alone; its values are never changed by those who get them, nor are arrays in them
 */
export function remembered<T>(parse: (bytes: Uint8Array) => T, memory: Memory): (bytes: Uint8Array) => T {
  interface Kept {
    readonly bytes: Uint8Array;
    readonly value: T;
  }
  // Two generations: to forget the older one whole costs less than to forget one by one.
  const most = memory.entries / 2;
  let young = new Map<number, Kept>();
  let old = new Map<number, Kept>();
  const keep = (place: number, each: Kept): void => {
    if (young.size >= most) {
      old = young;
      young = new Map();
    }
    young.set(place, each);
  };
  return (bytes) => {
    if (bytes.length > memory.longest) return parse(bytes);
    const place = placeOf(bytes);
    const recent = young.get(place);
    if (recent !== undefined && sameBytes(recent.bytes, bytes)) return recent.value;
    const earlier = old.get(place);
    if (earlier !== undefined && sameBytes(earlier.bytes, bytes)) {
      keep(place, earlier);
      return earlier.value;
    }
    // The value's views must not lie in memory that a caller may write to again.
    const own = new Uint8Array(bytes);
    const value = parse(own);
    keep(place, { bytes: own, value });
    return value;
  };
}
