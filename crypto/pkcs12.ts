// PKCS #12 (RFC 7292) with modern encryption: made in memory for a holder, and opened. pkijs encrypts and decrypts (PBES2).
import { createHash, createHmac } from 'node:crypto';
import { BmpString, Null, OctetString, fromBER } from 'asn1js';
import {
  AlgorithmIdentifier,
  Attribute,
  AuthenticatedSafe,
  CertBag,
  ContentInfo,
  CryptoEngine,
  DigestInfo,
  EncryptedContentInfo,
  EncryptedData,
  MacData,
  PBES2Params,
  PBKDF2Params,
  PFX,
  PKCS8ShroudedKeyBag,
  SafeBag,
  SafeContents,
} from 'pkijs';
import { compareBytes } from '../formats/bytes.ts';
import type { Pkcs12Encryption } from '../formats/pkcs12/pfx.ts';
import { digestNamed } from './algorithms.ts';
import type { RandomBytes } from './clock.ts';
import { CryptoError } from './errors.ts';
import { pkcs12Content, type Pkcs12Content } from './pkcs12-content.ts';
import { PKCS12_KEY_ID, pkcs12Key } from './pkcs12-kdf.ts';
import { pkcs12Password, readPkcs12, type Pkcs12Decrypt } from './pkcs12-reader.ts';

/** Rounds of PBKDF2-HMAC-SHA-256 for what is made here (OWASP 2023), and of the MAC's own derivation beside it. */
const ROUNDS = 600_000;
const LEAST_PASSWORD = 8;
/** Characters; what programs show as the key's name. */
const MOST_NAME = 256;
/** GnuTLS shows no longer one. */
const SALT = 16;

const OIDS = {
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const;

/** AES in CBC mode with 128, 192 and 256 bits. */
const CIPHERS: ReadonlySet<string> = new Set(['2', '22', '42'].map((last) => `2.16.840.1.101.3.4.1.${last}`));
/** HMAC with SHA-1 (the default), SHA-256, SHA-384 and SHA-512 (RFC 8018 appendix B.1). */
const PRFS: ReadonlySet<string> = new Set(['7', '9', '10', '11'].map((last) => `1.2.840.113549.2.${last}`));

export interface Pkcs12Input {
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array;
  /** DER, the key's own certificate among them; each above it whose issuer is at hand. */
  readonly chain: readonly Uint8Array[];
  /** What the holder's programs list the key as. */
  readonly friendlyName: string;
  /** At least eight characters of any script; nothing keeps it. */
  readonly password: string;
  readonly random: RandomBytes;
  /** Rounds of stretching: 600 000 unless told; tests go lower. */
  readonly iterations?: number;
}

/** An ArrayBuffer of its own, as pkijs wants bytes. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: bufferOf(bytes) });
}

interface Encrypting {
  readonly random: RandomBytes;
  readonly password: string;
  readonly iterations: number;
}

/** What one PBES2 step made. */
interface Encrypted {
  readonly algorithm: AlgorithmIdentifier;
  /** In one piece, as DER has it. */
  readonly ciphertext: OctetString;
}

/** PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018). WebCrypto derives on another thread. */
async function encrypt(
  { random, password, iterations }: Encrypting,
  plaintext: ArrayBuffer,
): Promise<Encrypted> {
  const { subtle } = globalThis.crypto;
  const salt = bufferOf(random(SALT));
  const iv = bufferOf(random(16));
  const secret = bufferOf(Buffer.from(password, 'utf8'));
  const key = await subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']),
    { name: 'AES-CBC', length: 256 },
    false,
    ['encrypt'],
  );
  const derivation = new PBKDF2Params({
    salt: new OctetString({ valueHex: salt }),
    iterationCount: iterations,
    prf: new AlgorithmIdentifier({ algorithmId: OIDS.hmacWithSha256, algorithmParams: new Null() }),
  });
  const parameters = new PBES2Params({
    keyDerivationFunc: new AlgorithmIdentifier({
      algorithmId: OIDS.pbkdf2,
      algorithmParams: derivation.toSchema(),
    }),
    encryptionScheme: new AlgorithmIdentifier({
      algorithmId: OIDS.aes256Cbc,
      algorithmParams: new OctetString({ valueHex: iv }),
    }),
  });
  return {
    algorithm: new AlgorithmIdentifier({ algorithmId: OIDS.pbes2, algorithmParams: parameters.toSchema() }),
    ciphertext: new OctetString({ valueHex: await subtle.encrypt({ name: 'AES-CBC', iv }, key, plaintext) }),
  };
}

/** friendlyName and localKeyId, which tie a key to its certificate (RFC 2985 sections 5.5.1 and 5.5.2). */
function bagAttributes(friendlyName: string, localKeyId: Uint8Array): Attribute[] {
  const attributes = [
    new Attribute({ type: OIDS.friendlyName, values: [new BmpString({ value: friendlyName })] }),
    new Attribute({ type: OIDS.localKeyId, values: [octets(localKeyId)] }),
  ];
  const encoded = (each: Attribute): Uint8Array => new Uint8Array(each.toSchema().toBER(false));
  return attributes.sort((a, b) => compareBytes(encoded(a), encoded(b)));
}

async function keyBag(input: Pkcs12Input, attributes: Attribute[], by: Encrypting): Promise<SafeBag> {
  const { algorithm, ciphertext } = await encrypt(by, bufferOf(input.privateKey));
  return new SafeBag({
    bagId: OIDS.shroudedKeyBag,
    bagValue: new PKCS8ShroudedKeyBag({ encryptionAlgorithm: algorithm, encryptedData: ciphertext }),
    bagAttributes: attributes,
  });
}

/** Holds the certificate's own bytes: it is not parsed and written again. */
function certificateBag(der: Uint8Array, attributes: Attribute[] | null): SafeBag {
  return new SafeBag({
    bagId: OIDS.certificateBag,
    bagValue: new CertBag({ certId: OIDS.x509Certificate, certValue: octets(der) }),
    ...(attributes === null ? {} : { bagAttributes: attributes }),
  });
}

async function macOf(content: ArrayBuffer, input: Pkcs12Input, by: Encrypting): Promise<MacData> {
  const salt = input.random(SALT);
  const order = { digest: 'sha256', id: PKCS12_KEY_ID.mac, salt, size: 32 } as const;
  // As many rounds as before the ciphertexts: the MAC must not be the cheaper way to try passwords.
  const key = await pkcs12Key({ ...order, password: by.password, iterations: by.iterations });
  const value = createHmac('sha256', key).update(new Uint8Array(content)).digest();
  return new MacData({
    mac: new DigestInfo({
      digestAlgorithm: new AlgorithmIdentifier({ algorithmId: digestNamed('sha256').oid }),
      digest: octets(value),
    }),
    macSalt: octets(salt),
    iterations: by.iterations,
  });
}

/**
 * A file with one key and its chain, for its holder's programs. Made in memory: neither file nor password is kept.
 * @returns the file: key and certificates under PBES2 with AES-256-CBC, all of it under HMAC-SHA-256.
 * @throws CryptoError `passphrase-invalid` (too short, too long), `pkcs12-unsupported` (a key of another kind, or no
 *   certificate of its own); FormatError where a certificate is malformed.
 */
export async function makePkcs12(input: Pkcs12Input): Promise<Uint8Array> {
  const password = pkcs12Password(input.password);
  if (Array.from(password).length < LEAST_PASSWORD) {
    throw new CryptoError('passphrase-invalid', `The password has fewer than ${LEAST_PASSWORD} characters.`);
  }
  if (input.friendlyName.length > MOST_NAME || !input.friendlyName.isWellFormed()) {
    throw new CryptoError('pkcs12-unsupported', 'The name of the key is too long or no sound text.');
  }
  const { chain, others } = pkcs12Content(input.privateKey, input.chain, input.friendlyName);
  const by: Encrypting = { random: input.random, password, iterations: input.iterations ?? ROUNDS };
  const [own, ...above] = [...chain, ...others];
  const attributes = bagAttributes(
    input.friendlyName,
    createHash('sha256')
      .update(own ?? '')
      .digest(),
  );
  const certificates = new SafeContents({
    safeBags: [
      ...(own === undefined ? [] : [certificateBag(own, attributes)]),
      ...above.map((der) => certificateBag(der, null)),
    ],
  });
  const key = new SafeContents({ safeBags: [await keyBag(input, attributes, by)] });
  const encrypted = await encrypt(by, certificates.toSchema().toBER(false));
  const safe = new AuthenticatedSafe({
    safeContents: [
      new ContentInfo({
        contentType: ContentInfo.ENCRYPTED_DATA,
        content: new EncryptedData({
          encryptedContentInfo: new EncryptedContentInfo({
            contentType: ContentInfo.DATA,
            contentEncryptionAlgorithm: encrypted.algorithm,
            encryptedContent: encrypted.ciphertext,
            disableSplit: true,
          }),
        }).toSchema(),
      }),
      new ContentInfo({
        contentType: ContentInfo.DATA,
        content: new OctetString({ valueHex: key.toSchema().toBER(false) }),
      }),
    ],
  });
  const content = safe.toSchema().toBER(false);
  const file = new PFX({
    authSafe: new ContentInfo({
      contentType: ContentInfo.DATA,
      content: new OctetString({ valueHex: content }),
    }),
    macData: await macOf(content, input, by),
  });
  return new Uint8Array(file.toSchema().toBER(false));
}

function checkModern(encryption: Pkcs12Encryption): void {
  if (encryption.scheme === 'pkcs12') {
    throw new CryptoError('pkcs12-legacy', 'The file is encrypted with a cipher of the last century.');
  }
  const { cipher, prf } = encryption;
  if (!CIPHERS.has(cipher) || (prf !== null && !PRFS.has(prf))) {
    throw new CryptoError('pkcs12-unsupported', 'The file is encrypted in a way that is not known here.');
  }
}

/** WebCrypto under pkijs; it derives on another thread. */
const engine = new CryptoEngine({ name: 'pkcs12', crypto: globalThis.crypto });

/** Decrypts PBES2 through pkijs; every count was checked before. */
export const decryptModern: Pkcs12Decrypt = Object.assign(
  async (
    { algorithm, ciphertext }: Parameters<Pkcs12Decrypt>[0],
    encryption: Pkcs12Encryption,
    password: string,
  ): Promise<Uint8Array | null> => {
    checkModern(encryption);
    const encryptedContentInfo = new EncryptedContentInfo({
      contentType: ContentInfo.DATA,
      contentEncryptionAlgorithm: new AlgorithmIdentifier({
        schema: fromBER(bufferOf(algorithm.der)).result,
      }),
      encryptedContent: octets(ciphertext),
      disableSplit: true,
    });
    const secret = bufferOf(Buffer.from(password, 'utf8'));
    try {
      return new Uint8Array(
        await engine.decryptEncryptedContentInfo({ password: secret, encryptedContentInfo }),
      );
    } catch (error) {
      // WebCrypto says that the padding does not hold by this name and nothing else.
      if (error instanceof Error && error.name === 'OperationError') return null;
      throw new CryptoError('pkcs12-unsupported', 'A part of the file cannot be decrypted.', {
        cause: error,
      });
    }
  },
  { check: checkModern },
);

/**
 * Opens a file of modern encryption (PBES2 with AES), from us or from others. The MAC is checked before anything is
 * decrypted, and every iteration count before anything is derived.
 * @throws FormatError `pkcs12-malformed` and others of the reader; CryptoError `pkcs12-password`, `pkcs12-limit`
 *   (over 1 MB, or 4 million rounds in all), `pkcs12-legacy` (RC2 or Triple DES), `pkcs12-unsupported`, `passphrase-invalid`.
 */
export function openPkcs12(bytes: Uint8Array, password: string): Promise<Pkcs12Content> {
  return readPkcs12(bytes, password, decryptModern);
}
