// Strict DER reading: definite minimal lengths, minimal values, nothing trailing, bounded; original bytes are kept.
import { compareBytes } from '../bytes.ts';
import { FormatError, type FormatErrorCode } from '../errors.ts';
import { checkOidContent, decodeOidContent } from './oid.ts';

/** Identifier octets of the universal types in use (X.690 clause 8.1.2, tag numbers below 31 only). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** How much a caller is willing to read. */
export interface DerLimits {
  /** Largest whole value in bytes. */
  readonly maxBytes: number;
  /** Deepest nesting of constructed values. */
  readonly maxDepth: number;
  /** `any` where the standard lets the sender write BER, so SET OF may come unsorted (RFC 5652 section 5.1). */
  readonly setOrder?: 'sorted' | 'any';
}

/** One value as found. Both arrays are views into the bytes it was read from. */
export interface DerElement {
  /** The identifier octet. */
  readonly tag: number;
  /** Identifier, length and content. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

interface Header {
  readonly tag: number;
  readonly contentStart: number;
  readonly end: number;
}

/** A value where it stands; its views are made when they are asked for, which mostly one of them is. */
class FoundElement implements DerElement {
  readonly tag: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #contentStart: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, header: Header) {
    this.tag = header.tag;
    this.#bytes = bytes;
    this.#start = start;
    this.#contentStart = header.contentStart;
    this.#end = header.end;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  get content(): Uint8Array {
    return this.#bytes.subarray(this.#contentStart, this.#end);
  }
}

function readHeader(bytes: Uint8Array, start: number, limit: number): Header {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined || start + 2 > limit) {
    throw new FormatError('der-malformed', 'A DER value ends before its length.');
  }
  if ((tag & 0x1f) === 0x1f)
    throw new FormatError('der-malformed', 'A DER tag number above 30 is not used here.');
  if (tag === 0) throw new FormatError('der-malformed', 'A DER value has the reserved tag 0.');
  if (first === 0x80) {
    throw new FormatError('ber-indefinite-length', 'The value uses BER indefinite length; DER is required.');
  }
  let contentStart = start + 2;
  let length = first;
  if (first > 0x80) {
    const count = first & 0x7f;
    if (count > 4) throw new FormatError('der-malformed', 'A DER length has more than four octets.');
    length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[contentStart + index] ?? 0);
    contentStart += count;
    if (contentStart > limit) throw new FormatError('der-malformed', 'A DER value ends inside its length.');
    if (length < 0x80 || length < 256 ** (count - 1)) {
      throw new FormatError('der-malformed', 'A DER length is not in its shortest form.');
    }
  }
  const end = contentStart + length;
  if (end > limit) throw new FormatError('der-malformed', 'A DER value is longer than what holds it.');
  return { tag, contentStart, end };
}

/**
 * Whole length in bytes of the DER value that `bytes` starts with, whatever follows it (a PDF pads its signature with zeros).
 * @throws FormatError `der-malformed`, `ber-indefinite-length`.
 */
export function derLength(bytes: Uint8Array): number {
  return readHeader(bytes, 0, bytes.length).end;
}

function checkPrimitive(bytes: Uint8Array, { tag, contentStart, end }: Header): void {
  const length = end - contentStart;
  const first = bytes[contentStart] ?? 0;
  const second = bytes[contentStart + 1] ?? 0;
  let sound = true;
  if (tag === TAG.boolean) sound = length === 1 && (first === 0x00 || first === 0xff);
  else if (tag === TAG.integer || tag === TAG.enumerated) {
    sound =
      length > 0 && !(length > 1 && ((first === 0 && second < 128) || (first === 0xff && second >= 128)));
  } else if (tag === TAG.bitString) {
    const last = bytes[end - 1] ?? 0;
    sound = length > 0 && first < 8 && (length > 1 ? (last & ((1 << first) - 1)) === 0 : first === 0);
  } else if (tag === TAG.null) sound = length === 0;
  else if (tag === TAG.oid) sound = checkOidContent(bytes, contentStart, end);
  else if (tag === 0x10 || tag === 0x11) sound = false;
  if (!sound)
    throw new FormatError('der-malformed', `A DER value with tag ${tag} is not in its only valid form.`);
}

function checkValue(
  bytes: Uint8Array,
  start: number,
  limit: number,
  depth: number,
  limits: DerLimits,
): number {
  const header = readHeader(bytes, start, limit);
  if ((header.tag & 0x20) === 0) {
    checkPrimitive(bytes, header);
    return header.end;
  }
  if (header.tag < 0x40 && header.tag !== TAG.sequence && header.tag !== TAG.set) {
    throw new FormatError('der-malformed', 'A DER string is split into pieces; only BER allows that.');
  }
  if (depth >= limits.maxDepth) throw new FormatError('der-too-deep', 'DER values are nested too deeply.');
  const ordered = header.tag === TAG.set && limits.setOrder !== 'any';
  let previous = header.contentStart;
  let position = header.contentStart;
  while (position < header.end) {
    const next = checkValue(bytes, position, header.end, depth + 1, limits);
    if (ordered && previous < position) {
      if (compareBytes(bytes.subarray(previous, position), bytes.subarray(position, next)) > 0) {
        throw new FormatError('der-malformed', 'The members of a DER SET OF are not sorted.');
      }
    }
    previous = position;
    position = next;
  }
  return header.end;
}

/**
 * Reads one DER value: the whole of it is checked first, then `read` walks it, and every byte must have been consumed.
 * @param code - thrown where the value is sound DER but not the structure that `read` expects.
 * @throws FormatError `der-malformed`, `der-too-deep`, `der-too-large`, `trailing-bytes`, `ber-indefinite-length`, `code`.
 */
export function readDer<T>(
  bytes: Uint8Array,
  limits: DerLimits,
  code: FormatErrorCode,
  read: (reader: DerReader) => T,
): T {
  // A Buffer's views are Buffers, whose slice() shares memory: from here on everything is plain bytes.
  const whole = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  if (whole.length > limits.maxBytes) {
    throw new FormatError('der-too-large', `The DER value is larger than ${limits.maxBytes} bytes.`);
  }
  const end = checkValue(whole, 0, whole.length, 0, limits);
  if (end !== whole.length) throw new FormatError('trailing-bytes', 'Bytes follow the end of the DER value.');
  const reader = new DerReader(whole, code);
  const value = read(reader);
  reader.end();
  return value;
}

/** Walks the members of one constructed value that `readDer` has found sound. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #code: FormatErrorCode;
  readonly #start: number;
  readonly #end: number;
  #position: number;

  /** @param start - where in `bytes` to begin. @param end - and where to end. */
  constructor(bytes: Uint8Array, code: FormatErrorCode, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#code = code;
    this.#start = start;
    this.#end = end;
    this.#position = start;
  }

  /** The refusal to throw where a value is not what its structure says. */
  refusal(message: string, cause?: unknown): FormatError {
    return new FormatError(this.#code, message, cause === undefined ? undefined : { cause });
  }

  /** A reader over the content of an element read before, with the same refusal code. */
  over(content: Uint8Array): DerReader {
    return new DerReader(content, this.#code);
  }

  /** Everything this reader walks over, read or not. */
  get bytes(): Uint8Array {
    const whole = this.#start === 0 && this.#end === this.#bytes.length;
    return whole ? this.#bytes : this.#bytes.subarray(this.#start, this.#end);
  }

  /** Identifier octet of the next member, null at the end. */
  peek(): number | null {
    return this.#position < this.#end ? (this.#bytes[this.#position] ?? null) : null;
  }

  /** Passes the next member, which must have the tag where one is asked for. */
  #next(tag: number | undefined): Header {
    const found = this.peek();
    if (found === null) throw this.refusal('A required value is missing.');
    if (tag !== undefined && found !== tag)
      throw this.refusal(`A value has tag ${found} where ${tag} is required.`);
    const header = readHeader(this.#bytes, this.#position, this.#end);
    this.#position = header.end;
    return header;
  }

  /** Content of the next member. */
  #content(tag: number): Uint8Array {
    const { contentStart, end } = this.#next(tag);
    return this.#bytes.subarray(contentStart, end);
  }

  /** The next member whatever it is, or one with the tag asked for. */
  element(tag?: number): DerElement {
    const start = this.#position;
    return new FoundElement(this.#bytes, start, this.#next(tag));
  }

  /** Passes the next member unread. */
  skip(): void {
    this.#next(undefined);
  }

  /** Walks into the next member, which must have `tag`; all of it must be consumed by `read`. */
  inside<T>(tag: number, read: (reader: DerReader) => T): T {
    const { contentStart, end } = this.#next(tag);
    const inner = new DerReader(this.#bytes, this.#code, contentStart, end);
    const value = read(inner);
    inner.end();
    return value;
  }

  /** As `inside` where the next member has `tag`, otherwise null and nothing is consumed. */
  optional<T>(tag: number, read: (reader: DerReader) => T): T | null {
    return this.peek() === tag ? this.inside(tag, read) : null;
  }

  sequence<T>(read: (reader: DerReader) => T): T {
    return this.inside(TAG.sequence, read);
  }

  /** Every remaining member, each read by `read`. */
  every<T>(read: (reader: DerReader) => T): T[] {
    const values: T[] = [];
    while (this.#position < this.#end) values.push(read(this));
    return values;
  }

  /** Two's-complement content of an INTEGER, minimal, at most `maxLength` octets. */
  integer(maxLength = 64): Uint8Array {
    const content = this.#content(TAG.integer);
    if (content.length > maxLength) throw this.refusal(`An INTEGER is longer than ${maxLength} octets.`);
    return content;
  }

  /** A non-negative INTEGER (or the type with `tag`) below 2^31. */
  smallInteger(tag: number = TAG.integer): number {
    const content = this.#content(tag);
    const first = content[0];
    if (first === undefined || first >= 128 || content.length > 4) {
      throw this.refusal('A small INTEGER is negative or too large.');
    }
    return content.reduce((value, octet) => value * 256 + octet, 0);
  }

  oid(): string {
    const { contentStart, end } = this.#next(TAG.oid);
    return decodeOidContent(this.#bytes, contentStart, end);
  }

  boolean(): boolean {
    return this.#content(TAG.boolean)[0] === 0xff;
  }

  octetString(): Uint8Array {
    return this.#content(TAG.octetString);
  }

  /** A BIT STRING that must be whole octets (signatures, public keys). */
  bitStringOctets(): Uint8Array {
    const { contentStart, end } = this.#next(TAG.bitString);
    if (contentStart === end || this.#bytes[contentStart] !== 0)
      throw this.refusal('A BIT STRING of whole octets has unused bits.');
    return this.#bytes.subarray(contentStart + 1, end);
  }

  /** Throws where a member is left. */
  end(): void {
    if (this.#position !== this.#end) throw this.refusal('A structure has a member that does not belong.');
  }
}

/** Positions of the set bits of a BIT STRING's content (first octet = unused bits), bit 0 first. */
export function bitsOf(content: Uint8Array): Set<number> {
  const bits = new Set<number>();
  for (let index = 1; index < content.length; index += 1) {
    const octet = content[index] ?? 0;
    for (let bit = 0; bit < 8; bit += 1) if ((octet & (0x80 >> bit)) !== 0) bits.add((index - 1) * 8 + bit);
  }
  return bits;
}
