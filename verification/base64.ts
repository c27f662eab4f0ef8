// Base64 and base64url, strict and the same in Node and in a browser.

const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function encode(alphabet: string, bytes: Uint8Array, padding: boolean): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(3, bytes.length - at);
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let digit = 0; digit <= left; digit += 1) text += alphabet.charAt((group >>> (18 - 6 * digit)) & 63);
    if (padding) text += '='.repeat(3 - left);
  }
  return text;
}

function decode(alphabet: string, text: string): Uint8Array | null {
  const rest = text.length % 4;
  if (rest === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) return null;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = (held >>> bits) & 0xff;
      held &= (1 << bits) - 1;
      at += 1;
    }
  }
  // RFC 4648 3.5: left-over bits must be zero, or two texts would name the same bytes.
  return held === 0 ? bytes : null;
}

/** RFC 4648 section 4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  return encode(standard, bytes, true);
}

/** RFC 4648 section 4; @returns null for anything not canonical. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const end = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decode(standard, text.slice(0, text.length - end));
}

/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return encode(url, bytes, false);
}

/** RFC 4648 section 5, without padding; @returns null for anything not canonical. */
export function fromBase64Url(text: string): Uint8Array | null {
  return decode(url, text);
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** True when both hold the same bytes. For public values only: the time it takes tells where they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
