// Strict UTF-8 of short texts: the letters of names and words read at once, all else by the platform's own decoder.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Above, the platform's decoder is faster than reading letter by letter. */
const shortText = 256;

/** One, two or three octets are one UTF-16 unit; null where something else stands, sound or not. */
function unitsOf(bytes: Uint8Array, start: number, end: number): number[] | null {
  const units: number[] = [];
  for (let at = start; at < end;) {
    const first = bytes[at] ?? 0;
    if (first < 0x80) {
      units.push(first);
      at += 1;
      continue;
    }
    const second = (bytes[at + 1] ?? 0) ^ 0x80;
    if (second > 0x3f || at + 2 > end) return null;
    if (first >= 0xc2 && first < 0xe0) {
      units.push(((first & 0x1f) << 6) | second);
      at += 2;
      continue;
    }
    const third = (bytes[at + 2] ?? 0) ^ 0x80;
    if (third > 0x3f || at + 3 > end || (first & 0xf0) !== 0xe0) return null;
    const unit = ((first & 0x0f) << 12) | (second << 6) | third;
    // A longer form than needed, or half of a surrogate pair.
    if (unit < 0x800 || (unit & 0xf800) === 0xd800) return null;
    units.push(unit);
    at += 3;
  }
  return units;
}

/** The text from `start` to `end`, a leading byte order mark kept. @throws TypeError where it is not UTF-8 */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  const units = end - start > shortText ? null : unitsOf(bytes, start, end);
  return units === null ? decoder.decode(bytes.subarray(start, end)) : String.fromCharCode(...units);
}
