// Signatures that held, remembered: those of authorities and revocation lists come with every document again.
import { hash } from 'node:crypto';
import { verifySignature, type SignatureCheck } from './verify-signature.ts';

/** Kept in each of two generations: to forget the older one whole costs less than to forget one by one. */
const KEPT = 2048;
/** Messages no longer than this are kept as they are, which costs less than to digest them. */
const SHORT = 2048;

/** All that a check depends on, as it was when it held. */
interface Held {
  readonly algorithm: string;
  readonly pairing: SignatureCheck['pairing'];
  readonly saltLength: number | undefined;
  readonly publicKey: string;
  /** The message, or its SHA-256 where it is not short. */
  readonly message: string;
  readonly length: number;
}

/** By signature, which no two messages share but for those who tried for it. */
let young = new Map<string, Held>();
let old = new Map<string, Held>();

/** Signatures that held once: most never come again, and nothing more is kept of them until they do. */
const metOnce = new Set<string>();

function isNew(name: string): boolean {
  if (metOnce.delete(name)) return false;
  if (metOnce.size >= KEPT) metOnce.clear();
  metOnce.add(name);
  return true;
}

function keep(name: string, check: Held): void {
  if (young.size >= KEPT) {
    old = young;
    young = new Map();
  }
  young.set(name, check);
}

/** A copy, a character for each byte: the caller may write to his bytes again. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function kept(message: Uint8Array): string {
  return message.length > SHORT ? hash('sha256', message, 'base64') : textOf(message);
}

function isOf(known: Held, check: SignatureCheck): boolean {
  return (
    known.algorithm === check.algorithm &&
    known.pairing === check.pairing &&
    known.saltLength === check.saltLength &&
    known.length === check.message.length &&
    known.publicKey === textOf(check.publicKey) &&
    known.message === kept(check.message)
  );
}

/**
 * As `verifySignature`, which is a function of its argument alone: a check that held twice is not made again. Only
 * signatures that hold are remembered, so nobody can fill the memory without making signatures.
 * @throws CryptoError as `verifySignature`
 */
export function verifyRemembered(check: SignatureCheck): boolean {
  const name = textOf(check.signature);
  const recent = young.get(name);
  const known = recent ?? old.get(name);
  if (known !== undefined && isOf(known, check)) {
    // What is asked for stays.
    if (recent === undefined) keep(name, known);
    return true;
  }
  if (!verifySignature(check)) return false;
  if (isNew(name)) return true;
  const { algorithm, pairing, saltLength, publicKey, message } = check;
  keep(name, {
    algorithm,
    pairing,
    saltLength,
    publicKey: textOf(publicKey),
    message: kept(message),
    length: message.length,
  });
  return true;
}
