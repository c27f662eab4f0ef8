// Rows of change requests: what one officer asked for and another decides on.
import { isPersonId } from '../storage/actor.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { LicenseChangeRequestState, LicenseChangeRequestTable } from '../storage/schema/license-life.ts';
import { LicenseError } from './errors.ts';
import type { LicenseChange } from './license.ts';
import type { LicenseType } from './type.ts';

/** A change request as the desk sees it. */
export interface ChangeRequest {
  /** `lcr_…` */
  readonly id: string;
  readonly license: string;
  readonly change: string;
  readonly state: LicenseChangeRequestState;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  /** What it led to: id of the version issued, or sequence of the event; of a lapsed one the refusal's code. */
  readonly outcome: string | null;
}

/** Where the request's own words are sealed. */
export const payloadPlace = (row: string): { table: string; column: string; row: string } => ({
  table: 'license_change_request',
  column: 'payload',
  row,
});
/** Where the words of a rejection are sealed. */
export const reasonPlace = (row: string): { table: string; column: string; row: string } => ({
  table: 'license_change_request',
  column: 'decision_reason',
  row,
});

/** A row, without what is encrypted. */
export function requestOf(row: LicenseChangeRequestTable): ChangeRequest {
  return {
    id: row.id,
    license: row.license,
    change: row.change,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: new Date(row.requested_at),
    expiresAt: new Date(row.expires_at),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at === null ? null : new Date(row.decided_at),
    outcome: row.outcome,
  };
}

/**
 * Where the type demands a second person for a change, the approved request that another officer decided.
 * @returns who asked and who approved; null where the type demands nobody
 * @throws LicenseError `second-person-required`
 */
export async function requireApproval(
  db: Reader | Writer,
  type: Pick<LicenseType, 'secondPerson'>,
  asked: { readonly license: string; readonly change: LicenseChange; readonly request: string | undefined },
): Promise<{ readonly officer: string; readonly secondOfficer: string } | null> {
  const demanded = type.secondPerson?.some((change) => change === asked.change) === true;
  if (!demanded && asked.request === undefined) return null;
  const row =
    asked.request === undefined
      ? undefined
      : await db
          .selectFrom('license_change_request')
          .select(['requested_by', 'decided_by'])
          .where('id', '=', asked.request)
          .where('license', '=', asked.license)
          .where('change', '=', asked.change)
          .where('state', '=', 'approved')
          .executeTakeFirst();
  if (
    row === undefined ||
    row.decided_by === null ||
    row.decided_by === row.requested_by ||
    !isPersonId(row.decided_by)
  ) {
    throw new LicenseError(
      'second-person-required',
      'The type demands a second person for this change: ask for it, and let another officer approve it.',
    );
  }
  return { officer: row.requested_by, secondOfficer: row.decided_by };
}
