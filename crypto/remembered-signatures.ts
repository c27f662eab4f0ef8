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
  readonly signature: string;
  readonly publicKey: string;
  /** The message, or its SHA-256 where it is not short. */
  readonly message: string;
  readonly length: number;
}

/** By the place of the signature, which no two share but by chance or by those who tried for it. */
let young = new Map<number, Held>();
let old = new Map<number, Held>();

/** Places of signatures that held once: most never come again, and nothing more is kept of them until they do. */
const metOnce = new Set<number>();

/** Finds the place only, from octets that are as good as random in every signature; the signature itself is compared. */
function placeOf(signature: Uint8Array): number {
  const at = signature.length >> 2;
  const half = signature.length >> 1;
  return (
    ((signature[at] ?? 0) << 24) ^
    ((signature[at + 1] ?? 0) << 16) ^
    ((signature[half + 3] ?? 0) << 8) ^
    (signature[half + 4] ?? 0) ^
    (signature.length << 12)
  );
}

function isNew(place: number): boolean {
  if (metOnce.delete(place)) return false;
  if (metOnce.size >= KEPT) metOnce.clear();
  metOnce.add(place);
  return true;
}

function keep(place: number, check: Held): void {
  if (young.size >= KEPT) {
    old = young;
    young = new Map();
  }
  young.set(place, check);
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
    known.signature === textOf(check.signature) &&
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
  const place = placeOf(check.signature);
  const recent = young.get(place);
  const known = recent ?? old.get(place);
  if (known !== undefined && isOf(known, check)) {
    // What is asked for stays.
    if (recent === undefined) keep(place, known);
    return true;
  }
  if (!verifySignature(check)) return false;
  if (isNew(place)) return true;
  const { algorithm, pairing, saltLength, publicKey, message, signature } = check;
  keep(place, {
    algorithm,
    signature: textOf(signature),
    pairing,
    saltLength,
    publicKey: textOf(publicKey),
    message: kept(message),
    length: message.length,
  });
  return true;
}
