// The finished certificate read again, by another's parser and our own, and held against what was meant.
import { X509Certificate } from 'node:crypto';
import { verifySignatureElsewhere } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import { signatureNameOf } from '../formats/x509/algorithm.ts';
import { splitCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { CaError } from './errors.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As OpenSSL writes a time: `Nov 22 05:06:07 2026 GMT`, the day padded with a space. */
function opensslTime(time: Date): string {
  const iso = time.toISOString();
  const day = String(time.getUTCDate()).padStart(2);
  return `${MONTHS[time.getUTCMonth()] ?? ''} ${day} ${iso.slice(11, 19)} ${time.getUTCFullYear()} GMT`;
}

/** Whether Node sees the very key. A point is compared by its coordinates: writing DER anew costs as much as signing. */
function sameKey(draft: Certificate, other: X509Certificate): boolean {
  const { keyType, publicKey, der } = draft.subjectPublicKeyInfo;
  if (keyType === 'p256' || keyType === 'p384') {
    const { crv, x, y } = other.publicKey.export({ format: 'jwk' });
    const size = keyType === 'p256' ? 32 : 48;
    const part = (from: number): string =>
      Buffer.from(publicKey.subarray(from, from + size)).toString('base64url');
    return (
      crv === (keyType === 'p256' ? 'P-256' : 'P-384') &&
      publicKey.length === 1 + 2 * size &&
      x === part(1) &&
      y === part(1 + size)
    );
  }
  return sameBytes(other.publicKey.export({ format: 'der', type: 'spki' }), der);
}

/** Node's parser (OpenSSL's) sees the same serial, dates, key, purposes and names as the draft. */
function readAlike(draft: Certificate, other: X509Certificate): boolean {
  const hosts = (draft.subjectAltName ?? []).flatMap((name) =>
    name.kind === 'dns' ? [`DNS:${name.value}`] : [],
  );
  return (
    other.serialNumber.toLowerCase() === draft.serialHex &&
    other.validTo === opensslTime(draft.notAfter) &&
    other.validFrom === opensslTime(draft.notBefore) &&
    sameKey(draft, other) &&
    other.ca === (draft.basicConstraints?.ca ?? false) &&
    // Node's `keyUsage` is the extended one.
    ((other.keyUsage as readonly string[] | undefined) ?? []).join() ===
      (draft.extendedKeyUsage ?? []).join() &&
    (other.subjectAltName ?? '') === hosts.join(', ') &&
    other.subject.split('\n').length === draft.subject.rdns.length
  );
}

/**
 * Accepts a certificate only where it is what was meant and its signature verifies with the issuer's public key.
 * @param draft - the same certificate under no signature yet. @param issuer - the draft itself for a root.
 * @throws CaError `self-check-failed`.
 */
export async function compareWithDraft(
  draft: Certificate,
  der: Uint8Array,
  issuer: Certificate,
): Promise<Certificate> {
  const own = splitCertificate(der);
  const algorithm = signatureNameOf(own.signatureAlgorithm);
  // Byte for byte the signed part that the draft was read from: what the draft says, the certificate says.
  const same =
    sameBytes(own.tbs, draft.tbs) &&
    sameBytes(own.signatureAlgorithm.der, draft.signatureAlgorithm.der) &&
    readAlike(draft, new X509Certificate(der));
  const verified =
    same &&
    algorithm !== null &&
    (await verifySignatureElsewhere({
      algorithm,
      publicKey: issuer.subjectPublicKeyInfo.der,
      message: own.tbs,
      signature: own.signature,
    }));
  if (!verified) {
    throw new CaError('self-check-failed', 'The signed certificate is not what was meant; it is withheld.');
  }
  return { ...draft, ...own };
}
