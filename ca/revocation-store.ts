// Rows of ca_revocation, read and changed; the only file that knows their columns. A certificate without a row is good.
import { sql } from 'kysely';
import { fromHex } from '../formats/bytes.ts';
import type { CrlEntry, RevocationReason } from '../formats/x509/crl.ts';
import type { Reader, Writer } from '../storage/database.ts';

export type RevocationState = 'revoked' | 'held' | 'released';

/** What became of a certificate after it was issued. */
export interface Revocation {
  readonly state: RevocationState;
  readonly reason: RevocationReason;
  readonly revokedAt: Date;
  readonly invalidityDate: Date | null;
}

/** A certificate as status services see it: under which authority it was issued, and what was recorded since. */
export interface IssuedStatus {
  readonly authority: string;
  /** Null where nothing was ever recorded: good. */
  readonly revocation: Revocation | null;
}

/** What a list speaks for: one shard of an authority, or all of them. */
export interface CrlScope {
  readonly authority: string;
  readonly shard: number;
}

/** The shard of a list that speaks for every certificate of its authority. */
export const WHOLE = -1;

interface Row {
  state: string;
  reason: string;
  revoked_at: string;
  invalidity_date: string | null;
}

function revocationOf(row: Row): Revocation {
  return {
    state: row.state as RevocationState,
    reason: row.reason as RevocationReason,
    revokedAt: new Date(row.revoked_at),
    invalidityDate: row.invalidity_date === null ? null : new Date(row.invalidity_date),
  };
}

function entryOf(row: Omit<Row, 'state'> & { readonly serial: string }): CrlEntry {
  return {
    serialNumber: fromHex(row.serial),
    revocationDate: new Date(row.revoked_at),
    reason: row.reason as RevocationReason,
    invalidityDate: row.invalidity_date === null ? null : new Date(row.invalidity_date),
  };
}

/**
 * Counts one change of status up and holds the authority's row until the write ends, so that changes are numbered in
 * the order in which they are committed.
 */
export async function nextChange(tx: Writer, authority: string): Promise<number> {
  const row = await tx
    .updateTable('ca_authority')
    .set((row) => ({ changes: row('changes', '+', 1) }))
    .where('name', '=', authority)
    .returning('changes')
    .executeTakeFirstOrThrow();
  return row.changes;
}

/** Holds the authority's row until the write ends. @returns how many changes it has recorded. */
export async function lockChanges(tx: Writer, authority: string): Promise<number> {
  const row = await tx
    .selectFrom('ca_authority')
    .select('changes')
    .where('name', '=', authority)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return row.changes;
}

export async function findRevocation(reader: Reader | Writer, serial: string): Promise<Revocation | null> {
  const row = await reader
    .selectFrom('ca_revocation')
    .select(['state', 'reason', 'revoked_at', 'invalidity_date'])
    .where('serial', '=', serial)
    .executeTakeFirst();
  return row === undefined ? null : revocationOf(row);
}

/** Records the present status of a certificate over what stood before. @param change - from `nextChange` in this write. */
export async function writeRevocation(
  tx: Writer,
  serial: string,
  revocation: Revocation,
  change: number,
): Promise<void> {
  const { authority, shard } = await tx
    .selectFrom('ca_certificate')
    .select(['authority', 'shard'])
    .where('serial', '=', serial)
    .executeTakeFirstOrThrow();
  const status = {
    state: revocation.state,
    reason: revocation.reason,
    revoked_at: revocation.revokedAt.toISOString(),
    invalidity_date: revocation.invalidityDate?.toISOString() ?? null,
    change,
  };
  await tx
    .insertInto('ca_revocation')
    .values({ serial, authority, shard, ...status })
    .onConflict((conflict) => conflict.column('serial').doUpdateSet(status))
    .execute();
}

/** Takes an authority whose own certificate is revoked out of use. */
export async function markAuthorityRevoked(tx: Writer, serial: string): Promise<void> {
  await tx.updateTable('ca_authority').set({ state: 'revoked' }).where('certificate', '=', serial).execute();
}

/** Status of every certificate among `serials` that was issued; one merely intended or abandoned is absent. */
export async function statusesOf(
  reader: Reader,
  serials: readonly string[],
): Promise<ReadonlyMap<string, IssuedStatus>> {
  const rows = await reader
    .selectFrom('ca_certificate')
    .leftJoin('ca_revocation', 'ca_revocation.serial', 'ca_certificate.serial')
    .select([
      'ca_certificate.serial as serial',
      'ca_certificate.authority as authority',
      'ca_revocation.state as state',
      'ca_revocation.reason as reason',
      'ca_revocation.revoked_at as revoked_at',
      'ca_revocation.invalidity_date as invalidity_date',
    ])
    .where('ca_certificate.serial', 'in', [...serials])
    .where('ca_certificate.state', '=', 'issued')
    .execute();
  return new Map(
    rows.map(({ serial, authority, state, reason, revoked_at, invalidity_date }) => [
      serial,
      {
        authority,
        revocation:
          state === null || reason === null || revoked_at === null
            ? null
            : revocationOf({ state, reason, revoked_at, invalidity_date }),
      },
    ]),
  );
}

/** How many changes each authority has recorded. */
export async function changesOfAll(reader: Reader): Promise<ReadonlyMap<string, number>> {
  const rows = await reader.selectFrom('ca_authority').select(['name', 'changes']).execute();
  return new Map(rows.map(({ name, changes }) => [name, changes]));
}

/** Serials whose status changed after `change`, at most `limit`. */
export async function changedSerials(
  reader: Reader,
  authority: string,
  change: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await reader
    .selectFrom('ca_revocation')
    .select('serial')
    .where('authority', '=', authority)
    .where('change', '>', change)
    .orderBy('change')
    .limit(limit)
    .execute();
  return rows.map(({ serial }) => serial);
}

function ofScope(reader: Reader, { authority, shard }: CrlScope) {
  const rows = reader.selectFrom('ca_revocation').where('authority', '=', authority);
  return shard === WHOLE ? rows : rows.where('shard', '=', shard);
}

/** Number of the last change in the scope; −1 where there was none. */
export async function lastChange(reader: Reader, scope: CrlScope): Promise<number> {
  const row = await ofScope(reader, scope)
    .select('change')
    .orderBy('change', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.change ?? -1;
}

/** How many changes of the scope came after `change`, counted up to `limit`. */
export async function countChanges(
  reader: Reader,
  scope: CrlScope,
  change: number,
  limit: number,
): Promise<number> {
  const row = await reader
    .selectFrom(
      ofScope(reader, scope)
        .select('change')
        .where('change', '>', change)
        .orderBy('change')
        .limit(limit)
        .as('changed'),
    )
    .select((changed) => changed.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Entries of equal encoded length: how many, and one of them. */
export interface EntryShape {
  readonly count: number;
  readonly sample: CrlEntry;
}

/** A part of a scope, and after what the next part begins; null at the end. */
export interface Part<T, Key = string> {
  readonly values: readonly T[];
  readonly next: Key | null;
}

/**
 * What changed in the scope after `change`, `limit` at a time in order of changes: entries of a delta list. A hold that
 * was released stands as removeFromCRL, also where it began after the base: some list in between may have named it (RFC
 * 5280 section 5.2.4).
 */
export async function changedEntries(
  reader: Reader,
  scope: CrlScope,
  change: number,
  limit: number,
): Promise<Part<CrlEntry, number>> {
  const rows = await ofScope(reader, scope)
    .select(['serial', 'state', 'reason', 'revoked_at', 'invalidity_date', 'change'])
    .where('change', '>', change)
    .orderBy('change')
    .limit(limit)
    .execute();
  const values = rows.map((row) => {
    const entry = entryOf(row);
    return row.state === 'released'
      ? { ...entry, reason: 'removeFromCRL' as const, invalidityDate: null }
      : entry;
  });
  return { values, next: rows.length < limit ? null : (rows.at(-1)?.change ?? null) };
}

/**
 * The next `limit` rows by serial among which a scope's are, each saying whether a full list has it. Of a whole authority all
 * rows are walked, others' too: sorting its own anew for each part would take longer the more there are.
 */
function walked(reader: Reader, { authority, shard }: CrlScope, after: string, limit: number) {
  const all = reader.selectFrom('ca_revocation');
  const rows = shard === WHOLE ? all : all.where('authority', '=', authority).where('shard', '=', shard);
  return rows
    .select(['serial', 'reason', 'revoked_at', 'invalidity_date'])
    .select(
      sql<number>`CASE WHEN authority = ${authority} AND state IN ('revoked', 'held') THEN 1 ELSE 0 END`.as(
        'listed',
      ),
    )
    .where('serial', '>', after)
    .orderBy('serial')
    .limit(limit)
    .as('part');
}

/**
 * Entries of a full list, `limit` at most, as the rows that `CrlRowEncoder` reads: the database joins them, since an object
 * for each of a million would be a multiple of the list.
 */
export async function listedRows(
  reader: Reader,
  scope: CrlScope,
  after: string,
  limit: number,
): Promise<{ readonly rows: string; readonly next: string | null }> {
  const { count, last, rows } = await reader
    .selectFrom(walked(reader, scope, after, limit))
    .select((part) => [
      part.fn.countAll<number>().as('count'),
      part.fn.max<string | null>('serial').as('last'),
      sql<
        string | null
      >`string_agg(serial || ' ' || reason || ' ' || revoked_at || ' ' || coalesce(invalidity_date, ''), ';' ORDER BY serial)
        FILTER (WHERE listed = 1)`.as('rows'),
    ])
    .executeTakeFirstOrThrow();
  return { rows: rows ?? '', next: count < limit ? null : last };
}

/** What decides the encoded length of the next entries of a full list, `limit` at most, counted by the database. */
export async function listedShapes(
  reader: Reader,
  scope: CrlScope,
  after: string,
  limit: number,
): Promise<Part<EntryShape>> {
  const rows = await reader
    .selectFrom(walked(reader, scope, after, limit))
    .select((part) => [
      'listed',
      part.fn.countAll<number>().as('count'),
      part.fn.min('serial').as('serial'),
      part.fn.max('serial').as('last'),
      part.fn.min('reason').as('reason'),
      part.fn.min('revoked_at').as('revoked_at'),
      part.fn.min<string | null>('invalidity_date').as('invalidity_date'),
    ])
    .groupBy([
      'listed',
      'reason',
      sql`length(serial)`,
      // From 2050 on a date is two octets longer (RFC 5280 section 4.1.2.5).
      sql`revoked_at >= '2050'`,
      sql`invalidity_date IS NULL`,
    ])
    .execute();
  const values = rows.flatMap((row) =>
    row.listed === 1 ? [{ count: row.count, sample: entryOf(row) }] : [],
  );
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  const last = rows.reduce((latest, row) => (row.last > latest ? row.last : latest), '');
  return { values, next: total < limit ? null : last };
}
