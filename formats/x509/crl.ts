// Certificate revocation lists (RFC 5280 section 5): read and written, full lists only when writing.
import { sameBytes, toHex } from '../bytes.ts';
import { remembered } from '../remembered.ts';
import { readAlgorithm, type AlgorithmIdentifier } from './algorithm.ts';
import { TAG, readDer, type DerReader } from './der.ts';
import { explicit, integer, sequence, unsignedInteger } from './der-writer.ts';
import {
  encodeAuthorityKeyIdentifier,
  encodeExtensions,
  extension,
  readAuthorityKeyIdentifier,
  readDistributionPointName,
  readExtension,
  readExtensions,
  readReasonFlags,
  type AuthorityKeyIdentifier,
  type DistributionPoint,
  type Extension,
} from './extensions.ts';
import { readName, type Name } from './name.ts';
import { OID } from './oid.ts';
import { encodeTime, readGeneralizedTime, readTime } from './time.ts';

/** CRLReason (RFC 5280 section 5.3.1); 7 is unused. */
const REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;
export type RevocationReason = keyof typeof REASONS;

/** An ENUMERATED CRLReason. */
export function readReason(reader: DerReader): RevocationReason {
  const code = reader.smallInteger(TAG.enumerated);
  const found = (Object.keys(REASONS) as RevocationReason[]).find((name) => REASONS[name] === code);
  if (found === undefined) throw reader.refusal('A revocation has an unknown reason.');
  return found;
}

export function encodeReason(reason: RevocationReason): Uint8Array {
  return integer(REASONS[reason], TAG.enumerated);
}

interface RevokedCertificate {
  readonly serialNumber: Uint8Array;
  readonly serialHex: string;
  readonly revocationDate: Date;
  /** Null where the entry says none, which means `unspecified`. */
  readonly reason: RevocationReason | null;
  /** When the key is known or suspected to have been compromised; null where not said. */
  readonly invalidityDate: Date | null;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** issuingDistributionPoint (RFC 5280 section 5.2.5): what a list speaks for. */
interface IssuingDistributionPoint {
  readonly name: Pick<DistributionPoint, 'fullName' | 'relativeName'> | null;
  readonly onlyContainsUserCerts: boolean;
  readonly onlyContainsCaCerts: boolean;
  readonly onlySomeReasons: ReadonlySet<number> | null;
  readonly indirectCrl: boolean;
  readonly onlyContainsAttributeCerts: boolean;
}

export interface CertificateList {
  readonly der: Uint8Array;
  /** TBSCertList as it stands: what the signature is over. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
  readonly revoked: readonly RevokedCertificate[];
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Two's-complement content. */
  readonly crlNumber: Uint8Array | null;
  /** BaseCRLNumber of a delta list, null for a full one. */
  readonly deltaBase: Uint8Array | null;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | null;
  readonly issuingDistributionPoint: IssuingDistributionPoint | null;
  readonly signature: Uint8Array;
}

/** 64 MiB: about 1.5 million entries. */
const LIMITS = { maxBytes: 1 << 26, maxDepth: 16 };
const CODE = 'crl-malformed';

function readRevoked(reader: DerReader): RevokedCertificate {
  return reader.sequence((entry) => {
    const serialNumber = entry.integer();
    const revocationDate = readTime(entry);
    const extensions = entry.peek() === null ? new Map<string, Extension>() : readExtensions(entry);
    return {
      serialNumber,
      serialHex: toHex(serialNumber),
      revocationDate,
      reason: readExtension(extensions, OID.reasonCode, CODE, readReason),
      invalidityDate: readExtension(extensions, OID.invalidityDate, CODE, (inner) =>
        readGeneralizedTime(inner, false),
      ),
      extensions,
    };
  });
}

function implicitBoolean(reader: DerReader, tag: number): boolean {
  if (reader.peek() !== tag) return false;
  const { content } = reader.element();
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) {
    throw reader.refusal('A BOOLEAN is not in its only valid form.');
  }
  return content[0] === 0xff;
}

function readIssuingDistributionPoint(reader: DerReader): IssuingDistributionPoint {
  return reader.sequence((fields) => ({
    name: fields.optional(0xa0, readDistributionPointName),
    onlyContainsUserCerts: implicitBoolean(fields, 0x81),
    onlyContainsCaCerts: implicitBoolean(fields, 0x82),
    onlySomeReasons: fields.peek() === 0x83 ? readReasonFlags(fields) : null,
    indirectCrl: implicitBoolean(fields, 0x84),
    onlyContainsAttributeCerts: implicitBoolean(fields, 0x85),
  }));
}

/**
 * Reads one list. Nothing is judged: dates, scope and signature are the verifier's matter.
 * The same bytes may be answered with the same value.
 * @throws FormatError `crl-malformed`, `der-…`, `trailing-bytes`, `ber-indefinite-length`.
 */
export const parseCrl: (der: Uint8Array) => CertificateList = remembered(readList, {
  entries: 32,
  longest: 32 * 1024,
});

function readList(der: Uint8Array): CertificateList {
  return readDer(der, LIMITS, CODE, (top) =>
    top.sequence((outer): CertificateList => {
      const tbs = outer.element(TAG.sequence);
      const signatureAlgorithm = readAlgorithm(outer);
      const signature = outer.bitStringOctets();
      const fields = outer.over(tbs.content);
      const version = fields.peek() === TAG.integer ? fields.smallInteger() + 1 : 1;
      if (version !== 1 && version !== 2) throw fields.refusal('The revocation list has an unknown version.');
      // RFC 5280 section 5.1.1.2.
      if (!sameBytes(readAlgorithm(fields).der, signatureAlgorithm.der)) {
        throw fields.refusal('The signature algorithms inside and outside the signed part differ.');
      }
      const issuer = readName(fields);
      const thisUpdate = readTime(fields);
      const hasNext = fields.peek() === TAG.utcTime || fields.peek() === TAG.generalizedTime;
      const nextUpdate = hasNext ? readTime(fields) : null;
      const revoked = fields.optional(TAG.sequence, (list) => list.every(readRevoked)) ?? [];
      const extensions = fields.optional(0xa0, readExtensions) ?? new Map<string, Extension>();
      fields.end();
      const read = <T>(identifier: string, reader: (inner: DerReader) => T): T | null =>
        readExtension(extensions, identifier, CODE, reader);
      return {
        der: top.bytes,
        tbs: tbs.bytes,
        version,
        signatureAlgorithm,
        issuer,
        thisUpdate,
        nextUpdate,
        revoked,
        extensions,
        crlNumber: read(OID.crlNumber, (inner) => inner.integer()),
        deltaBase: read(OID.deltaCrlIndicator, (inner) => inner.integer()),
        authorityKeyIdentifier: read(OID.authorityKeyIdentifier, readAuthorityKeyIdentifier),
        issuingDistributionPoint: read(OID.issuingDistributionPoint, readIssuingDistributionPoint),
        signature,
      };
    }),
  );
}

/** What a full version 2 list to be signed is made of: everything of one issuer, so it needs no issuingDistributionPoint. */
export interface TbsCrl {
  readonly signatureAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly {
    /** Unsigned big-endian. */
    readonly serialNumber: Uint8Array;
    readonly revocationDate: Date;
    readonly reason: RevocationReason;
  }[];
  readonly authorityKeyIdentifier: Uint8Array;
  readonly crlNumber: number;
}

/** TBSCertList. `unspecified` is left unwritten, and so is an empty list (RFC 5280 sections 5.3.1 and 5.1.2.6). */
export function encodeTbsCrl(tbs: TbsCrl): Uint8Array {
  const revoked = tbs.revoked.map(({ serialNumber, revocationDate, reason }) =>
    sequence(
      unsignedInteger(serialNumber),
      encodeTime(revocationDate),
      ...(reason === 'unspecified'
        ? []
        : [encodeExtensions([extension(OID.reasonCode, false, encodeReason(reason))])]),
    ),
  );
  return sequence(
    integer(1),
    tbs.signatureAlgorithm,
    tbs.issuer,
    encodeTime(tbs.thisUpdate),
    encodeTime(tbs.nextUpdate),
    ...(revoked.length === 0 ? [] : [sequence(...revoked)]),
    explicit(
      0,
      encodeExtensions([
        extension(
          OID.authorityKeyIdentifier,
          false,
          encodeAuthorityKeyIdentifier(tbs.authorityKeyIdentifier),
        ),
        extension(OID.crlNumber, false, integer(tbs.crlNumber)),
      ]),
    ),
  );
}
