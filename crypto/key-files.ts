// Adapter of KeyStore: one encrypted file per key in a folder of mode 0700.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxCipher } from './aead.ts';
import { isSignatureAlgorithm, keyIdOf } from './algorithms.ts';
import type { RandomBytes } from './clock.ts';
import { writeDurably } from './durable-file.ts';
import { CryptoError } from './errors.ts';
import { generateKey, importPrivateKey, localSigningKey, requireKeyFor } from './key-engine.ts';
import { openKeyVault, type KeyVault, type KeyVaultOptions } from './key-vault.ts';
import { MasterKeyFiles } from './master-key-files.ts';
import type { GeneratedKey, KeyPurpose, KeyStore, SignatureAlgorithm, SigningKey } from './signing-key.ts';

/** The key files of a deployment: signing keys, and the master keys of personal data beside them. */
export interface KeyFiles extends KeyStore {
  /** The deployment's master keys, the first made on first use. @throws CryptoError `key-damaged`. */
  masterKeys(): Promise<MasterKeyFiles>;
  /** What the files are encrypted with: the suite's cipher when the folder was made. */
  readonly cipher: BoxCipher;
}

interface StoredKey {
  readonly purpose: KeyPurpose;
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: Uint8Array;
  readonly box: Uint8Array;
}

interface OpenedKey {
  readonly stored: StoredKey;
  readonly privateKey: KeyObject;
}

/** What a key's box is bound to: a box put under another name, purpose or algorithm does not open. */
function surroundings(id: string, purpose: string, algorithm: string): string {
  return `yinxin key 1|${id}|${purpose}|${algorithm}`;
}

function damaged(id: string, cause?: unknown): CryptoError {
  return new CryptoError('key-damaged', `The file of key ${id} is damaged: restore it from a backup.`, {
    cause,
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function decodeStored(id: string, text: string): StoredKey {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(id, error);
  }
  if (typeof value !== 'object' || value === null) throw damaged(id);
  const { format, version, purpose, algorithm, publicKey, box } = value as Record<string, unknown>;
  if (format !== 'yinxin-key' || version !== 1 || typeof purpose !== 'string') throw damaged(id);
  if (typeof algorithm !== 'string' || !isSignatureAlgorithm(algorithm)) throw damaged(id);
  if (typeof publicKey !== 'string' || typeof box !== 'string') throw damaged(id);
  return {
    // Only a purpose of ours opens the box: any other text fails there.
    purpose: purpose as KeyPurpose,
    algorithm,
    publicKey: Buffer.from(publicKey, 'base64url'),
    box: Buffer.from(box, 'base64url'),
  };
}

class KeyFolder implements KeyFiles {
  readonly #folder: string;
  readonly #vault: KeyVault;
  readonly #random: RandomBytes;
  readonly #opened = new Map<string, Promise<OpenedKey>>();
  #masters: Promise<MasterKeyFiles> | null = null;

  constructor(folder: string, vault: KeyVault, random: RandomBytes) {
    this.#folder = folder;
    this.#vault = vault;
    this.#random = random;
  }

  get cipher(): BoxCipher {
    return this.#vault.cipher;
  }

  async generate(purpose: KeyPurpose, algorithm: SignatureAlgorithm): Promise<GeneratedKey> {
    const { publicKey, pkcs8 } = await generateKey(algorithm);
    const id = keyIdOf(publicKey, algorithm);
    await this.#keep(id, { purpose, algorithm, publicKey, pkcs8 });
    return { id, publicKey };
  }

  async import(purpose: KeyPurpose, algorithm: SignatureAlgorithm, pkcs8: Uint8Array): Promise<GeneratedKey> {
    const privateKey = importPrivateKey(pkcs8);
    const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
    requireKeyFor(algorithm, publicKey);
    const id = keyIdOf(publicKey, algorithm);
    const kept = await this.#load(id).catch((error: unknown) => {
      if (error instanceof CryptoError && error.code === 'key-not-found') return null;
      throw error;
    });
    if (kept === null) await this.#keep(id, { purpose, algorithm, publicKey, pkcs8 });
    else if (kept.stored.purpose !== purpose) {
      throw new CryptoError('key-purpose', `The key is kept already, for ${kept.stored.purpose}.`);
    }
    return { id, publicKey };
  }

  async #keep(id: string, key: Omit<StoredKey, 'box'> & { readonly pkcs8: Uint8Array }): Promise<void> {
    const { purpose, algorithm, publicKey, pkcs8 } = key;
    const { cipher } = this.#vault;
    const box = this.#vault.seal(surroundings(id, purpose, algorithm), pkcs8);
    const content = JSON.stringify({
      format: 'yinxin-key',
      version: 1,
      purpose,
      algorithm,
      publicKey: Buffer.from(publicKey).toString('base64url'),
      cipher,
      box: Buffer.from(box).toString('base64url'),
    });
    try {
      await writeDurably(this.#path(id), `${content}\n`, this.#random);
    } catch (error) {
      throw new CryptoError('key-store-unavailable', 'The new key cannot be stored.', { cause: error });
    }
  }

  async open(id: string, purpose: KeyPurpose, chain: readonly Uint8Array[]): Promise<SigningKey> {
    if (!/^(sha256|sm3):[0-9a-f]{64}$/.test(id))
      throw new CryptoError('key-not-found', 'No key has this identifier.');
    let opening = this.#opened.get(id);
    if (opening === undefined) {
      // Parsing a private key costs more than using it: once per process.
      opening = this.#load(id);
      this.#opened.set(id, opening);
      opening.catch(() => this.#opened.delete(id));
    }
    const { stored, privateKey } = await opening;
    if (stored.purpose !== purpose) {
      throw new CryptoError('key-purpose', `Key ${id} was made for ${stored.purpose}, not for ${purpose}.`);
    }
    const { algorithm, publicKey } = stored;
    return localSigningKey(
      { id, purpose, chain },
      { algorithm, privateKey, publicKey, random: this.#random },
    );
  }

  masterKeys(): Promise<MasterKeyFiles> {
    this.#masters ??= MasterKeyFiles.open(this.#folder, this.#vault, this.#random);
    this.#masters.catch(() => (this.#masters = null));
    return this.#masters;
  }

  #path(id: string): string {
    // A colon in a file's name is a host to some copying programs.
    return join(this.#folder, `${id.replace(':', '-')}.key.json`);
  }

  async #load(id: string): Promise<OpenedKey> {
    let text: string;
    try {
      text = await readFile(this.#path(id), 'utf8');
    } catch (error) {
      if (isMissing(error)) throw new CryptoError('key-not-found', `No key ${id} is stored here.`);
      throw new CryptoError('key-store-unavailable', `The file of key ${id} cannot be read.`, {
        cause: error,
      });
    }
    const stored = decodeStored(id, text);
    const pkcs8 = this.#vault.open(surroundings(id, stored.purpose, stored.algorithm), stored.box);
    if (pkcs8 === null) throw damaged(id);
    const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
    // The public half lies outside the box: it must be the private half's own.
    if (!publicKey.equals(stored.publicKey)) throw damaged(id);
    return { stored, privateKey };
  }
}

/**
 * Opens (or makes) a folder of encrypted keys; one scrypt per call.
 * @throws CryptoError `key-locked` (wrong passphrase), `key-damaged`, `key-store-unavailable`, `passphrase-invalid`.
 */
export async function openKeyFiles(options: KeyVaultOptions): Promise<KeyFiles> {
  return new KeyFolder(options.folder, await openKeyVault(options), options.random);
}
