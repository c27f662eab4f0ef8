// The CMS of a PAdES signature (EN 319 142-1 §5.3, §6.3): signed attributes, signature, time-stamp over its value.
import { digest, signingAlgorithm, type DigestName } from '../crypto/algorithms.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { joinBytes, sameBytes } from '../formats/bytes.ts';
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
  const signedAttributes = attributesToSign(key, messageDigest);
  return { signedAttributes, value: await key.sign(signedAttributes) };
}

/** Of one key's signed attributes only the digest differs from signature to signature. */
const attributeForms = new WeakMap<
  Pick<SigningKey, 'algorithm' | 'chain'>,
  { readonly bytes: Uint8Array; readonly digestAt: number }
>();

/**
 * The signed attributes as the DER `SET OF` that the signature is over, for a key here or elsewhere.
 * @param key with its chain, its own certificate first
 */
export function attributesToSign(
  key: Pick<SigningKey, 'algorithm' | 'chain'>,
  messageDigest: Uint8Array,
): Uint8Array {
  const { digest: algorithm } = signingAlgorithm(key.algorithm);
  let form = attributeForms.get(key);
  if (form === undefined) {
    // A digest that cannot come by chance marks its place.
    const mark = digest(algorithm, joinBytes([ownCertificate(key), messageDigest]));
    const bytes = encodeSignedAttributes({
      contentType: OID.data,
      messageDigest: mark,
      signingCertificate: {
        digestAlgorithm: algorithm,
        certificateDigest: digest(algorithm, ownCertificate(key)),
      },
    });
    form = { bytes, digestAt: Buffer.from(bytes).indexOf(mark) };
    attributeForms.set(key, form);
  }
  const attributes = form.bytes.slice();
  attributes.set(messageDigest, form.digestAt);
  return attributes;
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
  if (token === null) {
    const known = [...(checkedForms.get(key)?.values() ?? [])].find(
      ({ signatureLength }) => signatureLength === signature.value.length,
    );
    if (known !== undefined) return filledIn(known, signature);
  }
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

/** A CMS of a key that was read back whole once: where the two parts lie that change, and everything around them. */
interface CheckedForm {
  readonly bytes: Uint8Array;
  readonly attributesAt: number;
  readonly signatureAt: number;
  readonly signatureLength: number;
}

/** By key, and by the length of the whole: ECDSA values come in several lengths. Without time-stamps only. */
const checkedForms = new WeakMap<SigningKey, Map<number, CheckedForm>>();

/**
 * Reads the CMS back and checks it with the public key of the certificate, as a relying party would, before it leaves. What is
 * byte for byte a CMS of this key that was read back before, but for digest and value, is compared instead of read.
 * @throws SigningError `self-check-failed`
 */
export function checkCms(cms: Uint8Array, key: SigningKey, messageDigest: Uint8Array): void {
  const expected = attributesToSign(key, messageDigest);
  const form = checkedForms.get(key)?.get(cms.length);
  const value = form === undefined ? null : valueIn(cms, form, expected);
  if (value === null) {
    checkWhole(cms, key, messageDigest);
    rememberForm(cms, key, expected);
    return;
  }
  const publicKey = parseCertificate(ownCertificate(key)).subjectPublicKeyInfo.der;
  if (!verifySignature({ algorithm: key.algorithm, publicKey, message: expected, signature: value }))
    throw unsound();
}

function filledIn(form: CheckedForm, { signedAttributes, value }: SignatureValue): Uint8Array {
  const cms = form.bytes.slice();
  cms.set(signedAttributes.subarray(1), form.attributesAt + 1);
  cms.set(value, form.signatureAt);
  return cms;
}

/** The signature value of a CMS that has the form and these attributes; null for any other. */
function valueIn(cms: Uint8Array, form: CheckedForm, attributes: Uint8Array): Uint8Array | null {
  const { bytes, attributesAt, signatureAt, signatureLength } = form;
  const same = (a: Uint8Array, from: number, to: number): boolean =>
    Buffer.compare(a.subarray(from, to), cms.subarray(from, to)) === 0;
  // The first octet is the implicit tag inside the SignerInfo.
  const inside = cms.subarray(attributesAt + 1, attributesAt + attributes.length);
  const sound =
    same(bytes, 0, attributesAt + 1) &&
    Buffer.compare(inside, attributes.subarray(1)) === 0 &&
    same(bytes, attributesAt + attributes.length, signatureAt) &&
    same(bytes, signatureAt + signatureLength, cms.length);
  return sound ? cms.subarray(signatureAt, signatureAt + signatureLength) : null;
}

function rememberForm(cms: Uint8Array, key: SigningKey, attributes: Uint8Array): void {
  const [signer] = parseSignedData(cms).signerInfos;
  if (signer === undefined || signer.unsignedAttributes.length > 0) return;
  const whole = Buffer.from(cms);
  const attributesAt = whole.indexOf(attributes.subarray(1)) - 1;
  const signatureAt = whole.lastIndexOf(signer.signature);
  if (attributesAt < 0 || signatureAt < attributesAt + attributes.length) return;
  const forms = checkedForms.get(key) ?? new Map<number, CheckedForm>();
  checkedForms.set(key, forms);
  forms.set(cms.length, {
    bytes: cms.slice(),
    attributesAt,
    signatureAt,
    signatureLength: signer.signature.length,
  });
}

function checkWhole(cms: Uint8Array, key: SigningKey, messageDigest: Uint8Array): void {
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
  if (!sound) throw unsound();
}

function unsound(): SigningError {
  return new SigningError(
    'self-check-failed',
    'The signature just made does not verify: nothing is given out.',
  );
}

function ownCertificate(key: Pick<SigningKey, 'chain'>): Uint8Array {
  const [own] = key.chain;
  if (own === undefined) throw new SigningError('seal-not-valid', 'The seal has no certificate.');
  return own;
}
