// CMS SignedData (RFC 5652 section 5): read strictly, written with one signer.
import { FormatError } from '../errors.ts';
import {
  encodeDigestAlgorithm,
  encodeSignatureAlgorithm,
  readAlgorithm,
  type AlgorithmIdentifier,
  type DigestName,
  type WrittenSignatureName,
} from '../x509/algorithm.ts';
import { issuerAndSerialOf } from '../x509/certificate.ts';
import { TAG, readDer, type DerReader } from '../x509/der.ts';
import { explicit, integer, octetString, oid, sequence, setOf, tagged } from '../x509/der-writer.ts';
import { readName, type Name } from '../x509/name.ts';
import { encodeOcspResponseOf } from '../x509/ocsp.ts';
import { OID } from '../x509/oid.ts';
import { readAttributes, type CmsAttribute } from './attributes.ts';

type SignerIdentifier =
  | { readonly kind: 'issuer-serial'; readonly issuer: Name; readonly serialNumber: Uint8Array }
  | { readonly kind: 'key-identifier'; readonly keyIdentifier: Uint8Array };

export interface SignerInfo {
  readonly signer: SignerIdentifier;
  readonly digestAlgorithm: AlgorithmIdentifier;
  /** Null where the signature is over the content itself. No type that may stand once stands twice. */
  readonly signedAttributes: readonly CmsAttribute[] | null;
  /** The signed attributes as the `SET OF` that the signature is over; null where there are none. */
  readonly signedAttributesDer: Uint8Array | null;
  /** The same in the order that DER demands, where a sender of BER left them in another; null everywhere else. */
  readonly signedAttributesSorted: Uint8Array | null;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** Everything before the unsigned attributes, version to signature, as it stands: what an archive time-stamp is over. */
  readonly signedFields: Uint8Array;
  /** Nothing vouches for these; empty where absent. */
  readonly unsignedAttributes: readonly CmsAttribute[];
}

export interface RevocationMember {
  readonly der: Uint8Array;
  readonly kind: 'crl' | 'ocsp' | 'other';
  /** The list, or the OCSP response within; the member itself of another kind. */
  readonly value: Uint8Array;
}

export interface SignedData {
  /** By whose identifier the content calls itself SignedData: RFC 5652, or GB/T 35275. */
  readonly syntax: 'cms' | 'gm';
  readonly version: number;
  readonly digestAlgorithms: readonly AlgorithmIdentifier[];
  readonly eContentType: string;
  /** Content octets, null where the signature is detached. */
  readonly eContent: Uint8Array | null;
  /** X.509 certificates as DER, in their order; nothing vouches for them. */
  readonly certificates: readonly Uint8Array[];
  /** CRLs as DER. */
  readonly crls: readonly Uint8Array[];
  /** Every member of `certificates` and of `crls` as it stands, of whatever kind: what an archive time-stamp names by hash. */
  readonly certificateSet: readonly Uint8Array[];
  readonly revocationSet: readonly RevocationMember[];
  /** How many certificates and revocation data are of kinds that are not read here. */
  readonly passedOver: number;
  /** OCSP responses as DER (RFC 5940). */
  readonly ocspResponses: readonly Uint8Array[];
  readonly signerInfos: readonly SignerInfo[];
}

// SET OF may come unsorted where RFC 5652 lets the sender write BER; signed attributes are checked apart.
const LIMITS = { maxBytes: 1 << 24, maxDepth: 40, setOrder: 'any' } as const;
const CODE = 'cms-malformed';
const MAX_SIGNERS = 16;
const MAX_CERTIFICATES = 200;

function readSigner(reader: DerReader): SignerIdentifier {
  if (reader.peek() === 0x80) return { kind: 'key-identifier', keyIdentifier: reader.element().content };
  return reader.sequence((fields) => ({
    kind: 'issuer-serial',
    issuer: readName(fields),
    serialNumber: fields.integer(),
  }));
}

/** Signed attributes of which there is one (RFC 5652 section 11, RFC 5035, RFC 6211); others, as content-time-stamp, may be several. */
const SINGLE: ReadonlySet<string> = new Set([
  OID.contentType,
  OID.messageDigest,
  OID.signingTime,
  OID.signingCertificate,
  OID.signingCertificateV2,
  OID.cmsAlgorithmProtection,
]);

/** `der`: as RFC 5652 has the signer write; `ber`: made from BER, so that sets may come in any order. */
export type SignedDataForm = 'der' | 'ber';

/**
 * RFC 5652 section 5.3: signed attributes MUST be DER, so their order is checked though the rest may be BER. Senders of BER who
 * did not care either sign their DER (section 5.4) or, as writers of GB/T 35275 do, the bytes as they stand.
 */
function readSignedAttributes(
  reader: DerReader,
  syntax: SignedData['syntax'],
  form: SignedDataForm,
): {
  readonly attributes: readonly CmsAttribute[];
  readonly der: Uint8Array;
  readonly sorted: Uint8Array | null;
} {
  const der = tagged(TAG.set, reader.element(0xa0).content);
  const limits = { ...LIMITS, setOrder: syntax === 'gm' || form === 'ber' ? 'any' : 'sorted' } as const;
  const attributes = readDer(der, limits, CODE, (top) => top.inside(TAG.set, readAttributes));
  if (attributes.length === 0) throw reader.refusal('The signed attributes are empty.');
  const single = attributes.map(({ type }) => type).filter((type) => SINGLE.has(type));
  if (new Set(single).size !== single.length) throw reader.refusal('A signed attribute stands twice.');
  const sorted = syntax === 'cms' && form === 'ber' ? setOf(attributes.map((each) => each.der)) : null;
  return { attributes, der, sorted };
}

function readSignerInfo(reader: DerReader, syntax: SignedData['syntax'], form: SignedDataForm): SignerInfo {
  const { content } = reader.element(TAG.sequence);
  const fields = reader.over(content);
  const read = readSignerFields(fields, syntax, form);
  const unsigned = fields.peek() === 0xa1 ? fields.element(0xa1) : null;
  fields.end();
  return {
    ...read,
    signedFields: content.subarray(0, content.length - (unsigned?.bytes.length ?? 0)),
    unsignedAttributes: unsigned === null ? [] : readAttributes(reader.over(unsigned.content)),
  };
}

function readSignerFields(
  fields: DerReader,
  syntax: SignedData['syntax'],
  form: SignedDataForm,
): Omit<SignerInfo, 'signedFields' | 'unsignedAttributes'> {
  const version = fields.smallInteger();
  const signer = readSigner(fields);
  // RFC 5652 section 5.3: 1 with issuer and serial, 3 with a key identifier.
  if (version !== (signer.kind === 'issuer-serial' ? 1 : 3)) {
    throw fields.refusal('The version of a SignerInfo contradicts its signer identifier.');
  }
  const digestAlgorithm = readAlgorithm(fields);
  const signed = fields.peek() === 0xa0 ? readSignedAttributes(fields, syntax, form) : null;
  const signatureAlgorithm = readAlgorithm(fields);
  const signature = fields.octetString();
  return {
    signer,
    digestAlgorithm,
    signedAttributes: signed?.attributes ?? null,
    signedAttributesDer: signed?.der ?? null,
    signedAttributesSorted: signed?.sorted ?? null,
    signatureAlgorithm,
    signature,
  };
}

/** CertificateSet: X.509 certificates; the other choices [0] to [3] (attribute and obsolete certificates) are passed over. */
function readCertificates(
  reader: DerReader,
): Pick<SignedData, 'certificates' | 'certificateSet' | 'passedOver'> {
  const elements = reader.optional(0xa0, (set) => set.every((each) => each.element())) ?? [];
  if (elements.length > MAX_CERTIFICATES) throw reader.refusal('SignedData holds too many certificates.');
  const certificates = elements.filter(({ tag }) => tag === TAG.sequence).map(({ bytes }) => bytes);
  const others = elements.filter(({ tag }) => tag !== TAG.sequence);
  if (others.some(({ tag }) => tag < 0xa0 || tag > 0xa3))
    throw reader.refusal('SignedData holds something that is no certificate.');
  return { certificates, certificateSet: elements.map(({ bytes }) => bytes), passedOver: others.length };
}

/** One RevocationInfoChoice: a list, an OCSP response (also as BasicOCSPResponse, as older CAdES writers do), or another kind. */
function readRevocationInfo(reader: DerReader): RevocationMember {
  if (reader.peek() !== 0xa1) {
    const { bytes } = reader.element(TAG.sequence);
    return { der: bytes, kind: 'crl', value: bytes };
  }
  const { bytes: der, content } = reader.element(0xa1);
  const other = reader.over(content);
  const format = other.oid();
  const { bytes } = other.element();
  other.end();
  if (format === OID.ocspRevocationInfo) return { der, kind: 'ocsp', value: bytes };
  return format === OID.ocspBasic
    ? { der, kind: 'ocsp', value: encodeOcspResponseOf(bytes) }
    : { der, kind: 'other', value: der };
}

function readRevocation(
  reader: DerReader,
): Pick<SignedData, 'crls' | 'ocspResponses' | 'revocationSet' | 'passedOver'> {
  const members = reader.optional(0xa1, (set) => set.every(readRevocationInfo)) ?? [];
  const valuesOf = (kind: RevocationMember['kind']): readonly Uint8Array[] =>
    members.flatMap((member) => (member.kind === kind ? [member.value] : []));
  return {
    crls: valuesOf('crl'),
    ocspResponses: valuesOf('ocsp'),
    revocationSet: members,
    passedOver: valuesOf('other').length,
  };
}

/** Both families of identifiers are met, and mixtures of them: the structure tells nothing apart. */
const SYNTAXES: ReadonlyMap<string, SignedData['syntax']> = new Map([
  [OID.signedData, 'cms'],
  [OID.gmSignedData, 'gm'],
]);

/** The content type without its family: data of GB/T 35275 is the data of RFC 5652. */
export function familiarContentType(type: string): string {
  return type === OID.gmData ? OID.data : type;
}

/**
 * Reads a ContentInfo that holds SignedData. Nothing is verified: digests, signatures and chains are the verifier's matter.
 * @param der - at most 16 MiB, nothing after it (cut a PDF's padding with `derLength` first).
 * @param form - `ber` where `der` was made from BER.
 * @throws FormatError `cms-malformed`, `ber-indefinite-length` (a sender may write BER; it is refused here by name), `der-…`, `trailing-bytes`.
 */
export function parseSignedData(der: Uint8Array, form: SignedDataForm = 'der'): SignedData {
  return readDer(der, LIMITS, CODE, (top) =>
    top.sequence((contentInfo) => {
      const syntax = SYNTAXES.get(contentInfo.oid());
      if (syntax === undefined) throw contentInfo.refusal('The CMS content is not SignedData.');
      return contentInfo.inside(0xa0, (content) =>
        content.sequence((fields): SignedData => {
          const version = fields.smallInteger();
          if (![1, 3, 4, 5].includes(version)) throw fields.refusal('SignedData has an unknown version.');
          const digestAlgorithms = fields.inside(TAG.set, (set) => set.every(readAlgorithm));
          const { eContentType, eContent } = fields.sequence((encapsulated) => ({
            eContentType: encapsulated.oid(),
            eContent: encapsulated.optional(0xa0, (inner) => inner.octetString()),
          }));
          const certificates = readCertificates(fields);
          const revocation = readRevocation(fields);
          const signerInfos = fields.inside(TAG.set, (set) =>
            set.every((each) => readSignerInfo(each, syntax, form)),
          );
          if (signerInfos.length > MAX_SIGNERS) throw fields.refusal('SignedData holds too many signers.');
          return {
            syntax,
            version,
            digestAlgorithms,
            eContentType,
            eContent,
            ...certificates,
            ...revocation,
            passedOver: certificates.passedOver + revocation.passedOver,
            signerInfos,
          };
        }),
      );
    }),
  );
}

export interface SignedDataInput {
  readonly digestAlgorithm: DigestName;
  /** What `encodeSignedAttributes` answered and the signature is over. */
  readonly signedAttributes: Uint8Array;
  readonly signatureAlgorithm: WrittenSignatureName;
  /** The signature as the algorithm's standard has it in CMS. */
  readonly signature: Uint8Array;
  /** The signer's certificate, DER; it is named by issuer and serial, and written only if it stands in `certificates`. */
  readonly signerCertificate: Uint8Array;
  /** Certificates to carry, DER. */
  readonly certificates: readonly Uint8Array[];
  /** Complete Attribute values (`encodeSignatureTimeStamp`). */
  readonly unsignedAttributes?: readonly Uint8Array[];
  /** Content to carry; detached with type id-data where left out. */
  readonly eContent?: { readonly type: string; readonly content: Uint8Array };
}

/**
 * ContentInfo with SignedData of one signer, all of it DER.
 * @throws FormatError `cms-malformed` where `signedAttributes` is no SET, and the codes of `issuerAndSerialOf`.
 */
export function encodeSignedData(input: SignedDataInput): Uint8Array {
  const contentType = input.eContent?.type ?? OID.data;
  if (input.signedAttributes[0] !== TAG.set) {
    throw new FormatError(CODE, 'The signed attributes to write are not a SET OF.');
  }
  const signedAttributes = Uint8Array.from(input.signedAttributes);
  signedAttributes[0] = 0xa0;
  const signerInfo = sequence(
    integer(1),
    issuerAndSerialOf(input.signerCertificate),
    encodeDigestAlgorithm(input.digestAlgorithm),
    signedAttributes,
    encodeSignatureAlgorithm(input.signatureAlgorithm),
    octetString(input.signature),
    ...(input.unsignedAttributes === undefined || input.unsignedAttributes.length === 0
      ? []
      : [setOf(input.unsignedAttributes, 0xa1)]),
  );
  const signedData = sequence(
    // RFC 5652 section 5.1: 3 where the content is not id-data, else 1.
    integer(contentType === OID.data ? 1 : 3),
    setOf([encodeDigestAlgorithm(input.digestAlgorithm)]),
    sequence(
      oid(contentType),
      ...(input.eContent === undefined ? [] : [explicit(0, octetString(input.eContent.content))]),
    ),
    ...(input.certificates.length === 0 ? [] : [setOf(input.certificates, 0xa0)]),
    setOf([signerInfo]),
  );
  return sequence(oid(OID.signedData), explicit(0, signedData));
}
