// Base64url without padding (RFC 4648 §5), one spelling per value; runs in a browser.
import { FormatError } from '../errors.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** By character code; 255 for foreign ones. */
const VALUES = new Uint8Array(128).fill(255);
for (const [value, character] of Array.from(ALPHABET).entries()) VALUES[character.charCodeAt(0)] = value;

/** Bytes as base64url text. */
export function encodeBase64url(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const word = (a << 16) | (b << 8) | c;
    const quartet = [18, 12, 6, 0].map((shift) => ALPHABET.charAt((word >> shift) & 63)).join('');
    parts.push(quartet.slice(0, Math.min(bytes.length - at, 3) + 1));
  }
  return parts.join('');
}

/** @throws FormatError `jwt-malformed` on padding, foreign characters, an impossible length or unused bits that are set. */
export function decodeBase64url(text: string): Uint8Array {
  if (text.length % 4 === 1)
    throw new FormatError('jwt-malformed', 'Base64url text has an impossible length.');
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = VALUES[text.charCodeAt(index)] ?? 255;
    if (value === 255) throw new FormatError('jwt-malformed', 'Base64url text holds a foreign character.');
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 0xff;
    }
  }
  if ((word & ((1 << bits) - 1)) !== 0)
    throw new FormatError('jwt-malformed', 'Base64url text is not in its only form.');
  return bytes;
}
