// Base32 (RFC 4648 section 6) without padding, upper case: how apps take a secret that is typed.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Bytes as Base32 text. */
export function base32Of(bytes: Uint8Array): string {
  let text = '';
  let word = 0;
  let bits = 0;
  for (const byte of bytes) {
    word = ((word << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((word >> bits) & 31);
    }
  }
  return bits === 0 ? text : text + ALPHABET.charAt((word << (5 - bits)) & 31);
}
