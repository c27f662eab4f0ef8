// Deterministic CBOR, the subset our codes use (RFC 8949 §4.2.1): integers, byte and text strings, arrays, integer-keyed maps.
import { FormatError } from '../errors.ts';

/** What may stand in a code. Integers are safe JavaScript integers; maps have integer keys only. */
export type CborValue = number | string | Uint8Array | readonly CborValue[] | CborMap;
/** A map as codes use it: keys are integers. */
export type CborMap = ReadonlyMap<number, CborValue>;

/** Bounds a reader sets before it reads. */
export interface CborLimits {
  /** Whole input in bytes. */
  readonly maxBytes: number;
  /** How many arrays and maps may stand inside one another; 0 allows a plain value only. */
  readonly maxDepth: number;
  /** Elements of one array, or pairs of one map. */
  readonly maxItems: number;
}

/** Limits of everything that travels in a printed code: 1,200 digits hold fewer than 500 bytes. */
export const CODE_LIMITS: CborLimits = { maxBytes: 512, maxDepth: 3, maxItems: 64 };

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

function head(major: number, argument: number): Uint8Array {
  const lead = major << 5;
  if (argument < 24) return Uint8Array.of(lead | argument);
  if (argument < 0x100) return Uint8Array.of(lead | 24, argument);
  if (argument < 0x1_0000) return Uint8Array.of(lead | 25, argument >> 8, argument & 0xff);
  const wide = argument >= 0x1_0000_0000;
  const bytes = new Uint8Array(wide ? 9 : 5);
  const view = new DataView(bytes.buffer);
  bytes[0] = lead | (wide ? 27 : 26);
  if (wide) view.setBigUint64(1, BigInt(argument));
  else view.setUint32(1, argument);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function encodeInteger(value: number): Uint8Array {
  if (!Number.isSafeInteger(value))
    throw new FormatError('cbor-malformed', 'Only safe integers can be written.');
  return value < 0 ? head(NEGATIVE, -1 - value) : head(UNSIGNED, value);
}

/**
 * Writes one value in its only allowed form: shortest heads, map keys in bytewise order of their encodings.
 * @throws FormatError `cbor-malformed` on a fraction, an unsafe integer or text with a lone surrogate.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  if (typeof value === 'number') return encodeInteger(value);
  if (typeof value === 'string') {
    if (!value.isWellFormed())
      throw new FormatError('cbor-malformed', 'Text with a lone surrogate cannot be written.');
    const bytes = new TextEncoder().encode(value);
    return concat([head(TEXT, bytes.length), bytes]);
  }
  if (value instanceof Uint8Array) return concat([head(BYTES, value.length), value]);
  if (value instanceof Map) {
    const pairs = [...(value as CborMap)].map(([key, item]) => ({
      key: encodeInteger(key),
      item: encodeCbor(item),
    }));
    pairs.sort((a, b) => compareBytes(a.key, b.key));
    return concat([head(MAP, pairs.length), ...pairs.flatMap(({ key, item }) => [key, item])]);
  }
  const items = value as readonly CborValue[];
  return concat([head(ARRAY, items.length), ...items.map(encodeCbor)]);
}

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #limits: CborLimits;
  #at = 0;

  constructor(bytes: Uint8Array, limits: CborLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  get finished(): boolean {
    return this.#at === this.#bytes.length;
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at)
      throw new FormatError('cbor-malformed', 'The CBOR data ends too early.');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #head(): { readonly major: number; readonly argument: number } {
    const [lead = 0] = this.#take(1);
    const major = lead >> 5;
    const short = lead & 31;
    if (major > MAP)
      throw new FormatError('cbor-malformed', 'Tags, floats and simple values are not allowed here.');
    if (short < 24) return { major, argument: short };
    if (short > 27) throw new FormatError('cbor-malformed', 'Indefinite lengths are not allowed here.');
    const width = 1 << (short - 24);
    let argument = 0;
    for (const byte of this.#take(width)) argument = argument * 256 + byte;
    const least = width === 1 ? 24 : 256 ** (width / 2);
    if (argument < least) throw new FormatError('cbor-malformed', 'A CBOR head is not in its shortest form.');
    if (!Number.isSafeInteger(argument)) throw new FormatError('cbor-malformed', 'An integer is too large.');
    return { major, argument };
  }

  value(depth: number): CborValue {
    const { major, argument } = this.#head();
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        if (argument === Number.MAX_SAFE_INTEGER)
          throw new FormatError('cbor-malformed', 'An integer is too large.');
        return -1 - argument;
      case BYTES:
        return new Uint8Array(this.#take(argument));
      case TEXT:
        return this.#text(argument);
      default:
        if (depth >= this.#limits.maxDepth)
          throw new FormatError('cbor-malformed', 'The CBOR data is nested too deep.');
        if (argument > this.#limits.maxItems)
          throw new FormatError('cbor-malformed', 'An array or map has too many items.');
        return major === ARRAY ? this.#array(argument, depth) : this.#map(argument, depth);
    }
  }

  #text(length: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#take(length));
    } catch (cause) {
      if (cause instanceof FormatError) throw cause;
      throw new FormatError('cbor-malformed', 'A text string is not UTF-8.', { cause });
    }
  }

  #array(length: number, depth: number): readonly CborValue[] {
    return Array.from({ length }, () => this.value(depth + 1));
  }

  #map(length: number, depth: number): CborMap {
    const map = new Map<number, CborValue>();
    let before: Uint8Array = new Uint8Array();
    for (let pair = 0; pair < length; pair++) {
      const start = this.#at;
      const { major, argument } = this.#head();
      if (major > NEGATIVE) throw new FormatError('cbor-malformed', 'A map key is not an integer.');
      const encoded = this.#bytes.subarray(start, this.#at);
      if (compareBytes(before, encoded) >= 0)
        throw new FormatError('cbor-malformed', 'Map keys are repeated or out of order.');
      before = encoded;
      map.set(major === NEGATIVE ? -1 - argument : argument, this.value(depth + 1));
    }
    return map;
  }
}

/**
 * Reads exactly one value and refuses every other spelling of it.
 * @throws FormatError `cbor-malformed` on longer forms, floats, tags, simple values, indefinite lengths, repeated or
 * unsorted keys, non-integer keys, bad UTF-8, anything over `limits`; `trailing-bytes` where something follows.
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits): CborValue {
  if (bytes.length > limits.maxBytes) throw new FormatError('cbor-malformed', 'The CBOR data is too long.');
  const reader = new CborReader(bytes, limits);
  const value = reader.value(0);
  if (!reader.finished) throw new FormatError('trailing-bytes', 'Something follows the CBOR value.');
  return value;
}
