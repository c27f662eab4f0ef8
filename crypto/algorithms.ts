// Names of algorithms as they stand in stored text, and what each is called by OpenSSL, JOSE and X.509.
import { createHash, createHmac } from 'node:crypto';
import type { SignatureAlgorithm } from './signing-key.ts';
import { CryptoError } from './errors.ts';

/** Digests that may be made or checked. SHA-1 and MD5 are absent: nothing may rest on them. */
export type DigestName = 'sha256' | 'sha384' | 'sha512';

export interface DigestAlgorithm {
  readonly name: DigestName;
  /** Bytes. */
  readonly size: number;
  /** RFC 5754 §2. */
  readonly oid: string;
}

const digests: Readonly<Record<DigestName, DigestAlgorithm>> = {
  sha256: { name: 'sha256', size: 32, oid: '2.16.840.1.101.3.4.2.1' },
  sha384: { name: 'sha384', size: 48, oid: '2.16.840.1.101.3.4.2.2' },
  sha512: { name: 'sha512', size: 64, oid: '2.16.840.1.101.3.4.2.3' },
};

/** What a key of ours of each signature algorithm is and makes. */
export interface SigningAlgorithm {
  readonly name: SignatureAlgorithm;
  readonly digest: DigestName;
  /** OpenSSL's name of the curve. */
  readonly curve: string;
  readonly curveOid: string;
  /** ecdsa-with-SHA256, ecdsa-with-SHA384 (RFC 5758 §3.2). */
  readonly oid: string;
  /** Bytes of one coordinate, and of each half of a raw signature. */
  readonly coordinateSize: number;
}

const signing: Readonly<Record<Exclude<SignatureAlgorithm, 'SM2SM3'>, SigningAlgorithm>> = {
  ES256: {
    name: 'ES256',
    digest: 'sha256',
    curve: 'prime256v1',
    curveOid: '1.2.840.10045.3.1.7',
    oid: '1.2.840.10045.4.3.2',
    coordinateSize: 32,
  },
  ES384: {
    name: 'ES384',
    digest: 'sha384',
    curve: 'secp384r1',
    curveOid: '1.3.132.0.34',
    oid: '1.2.840.10045.4.3.3',
    coordinateSize: 48,
  },
};

function isDigestName(name: string): name is DigestName {
  return Object.hasOwn(digests, name);
}

/** @throws CryptoError `algorithm-unknown`. */
export function digestNamed(name: string): DigestAlgorithm {
  if (!isDigestName(name))
    throw new CryptoError('algorithm-unknown', 'The digest is not one that Yinxin uses.');
  return digests[name];
}

/** @throws CryptoError `suite-unavailable` for SM2SM3, which comes with the `gm` suite. */
export function signingAlgorithm(name: SignatureAlgorithm): SigningAlgorithm {
  if (name === 'SM2SM3') throw new CryptoError('suite-unavailable', 'SM2 arrives with the gm suite.');
  return signing[name];
}

/** Raw digest of `bytes`. */
export function digest(name: DigestName, bytes: Uint8Array): Uint8Array {
  return createHash(name).update(bytes).digest();
}

/** `sha256:<lower-case hex>` of `bytes` (text as UTF-8): the form in which digests are stored. */
export function labelledDigest(name: DigestName, bytes: Uint8Array | string): string {
  return `${name}:${createHash(name).update(bytes).digest('hex')}`;
}

/** `hmac-sha256:<lower-case hex>`: the form in which MACs are stored. */
export function labelledMac(name: DigestName, key: Uint8Array, bytes: Uint8Array | string): string {
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
