// Running digests in plain arithmetic, for pages: WebCrypto digests whole messages only. Reaches nothing of Node.
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { sm3Portable } from '../crypto/sm3-portable.ts';
import { joinBytes } from '../formats/bytes.ts';
import type { RunningDigest, StartDigest } from './signature-verifier.ts';

const algorithms = { sha256, sha384, sha512 };

interface Running {
  update(chunk: Uint8Array): unknown;
  clone(): Running;
  digest(): Uint8Array;
}

function running(hash: Running): RunningDigest {
  return {
    update: (chunk) => void hash.update(chunk),
    fork: () => running(hash.clone()),
    finish: () => hash.digest(),
  };
}

/** SM3 is computed over the whole at the end: what pages verify with it is small. */
function collecting(parts: readonly Uint8Array[]): RunningDigest {
  const chunks = [...parts];
  return {
    update: (chunk) => void chunks.push(chunk.slice()),
    fork: () => collecting(chunks),
    finish: () => sm3Portable(joinBytes(chunks)),
  };
}

/** Running digests without Node. */
export const webStartDigest: StartDigest = (algorithm) =>
  algorithm === 'sm3' ? collecting([]) : running(algorithms[algorithm].create());
