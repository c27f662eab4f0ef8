// Worker thread: opens one PKCS #12 file of old encryption and ends. node-forge runs here and nowhere else.
import { parentPort, workerData } from 'node:worker_threads';
import forge from 'node-forge';
import { FormatError, type FormatErrorCode } from '../formats/errors.ts';
import type { Pkcs12Encryption } from '../formats/pkcs12/pfx.ts';
import { CryptoError, type CryptoErrorCode } from './errors.ts';
import type { Pkcs12Content } from './pkcs12-content.ts';
import { PKCS12_KEY_ID, pkcs12KeySync } from './pkcs12-kdf.ts';
import { readPkcs12, type Pkcs12Decrypt } from './pkcs12-reader.ts';
import { decryptModern } from './pkcs12.ts';

/** What the worker is told. */
export interface LegacyTask {
  readonly bytes: Uint8Array;
  readonly password: string;
}

export type LegacyReply =
  | { readonly kind: 'opened'; readonly content: Pkcs12Content }
  | { readonly kind: 'malformed'; readonly code: FormatErrorCode; readonly message: string }
  | { readonly kind: 'refused'; readonly code: CryptoErrorCode; readonly message: string };

interface LegacyCipher {
  readonly name: '3des' | 'rc2';
  /** Bytes of the derived key. */
  readonly key: number;
  /** RC2's effective bits. */
  readonly bits: number;
}

/** pbeWithSHAAnd3-KeyTripleDES-CBC, …2-KeyTripleDES-CBC, …128BitRC2-CBC, …40BitRC2-CBC (RFC 7292 appendix C); RC4 is left out. */
const LEGACY: Readonly<Record<string, LegacyCipher>> = {
  '1.2.840.113549.1.12.1.3': { name: '3des', key: 24, bits: 0 },
  '1.2.840.113549.1.12.1.4': { name: '3des', key: 16, bits: 0 },
  '1.2.840.113549.1.12.1.5': { name: 'rc2', key: 16, bits: 128 },
  '1.2.840.113549.1.12.1.6': { name: 'rc2', key: 5, bits: 40 },
};
const BLOCK = 8;

function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Padding of PKCS#7; null where it does not hold. */
function unpadded(plaintext: Uint8Array): Uint8Array | null {
  const count = plaintext.at(-1) ?? 0;
  if (count < 1 || count > BLOCK || count > plaintext.length) return null;
  const end = plaintext.length - count;
  return plaintext.subarray(end).every((octet) => octet === count) ? plaintext.subarray(0, end) : null;
}

function decryptWith(
  cipher: LegacyCipher,
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  // Two-key Triple DES uses its first key twice.
  const whole = cipher.name === '3des' && key.length === 16 ? Buffer.concat([key, key.subarray(0, 8)]) : key;
  const input = forge.util.createBuffer(binary(ciphertext));
  const decipher =
    cipher.name === '3des'
      ? forge.cipher.createDecipher('3DES-CBC', binary(whole))
      : forge.rc2.createDecryptionCipher(binary(whole), cipher.bits);
  decipher.start(cipher.name === '3des' ? { iv: binary(iv) } : binary(iv));
  decipher.update(input);
  // Without finish: forge's own unpadding trusts the last octet.
  return new Uint8Array(Buffer.from(decipher.output.getBytes(), 'latin1'));
}

function check(encryption: Pkcs12Encryption): void {
  if (encryption.scheme === 'pbes2') decryptModern.check(encryption);
  else if (LEGACY[encryption.oid] === undefined) {
    throw new CryptoError('pkcs12-unsupported', 'The file is encrypted in a way that is not known here.');
  }
}

const decrypt: Pkcs12Decrypt = Object.assign(
  (
    encrypted: Parameters<Pkcs12Decrypt>[0],
    encryption: Pkcs12Encryption,
    password: string,
  ): Promise<Uint8Array | null> => {
    if (encryption.scheme === 'pbes2') return decryptModern(encrypted, encryption, password);
    check(encryption);
    const cipher = LEGACY[encryption.oid];
    const { ciphertext } = encrypted;
    if (cipher === undefined || ciphertext.length === 0 || ciphertext.length % BLOCK !== 0) {
      return Promise.resolve(null);
    }
    const order = {
      digest: 'sha1',
      password,
      salt: encryption.salt,
      iterations: encryption.iterations,
    } as const;
    const key = pkcs12KeySync({ ...order, id: PKCS12_KEY_ID.encryption, size: cipher.key });
    const iv = pkcs12KeySync({ ...order, id: PKCS12_KEY_ID.iv, size: BLOCK });
    return Promise.resolve(unpadded(decryptWith(cipher, key, iv, ciphertext)));
  },
  { check },
);

async function perform({ bytes, password }: LegacyTask): Promise<LegacyReply> {
  try {
    return { kind: 'opened', content: await readPkcs12(bytes, password, decrypt) };
  } catch (error) {
    if (error instanceof FormatError) return { kind: 'malformed', code: error.code, message: error.message };
    if (error instanceof CryptoError) return { kind: 'refused', code: error.code, message: error.message };
    throw error;
  }
}

void perform(workerData as LegacyTask).then((reply) => parentPort?.postMessage(reply));
