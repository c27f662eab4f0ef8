// Byte strings: join, compare, and their text forms. Runs in a browser as well as on the server.
import { FormatError } from './errors.ts';

const slabBytes = 1 << 16;
let slab = new ArrayBuffer(slabBytes);
let slabUsed = 0;

/**
 * A new array of zeros. Short ones share one piece of memory, each with a part of its own: memory of their own costs more
 * than what is done with them. For what lives shortly; never for secrets, nor for who looks at `buffer`.
 */
export function shortLived(length: number): Uint8Array {
  if (length > 1024) return new Uint8Array(length);
  if (slabUsed + length > slabBytes) {
    slab = new ArrayBuffer(slabBytes);
    slabUsed = 0;
  }
  const bytes = new Uint8Array(slab, slabUsed, length);
  slabUsed += length;
  return bytes;
}

/** The parts one after another, in a new array. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let position = 0;
  for (const part of parts) {
    joined.set(part, position);
    position += part.length;
  }
  return joined;
}

/** Whether both hold the same bytes. Not constant-time: never for secrets. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

/** Order by unsigned bytes, a prefix before what it starts: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether no octet is above 127. */
export function isAscii(bytes: Uint8Array): boolean {
  let all = 0;
  for (const octet of bytes) all |= octet;
  return all < 128;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  // By fours: a text of many small pieces costs more than one of few.
  for (const whole = bytes.length - (bytes.length % 4); at < whole; at += 4)
    text += `${hexAt(bytes, at)}${hexAt(bytes, at + 1)}${hexAt(bytes, at + 2)}${hexAt(bytes, at + 3)}`;
  for (; at < bytes.length; at += 1) text += hexAt(bytes, at);
  return text;
}

function hexAt(bytes: Uint8Array, at: number): string {
  return HEX[bytes[at] ?? 0] ?? '';
}

/** Value of a hexadecimal digit by its character code; −1 for any other character. */
function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Octet of the two hexadecimal digits at `at`; negative where they are none. */
export function hexOctet(text: string, at: number): number {
  return (nibble(text.charCodeAt(at)) << 4) | nibble(text.charCodeAt(at + 1));
}

/** @throws FormatError `value-out-of-range` where `text` is not an even number of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  let sound = text.length % 2 === 0;
  for (let at = 0; sound && at < bytes.length; at += 1) {
    const octet = hexOctet(text, 2 * at);
    sound = octet >= 0;
    bytes[at] = octet;
  }
  if (!sound) {
    throw new FormatError('value-out-of-range', 'Hexadecimal text has an odd length or a foreign character.');
  }
  return bytes;
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(binary);
}

/** @throws FormatError `value-out-of-range` where `text` is not canonical padded base64. */
export function fromBase64(text: string): Uint8Array {
  const canonical = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  if (!canonical) throw new FormatError('value-out-of-range', 'Base64 text is not well formed.');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
