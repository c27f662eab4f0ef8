// SES_Signature 电子签章: one use of a seal on one original, read in versions 1, 4 and 5, written in versions 4 and 5.
import { TAG, readDer, type DerReader } from '../x509/der.ts';
import { bitString, explicit, ia5String, integer, octetString, oid, sequence } from '../x509/der-writer.ts';
import { encodeGeneralizedTime, readGeneralizedTime, readTime } from '../x509/time.ts';
import {
  SEAL_LIMITS,
  countMembers,
  encodeExtensions,
  part,
  readExtensions,
  readIa5,
  readWhole,
  type ExtensionData,
} from './parts.ts';
import { readCertificate, readSeal, readSignatureValue, readTimestamp, type Seal } from './seal.ts';

/** What `timeInfo` holds. Only version 1 has more than one form. */
export type SigningTime =
  | { readonly kind: 'time'; readonly time: Date }
  /** A time-stamp token in place of a time (GM/T 0031-2014). */
  | { readonly kind: 'token'; readonly token: Uint8Array }
  /** `yyyy-MM-dd HH:mm:ss` without a zone, as some writers have it. */
  | { readonly kind: 'local'; readonly text: string };

/** A signature as read; every array is a view into the bytes it was read from. */
export interface SealSignature {
  /** The embedded seal's, which tells the structure of the signature too. */
  readonly version: Seal['version'];
  /** TBS_Sign as it stands: what the signature is over. */
  readonly signed: Uint8Array;
  /** TBS_Sign.version as it stands. */
  readonly statedVersion: number;
  readonly seal: Seal;
  readonly signingTime: SigningTime;
  /** Digest of the protected original. */
  readonly dataHash: Uint8Array;
  /** Names the protected original, e.g. a path in a package. */
  readonly propertyInformation: string;
  readonly extensions: readonly ExtensionData[];
  /** DER of the signer's certificate as carried; not looked into. */
  readonly signerCertificate: Uint8Array;
  readonly signatureAlgorithm: string;
  /** Payload of the BIT STRING. */
  readonly signature: Uint8Array;
  /** Time-stamp token over `signature`; null where there is none. */
  readonly timestamp: Uint8Array | null;
}

type SignedPart = Pick<
  SealSignature,
  'statedVersion' | 'seal' | 'signingTime' | 'dataHash' | 'propertyInformation'
>;

const LOCAL_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

/** GM/T 0031-2014: a BIT STRING around a token or a time, whichever the writer chose. */
function readWrappedTime(fields: DerReader): SigningTime {
  const wrapped = fields.bitStringOctets();
  if (wrapped.length > SEAL_LIMITS.maxTimestamp) throw fields.refusal('A signing time is too long.');
  if (wrapped[0] === TAG.sequence) return { kind: 'token', token: wrapped };
  if (wrapped[0] === TAG.utcTime || wrapped[0] === TAG.generalizedTime) {
    const limits = { maxBytes: 64, maxDepth: 0 };
    return { kind: 'time', time: readDer(wrapped, limits, 'seal-malformed', readTime) };
  }
  const text = String.fromCharCode(...wrapped.subarray(0, 32));
  if (wrapped.length > 32 || !LOCAL_TIME.test(text))
    throw fields.refusal('A signing time is neither a time-stamp token nor a time.');
  return { kind: 'local', text };
}

function readDataHash(fields: DerReader): Uint8Array {
  const hash = fields.bitStringOctets();
  if (![20, 32, 48, 64].includes(hash.length)) throw fields.refusal('dataHash is of no known digest.');
  return hash;
}

function readSignedPart(fields: DerReader): SignedPart {
  const statedVersion = part('version', () => fields.smallInteger());
  const seal = part('seal', () => readSeal(fields));
  if (seal.version !== 1 && statedVersion !== seal.version)
    part('version', () => {
      throw fields.refusal('A signature states another version than its seal.');
    });
  return {
    statedVersion,
    seal,
    signingTime: part('signing-time', () =>
      seal.version === 1
        ? readWrappedTime(fields)
        : { kind: 'time', time: readGeneralizedTime(fields, false) },
    ),
    dataHash: part('data-hash', () => readDataHash(fields)),
    propertyInformation: part('property-information', () => readIa5(fields)),
  };
}

type Signer = Pick<SealSignature, 'signerCertificate' | 'signatureAlgorithm'>;

function readSigner(fields: DerReader): Signer {
  return {
    signerCertificate: part('signer-certificate', () => readCertificate(fields).content),
    signatureAlgorithm: part('signature-algorithm', () => fields.oid()),
  };
}

function readSignature(fields: DerReader, members: number): SealSignature {
  const { bytes: signed, content } = part('signed-part', () => fields.element(TAG.sequence));
  const inner = fields.over(content);
  const stated = part('signed-part', () => readSignedPart(inner));
  const { version } = stated.seal;
  if ((members === 2) !== (version === 1))
    throw fields.refusal('A signature has the form of another version than its seal.');
  // GM/T 0031-2014 has certificate and algorithm inside the signed part, the later ones outside.
  const signer = version === 1 ? part('signed-part', () => readSigner(inner)) : readSigner(fields);
  const extensions = version === 1 ? [] : readExtensions(inner);
  part('signed-part', () => inner.end());
  return {
    version,
    signed,
    ...stated,
    ...signer,
    extensions,
    signature: part('signature', () => readSignatureValue(fields)),
    timestamp: version === 1 ? null : readTimestamp(fields),
  };
}

/**
 * Reads the use of a seal. Nothing is judged. The tolerances are those of `parseSeal`.
 * @param bytes - one SES_Signature of at most 8 MiB, nothing after it.
 * @throws SealFormatError `seal-malformed` with the part that is not as it must be.
 */
export function parseSealSignature(bytes: Uint8Array): SealSignature {
  return readWhole(bytes, SEAL_LIMITS.maxSignatureBytes, (top) => {
    const { content } = top.element(TAG.sequence);
    const members = countMembers(content, top);
    const fields = top.over(content);
    const signature = readSignature(fields, members);
    fields.end();
    return signature;
  });
}

export interface SignedPartInput {
  readonly version: 4 | 5;
  /** The whole SESeal, embedded as it is. */
  readonly seal: Uint8Array;
  readonly signingTime: Date;
  readonly dataHash: Uint8Array;
  readonly propertyInformation: string;
  readonly extensions?: readonly ExtensionData[];
}

/** TBS_Sign as DER: what the signer's signature is over, to the byte. @throws FormatError `value-out-of-range`. */
export function encodeSignedPart(input: SignedPartInput): Uint8Array {
  const { extensions = [] } = input;
  return sequence(
    integer(input.version),
    input.seal,
    encodeGeneralizedTime(input.signingTime, false),
    bitString(input.dataHash),
    ia5String(input.propertyInformation),
    ...(extensions.length === 0 ? [] : [explicit(0, encodeExtensions(extensions))]),
  );
}

export interface SealSignatureInput {
  /** What `encodeSignedPart` answered. */
  readonly signedPart: Uint8Array;
  /** DER. */
  readonly signerCertificate: Uint8Array;
  readonly signatureAlgorithm: string;
  /** DER `SEQUENCE { r, s }` (GB/T 35276). */
  readonly signature: Uint8Array;
  /** Token over the signature value. */
  readonly timestamp?: Uint8Array;
}

/** SES_Signature as DER; read again before it is answered. @throws SealFormatError as `parseSealSignature`. */
export function encodeSealSignature(input: SealSignatureInput): Uint8Array {
  const signature = sequence(
    input.signedPart,
    octetString(input.signerCertificate),
    oid(input.signatureAlgorithm),
    bitString(input.signature),
    ...(input.timestamp === undefined ? [] : [explicit(0, bitString(input.timestamp))]),
  );
  parseSealSignature(signature);
  return signature;
}
