// Rows of ca_crl, read and changed; the only file that knows their columns.
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { lockChanges, type CrlScope } from './revocation-store.ts';

export type CrlKind = 'full' | 'delta';

/** A list that was signed, checked and recorded. */
export interface StoredCrl extends CrlScope {
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly entries: number;
  /** Every change up to this one is in it (with its base, for a delta). */
  readonly change: number;
  readonly baseNumber: number | null;
  readonly size: number;
  /** Digest of a large list in the document store; null where the row holds the list. */
  readonly document: string | null;
}

/** The newest complete list of its kind in the scope. */
export async function newestCrl(reader: Reader, scope: CrlScope, kind: CrlKind): Promise<StoredCrl | null> {
  const row = await reader
    .selectFrom('ca_crl')
    .select(['number', 'this_update', 'next_update', 'entries', 'change', 'base_number', 'document', 'size'])
    .where('authority', '=', scope.authority)
    .where('shard', '=', scope.shard)
    .where('base_number', kind === 'full' ? 'is' : 'is not', null)
    .where('size', 'is not', null)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined || row.size === null) return null;
  return {
    ...scope,
    number: row.number,
    thisUpdate: new Date(row.this_update),
    nextUpdate: new Date(row.next_update),
    entries: row.entries,
    change: row.change,
    baseNumber: row.base_number,
    document: row.document,
    size: row.size,
  };
}

/** The bytes of a list whose row holds them. */
export async function crlBytes(
  reader: Reader,
  authority: string,
  number: number,
): Promise<Uint8Array | null> {
  const row = await reader
    .selectFrom('ca_crl')
    .select('der')
    .where('authority', '=', authority)
    .where('number', '=', number)
    .executeTakeFirst();
  return row === undefined || row.der === null ? null : fromBase64(row.der);
}

/** When the newest full list of the scope that was begun and never completed was begun, after `since`. */
export async function fullListUnderWay(reader: Reader, scope: CrlScope, since: Date): Promise<boolean> {
  const row = await reader
    .selectFrom('ca_crl')
    .select('number')
    .where('authority', '=', scope.authority)
    .where('shard', '=', scope.shard)
    .where('base_number', 'is', null)
    .where('size', 'is', null)
    .where('this_update', '>', since.toISOString())
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Takes the authority's next list number before the key is used. Its row is held meanwhile, so numbers rise strictly over
 * all lists and nodes; one whose list is never completed stays unused.
 */
export async function intendCrl(
  tx: Writer,
  scope: CrlScope,
  list: { readonly thisUpdate: Date; readonly nextUpdate: Date; readonly baseNumber: number | null },
): Promise<number> {
  await lockChanges(tx, scope.authority);
  const last = await tx
    .selectFrom('ca_crl')
    .select('number')
    .where('authority', '=', scope.authority)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const number = (last?.number ?? 0) + 1;
  await tx
    .insertInto('ca_crl')
    .values({
      authority: scope.authority,
      number,
      der: null,
      this_update: list.thisUpdate.toISOString(),
      next_update: list.nextUpdate.toISOString(),
      entries: 0,
      shard: scope.shard,
      base_number: list.baseNumber,
      change: -1,
      document: null,
      size: null,
    })
    .execute();
  return number;
}

/**
 * Records a list as complete.
 * @returns false, and nothing recorded, where another node published meanwhile and the order of numbers would contradict
 *   the order of what the lists contain (RFC 5280 section 5.2.3: a higher number is a newer list).
 */
export async function completeCrl(
  tx: Writer,
  scope: CrlScope,
  list: {
    readonly number: number;
    readonly entries: number;
    readonly change: number;
    readonly size: number;
    readonly der: Uint8Array | null;
    readonly document: string | null;
  },
): Promise<boolean> {
  await lockChanges(tx, scope.authority);
  const { number, change } = list;
  const complete = tx
    .selectFrom('ca_crl')
    .select('change')
    .where('authority', '=', scope.authority)
    .where('shard', '=', scope.shard)
    .where('size', 'is not', null);
  // Complete lists are in order among each other, so the neighbours speak for all.
  const below = await complete
    .where('number', '<', number)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const above = await complete.where('number', '>', number).orderBy('number').limit(1).executeTakeFirst();
  if ((below?.change ?? -1) > change || (above?.change ?? change) < change) return false;
  await tx
    .updateTable('ca_crl')
    .set({
      der: list.der === null ? null : toBase64(list.der),
      entries: list.entries,
      change,
      size: list.size,
      document: list.document,
    })
    .where('authority', '=', scope.authority)
    .where('number', '=', number)
    .execute();
  return true;
}
