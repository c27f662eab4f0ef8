// SM2 signatures (GB/T 32918.2 with the default identifier of GB/T 35276): through node:crypto where it passes the
// standard's own example, through our own use of @noble/curves where it does not.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  type KeyObject,
} from 'node:crypto';
import { sameBytes } from '../formats/bytes.ts';
import { parseSubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import type { RandomBytes } from './clock.ts';
import { CryptoError } from './errors.ts';
import { derOfScalars, scalarsOfDer, signSm2Portable, verifySm2Portable } from './sm2-portable.ts';
import { ENTL_ID_AND_CURVE, sm2Example } from './sm2-parameters.ts';

/** Which engine makes and checks SM2 signatures in this process. */
export type Sm2Engine = 'node:crypto' | 'portable';

const Z_CACHE = 512;
const prefixes = new Map<string, Uint8Array>();
let engine: Sm2Engine | null = null;

/** The point of an SM2 SubjectPublicKeyInfo, 64 bytes. @throws CryptoError `algorithm-refused` for another key. */
function pointOf(spki: Uint8Array): Uint8Array {
  const { keyType, publicKey } = parseSubjectPublicKeyInfo(spki);
  if (keyType !== 'sm2' || publicKey.length !== 65 || publicKey[0] !== 4) {
    throw new CryptoError(
      'algorithm-refused',
      'The algorithm is SM2 and the key is not, or its point is compressed.',
    );
  }
  return publicKey.subarray(1);
}

/** Z_A of GB/T 32918.2 clause 5.5 under the identifier 1234567812345678: 32 bytes that go before every message. */
export function sm2Prefix(spki: Uint8Array): Uint8Array {
  const name = Buffer.from(spki).toString('latin1');
  const known = prefixes.get(name);
  if (known !== undefined) return known;
  const prefix = new Uint8Array(createHash('sm3').update(ENTL_ID_AND_CURVE).update(pointOf(spki)).digest());
  const oldest = prefixes.keys().next();
  if (prefixes.size >= Z_CACHE && oldest.done !== true) prefixes.delete(oldest.value);
  prefixes.set(name, prefix);
  return prefix;
}

function verifyNative(
  key: KeyObject,
  prefix: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return createVerify('sm3').update(prefix).update(message).verify(key, signature);
}

/**
 * Whether node:crypto makes and checks the standard's signatures (GB/T 32918.5 annex A: its example must verify, a
 * changed message must not, and what node:crypto signs must satisfy the portable code). Its SM2 is undocumented, so
 * nothing rests on it before this was seen.
 */
export function nativeSm2Holds(): boolean {
  try {
    const { spki, pkcs8, message, prefix, signature } = sm2Example;
    if (!sameBytes(sm2Prefix(spki), prefix)) return false;
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    const other = new Uint8Array(message);
    other[0] = 0;
    const made = createSign('sm3').update(prefix).update(message).sign(privateKey);
    const scalars = scalarsOfDer(made);
    return (
      verifyNative(publicKey, prefix, message, signature) &&
      !verifyNative(publicKey, prefix, other, signature) &&
      scalars !== null &&
      verifySm2Portable(spki, sm2Digest(prefix, message), scalars)
    );
  } catch {
    return false;
  }
}

function sm2Digest(prefix: Uint8Array, message: Uint8Array): Uint8Array {
  return createHash('sm3').update(prefix).update(message).digest();
}

/**
 * What a key that takes a digest is given in place of a message: SM3(Z_A ‖ message), GB/T 32918.2 clause 6.1 A1 and A2.
 * @param spki - SubjectPublicKeyInfo DER on the SM2 curve. @throws CryptoError `algorithm-refused` for another key.
 */
export function sm2MessageDigest(spki: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sm2Digest(sm2Prefix(spki), message));
}

/** The engine in use, settled by the self-test on first need. */
export function sm2Engine(): Sm2Engine {
  engine ??= nativeSm2Holds() ? 'node:crypto' : 'portable';
  return engine;
}

/** For tests: which engine answers from now on; null runs the self-test again. */
export function useSm2Engine(wanted: Sm2Engine | null): void {
  engine = wanted;
}

/** What an SM2 key needs at hand to sign. */
export interface Sm2Signer {
  /** Imported from PKCS#8: a key object that was just generated makes plain ECDSA instead. */
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly random: RandomBytes;
}

/** A signature being made over a message that comes in pieces. */
export interface RunningSignature {
  update(piece: Uint8Array): void;
  /** @returns DER `SEQUENCE { r, s }` (GB/T 35276 clause 7.3). */
  finish(): Uint8Array;
}

/** Starts a signature; the engine is chosen once, here. */
export function startSm2(signer: Sm2Signer): RunningSignature {
  const prefix = sm2Prefix(signer.publicKey);
  if (sm2Engine() === 'portable') {
    const hash = createHash('sm3').update(prefix);
    return {
      update: (piece) => void hash.update(piece),
      finish: () => {
        const pkcs8 = signer.privateKey.export({ format: 'der', type: 'pkcs8' });
        return derOfScalars(signSm2Portable(pkcs8, hash.digest(), signer.random));
      },
    };
  }
  const sign = createSign('sm3').update(prefix);
  return {
    update: (piece) => void sign.update(piece),
    finish: () => new Uint8Array(sign.sign(signer.privateKey)),
  };
}

/**
 * Whether `signature` is the key's over `message`.
 * @param spki - SubjectPublicKeyInfo DER on the SM2 curve. @param key - the same, parsed.
 * @param signature - DER `SEQUENCE { r, s }`; anything else is false
 * @throws CryptoError `algorithm-refused` where the key is none on the SM2 curve, or compressed.
 */
export function verifySm2(
  spki: Uint8Array,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const prefix = sm2Prefix(spki);
  const scalars = scalarsOfDer(signature);
  if (scalars === null) return false;
  return sm2Engine() === 'portable'
    ? verifySm2Portable(spki, sm2Digest(prefix, message), scalars)
    : verifyNative(key, prefix, message, signature);
}

/** A check being made over a message that comes in pieces. */
export interface RunningCheck {
  update(piece: Uint8Array): void;
  finish(): boolean;
}

/** As `verifySm2`, piece by piece. @throws CryptoError `algorithm-refused`. */
export function startSm2Check(spki: Uint8Array, key: KeyObject, signature: Uint8Array): RunningCheck {
  const prefix = sm2Prefix(spki);
  const scalars = scalarsOfDer(signature);
  if (sm2Engine() === 'portable') {
    const hash = createHash('sm3').update(prefix);
    return {
      update: (piece) => void hash.update(piece),
      finish: () => scalars !== null && verifySm2Portable(spki, hash.digest(), scalars),
    };
  }
  const verification = createVerify('sm3').update(prefix);
  return {
    update: (piece) => void verification.update(piece),
    finish: () => scalars !== null && verification.verify(key, signature),
  };
}
