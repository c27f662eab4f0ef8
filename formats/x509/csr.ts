// Certification requests (PKCS #10, RFC 2986): read, and written for keys of our own.
import {
  readAlgorithm,
  readSubjectPublicKeyInfo,
  type AlgorithmIdentifier,
  type SubjectPublicKeyInfo,
} from './algorithm.ts';
import { TAG, readDer, type DerReader } from './der.ts';
import { implicitConstructed, integer, oid, sequence, setOf } from './der-writer.ts';
import { encodeExtensions, readExtensions, type Extension } from './extensions.ts';
import { readName, type Name } from './name.ts';
import { OID } from './oid.ts';

export interface CertificationRequest {
  readonly der: Uint8Array;
  /** CertificationRequestInfo as it stands: what the signature (proof of possession) is over. */
  readonly info: Uint8Array;
  readonly subject: Name;
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo;
  /** Extensions the requester asks for: matched against a profile, never copied. */
  readonly requestedExtensions: ReadonlyMap<string, Extension>;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/** The extensions an attribute asks for; nothing from an attribute of another type. */
function readRequestAttribute(reader: DerReader): readonly ReadonlyMap<string, Extension>[] {
  return reader.sequence((attribute) => {
    const type = attribute.oid();
    return attribute.inside(TAG.set, (values) => {
      if (type === OID.extensionRequest) return [readExtensions(values)];
      values.every((value) => value.element());
      return [];
    });
  });
}

/** @throws FormatError `csr-malformed`, `der-…`, `trailing-bytes`, `ber-indefinite-length`. */
export function parseCertificationRequest(der: Uint8Array): CertificationRequest {
  return readDer(der, { maxBytes: 1 << 15, maxDepth: 16, setOrder: 'any' }, 'csr-malformed', (top) =>
    top.sequence((outer): CertificationRequest => {
      const info = outer.element(TAG.sequence);
      const signatureAlgorithm = readAlgorithm(outer);
      const signature = outer.bitStringOctets();
      const fields = outer.over(info.content);
      if (fields.smallInteger() !== 0)
        throw fields.refusal('The certification request has an unknown version.');
      const subject = readName(fields);
      const subjectPublicKeyInfo = readSubjectPublicKeyInfo(fields);
      // Attributes are mandatory though they may be empty; some requesters leave the empty set out.
      const asked = (
        fields.optional(0xa0, (attributes) => attributes.every(readRequestAttribute)) ?? []
      ).flat();
      if (asked.length > 1) throw fields.refusal('extensionRequest stands twice.');
      fields.end();
      return {
        der: top.bytes,
        info: info.bytes,
        subject,
        subjectPublicKeyInfo,
        requestedExtensions: asked[0] ?? new Map<string, Extension>(),
        signatureAlgorithm,
        signature,
      };
    }),
  );
}

/** CertificationRequestInfo to be signed; `encodeSigned` of certificate.ts completes it. */
export function encodeCertificationRequestInfo(request: {
  readonly subject: Uint8Array;
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly extensions: readonly Extension[];
}): Uint8Array {
  const attributes =
    request.extensions.length === 0
      ? []
      : [sequence(oid(OID.extensionRequest), setOf([encodeExtensions(request.extensions)]))];
  return sequence(
    integer(0),
    request.subject,
    request.subjectPublicKeyInfo,
    implicitConstructed(0, ...attributes),
  );
}
