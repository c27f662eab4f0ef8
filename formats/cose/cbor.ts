// Deterministic CBOR, the subset our codes use (RFC 8949 §4.2.1): integers, byte and text strings, arrays, integer-keyed maps.
import { compareBytes, joinBytes, shortLived } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';

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

const encoder = new TextEncoder();

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

/** Octets of the head of a string of so many bytes, fewer than 2^16. */
function headSize(length: number): number {
  return length < 24 ? 1 : length < 0x100 ? 2 : 3;
}

/**
 * Byte strings one after another, behind what comes before them; written at once, without a piece of its own for each.
 * @throws FormatError `cbor-malformed` on a string of 2^16 bytes or more
 */
export function encodeByteStrings(start: Uint8Array, strings: readonly Uint8Array[]): Uint8Array {
  let size = start.length;
  for (const { length } of strings) {
    if (length >= 0x1_0000) throw new FormatError('cbor-malformed', 'A byte string is too long.');
    size += headSize(length) + length;
  }
  const written = shortLived(size);
  written.set(start);
  let at = start.length;
  for (const bytes of strings) {
    const { length } = bytes;
    const argument = length < 24 ? length : length < 0x100 ? 24 : 25;
    written[at++] = (BYTES << 5) | argument;
    if (argument === 25) written[at++] = length >> 8;
    if (argument > 23) written[at++] = length;
    written.set(bytes, at);
    at += length;
  }
  return written;
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
    const bytes = encoder.encode(value);
    return joinBytes([head(TEXT, bytes.length), bytes]);
  }
  if (value instanceof Uint8Array) return joinBytes([head(BYTES, value.length), value]);
  if (value instanceof Map) {
    const pairs = [...(value as CborMap)].map(([key, item]) => ({
      key: encodeInteger(key),
      item: encodeCbor(item),
    }));
    pairs.sort((a, b) => compareBytes(a.key, b.key));
    return joinBytes([head(MAP, pairs.length), ...pairs.flatMap(({ key, item }) => [key, item])]);
  }
  const items = value as readonly CborValue[];
  return joinBytes([head(ARRAY, items.length), ...items.map(encodeCbor)]);
}

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #limits: CborLimits;
  #at = 0;
  /** Major type of the head read last. */
  #major = 0;

  constructor(bytes: Uint8Array, limits: CborLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  get finished(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Passes over so many bytes. @returns where they start */
  #pass(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start)
      throw new FormatError('cbor-malformed', 'The CBOR data ends too early.');
    this.#at = start + length;
    return start;
  }

  /** Long strings are views of what is read. */
  #byteString(length: number): Uint8Array {
    const start = this.#pass(length);
    if (length > 64) return this.#bytes.subarray(start, this.#at);
    // For so few, a view of them costs more than they do.
    const copy = new Uint8Array(length);
    for (let at = 0; at < length; at++) copy[at] = this.#bytes[start + at] ?? 0;
    return copy;
  }

  #octet(): number {
    const octet = this.#bytes[this.#at];
    if (octet === undefined) throw new FormatError('cbor-malformed', 'The CBOR data ends too early.');
    this.#at += 1;
    return octet;
  }

  /** Reads a head. @returns its argument; its major type stands in `#major` until the next one is read */
  #head(): number {
    const lead = this.#octet();
    const short = lead & 31;
    this.#major = lead >> 5;
    if (this.#major > MAP)
      throw new FormatError('cbor-malformed', 'Tags, floats and simple values are not allowed here.');
    if (short < 24) return short;
    if (short > 27) throw new FormatError('cbor-malformed', 'Indefinite lengths are not allowed here.');
    const width = 1 << (short - 24);
    let argument = 0;
    for (let count = 0; count < width; count++) argument = argument * 256 + this.#octet();
    const least = width === 1 ? 24 : 256 ** (width / 2);
    if (argument < least) throw new FormatError('cbor-malformed', 'A CBOR head is not in its shortest form.');
    if (!Number.isSafeInteger(argument)) throw new FormatError('cbor-malformed', 'An integer is too large.');
    return argument;
  }

  value(depth: number): CborValue {
    const argument = this.#head();
    switch (this.#major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        if (argument === Number.MAX_SAFE_INTEGER)
          throw new FormatError('cbor-malformed', 'An integer is too large.');
        return -1 - argument;
      case BYTES:
        return this.#byteString(argument);
      case TEXT:
        return this.#text(argument);
      default:
        if (depth >= this.#limits.maxDepth)
          throw new FormatError('cbor-malformed', 'The CBOR data is nested too deep.');
        if (argument > this.#limits.maxItems)
          throw new FormatError('cbor-malformed', 'An array or map has too many items.');
        return this.#major === ARRAY ? this.#array(argument, depth) : this.#map(argument, depth);
    }
  }

  #text(length: number): string {
    const start = this.#pass(length);
    try {
      return decodeUtf8(this.#bytes, start, this.#at);
    } catch (cause) {
      throw new FormatError('cbor-malformed', 'A text string is not UTF-8.', { cause });
    }
  }

  #array(length: number, depth: number): readonly CborValue[] {
    const items: CborValue[] = [];
    for (let item = 0; item < length; item++) items.push(this.value(depth + 1));
    return items;
  }

  #map(length: number, depth: number): CborMap {
    const map = new Map<number, CborValue>();
    // Heads in their shortest form are ordered as their numbers are, those of one major type before the next one's.
    let before = { major: UNSIGNED, argument: -1 };
    for (let pair = 0; pair < length; pair++) {
      const argument = this.#head();
      const major = this.#major;
      if (major > NEGATIVE) throw new FormatError('cbor-malformed', 'A map key is not an integer.');
      if (major < before.major || (major === before.major && argument <= before.argument))
        throw new FormatError('cbor-malformed', 'Map keys are repeated or out of order.');
      before = { major, argument };
      map.set(major === NEGATIVE ? -1 - argument : argument, this.value(depth + 1));
    }
    return map;
  }
}

/**
 * Reads exactly one value and refuses every other spelling of it.
 * @param bytes are not written to afterwards: long byte strings in the value are views of them
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
