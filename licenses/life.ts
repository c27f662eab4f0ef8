// One version of a license as its life goes on: its row to oneself, its state, what the public list says of it.
import type { StatusReference } from '../formats/cose/cwt.ts';
import type { Writer } from '../storage/database.ts';
import { LicenseError } from './errors.ts';
import type { HolderKind } from './holder-kind.ts';
import { isOver, statusValue, type LicenseState } from './license.ts';
import { writeStatus } from './status.ts';

/** What changes about a license, and what a change asks. Nothing of it is encrypted. */
export interface LicenseLife {
  readonly id: string;
  readonly root: string;
  readonly version: number;
  /** As recorded; expiry comes from `expiresAt`. */
  readonly state: LicenseState;
  readonly typeCode: string;
  readonly edition: number;
  readonly identifier: string;
  readonly issuer: string;
  readonly supervisor: string;
  readonly holderKind: HolderKind;
  readonly holderIndex: string | null;
  readonly status: StatusReference | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date | null;
  readonly previous: string | null;
  readonly next: string | null;
  /** First instant at which the next inspection is overdue. */
  readonly inspectBy: Date | null;
  readonly overdue: boolean;
  /** Whether its personal data was destroyed. */
  readonly destroyed: boolean;
}

/**
 * A license with its row, and that of its first version, to oneself until the write ends: two officers may decide at once.
 * @throws LicenseError `license-not-found` where no such license was issued
 */
export async function lockLicense(tx: Writer, id: string): Promise<LicenseLife> {
  const found = await tx.selectFrom('license').select('root').where('id', '=', id).executeTakeFirst();
  // Always the first version first, so that two writes never wait for each other.
  if (found !== undefined && found.root !== null && found.root !== id)
    await tx.selectFrom('license').select('id').where('id', '=', found.root).forUpdate().execute();
  const row = await tx.selectFrom('license').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (row === undefined || row.state === 'intended' || row.state === 'abandoned')
    throw new LicenseError('license-not-found', 'There is no such license.');
  return {
    id,
    root: row.root ?? id,
    version: row.version,
    state: row.state,
    typeCode: row.type_code,
    edition: row.edition,
    identifier: row.identifier,
    issuer: row.issuer,
    supervisor: row.supervisor,
    holderKind: row.holder_kind,
    holderIndex: row.holder_index,
    status:
      row.status_list === null || row.status_index === null
        ? null
        : { list: row.status_list, index: row.status_index },
    issuedAt: new Date(row.issued_at),
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
    previous: row.previous,
    next: row.next,
    inspectBy: row.inspect_by === null ? null : new Date(row.inspect_by),
    overdue: row.inspection_overdue === 1,
    destroyed: row.record === null,
  };
}

/**
 * Records the state and publishes it, in the caller's write that holds the license.
 * @param successor of a license that is superseded: the version that takes its place
 */
export async function enterState(
  tx: Writer,
  life: LicenseLife,
  to: LicenseState,
  more: { readonly holdersWish: boolean; readonly successor: string | null; readonly at: Date },
): Promise<void> {
  if (to === 'expired') throw new LicenseError('transition-not-allowed', 'Expiry comes from the calendar.');
  const updated = await tx
    .updateTable('license')
    .set({
      state: to,
      // Nobody inspects what is over.
      ...(isOver(to) ? { inspect_by: null } : {}),
      ...(to === 'superseded' ? { next: more.successor, number_index: null } : {}),
    })
    .where('id', '=', life.id)
    .where('state', '=', life.state === 'expired' ? 'issued' : life.state)
    .executeTakeFirst();
  if (updated.numUpdatedRows !== 1n)
    throw new LicenseError('transition-not-allowed', 'The license was changed meanwhile.');
  if (life.status !== null) {
    const value = statusValue(to, life.holderKind, more.holdersWish, life.overdue);
    await writeStatus(tx, life.status, value, more.at);
  }
}
