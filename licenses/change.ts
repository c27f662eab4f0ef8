// Changes the status of a license: by the office that issued it, with reason, legal basis and day of effect.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { checkChangeWords } from './change-words.ts';
import { LicenseError } from './errors.ts';
import { eventOf, insertEvent, type LicenseEvent } from './event-store.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import { nextState, stateAt, statusValue, type LicenseState, type OfficeChange } from './license.ts';
import type { LicenseParts } from './parts.ts';
import { recordCipherOf } from './record-keys.ts';
import { writeStatus } from './status.ts';
import { findLicense, type StoredLicense } from './store.ts';

export interface StatusChangeRequest {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly licenseId: string;
  readonly change: OfficeChange;
  /** Why, 1 to 500 characters; kept encrypted. */
  readonly reason: string;
  /** Law and article, 1 to 200 characters: `行政许可法第七十条第一项`. */
  readonly legalBasis: string;
  /** Instant of legal effect; now where not said. Only an annulment may act from before the decision. */
  readonly effectiveAt?: Date;
  /** Whether the holder asked for it. */
  readonly holdersWish?: boolean;
}

/**
 * Changes the status; verification shows it from the moment this resolves.
 * @throws LicenseError `scope-missing`, `department-missing`, `license-not-found` (absent or another department's),
 *   `transition-not-allowed`, `change-invalid`, `idempotency-key-invalid`, `idempotency-mismatch`
 */
export async function changeStatus(parts: LicenseParts, request: StatusChangeRequest): Promise<LicenseEvent> {
  requireScope(request.actor, 'licenses:status');
  checkKey(request.idempotencyKey);
  const license = await ownLicense(parts, request);
  // First of all: what could be asked for yesterday may not be any more, and a repetition gets yesterday's answer.
  const digest = digestOf(parts, request);
  const earlier = await earlierChange(parts, request, digest);
  if (earlier !== null) return earlier;
  const now = parts.clock();
  const effectiveAt = checkChangeWords(request, request.change, license.issuedAt, now);
  const written = await parts.database.write((tx) =>
    record(tx, parts, request, { digest, effectiveAt, now }),
  );
  const event = written ?? (await earlierChange(parts, request, digest));
  if (event === null) throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
  return event;
}

async function ownLicense(parts: LicenseParts, request: StatusChangeRequest): Promise<StoredLicense> {
  const department = departmentOf(request.actor);
  const license = await findLicense(parts.database.reader, parts, request.licenseId);
  if (license?.issuer !== department)
    throw new LicenseError('license-not-found', 'There is no such license.');
  return license;
}

function digestOf(parts: LicenseParts, request: StatusChangeRequest): string {
  const { actor, licenseId, change, reason, legalBasis, effectiveAt, holdersWish } = request;
  const asked = [
    actor.department,
    licenseId,
    change,
    reason,
    legalBasis,
    effectiveAt?.getTime() ?? null,
    holdersWish ?? false,
  ];
  return parts.index.of('license.change', JSON.stringify(asked));
}

async function earlierChange(
  parts: LicenseParts,
  request: StatusChangeRequest,
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

/** @returns null where the idempotency key was used meanwhile. */
async function record(
  tx: Writer,
  parts: LicenseParts,
  request: StatusChangeRequest,
  given: { readonly digest: string; readonly effectiveAt: Date; readonly now: Date },
): Promise<LicenseEvent | null> {
  const { actor, licenseId, change, reason, legalBasis } = request;
  const { now } = given;
  // Read again inside the write: two officers may decide at once.
  const license = await findLicense(tx, parts, licenseId);
  if (license === null) throw new LicenseError('license-not-found', 'There is no such license.');
  const from = stateAt(license.state, license.expiresAt, now);
  const to = nextState(from, change);
  const event = await insertEvent(tx, parts, {
    license: licenseId,
    change,
    from,
    to,
    effectiveAt: given.effectiveAt,
    recordedAt: now,
    reason,
    legalBasis,
    holdersWish: request.holdersWish === true,
    actor: actor.id,
    idempotencyKey: request.idempotencyKey,
    requestDigest: given.digest,
    successor: null,
    matter: null,
    caseNumber: null,
    officer: null,
    secondOfficer: null,
  });
  if (event === null) return null;
  await setState(tx, license, to);
  if (license.status !== null) {
    await writeStatus(tx, license.status, statusValue(to, license.holderKind, request.holdersWish === true));
  }
  await parts.audit.append(tx, {
    at: now,
    actor,
    action: 'license.status-changed',
    subject: licenseId,
    details: { change, from, to, effective: event.effectiveAt.toISOString(), basis: legalBasis },
  });
  return event;
}

async function setState(tx: Writer, license: StoredLicense, to: LicenseState): Promise<void> {
  if (to === 'expired') throw new LicenseError('transition-not-allowed', 'Expiry comes from the calendar.');
  const updated = await tx
    .updateTable('license')
    .set({ state: to })
    .where('id', '=', license.id)
    .where('state', '=', license.state === 'expired' ? 'issued' : license.state)
    .executeTakeFirst();
  if (updated.numUpdatedRows !== 1n)
    throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
}
