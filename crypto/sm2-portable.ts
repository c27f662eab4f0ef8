// SM2 in plain arithmetic over @noble/curves: the fallback of the server, and what a page verifies with. No Node here.
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { derToRaw, rawToDer } from '../formats/x509/ecdsa-signature.ts';
import { joinBytes, toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { parseSubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import { readDer } from '../formats/x509/der.ts';
import type { RandomBytes } from './clock.ts';
import { ENTL_ID_AND_CURVE, SM2_CURVE } from './sm2-parameters.ts';
import { sm3Portable } from './sm3-portable.ts';

const number = (hex: string): bigint => BigInt(`0x${hex}`);
const SM2_ORDER = number(SM2_CURVE.n);
const Point = weierstrass({
  p: number(SM2_CURVE.p),
  n: SM2_ORDER,
  h: 1n,
  a: number(SM2_CURVE.a),
  b: number(SM2_CURVE.b),
  Gx: number(SM2_CURVE.gx),
  Gy: number(SM2_CURVE.gy),
});

/** The two halves of a signature. */
export interface Sm2Scalars {
  readonly r: bigint;
  readonly s: bigint;
}

const modulo = (value: bigint): bigint => ((value % SM2_ORDER) + SM2_ORDER) % SM2_ORDER;

/** value^(n−2): the inverse modulo the prime order, in a fixed number of steps. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = modulo(value);
  for (let exponent = SM2_ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % SM2_ORDER;
    base = (base * base) % SM2_ORDER;
  }
  return result;
}

/** GB/T 35276 clause 7.3. */
export function derOfScalars({ r, s }: Sm2Scalars): Uint8Array {
  return rawToDer(joinBytes([numberToBytesBE(r, 32), numberToBytesBE(s, 32)]));
}

/** r and s in 1 … n−1 (GB/T 32918.2 clause 7.1), in their one DER form; null where the bytes are no such signature. */
export function scalarsOfDer(signature: Uint8Array): Sm2Scalars | null {
  let raw: Uint8Array;
  try {
    raw = derToRaw(signature, 32);
  } catch {
    return null;
  }
  const scalars = { r: bytesToNumberBE(raw.subarray(0, 32)), s: bytesToNumberBE(raw.subarray(32)) };
  const inRange = (value: bigint): boolean => value > 0n && value < SM2_ORDER;
  return inRange(scalars.r) && inRange(scalars.s) ? scalars : null;
}

/** The coordinates of an uncompressed SM2 key, 64 bytes; null for any other key. */
function pointOf(spki: Uint8Array): Uint8Array | null {
  try {
    const { keyType, publicKey } = parseSubjectPublicKeyInfo(spki);
    return keyType === 'sm2' && publicKey.length === 65 && publicKey[0] === 4 ? publicKey.subarray(1) : null;
  } catch {
    return null;
  }
}

/**
 * Whether `signature` is the key's over `message`, under the identifier 1234567812345678: what a page asks.
 * @param spki - SubjectPublicKeyInfo DER; one that cannot be read, is not on the SM2 curve, or is compressed, is false.
 * @param signature - DER `SEQUENCE { r, s }`; anything else is false
 */
export function verifySm2Message(spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const point = pointOf(spki);
  const scalars = scalarsOfDer(signature);
  if (point === null || scalars === null) return false;
  const prefix = sm3Portable(joinBytes([ENTL_ID_AND_CURVE, point]));
  return verifySm2Portable(spki, sm3Portable(joinBytes([prefix, message])), scalars);
}

/**
 * GB/T 32918.2 clause 7.1.
 * @param spki - SubjectPublicKeyInfo DER on the SM2 curve, uncompressed. @param digest - SM3(Z_A ‖ message), 32 bytes.
 * @param scalars - each in 1 … n−1. @returns false also for a point that is not on the curve.
 */
export function verifySm2Portable(spki: Uint8Array, digest: Uint8Array, { r, s }: Sm2Scalars): boolean {
  const t = modulo(r + s);
  if (t === 0n) return false;
  let x: bigint;
  try {
    const key = Point.fromHex(toHex(parseSubjectPublicKeyInfo(spki).publicKey));
    key.assertValidity();
    const sum = Point.BASE.mulAddUnsafe(s, key, t);
    if (sum.is0()) return false;
    x = sum.toAffine().x;
  } catch {
    return false;
  }
  return modulo(bytesToNumberBE(digest) + x) === r;
}

/** The private scalar of a PKCS#8 with an ECPrivateKey inside (RFC 5958, RFC 5915). @throws FormatError `der-malformed`. */
function scalarOf(pkcs8: Uint8Array): bigint {
  const limits = { maxBytes: 1024, maxDepth: 6 };
  const inner = readDer(pkcs8, limits, 'der-malformed', (top) =>
    top.sequence((fields) => {
      fields.smallInteger();
      fields.element();
      const key = fields.octetString();
      while (fields.peek() !== null) fields.element();
      return key;
    }),
  );
  return readDer(inner, limits, 'der-malformed', (top) =>
    top.sequence((fields) => {
      fields.smallInteger();
      const scalar = bytesToNumberBE(fields.octetString());
      while (fields.peek() !== null) fields.element();
      return scalar;
    }),
  );
}

/** A number in 1 … n−1, each as likely as any other: what lies outside is thrown away. */
function randomScalar(random: RandomBytes): bigint {
  for (;;) {
    const candidate = bytesToNumberBE(random(32));
    if (candidate > 0n && candidate < SM2_ORDER) return candidate;
  }
}

/**
 * GB/T 32918.2 clause 6.1.
 * @param pkcs8 - the private key, DER. @param digest - SM3(Z_A ‖ message). @param random - where k comes from.
 */
export function signSm2Portable(pkcs8: Uint8Array, digest: Uint8Array, random: RandomBytes): Sm2Scalars {
  const d = scalarOf(pkcs8);
  const e = bytesToNumberBE(digest);
  const inverseOfOneMore = inverse(1n + d);
  for (;;) {
    const k = randomScalar(random);
    const r = modulo(e + Point.BASE.multiply(k).toAffine().x);
    if (r === 0n || r + k === SM2_ORDER) continue;
    const s = modulo(inverseOfOneMore * modulo(k - r * d));
    if (s !== 0n) return { r, s };
  }
}

/**
 * Signs a message under the identifier 1234567812345678: what a page does with a key that its holder opened.
 * @param spki - the key's own SubjectPublicKeyInfo, uncompressed. @returns DER `SEQUENCE { r, s }`.
 * @throws FormatError where either half of the key is no SM2 key.
 */
export function signSm2Message(
  spki: Uint8Array,
  pkcs8: Uint8Array,
  message: Uint8Array,
  random: RandomBytes,
): Uint8Array {
  const point = pointOf(spki);
  if (point === null) throw new FormatError('value-out-of-range', 'The public key is no SM2 key.');
  const prefix = sm3Portable(joinBytes([ENTL_ID_AND_CURVE, point]));
  return derOfScalars(signSm2Portable(pkcs8, sm3Portable(joinBytes([prefix, message])), random));
}
