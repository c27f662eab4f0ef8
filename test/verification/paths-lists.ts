// Revocation lists of every kind for tests: scopes, reasons, indirect entries, deltas, and what nobody understands.
import { encodeSignatureAlgorithm } from '../../formats/x509/algorithm.ts';
import { encodeSigned, parseCertificate } from '../../formats/x509/certificate.ts';
import { encodeReason } from '../../formats/x509/crl.ts';
import type { RevocationReason } from '../../formats/x509/crl.ts';
import {
  explicit,
  implicitConstructed,
  implicitPrimitive,
  integer,
  integerContent,
  namedBits,
  sequence,
  setOf,
} from '../../formats/x509/der-writer.ts';
import { encodeAuthorityKeyIdentifier, encodeExtensions, extension } from '../../formats/x509/extensions.ts';
import type { Extension } from '../../formats/x509/extensions.ts';
import { encodeUri } from '../../formats/x509/general-name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { encodeTime } from '../../formats/x509/time.ts';
import { daysFromNow, sha256, signWith } from './pki.ts';
import type { Party, TestKey } from './pki.ts';

/** A name as distribution points use it: complete, or one RDN under the issuer's. */
export interface PointName {
  readonly uri?: string;
  readonly directory?: Uint8Array;
  /** AttributeTypeAndValue, DER. */
  readonly relative?: Uint8Array;
}

function pointName({ uri, directory, relative }: PointName): Uint8Array {
  if (relative !== undefined) return setOf([relative], 0xa1);
  const names = [
    ...(uri === undefined ? [] : [encodeUri(uri)]),
    ...(directory === undefined ? [] : [explicit(4, directory)]),
  ];
  return implicitConstructed(0, ...names);
}

const yes = Uint8Array.of(0xff);

/** The value of issuingDistributionPoint. */
export function scopeOf(scope: {
  readonly name?: PointName;
  readonly users?: boolean;
  readonly authorities?: boolean;
  readonly reasons?: readonly number[];
  readonly indirect?: boolean;
  readonly attributes?: boolean;
}): Extension {
  const value = sequence(
    ...(scope.name === undefined ? [] : [explicit(0, pointName(scope.name))]),
    ...(scope.users === true ? [implicitPrimitive(1, yes)] : []),
    ...(scope.authorities === true ? [implicitPrimitive(2, yes)] : []),
    ...(scope.reasons === undefined ? [] : [namedBits(scope.reasons, 0x83)]),
    ...(scope.indirect === true ? [implicitPrimitive(4, yes)] : []),
    ...(scope.attributes === true ? [implicitPrimitive(5, yes)] : []),
  );
  return { oid: OID.issuingDistributionPoint, critical: true, value };
}

/** The extension cRLDistributionPoints. */
export function pointsOf(
  ...points: readonly {
    readonly name?: PointName;
    readonly reasons?: readonly number[];
    readonly issuer?: Uint8Array;
  }[]
): Extension {
  const value = sequence(
    ...points.map((point) =>
      sequence(
        ...(point.name === undefined ? [] : [explicit(0, pointName(point.name))]),
        ...(point.reasons === undefined ? [] : [namedBits(point.reasons, 0x81)]),
        ...(point.issuer === undefined ? [] : [implicitConstructed(2, explicit(4, point.issuer))]),
      ),
    ),
  );
  return extension(OID.crlDistributionPoints, false, value);
}

export interface ListEntry {
  readonly certificate: Uint8Array;
  readonly reason?: RevocationReason;
  readonly at?: Date;
  /** certificateIssuer, a Name. */
  readonly issuer?: Uint8Array;
  readonly extra?: readonly Extension[];
}

export interface ListOptions {
  readonly key?: TestKey;
  readonly name?: Uint8Array;
  readonly entries?: readonly ListEntry[];
  readonly number?: number | null;
  readonly delta?: number;
  readonly scope?: Extension;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly extra?: readonly Extension[];
}

function entryOf(entry: ListEntry): Uint8Array {
  const extensions = [
    ...(entry.reason === undefined ? [] : [extension(OID.reasonCode, false, encodeReason(entry.reason))]),
    ...(entry.issuer === undefined
      ? []
      : [extension(OID.certificateIssuer, true, sequence(explicit(4, entry.issuer)))]),
    ...(entry.extra ?? []),
  ];
  return sequence(
    integerContent(parseCertificate(entry.certificate).serialNumber),
    encodeTime(entry.at ?? daysFromNow(-2)),
    ...(extensions.length === 0 ? [] : [encodeExtensions(extensions)]),
  );
}

/** A list by `issuer`. */
export function makeList(issuer: Party, options: ListOptions = {}): Uint8Array {
  const algorithm = encodeSignatureAlgorithm('ES256');
  const key = options.key ?? issuer.key;
  const entries = (options.entries ?? []).map(entryOf);
  const number = options.number === undefined ? 1 : options.number;
  const tbs = sequence(
    integer(1),
    algorithm,
    options.name ?? issuer.name,
    encodeTime(options.thisUpdate ?? daysFromNow(-1)),
    encodeTime(options.nextUpdate ?? daysFromNow(6)),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(
      0,
      encodeExtensions([
        extension(
          OID.authorityKeyIdentifier,
          false,
          encodeAuthorityKeyIdentifier(sha256(key.spki).subarray(0, 20)),
        ),
        ...(number === null ? [] : [extension(OID.crlNumber, false, integer(number))]),
        ...(options.delta === undefined
          ? []
          : [extension(OID.deltaCrlIndicator, true, integer(options.delta))]),
        ...(options.scope === undefined ? [] : [options.scope]),
        ...(options.extra ?? []),
      ]),
    ),
  );
  return encodeSigned(tbs, algorithm, signWith(key, tbs));
}

/** A list whose signature is somebody else's. */
export function forged(list: Uint8Array): Uint8Array {
  const copy = new Uint8Array(list);
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return copy;
}
