// Rows of stamps to values and back; which state follows which is decided by the where clauses here.
import type { Reader, Writer } from '../storage/database.ts';
import type { StampTable } from '../storage/schema/signing.ts';
import type { HiddenFinding } from './hidden-content.ts';
import { isStampLevel, type StampLevel } from './stamp-level.ts';
import type { Sm2Form } from './use-terms.ts';

/** Start of the smallest and end of the largest signed range: what PDF's /ByteRange holds. */
export type ByteRange = readonly [number, number, number, number];

/** What is written before a key is used. */
export interface IntendedStamp {
  readonly id: string;
  readonly client: string;
  /** Null where a larger act (license, case) holds the key. */
  readonly idempotencyKey: string | null;
  /** Labelled digest of all that is asked for. */
  readonly requestDigest: string;
  readonly department: string;
  readonly sealId: string;
  readonly sealCode: string;
  readonly certificateSerial: string;
  readonly matter: string | null;
  readonly caseNumber: string | null;
  /** Labelled digest of the document as it came. */
  readonly originalDigest: string;
  /** What was asked about the place, as plain data. */
  readonly placement: unknown;
  /** Level that was asked for. */
  readonly level: StampLevel;
  /** Hidden or changeable content that the document had. */
  readonly findings: readonly HiddenFinding[];
  readonly intendedAt: Date;
}

/** What completion adds. */
export interface StampOutcome {
  readonly resultDigest: string;
  readonly resultSize: number;
  readonly byteRange: ByteRange;
  /** Time of the time-stamp token; at level B-B the time that was claimed. */
  readonly stampedAt: Date;
  /** Empty at level B-B. */
  readonly timestampSerial: string;
  /** What the document truly has. */
  readonly level: StampLevel;
  readonly receiptId: string;
  readonly completedAt: Date;
}

/** A stamp as it stands in the books. */
export type StampRecord = IntendedStamp &
  (
    | { readonly state: 'intended' }
    | { readonly state: 'abandoned'; readonly reason: string }
    | ({
        readonly state: 'completed';
        readonly upgrade: 'none' | 'queued';
        /** What stands in the revision before the PAdES signature. */
        readonly sm2: Sm2Form;
      } & StampOutcome)
  );

/** @returns false where the client has used this idempotency key before: nothing was written then. */
export async function insertIntendedStamp(tx: Writer, stamp: IntendedStamp): Promise<boolean> {
  const result = await tx
    .insertInto('stamp')
    .values({
      id: stamp.id,
      state: 'intended',
      client: stamp.client,
      idempotency_key: stamp.idempotencyKey,
      request_digest: stamp.requestDigest,
      department: stamp.department,
      seal_id: stamp.sealId,
      seal_code: stamp.sealCode,
      certificate_serial: stamp.certificateSerial,
      matter: stamp.matter,
      case_number: stamp.caseNumber,
      original_digest: stamp.originalDigest,
      placement: JSON.stringify(stamp.placement),
      intended_at: stamp.intendedAt.toISOString(),
      completed_at: null,
      result_digest: null,
      result_size: null,
      byte_range: null,
      stamped_at: null,
      timestamp_serial: null,
      receipt_id: null,
      abandoned_reason: null,
      abandoned_at: null,
      wanted_level: stamp.level,
      level: null,
      upgrade: 'none',
      upgrade_tries: 0,
      upgrade_next_at: null,
      upgrade_reason: null,
      upgraded_digest: null,
      upgraded_size: null,
      upgraded_at: null,
      findings: JSON.stringify(stamp.findings),
    })
    .onConflict((c) => c.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** @returns whether the stamp was still intended: one that was given up meanwhile is not completed. */
export async function completeIntendedStamp(tx: Writer, id: string, outcome: StampOutcome): Promise<boolean> {
  const result = await tx
    .updateTable('stamp')
    .set({
      state: 'completed',
      completed_at: outcome.completedAt.toISOString(),
      result_digest: outcome.resultDigest,
      result_size: outcome.resultSize,
      byte_range: JSON.stringify(outcome.byteRange),
      stamped_at: outcome.stampedAt.toISOString(),
      timestamp_serial: outcome.timestampSerial,
      level: outcome.level,
      receipt_id: outcome.receiptId,
    })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Gives up stamps that are still intended. @returns those that were. */
export async function abandonIntendedStamps(
  tx: Writer,
  which: { readonly ids: readonly string[] } | { readonly before: Date },
  given: { readonly reason: string; readonly at: Date },
): Promise<readonly { readonly id: string; readonly client: string; readonly department: string }[]> {
  const update = tx
    .updateTable('stamp')
    .set({ state: 'abandoned', abandoned_reason: given.reason, abandoned_at: given.at.toISOString() })
    .where('state', '=', 'intended');
  const narrowed =
    'ids' in which
      ? update.where('id', 'in', [...which.ids])
      : update
          .where('intended_at', '<', which.before.toISOString())
          // Those that wait for a value made elsewhere have a time of their own.
          .where((e) =>
            e.not(
              e.exists(
                e
                  .selectFrom('stamp_prepared')
                  .select('stamp_prepared.id')
                  .whereRef('stamp_prepared.id', '=', 'stamp.id')
                  .where('stamp_prepared.state', 'in', ['open', 'finishing']),
              ),
            ),
          );
  return narrowed.returning(['id', 'client', 'department']).execute();
}

/** @returns null where the client never used this key. */
export async function findStampByKey(
  db: Reader | Writer,
  client: string,
  idempotencyKey: string,
): Promise<StampRecord | null> {
  const row = await recordRows(db)
    .where('stamp.client', '=', client)
    .where('stamp.idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  return row === undefined ? null : recordOf(row);
}

/** @returns null where the department has no such stamp. */
export async function findStamp(db: Reader, id: string, department: string): Promise<StampRecord | null> {
  const row = await recordRows(db)
    .where('stamp.id', '=', id)
    .where('stamp.department', '=', department)
    .executeTakeFirst();
  return row === undefined ? null : recordOf(row);
}

/** The newest completed stamps of a department. */
export async function findRecentStamps(
  db: Reader,
  department: string,
  limit: number,
): Promise<readonly StampRecord[]> {
  const rows = await recordRows(db)
    .where('stamp.department', '=', department)
    .where('stamp.state', '=', 'completed')
    .orderBy('stamp.intended_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(recordOf);
}

/** Stamps with what their use says of SM2; those of before uses were kept have none. */
function recordRows(db: Reader | Writer) {
  return db
    .selectFrom('stamp')
    .leftJoin('seal_use', 'seal_use.stamp_id', 'stamp.id')
    .selectAll('stamp')
    .select('seal_use.sm2_form');
}

function recordOf(row: StampTable & { readonly sm2_form: 'ses' | 'cms' | null }): StampRecord {
  const intended: IntendedStamp = {
    id: row.id,
    client: row.client,
    idempotencyKey: row.idempotency_key,
    requestDigest: row.request_digest,
    department: row.department,
    sealId: row.seal_id,
    sealCode: row.seal_code,
    certificateSerial: row.certificate_serial,
    matter: row.matter,
    caseNumber: row.case_number,
    originalDigest: row.original_digest,
    placement: JSON.parse(row.placement) as unknown,
    level: levelOf(row.wanted_level),
    findings: JSON.parse(row.findings ?? '[]') as readonly HiddenFinding[],
    intendedAt: new Date(row.intended_at),
  };
  if (row.state === 'intended') return { ...intended, state: 'intended' };
  if (row.state === 'abandoned') {
    return { ...intended, state: 'abandoned', reason: row.abandoned_reason ?? 'interrupted' };
  }
  return {
    ...intended,
    state: 'completed',
    // Once a stamp is at its higher level, that document is what is given out.
    resultDigest: row.upgraded_digest ?? row.result_digest ?? '',
    // Either engine may hand out a 64-bit integer as text.
    resultSize: Number(row.upgraded_size ?? row.result_size),
    byteRange: JSON.parse(row.byte_range ?? '[0,0,0,0]') as ByteRange,
    stampedAt: new Date(row.stamped_at ?? ''),
    timestampSerial: row.timestamp_serial ?? '',
    receiptId: row.receipt_id ?? '',
    level: levelOf(row.level),
    upgrade: row.upgrade === 'queued' ? 'queued' : 'none',
    sm2: row.sm2_form ?? 'none',
    completedAt: new Date(row.completed_at ?? ''),
  };
}

/** Stamps of the time when there was one level only say none. */
function levelOf(text: string | null): StampLevel {
  return text !== null && isStampLevel(text) ? text : 'B-T';
}
