// Signatures that held, remembered: those of authorities and revocation lists come with every document again.
import { createHash } from 'node:crypto';
import { verifySignature, type SignatureCheck } from './verify-signature.ts';

/** About half a megabyte of digests. */
const KEPT = 4096;
const held = new Set<string>();

/** One name for all that a check depends on: every part with its length before it, so that no two checks share a name. */
function nameOf({ algorithm, pairing, saltLength, publicKey, message, signature }: SignatureCheck): string {
  const head = [algorithm, pairing ?? 'jose', saltLength ?? '', publicKey.length, signature.length].join('|');
  return createHash('sha256')
    .update(`${head.length}|${head}`)
    .update(publicKey)
    .update(signature)
    .update(message)
    .digest('base64');
}

/**
 * As `verifySignature`, which is a function of its argument alone: a check that held once is not made again. Only
 * signatures that hold are remembered, so nobody can fill the memory without making signatures.
 * @throws CryptoError as `verifySignature`
 */
export function verifyRemembered(check: SignatureCheck): boolean {
  const name = nameOf(check);
  if (held.delete(name)) {
    // Back at the young end: what is asked for stays.
    held.add(name);
    return true;
  }
  if (!verifySignature(check)) return false;
  held.add(name);
  const oldest = held.values().next();
  if (held.size > KEPT && oldest.done !== true) held.delete(oldest.value);
  return true;
}
