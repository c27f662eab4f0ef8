// The printed code: a COSE envelope as decimal digits behind the address of the verifying page.
import { shortLived } from '../bytes.ts';
import { FormatError } from '../errors.ts';

/** Longest digit string a reader looks at. */
const MAX_CODE_DIGITS = 1200;
/** Longest address before the digits, `https://…/v#` included. */
const MAX_PREFIX = 60;
const FORMAT_VERSION = '1';
const GROUP_BYTES = 7;
/** Digits that hold a group of 0 … 7 bytes: the smallest count with 10^digits ≥ 256^bytes. */
const DIGITS_OF_BYTES = [0, 3, 5, 8, 10, 13, 15, 17] as const;
const GROUP_DIGITS = DIGITS_OF_BYTES[GROUP_BYTES];

/** A printed code taken apart. */
export interface LicenseCode {
  /** What stands before the digits, e.g. `https://host/v#`; never a reason to trust the code. */
  readonly prefix: string;
  /** First digit format version, then the envelope. */
  readonly digits: string;
  /** COSE_Sign1 bytes. */
  readonly envelope: Uint8Array;
}

/**
 * @returns decimal digits: format version 1, then every 7 bytes as 17 digits, a rest of 1–6 bytes as 3, 5, 8, 10, 13, 15
 * @throws FormatError `code-malformed` where the envelope is empty or needs more than 1,200 digits.
 */
export function encodeEnvelope(envelope: Uint8Array): string {
  if (envelope.length === 0) throw new FormatError('code-malformed', 'An empty envelope makes no code.');
  let digits = FORMAT_VERSION;
  for (let at = 0; at < envelope.length; at += GROUP_BYTES) {
    const group = envelope.subarray(at, at + GROUP_BYTES);
    let value = 0n;
    for (const byte of group) value = value * 256n + BigInt(byte);
    digits += value.toString().padStart(DIGITS_OF_BYTES[group.length] ?? GROUP_DIGITS, '0');
  }
  if (digits.length > MAX_CODE_DIGITS)
    throw new FormatError('code-malformed', 'The envelope is too long for a printed code.');
  return digits;
}

/** 10^8 = HUNDRED_MILLION.high · 2^16 + HUNDRED_MILLION.low: 17 digits are multiplied out without leaving exact numbers. */
const HUNDRED_MILLION = { high: 1525, low: 57_600 } as const;

const encoder = new TextEncoder();

/** The digits being read, as octets: a text that is part of another one is slow to read letter by letter. */
const octets = new Uint8Array(3 * MAX_CODE_DIGITS);

/**
 * The number that the digits from `start` to `end` are; at most 9 of them, so that it stays a small integer. −1 where one of
 * them is no digit.
 */
function numberAt(digits: Uint8Array, start: number, end: number): number {
  let value = 0;
  let wrong = 0;
  for (let at = start; at < end; at++) {
    const digit = (digits[at] ?? 0) - 48;
    // Below 0 or above 9 the sign bit of one of the two is set.
    wrong |= digit | (9 - digit);
    value = (value * 10 + digit) | 0;
  }
  return wrong < 0 ? -1 : value;
}

function groupTooLarge(): FormatError {
  return new FormatError('code-malformed', 'A group of digits is larger than its bytes can hold.');
}

function noDigits(): FormatError {
  return new FormatError('code-malformed', 'The code holds something other than digits.');
}

/** Writes the 17 digits at `at` into the seven bytes at `position`. @throws FormatError `code-malformed` where they do not fit. */
function decodeGroup(digits: Uint8Array, at: number, bytes: Uint8Array, position: number): void {
  const head = numberAt(digits, at, at + 9);
  const tail = numberAt(digits, at + 9, at + GROUP_DIGITS);
  if (head < 0 || tail < 0) throw noDigits();
  const low = head * HUNDRED_MILLION.low + tail;
  const carried = Math.floor(low / 0x1_0000);
  // The last two bytes, and what stands before them: one byte and four.
  const lower = low - carried * 0x1_0000;
  const upper = head * HUNDRED_MILLION.high + carried;
  const first = Math.floor(upper / 0x1_0000_0000);
  if (first > 0xff) throw groupTooLarge();
  const middle = (upper - first * 0x1_0000_0000) | 0;
  bytes[position] = first;
  bytes[position + 1] = middle >>> 24;
  bytes[position + 2] = middle >>> 16;
  bytes[position + 3] = middle >>> 8;
  bytes[position + 4] = middle;
  bytes[position + 5] = lower >>> 8;
  bytes[position + 6] = lower;
}

/** Writes the digits from `at` to `end`, 15 at most, into all bytes from `position` on. @throws FormatError as `decodeGroup`. */
function decodeRest(digits: Uint8Array, at: number, end: number, bytes: Uint8Array, position: number): void {
  const cut = Math.max(at, end - 8);
  const head = numberAt(digits, at, cut);
  const tail = numberAt(digits, cut, end);
  if (head < 0 || tail < 0) throw noDigits();
  let value = head * 100_000_000 + tail;
  for (let place = bytes.length - 1; place >= position; place--) {
    bytes[place] = value % 256;
    value = Math.floor(value / 256);
  }
  if (value !== 0) throw groupTooLarge();
}

/**
 * Reads the digits back; each envelope has exactly one spelling.
 * @throws FormatError `code-malformed` on anything but digits, another format version, an impossible length, or a
 * group larger than its bytes can hold.
 */
export function decodeEnvelope(digits: string): Uint8Array {
  if (digits.length > MAX_CODE_DIGITS)
    throw new FormatError('code-malformed', 'The code has too many digits.');
  encoder.encodeInto(digits, octets);
  if (digits === '' || numberAt(octets, 0, 1) < 0) throw noDigits();
  if (!digits.startsWith(FORMAT_VERSION))
    throw new FormatError('code-malformed', 'The code has a format this reader does not know.');
  const length = digits.length - 1;
  const restBytes = (DIGITS_OF_BYTES as readonly number[]).indexOf(length % GROUP_DIGITS);
  if (length === 0 || restBytes < 0)
    throw new FormatError('code-malformed', 'The code has an impossible length.');
  const groups = Math.floor(length / GROUP_DIGITS);
  const envelope = shortLived(groups * GROUP_BYTES + restBytes);
  for (let group = 0; group < groups; group++)
    decodeGroup(octets, 1 + group * GROUP_DIGITS, envelope, group * GROUP_BYTES);
  if (restBytes > 0)
    decodeRest(octets, 1 + groups * GROUP_DIGITS, digits.length, envelope, groups * GROUP_BYTES);
  return envelope;
}

/**
 * The prefix that a code carries: `<public address>/v#`.
 * @param publicUrl e.g. `https://zz.example.gov.cn`, no path beyond `/`
 * @throws FormatError `code-malformed` where it is no http(s) address without query, or too long for a code.
 */
export function codePrefix(publicUrl: string): string {
  const prefix = `${publicUrl.replace(/\/+$/, '')}/v#`;
  if (prefix.length > MAX_PREFIX || !PREFIX.test(prefix)) {
    throw new FormatError('code-malformed', 'The public address does not fit into a printed code.');
  }
  return prefix;
}

const PREFIX = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~-]+)*\/v#$/;

/** The whole text of the printed code. */
export function encodeLicenseCode(prefix: string, envelope: Uint8Array): LicenseCode {
  return { prefix, digits: encodeEnvelope(envelope), envelope };
}

/**
 * Reads what a scanner delivered: the whole address, or the digits alone (what stands after `#`).
 * @throws FormatError `code-malformed`
 */
export function decodeLicenseCode(text: string): LicenseCode {
  if (text.length > MAX_PREFIX + MAX_CODE_DIGITS)
    throw new FormatError('code-malformed', 'The code is too long.');
  const trimmed = text.trim();
  const hash = trimmed.indexOf('#');
  const prefix = trimmed.slice(0, hash + 1);
  if (prefix !== '' && !PREFIX.test(prefix))
    throw new FormatError('code-malformed', 'Not the address of a license code.');
  const digits = trimmed.slice(hash + 1);
  return { prefix, digits, envelope: decodeEnvelope(digits) };
}
