// The list of encrypted columns: none is missing from it, and what it says of keys and places is so.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Reader } from '../../storage/database.ts';
import { sealedColumns } from '../../storage/sealed-columns.ts';
import { openTestDatabase, type TestDatabase } from './engines.ts';

const rooms = ['api', 'ca', 'crypto', 'identity', 'licenses', 'signing', 'storage', 'bin', 'fixtures'];

interface Column {
  readonly table: string;
  readonly column: string;
  readonly keyed: boolean;
}

async function everyColumn(db: Reader): Promise<readonly Column[]> {
  const { rows } = await sql<{ table: string; column: string; pk: number }>`
    SELECT t.name AS "table", c.name AS "column", c.pk AS pk
    FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'`.execute(db);
  return rows.map(({ table, column, pk }) => ({ table, column, keyed: pk > 0 }));
}

async function sources(): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const found: { file: string; text: string }[] = [];
  for (const room of rooms) {
    for (const name of await readdir(room, { recursive: true })) {
      if (!name.endsWith('.ts') || name.includes('node_modules')) continue;
      found.push({ file: join(room, name), text: await readFile(join(room, name), 'utf8') });
    }
  }
  return found;
}

describe('the list of encrypted columns', () => {
  let store: TestDatabase;
  let columns: readonly Column[];
  before(async () => {
    store = await openTestDatabase();
    columns = await everyColumn(store.database.reader);
  });
  after(() => store.cleanup());

  const listed = (table: string, column: string): boolean =>
    sealedColumns.some((sealed) => sealed.table === table && sealed.column === column);

  it('holds every column that is called a cipher', () => {
    const ciphers = columns.filter(({ column }) => column.endsWith('_cipher'));
    assert.ok(ciphers.length > 25);
    assert.deepEqual(
      ciphers.filter(({ table, column }) => !listed(table, column)),
      [],
    );
  });

  it('names columns that exist, with their whole primary key', () => {
    for (const { table, column, key } of sealedColumns) {
      const own = columns.filter((one) => one.table === table);
      assert.ok(
        own.some((one) => one.column === column),
        `${table}.${column}`,
      );
      const keys = own.filter(({ keyed }) => keyed).map((one) => one.column);
      assert.deepEqual([...key].sort(), keys.sort(), `${table}.${column}`);
    }
    assert.equal(
      new Set(sealedColumns.map(({ table, column }) => `${table}.${column}`)).size,
      sealedColumns.length,
    );
  });

  it('knows every place that the code seals for', async () => {
    const known = new Set(
      sealedColumns.flatMap(({ table, key, place }) => {
        const { column } = place(key.map((_, index) => String(index)));
        return [`${table}.${column}`];
      }),
    );
    const places: string[] = [];
    for (const { file, text } of await sources()) {
      for (const match of text.matchAll(/\{\s*table: '([a-z_]+)',\s*column(?:: '([a-z_]+)')?,\s*row\b/g)) {
        const [, table = '', column] = match;
        // Where the column comes by argument, the table at least has one in the list.
        if (column === undefined) {
          places.push(file);
          assert.ok(
            sealedColumns.some((sealed) => sealed.table === table),
            `${file}: ${table}`,
          );
          continue;
        }
        places.push(file);
        assert.ok(known.has(`${table}.${column}`), `${file}: ${table}.${column}`);
      }
    }
    assert.ok(places.length > 25, `only ${places.length} places were found`);
  });
});
