// The chain of a certificate from a licensed authority: signature by signature up to its own root.
import { CryptoError } from '../crypto/errors.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import { signatureNameOf } from '../formats/x509/algorithm.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { CaError } from './errors.ts';

const LONGEST = 8;
/** Critical extensions that this check understands; any other refuses the certificate (RFC 5280 section 4.2). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.certificatePolicies,
  OID.subjectAltName,
  OID.crlDistributionPoints,
]);

function refused(message: string, cause?: unknown): CaError {
  return new CaError('foreign-chain-refused', message, { cause });
}

/** Whether `issuer`'s key signed the bytes of `subject`, with an algorithm that still counts. */
export function signedBy(
  signed: {
    readonly tbs: Uint8Array;
    readonly signature: Uint8Array;
    readonly signatureAlgorithm: Certificate['signatureAlgorithm'];
  },
  issuer: Certificate,
): boolean {
  const algorithm = signatureNameOf(signed.signatureAlgorithm);
  if (algorithm === null) return false;
  try {
    return verifySignature({
      algorithm,
      publicKey: issuer.subjectPublicKeyInfo.der,
      message: signed.tbs,
      signature: signed.signature,
      pairing: 'x509',
    });
  } catch (error) {
    // SHA-1, a short key, a key of another kind: no signature at all.
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

/**
 * Holds a chain to the key it is for. Path rules are those of RFC 5280 section 6.1 that a single given path needs: names,
 * signatures, dates, CA flags, path lengths, key usages; name constraints refuse the chain where they are critical.
 * @param ders - own certificate first, its root last.
 * @param publicKey - SubjectPublicKeyInfo DER of the key that will sign.
 * @throws CaError `foreign-chain-refused` saying which certificate, counted from 1; FormatError.
 */
export function checkedChain(
  ders: readonly Uint8Array[],
  publicKey: Uint8Array,
  now: Date,
): readonly [Certificate, Certificate, ...Certificate[]] {
  if (ders.length > LONGEST) throw refused(`A chain has at most ${LONGEST} certificates.`);
  const [own, issuer, ...above] = ders.map((der) => parseCertificate(der));
  if (own === undefined || issuer === undefined) {
    throw refused('The chain goes from the own certificate up to the root: two at least.');
  }
  if (!sameBytes(own.subjectPublicKeyInfo.der, publicKey)) {
    throw refused('The certificate is for another key than the one the request was made with.');
  }
  const usage = own.keyUsage;
  if (
    own.basicConstraints?.ca === true ||
    (usage !== null && !usage.has('nonRepudiation') && !usage.has('digitalSignature'))
  ) {
    throw refused('The certificate is not one to sign documents with.');
  }
  const chain = [own, issuer, ...above] as const;
  chain.forEach((certificate, index) => {
    const place = index + 1;
    const { notBefore, notAfter } = certificate;
    if (now < notBefore || now > notAfter) throw refused(`Certificate ${place} is not valid now.`);
    for (const { oid, critical } of certificate.extensions.values()) {
      if (critical && !UNDERSTOOD.has(oid))
        throw refused(
          `Certificate ${place} has the critical extension ${oid}, which is not understood here.`,
        );
    }
    const parent = chain[index + 1] ?? certificate;
    if (!sameBytes(certificate.issuer.der, parent.subject.der)) {
      throw refused(
        parent === certificate
          ? 'The chain does not end in a root: the last certificate names another issuer.'
          : `Certificate ${place} names another issuer than certificate ${place + 1}.`,
      );
    }
    if (index > 0) requireAuthority(certificate, place, index - 1);
    if (!signedBy(certificate, parent)) throw refused(`Certificate ${place} is not signed by its issuer.`);
  });
  return chain;
}

function requireAuthority(certificate: Certificate, place: number, below: number): void {
  const { basicConstraints, keyUsage } = certificate;
  if (basicConstraints?.ca !== true || keyUsage?.has('keyCertSign') === false) {
    throw refused(`Certificate ${place} is not one of an authority.`);
  }
  if (basicConstraints.pathLength !== null && basicConstraints.pathLength < below) {
    throw refused(`Certificate ${place} allows fewer authorities below it.`);
  }
}
