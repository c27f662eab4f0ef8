// A person's certificate file (PKCS #12) opened on their own computer, and its key as something that signs.
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { ApiError } from '../api/errors.ts';
import { realWorld } from '../api/installation.ts';
import { CryptoError } from '../crypto/errors.ts';
import { importPrivateKey, signatureEngine } from '../crypto/key-engine.ts';
import { openLegacyPkcs12 } from '../crypto/pkcs12-legacy.ts';
import { openPkcs12 } from '../crypto/pkcs12.ts';
import type { Pkcs12Content } from '../crypto/pkcs12-content.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import type { KeyType } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { SignerKey } from './signer-server.ts';

/** What a key of a kind answers with. */
const algorithms: Readonly<Partial<Record<KeyType, SignatureAlgorithm>>> = {
  p256: 'ES256',
  p384: 'ES384',
  rsa: 'RS256',
  ed25519: 'Ed25519',
  sm2: 'SM2SM3',
};

/** Opens a certificate file; its password is asked for where no file holds it. @throws CryptoError, ApiError for one that cannot be read. */
export async function openedCertificateFile(
  file: string,
  passwordFile: string | undefined,
): Promise<Pkcs12Content> {
  const bytes = new Uint8Array(await readOr(file));
  const password =
    passwordFile === undefined
      ? await askedPassword()
      : (new TextDecoder().decode(await readOr(passwordFile)).split('\n', 1)[0] ?? '');
  try {
    return await openPkcs12(bytes, password);
  } catch (error) {
    // Files of old programs are encrypted with ciphers of the last century.
    if (error instanceof CryptoError && error.code === 'pkcs12-legacy')
      return openLegacyPkcs12(bytes, password);
    throw error;
  }
}

async function readOr(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ApiError('data-folder-unusable', `The file ${file} cannot be read.`, { cause });
  }
}

async function askedPassword(): Promise<string> {
  // Nothing of what is typed is shown: the interface writes to nowhere.
  process.stderr.write('Password of the certificate file: ');
  const reader = createInterface({ input: process.stdin, terminal: process.stdin.isTTY, output: undefined });
  try {
    return await reader.question('');
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}

/** @throws CryptoError `pkcs12-unsupported` for a key that signs no logins. */
export function signerKey(content: Pkcs12Content): SignerKey {
  const [certificate] = content.chain;
  if (certificate === undefined)
    throw new CryptoError('pkcs12-unsupported', 'The file holds no certificate.');
  const { keyType } = parseCertificate(certificate).subjectPublicKeyInfo;
  const algorithm = keyType === null ? undefined : algorithms[keyType];
  if (algorithm === undefined)
    throw new CryptoError('pkcs12-unsupported', 'This kind of key signs no logins.');
  const privateKey = importPrivateKey(content.privateKey);
  content.privateKey.fill(0);
  return {
    certificate,
    algorithm,
    sign: signatureEngine({ algorithm, privateKey, publicKey: content.publicKey, random: realWorld.random })
      .sign,
  };
}
