// Rows of presentations to values, and the few conditional updates by which they change state: each has one winner.
import type { Reader, Writer } from '../storage/database.ts';
import type { PresentationState, PresentationTable } from '../storage/schema/presentations.ts';

/** A showing as it stands. */
export interface Presentation {
  readonly id: string;
  /** At the instant asked about: what nobody answered in time has lapsed or ended. */
  readonly state: PresentationState;
  readonly holder: string;
  readonly licenses: readonly string[];
  readonly shownAt: Date;
  readonly shownUntil: Date;
  readonly reason: string | null;
  readonly claim: Claim | null;
}

/** What a verifier asked for. */
export interface Claim {
  readonly verifier: string;
  readonly department: string;
  readonly matter: string;
  readonly caseNumber: string;
  readonly license: string;
  readonly fields: readonly string[];
  /** Two digits, at the desk and on the holder's screen. */
  readonly matchNumber: number;
  readonly claimedAt: Date;
  /** Until when the holder may agree; once agreed, until when the answer may be fetched. */
  readonly until: Date;
  readonly decidedAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly receiptId: string | null;
}

/** The state at an instant: time ends what nobody answered, whether or not it was swept yet. */
export function stateNow(row: PresentationTable, now: Date): PresentationState {
  const at = now.toISOString();
  if (row.state === 'shown' && row.shown_until <= at) return 'ended';
  const waits = row.state === 'claimed' || row.state === 'approved';
  return waits && (row.claim_until ?? '') <= at ? 'lapsed' : row.state;
}

export function presentationOf(row: PresentationTable, now: Date): Presentation {
  return {
    id: row.id,
    state: stateNow(row, now),
    holder: row.holder,
    licenses: JSON.parse(row.licenses) as readonly string[],
    shownAt: new Date(row.shown_at),
    shownUntil: new Date(row.shown_until),
    reason: row.reason,
    claim: claimOf(row),
  };
}

function claimOf(row: PresentationTable): Claim | null {
  const { verifier, department, matter, case_number: caseNumber, license, fields } = row;
  const { match_number: matchNumber, claimed_at: claimedAt, claim_until: until } = row;
  if (verifier === null || department === null || matter === null || caseNumber === null) return null;
  if (license === null || fields === null || matchNumber === null || claimedAt === null || until === null)
    return null;
  return {
    verifier,
    department,
    matter,
    caseNumber,
    license,
    fields: JSON.parse(fields) as readonly string[],
    matchNumber,
    claimedAt: new Date(claimedAt),
    until: new Date(until),
    decidedAt: row.decided_at === null ? null : new Date(row.decided_at),
    deliveredAt: row.delivered_at === null ? null : new Date(row.delivered_at),
    receiptId: row.receipt_id,
  };
}

/** @returns undefined where there is none of this identifier. */
export function presentationRow(db: Reader | Writer, id: string): Promise<PresentationTable | undefined> {
  return db.selectFrom('presentation').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The showing whose picture holds this token now; locked to the end of the write. */
export function shownByToken(
  tx: Writer,
  tokenDigest: string,
  now: Date,
): Promise<PresentationTable | undefined> {
  return tx
    .selectFrom('presentation')
    .selectAll()
    .where('token_digest', '=', tokenDigest)
    .where('state', '=', 'shown')
    .where('shown_until', '>', now.toISOString())
    .forUpdate()
    .executeTakeFirst();
}

/** The showing whose ten digits begin so; locked to the end of the write. */
export function shownByLocator(
  tx: Writer,
  locatorMac: string,
  now: Date,
): Promise<PresentationTable | undefined> {
  return tx
    .selectFrom('presentation')
    .selectAll()
    .where('locator_mac', '=', locatorMac)
    .where('state', '=', 'shown')
    .where('shown_until', '>', now.toISOString())
    .forUpdate()
    .executeTakeFirst();
}

/** A change from one state to another with everything that goes with it. @returns whether this call made it. */
export async function move(
  tx: Writer,
  id: string,
  from: PresentationState,
  set: Partial<PresentationTable> & { readonly state: PresentationState },
): Promise<boolean> {
  const moved = await tx
    .updateTable('presentation')
    .set(set)
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst();
  return moved.numUpdatedRows === 1n;
}

/** Nothing of the picture or the digits finds the showing any more. */
export const withoutCodes = { token_digest: null, locator_mac: null, digits_mac: null } as const;
