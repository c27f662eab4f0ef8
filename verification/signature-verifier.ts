// Port: checks signatures and computes digests. node:crypto on a server, WebCrypto and plain arithmetic in a page.
import type { SaltedPss } from '../formats/x509/algorithm.ts';

/** Digests that may still carry evidence. SHA-1 appears only where a standard names keys by it (OCSP CertID). */
export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512' | 'sm3';

/**
 * Signature algorithms that are verified, by JOSE names, `PS256:222` with the length of a salt that is not the digest's; what is
 * not here is refused by name. `SM2SM3` is SM2 with SM3
 * under the default identifier (GB/T 35276), and no other.
 */
export type VerifiableAlgorithm =
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | SaltedPss
  | 'Ed25519'
  | 'SM2SM3';

/** The name without the length of a PSS salt, and that length in octets; null where it is the digest's. */
export function withoutSalt(algorithm: VerifiableAlgorithm): {
  readonly name: Exclude<VerifiableAlgorithm, SaltedPss>;
  readonly salt: number | null;
} {
  const [name = '', salt] = algorithm.split(':');
  return {
    name: name as Exclude<VerifiableAlgorithm, SaltedPss>,
    salt: salt === undefined ? null : Number(salt),
  };
}

/**
 * Promises:
 * - `verify` answers false for a wrong signature, a malformed one, a key of another type, and an RSA key under 2048 bits;
 *   it never throws because of its input.
 * - Both answer at once where they can: to wait for what is there already takes as long as a tenth of a check.
 * - ECDSA and SM2 signatures are DER `SEQUENCE { r, s }`; callers convert raw r‖s first.
 */
export interface SignatureVerifier {
  /** `publicKey` is SubjectPublicKeyInfo DER; `message` is hashed inside. */
  verify(
    algorithm: VerifiableAlgorithm,
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean | Promise<boolean>;
  digest(algorithm: DigestAlgorithm | 'sha1', bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A running digest, so that a document of any size is hashed in constant memory. */
export interface RunningDigest {
  update(chunk: Uint8Array): void;
  /** A copy of the state so far; several signatures over prefixes of one file cost one pass. */
  fork(): RunningDigest;
  finish(): Uint8Array;
}

/** Port: starts running digests (node:crypto's `createHash` behind it). */
export type StartDigest = (algorithm: DigestAlgorithm) => RunningDigest;
