// Rows of license events: what happened to a license, why, and on what basis. The reason is encrypted.
import type { FieldCipher } from '../crypto/field-cipher.ts';
import type { RecordCipher } from '../crypto/record-cipher.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { LicenseEventTable } from '../storage/schema/licenses.ts';
import type { EventKind, LicenseState } from './license.ts';
import { recordCipherOf } from './record-keys.ts';
import type { TimelineEvent } from './timeline.ts';

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
  /** The version, or the other license, that took its place. */
  readonly successor: string | null;
  /** Matter and case under which it was decided. */
  readonly matter: string | null;
  readonly caseNumber: string | null;
  /** Who decided, and the second person where the type demands one: opaque names, never those of people. */
  readonly officer: string | null;
  readonly secondOfficer: string | null;
  /** Facts that are nobody's secret, by name. */
  readonly details: Readonly<Record<string, string>>;
  /** Sequence of the event it takes back. */
  readonly target: number | null;
}

/** An event about to be written. */
export interface NewEvent {
  readonly license: string;
  readonly change: EventKind;
  readonly from: LicenseState;
  readonly to: LicenseState;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly reason: string;
  readonly legalBasis: string;
  readonly holdersWish: boolean;
  readonly actor: string;
  readonly idempotencyKey: string;
  readonly requestDigest: string;
  readonly successor: string | null;
  readonly matter: string | null;
  readonly caseNumber: string | null;
  readonly officer: string | null;
  readonly secondOfficer: string | null;
  readonly details?: Readonly<Record<string, string>>;
  readonly target?: number;
}

type Ciphers = { readonly cipher: RecordCipher };

/** @returns the event as recorded, or null where the client used the idempotency key before: nothing was written then. */
export async function insertEvent(tx: Writer, parts: Ciphers, event: NewEvent): Promise<LicenseEvent | null> {
  const { last } = await tx
    .selectFrom('license_event')
    .select((e) => e.fn.max<number | null>('sequence').as('last'))
    .where('license', '=', event.license)
    .executeTakeFirstOrThrow();
  const sequence = (last ?? 0) + 1;
  const cipher = await recordCipherOf(tx, parts, event.license);
  const row: LicenseEventTable = {
    license: event.license,
    sequence,
    kind: event.change,
    from_state: event.from,
    to_state: event.to,
    effective_at: event.effectiveAt.toISOString(),
    recorded_at: event.recordedAt.toISOString(),
    reason: cipher.seal(reasonPlace(event.license, sequence), event.reason),
    legal_basis: event.legalBasis,
    holders_wish: event.holdersWish ? 1 : 0,
    actor: event.actor,
    client: event.actor,
    idempotency_key: event.idempotencyKey,
    request_digest: event.requestDigest,
    successor: event.successor,
    matter: event.matter,
    case_number: event.caseNumber,
    officer: event.officer,
    second_officer: event.secondOfficer,
    details: event.details === undefined ? null : JSON.stringify(event.details),
    target: event.target ?? null,
  };
  const inserted = await tx
    .insertInto('license_event')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n ? eventOf(cipher, row) : null;
}

/** Whether the client recorded an event under this key. */
export async function isKeyUsed(tx: Writer, client: string, idempotencyKey: string): Promise<boolean> {
  const row = await tx
    .selectFrom('license_event')
    .select('sequence')
    .where('client', '=', client)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  return row !== undefined;
}

function reasonPlace(license: string, sequence: number): { table: string; column: string; row: string } {
  return { table: 'license_event', column: 'reason', row: `${license}:${sequence}` };
}

/** A row, read. @param cipher of the record (record-keys.ts) */
export function eventOf(cipher: FieldCipher, row: LicenseEventTable): LicenseEvent {
  return {
    sequence: row.sequence,
    change: row.kind,
    from: row.from_state as LicenseState,
    to: row.to_state as LicenseState,
    effectiveAt: new Date(row.effective_at),
    recordedAt: new Date(row.recorded_at),
    reason: row.reason === '' ? '' : cipher.open(reasonPlace(row.license, row.sequence), row.reason),
    legalBasis: row.legal_basis,
    holdersWish: row.holders_wish === 1,
    successor: row.successor,
    matter: row.matter,
    caseNumber: row.case_number,
    officer: row.officer,
    secondOfficer: row.second_officer,
    details: row.details === null ? {} : (JSON.parse(row.details) as Readonly<Record<string, string>>),
    target: row.target,
  };
}

/** Every change of one version of a license, in order. */
export async function eventsOf(
  parts: Ciphers,
  db: Reader,
  licenseId: string,
): Promise<readonly LicenseEvent[]> {
  const rows = await db
    .selectFrom('license_event')
    .selectAll()
    .where('license', '=', licenseId)
    .orderBy('sequence')
    .execute();
  if (rows.length === 0) return [];
  const cipher = await recordCipherOf(db, parts, licenseId);
  return rows.map((row) => eventOf(cipher, row));
}

/** What the events of one version of a license do to its state, in the order of their recording. */
export async function timelineOf(db: Reader | Writer, licenseId: string): Promise<readonly TimelineEvent[]> {
  const rows = await db
    .selectFrom('license_event')
    .select(['sequence', 'kind', 'effective_at', 'recorded_at', 'target', 'holders_wish', 'successor'])
    .where('license', '=', licenseId)
    .orderBy('sequence')
    .execute();
  return rows.map((row) => ({
    sequence: row.sequence,
    kind: row.kind,
    effectiveAt: new Date(row.effective_at),
    recordedAt: new Date(row.recorded_at),
    target: row.target,
    holdersWish: row.holders_wish === 1,
    successor: row.successor,
  }));
}
