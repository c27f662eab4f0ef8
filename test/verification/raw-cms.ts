// A CMS put together member by member, so that each can be absent, doubled or false.
import { createHash, sign } from 'node:crypto';
import { joinBytes } from '../../formats/bytes.ts';
import { encodeDigestAlgorithm } from '../../formats/x509/algorithm.ts';
import { issuerAndSerialOf } from '../../formats/x509/certificate.ts';
import {
  explicit,
  implicitPrimitive,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
} from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { sha256, signWith } from './pki.ts';
import type { Party } from './pki.ts';

export function attribute(type: string, ...values: readonly Uint8Array[]): Uint8Array {
  return sequence(oid(type), setOf(values));
}

export function contentType(type: string = OID.data): Uint8Array {
  return attribute(OID.contentType, oid(type));
}

export function messageDigest(digest: Uint8Array): Uint8Array {
  return attribute(OID.messageDigest, octetString(digest));
}

/** signing-certificate-v2 with any number of certificates named. */
export function essV2(...certificates: readonly Uint8Array[]): Uint8Array {
  return attribute(
    OID.signingCertificateV2,
    sequence(sequence(...certificates.map((certificate) => sequence(octetString(sha256(certificate)))))),
  );
}

/** The first version, by SHA-1, with or without issuerSerial. */
export function essV1(certificate: Uint8Array, issuerSerial: Uint8Array | null): Uint8Array {
  const digest = new Uint8Array(createHash('sha1').update(certificate).digest());
  return attribute(
    OID.signingCertificate,
    sequence(sequence(sequence(octetString(digest), ...(issuerSerial === null ? [] : [issuerSerial])))),
  );
}

export interface RawSigner {
  readonly party: Party;
  /** Null = none at all, and the signature is over the digest's content, which nobody has here. */
  readonly attributes: readonly Uint8Array[] | null;
  readonly digestAlgorithm?: Uint8Array;
  readonly signatureAlgorithm?: Uint8Array;
  readonly hash?: 'sha256' | 'sha1' | 'md5';
  /** Names the signer by key instead of issuer and serial. */
  readonly keyIdentifier?: Uint8Array;
  /** Whose certificate is named; the signer's own where left out. */
  readonly named?: Party;
  /** Signed in place of the attributes. */
  readonly over?: Uint8Array;
}

const ecdsaWith = { sha256: OID.ecdsaWithSha256, sha1: OID.ecdsaWithSha1, md5: OID.ecdsaWithSha256 };

function signerInfo(signer: RawSigner): Uint8Array {
  const { party, attributes, hash = 'sha256' } = signer;
  const set = attributes === null ? null : setOf(attributes);
  const over = signer.over ?? set ?? new Uint8Array();
  const signature =
    party.key.algorithm === 'SM2SM3' ? signWith(party.key, over) : sign(hash, over, party.key.privateKey);
  const identifier =
    signer.keyIdentifier === undefined
      ? issuerAndSerialOf((signer.named ?? party).certificate)
      : implicitPrimitive(0, signer.keyIdentifier);
  return sequence(
    integer(signer.keyIdentifier === undefined ? 1 : 3),
    identifier,
    signer.digestAlgorithm ?? encodeDigestAlgorithm('sha256'),
    ...(set === null ? [] : [joinBytes([Uint8Array.of(0xa0), set.subarray(1)])]),
    signer.signatureAlgorithm ?? sequence(oid(ecdsaWith[hash])),
    octetString(new Uint8Array(signature)),
  );
}

/** MD5, which has no name anywhere here. */
export const md5: Uint8Array = sequence(oid('1.2.840.113549.2.5'), nullValue());

export function rawCms(
  signers: readonly RawSigner[],
  certificates: readonly Uint8Array[],
  options: {
    readonly content?: Uint8Array;
    readonly contentType?: string;
    /** Identifier of the whole; SignedData of RFC 5652 where left out. */
    readonly type?: string;
    readonly digestAlgorithm?: Uint8Array;
  } = {},
): Uint8Array {
  return sequence(
    oid(options.type ?? OID.signedData),
    explicit(
      0,
      sequence(
        integer(1),
        setOf([options.digestAlgorithm ?? encodeDigestAlgorithm('sha256')]),
        sequence(
          oid(options.contentType ?? OID.data),
          ...(options.content === undefined ? [] : [explicit(0, octetString(options.content))]),
        ),
        setOf(certificates, 0xa0),
        setOf(signers.map(signerInfo)),
      ),
    ),
  );
}
