// Claims of a license code as a CWT payload (RFC 8392), labels from qr/labels.ts.
import { FormatError } from '../errors.ts';
import { CLAIM } from '../qr/labels.ts';
import {
  CODE_LIMITS,
  decodeCbor,
  encodeCbor,
  type CborLimits,
  type CborMap,
  type CborValue,
} from './cbor.ts';

/** Where a license's status stands. */
export interface StatusReference {
  /** Number of the shard. */
  readonly list: number;
  /** Entry in it, 0 … 2^17 − 1. */
  readonly index: number;
}

/** What a printed code says. */
export interface LicenseClaims {
  /** Credit code of the issuing authority. */
  readonly issuer: string;
  readonly issuedAt: Date;
  /** Null for a license without end. */
  readonly expires: Date | null;
  /** 16 random bytes. */
  readonly id: Uint8Array;
  readonly version: number;
  /** Null for types that publish no status. */
  readonly status: StatusReference | null;
  /** 16 or 32 bytes. */
  readonly recordHash: Uint8Array;
  readonly face: CborMap;
}

const LABELS: ReadonlySet<number> = new Set(Object.values(CLAIM));

function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}

/** Writes the claims as deterministic CBOR. Instants are cut to whole seconds. */
export function encodeClaims(claims: LicenseClaims): Uint8Array {
  const map = new Map<number, CborValue>([
    [CLAIM.issuer, claims.issuer],
    [CLAIM.issuedAt, seconds(claims.issuedAt)],
    [CLAIM.id, claims.id],
    [CLAIM.version, claims.version],
    [CLAIM.recordHash, claims.recordHash],
    [CLAIM.face, claims.face],
  ]);
  if (claims.expires !== null) map.set(CLAIM.expires, seconds(claims.expires));
  if (claims.status !== null) map.set(CLAIM.status, [claims.status.list, claims.status.index]);
  return encodeCbor(map);
}

/**
 * Reads claims; what they say is not verified.
 * @throws FormatError `cbor-malformed`, `trailing-bytes`, `cose-malformed` on a missing, unknown or ill-typed claim.
 */
export function decodeClaims(payload: Uint8Array, limits: CborLimits = CODE_LIMITS): LicenseClaims {
  const claims = decodeCbor(payload, limits);
  if (!(claims instanceof Map))
    throw new FormatError('cose-malformed', 'The payload is not a map of claims.');
  const map = claims as CborMap;
  for (const label of map.keys()) {
    if (!LABELS.has(label))
      throw new FormatError('cose-malformed', 'The code holds a claim that is not known.');
  }
  const expires = map.get(CLAIM.expires);
  return {
    issuer: text(map.get(CLAIM.issuer)),
    issuedAt: instant(map.get(CLAIM.issuedAt)),
    expires: expires === undefined ? null : instant(expires),
    id: bytes(map.get(CLAIM.id), [16]),
    version: count(map.get(CLAIM.version), 1),
    status: statusReference(map.get(CLAIM.status)),
    recordHash: bytes(map.get(CLAIM.recordHash), [16, 32]),
    face: faceMap(map.get(CLAIM.face)),
  };
}

function text(value: CborValue | undefined): string {
  if (typeof value !== 'string' || value === '')
    throw new FormatError('cose-malformed', 'A text claim is missing.');
  return value;
}

function bytes(value: CborValue | undefined, lengths: readonly number[]): Uint8Array {
  if (!(value instanceof Uint8Array) || !lengths.includes(value.length)) {
    throw new FormatError('cose-malformed', 'A byte claim is missing or has the wrong length.');
  }
  return value;
}

function count(value: CborValue | undefined, least: number): number {
  if (typeof value !== 'number' || value < least)
    throw new FormatError('cose-malformed', 'An integer claim is missing or too small.');
  return value;
}

function instant(value: CborValue | undefined): Date {
  const result = new Date(count(value, 0) * 1000);
  if (Number.isNaN(result.getTime()))
    throw new FormatError('cose-malformed', 'A time claim is out of range.');
  return result;
}

function statusReference(value: CborValue | undefined): StatusReference | null {
  if (value === undefined) return null;
  if (!Array.isArray(value) || value.length !== 2)
    throw new FormatError('cose-malformed', 'The status claim is not [list, index].');
  const [list, index] = value as readonly CborValue[];
  return { list: count(list, 0), index: count(index, 0) };
}

function faceMap(value: CborValue | undefined): CborMap {
  if (!(value instanceof Map)) throw new FormatError('cose-malformed', 'The face claim is not a map.');
  return value as CborMap;
}
