// Stamps whose key is elsewhere: what has to be signed goes out, the value comes in, and everything else happens here.
import { createHash } from 'node:crypto';
import { digest, keyIdOf, signingAlgorithm, type DigestName } from '../crypto/algorithms.ts';
import type { SignatureAlgorithm, SigningKey } from '../crypto/signing-key.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { KeyType } from '../formats/x509/algorithm.ts';
import type { Actor } from '../storage/actor.ts';
import { SigningError } from './errors.ts';
import { attributesToSign } from './pades-signature.ts';
import type { PreparedSignature } from './prepared-update.ts';
import { showingsOf, type Showing } from './seal-placing.ts';
import { departmentOf, requireScope, usableSeal } from './seal-use.ts';
import type { Seal } from './seal.ts';
import { answerOfOther, checkKey, givenUp, stampOf } from './stamp-answers.ts';
import type { BatchCipher } from './stamp-batch-store.ts';
import { digestOfOrder, type StampParts, type StampRequest, type StampResult } from './stamp-order.ts';
import { planStamp } from './stamp-plan.ts';
import {
  expirePrepared,
  findPrepared,
  insertPrepared,
  movePrepared,
  planOfText,
  planPlace,
  planText,
  reopenPrepared,
  withSeal,
  type KeptPlan,
} from './stamp-prepared-store.ts';
import { openSource, type OpenSource } from './stamp-source.ts';
import { findStampByKey } from './stamp-store.ts';
import { abandonStamps, completeStamps, intendStamps, makeStamp } from './stamp.ts';

export type PreparedParts = StampParts & { readonly cipher: BatchCipher };

/** What is asked for: a stored document, no password (it would have to be kept), no second revision. */
export type PreparedRequest = Omit<StampRequest, 'source' | 'password' | 'drawnFor'> & {
  readonly source: { readonly stored: string };
};

/** What goes out. */
export interface PreparedStamp {
  readonly stampId: string;
  /** How the value is to be made. */
  readonly algorithm: SignatureAlgorithm;
  /** The signed attributes, DER: for keys that hash themselves. */
  readonly toBeSigned: Uint8Array;
  /** Their digest, for keys that take one. */
  readonly digest: Uint8Array;
  readonly digestAlgorithm: DigestName;
  readonly expiresAt: Date;
  readonly showings: readonly Showing[];
}

/** A person has to find a token, not to go on leave. */
const lifetime = 24 * 3_600_000;
const chunkSize = 1024 * 1024;

const algorithmOf: Readonly<Partial<Record<KeyType, SignatureAlgorithm>>> = {
  rsa: 'RS256',
  p256: 'ES256',
  p384: 'ES384',
  ed25519: 'Ed25519',
  sm2: 'SM2SM3',
};

/**
 * Prepares a stamp with the certificate of the seal and writes the intention: from here on the key may be used. The same
 * key and request again are answered alike while the value is awaited.
 * @throws SigningError as `stampDocument` until its key is used, `algorithm-refused`
 */
export async function prepareStamp(parts: PreparedParts, request: PreparedRequest): Promise<PreparedStamp> {
  requireScope(request.actor, 'stamps:write');
  checkKey(request.idempotencyKey);
  const order: StampRequest = { ...request, sm2: 'none' };
  const earlier = await earlierPrepared(parts, order);
  if (earlier !== null) return earlier;
  const plan = await planStamp(parts, order, request.idempotencyKey);
  const algorithm = chosenAlgorithm(plan.seal, request.algorithm);
  const source = await openSource(parts.documents, plan.source);
  let messageDigest: Uint8Array;
  try {
    messageDigest = await digestOfPrepared(source, plan.prepared, signingAlgorithm(algorithm).digest);
  } finally {
    await source.close();
  }
  const toBeSigned = attributesToSign({ algorithm, chain: plan.seal.chain }, messageDigest);
  const { seal } = plan;
  const kept: KeptPlan = { plan, sealId: seal.id, algorithm, toBeSigned };
  const { id, intendedAt } = plan.record;
  const expiresAt = new Date(intendedAt.getTime() + lifetime);
  const entered = await parts.database.write(async (tx) => {
    if (!(await intendStamps(tx, parts.audit, [plan]))) return false;
    await insertPrepared(tx, {
      id,
      department: plan.record.department,
      plan_cipher: parts.cipher.seal(planPlace(id), planText(kept)),
      created_at: intendedAt.toISOString(),
      expires_at: expiresAt.toISOString(),
    });
    const details = { seal: seal.id, algorithm };
    await parts.audit.append(tx, {
      at: intendedAt,
      actor: plan.actor,
      action: 'stamp.prepared',
      subject: id,
      details,
    });
    return true;
  });
  if (!entered) return (await earlierPrepared(parts, order)) ?? refuseAsOther(parts, order);
  return answerOf(kept, expiresAt);
}

/** An earlier request with this key that still waits for its value; null where there is none. */
async function earlierPrepared(parts: PreparedParts, request: StampRequest): Promise<PreparedStamp | null> {
  const db = parts.database.reader;
  const record = await findStampByKey(db, request.actor.id, request.idempotencyKey);
  if (record === null) return null;
  const row = await findPrepared(db, record.id, record.department);
  const same = record.requestDigest === digestOfOrder(request, parts.suite);
  const text = row?.planCipher ?? null;
  if (!same || row === null || text === null) return refuseAsOther(parts, request);
  return answerOf(planOfText(parts.cipher.open(planPlace(record.id), text)), row.expiresAt);
}

/** The key was used for something that no value is awaited for: in progress, over, or another request. */
async function refuseAsOther(parts: PreparedParts, request: StampRequest): Promise<never> {
  await answerOfOther(parts, request);
  throw new SigningError('idempotency-mismatch', 'The request with this idempotency key is finished.');
}

/**
 * Finishes a prepared stamp. The same value again answers the stored result. A wrong value, or a time-stamp that does not
 * come, leaves it open for another try.
 * @param value as CMS carries it: DER for ECDSA and SM2, the bytes themselves for RSA and Ed25519
 * @throws SigningError `scope-missing`, `department-missing`, `prepared-not-found`, `prepared-expired`, `prepared-mismatch`
 *   (the value is not of this document and certificate), `idempotency-in-progress`, `seal-not-valid`, as `makeStamp`
 */
export async function finishStamp(
  parts: PreparedParts,
  actor: Actor,
  id: string,
  value: Uint8Array,
): Promise<StampResult> {
  requireScope(actor, 'stamps:write');
  const row = await findPrepared(parts.database.reader, id, departmentOf(actor));
  if (row === null) throw new SigningError('prepared-not-found', 'There is no such prepared stamp.');
  if (row.state === 'finished') return stampOf(parts.database.reader, actor, id);
  if (row.state === 'given-up' || row.planCipher === null || row.expiresAt < parts.clock()) throw expired();
  const kept = planOfText(parts.cipher.open(planPlace(id), row.planCipher));
  const seal = await usableSeal(parts.database.reader, actor, kept.sealId, parts.clock());
  const key = signedElsewhere(seal, kept, value);
  if (!(await parts.database.write((tx) => movePrepared(tx, id, 'open', 'finishing')))) {
    throw new SigningError('idempotency-in-progress', 'A value for this prepared stamp is being worked on.');
  }
  try {
    const made = await makeStamp(parts, withSeal(kept.plan, seal), key);
    return await parts.database.write(async (tx) => {
      if (!(await movePrepared(tx, id, 'finishing', 'finished'))) throw givenUp();
      const [result] = await completeStamps(tx, parts, [made]);
      if (result === undefined) throw new TypeError('A completed stamp has a result.');
      return result;
    });
  } catch (error) {
    // Nothing signed has left: the value may be handed in again.
    await parts.database.write((tx) => movePrepared(tx, id, 'finishing', 'open')).catch(() => undefined);
    throw error;
  }
}

/**
 * Start-up and now and then: what was left in the middle is open again, what is past its time is given up.
 * @returns how many were given up
 */
export function settlePrepared(
  parts: Pick<StampParts, 'database' | 'audit' | 'clock'>,
  before: Date | null,
): Promise<number> {
  return parts.database.write(async (tx) => {
    if (before !== null) await reopenPrepared(tx, before);
    const ids = await expirePrepared(tx, parts.clock());
    return ids.length === 0 ? 0 : abandonStamps(tx, parts, { ids }, 'prepared-expired');
  });
}

function answerOf({ plan, algorithm, toBeSigned }: KeptPlan, expiresAt: Date): PreparedStamp {
  const digestAlgorithm = signingAlgorithm(algorithm).digest;
  return {
    stampId: plan.record.id,
    algorithm,
    toBeSigned,
    digest: digest(digestAlgorithm, toBeSigned),
    digestAlgorithm,
    expiresAt,
    showings: showingsOf(plan.record.placement),
  };
}

function chosenAlgorithm(seal: Seal, wanted: SignatureAlgorithm | undefined): SignatureAlgorithm {
  const type = parseCertificate(ownCertificate(seal)).subjectPublicKeyInfo.keyType;
  const natural = type === null ? undefined : algorithmOf[type];
  if (natural === undefined)
    throw new SigningError('algorithm-refused', 'The key of this seal is of no kind that signs here.');
  if (wanted === undefined || wanted === natural) return natural;
  if (natural === 'RS256' && wanted === 'PS256') return wanted;
  throw new SigningError('algorithm-refused', `The key makes signatures of ${natural}, not of ${wanted}.`);
}

/** A key that has signed already, and signs nothing else. @throws SigningError `prepared-mismatch` */
function signedElsewhere(seal: Seal, { algorithm, toBeSigned }: KeptPlan, value: Uint8Array): SigningKey {
  const publicKey = parseCertificate(ownCertificate(seal)).subjectPublicKeyInfo.der;
  const mismatch = new SigningError(
    'prepared-mismatch',
    'The value is not of this document and this certificate.',
  );
  if (
    value.length > 1024 ||
    !verifySignature({ algorithm, publicKey, message: toBeSigned, signature: value })
  ) {
    throw mismatch;
  }
  return {
    id: keyIdOf(publicKey, algorithm),
    purpose: 'seal',
    algorithm,
    publicKey,
    chain: seal.chain,
    sign: (message) => (sameBytes(message, toBeSigned) ? Promise.resolve(value) : Promise.reject(mismatch)),
    signPieces: () => Promise.reject(mismatch),
  };
}

function ownCertificate(seal: Seal): Uint8Array {
  const [own] = seal.chain;
  if (own === undefined) throw new SigningError('seal-not-valid', 'The seal has no certificate.');
  return own;
}

async function digestOfPrepared(
  source: OpenSource,
  prepared: PreparedSignature,
  algorithm: DigestName,
): Promise<Uint8Array> {
  const hash = createHash(algorithm);
  for (let position = 0; position < source.size; position += chunkSize) {
    hash.update(await source.read(position, chunkSize));
  }
  return new Uint8Array(hash.update(prepared.before).update(prepared.after).digest());
}

function expired(): SigningError {
  return new SigningError('prepared-expired', 'This prepared stamp was given up: prepare it anew.');
}
