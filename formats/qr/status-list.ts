// Token Status List (IETF OAuth): packed status entries, compressed, as the claims of a `statuslist+jwt`.
import { decodeBase64url, encodeBase64url } from '../cose/base64url.ts';
import type { JsonObject } from '../cose/jws.ts';
import { FormatError } from '../errors.ts';

/** Entries of one shard. */
export const SHARD_ENTRIES = 2 ** 17;
/** Bits an entry. */
const STATUS_BITS = 4;
/** `typ` of the JWT header. */
export const STATUS_LIST_TYPE = 'statuslist+jwt';

type Bits = 1 | 2 | 4 | 8;

/** Packed entries: entry 0 in the lowest bits of byte 0. */
export interface StatusList {
  readonly bits: Bits;
  readonly entries: Uint8Array;
}

/** Claims of a status list token. */
export interface StatusListClaims {
  /** Address of the list. */
  readonly subject: string;
  readonly issuedAt: Date;
  readonly expires: Date | null;
  /** Seconds an offline reader may keep it; null where not said. */
  readonly timeToLive: number | null;
  readonly list: StatusList;
}

/** zlib (RFC 1950) in; refuses to make more than `maxLength` bytes. In a browser a DecompressionStream, in Node zlib. */
export type Inflate = (compressed: Uint8Array, maxLength: number) => Promise<Uint8Array>;
/** zlib (RFC 1950) out. */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

/** A list of `count` entries, all 0. */
export function emptyStatusList(count: number = SHARD_ENTRIES, bits: Bits = STATUS_BITS): StatusList {
  return { bits, entries: new Uint8Array(Math.ceil((count * bits) / 8)) };
}

function place(
  list: StatusList,
  index: number,
): { readonly byte: number; readonly shift: number; readonly mask: number } {
  const bit = index * list.bits;
  if (!Number.isInteger(index) || index < 0 || bit >= list.entries.length * 8) {
    throw new FormatError('status-list-malformed', 'The index lies outside the status list.');
  }
  return { byte: bit >> 3, shift: bit & 7, mask: (1 << list.bits) - 1 };
}

/** The value of one entry. @throws FormatError `status-list-malformed` where the list has no such entry. */
export function statusAt(list: StatusList, index: number): number {
  const { byte, shift, mask } = place(list, index);
  return ((list.entries[byte] ?? 0) >> shift) & mask;
}

/** Writes one entry in place. @throws FormatError `status-list-malformed` where index or value do not fit. */
export function setStatus(list: StatusList, index: number, value: number): void {
  const { byte, shift, mask } = place(list, index);
  if (!Number.isInteger(value) || value < 0 || value > mask) {
    throw new FormatError('status-list-malformed', 'The status value does not fit its bits.');
  }
  list.entries[byte] = ((list.entries[byte] ?? 0) & ~(mask << shift)) | (value << shift);
}

/** The JWT payload: sub, iat, exp, ttl, status_list {bits, lst}. */
export function encodeStatusListClaims(claims: StatusListClaims, deflate: Deflate): JsonObject {
  return {
    sub: claims.subject,
    iat: Math.floor(claims.issuedAt.getTime() / 1000),
    ...(claims.expires === null ? {} : { exp: Math.floor(claims.expires.getTime() / 1000) }),
    ...(claims.timeToLive === null ? {} : { ttl: claims.timeToLive }),
    status_list: { bits: claims.list.bits, lst: encodeBase64url(deflate(claims.list.entries)) },
  };
}

/**
 * Reads the payload of a status list token (its signature is the caller's to check).
 * @param maxEntries larger lists are refused while they unpack
 * @throws FormatError `status-list-malformed`, `jwt-malformed`
 */
export async function decodeStatusListClaims(
  payload: JsonObject,
  inflate: Inflate,
  maxEntries: number = SHARD_ENTRIES,
): Promise<StatusListClaims> {
  const { sub, iat, exp, ttl, status_list: inner } = payload;
  if (typeof sub !== 'string')
    throw new FormatError('status-list-malformed', 'The status list does not name itself (sub).');
  if (typeof inner !== 'object' || inner === null)
    throw new FormatError('status-list-malformed', 'There is no status_list.');
  const { bits, lst } = inner as JsonObject;
  if (bits !== 1 && bits !== 2 && bits !== 4 && bits !== 8) {
    throw new FormatError('status-list-malformed', 'A status entry has 1, 2, 4 or 8 bits.');
  }
  if (typeof lst !== 'string')
    throw new FormatError('status-list-malformed', 'The status list has no entries (lst).');
  const entries = await unpack(decodeBase64url(lst), inflate, Math.ceil((maxEntries * bits) / 8));
  return {
    subject: sub,
    issuedAt: instant(iat),
    expires: exp === undefined ? null : instant(exp),
    timeToLive: ttl === undefined ? null : positive(ttl),
    list: { bits, entries },
  };
}

async function unpack(compressed: Uint8Array, inflate: Inflate, maxLength: number): Promise<Uint8Array> {
  let entries: Uint8Array;
  try {
    entries = await inflate(compressed, maxLength);
  } catch (cause) {
    throw new FormatError('status-list-malformed', 'The status list does not unpack.', { cause });
  }
  if (entries.length > maxLength)
    throw new FormatError('status-list-malformed', 'The status list is too long.');
  return entries;
}

function positive(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new FormatError('status-list-malformed', 'A number in the status list is missing or out of range.');
  }
  return value;
}

function instant(value: unknown): Date {
  const result = new Date(positive(value) * 1000);
  if (Number.isNaN(result.getTime()))
    throw new FormatError('status-list-malformed', 'A time in the status list is out of range.');
  return result;
}
