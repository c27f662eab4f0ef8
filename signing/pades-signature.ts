// The CMS of a PAdES signature (EN 319 142-1 §5.3, §6.3): signed attributes, signature, time-stamp over its value.
import { digest, signingAlgorithm, type DigestName } from '../crypto/algorithms.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import {
  contentTypeOf,
  encodeSignatureTimeStamp,
  encodeSignedAttributes,
  messageDigestOf,
  signatureTimeStampsOf,
  signingCertificateOf,
} from '../formats/cms/attributes.ts';
import { encodeSignedData, parseSignedData } from '../formats/cms/signed-data.ts';
import { digestOf, signerSignatureNameOf } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { SigningError } from './errors.ts';

/** A signature value with what it is over. */
export interface SignatureValue {
  /** DER SET OF: what was signed. */
  readonly signedAttributes: Uint8Array;
  /** As `SigningKey.sign` answers it. */
  readonly value: Uint8Array;
}

/**
 * Signs the document's digest as signed attributes: content-type, message-digest, signing-certificate-v2 (RFC 5035);
 * no signing-time, which PAdES forbids (EN 319 142-1 §6.3). Every digest is the one that goes with the key.
 */
export async function signDigest(key: SigningKey, messageDigest: Uint8Array): Promise<SignatureValue> {
  const algorithm = signingAlgorithm(key.algorithm).digest;
  const signedAttributes = encodeSignedAttributes({
    contentType: OID.data,
    messageDigest,
    signingCertificate: {
      digestAlgorithm: algorithm,
      certificateDigest: digest(algorithm, ownCertificate(key)),
    },
  });
  return { signedAttributes, value: await key.sign(signedAttributes) };
}

/** What a signature-time-stamp is over: the digest of the signature value (RFC 3161 appendix A). */
export function timestampDigest(signature: SignatureValue, algorithm: DigestName): Uint8Array {
  return digest(algorithm, signature.value);
}

/** The detached CMS, all of it DER, with the chain and, where there is one, the time-stamp token. */
export function assembleCms(
  key: SigningKey,
  signature: SignatureValue,
  token: Uint8Array | null,
): Uint8Array {
  return encodeSignedData({
    digestAlgorithm: signingAlgorithm(key.algorithm).digest,
    signedAttributes: signature.signedAttributes,
    signatureAlgorithm: key.algorithm,
    signature: signature.value,
    signerCertificate: ownCertificate(key),
    certificates: key.chain,
    ...(token === null ? {} : { unsignedAttributes: [encodeSignatureTimeStamp(token)] }),
  });
}

/**
 * Reads the CMS back and checks it with the public key of the certificate, as a relying party would, before it leaves.
 * @throws SigningError `self-check-failed`
 */
export function checkCms(cms: Uint8Array, key: SigningKey, messageDigest: Uint8Array): void {
  const parsed = parseSignedData(cms);
  const [signer, ...more] = parsed.signerInfos;
  const certificate = parseCertificate(ownCertificate(key));
  const algorithm = signingAlgorithm(key.algorithm).digest;
  const attributes = signer?.signedAttributes;
  const sound =
    signer !== undefined &&
    more.length === 0 &&
    parsed.eContent === null &&
    attributes !== null &&
    attributes !== undefined &&
    signer.signedAttributesDer !== null &&
    signer.signer.kind === 'issuer-serial' &&
    sameBytes(signer.signer.serialNumber, certificate.serialNumber) &&
    contentTypeOf(attributes) === OID.data &&
    sameBytes(messageDigestOf(attributes) ?? new Uint8Array(0), messageDigest) &&
    digestOf(signer.digestAlgorithm)?.name === algorithm &&
    signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm) === key.algorithm &&
    sameBytes(
      signingCertificateOf(attributes)?.certificateDigest ?? new Uint8Array(0),
      digest(algorithm, certificate.der),
    ) &&
    signatureTimeStampsOf(signer.unsignedAttributes).length === signer.unsignedAttributes.length &&
    signer.unsignedAttributes.length <= 1 &&
    verifySignature({
      algorithm: key.algorithm,
      publicKey: certificate.subjectPublicKeyInfo.der,
      message: signer.signedAttributesDer,
      signature: signer.signature,
    });
  if (!sound)
    throw new SigningError(
      'self-check-failed',
      'The signature just made does not verify: nothing is given out.',
    );
}

function ownCertificate(key: SigningKey): Uint8Array {
  const [own] = key.chain;
  if (own === undefined) throw new SigningError('seal-not-valid', 'The seal has no certificate.');
  return own;
}
