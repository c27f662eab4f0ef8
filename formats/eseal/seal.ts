// SESeal 电子印章: read as it stands in versions 1, 4 and 5, written in versions 4 and 5.
import { joinBytes } from '../bytes.ts';
import { TAG, type DerElement, type DerReader } from '../x509/der.ts';
import { bitString, explicit, octetString, oid, sequence } from '../x509/der-writer.ts';
import { decodeOidContent } from '../x509/oid.ts';
import { SEAL_LIMITS, countMembers, part, readWhole } from './parts.ts';
import { readSealInformation, type SealInformation, type SealVersion } from './seal-information.ts';

/** A seal as read; every array is a view into the bytes it was read from. */
export interface Seal {
  readonly version: SealVersion;
  /** The whole SESeal as it stands. */
  readonly der: Uint8Array;
  readonly information: SealInformation;
  /**
   * What the maker's signature is over, made of the bytes as they stand: eSealInfo (GB/T 38540 clause 6.2), in version 1
   * a SEQUENCE of eSealInfo, cert and signatureAlgorithm (GM/T 0031-2014).
   */
  readonly signed: Uint8Array;
  /** DER of the maker's certificate as the seal carries it; not looked into. */
  readonly makerCertificate: Uint8Array;
  /** Identifier of the signature algorithm. */
  readonly signatureAlgorithm: string;
  /** Payload of the BIT STRING: a signature of whichever form its maker wrote. */
  readonly signature: Uint8Array;
  /** Time-stamp token over the signature; version 5 alone has one. */
  readonly timestamp: Uint8Array | null;
}

/** A signature value in its BIT STRING. */
export function readSignatureValue(reader: DerReader): Uint8Array {
  const value = reader.bitStringOctets();
  if (value.length === 0 || value.length > SEAL_LIMITS.maxSignatureValue)
    throw reader.refusal('A signature value is empty or too long.');
  return value;
}

/** `[0] EXPLICIT BIT STRING` with a time-stamp token; null at the end. */
export function readTimestamp(reader: DerReader): Uint8Array | null {
  if (reader.peek() === null) return null;
  return part('time-stamp', () =>
    reader.inside(0xa0, (inner) => {
      const token = inner.bitStringOctets();
      if (token.length === 0 || token.length > SEAL_LIMITS.maxTimestamp)
        throw inner.refusal('A time-stamp token is empty or too long.');
      return token;
    }),
  );
}

/** OCTET STRING with a certificate. */
export function readCertificate(reader: DerReader): DerElement {
  const found = reader.element(TAG.octetString);
  if (found.content.length === 0) throw reader.refusal('A certificate is empty.');
  return found;
}

interface SealSignature {
  readonly certificate: DerElement;
  readonly algorithm: DerElement;
  readonly signature: Uint8Array;
}

function readSealSignature(fields: DerReader): SealSignature {
  return {
    certificate: part('maker-certificate', () => readCertificate(fields)),
    algorithm: part('seal-algorithm', () => fields.element(TAG.oid)),
    signature: part('seal-signature', () => readSignatureValue(fields)),
  };
}

/** Two members are version 1; of the others the header tells, and only version 5 may have a fifth. */
function versionOf(members: number, header: number, reader: DerReader): SealVersion {
  if (members === 2) {
    if (header === 4 || header === 5)
      throw reader.refusal('A seal of the form of version 1 calls itself another version.');
    return 1;
  }
  if (header !== 4 && header !== 5) throw reader.refusal('A seal calls itself a version that is not known.');
  if (members === 5 && header !== 5) throw reader.refusal('Only a seal of version 5 carries a time-stamp.');
  return header;
}

/** Reads a SESeal that is the next member of `reader`. */
export function readSeal(reader: DerReader): Seal {
  const { bytes: der, content } = reader.element(TAG.sequence);
  if (der.length > SEAL_LIMITS.maxSealBytes) throw reader.refusal('A seal is too large.');
  const members = countMembers(content, reader);
  const fields = reader.over(content);
  const { bytes: signedInformation, content: informationContent } = part('seal-information', () =>
    fields.element(TAG.sequence),
  );
  const inner = fields.over(informationContent);
  const { version, information } = part('seal-information', () =>
    readSealInformation(inner, (header) => versionOf(members, header, fields)),
  );
  part('seal-information', () => inner.end());
  const made =
    version === 1
      ? part('seal-signature', () => fields.sequence(readSealSignature))
      : readSealSignature(fields);
  const timestamp = version === 5 ? readTimestamp(fields) : null;
  fields.end();
  return {
    version,
    der,
    information,
    signed:
      version === 1
        ? sequence(joinBytes([signedInformation, made.certificate.bytes, made.algorithm.bytes]))
        : signedInformation,
    makerCertificate: made.certificate.content,
    signatureAlgorithm: decodeOidContent(made.algorithm.content),
    signature: made.signature,
    timestamp,
  };
}

/**
 * Reads a seal. Nothing is judged: certificates are not looked into, dates and signatures are the verifier's matter.
 * What real makers write is read: extension data untagged or under `[0]`, a default written out, a signature value of
 * any form, a picture type in any case.
 * @param bytes - one SESeal of at most 8 MiB, nothing after it.
 * @throws SealFormatError `seal-malformed` with the part that is not as it must be.
 */
export function parseSeal(bytes: Uint8Array): Seal {
  return readWhole(bytes, SEAL_LIMITS.maxSealBytes, readSeal);
}

export interface SealInput {
  /** What `encodeSealInformation` answered and the maker's signature is over. */
  readonly information: Uint8Array;
  /** DER. */
  readonly makerCertificate: Uint8Array;
  readonly signatureAlgorithm: string;
  /** DER `SEQUENCE { r, s }` (GB/T 35276). */
  readonly signature: Uint8Array;
  /** Token over the signature value; version 5 alone. */
  readonly timestamp?: Uint8Array;
}

/** SESeal of version 4 or 5 as DER; read again before it is answered. @throws SealFormatError as `parseSeal`. */
export function encodeSeal(input: SealInput): Uint8Array {
  const seal = sequence(
    input.information,
    octetString(input.makerCertificate),
    oid(input.signatureAlgorithm),
    bitString(input.signature),
    ...(input.timestamp === undefined ? [] : [explicit(0, bitString(input.timestamp))]),
  );
  parseSeal(seal);
  return seal;
}
