// What a passphrase opens: one random key-encryption key per key folder, wrapped by a key that scrypt makes of the passphrase.
import { createHash, scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isBoxCipher, openBox, sealBox, type BoxCipher } from './aead.ts';
import type { RandomBytes } from './clock.ts';
import { createDurably, ensureSecretFolder } from './durable-file.ts';
import { CryptoError } from './errors.ts';

/** Name of the file in the key folder; the passphrase itself is never stored. */
const FILE = 'vault.json';
const WRAP = 'yinxin key vault 1';
const BLOCK_SIZE = 8;
const KEY_SIZE = 32;
const COSTS = { least: 2 ** 10, default: 2 ** 17, most: 2 ** 20 };

interface VaultFile {
  readonly cipher: BoxCipher;
  readonly cost: number;
  readonly salt: Uint8Array;
  readonly wrapped: Uint8Array;
}

export interface KeyVaultOptions {
  /** Made with mode 0700 where absent. */
  readonly folder: string;
  readonly passphrase: string;
  readonly random: RandomBytes;
  /** scrypt's N for a folder not yet made: 2^17 (128 MiB, about 0.4 s, once per process) unless told; tests go lower. */
  readonly cost?: number;
  /** The suite's cipher, for a folder not yet made; one that exists keeps its own. */
  readonly cipher?: BoxCipher;
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function encode(file: VaultFile): string {
  const body = JSON.stringify({
    format: 'yinxin-key-vault',
    version: 1,
    kdf: 'scrypt',
    cost: file.cost,
    blockSize: BLOCK_SIZE,
    salt: Buffer.from(file.salt).toString('base64url'),
    cipher: file.cipher,
    wrapped: Buffer.from(file.wrapped).toString('base64url'),
  });
  return `${body}\n${checksum(body)}\n`;
}

/** The checksum tells a damaged file from a wrong passphrase; it protects nothing. */
function decode(text: string, path: string): VaultFile {
  const [body = '', sum] = text.split('\n');
  const damaged = (cause?: unknown): CryptoError =>
    new CryptoError('key-damaged', `The key vault ${path} is damaged: restore it from a backup.`, { cause });
  if (sum !== checksum(body)) throw damaged();
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw damaged(error);
  }
  if (typeof value !== 'object' || value === null) throw damaged();
  const { format, version, cost, salt, cipher, wrapped } = value as Record<string, unknown>;
  if (format !== 'yinxin-key-vault' || version !== 1) throw damaged();
  if (typeof cost !== 'number' || typeof salt !== 'string' || typeof wrapped !== 'string') throw damaged();
  if (typeof cipher !== 'string' || !isBoxCipher(cipher)) throw damaged();
  if (!Number.isInteger(Math.log2(cost)) || cost < COSTS.least || cost > COSTS.most) throw damaged();
  return { cipher, cost, salt: Buffer.from(salt, 'base64url'), wrapped: Buffer.from(wrapped, 'base64url') };
}

function stretch(passphrase: string, salt: Uint8Array, cost: number): Promise<Uint8Array> {
  const options = { N: cost, r: BLOCK_SIZE, p: 1, maxmem: 256 * BLOCK_SIZE * cost };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, KEY_SIZE, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function readOrCreate(options: KeyVaultOptions): Promise<VaultFile> {
  const path = join(options.folder, FILE);
  try {
    ensureSecretFolder(options.folder);
    const there = await readIfThere(path);
    if (there !== null) return decode(there, path);
    const cost = options.cost ?? COSTS.default;
    const cipher = options.cipher ?? 'aes-256-gcm';
    const salt = options.random(16);
    const key = await stretch(options.passphrase, salt, cost);
    const wrapped = sealBox(key, WRAP, options.random(KEY_SIZE), options.random, cipher);
    await createDurably(path, encode({ cipher, cost, salt, wrapped }), options.random);
    // Another process may have been first: what lies there now is what everybody uses.
    return decode(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof CryptoError) throw error;
    throw new CryptoError('key-store-unavailable', `The key folder ${options.folder} cannot be used.`, {
      cause: error,
    });
  }
}

/** An opened vault: seals and opens small secrets, each bound to the text that says what it is. */
export class KeyVault {
  /** What its boxes are encrypted with. */
  readonly cipher: BoxCipher;
  readonly #key: Uint8Array;
  readonly #random: RandomBytes;

  constructor(key: Uint8Array, random: RandomBytes, cipher: BoxCipher) {
    this.#key = key;
    this.#random = random;
    this.cipher = cipher;
  }

  seal(what: string, secret: Uint8Array): Uint8Array {
    return sealBox(this.#key, what, secret, this.#random, this.cipher);
  }

  /** @returns null where the box was changed or is about something else. */
  open(what: string, box: Uint8Array): Uint8Array | null {
    return openBox(this.#key, what, box, this.cipher);
  }
}

/**
 * Opens the vault of a key folder, making it on first use.
 * @throws CryptoError `key-locked` (wrong passphrase), `key-damaged`, `key-store-unavailable`, `passphrase-invalid` (empty).
 */
export async function openKeyVault(options: KeyVaultOptions): Promise<KeyVault> {
  if (options.passphrase === '')
    throw new CryptoError('passphrase-invalid', 'The passphrase of the keys is empty.');
  const file = await readOrCreate(options);
  const key = openBox(
    await stretch(options.passphrase, file.salt, file.cost),
    WRAP,
    file.wrapped,
    file.cipher,
  );
  if (key === null) {
    throw new CryptoError('key-locked', `The passphrase does not open the keys in ${options.folder}.`);
  }
  return new KeyVault(key, options.random, file.cipher);
}
