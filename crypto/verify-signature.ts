// The one entrance for checking signatures: strict about the key, the encoding, and their fit to the algorithm.
import {
  constants,
  createPublicKey,
  createVerify,
  verify,
  type KeyObject,
  type VerifyKeyObjectInput,
} from 'node:crypto';
import { fromHex, joinBytes, sameBytes } from '../formats/bytes.ts';
import { isEcdsaSignature } from '../formats/x509/ecdsa-signature.ts';
import type { DigestName } from './algorithms.ts';
import { CryptoError } from './errors.ts';
import { startSm2Check, verifySm2, type RunningCheck } from './sm2.ts';

/** Algorithms that can be checked, by their JOSE names (RFC 7518 §3.1, RFC 8037 §3.1 with the curve's name), and SM2 with SM3. */
type VerifiableAlgorithm =
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'Ed25519'
  | 'SM2SM3';

export interface SignatureCheck {
  readonly algorithm: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  /** ECDSA and SM2: DER `SEQUENCE { r, s }`; RSA and Ed25519: the bytes themselves. */
  readonly signature: Uint8Array;
  /**
   * `jose` (default) ties each ECDSA digest to its curve (RFC 7518 §3.4);
   * `x509` lets ES256, ES384 and ES512 name the digest only (RFC 5758 §3.2), on any of P-256, P-384, P-521.
   */
  readonly pairing?: 'jose' | 'x509';
  /** RSASSA-PSS salt in bytes where the message names one; the digest's size otherwise (RFC 7518 §3.5). */
  readonly saltLength?: number;
}

interface Rule {
  readonly family: 'ecdsa' | 'rsa' | 'rsa-pss' | 'ed25519' | 'sm2';
  readonly digest: DigestName | null;
  readonly curve: string | null;
}

const rules: Readonly<Record<VerifiableAlgorithm, Rule>> = {
  ES256: { family: 'ecdsa', digest: 'sha256', curve: 'prime256v1' },
  ES384: { family: 'ecdsa', digest: 'sha384', curve: 'secp384r1' },
  ES512: { family: 'ecdsa', digest: 'sha512', curve: 'secp521r1' },
  RS256: { family: 'rsa', digest: 'sha256', curve: null },
  RS384: { family: 'rsa', digest: 'sha384', curve: null },
  RS512: { family: 'rsa', digest: 'sha512', curve: null },
  PS256: { family: 'rsa-pss', digest: 'sha256', curve: null },
  PS384: { family: 'rsa-pss', digest: 'sha384', curve: null },
  PS512: { family: 'rsa-pss', digest: 'sha512', curve: null },
  Ed25519: { family: 'ed25519', digest: null, curve: null },
  SM2SM3: { family: 'sm2', digest: 'sm3', curve: null },
};

/** Orders of the curves' groups. */
const orders: ReadonlyMap<string, Uint8Array> = new Map([
  ['prime256v1', fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')],
  [
    'secp384r1',
    fromHex(
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    ),
  ],
  [
    'secp521r1',
    fromHex(
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    ),
  ],
]);

/** Below, a key is breakable (GB/T 0015, NIST SP 800-131A); above, checking it is a way to keep us busy. */
const RSA_BITS = { least: 2048, most: 16384 };
const CACHED_KEYS = 512;

/** A key with what is asked of it each time: node:crypto finds these out anew. */
interface ReadKey {
  readonly object: KeyObject;
  readonly type: string;
  /** Empty where it is on none. */
  readonly curve: string;
  /** Of RSA; 0 for other keys. */
  readonly modulusLength: number;
  readonly publicExponent: bigint;
}

const cachedKeys = new Map<string, ReadKey>();

function isVerifiable(name: string): name is VerifiableAlgorithm {
  return Object.hasOwn(rules, name);
}

function refused(message: string, cause?: unknown): CryptoError {
  return new CryptoError('algorithm-refused', message, { cause });
}

function parseKey(spki: Uint8Array): ReadKey {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (error) {
    throw refused('The public key is no SubjectPublicKeyInfo of a kind that Yinxin checks.', error);
  }
  // What follows the key, or another encoding of it, would give one key two identifiers.
  if (!key.export({ format: 'der', type: 'spki' }).equals(spki)) {
    throw refused('The public key is not encoded in DER.');
  }
  const details = key.asymmetricKeyDetails ?? {};
  return {
    object: key,
    type: key.asymmetricKeyType ?? '',
    curve: details.namedCurve ?? '',
    modulusLength: details.modulusLength ?? 0,
    publicExponent: details.publicExponent ?? 0n,
  };
}

/** The key asked for last, with its bytes as they were: thousands of signatures of one key come one after another. */
let last: { readonly bytes: Uint8Array; readonly key: ReadKey } | null = null;

/** Parsing costs more than checking: keys of certificates that come often are kept. */
function keyOf(spki: Uint8Array): ReadKey {
  if (last !== null && sameBytes(last.bytes, spki)) return last.key;
  const key = keptKey(spki);
  last = { bytes: new Uint8Array(spki), key };
  return key;
}

function keptKey(spki: Uint8Array): ReadKey {
  const name = Buffer.from(spki.buffer, spki.byteOffset, spki.length).toString('latin1');
  const known = cachedKeys.get(name);
  if (known !== undefined) return known;
  const key = parseKey(spki);
  const oldest = cachedKeys.keys().next();
  if (cachedKeys.size >= CACHED_KEYS && oldest.done !== true) cachedKeys.delete(oldest.value);
  cachedKeys.set(name, key);
  return key;
}

function requireRsa({ type, modulusLength, publicExponent }: ReadKey, family: 'rsa' | 'rsa-pss'): void {
  // A key restricted to PSS must not check PKCS#1 v1.5; a plain RSA key may do both (RFC 4055 §1.2).
  if (type !== 'rsa' && !(family === 'rsa-pss' && type === 'rsa-pss')) {
    throw refused('The algorithm is RSA and the key is not.');
  }
  if (modulusLength < RSA_BITS.least)
    throw refused(`An RSA key of ${modulusLength} bits is too short: 2048 at least.`);
  if (modulusLength > RSA_BITS.most)
    throw refused(`An RSA key of ${modulusLength} bits is over the limit of 16384.`);
  if (publicExponent < 3n || publicExponent % 2n === 0n)
    throw refused('The RSA key has an impossible exponent.');
}

/** Whether the signature can be one of the key's at all. */
function fitsEcdsa(check: Omit<SignatureCheck, 'message'>, rule: Rule, key: ReadKey): boolean {
  const order = orders.get(key.curve);
  if (key.type !== 'ec' || order === undefined) {
    throw refused('The algorithm is ECDSA and the key is on none of P-256, P-384, P-521.');
  }
  if (check.pairing !== 'x509' && key.curve !== rule.curve) {
    throw refused(`${check.algorithm} does not go with a key on ${key.curve}.`);
  }
  return isEcdsaSignature(check.signature, order);
}

function ruleOf(algorithm: string): Rule {
  if (isVerifiable(algorithm)) return rules[algorithm];
  if (/^(ES|RS|PS)1$/.test(algorithm)) throw refused('Signatures over SHA-1 are not accepted.');
  throw new CryptoError('algorithm-unknown', 'The signature algorithm is not known.');
}

/** What node:crypto is asked, once key, encoding and algorithm are found to fit; null where no signature can be one. */
interface Question {
  /** Null for Ed25519, which names none. */
  readonly digest: DigestName | null;
  readonly key: KeyObject | VerifyKeyObjectInput;
  readonly signature: Uint8Array;
}

function questionOf(check: Omit<SignatureCheck, 'message'>, rule: Rule, read: ReadKey): Question | null {
  const { signature } = check;
  const { digest } = rule;
  const key = read.object;
  if (rule.family === 'ed25519') {
    if (read.type !== 'ed25519') throw refused('The algorithm is Ed25519 and the key is not.');
    return signature.length === 64 ? { digest, key, signature } : null;
  }
  if (rule.family === 'ecdsa') {
    // Found to be in its one form, the DER goes on as it is: from r‖s OpenSSL would have to make it again.
    return fitsEcdsa(check, rule, read) ? { digest, key, signature } : null;
  }
  const family = rule.family === 'rsa' ? 'rsa' : 'rsa-pss';
  requireRsa(read, family);
  if (signature.length !== Math.ceil(read.modulusLength / 8)) return null;
  if (family === 'rsa') return { digest, key, signature };
  const saltLength = check.saltLength ?? constants.RSA_PSS_SALTLEN_DIGEST;
  return { digest, key: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature };
}

/**
 * Whether `signature` is the key's over `message`.
 * @returns false for any signature that is not: wrong, cut, or encoded otherwise than the standards say.
 * @throws CryptoError `algorithm-unknown`; `algorithm-refused` where no signature could count: SHA-1, a key too short,
 *   malformed, or not of the algorithm's kind.
 */
export function verifySignature(check: SignatureCheck): boolean {
  const { message, publicKey, signature } = check;
  const rule = ruleOf(check.algorithm);
  const key = keyOf(publicKey);
  if (rule.family === 'sm2') return verifySm2(publicKey, key.object, message, signature);
  const question = questionOf(check, rule, key);
  return question !== null && verify(question.digest, message, question.key, question.signature);
}

/** As `verifySignature`, reckoned on another thread but for SM2. @throws CryptoError as `verifySignature`. */
function verifySignatureElsewhere(check: SignatureCheck): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const { message, publicKey, signature } = check;
    const rule = ruleOf(check.algorithm);
    const key = keyOf(publicKey);
    if (rule.family === 'sm2') {
      resolve(verifySm2(publicKey, key.object, message, signature));
      return;
    }
    const question = questionOf(check, rule, key);
    if (question === null) {
      resolve(false);
      return;
    }
    verify(question.digest, message, question.key, question.signature, (error, result) =>
      error === null ? resolve(result) : reject(error),
    );
  });
}

/**
 * As `verifySignature` over the pieces one after another, so that a large message never stands in memory whole; Ed25519,
 * which reads its message twice (RFC 8032 section 5.1.7), gathers the pieces first. Memory of a piece may be used again once
 * the next is asked for.
 * @throws CryptoError as `verifySignature`.
 */
export async function verifySignaturePieces(
  check: Omit<SignatureCheck, 'message'>,
  pieces: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const rule = ruleOf(check.algorithm);
  if (rule.digest === null) {
    const gathered: Uint8Array[] = [];
    for await (const piece of pieces) gathered.push(new Uint8Array(piece));
    return verifySignatureElsewhere({ ...check, message: joinBytes(gathered) });
  }
  const running = startCheck(check, rule, rule.digest, keyOf(check.publicKey));
  for await (const piece of pieces) running.update(piece);
  return running.finish();
}

function startCheck(
  check: Omit<SignatureCheck, 'message'>,
  rule: Rule,
  digest: DigestName,
  key: ReadKey,
): RunningCheck {
  if (rule.family === 'sm2') return startSm2Check(check.publicKey, key.object, check.signature);
  const question = questionOf(check, rule, key);
  const verification = createVerify(digest);
  return {
    update: (piece) => void verification.update(piece),
    finish: () => question !== null && verification.verify(question.key, question.signature),
  };
}
