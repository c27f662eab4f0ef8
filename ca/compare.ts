// The finished certificate read again, by another's parser and our own, and held against what was meant.
import { sameBytes } from '../formats/bytes.ts';
import { signatureNameOf } from '../formats/x509/algorithm.ts';
import { splitCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { CaError } from './errors.ts';
import { secondOpinion } from './opinion-thread.ts';
import { readingOf } from './second-opinion.ts';

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
  const { tbs, signature } = own;
  const algorithm = signatureNameOf(own.signatureAlgorithm);
  const agreed =
    algorithm !== null &&
    // Byte for byte the signed part that the draft was read from: what the draft says, the certificate says.
    sameBytes(tbs, draft.tbs) &&
    sameBytes(own.signatureAlgorithm.der, draft.signatureAlgorithm.der) &&
    sameBytes(draft.issuer.der, issuer.subject.der) &&
    (await secondOpinion({
      der: own.der,
      tbs: placeIn(own.der, tbs),
      signature: placeIn(own.der, signature),
      algorithm,
      issuerKey: issuer.subjectPublicKeyInfo.der,
      reading: readingOf(draft),
    }));
  if (!agreed) {
    throw new CaError('self-check-failed', 'The signed certificate is not what was meant; it is withheld.');
  }
  return { ...draft, ...own };
}

/** Where a view stands in the bytes it was read from. */
function placeIn(whole: Uint8Array, view: Uint8Array): readonly [number, number] {
  const start = view.byteOffset - whole.byteOffset;
  return [start, start + view.length];
}
