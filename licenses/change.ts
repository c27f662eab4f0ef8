// Changes the status of a license: by the office that issued it, with reason, legal basis and day of effect.
import type { Actor } from '../storage/actor.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { LicenseEventTable } from '../storage/schema/licenses.ts';
import { LicenseError } from './errors.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import {
  nextState,
  stateAt,
  statusValue,
  transitions,
  type LicenseState,
  type OfficeChange,
} from './license.ts';
import type { LicenseParts } from './parts.ts';
import { holdsUnprintable, linesHoldUnprintable, withoutResidentNumbers } from './plain-text.ts';
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

/** A recorded change. */
export interface LicenseEvent {
  readonly sequence: number;
  readonly change: string;
  readonly from: LicenseState;
  readonly to: LicenseState;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly reason: string;
  readonly legalBasis: string;
  readonly holdersWish: boolean;
}

const MAX_REASON = 500;
const MAX_BASIS = 200;
/** Clocks of callers may run this far ahead of ours. */
const TOLERANCE = 60_000;

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
  const effectiveAt = checkWords(request, license, now);
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

function checkWords(request: StatusChangeRequest, license: StoredLicense, now: Date): Date {
  const invalid = (message: string): LicenseError => new LicenseError('change-invalid', message);
  const fits = (text: string, most: number): boolean => text.trim() !== '' && Array.from(text).length <= most;
  if (!fits(request.reason, MAX_REASON))
    throw invalid(`A change has a reason of 1 to ${MAX_REASON} characters.`);
  if (!fits(request.legalBasis, MAX_BASIS))
    throw invalid(`A change has a legal basis of 1 to ${MAX_BASIS} characters.`);
  if (linesHoldUnprintable(request.reason))
    throw invalid('The reason holds a control or invisible character.');
  if (holdsUnprintable(request.legalBasis))
    throw invalid('The legal basis holds a control or invisible character.');
  // It is kept in clear, in the audit log too.
  if (withoutResidentNumbers(request.legalBasis, now) !== request.legalBasis)
    throw invalid("The legal basis names a law and its article, and no person's number.");
  const effectiveAt = request.effectiveAt ?? now;
  if (Number.isNaN(effectiveAt.getTime())) throw invalid('The instant of effect is no time.');
  if (effectiveAt.getTime() > now.getTime() + TOLERANCE)
    throw invalid('A change cannot take effect in the future.');
  if (effectiveAt < license.issuedAt)
    throw invalid('A change cannot take effect before the license was issued.');
  if (!transitions[request.change].retroactive && effectiveAt.getTime() < now.getTime() - 86_400_000) {
    throw invalid('Only an annulment may take effect before it is decided.');
  }
  return effectiveAt;
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
  return eventOf(parts, row);
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
  const { count } = await tx
    .selectFrom('license_event')
    .select((e) => e.fn.countAll().as('count'))
    .where('license', '=', licenseId)
    .executeTakeFirstOrThrow();
  const sequence = Number(count) + 1;
  const row: LicenseEventTable = {
    license: licenseId,
    sequence,
    kind: change,
    from_state: from,
    to_state: to,
    effective_at: given.effectiveAt.toISOString(),
    recorded_at: now.toISOString(),
    reason: parts.cipher.seal(reasonPlace(licenseId, sequence), reason),
    legal_basis: legalBasis,
    holders_wish: request.holdersWish === true ? 1 : 0,
    actor: actor.id,
    client: actor.id,
    idempotency_key: request.idempotencyKey,
    request_digest: given.digest,
  };
  const inserted = await tx
    .insertInto('license_event')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) return null;
  await setState(tx, license, to);
  if (license.status !== null) {
    await writeStatus(tx, license.status, statusValue(to, license.holderKind, request.holdersWish === true));
  }
  await parts.audit.append(tx, {
    at: now,
    actor,
    action: 'license.status-changed',
    subject: licenseId,
    details: { change, from, to, effective: row.effective_at, basis: legalBasis },
  });
  return eventOf(parts, row);
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

function reasonPlace(license: string, sequence: number): { table: string; column: string; row: string } {
  return { table: 'license_event', column: 'reason', row: `${license}:${sequence}` };
}

function eventOf(parts: Pick<LicenseParts, 'cipher'>, row: LicenseEventTable): LicenseEvent {
  return {
    sequence: row.sequence,
    change: row.kind,
    from: row.from_state as LicenseState,
    to: row.to_state as LicenseState,
    effectiveAt: new Date(row.effective_at),
    recordedAt: new Date(row.recorded_at),
    reason: parts.cipher.open(reasonPlace(row.license, row.sequence), row.reason),
    legalBasis: row.legal_basis,
    holdersWish: row.holders_wish === 1,
  };
}

/** Every change of a license, in order. */
export async function eventsOf(
  parts: Pick<LicenseParts, 'cipher'>,
  db: Reader,
  licenseId: string,
): Promise<readonly LicenseEvent[]> {
  const rows = await db
    .selectFrom('license_event')
    .selectAll()
    .where('license', '=', licenseId)
    .orderBy('sequence')
    .execute();
  return rows.map((row) => eventOf(parts, row));
}
