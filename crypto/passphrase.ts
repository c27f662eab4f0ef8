// The passphrase file of a deployment that was given none: made on the first start, readable by its owner only.
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RandomBytes } from './clock.ts';
import { createDurably, ensureSecretFolder } from './durable-file.ts';
import { CryptoError } from './errors.ts';

const BYTES = 32;
const LIMIT = 4096;

/**
 * Reads a passphrase file: its first line, without the line end.
 * @throws CryptoError `passphrase-invalid` where it is absent, empty, over 4 KiB, or readable by others than its owner.
 */
export async function readPassphraseFile(path: string): Promise<string> {
  let content: string;
  try {
    const { mode, size } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new CryptoError(
        'passphrase-invalid',
        `The passphrase file ${path} is open to others: chmod 600 it.`,
      );
    }
    if (size > LIMIT)
      throw new CryptoError('passphrase-invalid', `The passphrase file ${path} is over ${LIMIT} bytes.`);
    content = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof CryptoError) throw error;
    throw new CryptoError('passphrase-invalid', `The passphrase file ${path} cannot be read.`, {
      cause: error,
    });
  }
  const passphrase = content.split(/\r?\n/, 1)[0] ?? '';
  if (passphrase === '') throw new CryptoError('passphrase-invalid', `The passphrase file ${path} is empty.`);
  return passphrase;
}

/**
 * Makes `path` with a random passphrase (256 bits, base64url, mode 0600) where it is absent, then reads it.
 * @param mark begins a passphrase made here, so that it is known again wherever it is copied to
 * @returns the passphrase, and whether this call made it (callers say so to the person at the screen).
 */
export async function ensurePassphraseFile(
  path: string,
  random: RandomBytes,
  mark = '',
): Promise<{ readonly passphrase: string; readonly created: boolean }> {
  let created: boolean;
  try {
    ensureSecretFolder(dirname(path));
    created = await stat(path).then(
      () => false,
      () => createDurably(path, `${mark}${Buffer.from(random(BYTES)).toString('base64url')}\n`, random),
    );
  } catch (error) {
    throw new CryptoError('passphrase-invalid', `The passphrase file ${path} cannot be made.`, {
      cause: error,
    });
  }
  return { passphrase: await readPassphraseFile(path), created };
}
