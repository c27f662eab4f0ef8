// Names of algorithms as they stand in stored text, and what each is called by OpenSSL, JOSE and X.509.
import { createHash, createHmac, hash, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from './signing-key.ts';
import { CryptoError } from './errors.ts';

/** Digests that may be made or checked. SHA-1 and MD5 are absent: nothing may rest on them. */
export type DigestName = 'sha256' | 'sha384' | 'sha512' | 'sm3';

export interface DigestAlgorithm {
  readonly name: DigestName;
  /** Bytes. */
  readonly size: number;
  /** RFC 5754 §2; GB/T 33560 for SM3. */
  readonly oid: string;
}

const digests: Readonly<Record<DigestName, DigestAlgorithm>> = {
  sha256: { name: 'sha256', size: 32, oid: '2.16.840.1.101.3.4.2.1' },
  sha384: { name: 'sha384', size: 48, oid: '2.16.840.1.101.3.4.2.2' },
  sha512: { name: 'sha512', size: 64, oid: '2.16.840.1.101.3.4.2.3' },
  sm3: { name: 'sm3', size: 32, oid: '1.2.156.10197.1.401' },
};

/** What a key of ours of each signature algorithm is and makes. */
export interface SigningAlgorithm {
  readonly name: SignatureAlgorithm;
  /** The digest that goes with it: inside the signature, and for what is said beside it (CMS). Ed25519 hashes by itself. */
  readonly digest: DigestName;
  readonly key:
    /** OpenSSL's name of the curve. */
    { readonly type: 'ec'; readonly curve: string } | { readonly type: 'rsa' } | { readonly type: 'ed25519' };
  /** Bytes of each half of a raw signature (JOSE, COSE); null where the signature is not made of two numbers. */
  readonly scalarSize: 32 | 48 | null;
}

const signing: Readonly<Record<SignatureAlgorithm, SigningAlgorithm>> = {
  ES256: { name: 'ES256', digest: 'sha256', key: { type: 'ec', curve: 'prime256v1' }, scalarSize: 32 },
  ES384: { name: 'ES384', digest: 'sha384', key: { type: 'ec', curve: 'secp384r1' }, scalarSize: 48 },
  RS256: { name: 'RS256', digest: 'sha256', key: { type: 'rsa' }, scalarSize: null },
  PS256: { name: 'PS256', digest: 'sha256', key: { type: 'rsa' }, scalarSize: null },
  // RFC 8419 section 3.1: SHA-512 beside Ed25519 in CMS.
  Ed25519: { name: 'Ed25519', digest: 'sha512', key: { type: 'ed25519' }, scalarSize: null },
  SM2SM3: { name: 'SM2SM3', digest: 'sm3', key: { type: 'ec', curve: 'SM2' }, scalarSize: 32 },
};

/** Modulus of the RSA keys we make: good beyond 2030 (NIST SP 800-57 part 1 table 2). */
export const RSA_BITS_MADE = 3072;

function isDigestName(name: string): name is DigestName {
  return Object.hasOwn(digests, name);
}

/** @throws CryptoError `algorithm-unknown`. */
export function digestNamed(name: string): DigestAlgorithm {
  if (!isDigestName(name))
    throw new CryptoError('algorithm-unknown', 'The digest is not one that Yinxin uses.');
  return digests[name];
}

export function signingAlgorithm(name: SignatureAlgorithm): SigningAlgorithm {
  return signing[name];
}

/** Whether the text names an algorithm that keys of ours sign with. */
export function isSignatureAlgorithm(name: string): name is SignatureAlgorithm {
  return Object.hasOwn(signing, name);
}

/** Raw digest of `bytes`. */
export function digest(name: DigestName, bytes: Uint8Array): Uint8Array {
  return createHash(name).update(bytes).digest();
}

/** `sha256:<lower-case hex>` of `bytes` (text as UTF-8): the form in which digests are stored. */
export function labelledDigest(name: DigestName, bytes: Uint8Array | string): string {
  return `${name}:${hash(name, bytes, 'hex')}`;
}

/** `hmac-sha256:<lower-case hex>`: the form in which MACs are stored. */
export function labelledMac(
  name: DigestName,
  key: Uint8Array | KeyObject,
  bytes: Uint8Array | string,
): string {
  return `hmac-${name}:${createHmac(name, key).update(bytes).digest('hex')}`;
}

/**
 * Takes a stored digest apart.
 * @throws CryptoError `algorithm-unknown` for anything but `<known name>:<hex of its size>`.
 */
export function parseLabelledDigest(text: string): {
  readonly algorithm: DigestAlgorithm;
  readonly value: Uint8Array;
} {
  const colon = text.indexOf(':');
  const algorithm = digestNamed(text.slice(0, Math.max(colon, 0)));
  const hex = text.slice(colon + 1);
  if (hex.length !== algorithm.size * 2 || !/^[0-9a-f]+$/.test(hex)) {
    throw new CryptoError('algorithm-unknown', 'The text is no labelled digest.');
  }
  return { algorithm, value: Buffer.from(hex, 'hex') };
}

/** `<digest>:<hex>` over a SubjectPublicKeyInfo: what keys and certificates name a key by. */
export function keyIdOf(spki: Uint8Array, algorithm: SignatureAlgorithm): string {
  return labelledDigest(algorithm === 'SM2SM3' ? 'sm3' : 'sha256', spki);
}
