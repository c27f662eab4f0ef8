// The live code: 128 random bits as 39 digits behind the address of the showing page, and the ten digits said aloud instead.
import { FormatError } from '../errors.ts';

/** Bytes of a token. */
export const LIVE_TOKEN_BYTES = 16;
/** The smallest count with 10^digits ≥ 2^128. */
const TOKEN_DIGITS = 39;
/** Ten digits: the first six find the showing, the last four prove that its screen was seen. */
const SPOKEN_DIGITS = 10;
const LOCATOR_DIGITS = 6;
/** Longest address before the digits, `https://…/p#` included. */
const MAX_PREFIX = 60;
const PREFIX = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~-]+)*\/p#$/;

/** @returns 39 decimal digits, leading zeros kept. @throws FormatError `code-malformed` unless the token has 16 bytes. */
export function encodeLiveToken(token: Uint8Array): string {
  if (token.length !== LIVE_TOKEN_BYTES)
    throw new FormatError('code-malformed', 'A live token has 16 bytes.');
  let value = 0n;
  for (const byte of token) value = value * 256n + BigInt(byte);
  return value.toString().padStart(TOKEN_DIGITS, '0');
}

/** Each token has one spelling. @throws FormatError `code-malformed` on anything else. */
export function decodeLiveToken(digits: string): Uint8Array {
  if (!new RegExp(`^[0-9]{${TOKEN_DIGITS}}$`).test(digits))
    throw new FormatError('code-malformed', 'A live code has 39 digits.');
  let value = BigInt(digits);
  if (value >= 1n << 128n) throw new FormatError('code-malformed', 'The digits are no live code.');
  const token = new Uint8Array(LIVE_TOKEN_BYTES);
  for (let at = LIVE_TOKEN_BYTES - 1; at >= 0; at--) {
    token[at] = Number(value & 0xffn);
    value >>= 8n;
  }
  return token;
}

/**
 * The prefix that a live code carries: `<public address>/p#`.
 * @throws FormatError `code-malformed` where the address is no http(s) address without query, or too long.
 */
export function livePrefix(publicUrl: string): string {
  const prefix = `${publicUrl.replace(/\/+$/, '')}/p#`;
  if (prefix.length > MAX_PREFIX || !PREFIX.test(prefix))
    throw new FormatError('code-malformed', 'The public address does not fit into a live code.');
  return prefix;
}

/** What a verifier typed or scanned. */
export type LiveCode =
  | { readonly kind: 'token'; readonly digits: string }
  | { readonly kind: 'spoken'; readonly locator: string; readonly digits: string };

/**
 * Reads a scanned address, its digits alone, or ten digits, which may be grouped by blanks or hyphens. The address before
 * the digits is never a reason to trust them: they are looked up here.
 * @throws FormatError `code-malformed`
 */
export function readLiveCode(text: string): LiveCode {
  if (text.length > MAX_PREFIX + TOKEN_DIGITS + 20)
    throw new FormatError('code-malformed', 'The live code is too long.');
  const trimmed = text.trim();
  const hash = trimmed.indexOf('#');
  if (hash >= 0 && !PREFIX.test(trimmed.slice(0, hash + 1)))
    throw new FormatError('code-malformed', 'Not the address of a live code.');
  const rest = trimmed.slice(hash + 1);
  const digits = hash >= 0 ? rest : rest.replaceAll(/[ -]/g, '');
  if (digits.length === SPOKEN_DIGITS && hash < 0 && /^[0-9]+$/.test(digits))
    return { kind: 'spoken', locator: digits.slice(0, LOCATOR_DIGITS), digits };
  decodeLiveToken(digits);
  return { kind: 'token', digits };
}

/** Ten digits from random bytes, each as likely as the others: bytes that would favour some are passed over. */
export function spokenDigits(random: (length: number) => Uint8Array): string {
  let digits = '';
  while (digits.length < SPOKEN_DIGITS) {
    for (const byte of random(SPOKEN_DIGITS)) {
      if (byte < 250 && digits.length < SPOKEN_DIGITS) digits += String(byte % 10);
    }
  }
  return digits;
}

/** As people read it out: `482 107 3659`. */
export function groupedDigits(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`;
}

/** The part by which a showing is found. */
export function locatorOf(digits: string): string {
  return digits.slice(0, LOCATOR_DIGITS);
}
