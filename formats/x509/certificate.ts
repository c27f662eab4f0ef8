// X.509 certificates (RFC 5280 section 4): bytes to values and back, the signed bytes kept as they are.
import { sameBytes, shortLived, toHex } from '../bytes.ts';
import { remembered } from '../remembered.ts';
import {
  readAlgorithm,
  readSubjectPublicKeyInfo,
  type AlgorithmIdentifier,
  type SubjectPublicKeyInfo,
} from './algorithm.ts';
import { TAG, bitsOf, readDer, type DerReader } from './der.ts';
import { DerSink, integerMagnitude, sequence, taggedSize } from './der-writer.ts';
import {
  readAuthorityInfoAccess,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readCertificatePolicies,
  readDistributionPoints,
  readExtensions,
  readKeyUsage,
  readOidList,
  writtenExtension,
  type AccessDescription,
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type CertificatePolicy,
  type DistributionPoint,
  type Extension,
  type KeyUsage,
} from './extensions.ts';
import { readGeneralNames, type GeneralName } from './general-name.ts';
import { readName, type Name } from './name.ts';
import { OID } from './oid.ts';
import { putTime, readTime, timeSize } from './time.ts';

/** Extensions this system understands, read; null where absent. */
interface KnownExtensions {
  readonly basicConstraints: BasicConstraints | null;
  readonly keyUsage: ReadonlySet<KeyUsage> | null;
  readonly extendedKeyUsage: readonly string[] | null;
  readonly subjectKeyIdentifier: Uint8Array | null;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | null;
  readonly subjectAltName: readonly GeneralName[] | null;
  readonly crlDistributionPoints: readonly DistributionPoint[] | null;
  readonly authorityInfoAccess: readonly AccessDescription[] | null;
  readonly certificatePolicies: readonly CertificatePolicy[] | null;
}

export interface Certificate extends KnownExtensions {
  /** The whole certificate as it stands. */
  readonly der: Uint8Array;
  /** TBSCertificate as it stands: what the signature is over. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Two's-complement content as it stands (foreign certificates may hold a negative or zero one). */
  readonly serialNumber: Uint8Array;
  /** The same as lower-case hexadecimal. */
  readonly serialHex: string;
  /** The algorithm outside the signed bytes; equal to `innerSignatureAlgorithm`, which reading has compared. */
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly innerSignatureAlgorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  /** Inclusive (RFC 5280 section 4.1.2.5). */
  readonly notAfter: Date;
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signature: Uint8Array;
}

const LIMITS = { maxBytes: 1 << 17, maxDepth: 16 };
const CODE = 'certificate-malformed';

function readVersion(reader: DerReader): 1 | 2 | 3 {
  const version = reader.optional(0xa0, (inner) => inner.smallInteger()) ?? 0;
  if (version > 2) throw reader.refusal('The certificate has an unknown version.');
  return version === 0 ? 1 : version === 1 ? 2 : 3;
}

function skipUniqueIdentifiers(reader: DerReader): void {
  if (reader.peek() === 0x81) bitsOf(reader.element().content);
  if (reader.peek() === 0x82) bitsOf(reader.element().content);
}

type KnownReaders = {
  readonly [K in keyof KnownExtensions]: (value: Uint8Array) => NonNullable<KnownExtensions[K]>;
};
/** Of the parts of a certificate that stand in many others alike. */
interface PartReaders {
  readonly issuer: (fields: DerReader) => Name;
  readonly extensions: KnownReaders;
}

const reading =
  <T>(read: (inner: DerReader) => T) =>
  (value: Uint8Array): T =>
    readDer(value, { maxBytes: 1 << 16, maxDepth: 16 }, CODE, read);

const READERS: PartReaders = {
  issuer: readName,
  extensions: {
    basicConstraints: reading(readBasicConstraints),
    keyUsage: reading(readKeyUsage),
    extendedKeyUsage: reading(readOidList),
    subjectKeyIdentifier: reading((inner) => inner.octetString()),
    authorityKeyIdentifier: reading(readAuthorityKeyIdentifier),
    subjectAltName: reading(readGeneralNames),
    crlDistributionPoints: reading(readDistributionPoints),
    authorityInfoAccess: reading(readAuthorityInfoAccess),
    certificatePolicies: reading(readCertificatePolicies),
  },
};

const kept = <T>(read: (value: Uint8Array) => T): ((value: Uint8Array) => T) =>
  remembered(read, { entries: 64, longest: 1024 });
const issuerKept = kept((bytes) => readDer(bytes, LIMITS, CODE, readName));

/** As `READERS`, but what one issuer and profile write into all their certificates is answered as it was read before. */
const KIN_READERS: PartReaders = {
  issuer: (fields) => issuerKept(fields.element(TAG.sequence).bytes),
  extensions: {
    ...READERS.extensions,
    basicConstraints: kept(READERS.extensions.basicConstraints),
    keyUsage: kept(READERS.extensions.keyUsage),
    extendedKeyUsage: kept(READERS.extensions.extendedKeyUsage),
    authorityKeyIdentifier: kept(READERS.extensions.authorityKeyIdentifier),
    crlDistributionPoints: kept(READERS.extensions.crlDistributionPoints),
    authorityInfoAccess: kept(READERS.extensions.authorityInfoAccess),
    certificatePolicies: kept(READERS.extensions.certificatePolicies),
  },
};

function knownExtensions(extensions: ReadonlyMap<string, Extension>, readers: KnownReaders): KnownExtensions {
  const read = <T>(identifier: string, reader: (value: Uint8Array) => T): T | null => {
    const extension = extensions.get(identifier);
    return extension === undefined ? null : reader(extension.value);
  };
  return {
    basicConstraints: read(OID.basicConstraints, readers.basicConstraints),
    keyUsage: read(OID.keyUsage, readers.keyUsage),
    extendedKeyUsage: read(OID.extendedKeyUsage, readers.extendedKeyUsage),
    subjectKeyIdentifier: read(OID.subjectKeyIdentifier, readers.subjectKeyIdentifier),
    authorityKeyIdentifier: read(OID.authorityKeyIdentifier, readers.authorityKeyIdentifier),
    subjectAltName: read(OID.subjectAltName, readers.subjectAltName),
    crlDistributionPoints: read(OID.crlDistributionPoints, readers.crlDistributionPoints),
    authorityInfoAccess: read(OID.authorityInfoAccess, readers.authorityInfoAccess),
    certificatePolicies: read(OID.certificatePolicies, readers.certificatePolicies),
  };
}

/**
 * Reads one certificate. Nothing is judged: dates, serials, key usages and signatures are the verifier's matter.
 * The same bytes may be answered with the same value.
 * @param der - one DER certificate of at most 128 KiB, nothing after it.
 * @throws FormatError `certificate-malformed` (structure), `der-…`, `trailing-bytes`, `ber-indefinite-length`.
 */
export const parseCertificate: (der: Uint8Array) => Certificate = remembered(parseCertificateOnce, {
  entries: 512,
  longest: 4096,
});

/** As `parseCertificate`, remembering nothing: for bytes that will not come again. */
export function parseCertificateOnce(der: Uint8Array): Certificate {
  return readCertificate(der, READERS);
}

/**
 * As `parseCertificateOnce`, for the next of many certificates of few issuers: parts that came before, byte for byte, are
 * answered with the same values.
 */
export function parseKinCertificate(der: Uint8Array): Certificate {
  return readCertificate(der, KIN_READERS);
}

/**
 * The three parts of a certificate as they stand, each checked to be sound DER; what the signed part says is not read.
 * @throws FormatError as `parseCertificate`.
 */
export function splitCertificate(
  der: Uint8Array,
): Pick<Certificate, 'der' | 'tbs' | 'signatureAlgorithm' | 'signature'> {
  return readDer(der, LIMITS, CODE, (top) =>
    top.sequence((outer) => ({
      der: top.bytes,
      tbs: outer.element(TAG.sequence).bytes,
      signatureAlgorithm: readAlgorithm(outer),
      signature: outer.bitStringOctets(),
    })),
  );
}

function readCertificate(der: Uint8Array, readers: PartReaders): Certificate {
  return readDer(der, LIMITS, CODE, (top) =>
    top.sequence((outer): Certificate => {
      const tbs = outer.element(TAG.sequence);
      const signatureAlgorithm = readAlgorithm(outer);
      const signature = outer.bitStringOctets();
      const fields = outer.over(tbs.content);
      const version = readVersion(fields);
      const serialNumber = fields.integer();
      const innerSignatureAlgorithm = readAlgorithm(fields);
      // RFC 5280 section 4.1.1.2: the two MUST be the same, or an attacker chooses the outer one.
      if (!sameBytes(signatureAlgorithm.der, innerSignatureAlgorithm.der)) {
        throw fields.refusal('The signature algorithms inside and outside the signed part differ.');
      }
      const issuer = readers.issuer(fields);
      const [notBefore, notAfter] = fields.sequence(
        (validity) => [readTime(validity), readTime(validity)] as const,
      );
      const subject = readName(fields);
      const subjectPublicKeyInfo = readSubjectPublicKeyInfo(fields);
      if (version > 1) skipUniqueIdentifiers(fields);
      const extensions =
        (version === 3 ? fields.optional(0xa3, readExtensions) : null) ?? new Map<string, Extension>();
      fields.end();
      return {
        der: top.bytes,
        tbs: tbs.bytes,
        version,
        serialNumber,
        serialHex: toHex(serialNumber),
        signatureAlgorithm,
        innerSignatureAlgorithm,
        issuer,
        subject,
        notBefore,
        notAfter,
        subjectPublicKeyInfo,
        extensions,
        signature,
        ...knownExtensions(extensions, readers.extensions),
      };
    }),
  );
}

/**
 * IssuerAndSerialNumber of a certificate (RFC 5652 section 10.2.4), its bytes as they stand; nothing else is read.
 * @throws FormatError as `parseCertificate`.
 */
export function issuerAndSerialOf(der: Uint8Array): Uint8Array {
  return readDer(der, LIMITS, CODE, (top) => {
    const outer = top.over(top.element(TAG.sequence).content);
    const fields = outer.over(outer.element(TAG.sequence).content);
    readVersion(fields);
    const serialNumber = fields.element(TAG.integer).bytes;
    fields.element(TAG.sequence);
    return sequence(fields.element(TAG.sequence).bytes, serialNumber);
  });
}

/** What a version 3 certificate to be signed is made of; names, key and algorithm are complete DER values. */
export interface TbsCertificate {
  /** Unsigned big-endian, 1 to 20 octets when written. */
  readonly serialNumber: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subject: Uint8Array;
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** `[0] EXPLICIT INTEGER 2`. */
const VERSION_3 = Uint8Array.of(0xa0, 3, TAG.integer, 1, 2);

/** TBSCertificate, version 3. */
export function encodeTbsCertificate(tbs: TbsCertificate): Uint8Array {
  const serial = integerMagnitude(tbs.serialNumber);
  const validity = timeSize(tbs.notBefore) + timeSize(tbs.notAfter);
  const extensions = tbs.extensions.map((each) => each.der ?? writtenExtension(each).der);
  const list = extensions.reduce((sum, { length }) => sum + length, 0);
  const length =
    VERSION_3.length +
    taggedSize(serial.length) +
    tbs.signatureAlgorithm.length +
    tbs.issuer.length +
    taggedSize(validity) +
    tbs.subject.length +
    tbs.subjectPublicKeyInfo.length +
    taggedSize(taggedSize(list));
  const sink = new DerSink(taggedSize(length), shortLived(taggedSize(length)))
    .header(TAG.sequence, length)
    .raw(VERSION_3)
    .header(TAG.integer, serial.length)
    .raw(serial)
    .raw(tbs.signatureAlgorithm)
    .raw(tbs.issuer)
    .header(TAG.sequence, validity);
  putTime(sink, tbs.notBefore);
  putTime(sink, tbs.notAfter);
  sink
    .raw(tbs.subject)
    .raw(tbs.subjectPublicKeyInfo)
    .header(0xa3, taggedSize(list))
    .header(TAG.sequence, list);
  for (const each of extensions) sink.raw(each);
  return sink.bytes;
}

/** `SEQUENCE { tbs, signatureAlgorithm, signature }`: certificates, CRLs and requests share this shape. */
export function encodeSigned(
  tbs: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const bits = signature.length + 1;
  const length = tbs.length + signatureAlgorithm.length + taggedSize(bits);
  return new DerSink(taggedSize(length))
    .header(TAG.sequence, length)
    .raw(tbs)
    .raw(signatureAlgorithm)
    .header(TAG.bitString, bits)
    .octet(0)
    .raw(signature).bytes;
}

/** The certificate from its signed part. */
export function encodeCertificate(
  tbs: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  return encodeSigned(tbs, signatureAlgorithm, signature);
}
