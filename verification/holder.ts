// Whom a license or a receipt is about, told without saying it: keyed commitments that only who knows the holder can open.
import { fromHex, sameBytes, toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { DigestAlgorithm, SignatureVerifier } from './signature-verifier.ts';

type Digester = Pick<SignatureVerifier, 'digest'>;

/** Bytes of a block, of SHA-256 and of SM3. */
const BLOCK = 64;

/** HMAC (RFC 2104; GB/T 15852.2 for SM3) over the digest port, so that a page computes it as well. */
async function hmac(
  verifier: Digester,
  algorithm: CommitmentDigest,
  key: Uint8Array,
  message: Uint8Array,
): Promise<Uint8Array> {
  const block = new Uint8Array(BLOCK);
  block.set(key.length > BLOCK ? await verifier.digest(algorithm, key) : key);
  const keyed = async (pad: number, bytes: Uint8Array): Promise<Uint8Array> => {
    const input = new Uint8Array(BLOCK + bytes.length);
    input.set(block.map((byte) => byte ^ pad));
    input.set(bytes, BLOCK);
    return verifier.digest(algorithm, input);
  };
  return keyed(0x5c, await keyed(0x36, message));
}

/** How names and codes are compared: numbers of people and enterprises have no case of their own. */
export function normalisedHolder(code: string): string {
  return code.trim().toUpperCase();
}

/** A name as codes of residents' licenses show it: the first character, and a star for each further one. */
export function maskedName(name: string): string {
  const [first = '*', ...rest] = Array.from(name);
  return first + '*'.repeat(Math.max(1, rest.length));
}

const commitmentForm = /^hmac-(sha256|sm3):([0-9a-f]{32}):([0-9a-f]{64})$/;

/** What commitments are made with: the digest of the suite. */
export type CommitmentDigest = Extract<DigestAlgorithm, 'sha256' | 'sm3'>;

async function commitmentOf(
  verifier: Digester,
  algorithm: CommitmentDigest,
  audience: string,
  code: string,
  salt: Uint8Array,
): Promise<Uint8Array> {
  const opening = JSON.stringify(['yinxin receipt holder', audience, normalisedHolder(code)]);
  return hmac(verifier, algorithm, salt, new TextEncoder().encode(opening));
}

/**
 * Commits to a holder for one audience. Two receipts about one holder have nothing in common that could be seen; whoever
 * has the receipt and guesses the number can confirm the guess, and no one else.
 * @param salt 16 random bytes, used once
 * @returns `hmac-<digest>:<salt>:<tag>`, lower-case hex
 */
export async function commitToHolder(
  verifier: Digester,
  audience: string,
  code: string,
  salt: Uint8Array,
  algorithm: CommitmentDigest,
): Promise<string> {
  const tag = await commitmentOf(verifier, algorithm, audience, code, salt);
  return `hmac-${algorithm}:${toHex(salt)}:${toHex(tag)}`;
}

/** Whether a commitment was made for this audience to this holder; false for a text that is none. */
export async function opensCommitment(
  verifier: Digester,
  commitment: string,
  audience: string,
  code: string,
): Promise<boolean> {
  const [, digest, salt, tag] = commitmentForm.exec(commitment) ?? [];
  if (salt === undefined || tag === undefined) return false;
  const algorithm = digest === 'sm3' ? 'sm3' : 'sha256';
  return sameBytes(await commitmentOf(verifier, algorithm, audience, code, fromHex(salt)), fromHex(tag));
}

/**
 * Whether the commitment in a code opens with what the record says: keyed by the record's salt.
 * @param commitment the first bytes of the tag
 */
export async function opensRecordCommitment(
  verifier: Digester,
  algorithm: CommitmentDigest,
  commitment: Uint8Array,
  record: Readonly<Record<string, string>>,
): Promise<boolean> {
  const { CZZT: name, CZZTDM: code, salt } = record;
  if (name === undefined || code === undefined || salt === undefined) return false;
  try {
    const opening = new TextEncoder().encode(JSON.stringify(['yinxin holder', name, code]));
    const tag = await hmac(verifier, algorithm, fromHex(salt), opening);
    return commitment.length >= 16 && sameBytes(tag.subarray(0, commitment.length), commitment);
  } catch (error) {
    // A salt that is no hex opens nothing.
    if (error instanceof FormatError) return false;
    throw error;
  }
}
