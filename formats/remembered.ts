// A bounded memory of what a pure parser answered: the same certificates and lists are read over and over.
import { sameBytes } from './bytes.ts';

export interface Memory {
  /** Values kept; the one unused for longest is forgotten first. */
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
  const kept = new Map<number, { readonly bytes: Uint8Array; readonly value: T }>();
  return (bytes) => {
    if (bytes.length > memory.longest) return parse(bytes);
    const place = placeOf(bytes);
    const known = kept.get(place);
    if (known !== undefined && sameBytes(known.bytes, bytes)) {
      kept.delete(place);
      kept.set(place, known);
      return known.value;
    }
    // The value's views must not lie in memory that a caller may write to again.
    const own = new Uint8Array(bytes);
    const value = parse(own);
    kept.delete(place);
    kept.set(place, { bytes: own, value });
    const oldest = kept.keys().next();
    if (kept.size > memory.entries && oldest.done !== true) kept.delete(oldest.value);
    return value;
  };
}
