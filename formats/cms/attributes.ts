// CMS attributes: content-type, message-digest, signing-time, signing-certificate(-v2), signature-time-stamp.
import { joinBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { digestOf, encodeDigestAlgorithm, readAlgorithm, type DigestName } from '../x509/algorithm.ts';
import { TAG, readDer, type DerReader } from '../x509/der.ts';
import { octetString, oid, sequence, setOf } from '../x509/der-writer.ts';
import { OID } from '../x509/oid.ts';
import { encodeTime, readTime } from '../x509/time.ts';

export interface CmsAttribute {
  readonly type: string;
  /** Each AttributeValue as it stands; at least one. */
  readonly values: readonly Uint8Array[];
  /** The whole Attribute as it stands. */
  readonly der: Uint8Array;
}

const LIMITS = { maxBytes: 1 << 24, maxDepth: 40, setOrder: 'any' } as const;
const CODE = 'cms-malformed';

export function readAttributes(reader: DerReader): readonly CmsAttribute[] {
  return reader.every((each) => {
    const { bytes: der, content } = each.element(TAG.sequence);
    const fields = each.over(content);
    const type = fields.oid();
    const values = fields.inside(TAG.set, (set) => set.every((value) => value.element().bytes));
    fields.end();
    if (values.length === 0) throw fields.refusal('A CMS attribute has no value.');
    return { type, values, der };
  });
}

function single<T>(
  attributes: readonly CmsAttribute[],
  type: string,
  read: (reader: DerReader) => T,
): T | null {
  const found = attributes.filter((attribute) => attribute.type === type);
  const [value, ...more] = found.flatMap((attribute) => attribute.values);
  if (value === undefined) return null;
  // RFC 5652 section 11: these attributes have exactly one instance and one value.
  if (more.length > 0) throw new FormatError(CODE, `The CMS attribute ${type} has more than one value.`);
  return readDer(value, LIMITS, CODE, read);
}

/** Value of content-type (RFC 5652 section 11.1), null where absent. @throws FormatError `cms-malformed`. */
export function contentTypeOf(attributes: readonly CmsAttribute[]): string | null {
  return single(attributes, OID.contentType, (reader) => reader.oid());
}

/** Value of message-digest (RFC 5652 section 11.2), null where absent. @throws FormatError `cms-malformed`. */
export function messageDigestOf(attributes: readonly CmsAttribute[]): Uint8Array | null {
  return single(attributes, OID.messageDigest, (reader) => reader.octetString());
}

/** Claimed signing-time (RFC 5652 section 11.3), null where absent. @throws FormatError `cms-malformed`. */
export function signingTimeOf(attributes: readonly CmsAttribute[]): Date | null {
  return single(attributes, OID.signingTime, readTime);
}

/** The first certificate a signing-certificate attribute names: the signer's (RFC 5035 section 4). */
export interface SigningCertificate {
  /** Which attribute it came from: version 1 is bound to SHA-1. */
  readonly version: 1 | 2;
  /** Null where the algorithm is unknown. */
  readonly digestAlgorithm: DigestName | null;
  readonly certificateDigest: Uint8Array;
}

function readEssCertId(version: 1 | 2): (reader: DerReader) => SigningCertificate {
  return (reader) =>
    reader.sequence((attribute) => {
      const ids = attribute.sequence((list) =>
        list.every((each) =>
          each.sequence((id): SigningCertificate => {
            // ESSCertIDv2: hashAlgorithm DEFAULT sha-256; version 1 has none and means SHA-1.
            const named =
              version === 2 && id.peek() === TAG.sequence ? digestOf(readAlgorithm(id)) : undefined;
            const digestAlgorithm =
              named === undefined ? (version === 2 ? 'sha256' : 'sha1') : (named?.name ?? null);
            const certificateDigest = id.octetString();
            if (id.peek() !== null) id.element(TAG.sequence);
            return { version, digestAlgorithm, certificateDigest };
          }),
        ),
      );
      if (attribute.peek() !== null) attribute.element(TAG.sequence);
      const [first] = ids;
      if (first === undefined)
        throw attribute.refusal('A signing-certificate attribute names no certificate.');
      return first;
    });
}

/** What signing-certificate-v2, or else signing-certificate, names; null where both are absent. @throws FormatError `cms-malformed`. */
export function signingCertificateOf(attributes: readonly CmsAttribute[]): SigningCertificate | null {
  return (
    single(attributes, OID.signingCertificateV2, readEssCertId(2)) ??
    single(attributes, OID.signingCertificate, readEssCertId(1))
  );
}

/** Every signature-time-stamp token as ContentInfo DER (RFC 3161 appendix A); several are allowed. */
export function signatureTimeStampsOf(unsignedAttributes: readonly CmsAttribute[]): readonly Uint8Array[] {
  return unsignedAttributes.flatMap(({ type, values }) => (type === OID.signatureTimeStamp ? values : []));
}

/** One Attribute, for `unsignedAttributes` of `encodeSignedData`. @param values - each as complete DER. */
export function encodeAttribute(type: string, values: readonly Uint8Array[]): Uint8Array {
  return sequence(oid(type), setOf(values));
}

/** signature-time-stamp with one token, for `unsignedAttributes` of `encodeSignedData`. */
export function encodeSignatureTimeStamp(token: Uint8Array): Uint8Array {
  return encodeAttribute(OID.signatureTimeStamp, [token]);
}

export interface SignedAttributesInput {
  /** OID of the content (`OID.data` for a PDF or file). */
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  /** Digest of the signer's whole certificate DER. */
  readonly signingCertificate: {
    readonly digestAlgorithm: DigestName;
    readonly certificateDigest: Uint8Array;
  };
  /** Left out unless asked: PAdES forbids it (EN 319 142-1 clause 6.3), the PDF's /M holds the claimed time. */
  readonly signingTime?: Date;
}

/**
 * The signed attributes as the DER `SET OF Attribute` that the signature is over (RFC 5652 section 5.4);
 * `encodeSignedData` puts the same bytes into the SignerInfo under their implicit tag.
 */
export function encodeSignedAttributes(input: SignedAttributesInput): Uint8Array {
  const { digestAlgorithm, certificateDigest } = input.signingCertificate;
  const essCertId = sequence(
    joinBytes([
      // DEFAULT sha-256 stays unwritten (X.690 clause 11.5).
      digestAlgorithm === 'sha256' ? new Uint8Array(0) : encodeDigestAlgorithm(digestAlgorithm),
      octetString(certificateDigest),
    ]),
  );
  return setOf([
    encodeAttribute(OID.contentType, [oid(input.contentType)]),
    encodeAttribute(OID.messageDigest, [octetString(input.messageDigest)]),
    encodeAttribute(OID.signingCertificateV2, [sequence(sequence(essCertId))]),
    ...(input.signingTime === undefined
      ? []
      : [encodeAttribute(OID.signingTime, [encodeTime(input.signingTime)])]),
  ]);
}
