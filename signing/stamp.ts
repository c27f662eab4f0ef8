// A stamp: right → prepare → intend → sign → time-stamp → finish → self-check → complete, as steps that larger acts share.
import type { SigningKey } from '../crypto/signing-key.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Writer } from '../storage/database.ts';
import { SigningError } from './errors.ts';
import { GrowingCopy } from './growing-copy.ts';
import { newIdentifier } from './identifiers.ts';
import { digestsFor, keyFor, signCopy, type LevelParts } from './levelled-signature.ts';
import { prepareSignature } from './prepare.ts';
import { openSealKey } from './seal-key.ts';
import { requireScope } from './seal-use.ts';
import { answerOfOther, checkKey, earlierStamp, givenUp } from './stamp-answers.ts';
import {
  resultOf,
  type EnteredPlan,
  type MadeStamp,
  type StampParts,
  type StampPlan,
  type StampRequest,
  type StampResult,
} from './stamp-order.ts';
import { planStamp } from './stamp-plan.ts';
import { appendFirstRevision, digestsForSm2 } from './stamp-sm2.ts';
import { openSource } from './stamp-source.ts';
import {
  abandonIntendedStamps,
  completeIntendedStamp,
  insertIntendedStamp,
  type IntendedStamp,
  type StampOutcome,
} from './stamp-store.ts';
import { queueUpgrade } from './upgrade-store.ts';
import { ownTurn } from './turns.ts';
import { enterUse } from './use-record.ts';

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
 * @throws SigningError of `enterUse`: `seal-not-valid` where a seal was frozen, lost or cancelled meanwhile, and others
 */
export async function intendStamps(
  tx: Writer,
  audit: AuditLog,
  plans: readonly StampPlan[],
): Promise<boolean> {
  for (const { record, actor, seal, right, sm2 } of plans) {
    if (!(await insertIntendedStamp(tx, record))) return false;
    await enterUse(tx, {
      stampId: record.id,
      seal,
      right,
      digest: record.originalDigest,
      at: record.intendedAt,
      sm2:
        sm2 === null ? null : { form: sm2.form, serial: sm2.object.serial, esealDigest: sm2.object.digest },
    });
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

/** What keys that are not here have made. */
export interface Elsewhere {
  /** Signs once more what it has signed, and nothing else. */
  readonly key: SigningKey;
  /** The value of the SM2 revision, checked; null where the stamp has none. */
  readonly sm2: Uint8Array | null;
}

/**
 * Steps 4 to 8: copy, sign, time-stamp, add what the level asks for, self-check, store. Call once per intention, after it is
 * durable.
 * @param elsewhere what keys that are not here have signed already; the seal's own are opened where absent
 * @throws SigningError `timestamp-unavailable`, `timestamp-invalid`, `status-unavailable` (unless a lower level may be given
 *   out), `certificate-revoked`, `algorithm-refused`, `self-check-failed`, `placeholder-too-small`; CryptoError; StorageError.
 *   Nothing signed has left then: abandon the stamp.
 */
export async function makeStamp(
  parts: StampParts,
  plan: EnteredPlan,
  elsewhere: Elsewhere | null = null,
): Promise<MadeStamp> {
  const { seal, terms } = plan;
  const level = terms.level ?? 'B-T';
  const key = elsewhere?.key ?? keyFor(await openSealKey(parts, seal), terms.algorithm);
  const signing: LevelParts = { ...parts, key, longTerm: parts.longTerm ?? null };
  const source = await openSource(parts.documents, plan.source);
  await ownTurn();
  const writer = await parts.documents.create();
  try {
    const copy = await GrowingCopy.of(source, writer, [
      { algorithm: parts.documents.digest, by: writer },
      ...[...digestsFor(signing, level), ...digestsForSm2(plan.sm2)].map((algorithm) => ({ algorithm })),
    ]);
    const prepared = await appendFirstRevision(parts, copy, plan, elsewhere?.sm2 ?? null);
    if (plan.sm2 !== null) await ownTurn();
    const signed = await signCopy(copy, signing, {
      level,
      lower: terms.whenDown === 'lower' || terms.whenDown === 'queue',
      now: plan.record.intendedAt,
      ...(terms.password === undefined ? {} : { password: terms.password }),
      prepared,
      prepare: (capacity) =>
        elsewhere === null
          ? prepareSignature(copy, {
              ...plan.options,
              contentsCapacity: capacity ?? plan.options.contentsCapacity,
            })
          : Promise.reject(roomIsMade()),
    });
    const document = await writer.commit();
    return { plan, document, ...signed, shortfall: signed.shortfall?.code ?? null };
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await source.close();
  }
}

/**
 * Step 9: enters made stamps as complete, with their audit rows, all or none; what is still missing is queued with them.
 * @throws SigningError `idempotency-abandoned` where one was given up meanwhile: its document must not be given out.
 */
export async function completeStamps(
  tx: Writer,
  parts: Pick<StampParts, 'audit' | 'clock' | 'random'>,
  made: readonly MadeStamp[],
): Promise<readonly StampResult[]> {
  const results: StampResult[] = [];
  for (const { plan, document, prepared, timestamp, level, shortfall } of made) {
    const outcome: StampOutcome = {
      resultDigest: document.digest,
      resultSize: document.size,
      byteRange: prepared.byteRange,
      stampedAt: timestamp?.time ?? plan.record.intendedAt,
      timestampSerial: timestamp?.serialNumber ?? '',
      level,
      receiptId: newIdentifier('rcp', parts.random),
      completedAt: parts.clock(),
    };
    if (!(await completeIntendedStamp(tx, plan.record.id, outcome))) throw givenUp();
    const queued = shortfall !== null && maybeQueued(plan);
    if (queued) await queueUpgrade(tx, plan.record.id, plan.record.level, outcome.completedAt, shortfall);
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
        level,
        timestamp: outcome.timestampSerial,
        receipt: outcome.receiptId,
        ...(shortfall === null ? {} : { shortfall }),
        ...aboutCase(plan.record),
      },
    });
    results.push(
      resultOf({
        ...plan.record,
        ...outcome,
        upgrade: queued ? 'queued' : 'none',
        sm2: plan.sm2?.form ?? 'none',
      }),
    );
  }
  return results;
}

/** What was signed elsewhere is over a room of this size and no other. */
function roomIsMade(): SigningError {
  return new SigningError(
    'placeholder-too-small',
    'The value and its time-stamp need more room than was prepared: prepare the stamp anew.',
  );
}

/** A password is not kept, so a document that needs one is not upgraded later. */
function maybeQueued({ terms }: EnteredPlan): boolean {
  return terms.whenDown === 'queue' && terms.password === undefined;
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
