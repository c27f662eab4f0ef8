// BER made into DER, for the few formats whose writers may use BER: lengths become definite and shortest, split strings whole.
import { joinBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { TAG, type DerLimits } from './der.ts';
import { tagged } from './der-writer.ts';

/** Universal string types: only BER lets them come in pieces. */
const STRINGS: ReadonlySet<number> = new Set([TAG.bitString, TAG.octetString]);

/** A megabyte of empty values would become many megabytes of arrays. */
const MAX_VALUES = 1 << 16;

interface Walk {
  readonly bytes: Uint8Array;
  readonly limits: DerLimits;
  values: number;
}

interface Found {
  readonly der: Uint8Array;
  readonly end: number;
}

function malformed(message: string): FormatError {
  return new FormatError('der-malformed', message);
}

/** Where the content starts, and its length; null for indefinite length. */
function readLength(
  { bytes }: Walk,
  at: number,
  limit: number,
): { readonly start: number; readonly length: number | null } {
  const first = bytes[at];
  if (first === undefined || at >= limit) throw malformed('A BER value ends before its length.');
  if (first === 0x80) return { start: at + 1, length: null };
  if (first < 0x80) return { start: at + 1, length: first };
  const count = first & 0x7f;
  if (count > 8) throw malformed('A BER length has more than eight octets.');
  if (at + 1 + count > limit) throw malformed('A BER value ends inside its length.');
  let length = 0;
  for (let index = 1; index <= count; index += 1) length = length * 256 + (bytes[at + index] ?? 0);
  return { start: at + 1 + count, length };
}

/** The pieces of a split string, each a string of the same type. */
function joinString(tag: number, members: readonly Uint8Array[]): Uint8Array {
  const contents = members.map((member) => {
    const header = (member[1] ?? 0) < 0x80 ? 2 : 2 + ((member[1] ?? 0) & 0x7f);
    if (member[0] !== tag) throw malformed('A split BER string has a piece of another type.');
    return member.subarray(header);
  });
  // A BIT STRING's pieces each say how many bits are unused, which only the last may (X.690 clause 8.6.4).
  if (tag === TAG.bitString) throw malformed('A BIT STRING in pieces is not used here.');
  return tagged(tag, joinBytes(contents));
}

function walk(state: Walk, start: number, limit: number, depth: number): Found {
  const tag = state.bytes[start];
  if (tag === undefined || start >= limit) throw malformed('A BER value is missing.');
  if ((tag & 0x1f) === 0x1f || tag === 0) throw malformed('A BER tag is not used here.');
  if (depth > state.limits.maxDepth)
    throw new FormatError('der-too-deep', 'BER values are nested too deeply.');
  state.values += 1;
  if (state.values > MAX_VALUES)
    throw new FormatError('der-too-large', 'The BER value has too many members.');
  const { start: content, length } = readLength(state, start + 1, limit);
  const end = length === null ? limit : content + length;
  if (end > limit) throw malformed('A BER value is longer than what holds it.');
  if ((tag & 0x20) === 0) {
    if (length === null) throw malformed('A primitive BER value has no length.');
    return { der: tagged(tag, state.bytes.subarray(content, end)), end };
  }
  const members: Uint8Array[] = [];
  let at = content;
  for (;;) {
    if (length !== null && at === end) break;
    if (length === null && state.bytes[at] === 0 && state.bytes[at + 1] === 0 && at + 2 <= limit) {
      at += 2;
      break;
    }
    const member = walk(state, at, end, depth + 1);
    members.push(member.der);
    at = member.end;
  }
  const primitive = tag & ~0x20;
  const der = STRINGS.has(primitive) ? joinString(primitive, members) : tagged(tag, joinBytes(members));
  return { der, end: at };
}

/**
 * The BER value that `bytes` starts with, whatever follows it, with definite shortest lengths throughout and its strings whole.
 * What a value means is not looked at: the strict reader comes after, and judges.
 * @returns `length` = how many of the bytes it takes as it stands
 * @throws FormatError `der-malformed`, `der-too-deep`, `der-too-large`.
 */
export function firstBerValue(
  bytes: Uint8Array,
  limits: DerLimits,
): { readonly der: Uint8Array; readonly length: number } {
  if (bytes.length > limits.maxBytes) {
    throw new FormatError('der-too-large', `The BER value is larger than ${limits.maxBytes} bytes.`);
  }
  const { der, end } = walk({ bytes, limits, values: 0 }, 0, bytes.length, 0);
  return { der, length: end };
}

/**
 * The one BER value in `bytes`, as `firstBerValue`.
 * @throws FormatError `der-malformed`, `der-too-deep`, `der-too-large`, `trailing-bytes`.
 */
export function berToDer(bytes: Uint8Array, limits: DerLimits): Uint8Array {
  const { der, length } = firstBerValue(bytes, limits);
  if (length !== bytes.length)
    throw new FormatError('trailing-bytes', 'Bytes follow the end of the BER value.');
  return der;
}
