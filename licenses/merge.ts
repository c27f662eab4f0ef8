// Several licenses merged into one 多证合一: each ends with the other as its successor, all in one write or none.
import { labelledDigest } from '../crypto/algorithms.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { recordDecision } from './change-record.ts';
import { requireApproval } from './change-request-store.ts';
import { checkChangeWords } from './change-words.ts';
import { changeDigestOf, earlierEvent, ownLicense, type ChangeRequestWords } from './change.ts';
import { currentLife } from './due.ts';
import { LicenseError } from './errors.ts';
import { insertEvent, timelineOf, type LicenseEvent } from './event-store.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import type { LicenseLife } from './life.ts';
import { checkOffice } from './office-words.ts';
import type { LicenseParts } from './parts.ts';
import { standingAt } from './timeline.ts';
import { licenseTypeNamed } from './type-register.ts';

export interface MergeRequest extends ChangeRequestWords {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  /** Ids of the licenses that end; 1 to 20 of the own department. */
  readonly licenses: readonly string[];
  /** Id of the license that they become part of: in force, of the same holder, of any department. */
  readonly into: string;
  readonly effectiveAt?: Date;
  /** Id of the approved change request that asked for exactly this, where a type demands a second person. */
  readonly approval?: string;
}

const MAX_MERGED = 20;

/**
 * Merges licenses into another.
 * @returns one event a license, in the order asked for
 * @throws LicenseError `scope-missing`, `department-missing`, `license-not-found`, `merge-invalid`, `change-invalid`,
 *   `transition-not-allowed`, `second-person-required`, `idempotency-key-invalid`, `idempotency-mismatch`; nothing of it is
 *   recorded then
 */
export async function mergeLicenses(
  parts: LicenseParts,
  request: MergeRequest,
): Promise<readonly LicenseEvent[]> {
  const { actor, licenses, into } = request;
  requireScope(actor, 'licenses:status');
  checkKey(request.idempotencyKey);
  departmentOf(actor);
  if (licenses.length === 0 || licenses.length > MAX_MERGED || new Set(licenses).size !== licenses.length)
    throw new LicenseError('merge-invalid', `1 to ${MAX_MERGED} different licenses are merged at once.`);
  if (licenses.includes(into))
    throw new LicenseError('merge-invalid', 'A license is not merged into itself.');
  const keys = licenses.map((_, position) => keyOf(parts, request, position));
  const digest = changeDigestOf(parts, 'license.merge', { ...request, licenseId: into }, [
    licenses,
    request.effectiveAt?.getTime() ?? null,
  ]);
  const earlier = await earlierAll(parts, request, keys, digest);
  if (earlier !== null) return earlier;
  checkOffice(request);
  const now = parts.clock();
  const written = await parts.database.write(async (tx) => {
    // In one order, whoever asks: two that merge the same licenses do not wait for each other.
    const held = new Map<string, LicenseLife>();
    for (const id of [...licenses, into].toSorted()) held.set(id, await currentLife(tx, parts, id, now));
    const target = await checkTarget(tx, held.get(into), now);
    const events: LicenseEvent[] = [];
    for (const [position, id] of licenses.entries()) {
      const life = held.get(id);
      const event =
        life === undefined
          ? null
          : await mergeOne(tx, parts, request, { life, target, now, digest, key: keys[position] ?? '' });
      if (event === null && events.length === 0) return null;
      if (event === null)
        throw new LicenseError('transition-not-allowed', 'The licenses were changed meanwhile.');
      events.push(event);
    }
    const [first] = events;
    const key = keyOf(parts, request, licenses.length);
    if (first !== undefined) await noteOf(tx, parts, request, { target, now, key, digest, decided: first });
    return events;
  });
  const events = written ?? (await earlierAll(parts, request, keys, digest));
  if (events === null)
    throw new LicenseError('transition-not-allowed', 'The licenses were changed meanwhile.');
  return events;
}

/** The first event holds the caller's key; the others keys that only we can make. */
function keyOf(parts: LicenseParts, request: MergeRequest, position: number): string {
  if (position === 0) return request.idempotencyKey;
  return `${parts.index.of('license.merge-key', request.idempotencyKey).slice(-40)}:${position}`;
}

async function earlierAll(
  parts: LicenseParts,
  request: MergeRequest,
  keys: readonly string[],
  digest: string,
): Promise<readonly LicenseEvent[] | null> {
  const events: LicenseEvent[] = [];
  for (const idempotencyKey of keys) {
    const event = await earlierEvent(parts, { actor: request.actor, idempotencyKey }, digest);
    if (event === null) return null;
    events.push(event);
  }
  return events;
}

async function checkTarget(tx: Writer, life: LicenseLife | undefined, now: Date): Promise<LicenseLife> {
  if (life === undefined) throw new LicenseError('license-not-found', 'There is no such license.');
  const { state } = standingAt(await timelineOf(tx, life.id), life.expiresAt, { validAt: now, knownAt: now });
  if (state !== 'issued')
    throw new LicenseError('merge-invalid', 'Licenses are merged into one that is in force.');
  return life;
}

async function mergeOne(
  tx: Writer,
  parts: LicenseParts,
  request: MergeRequest,
  one: {
    readonly life: LicenseLife;
    readonly target: LicenseLife;
    readonly now: Date;
    readonly digest: string;
    readonly key: string;
  },
): Promise<LicenseEvent | null> {
  const { life, target, now } = one;
  const { actor, reason, legalBasis } = request;
  await ownLicense(tx, actor, life.id);
  if (life.holderIndex === null || life.holderIndex !== target.holderIndex)
    throw new LicenseError('merge-invalid', 'Licenses are merged into one of the same holder.');
  if (life.root === target.root)
    throw new LicenseError(
      'merge-invalid',
      'A version is not merged into another version of the same license.',
    );
  const effectiveAt = checkChangeWords(request, 'merge', life.issuedAt, now);
  const second = await requireApproval(tx, await licenseTypeNamed(tx, life.typeCode), {
    // One request asks for the whole merge, and stands at the first of its licenses.
    license: request.licenses[0] ?? '',
    change: 'merge',
    request: request.approval,
  });
  return recordDecision(
    tx,
    parts,
    life,
    {
      actor,
      change: 'merge',
      effectiveAt,
      reason,
      legalBasis,
      holdersWish: false,
      idempotencyKey: one.key,
      requestDigest: one.digest,
      successor: target.id,
      matter: request.matter ?? null,
      caseNumber: request.caseNumber ?? null,
      officer: second?.officer ?? request.officer ?? actor.id,
      secondOfficer: second?.secondOfficer ?? null,
    },
    now,
  );
}

/** The license that took the others in tells of it too, where the same department issued it. */
async function noteOf(
  tx: Writer,
  parts: LicenseParts,
  request: MergeRequest,
  done: {
    readonly target: LicenseLife;
    readonly now: Date;
    readonly key: string;
    readonly digest: string;
    /** What tells who decided it. */
    readonly decided: LicenseEvent;
  },
): Promise<void> {
  const { target, now, decided } = done;
  const { actor, licenses, reason, legalBasis } = request;
  if (target.issuer === actor.department) {
    await insertEvent(tx, parts, {
      license: target.id,
      change: 'absorb',
      from: 'issued',
      to: 'issued',
      effectiveAt: decided.effectiveAt,
      recordedAt: now,
      reason,
      legalBasis,
      holdersWish: false,
      actor: actor.id,
      idempotencyKey: done.key,
      requestDigest: labelledDigest(parts.suite.digest, new TextEncoder().encode(done.digest)),
      successor: null,
      matter: request.matter ?? null,
      caseNumber: request.caseNumber ?? null,
      officer: decided.officer,
      secondOfficer: decided.secondOfficer,
      details: { licenses: licenses.join(' ') },
    });
  }
  await parts.audit.append(tx, {
    at: now,
    actor,
    action: 'license.merged',
    subject: target.id,
    details: { licenses: licenses.join(' '), basis: legalBasis },
  });
}
