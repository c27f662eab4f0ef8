// Key derivation of PKCS #12 (RFC 7292 appendix B.2): for the MAC of every file, and for the ciphers of old ones.
import { hash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { CryptoError } from './errors.ts';

/** What a derived key is for (RFC 7292 appendix B.3). */
export const PKCS12_KEY_ID = { encryption: 1, iv: 2, mac: 3 } as const;

/** Digests that a MAC may use; SHA-1 is what files of the last century are made with, and protects nothing of ours. */
export type Pkcs12Digest = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

const SHAPES: Readonly<Record<Pkcs12Digest, { readonly size: number; readonly block: number }>> = {
  sha1: { size: 20, block: 64 },
  sha224: { size: 28, block: 64 },
  sha256: { size: 32, block: 64 },
  sha384: { size: 48, block: 128 },
  sha512: { size: 64, block: 128 },
};

export interface Pkcs12KeyOrder {
  readonly digest: Pkcs12Digest;
  readonly id: (typeof PKCS12_KEY_ID)[keyof typeof PKCS12_KEY_ID];
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Bytes wanted. */
  readonly size: number;
}

/** As many rounds take a few milliseconds: less than a thread takes to start. */
const ROUNDS_HERE = 10_000;

/** Length in bytes of a digest. */
export function pkcs12DigestSize(digest: Pkcs12Digest): number {
  return SHAPES[digest].size;
}

/** UTF-16, big-endian, two zero bytes after it (RFC 7292 appendix B.1). */
function bmpPassword(password: string): Uint8Array {
  const text = Buffer.from(`${password}\0`, 'utf16le').swap16();
  return new Uint8Array(text);
}

function repeated(bytes: Uint8Array, block: number): Uint8Array {
  const size = block * Math.ceil(bytes.length / block);
  return Uint8Array.from({ length: size }, (_, at) => bytes[at % bytes.length] ?? 0);
}

/** I_j := (I_j + B + 1) mod 2^(8·block), for every block of I (RFC 7292 appendix B.2 step 6C). */
function addToBlocks(blocks: Uint8Array, addend: Uint8Array): void {
  for (let start = 0; start < blocks.length; start += addend.length) {
    let carry = 1;
    for (let at = addend.length - 1; at >= 0; at -= 1) {
      const sum = (blocks[start + at] ?? 0) + (addend[at] ?? 0) + carry;
      blocks[start + at] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}

/** Derives on this thread. */
export function pkcs12KeySync(order: Pkcs12KeyOrder): Uint8Array {
  const { digest, iterations, size } = order;
  const { block } = SHAPES[digest];
  const key = new Uint8Array(size);
  const salt = repeated(order.salt, block);
  const password = repeated(bmpPassword(order.password), block);
  const blocks = new Uint8Array(salt.length + password.length);
  blocks.set(salt);
  blocks.set(password, salt.length);
  for (let done = 0; ;) {
    let round: Uint8Array = new Uint8Array(block + blocks.length).fill(order.id, 0, block);
    round.set(blocks, block);
    for (let left = iterations; left > 0; left -= 1) round = hash(digest, round, 'buffer');
    key.set(round.subarray(0, Math.min(round.length, size - done)), done);
    done += round.length;
    if (done >= size) return key;
    addToBlocks(blocks, repeated(round, block).subarray(0, block));
  }
}

/** Threads that derive at the same time, whoever asks: more would only wait for each other's core. */
const LANES = 2;
const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve());
let turn = 0;

async function deriveElsewhere(order: Pkcs12KeyOrder): Promise<Uint8Array> {
  const entry = import.meta.url.endsWith('.ts') ? './pkcs12-kdf-worker.ts' : './pkcs12-kdf-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), { workerData: order, execArgv: [] });
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      worker.on('message', resolve);
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('The deriving thread ended.')));
    });
  } catch (cause) {
    throw new CryptoError('pkcs12-limit', 'The key of a PKCS #12 file could not be derived.', { cause });
  } finally {
    await worker.terminate();
  }
}

/** Derives, on another thread where it takes long, after those that asked before. */
export function pkcs12Key(order: Pkcs12KeyOrder): Promise<Uint8Array> {
  if (order.iterations <= ROUNDS_HERE) return Promise.resolve(pkcs12KeySync(order));
  turn = (turn + 1) % LANES;
  const derived = (lanes[turn] ?? Promise.resolve()).then(() => deriveElsewhere(order));
  lanes[turn] = derived.catch(() => undefined);
  return derived;
}
