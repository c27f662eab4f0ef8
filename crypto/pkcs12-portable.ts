// Opening a PKCS #12 file where there is no Node: in a page, by WebCrypto alone. Modern encryption only (PBES2 with AES).
import { sameBytes } from '../formats/bytes.ts';
import { pbes2Of } from '../formats/pkcs12/pbes2.ts';
import {
  PKCS12_MAX_BYTES,
  parseAuthenticatedSafe,
  parsePfx,
  parseSafeContents,
  type Pkcs12Bag,
  type Pkcs12Encrypted,
} from '../formats/pkcs12/pfx.ts';
import { CryptoError } from './errors.ts';

/** Rounds of stretching that one file may ask for: a few seconds on a telephone. */
const MAX_ROUNDS = 10_000_000;
const AES_BITS: Readonly<Record<string, number>> = {
  '2.16.840.1.101.3.4.1.2': 128,
  '2.16.840.1.101.3.4.1.22': 192,
  '2.16.840.1.101.3.4.1.42': 256,
};
const HASHES: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'SHA-1',
  '1.2.840.113549.2.9': 'SHA-256',
  '1.2.840.113549.2.10': 'SHA-384',
  '1.2.840.113549.2.11': 'SHA-512',
};

export interface PortableKey {
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array;
  /** The key's own certificate, DER. */
  readonly certificate: Uint8Array;
}

/** WebCrypto wants memory of its own. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/**
 * Opens a file with one key. Its MAC is not checked: what comes out is a key that signs for its certificate or does not,
 * and whoever gets the signature checks that.
 * @throws FormatError `pkcs12-malformed` …; CryptoError `pkcs12-password`, `pkcs12-limit`, `pkcs12-legacy` (anything but
 *   PBES2 with AES), `pkcs12-unsupported` (no key, several, or no certificate of its own).
 */
export async function openPkcs12Portable(bytes: Uint8Array, password: string): Promise<PortableKey> {
  if (bytes.length > PKCS12_MAX_BYTES) throw new CryptoError('pkcs12-limit', 'The file is too large.');
  const budget = { left: MAX_ROUNDS };
  const bags: Pkcs12Bag[] = [];
  for (const part of parseAuthenticatedSafe(parsePfx(bytes).authenticatedSafe)) {
    const contents = part.kind === 'plain' ? part.contents : await decrypted(part, password, budget);
    bags.push(...parseSafeContents(contents));
  }
  const keys = bags.filter((bag) => bag.kind !== 'certificate');
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    throw new CryptoError('pkcs12-unsupported', 'The file holds no key, or several.');
  }
  const privateKey = key.kind === 'key' ? key.pkcs8 : await decrypted(key, password, budget);
  const certificates = bags.filter((bag) => bag.kind === 'certificate');
  const { localKeyId } = key;
  const named = certificates.find(
    (each) => localKeyId !== null && each.localKeyId !== null && sameBytes(each.localKeyId, localKeyId),
  );
  const certificate = named ?? (certificates.length === 1 ? certificates[0] : undefined);
  if (certificate === undefined) {
    throw new CryptoError('pkcs12-unsupported', 'The file names no certificate of its key.');
  }
  return { privateKey, certificate: certificate.der };
}

async function decrypted(
  { algorithm, ciphertext }: Pkcs12Encrypted,
  password: string,
  budget: { left: number },
): Promise<Uint8Array> {
  const scheme = pbes2Of(algorithm);
  const bits = scheme === null ? undefined : AES_BITS[scheme.cipher];
  const prf = scheme?.prf ?? null;
  const hash = prf === null ? 'SHA-1' : HASHES[prf];
  if (scheme === null || bits === undefined || hash === undefined) {
    throw new CryptoError('pkcs12-legacy', 'The file is encrypted in a way that a page cannot open.');
  }
  budget.left -= scheme.iterations;
  if (budget.left < 0) throw new CryptoError('pkcs12-limit', 'The file asks for too much stretching.');
  const { subtle } = globalThis.crypto;
  const secret = new TextEncoder().encode(password.normalize('NFC'));
  const key = await subtle.deriveKey(
    { name: 'PBKDF2', hash, salt: own(scheme.salt), iterations: scheme.iterations },
    await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']),
    { name: 'AES-CBC', length: bits },
    false,
    ['decrypt'],
  );
  try {
    return new Uint8Array(
      await subtle.decrypt({ name: 'AES-CBC', iv: own(scheme.iv) }, key, own(ciphertext)),
    );
  } catch (cause) {
    // The padding does not hold: WebCrypto says no more.
    throw new CryptoError('pkcs12-password', 'The password does not open the file.', { cause });
  }
}
