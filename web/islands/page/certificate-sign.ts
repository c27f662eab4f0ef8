// A certificate's answer made in this page: the file is opened here, the key signs here, and neither goes anywhere.
import { openPkcs12Portable } from '../../../crypto/pkcs12-portable.ts';
import { toBase64, toHex } from '../../../formats/bytes.ts';
import { certificateLoginBytes } from '../../../formats/login/certificate-message.ts';
import { parseCertificate } from '../../../formats/x509/certificate.ts';
import { rawToDer } from '../../../formats/x509/ecdsa-signature.ts';
import type { KeyType } from '../../../formats/x509/algorithm.ts';

/** What the server asked. */
export interface AskedLogin {
  readonly nonce: string;
  readonly client: string;
  readonly interaction: string;
}

/** What goes back, bytes in base64. */
export interface SignedLogin {
  readonly certificate: string;
  readonly algorithm: string;
  readonly signature: string;
}

const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

async function ecdsa(pkcs8: Uint8Array, curve: 'P-256' | 'P-384', message: Uint8Array): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    'pkcs8',
    own(pkcs8),
    { name: 'ECDSA', namedCurve: curve },
    false,
    ['sign'],
  );
  const hash = curve === 'P-256' ? 'SHA-256' : 'SHA-384';
  return rawToDer(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash }, key, own(message))));
}

async function rsa(pkcs8: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const name = 'RSASSA-PKCS1-v1_5';
  const key = await crypto.subtle.importKey('pkcs8', own(pkcs8), { name, hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign(name, key, own(message)));
}

/** SM2 comes late: most keys are none. */
async function sm2(spki: Uint8Array, pkcs8: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const { signSm2Message } = await import('../../../crypto/sm2-portable.ts');
  return signSm2Message(spki, pkcs8, message, (length) => crypto.getRandomValues(new Uint8Array(length)));
}

async function signed(
  keyType: KeyType | null,
  spki: Uint8Array,
  pkcs8: Uint8Array,
  message: Uint8Array,
): Promise<{ readonly algorithm: string; readonly signature: Uint8Array }> {
  switch (keyType) {
    case 'p256':
      return { algorithm: 'ES256', signature: await ecdsa(pkcs8, 'P-256', message) };
    case 'p384':
      return { algorithm: 'ES384', signature: await ecdsa(pkcs8, 'P-384', message) };
    case 'rsa':
      return { algorithm: 'RS256', signature: await rsa(pkcs8, message) };
    case 'sm2':
      return { algorithm: 'SM2SM3', signature: await sm2(spki, pkcs8, message) };
    default:
      throw new Error('This kind of key cannot sign in a page.');
  }
}

/**
 * Opens the file and signs. The origin in the signed bytes is the one this page was loaded from, whatever anybody says.
 * @throws CryptoError `pkcs12-…`; FormatError; Error for a kind of key that is not known here.
 */
export async function signLogin(asked: AskedLogin, file: Uint8Array, password: string): Promise<SignedLogin> {
  const { privateKey, certificate } = await openPkcs12Portable(file, password);
  try {
    const digest = await crypto.subtle.digest('SHA-256', own(certificate));
    const message = certificateLoginBytes({
      ...asked,
      origin: location.origin,
      certificate: toHex(new Uint8Array(digest)),
    });
    const { keyType, der } = parseCertificate(certificate).subjectPublicKeyInfo;
    const { algorithm, signature } = await signed(keyType, der, privateKey, message);
    return { certificate: toBase64(certificate), algorithm, signature: toBase64(signature) };
  } finally {
    privateKey.fill(0);
  }
}
