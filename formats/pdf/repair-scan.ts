// The places of a damaged PDF where an object or a trailer seems to begin, in the order of the file.
import type { ByteSource } from './source.ts';

/** Where `n g obj` or `trailer` stands. */
export interface Mark {
  readonly kind: 'object' | 'trailer';
  readonly offset: number;
}

const windowSize = 256 * 1024;
/** Bytes read again before each window: a number, a generation and the word before them. */
const overlap = 64;
const [zero, nine] = [48, 57];
const white: ReadonlySet<number | undefined> = new Set([0, 9, 10, 12, 13, 32]);

/**
 * @param from asked after each mark: nothing before that offset is looked at (what a stream holds is no part of the file)
 */
export async function* findMarks(source: ByteSource, from: () => number): AsyncGenerator<Mark> {
  for (let start = 0; start < source.size; start += windowSize) {
    if (from() >= start + windowSize) continue;
    const base = Math.max(0, start - overlap);
    const bytes = await source.read(base, start - base + windowSize + overlap);
    // A mark belongs to the window in which its keyword begins.
    const end = Math.min(bytes.length, start - base + windowSize);
    for (let at = start - base; at < end; at++) {
      const mark = markAt(bytes, at, base);
      if (mark === null || mark.offset < from()) continue;
      yield mark;
      at = Math.max(at, from() - base - 1);
    }
  }
}

function markAt(bytes: Uint8Array, at: number, base: number): Mark | null {
  const code = bytes[at];
  // o of obj, t of trailer
  if (code === 111) {
    if (bytes[at + 1] !== 98 || bytes[at + 2] !== 106) return null;
    const offset = objectStart(bytes, at);
    return offset === null ? null : { kind: 'object', offset: base + offset };
  }
  if (code !== 116 || (at > 0 && !white.has(bytes[at - 1]))) return null;
  return String.fromCharCode(...bytes.subarray(at, at + 7)) === 'trailer'
    ? { kind: 'trailer', offset: base + at }
    : null;
}

/** Back over white space, generation, white space and number; null where they are not there. */
function objectStart(bytes: Uint8Array, keyword: number): number | null {
  let at = keyword;
  for (let word = 0; word < 2; word++) {
    const end = at;
    while (at > 0 && white.has(bytes[at - 1])) at--;
    if (at === end) return null;
    const last = at;
    while (at > 0 && isDigit(bytes[at - 1])) at--;
    if (at === last) return null;
  }
  return at;
}

function isDigit(code: number | undefined): boolean {
  return code !== undefined && code >= zero && code <= nine;
}
