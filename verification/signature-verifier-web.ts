// The verifier port on WebCrypto, and for SM2 and SM3, which it lacks, on plain arithmetic; for pages: reaches nothing of Node.
import { FormatError } from '../formats/errors.ts';
import { parseSubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import type { KeyType } from '../formats/x509/algorithm.ts';
import { derToRaw } from '../formats/x509/ecdsa-signature.ts';
import { withoutSalt } from './signature-verifier.ts';
import type { DigestAlgorithm, SignatureVerifier, VerifiableAlgorithm } from './signature-verifier.ts';

/** Loaded by the first signature that needs it: most pages never do. */
const sm = () => Promise.all([import('../crypto/sm2-portable.ts'), import('../crypto/sm3-portable.ts')]);

const digestNames: Record<Exclude<DigestAlgorithm, 'sm3'> | 'sha1', string> = {
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};

const curves: Partial<Record<KeyType, { readonly name: string; readonly size: 32 | 48 | 66 }>> = {
  p256: { name: 'P-256', size: 32 },
  p384: { name: 'P-384', size: 48 },
  p521: { name: 'P-521', size: 66 },
};

function hashOf(algorithm: VerifiableAlgorithm): string {
  return `SHA-${algorithm.slice(2, 5)}`;
}

/** WebCrypto wants memory of its own, never a view of something shared. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

async function verifyEcdsa(
  algorithm: VerifiableAlgorithm,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const curve = curves[parseSubjectPublicKeyInfo(spki).keyType ?? 'sm2'];
  if (curve === undefined) return false;
  const parameters = { name: 'ECDSA', namedCurve: curve.name };
  const key = await crypto.subtle.importKey('spki', own(spki), parameters, false, ['verify']);
  const raw = derToRaw(signature, curve.size);
  return crypto.subtle.verify({ name: 'ECDSA', hash: hashOf(algorithm) }, key, own(raw), own(message));
}

async function verifyRsa(
  algorithm: VerifiableAlgorithm,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const name = algorithm.startsWith('PS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
  const hash = hashOf(algorithm);
  const key = await crypto.subtle.importKey('spki', own(spki), { name, hash }, false, ['verify']);
  const bits = 'modulusLength' in key.algorithm ? Number(key.algorithm.modulusLength) : 0;
  if (bits < 2048 || bits > 16384 || signature.length !== Math.ceil(bits / 8)) return false;
  return crypto.subtle.verify(
    { name, saltLength: withoutSalt(algorithm).salt ?? Number(algorithm.slice(2)) / 8 },
    key,
    own(signature),
    own(message),
  );
}

async function verifyEd25519(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const key = await crypto.subtle.importKey('spki', own(spki), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, own(signature), own(message));
}

/** Signatures and digests by the platform's `crypto.subtle` (in pages: secure contexts only). */
export const webSignatureVerifier: SignatureVerifier = {
  async verify(algorithm, publicKey, message, signature) {
    try {
      if (algorithm === 'Ed25519') return await verifyEd25519(publicKey, message, signature);
      if (algorithm === 'SM2SM3') {
        const [{ verifySm2Message }] = await sm();
        return verifySm2Message(publicKey, message, signature);
      }
      const check = algorithm.startsWith('ES') ? verifyEcdsa : verifyRsa;
      return await check(algorithm, publicKey, message, signature);
    } catch (error) {
      // A key or signature that the platform or the codec refuses is no signature; anything else is a defect.
      if (error instanceof FormatError || error instanceof DOMException) return false;
      throw error;
    }
  },
  async digest(algorithm, bytes) {
    if (algorithm === 'sm3') {
      const [, { sm3Portable }] = await sm();
      return sm3Portable(bytes);
    }
    return new Uint8Array(await crypto.subtle.digest(digestNames[algorithm], own(bytes)));
  },
};
