// DER writing: every function answers one complete value in its only valid form.
import { compareBytes, joinBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { TAG } from './der.ts';
import { encodeOidContent } from './oid.ts';

/** Identifier and shortest length of a value whose content of `length` bytes follows separately. */
export function header(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length);
  const octets: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  return Uint8Array.of(tag, 0x80 | octets.length, ...octets);
}

/** Bytes of a whole value whose content has `length` bytes. */
export function taggedSize(length: number): number {
  let octets = 2;
  if (length >= 0x80) for (let left = length; left > 0; left = Math.floor(left / 256)) octets += 1;
  return octets + length;
}

/**
 * Writes values one after another into bytes measured before with `taggedSize`: for what is made very often, where an
 * array for each value costs more than its content.
 */
export class DerSink {
  readonly bytes: Uint8Array;
  #at = 0;

  /** @param bytes - where to write; of its own memory unless told otherwise. */
  constructor(size: number, bytes: Uint8Array = new Uint8Array(size)) {
    this.bytes = bytes;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  /** Begins anew, over what was written. */
  rewind(): this {
    this.#at = 0;
    return this;
  }

  /** Identifier and shortest length. */
  header(tag: number, length: number): this {
    this.octet(tag);
    if (length < 0x80) return this.octet(length);
    if (length < 0x100) return this.octet(0x81).octet(length);
    if (length < 0x10000)
      return this.octet(0x82)
        .octet(length >> 8)
        .octet(length & 0xff);
    return this.raw(header(tag, length).subarray(1));
  }

  /** A complete value, or content. */
  raw(value: Uint8Array): this {
    this.bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  octet(value: number): this {
    this.bytes[this.#at] = value;
    this.#at += 1;
    return this;
  }

  /** So many decimal digits. */
  digits(value: number, count: number): this {
    let left = value;
    for (let place = count - 1; place >= 0; place -= 1) {
      this.bytes[this.#at + place] = 0x30 + (left % 10);
      left = Math.floor(left / 10);
    }
    this.#at += count;
    return this;
  }
}

const encoder = new TextEncoder();
/** The identifiers that are written are few and come again and again. */
const writtenOids = new Map<string, Uint8Array>();

/** Identifier, shortest length, content. */
export function tagged(tag: number, content: Uint8Array): Uint8Array {
  const length = content.length;
  if (length < 0x80) {
    const short = new Uint8Array(2 + length);
    short[0] = tag;
    short[1] = length;
    short.set(content, 2);
    return short;
  }
  const start = header(tag, length);
  const value = new Uint8Array(start.length + length);
  value.set(start);
  value.set(content, start.length);
  return value;
}

export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return tagged(TAG.sequence, joinBytes(members));
}

/** SET OF: members sorted by their encodings (X.690 clause 11.6). */
export function setOf(members: readonly Uint8Array[], tag: number = TAG.set): Uint8Array {
  return tagged(tag, joinBytes(members.toSorted(compareBytes)));
}

/** `[number] EXPLICIT`. */
export function explicit(number: number, value: Uint8Array): Uint8Array {
  return tagged(0xa0 | number, value);
}

/** `[number] IMPLICIT` of a primitive type, by its content. */
export function implicitPrimitive(number: number, content: Uint8Array): Uint8Array {
  return tagged(0x80 | number, content);
}

/** `[number] IMPLICIT` of a constructed type, by its members. */
export function implicitConstructed(number: number, ...members: readonly Uint8Array[]): Uint8Array {
  return tagged(0xa0 | number, joinBytes(members));
}

/** INTEGER from a non-negative safe number. */
export function integer(value: number, tag: number = TAG.integer): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new FormatError('value-out-of-range', 'An INTEGER to write must be a non-negative safe number.');
  }
  const octets: number[] = [];
  let left = value;
  do {
    octets.unshift(left % 256);
    left = Math.floor(left / 256);
  } while (left > 0);
  if ((octets[0] ?? 0) >= 128) octets.unshift(0);
  return tagged(tag, Uint8Array.from(octets));
}

/** Content of an INTEGER from an unsigned big-endian magnitude: leading zeros go, and one comes where the top bit is set. */
export function integerMagnitude(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1;
  const first = magnitude[start] ?? 0;
  if (first < 128) return magnitude.length === 0 ? Uint8Array.of(0) : magnitude.subarray(start);
  return start > 0 ? magnitude.subarray(start - 1) : joinBytes([Uint8Array.of(0), magnitude]);
}

/** INTEGER from an unsigned big-endian magnitude. */
export function unsignedInteger(magnitude: Uint8Array): Uint8Array {
  return tagged(TAG.integer, integerMagnitude(magnitude));
}

/** INTEGER from two's-complement content that is minimal already (a serial number or nonce read before). */
export function integerContent(content: Uint8Array): Uint8Array {
  return tagged(TAG.integer, content);
}

export function oid(text: string): Uint8Array {
  const known = writtenOids.get(text);
  if (known !== undefined) return known;
  const written = tagged(TAG.oid, encodeOidContent(text));
  if (writtenOids.size < 1024) writtenOids.set(text, written);
  return written;
}

export function octetString(content: Uint8Array): Uint8Array {
  return tagged(TAG.octetString, content);
}

/** BIT STRING of whole octets. */
export function bitString(octets: Uint8Array): Uint8Array {
  return tagged(TAG.bitString, joinBytes([Uint8Array.of(0), octets]));
}

/** BIT STRING with named bits: trailing zero bits are cut (X.690 clause 11.2.2). */
export function namedBits(bits: Iterable<number>, tag: number = TAG.bitString): Uint8Array {
  const set = [...bits];
  if (set.length === 0) return tagged(tag, Uint8Array.of(0));
  const last = Math.max(...set);
  const content = new Uint8Array(2 + Math.floor(last / 8));
  content[0] = 7 - (last % 8);
  for (const bit of set) {
    const at = 1 + Math.floor(bit / 8);
    content[at] = (content[at] ?? 0) | (0x80 >> (bit % 8));
  }
  return tagged(tag, content);
}

export function boolean(value: boolean): Uint8Array {
  return tagged(TAG.boolean, Uint8Array.of(value ? 0xff : 0x00));
}

export function nullValue(): Uint8Array {
  return tagged(TAG.null, new Uint8Array(0));
}

export function utf8String(text: string): Uint8Array {
  return tagged(TAG.utf8String, encoder.encode(text));
}

/** @throws FormatError `value-out-of-range` outside the PrintableString alphabet (X.680 clause 41.4). */
export function printableString(text: string): Uint8Array {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)) {
    throw new FormatError('value-out-of-range', 'The text has a character that PrintableString lacks.');
  }
  return tagged(TAG.printableString, encoder.encode(text));
}

/** ASCII content for IA5String (or an implicit tag over it). */
export function ia5String(text: string, tag: number = TAG.ia5String): Uint8Array {
  const content = encoder.encode(text);
  if (content.some((octet) => octet > 127)) {
    throw new FormatError('value-out-of-range', 'The text has a character that IA5String lacks.');
  }
  return tagged(tag, content);
}
