// The finished certificate read again, by another's parser and our own, and held against what was meant.
import { X509Certificate } from 'node:crypto';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import { signatureNameOf } from '../formats/x509/algorithm.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { CaError } from './errors.ts';

/** Node's parser (OpenSSL's) sees the same serial, dates, key, purposes and names as the draft. */
function readAlike(draft: Certificate, other: X509Certificate): boolean {
  const hosts = (draft.subjectAltName ?? []).flatMap((name) =>
    name.kind === 'dns' ? [`DNS:${name.value}`] : [],
  );
  return (
    other.serialNumber.toLowerCase() === draft.serialHex &&
    other.validToDate.getTime() === draft.notAfter.getTime() &&
    other.validFromDate.getTime() === draft.notBefore.getTime() &&
    sameBytes(other.publicKey.export({ format: 'der', type: 'spki' }), draft.subjectPublicKeyInfo.der) &&
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
export function compareWithDraft(draft: Certificate, der: Uint8Array, issuer: Certificate): Certificate {
  const own = parseCertificate(der);
  const algorithm = signatureNameOf(own.signatureAlgorithm);
  const same = sameBytes(own.tbs, draft.tbs) && readAlike(draft, new X509Certificate(der));
  const verified =
    algorithm !== null &&
    verifySignature({
      algorithm,
      publicKey: issuer.subjectPublicKeyInfo.der,
      message: own.tbs,
      signature: own.signature,
    });
  if (!same || !verified) {
    throw new CaError('self-check-failed', 'The signed certificate is not what was meant; it is withheld.');
  }
  return own;
}
