// Certificate revocation lists (RFC 5280 section 5): read and written; large ones are written around their entries.
import { joinBytes, sameBytes, toHex } from '../bytes.ts';
import { remembered } from '../remembered.ts';
import { readAlgorithm, type AlgorithmIdentifier } from './algorithm.ts';
import { TAG, readDer, type DerReader } from './der.ts';
import {
  DerSink,
  explicit,
  header,
  implicitConstructed,
  implicitPrimitive,
  integer,
  integerMagnitude,
  sequence,
  taggedSize,
} from './der-writer.ts';
import {
  encodeAuthorityKeyIdentifier,
  encodeDistributionPoints,
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
import { encodeUri } from './general-name.ts';
import { readName, type Name } from './name.ts';
import { OID } from './oid.ts';
import {
  encodeGeneralizedTime,
  encodeTime,
  putTime,
  readGeneralizedTime,
  readTime,
  timeSize,
} from './time.ts';

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

/** Whether a text is the name of a reason. */
export function isRevocationReason(text: string): text is RevocationReason {
  return Object.hasOwn(REASONS, text);
}

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

/** One certificate on a list to be written. */
export interface CrlEntry {
  /** Unsigned big-endian. */
  readonly serialNumber: Uint8Array;
  readonly revocationDate: Date;
  /** `unspecified` is left unwritten (RFC 5280 section 5.3.1). */
  readonly reason: RevocationReason;
  /** When the key is known or suspected to have been compromised (RFC 5280 section 5.3.2). */
  readonly invalidityDate?: Date | null;
}

/** What a version 2 list to be signed says beside its entries. */
export interface CrlFrame {
  readonly signatureAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly authorityKeyIdentifier: Uint8Array;
  readonly crlNumber: number;
  /** What the list speaks for; absent where for everything of its issuer. Critical (RFC 5280 section 5.2.5). */
  readonly scope?: {
    /** As in the certificates' distribution point; null where every certificate of the issuer is meant. */
    readonly uri: string | null;
    readonly onlyContainsCaCerts: boolean;
  } | null;
  /** Where the delta list to a full one is (RFC 5280 section 5.2.6). */
  readonly freshestCrl?: string | null;
  /** Number of the full list that a delta list adds to. Critical (RFC 5280 section 5.2.4). */
  readonly deltaBase?: number | null;
  /** Certificates that expired since then are still listed (X.509 clause 9.5.2.8). */
  readonly expiredCertsOnCrl?: Date | null;
}

const reasonExtensions = new Map<RevocationReason, Uint8Array>();

/** The extension reasonCode, complete; nothing for `unspecified`. */
export function reasonExtension(reason: RevocationReason): Uint8Array {
  const known = reasonExtensions.get(reason);
  if (known !== undefined) return known;
  const made =
    reason === 'unspecified'
      ? new Uint8Array(0)
      : contentOf(encodeExtensions([extension(OID.reasonCode, false, encodeReason(reason))]));
  reasonExtensions.set(reason, made);
  return made;
}

function invalidityExtension(date: Date | null | undefined): Uint8Array {
  if (date === null || date === undefined) return new Uint8Array(0);
  return contentOf(
    encodeExtensions([extension(OID.invalidityDate, false, encodeGeneralizedTime(date, false))]),
  );
}

/** Of a value of less than 128 bytes. */
function contentOf(value: Uint8Array): Uint8Array {
  return value.subarray(2);
}

/**
 * Entries of revokedCertificates, one after another. The length of each depends on the serial's length, the reason, and
 * the dates' years alone.
 */
export function encodeCrlEntries(entries: readonly CrlEntry[]): Uint8Array {
  const parts = entries.map(({ serialNumber, revocationDate, reason, invalidityDate }) => {
    const serial = integerMagnitude(serialNumber);
    const [code, invalidity] = [reasonExtension(reason), invalidityExtension(invalidityDate)];
    const extensions = code.length + invalidity.length;
    const length =
      taggedSize(serial.length) + timeSize(revocationDate) + (extensions === 0 ? 0 : taggedSize(extensions));
    return { serial, revocationDate, code, invalidity, extensions, length };
  });
  const sink = new DerSink(parts.reduce((sum, { length }) => sum + taggedSize(length), 0));
  for (const { serial, revocationDate, code, invalidity, extensions, length } of parts) {
    sink.header(TAG.sequence, length).header(TAG.integer, serial.length).raw(serial);
    putTime(sink, revocationDate);
    if (extensions > 0) sink.header(TAG.sequence, extensions).raw(code).raw(invalidity);
  }
  return sink.bytes;
}

function encodeScope({ uri, onlyContainsCaCerts }: NonNullable<CrlFrame['scope']>): Uint8Array {
  return sequence(
    ...(uri === null ? [] : [explicit(0, implicitConstructed(0, encodeUri(uri)))]),
    ...(onlyContainsCaCerts ? [implicitPrimitive(2, Uint8Array.of(0xff))] : []),
  );
}

function crlExtensions(frame: CrlFrame): readonly Extension[] {
  const { scope = null, freshestCrl = null, deltaBase = null, expiredCertsOnCrl = null } = frame;
  return [
    extension(OID.authorityKeyIdentifier, false, encodeAuthorityKeyIdentifier(frame.authorityKeyIdentifier)),
    extension(OID.crlNumber, false, integer(frame.crlNumber)),
    ...(deltaBase === null ? [] : [extension(OID.deltaCrlIndicator, true, integer(deltaBase))]),
    ...(scope === null ? [] : [extension(OID.issuingDistributionPoint, true, encodeScope(scope))]),
    ...(freshestCrl === null
      ? []
      : [extension(OID.freshestCrl, false, encodeDistributionPoints([freshestCrl]))]),
    ...(expiredCertsOnCrl === null
      ? []
      : [extension(OID.expiredCertsOnCrl, false, encodeGeneralizedTime(expiredCertsOnCrl, false))]),
  ];
}

/**
 * The bytes of TBSCertList before and after its entries, so that a large list is written piece by piece.
 * @param entriesLength - bytes of all entries together; 0 leaves revokedCertificates out (RFC 5280 section 5.1.2.6).
 */
export function encodeCrlFrame(
  frame: CrlFrame,
  entriesLength: number,
): { readonly before: Uint8Array; readonly after: Uint8Array } {
  const start = joinBytes([
    integer(1),
    frame.signatureAlgorithm,
    frame.issuer,
    encodeTime(frame.thisUpdate),
    encodeTime(frame.nextUpdate),
    ...(entriesLength === 0 ? [] : [header(TAG.sequence, entriesLength)]),
  ]);
  const after = explicit(0, encodeExtensions(crlExtensions(frame)));
  const length = start.length + entriesLength + after.length;
  return { before: joinBytes([header(TAG.sequence, length), start]), after };
}

/** TBSCertList of a small list. */
export function encodeTbsCrl(tbs: CrlFrame & { readonly revoked: readonly CrlEntry[] }): Uint8Array {
  const entries = encodeCrlEntries(tbs.revoked);
  const { before, after } = encodeCrlFrame(tbs, entries.length);
  return joinBytes([before, entries, after]);
}
