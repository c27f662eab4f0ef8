// What a key elsewhere has to sign, and what becomes of its value: the SM2 revision first, then the signature that covers it.
import { createHash } from 'node:crypto';
import { keyIdOf, type DigestName } from '../crypto/algorithms.ts';
import type { SignatureAlgorithm, SigningKey } from '../crypto/signing-key.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import type { KeyType } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { SigningError } from './errors.ts';
import { sealUseOf, sealUseToSign, type PlannedSm2, type TokenOver } from './eseal-stamp.ts';
import { finishSignature } from './finish.ts';
import { attributesToSign } from './pades-signature.ts';
import type { PreparedSignature } from './prepared-update.ts';
import { cmsBy } from './stamp-sm2.ts';

/** One value that is waited for. */
export interface AwaitedValue {
  readonly algorithm: SignatureAlgorithm;
  /** DER: TBS_Sign of GB/T 38540, or signed attributes of CMS. */
  readonly toBeSigned: Uint8Array;
  /** What the revision holds: of the document up to it, and of the revision but its value. */
  readonly messageDigest: Uint8Array;
}

const chunkSize = 1024 * 1024;
const longestValue = 1024;

const algorithmOf: Readonly<Partial<Record<KeyType, SignatureAlgorithm>>> = {
  rsa: 'RS256',
  p256: 'ES256',
  p384: 'ES384',
  ed25519: 'Ed25519',
  sm2: 'SM2SM3',
};

/**
 * The algorithm of the key that a certificate is of.
 * @throws SigningError `algorithm-refused` where that key cannot make what is wanted
 */
export function algorithmFor(
  chain: readonly Uint8Array[],
  wanted: SignatureAlgorithm | undefined,
): SignatureAlgorithm {
  const type = parseCertificate(ownCertificate(chain)).subjectPublicKeyInfo.keyType;
  const natural = type === null ? undefined : algorithmOf[type];
  if (natural === undefined)
    throw new SigningError('algorithm-refused', 'The key of this seal is of no kind that signs here.');
  if (wanted === undefined || wanted === natural) return natural;
  if (natural === 'RS256' && wanted === 'PS256') return wanted;
  throw new SigningError('algorithm-refused', `The key makes signatures of ${natural}, not of ${wanted}.`);
}

/** H(document ‖ revision before it ‖ update but its value). */
export async function digestOfPrepared(
  source: ByteSource,
  algorithm: DigestName,
  parts: readonly Uint8Array[],
): Promise<Uint8Array> {
  const hash = createHash(algorithm);
  for (let position = 0; position < source.size; position += chunkSize) {
    hash.update(await source.read(position, chunkSize));
  }
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** What the PAdES signature needs. */
export function padesValue(
  algorithm: SignatureAlgorithm,
  chain: readonly Uint8Array[],
  messageDigest: Uint8Array,
): AwaitedValue {
  return { algorithm, toBeSigned: attributesToSign({ algorithm, chain }, messageDigest), messageDigest };
}

/**
 * What the SM2 revision needs.
 * @param dataHash SM3 of what its byte range covers
 * @throws SigningError `seal-object-missing`
 */
export function sm2Value(
  { form, object, prepared }: PlannedSm2,
  dataHash: Uint8Array,
  at: Date,
): AwaitedValue {
  if (form === 'cms') return padesValue('SM2SM3', object.chain, dataHash);
  const toBeSigned = sealUseToSign(object, { signingTime: at, dataHash, byteRange: prepared.byteRange });
  return { algorithm: 'SM2SM3', toBeSigned, messageDigest: dataHash };
}

/**
 * The SES_Signature or CMS of a value that came in, with its time-stamp, read back and verified.
 * @throws SigningError `prepared-mismatch`, `timestamp-unavailable`, `timestamp-invalid`, `self-check-failed`,
 *   `placeholder-too-small` (the time-stamp is larger than it was: prepare anew)
 */
export async function sm2Contents(
  { form, object, prepared }: PlannedSm2,
  awaited: AwaitedValue,
  value: Uint8Array,
  tokenOver: TokenOver,
): Promise<Uint8Array> {
  const key = keyWithValue(object.chain, awaited, value);
  const { messageDigest, toBeSigned } = awaited;
  const contents =
    form === 'cms'
      ? await cmsBy(key, messageDigest, tokenOver)
      : sealUseOf(object, {
          signedPart: toBeSigned,
          signature: value,
          timestamp: await tokenOver(value),
          dataHash: messageDigest,
        });
  revisionOf(prepared, contents);
  return contents;
}

/** A revision with its value in it: the bytes that go behind the document. */
export function revisionOf(prepared: PreparedSignature, contents: Uint8Array): Uint8Array {
  return finishSignature(prepared, contents);
}

/** Whether a value is of this key over this. */
export function isValueOf(
  chain: readonly Uint8Array[],
  { algorithm, toBeSigned }: AwaitedValue,
  value: Uint8Array,
): boolean {
  if (value.length > longestValue) return false;
  const publicKey = parseCertificate(ownCertificate(chain)).subjectPublicKeyInfo.der;
  return verifySignature({ algorithm, publicKey, message: toBeSigned, signature: value });
}

/** A key that has signed already, and signs nothing else. @throws SigningError `prepared-mismatch` */
export function keyWithValue(
  chain: readonly Uint8Array[],
  awaited: AwaitedValue,
  value: Uint8Array,
): SigningKey {
  const mismatch = new SigningError(
    'prepared-mismatch',
    'The value is not of this document and this certificate.',
  );
  if (!isValueOf(chain, awaited, value)) throw mismatch;
  const { algorithm, toBeSigned } = awaited;
  const publicKey = parseCertificate(ownCertificate(chain)).subjectPublicKeyInfo.der;
  return {
    id: keyIdOf(publicKey, algorithm),
    purpose: 'seal',
    algorithm,
    publicKey,
    chain,
    sign: (message) => (sameBytes(message, toBeSigned) ? Promise.resolve(value) : Promise.reject(mismatch)),
    signPieces: () => Promise.reject(mismatch),
  };
}

function ownCertificate([own]: readonly Uint8Array[]): Uint8Array {
  if (own === undefined) throw new SigningError('seal-not-valid', 'The seal has no certificate.');
  return own;
}
