// The physical limits of this machine in this run: nothing that signs, hashes or stores can be faster.
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { rate } from './measure.ts';

export interface Limits {
  /** P-256 signatures a second, one thread, cached key. */
  readonly sign: number;
  /** P-256 verifications a second, one thread, cached key. */
  readonly verify: number;
  /** SHA-256, bytes a second, 64 KiB chunks. */
  readonly hash: number;
  /** Appends of 4 KiB with a disk sync each, a second, in the folder the bench stores in. */
  readonly sync: number;
}

/** One raw P-256 signature over 64 bytes, with a key of its own. */
export function rawSigning(): () => undefined {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.alloc(64, 7);
  return () => void sign('sha256', message, privateKey);
}

export async function measureLimits(seconds: number, folder: string): Promise<Limits> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.alloc(64, 7);
  const signature = sign('sha256', message, privateKey);
  const chunk = Buffer.alloc(64 * 1024, 7);
  const page = Buffer.alloc(4096, 7);
  const file = openSync(join(folder, 'sync-limit'), 'w');
  const hash = createHash('sha256');
  try {
    return {
      sign: await rate(seconds, rawSigning()),
      verify: await rate(seconds, () => void verify('sha256', message, publicKey, signature)),
      hash: (await rate(seconds, () => void hash.update(chunk))) * chunk.length,
      sync: await rate(seconds, () => {
        writeSync(file, page);
        fsyncSync(file);
        return undefined;
      }),
    };
  } finally {
    closeSync(file);
  }
}
