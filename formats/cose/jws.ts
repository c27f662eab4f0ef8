// JWS compact serialisation (RFC 7515 §3.1): header and payload are JSON objects; signing and verifying are the caller's.
import { FormatError } from '../errors.ts';
import { decodeBase64url, encodeBase64url } from './base64url.ts';

/** A JSON object as it was read: nothing about its members is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A compact JWS taken apart. Nothing in it is verified. */
export interface UnverifiedJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** The ASCII bytes that were signed. */
  readonly signingInput: Uint8Array;
  /** Raw r ‖ s. */
  readonly signature: Uint8Array;
}

function encodeJson(value: JsonObject): string {
  return encodeBase64url(new TextEncoder().encode(JSON.stringify(value)));
}

function decodeJson(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decodeBase64url(text)));
  } catch (cause) {
    throw new FormatError('jwt-malformed', 'A part of the token is not JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError('jwt-malformed', 'A part of the token is not a JSON object.');
  }
  return value as JsonObject;
}

/** `<header>.<payload>` as text; its ASCII bytes are what gets signed. */
export function jwsSigningInput(header: JsonObject, payload: JsonObject): string {
  return `${encodeJson(header)}.${encodeJson(payload)}`;
}

/** Puts the raw r‖s signature behind its signing input. */
export function encodeJws(signingInput: string, signature: Uint8Array): string {
  return `${signingInput}.${encodeBase64url(signature)}`;
}

/**
 * Takes a compact JWS apart.
 * @param maxLength characters; a longer token is refused before it is read
 * @throws FormatError `jwt-malformed`, also on a `crit` header (RFC 7515 §4.1.11: no extension is understood here).
 */
export function parseJws(token: string, maxLength: number): UnverifiedJws {
  if (token.length > maxLength) throw new FormatError('jwt-malformed', 'The token is too long.');
  const [header, payload, signature, ...more] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    throw new FormatError('jwt-malformed', 'A token has three parts.');
  }
  const parsedHeader = decodeJson(header);
  if ('crit' in parsedHeader)
    throw new FormatError('jwt-malformed', 'The token demands an extension that is not known.');
  return {
    header: parsedHeader,
    payload: decodeJson(payload),
    signingInput: new TextEncoder().encode(`${header}.${payload}`),
    signature: decodeBase64url(signature),
  };
}
