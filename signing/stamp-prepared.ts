// Stamps whose keys are elsewhere: what has to be signed goes out, values come in, and everything else happens here.
import { digest, signingAlgorithm, type DigestName } from '../crypto/algorithms.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import { sm2MessageDigest } from '../crypto/sm2.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import { SigningError } from './errors.ts';
import type { PlannedSm2 } from './eseal-stamp.ts';
import { currentEdition } from './seal-edition.ts';
import { showingsOf, type Showing } from './seal-placing.ts';
import { departmentOf, requireScope, usableSeal } from './seal-use.ts';
import type { Seal } from './seal.ts';
import { answerOfOther, checkKey, givenUp, stampOf } from './stamp-answers.ts';
import type { BatchCipher } from './stamp-batch-store.ts';
import {
  digestOfOrder,
  type StampParts,
  type StampPlan,
  type StampRequest,
  type StampResult,
} from './stamp-order.ts';
import { planStamp } from './stamp-plan.ts';
import {
  continuePrepared,
  expirePrepared,
  findPrepared,
  insertPrepared,
  movePrepared,
  planOfText,
  planPlace,
  planText,
  reopenPrepared,
  type KeptPlan,
} from './stamp-prepared-store.ts';
import { tokensFor } from './stamp-sm2.ts';
import { openSource, type StampSource } from './stamp-source.ts';
import { findStampByKey } from './stamp-store.ts';
import { abandonStamps, completeStamps, intendStamps, makeStamp } from './stamp.ts';
import {
  algorithmFor,
  digestOfPrepared,
  isValueOf,
  keyWithValue,
  padesValue,
  revisionOf,
  sm2Contents,
  sm2Value,
  type AwaitedValue,
} from './values-elsewhere.ts';

export type PreparedParts = StampParts & { readonly cipher: BatchCipher };

/** What is asked for: a stored document. A password opens it now, and is handed in again with the last value. */
export type PreparedRequest = Omit<StampRequest, 'source' | 'drawnFor'> & {
  readonly source: { readonly stored: string };
};

/** What goes out. */
export interface PreparedStamp {
  readonly stampId: string;
  /** Which value is waited for: of the SM2 revision, which goes first, or of the PAdES signature, which is the last. */
  readonly step: KeptPlan['step'];
  /** How the value is to be made. */
  readonly algorithm: SignatureAlgorithm;
  /** TBS_Sign of the seal's use, or signed attributes of CMS, DER: for keys that hash themselves. */
  readonly toBeSigned: Uint8Array;
  /** For keys that take a digest: of `toBeSigned`, and for SM2 of Z_A and it (GB/T 32918.2). */
  readonly digest: Uint8Array;
  readonly digestAlgorithm: DigestName;
  readonly expiresAt: Date;
  readonly showings: readonly Showing[];
}

/** What a value leads to. */
export type ValueOutcome =
  | { readonly kind: 'stamped'; readonly result: StampResult }
  | { readonly kind: 'awaited'; readonly prepared: PreparedStamp };

/** A person has to find a token, not to go on leave. */
const lifetime = 24 * 3_600_000;

/**
 * Prepares a stamp with the certificates of the seal and writes the intention: from here on the keys may be used. The same
 * key and request again are answered alike while a value is awaited.
 * @throws SigningError as `stampDocument` until its key is used, `algorithm-refused`
 */
export async function prepareStamp(parts: PreparedParts, request: PreparedRequest): Promise<PreparedStamp> {
  requireScope(request.actor, 'stamps:write');
  checkKey(request.idempotencyKey);
  const earlier = await earlierPrepared(parts, request);
  if (earlier !== null) return earlier;
  const plan = await planStamp(parts, request, request.idempotencyKey);
  const kept = await keptOf(parts, plan, request);
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
    await parts.audit.append(tx, {
      at: intendedAt,
      actor: plan.actor,
      action: 'stamp.prepared',
      subject: id,
      details: { seal: plan.seal.id, algorithm: kept.algorithm, sm2: kept.sm2?.form ?? 'none' },
    });
    return true;
  });
  if (!entered) return (await earlierPrepared(parts, request)) ?? refuseAsOther(parts, request);
  return answerOf(kept, chainFor(kept, plan.seal, plan.sm2), expiresAt);
}

/** What is waited for first: the SM2 revision's value where there is one, since the PAdES signature is over it too. */
async function keptOf(parts: PreparedParts, plan: StampPlan, request: PreparedRequest): Promise<KeptPlan> {
  const { seal, sm2, prepared } = plan;
  const algorithm = algorithmFor(seal.chain, request.algorithm);
  const common = { plan, sealId: seal.id, algorithm, withPassword: request.password !== undefined };
  if (sm2 === null) {
    const over = await digestOver(parts, plan.source, algorithm, [prepared.before, prepared.after]);
    const awaited = padesValue(algorithm, seal.chain, over);
    return { ...common, sm2: null, step: 'pades', awaited, first: null };
  }
  const { before, after } = sm2.prepared;
  const awaited = sm2Value(
    sm2,
    await digestOver(parts, plan.source, 'SM2SM3', [before, after]),
    parts.clock(),
  );
  const revision = { form: sm2.form, objectDigest: sm2.object.digest, prepared: sm2.prepared };
  return { ...common, sm2: revision, step: 'sm2', awaited, first: null };
}

async function digestOver(
  parts: PreparedParts,
  from: StampSource,
  algorithm: SignatureAlgorithm,
  pieces: readonly Uint8Array[],
): Promise<Uint8Array> {
  const source = await openSource(parts.documents, from);
  try {
    return await digestOfPrepared(source, signingAlgorithm(algorithm).digest, pieces);
  } finally {
    await source.close();
  }
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
  const kept = planOfText(parts.cipher.open(planPlace(record.id), text));
  const seal = await usableSeal(db, request.actor, kept.sealId, parts.clock());
  return answerOf(kept, chainFor(kept, seal, await plannedSm2(parts, kept)), row.expiresAt);
}

/** The key was used for something that no value is awaited for: in progress, over, or another request. */
async function refuseAsOther(parts: PreparedParts, request: StampRequest): Promise<never> {
  await answerOfOther(parts, request);
  throw new SigningError('idempotency-mismatch', 'The request with this idempotency key is finished.');
}

/**
 * Takes the value that is waited for: the first of two leads to what the second is over, the last finishes the stamp. The
 * same value again answers the same. A wrong value, or a time-stamp that does not come, leaves it open for another try.
 * @param given.value as CMS carries it: DER for ECDSA and SM2, the bytes themselves for RSA and Ed25519
 * @param given.password of a document that was prepared with one: with the last value, since it is not kept
 * @throws SigningError `scope-missing`, `department-missing`, `prepared-not-found`, `prepared-expired`, `prepared-mismatch`
 *   (the value is not of this document and certificate), `pdf-encrypted` (its password is missing),
 *   `idempotency-in-progress`, `seal-not-valid`, as `makeStamp`
 */
export async function finishStamp(
  parts: PreparedParts,
  actor: Actor,
  id: string,
  given: { readonly value: Uint8Array; readonly password?: string },
): Promise<ValueOutcome> {
  requireScope(actor, 'stamps:write');
  const row = await findPrepared(parts.database.reader, id, departmentOf(actor));
  if (row === null) throw new SigningError('prepared-not-found', 'There is no such prepared stamp.');
  if (row.state === 'finished')
    return { kind: 'stamped', result: await stampOf(parts.database.reader, actor, id) };
  if (row.state === 'given-up' || row.planCipher === null || row.expiresAt < parts.clock()) throw expired();
  const kept = planOfText(parts.cipher.open(planPlace(id), row.planCipher));
  const seal = await usableSeal(parts.database.reader, actor, kept.sealId, parts.clock());
  const sm2 = await plannedSm2(parts, kept);
  const isFirstAgain =
    kept.first !== null && sm2 !== null && isValueOf(sm2.object.chain, kept.first.awaited, given.value);
  const chain = chainFor(kept, seal, sm2);
  if (isFirstAgain) return { kind: 'awaited', prepared: answerOf(kept, chain, row.expiresAt) };
  keyWithValue(chain, kept.awaited, given.value);
  if (kept.step === 'pades' && kept.withPassword && given.password === undefined)
    throw new SigningError(
      'pdf-encrypted',
      'The password of the document is handed in again with the value.',
    );
  if (!(await parts.database.write((tx) => movePrepared(tx, id, 'open', 'finishing')))) {
    throw new SigningError('idempotency-in-progress', 'A value for this prepared stamp is being worked on.');
  }
  try {
    if (kept.step === 'sm2' && sm2 !== null) {
      const next = await withFirst(parts, kept, { seal, sm2, value: given.value });
      await goOn(parts, id, next);
      return { kind: 'awaited', prepared: answerOf(next, seal.chain, row.expiresAt) };
    }
    return { kind: 'stamped', result: await completed(parts, kept, { seal, sm2, ...given }) };
  } catch (error) {
    // Nothing signed has left: the value may be handed in again.
    await parts.database.write((tx) => movePrepared(tx, id, 'finishing', 'open')).catch(() => undefined);
    throw error;
  }
}

/** The SM2 revision made of its value, and what the signature over it has to sign. */
async function withFirst(
  parts: PreparedParts,
  kept: KeptPlan,
  about: { readonly seal: Seal; readonly sm2: PlannedSm2; readonly value: Uint8Array },
): Promise<KeptPlan> {
  const { plan, algorithm, awaited } = kept;
  const { seal, sm2, value } = about;
  const contents = await sm2Contents(sm2, awaited, value, tokensFor(parts, plan.terms));
  const over = await digestOver(parts, plan.source, algorithm, [
    revisionOf(sm2.prepared, contents),
    plan.prepared.before,
    plan.prepared.after,
  ]);
  return {
    ...kept,
    step: 'pades',
    awaited: padesValue(algorithm, seal.chain, over),
    first: { awaited, contents },
  };
}

async function goOn(parts: PreparedParts, id: string, next: KeptPlan): Promise<void> {
  const cipher = parts.cipher.seal(planPlace(id), planText(next));
  if (!(await parts.database.write((tx) => continuePrepared(tx, id, cipher)))) throw givenUp();
}

async function completed(
  parts: PreparedParts,
  kept: KeptPlan,
  about: {
    readonly seal: Seal;
    readonly sm2: PlannedSm2 | null;
    readonly value: Uint8Array;
    readonly password?: string;
  },
): Promise<StampResult> {
  const { seal, sm2, value, password } = about;
  const { plan } = kept;
  const { id } = plan.record;
  const made = await makeStamp(
    parts,
    { ...plan, terms: { ...plan.terms, ...(password === undefined ? {} : { password }) }, seal, sm2 },
    { key: keyWithValue(seal.chain, kept.awaited, value), sm2: kept.first?.contents ?? null },
  );
  return parts.database.write(async (tx) => {
    if (!(await movePrepared(tx, id, 'finishing', 'finished'))) throw givenUp();
    const [result] = await completeStamps(tx, parts, [made]);
    if (result === undefined) throw new TypeError('A completed stamp has a result.');
    return result;
  });
}

/** The revision as it was planned, with the SESeal it was planned for. @throws SigningError `seal-not-valid` */
async function plannedSm2(parts: PreparedParts, { sm2, sealId, plan }: KeptPlan): Promise<PlannedSm2 | null> {
  if (sm2 === null) return null;
  const object = (await currentEdition(parts.database.reader, sealId))?.object ?? null;
  if (object?.digest !== sm2.objectDigest)
    throw new SigningError('seal-not-valid', 'The seal was renewed meanwhile: prepare the stamp anew.');
  return { form: sm2.form, object, prepared: sm2.prepared, options: plan.options };
}

/** Certificates of the key whose value is waited for. */
function chainFor({ step }: KeptPlan, seal: Seal, sm2: PlannedSm2 | null): readonly Uint8Array[] {
  return step === 'sm2' && sm2 !== null ? sm2.object.chain : seal.chain;
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

function answerOf(
  { plan, step, awaited }: KeptPlan,
  chain: readonly Uint8Array[],
  expiresAt: Date,
): PreparedStamp {
  const { algorithm, toBeSigned } = awaited;
  return {
    stampId: plan.record.id,
    step,
    algorithm,
    toBeSigned,
    digest: digestToSign(awaited, chain),
    digestAlgorithm: signingAlgorithm(algorithm).digest,
    expiresAt,
    showings: showingsOf(plan.record.placement),
  };
}

function digestToSign({ algorithm, toBeSigned }: AwaitedValue, [own]: readonly Uint8Array[]): Uint8Array {
  if (algorithm !== 'SM2SM3' || own === undefined)
    return digest(signingAlgorithm(algorithm).digest, toBeSigned);
  return sm2MessageDigest(parseCertificate(own).subjectPublicKeyInfo.der, toBeSigned);
}

function expired(): SigningError {
  return new SigningError('prepared-expired', 'This prepared stamp was given up: prepare it anew.');
}
