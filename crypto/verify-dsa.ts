// DSA with SHA-1 as it was before 2014: only for judging what was signed then, never by the ordinary entrance.
import { createPublicKey, verify, type KeyObject } from 'node:crypto';

function parseKey(spki: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    // A key that OpenSSL cannot read has signed nothing.
    return null;
  }
}

/**
 * Whether `signature` is a DSA signature with SHA-1 by a key of FIPS 186-2 (1024 bits, divisor of 160).
 * @param spki SubjectPublicKeyInfo, DER, with its parameters
 * @param signature DER `SEQUENCE { r, s }`; OpenSSL refuses any other encoding and values out of range
 */
export function verifyDsaSha1(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = parseKey(spki);
  if (key?.asymmetricKeyType !== 'dsa') return false;
  const { modulusLength, divisorLength } = key.asymmetricKeyDetails ?? {};
  return modulusLength === 1024 && divisorLength === 160 && verify('sha1', message, key, signature);
}
