// A time-stamp token's unchanging parts, written once per key: what is left for each token is its time and its signature.
import { FormatError } from '../errors.ts';
import {
  encodeDigestAlgorithm,
  encodeSignatureAlgorithm,
  type DigestName,
  type WrittenSignatureName,
} from '../x509/algorithm.ts';
import { issuerAndSerialOf } from '../x509/certificate.ts';
import { TAG } from '../x509/der.ts';
import { integer, integerContent, oid, sequence, setOf, unsignedInteger } from '../x509/der-writer.ts';
import { OID } from '../x509/oid.ts';
import { joinBytes } from '../bytes.ts';
import { encodeGeneralizedTime } from '../x509/time.ts';
import { encodeSignedAttributes } from './attributes.ts';
import { encodeAccuracy } from './timestamp.ts';

export interface TimestampTokenForm {
  readonly policy: string;
  /** Milliseconds. */
  readonly accuracy: number;
  /** Digest of the TSTInfo and inside the signature. */
  readonly digestAlgorithm: DigestName;
  readonly signatureAlgorithm: WrittenSignatureName;
  /** The unit's certificate, DER, and its digest by `digestAlgorithm` (signing-certificate-v2, RFC 5816). */
  readonly signerCertificate: Uint8Array;
  readonly certificateDigest: Uint8Array;
  /** What goes along where the requester wants certificates. */
  readonly certificates: readonly Uint8Array[];
}

/** Octets of identifier and shortest length before so much content. */
function headerSize(length: number): number {
  return length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 5;
}

/** Writes identifier and shortest length. @returns where the content starts. */
function writeHeader(target: Uint8Array, at: number, tag: number, length: number): number {
  const octets = headerSize(length) - 2;
  target[at] = tag;
  target[at + 1] = octets === 0 ? length : 0x80 | octets;
  for (let index = 0; index < octets; index += 1) {
    target[at + 2 + index] = (length >> (8 * (octets - 1 - index))) & 0xff;
  }
  return at + 2 + octets;
}

/** Where `part` stands in `whole`. */
function positionOf(whole: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= whole.length; at += 1) {
    if (part.every((octet, index) => whole[at + index] === octet)) return at;
  }
  throw new FormatError('cms-malformed', 'The signed attributes do not hold the digest they were made of.');
}

/** Writes the tokens of one key (RFC 3161 section 2.4.2 over RFC 5652), DER as `encodeSignedData` makes it. */
export class TimestampTokenWriter {
  /** TSTInfo's members before the imprint, and the accuracy. */
  readonly #beforeImprint: Uint8Array;
  readonly #accuracy: Uint8Array;
  /** The time written last: many tokens share a millisecond. */
  #time: { readonly milliseconds: number; readonly der: Uint8Array } | null = null;
  readonly #attributes: Uint8Array;
  readonly #digestAt: number;
  readonly #digestSize: number;
  /** ContentInfo's and SignedData's members before the TSTInfo, and after it with and without certificates. */
  readonly #contentType = oid(OID.signedData);
  readonly #beforeContent: Uint8Array;
  readonly #eContentType = oid(OID.tstInfo);
  readonly #certificates: Uint8Array;
  /** SignerInfo's members before the signed attributes, and between them and the signature. */
  readonly #signer: Uint8Array;
  readonly #signatureAlgorithm: Uint8Array;

  /** @throws FormatError as `issuerAndSerialOf`. */
  constructor(form: TimestampTokenForm) {
    const digestAlgorithm = encodeDigestAlgorithm(form.digestAlgorithm);
    this.#beforeImprint = joinBytes([integer(1), oid(form.policy)]);
    this.#accuracy = encodeAccuracy(form.accuracy);
    // A digest of a value that no certificate's digest has: its place is found by looking for it.
    const marker = form.certificateDigest.map((octet) => octet ^ 0x5a);
    this.#attributes = encodeSignedAttributes({
      contentType: OID.tstInfo,
      messageDigest: marker,
      signingCertificate: {
        digestAlgorithm: form.digestAlgorithm,
        certificateDigest: form.certificateDigest,
      },
    });
    this.#digestAt = positionOf(this.#attributes, marker);
    this.#digestSize = marker.length;
    // RFC 5652 section 5.1: version 3, since the content is not id-data.
    this.#beforeContent = joinBytes([integer(3), setOf([digestAlgorithm])]);
    this.#certificates = form.certificates.length === 0 ? new Uint8Array(0) : setOf(form.certificates, 0xa0);
    this.#signer = joinBytes([integer(1), issuerAndSerialOf(form.signerCertificate), digestAlgorithm]);
    this.#signatureAlgorithm = encodeSignatureAlgorithm(form.signatureAlgorithm);
  }

  /** TSTInfo, `ordering` FALSE and `tsa` left out as `encodeTstInfo` has it. */
  tstInfo(info: {
    /** The request's MessageImprint, byte for byte. */
    readonly messageImprint: Uint8Array;
    /** Unsigned big-endian. */
    readonly serialNumber: Uint8Array;
    readonly genTime: Date;
    /** The request's nonce content. */
    readonly nonce: Uint8Array | null;
  }): Uint8Array {
    const milliseconds = info.genTime.getTime();
    if (this.#time?.milliseconds !== milliseconds) {
      this.#time = { milliseconds, der: encodeGeneralizedTime(info.genTime, true) };
    }
    return sequence(
      this.#beforeImprint,
      info.messageImprint,
      unsignedInteger(info.serialNumber),
      this.#time.der,
      this.#accuracy,
      info.nonce === null ? NOTHING : integerContent(info.nonce),
    );
  }

  /**
   * The signed attributes over a TSTInfo: what the signature is over.
   * @throws FormatError `cms-malformed` where the digest is not of the form's algorithm.
   */
  signedAttributes(tstInfoDigest: Uint8Array): Uint8Array {
    if (tstInfoDigest.length !== this.#digestSize) {
      throw new FormatError('cms-malformed', 'The digest of a TSTInfo has a wrong length.');
    }
    const attributes = this.#attributes.slice();
    attributes.set(tstInfoDigest, this.#digestAt);
    return attributes;
  }

  /** TimeStampResp, granted, with the token: ContentInfo around SignedData. */
  response(
    tstInfo: Uint8Array,
    signedAttributes: Uint8Array,
    signature: Uint8Array,
    withCertificates: boolean,
  ): Uint8Array {
    const certificates = withCertificates ? this.#certificates.length : 0;
    const whole = (length: number): number => headerSize(length) + length;
    const octets = whole(tstInfo.length);
    const encapsulated = this.#eContentType.length + whole(octets);
    const signerInfo =
      this.#signer.length +
      signedAttributes.length +
      this.#signatureAlgorithm.length +
      whole(signature.length);
    const signerInfos = whole(signerInfo);
    const signedData = this.#beforeContent.length + whole(encapsulated) + certificates + whole(signerInfos);
    const contentInfo = this.#contentType.length + whole(whole(signedData));
    const response = GRANTED.length + whole(contentInfo);
    const target = new Uint8Array(whole(response));
    let at = 0;
    const head = (tag: number, length: number): void => void (at = writeHeader(target, at, tag, length));
    const put = (bytes: Uint8Array): void => {
      target.set(bytes, at);
      at += bytes.length;
    };
    head(TAG.sequence, response);
    put(GRANTED);
    head(TAG.sequence, contentInfo);
    put(this.#contentType);
    head(0xa0, whole(signedData));
    head(TAG.sequence, signedData);
    put(this.#beforeContent);
    head(TAG.sequence, encapsulated);
    put(this.#eContentType);
    head(0xa0, octets);
    head(TAG.octetString, tstInfo.length);
    put(tstInfo);
    if (certificates > 0) put(this.#certificates);
    head(TAG.set, signerInfos);
    head(TAG.sequence, signerInfo);
    put(this.#signer);
    const attributesAt = at;
    put(signedAttributes);
    // [0] IMPLICIT in the SignerInfo; a SET OF where it is signed (RFC 5652 section 5.4).
    target[attributesAt] = 0xa0;
    put(this.#signatureAlgorithm);
    head(TAG.octetString, signature.length);
    put(signature);
    return target;
  }
}

const NOTHING = new Uint8Array(0);
/** PKIStatusInfo: granted. */
const GRANTED = Uint8Array.of(TAG.sequence, 3, TAG.integer, 1, 0);
