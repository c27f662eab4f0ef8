// A stamp: right → prepare → intend → sign → time-stamp → finish → self-check → complete, as steps that larger acts share.
import { signingAlgorithm } from '../crypto/algorithms.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Writer } from '../storage/database.ts';
import { SigningError } from './errors.ts';
import { newIdentifier } from './identifiers.ts';
import { assembleCms, checkCms, signDigest, timestampDigest } from './pades-signature.ts';
import { requireScope } from './seal-use.ts';
import { writeSealedCopy } from './sealed-copy.ts';
import { answerOfOther, checkKey, earlierStamp, givenUp } from './stamp-answers.ts';
import {
  resultOf,
  type MadeStamp,
  type StampParts,
  type StampPlan,
  type StampRequest,
  type StampResult,
} from './stamp-order.ts';
import { planStamp } from './stamp-plan.ts';
import { openSource } from './stamp-source.ts';
import {
  abandonIntendedStamps,
  completeIntendedStamp,
  insertIntendedStamp,
  sealStillValid,
  type IntendedStamp,
  type StampOutcome,
} from './stamp-store.ts';
import type { Timestamp } from './timestamp-client.ts';

/**
 * Stamps a document. Repeating the key with the same request answers the stored result and signs nothing.
 * @throws SigningError with the codes of `planStamp` and `makeStamp`; `idempotency-key-invalid`, `idempotency-mismatch`,
 *   `idempotency-in-progress`, `idempotency-abandoned`; StorageError; CryptoError
 */
export async function stampDocument(parts: StampParts, request: StampRequest): Promise<StampResult> {
  requireScope(request.actor, 'stamps:write');
  checkKey(request.idempotencyKey);
  const earlier = await earlierStamp(parts, request);
  if (earlier !== null) return earlier;
  const plan = await planStamp(parts, request, request.idempotencyKey);
  const intended = await parts.database.write((tx) => intendStamps(tx, parts.audit, [plan]));
  if (!intended) return answerOfOther(parts, request);
  const made = await orAbandon(parts, [plan], () => makeStamp(parts, plan));
  const [result] = await orAbandon(parts, [plan], () =>
    parts.database.write((tx) => completeStamps(tx, parts, [made])),
  );
  if (result === undefined) throw new TypeError('A completed stamp has a result.');
  return result;
}

/**
 * Step 3: the intentions, durable when `tx` is, before any key is used.
 * @returns false where the client has used the idempotency key before: nothing of that plan was written then.
 * @throws SigningError `seal-not-valid` where a seal was frozen or cancelled meanwhile
 */
export async function intendStamps(
  tx: Writer,
  audit: AuditLog,
  plans: readonly StampPlan[],
): Promise<boolean> {
  for (const { record, actor, seal } of plans) {
    if (!(await sealStillValid(tx, seal.id)))
      throw new SigningError('seal-not-valid', 'The seal is not valid.');
    if (!(await insertIntendedStamp(tx, record))) return false;
    await audit.append(tx, {
      at: record.intendedAt,
      actor,
      action: 'stamp.intended',
      subject: record.id,
      details: {
        seal: seal.id,
        certificate: record.certificateSerial,
        original: record.originalDigest,
        ...aboutCase(record),
      },
    });
  }
  return true;
}

/**
 * Steps 4 to 8: sign, time-stamp, finish, self-check, store. Call once per intention, after it is durable.
 * @throws SigningError `timestamp-unavailable`, `timestamp-invalid`, `self-check-failed`, `placeholder-too-small`;
 *   CryptoError; StorageError. Nothing signed has left then: abandon the stamp.
 */
export async function makeStamp(parts: StampParts, plan: StampPlan): Promise<MadeStamp> {
  const { seal, prepared } = plan;
  const key = await parts.keys.open(seal.keyId, 'seal', seal.chain);
  const source = await openSource(parts.documents, plan.source);
  let timestamp: Timestamp | undefined;
  try {
    const document = await writeSealedCopy(
      parts.documents,
      source,
      prepared,
      signingAlgorithm(key.algorithm).digest,
      async (messageDigest) => {
        const signature = await signDigest(key, messageDigest);
        const stamped = timestampDigest(signature, parts.timestamps.digest);
        timestamp = await parts.timestamps.timestamp(stamped, parts.timestampBudget);
        const cms = assembleCms(key, signature, timestamp.token);
        checkCms(cms, key, messageDigest);
        return cms;
      },
    );
    if (timestamp === undefined) throw new TypeError('A document was stored without being signed.');
    return { plan, document, timestamp };
  } finally {
    await source.close();
  }
}

/**
 * Step 9: enters made stamps as complete, with their audit rows, all or none.
 * @throws SigningError `idempotency-abandoned` where one was given up meanwhile: its document must not be given out.
 */
export async function completeStamps(
  tx: Writer,
  parts: Pick<StampParts, 'audit' | 'clock' | 'random'>,
  made: readonly MadeStamp[],
): Promise<readonly StampResult[]> {
  const results: StampResult[] = [];
  for (const { plan, document, timestamp } of made) {
    const outcome: StampOutcome = {
      resultDigest: document.digest,
      resultSize: document.size,
      byteRange: plan.prepared.byteRange,
      stampedAt: timestamp.time,
      timestampSerial: timestamp.serialNumber,
      receiptId: newIdentifier('rcp', parts.random),
      completedAt: parts.clock(),
    };
    if (!(await completeIntendedStamp(tx, plan.record.id, outcome))) throw givenUp();
    await parts.audit.append(tx, {
      at: outcome.completedAt,
      actor: plan.actor,
      action: 'stamp.completed',
      subject: plan.record.id,
      details: {
        seal: plan.seal.id,
        certificate: plan.record.certificateSerial,
        original: plan.record.originalDigest,
        result: document.digest,
        timestamp: timestamp.serialNumber,
        receipt: outcome.receiptId,
        ...aboutCase(plan.record),
      },
    });
    results.push(resultOf({ ...plan.record, ...outcome }));
  }
  return results;
}

/** Gives up intended stamps, with the reason (a refusal code); those complete already stay complete. */
export async function abandonStamps(
  tx: Writer,
  parts: Pick<StampParts, 'audit' | 'clock'>,
  which: { readonly ids: readonly string[] } | { readonly before: Date },
  reason: string,
): Promise<number> {
  const at = parts.clock();
  const given = await abandonIntendedStamps(tx, which, { reason, at });
  for (const { id, client, department } of given) {
    await parts.audit.append(tx, {
      at,
      actor: { id: client, department },
      action: 'stamp.abandoned',
      subject: id,
      details: { reason },
    });
  }
  return given.length;
}

/**
 * At start-up: stamps intended before `before` and never completed are abandoned; nothing is signed again.
 * @returns how many
 */
export function settleStamps(
  parts: Pick<StampParts, 'database' | 'audit' | 'clock'>,
  before: Date,
): Promise<number> {
  return parts.database.write((tx) => abandonStamps(tx, parts, { before }, 'interrupted'));
}

/** Runs a step; where it fails, its stamps are given up with the refusal's code and the refusal goes on. */
async function orAbandon<T>(
  parts: StampParts,
  plans: readonly StampPlan[],
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const reason = error instanceof SigningError ? error.code : 'failed';
    const ids = plans.map((plan) => plan.record.id);
    // Where even this fails, the next start settles it.
    await parts.database.write((tx) => abandonStamps(tx, parts, { ids }, reason)).catch(() => undefined);
    throw error;
  }
}

function aboutCase(record: IntendedStamp): Readonly<Record<string, string>> {
  return {
    ...(record.matter === null ? {} : { matter: record.matter }),
    ...(record.caseNumber === null ? {} : { case: record.caseNumber }),
  };
}
