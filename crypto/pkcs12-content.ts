// What a PKCS #12 file holds once it is open: one key, its certificate, and the certificates above it in their order.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { sameBytes } from '../formats/bytes.ts';
import { parseSubjectPublicKeyInfo, signatureNameOf, type KeyType } from '../formats/x509/algorithm.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { CryptoError } from './errors.ts';
import { importPrivateKey } from './key-engine.ts';
import { verifySignature } from './verify-signature.ts';

/** An opened PKCS #12 file. */
export interface Pkcs12Content {
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** DER: the key's certificate, then each one's issuer as far as the file goes. */
  readonly chain: readonly Uint8Array[];
  /** Certificates in the file that are not on that way, DER. */
  readonly others: readonly Uint8Array[];
  readonly friendlyName: string | null;
}

/** RSA from 2048 bits apart. SM2 has no type of its own in node:crypto, so the public half is what is asked. */
const KINDS: ReadonlySet<KeyType | null> = new Set(['p256', 'p384', 'sm2', 'ed25519', 'rsa']);
const RSA_BITS = { least: 2048, most: 8192 };

function unsupported(message: string, cause?: unknown): CryptoError {
  return new CryptoError('pkcs12-unsupported', message, { cause });
}

interface ImportedKey {
  readonly key: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

/** The key, of a kind that is used here: P-256, P-384, SM2, Ed25519, RSA from 2048 bits. */
function importedKey(pkcs8: Uint8Array): ImportedKey {
  let key: KeyObject;
  let publicKey: Uint8Array;
  try {
    key = importPrivateKey(pkcs8);
    publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  } catch (error) {
    throw unsupported('The key is no PKCS#8 of a kind that is used here.', error);
  }
  const { keyType } = parseSubjectPublicKeyInfo(publicKey);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (!KINDS.has(keyType) || (keyType === 'rsa' && (bits < RSA_BITS.least || bits > RSA_BITS.most))) {
    throw unsupported('The key is of a kind, on a curve or of a size that is not used here.');
  }
  return { key, publicKey };
}

/** Whether `issuer` signed `certificate`; a signature that cannot count (SHA-1, a short key) is none. */
function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!sameBytes(certificate.issuer.der, issuer.subject.der)) return false;
  const algorithm = signatureNameOf(certificate.signatureAlgorithm);
  if (algorithm === null) return false;
  try {
    return verifySignature({
      algorithm,
      pairing: 'x509',
      publicKey: issuer.subjectPublicKeyInfo.der,
      message: certificate.tbs,
      signature: certificate.signature,
    });
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

/** From the key's own certificate upwards, each certificate once. */
function orderedByIssuer(own: Certificate, all: readonly Certificate[]): readonly Certificate[] {
  const chain = [own];
  for (let last = own; ;) {
    const next = all.find((each) => !chain.includes(each) && isIssuedBy(last, each));
    if (next === undefined) return chain;
    chain.push(next);
    last = next;
  }
}

/**
 * Puts a key and loose certificates in order.
 * @param certificates - DER, in any order, doubles allowed
 * @throws CryptoError `pkcs12-unsupported` where the key is of no kind of ours or none of the certificates is its own;
 *   FormatError where a certificate is malformed.
 */
export function pkcs12Content(
  pkcs8: Uint8Array,
  certificates: readonly Uint8Array[],
  friendlyName: string | null,
): Pkcs12Content {
  const { key, publicKey } = importedKey(pkcs8);
  const parsed = certificates
    .filter((der, at) => certificates.findIndex((each) => sameBytes(each, der)) === at)
    .map((der) => parseCertificate(der));
  const own = parsed.find(({ subjectPublicKeyInfo }) => sameBytes(subjectPublicKeyInfo.der, publicKey));
  if (own === undefined) throw unsupported('None of the certificates is the one of the key.');
  const chain = orderedByIssuer(own, parsed);
  return {
    privateKey: new Uint8Array(key.export({ format: 'der', type: 'pkcs8' })),
    publicKey,
    chain: chain.map(({ der }) => der),
    others: parsed.filter((each) => !chain.includes(each)).map(({ der }) => der),
    friendlyName,
  };
}
