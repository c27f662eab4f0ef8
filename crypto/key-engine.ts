// Keys whose private half lies in this process: made, and used to sign, for every algorithm of ours.
import {
  constants,
  createPrivateKey,
  createSign,
  generateKeyPair,
  sign,
  type KeyObject,
  type SignKeyObjectInput,
} from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { joinBytes } from '../formats/bytes.ts';
import { RSA_BITS_MADE, signingAlgorithm } from './algorithms.ts';
import type { RandomBytes } from './clock.ts';
import { parseSubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import { CryptoError } from './errors.ts';
import type { SignatureAlgorithm, SigningKey } from './signing-key.ts';
import { startSm2, type RunningSignature } from './sm2.ts';

const DER = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;
/** Pieces are hashed in chunks no larger than this, so that no update holds the event loop. */
const CHUNK = 1 << 20;
/** A longer message is hashed on another thread. */
const HASHED_HERE = 1 << 18;

/** A new key pair as DER: SubjectPublicKeyInfo and PKCS#8. */
export function generateKey(
  algorithm: SignatureAlgorithm,
): Promise<{ readonly publicKey: Uint8Array; readonly pkcs8: Uint8Array }> {
  const { key } = signingAlgorithm(algorithm);
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, publicKey: Uint8Array, privateKey: Uint8Array): void => {
      if (error === null)
        resolve({ publicKey: new Uint8Array(publicKey), pkcs8: new Uint8Array(privateKey) });
      else reject(error);
    };
    // Straight to DER: a generated SM2 key object is no SM2 key to node:crypto until it was imported.
    if (key.type === 'ec') generateKeyPair('ec', { namedCurve: key.curve, ...DER }, done);
    else if (key.type === 'ed25519') generateKeyPair('ed25519', DER, done);
    else generateKeyPair('rsa', { modulusLength: RSA_BITS_MADE, ...DER }, done);
  });
}

/** The private half as node:crypto wants it. @param pkcs8 - PKCS#8 DER. */
export function importPrivateKey(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
}

/** @throws CryptoError `algorithm-refused` where a key of this kind does not make signatures of the algorithm. */
export function requireKeyFor(algorithm: SignatureAlgorithm, spki: Uint8Array): void {
  const { keyType } = parseSubjectPublicKeyInfo(spki);
  const fitting = {
    ES256: 'p256',
    ES384: 'p384',
    RS256: 'rsa',
    PS256: 'rsa',
    Ed25519: 'ed25519',
    SM2SM3: 'sm2',
  };
  if (keyType !== fitting[algorithm]) {
    throw new CryptoError('algorithm-refused', `The key does not make signatures of ${algorithm}.`);
  }
}

/** What signs with a private key that lies here. */
export interface LocalKey {
  readonly algorithm: SignatureAlgorithm;
  /** Imported from PKCS#8. */
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly random: RandomBytes;
  /** Signs in the calling thread, whatever it takes: for a worker that has nothing else to do. */
  readonly inThread?: boolean;
}

/** The two signing functions of a `SigningKey`. */
export function signatureEngine(local: LocalKey): Pick<SigningKey, 'sign' | 'signPieces'> {
  const { algorithm, privateKey } = local;
  if (algorithm === 'SM2SM3') {
    const pieces = (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> =>
      signRunning(startSm2(local), source);
    return {
      sign: (message) =>
        message.length > HASHED_HERE ? pieces(chunksOf(message)) : settled(() => signSm2(local, message)),
      signPieces: pieces,
    };
  }
  const { digest } = signingAlgorithm(algorithm);
  const name = algorithm === 'Ed25519' ? null : digest;
  // The key object itself where it says enough: wrapped, each signature takes half as long again.
  const key: KeyObject | SignKeyObjectInput =
    algorithm === 'PS256'
      ? {
          key: privateKey,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        }
      : privateKey;
  const here = (message: Uint8Array): Promise<Uint8Array> =>
    settled(() => {
      const signature = sign(name, message, key);
      // A plain view: its memory is the signature's alone.
      return new Uint8Array(signature.buffer, signature.byteOffset, signature.length);
    });
  const elsewhere = (message: Uint8Array): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      sign(name, message, key, (error, signature) =>
        error === null ? resolve(new Uint8Array(signature)) : reject(error),
      );
    });
  // P-256 and Ed25519 take less here than a hop to another thread and back; the others are ten to thirty times slower.
  const quick = algorithm === 'ES256' || algorithm === 'Ed25519' || local.inThread === true;
  return {
    sign: (message) => (quick && message.length <= HASHED_HERE ? here(message) : elsewhere(message)),
    signPieces: async (pieces) => {
      if (name === null) return elsewhere(await gathered(pieces));
      const running = createSign(name);
      return signRunning(
        { update: (piece) => void running.update(piece), finish: () => new Uint8Array(running.sign(key)) },
        pieces,
      );
    },
  };
}

/** A key that lies in this process, as a handle. */
export function localSigningKey(
  about: Pick<SigningKey, 'id' | 'purpose' | 'chain'>,
  local: LocalKey,
): SigningKey {
  const { algorithm, publicKey } = local;
  const rsa = (name: SignatureAlgorithm): boolean => name === 'RS256' || name === 'PS256';
  return {
    ...about,
    chain: [...about.chain],
    algorithm,
    publicKey,
    ...signatureEngine(local),
    as: (other) => {
      if (other !== algorithm && !(rsa(other) && rsa(algorithm))) return null;
      return localSigningKey(about, { ...local, algorithm: other });
    },
  };
}

/** What `work` answers or throws, as a promise. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function signSm2(local: LocalKey, message: Uint8Array): Uint8Array {
  const running = startSm2(local);
  running.update(message);
  return running.finish();
}

async function* chunksOf(message: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < message.length; start += CHUNK) {
    yield message.subarray(start, start + CHUNK);
    await nextTurn();
  }
}

async function signRunning(
  running: RunningSignature,
  pieces: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  for await (const piece of pieces) {
    if (piece.length <= CHUNK) running.update(piece);
    else for await (const chunk of chunksOf(piece)) running.update(chunk);
  }
  return running.finish();
}

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(new Uint8Array(piece));
  return joinBytes(all);
}
