// Changes the status of a license: by the office that issued it, with reason, legal basis and day of effect.
import type { Actor } from '../storage/actor.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { recordDecision } from './change-record.ts';
import { requireApproval } from './change-request-store.ts';
import { checkChangeWords } from './change-words.ts';
import { recordCountermand } from './countermand.ts';
import { currentLife } from './due.ts';
import { LicenseError } from './errors.ts';
import { eventOf, type LicenseEvent } from './event-store.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import type { OfficeChange } from './license.ts';
import { checkOffice } from './office-words.ts';
import type { LicenseParts } from './parts.ts';
import { recordCipherOf } from './record-keys.ts';
import { licenseTypeNamed } from './type-register.ts';

/** What every change by an office tells of itself. */
export interface ChangeRequestWords {
  /** Why, 1 to 500 characters; kept encrypted. */
  readonly reason: string;
  /** Law and article, 1 to 200 characters: `行政许可法第七十条第一项`. */
  readonly legalBasis: string;
  /** 实施编码 and 办件编号 under which it is decided. */
  readonly matter?: string;
  readonly caseNumber?: string;
  /** Who decided, by an opaque name of the department's: a staff number, no one's own. The caller where not said. */
  readonly officer?: string;
}

export interface StatusChangeRequest extends ChangeRequestWords {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly licenseId: string;
  readonly change: OfficeChange;
  /** Instant of legal effect; now where not said. A later one waits; only an annulment may act from before the decision. */
  readonly effectiveAt?: Date;
  /** Whether the holder asked for it. */
  readonly holdersWish?: boolean;
  /** Id of the approved change request, where the type demands a second person. */
  readonly approval?: string;
}

/**
 * Changes the status; verification shows it from the moment this resolves, or from its day of effect.
 * @throws LicenseError `scope-missing`, `department-missing`, `license-not-found` (absent or another department's),
 *   `transition-not-allowed`, `change-invalid`, `second-person-required`, `idempotency-key-invalid`, `idempotency-mismatch`
 */
export async function changeStatus(parts: LicenseParts, request: StatusChangeRequest): Promise<LicenseEvent> {
  requireScope(request.actor, 'licenses:status');
  checkKey(request.idempotencyKey);
  const license = await ownLicense(parts.database.reader, request.actor, request.licenseId);
  // First of all: what could be asked for yesterday may not be any more, and a repetition gets yesterday's answer.
  const digest = changeDigest(parts, request);
  const earlier = await earlierEvent(parts, request, digest);
  if (earlier !== null) return earlier;
  checkOffice(request);
  const now = parts.clock();
  const effectiveAt = checkChangeWords(request, request.change, license.issuedAt, now);
  const written = await parts.database.write((tx) =>
    recordStatusChange(tx, parts, { ...request, effectiveAt }, { digest, now }),
  );
  const event = written ?? (await earlierEvent(parts, request, digest));
  if (event === null) throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
  return event;
}

/** Inside the caller's write. @returns null where the idempotency key was used meanwhile. */
export async function recordStatusChange(
  tx: Writer,
  parts: LicenseParts,
  request: StatusChangeRequest & { readonly effectiveAt: Date },
  given: { readonly digest: string; readonly now: Date },
): Promise<LicenseEvent | null> {
  const { actor, licenseId, change } = request;
  // Read inside the write: two officers may decide at once.
  const life = await currentLife(tx, parts, licenseId, given.now);
  const type = await licenseTypeNamed(tx, life.typeCode);
  const second = await requireApproval(tx, type, { license: licenseId, change, request: request.approval });
  const decision = {
    actor,
    change,
    effectiveAt: request.effectiveAt,
    reason: request.reason,
    legalBasis: request.legalBasis,
    holdersWish: request.holdersWish === true,
    idempotencyKey: request.idempotencyKey,
    requestDigest: given.digest,
    successor: null,
    matter: request.matter ?? null,
    caseNumber: request.caseNumber ?? null,
    officer: second?.officer ?? request.officer ?? actor.id,
    secondOfficer: second?.secondOfficer ?? null,
  };
  return recordDecision(tx, parts, life, decision, given.now);
}

export interface CountermandRequest extends ChangeRequestWords {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly licenseId: string;
  /** Sequence of the change that waits for its day. */
  readonly sequence: number;
}

/**
 * Takes a decided change back before its day. One that two persons decided is taken back by two (change-request.ts).
 * @throws LicenseError as `changeStatus`, and `event-not-found`
 */
export async function countermandChange(
  parts: LicenseParts,
  request: CountermandRequest,
): Promise<LicenseEvent> {
  requireScope(request.actor, 'licenses:status');
  checkKey(request.idempotencyKey);
  const license = await ownLicense(parts.database.reader, request.actor, request.licenseId);
  const digest = countermandDigest(parts, request);
  const earlier = await earlierEvent(parts, request, digest);
  if (earlier !== null) return earlier;
  checkOffice(request);
  const now = parts.clock();
  checkChangeWords(
    { reason: request.reason, legalBasis: request.legalBasis },
    'suspend',
    license.issuedAt,
    now,
  );
  const written = await parts.database.write((tx) =>
    recordCountermandOf(tx, parts, request, { digest, now, approved: null }),
  );
  const event = written ?? (await earlierEvent(parts, request, digest));
  if (event === null) throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
  return event;
}

/** Inside the caller's write. @param given `approved`: who asked, where a second person approves it now */
export async function recordCountermandOf(
  tx: Writer,
  parts: LicenseParts,
  request: CountermandRequest,
  given: { readonly digest: string; readonly now: Date; readonly approved: string | null },
): Promise<LicenseEvent | null> {
  const life = await currentLife(tx, parts, request.licenseId, given.now);
  const target = await tx
    .selectFrom('license_event')
    .select('second_officer')
    .where('license', '=', request.licenseId)
    .where('sequence', '=', request.sequence)
    .executeTakeFirst();
  if (target !== undefined && target.second_officer !== null && given.approved === null) {
    throw new LicenseError(
      'second-person-required',
      'Two persons decided this change: two take it back. Ask for it, and let another officer approve it.',
    );
  }
  const { actor, idempotencyKey, reason, legalBasis } = request;
  return recordCountermand(
    tx,
    parts,
    life,
    request.sequence,
    {
      actor,
      idempotencyKey,
      reason,
      legalBasis,
      requestDigest: given.digest,
      matter: request.matter ?? null,
      caseNumber: request.caseNumber ?? null,
      officer: given.approved ?? request.officer ?? actor.id,
      secondOfficer: given.approved === null ? null : actor.id,
    },
    given.now,
  );
}

/** @throws LicenseError `license-not-found` for one that is not there, and for another department's alike */
export async function ownLicense(
  db: Reader,
  actor: Actor,
  id: string,
): Promise<{ readonly issuedAt: Date; readonly typeCode: string }> {
  const row = await db
    .selectFrom('license')
    .select(['issuer', 'issued_at', 'type_code'])
    .where('id', '=', id)
    .where('state', 'not in', ['intended', 'abandoned'])
    .executeTakeFirst();
  if (row?.issuer !== departmentOf(actor))
    throw new LicenseError('license-not-found', 'There is no such license.');
  return { issuedAt: new Date(row.issued_at), typeCode: row.type_code };
}

/** Only where they are given, so that digests made before there were such things stay what they are. */
function further(request: ChangeRequestWords): readonly unknown[] {
  const { matter, caseNumber, officer } = request;
  if (matter === undefined && caseNumber === undefined && officer === undefined) return [];
  return [[matter ?? null, caseNumber ?? null, officer ?? null]];
}

/** Keyed, because a reason may hold what an unkeyed digest would let be guessed. */
export function changeDigest(parts: LicenseParts, request: StatusChangeRequest): string {
  const { actor, licenseId, change, reason, legalBasis, effectiveAt, holdersWish } = request;
  const asked = [
    actor.department,
    licenseId,
    change,
    reason,
    legalBasis,
    effectiveAt?.getTime() ?? null,
    holdersWish ?? false,
    ...further(request),
  ];
  return parts.index.of('license.change', JSON.stringify(asked));
}

/** The same for taking one back. */
export function countermandDigest(parts: LicenseParts, request: CountermandRequest): string {
  const { actor, licenseId, sequence, reason, legalBasis } = request;
  const asked = [actor.department, licenseId, sequence, reason, legalBasis, ...further(request)];
  return parts.index.of('license.countermand', JSON.stringify(asked));
}

/** The same for other events: what is asked for beside the words. */
export function changeDigestOf(
  parts: LicenseParts,
  place: string,
  request: ChangeRequestWords & { readonly actor: Actor; readonly licenseId: string },
  more: readonly unknown[],
): string {
  const { actor, licenseId, reason, legalBasis } = request;
  return parts.index.of(
    place,
    JSON.stringify([actor.department, licenseId, reason, legalBasis, ...more, ...further(request)]),
  );
}

/** What this client recorded under this key. @throws LicenseError `idempotency-mismatch` */
export async function earlierEvent(
  parts: LicenseParts,
  request: { readonly actor: Actor; readonly idempotencyKey: string },
  digest: string,
): Promise<LicenseEvent | null> {
  const row = await parts.database.reader
    .selectFrom('license_event')
    .selectAll()
    .where('client', '=', request.actor.id)
    .where('idempotency_key', '=', request.idempotencyKey)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.request_digest !== digest) {
    throw new LicenseError('idempotency-mismatch', 'This idempotency key was used for another request.');
  }
  return eventOf(await recordCipherOf(parts.database.reader, parts, row.license), row);
}
