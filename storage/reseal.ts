// Seals anew what older master keys sealed: page by page, each with the place where it stopped, while everybody goes on working.
import { sql } from 'kysely';
import { CryptoError } from '../crypto/errors.ts';
import type { RecordCipher } from '../crypto/record-cipher.ts';
import type { Database, Reader, Writer } from './database.ts';
import { sealedColumns, type RowKey, type SealedColumn } from './sealed-columns.ts';

/** Values of one write. Small: other writes share its transaction. */
const PAGE = 100;
/** Name of the keys of records among the columns. */
const RECORD_KEYS = 'record_key.wrapped';

/** Where a rotation stands: columns before it are done, and documents come after all of them. */
export interface ResealCursor {
  /** Null before the first column. */
  readonly column: string | null;
  /** JSON of the last row's key; null before the first row. */
  readonly after: string | null;
}

export interface ResealedPage {
  /** Null where everything was gone through. */
  readonly next: ResealCursor | null;
  readonly resealed: number;
  /** Values that open under no key at hand, or were damaged before: left as they are. */
  readonly unopened: number;
}

/** A column whose values are sealed anew in a way of its own. */
interface Resealable {
  readonly name: string;
  readonly table: string;
  readonly column: string;
  readonly key: readonly string[];
  /** @returns the text that takes its place, or null where it is as it should be. */
  reseal(cipher: RecordCipher, current: string, key: RowKey, text: string): string | null;
}

function isForeign(text: string, current: string): boolean {
  const id = /^[a-z0-9-]{1,40}:([0-9a-f]{16}):/.exec(text)?.[1];
  return id !== undefined && id !== current;
}

function memberOf(text: string, member: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && member in value
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function resealable(column: SealedColumn): Resealable {
  const { table, member } = column;
  const again = (cipher: RecordCipher, key: RowKey, text: string): string => {
    const place = column.place(key);
    return cipher.seal(place, cipher.open(place, text));
  };
  return {
    name: `${table}.${column.column}`,
    table,
    column: column.column,
    key: column.key,
    reseal(cipher, current, key, text) {
      if (member === undefined) return isForeign(text, current) ? again(cipher, key, text) : null;
      const object = memberOf(text, member);
      const value = object?.[member];
      if (object === null || typeof value !== 'string' || !isForeign(value, current)) return null;
      return JSON.stringify({ ...object, [member]: again(cipher, key, value) });
    },
  };
}

const recordKeys: Resealable = {
  name: RECORD_KEYS,
  table: 'record_key',
  column: 'wrapped',
  key: ['record'],
  reseal: (cipher, current, [record], text) =>
    isForeign(text, current) ? cipher.rewrapRecordKey(String(record), text) : null,
};

/** Keys of records first: they are the most, and a few bytes each. */
const columns: readonly Resealable[] = [recordKeys, ...sealedColumns.map(resealable)];

/**
 * The values of a column that name neither the current key nor a record's. Base64url holds no colon, so what stands
 * between two of them is the key's name; a JSON object is looked into by `reseal`.
 */
function foreignValues(column: Resealable, current: string): ReturnType<typeof sql> {
  const value = sql.ref(column.column);
  return sql`${value} LIKE '%:%' AND ${value} NOT LIKE ${`%:${current}:%`}
    AND (${value} LIKE '{%' OR ${value} NOT LIKE '%:record:%')`;
}

async function pageOf(
  db: Reader,
  column: Resealable,
  current: string,
  after: RowKey | null,
): Promise<readonly { readonly key: RowKey; readonly text: string }[]> {
  const key = sql.join(column.key.map((name) => sql.ref(name)));
  const from =
    after === null ? sql`` : sql`AND (${key}) > (${sql.join(after.map((value) => sql.val(value)))})`;
  const { rows } = await sql<Record<string, unknown>>`
    SELECT ${key}, ${sql.ref(column.column)} AS sealed_text FROM ${sql.table(column.table)}
    WHERE ${foreignValues(column, current)} ${from}
    ORDER BY ${key} LIMIT ${sql.lit(PAGE)}`.execute(db);
  return rows.map((row) => ({
    key: column.key.map((name) => row[name] as string | number),
    text: String(row['sealed_text']),
  }));
}

/** Only where the value is still the one that was read: what somebody wrote meanwhile is newer, and sealed anew already. */
async function replace(tx: Writer, column: Resealable, key: RowKey, from: string, to: string): Promise<void> {
  const match = sql.join(
    column.key.map((name, index) => sql`${sql.ref(name)} = ${key[index]}`),
    sql` AND `,
  );
  await sql`
    UPDATE ${sql.table(column.table)} SET ${sql.ref(column.column)} = ${to}
    WHERE ${match} AND ${sql.ref(column.column)} = ${from}`.execute(tx);
}

/**
 * Does one page of a rotation.
 * @param current id of the key that seals
 * @param keep writes where the rotation stands, in the write of the page itself: a crash repeats nothing and skips nothing
 */
export async function resealPage(
  parts: { readonly database: Database; readonly cipher: RecordCipher },
  current: string,
  cursor: ResealCursor,
  keep: (tx: Writer, page: ResealedPage) => Promise<void>,
): Promise<ResealedPage> {
  const index = Math.max(
    0,
    columns.findIndex(({ name }) => name === cursor.column),
  );
  const column = columns[index];
  if (column === undefined) throw new TypeError('There is a first column.');
  const after = cursor.after === null ? null : (JSON.parse(cursor.after) as RowKey);
  const rows = await pageOf(parts.database.reader, column, current, after);
  const changes: { key: RowKey; from: string; to: string }[] = [];
  let unopened = 0;
  for (const { key, text } of rows) {
    try {
      const to = column.reseal(parts.cipher, current, key, text);
      if (to !== null) changes.push({ key, from: text, to });
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      unopened += 1;
    }
  }
  const last = rows.at(-1);
  const following = columns[index + 1];
  const next =
    last !== undefined && rows.length === PAGE
      ? { column: column.name, after: JSON.stringify(last.key) }
      : following === undefined
        ? null
        : { column: following.name, after: null };
  const page = { next, resealed: changes.length, unopened };
  await parts.database.write(async (tx) => {
    for (const { key, from, to } of changes) await replace(tx, column, key, from, to);
    await keep(tx, page);
  });
  return page;
}

/** How many values of which column are not sealed under the current key; columns without any are left out. */
export async function foreignCounts(
  db: Reader,
  current: string,
): Promise<readonly { readonly column: string; readonly count: number }[]> {
  const counts: { column: string; count: number }[] = [];
  for (const column of columns) {
    const { rows } = await sql<{ count: number | string }>`
      SELECT count(*) AS count FROM ${sql.table(column.table)}
      WHERE ${foreignValues(column, current)}
      ${column.column === 'succession' ? sql`AND ${sql.ref(column.column)} NOT LIKE '%:record:%'` : sql``}`.execute(
      db,
    );
    const count = Number(rows[0]?.count ?? 0);
    if (count > 0) counts.push({ column: column.name, count });
  }
  return counts;
}
