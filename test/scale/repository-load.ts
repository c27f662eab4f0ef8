// Fills a repository with generated licenses: every row that issuing one leaves, made anew for each, under keys of their own.
import { randomBytes } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { sql } from 'kysely';
import { formatLicenseIdentifier } from '../../formats/identifiers/license-identifier.ts';
import { completeUscc } from '../../formats/identifiers/uscc.ts';
import { holderIndex, numberIndex, type StoredLicense } from '../../licenses/store.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import type { Database, Reader } from '../../storage/database.ts';

type Row = Record<string, unknown>;
type Rows = Readonly<Record<string, readonly Row[]>>;

/** Licenses of one write. */
const PAGE = 1000;
/** How many licenses a holder has; a few are chains with two hundred. */
const PER_HOLDER = 3;

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** Rows of every table, counted. */
export async function countRows(
  db: Reader,
  engine: Database['engine'],
): Promise<ReadonlyMap<string, number>> {
  const tables =
    engine === 'sqlite'
      ? sql<{
          name: string;
        }>`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
      : sql<{
          name: string;
        }>`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()`;
  const counts = new Map<string, number>();
  for (const { name } of (await tables.execute(db)).rows) {
    const { rows } = await sql<{ n: number | string }>`SELECT count(*) AS n FROM ${sql.table(name)}`.execute(
      db,
    );
    counts.set(name, Number(rows[0]?.n ?? 0));
  }
  return counts;
}

/** The rows that issuing `license` left, by table: what each generated license is made like. */
export async function rowsOf(db: Reader, license: StoredLicense): Promise<Rows> {
  const where = async (table: string, column: string, value: string): Promise<readonly Row[]> =>
    (await sql<Row>`SELECT * FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${value}`.execute(db)).rows;
  const { list = 0, index = 0 } = license.status ?? {};
  return {
    license_act: await where('license_act', 'id', license.act),
    license: await where('license', 'id', license.id),
    license_holder: await where('license_holder', 'license', license.id),
    license_outbox: await where('license_outbox', 'license', license.id),
    record_key: await where('record_key', 'record', license.root),
    stamp: await where('stamp', 'id', license.stampId),
    seal_use: await where('seal_use', 'stamp_id', license.stampId),
    license_act_stamp: await where('license_act_stamp', 'act', license.act),
    status_entry: (
      await sql<Row>`SELECT * FROM status_entry WHERE list = ${list} AND entry = ${index}`.execute(db)
    ).rows,
    audit_log: [
      ...(await where('audit_log', 'subject', license.id)),
      ...(await where('audit_log', 'subject', license.stampId)),
    ],
  };
}

/** A holder's code by its number: valid, so that the way in by HTTP would take it. */
export function holderCode(holder: number): string {
  return completeUscc(`91120105MA${String(holder).padStart(7, '0')}`);
}

/** Index of a license of the first chain. */
export const FIRST_OF_CHAIN = 600;

/** Whose license the `index`-th is. */
export function holderOfIndex(index: number): number {
  const round = Math.floor(index / 600);
  // Two hundred of six hundred belong to one, now and then: chains of shops.
  return index % 600 < 200 && round % 333 === 1 ? 9_000_000 + round : Math.floor(index / PER_HOLDER);
}

export interface Loader {
  /** Generated so far. */
  readonly size: number;
  /** Brings the repository to `size` licenses. */
  fillTo(size: number): Promise<void>;
  /** Where a generated license is found: its id, its holder's code, its code's id. */
  sample(index: number): { readonly id: string; readonly holder: string; readonly codeId: string };
}

/** @param like an issued license whose rows are the pattern */
export async function openLoader(parts: LicenseParts, like: StoredLicense): Promise<Loader> {
  const { database } = parts;
  const pattern = await rowsOf(database.reader, like);
  const [license = {}] = pattern['license'] ?? [];
  const record = like.record;
  const place = (column: string, row: string) => ({ table: 'license', column, row });
  let done = 0;
  let sequence = 0;
  /** Ids tell nothing of their number, as real ones do not. */
  const idOf = (index: number): string =>
    parts.index
      .of('test.load', String(index))
      .replace(/^[^:]*:/, '')
      .slice(0, 32);

  const rowsAt = (index: number): Rows => {
    const tag = idOf(index);
    const [id, act, stamp] = [`lic_${tag}`, `act_${tag}`, `stp_${tag}`];
    const code = holderCode(holderOfIndex(index));
    const number = `JY3${String(index).padStart(13, '0')}`;
    // Of a year in which nothing is issued: serials of what is issued meanwhile stay apart.
    const serial = `2016${String(index).padStart(7, '0')}`;
    const identifier = formatLicenseIdentifier({
      typeCode: like.typeCode,
      issuerCode: like.issuer,
      serial,
      version: '001',
    });
    const key = parts.cipher.makeRecordKey(id);
    const holder = holderIndex(parts.index, 'enterprise', code);
    const own = { ...record, ZZBS: identifier, ZZBH: number, CZZTDM: code, salt: hex(32), codeId: tag };
    const document = `sha256:${hex(32)}`;
    const list = 1_000_000 + Math.floor(index / 65_536);
    const entry = index % 65_536;
    return {
      license_act: [
        {
          ...pattern['license_act']?.[0],
          id: act,
          idempotency_key: `load-${index}`,
          request_digest: `hmac-sha256:${hex(32)}`,
        },
      ],
      license: [
        {
          ...license,
          id,
          act,
          identifier,
          holder_index: holder,
          number_index: numberIndex(parts.index, { typeCode: like.typeCode, issuer: like.issuer, number }),
          record: key.cipher.seal(place('record', id), JSON.stringify(own)),
          record_hash: `sha256:${hex(32)}`,
          code_id: tag,
          code: key.cipher.seal(place('code', id), JSON.stringify(like.code)),
          status_list: list,
          status_index: entry,
          stamp,
          document,
          root: id,
          issued_at: new Date(like.issuedAt.getTime() - index).toISOString(),
        },
      ],
      license_holder: (pattern['license_holder'] ?? []).map((row) => ({
        ...row,
        license: id,
        holder_index: holder,
      })),
      license_outbox: (pattern['license_outbox'] ?? []).map((row) => ({ ...row, root: id, license: id })),
      record_key: [{ record: id, wrapped: key.wrapped }],
      stamp: (pattern['stamp'] ?? []).map((row) => ({
        ...row,
        id: stamp,
        idempotency_key: null,
        result_digest: document,
        original_digest: `sha256:${hex(32)}`,
        request_digest: `sha256:${hex(32)}`,
        receipt_id: `rcp_${tag}`,
        timestamp_serial: hex(8),
      })),
      seal_use: (pattern['seal_use'] ?? []).map((row) => ({ ...row, stamp_id: stamp })),
      license_act_stamp: (pattern['license_act_stamp'] ?? []).map((row) => ({ ...row, act, stamp })),
      status_entry: [{ list, entry, value: 0 }],
      audit_log: (pattern['audit_log'] ?? []).map((row) => ({
        ...row,
        node: 'load',
        sequence: (sequence += 1),
        subject: row['subject'] === like.id ? id : stamp,
        previous: `sha256:${hex(32)}`,
        hash: `sha256:${hex(32)}`,
      })),
    };
  };

  return {
    get size() {
      return done;
    },
    async fillTo(size) {
      const into = inserter(database);
      while (done < size) {
        const count = Math.min(PAGE, size - done);
        const pages: Record<string, Row[]> = { status_list: [] };
        for (let index = done; index < done + count; index += 1) {
          if (index % 65_536 === 0)
            pages['status_list']?.push({
              number: 1_000_000 + index / 65_536,
              allocated: 65_536,
              revision: 0,
              token_revision: null,
              token: null,
              token_until: null,
              history: 0,
              created_at: null,
            });
          for (const [table, rows] of Object.entries(rowsAt(index))) (pages[table] ??= []).push(...rows);
        }
        await into.insert(pages);
        done += count;
      }
      into.close();
    },
    sample: (index) => ({
      id: `lic_${idOf(index)}`,
      holder: holderCode(holderOfIndex(index)),
      codeId: idOf(index),
    }),
  };
}

/** Referred-to tables first. */
function ordered(
  pages: Readonly<Record<string, readonly Row[]>>,
): readonly (readonly [string, readonly Row[]])[] {
  const order = ['status_list', 'license_act', 'stamp'];
  const tables = [...order, ...Object.keys(pages).filter((table) => !order.includes(table))];
  return tables.map((table) => [table, pages[table] ?? []] as const).filter(([, rows]) => rows.length > 0);
}

/**
 * Many rows of many tables in one write. On SQLite by a connection of its own that waits for no disk and keeps the indexes in
 * memory: what is measured afterwards does not depend on how the rows came.
 */
function inserter(database: Database): {
  insert(pages: Readonly<Record<string, readonly Row[]>>): Promise<void>;
  close(): void;
} {
  if (database.file !== null) {
    const raw = new DatabaseSync(database.file);
    raw.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000; PRAGMA busy_timeout = 10000');
    const statements = new Map<string, StatementSync>();
    return {
      insert: (pages) => {
        raw.exec('BEGIN IMMEDIATE');
        for (const [table, rows] of ordered(pages)) {
          const columns = Object.keys(rows[0] ?? {});
          let statement = statements.get(table);
          if (statement === undefined) {
            const marks = columns.map(() => '?').join();
            statement = raw.prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${marks})`);
            statements.set(table, statement);
          }
          for (const row of rows)
            statement.run(...columns.map((name) => row[name] as string | number | null));
        }
        raw.exec('COMMIT');
        return Promise.resolve();
      },
      close: () => {
        raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        raw.close();
      },
    };
  }
  return {
    // As JSON of one parameter: far faster than row by row.
    insert: (pages) =>
      database.write(async (tx) => {
        for (const [table, rows] of ordered(pages)) {
          const names = sql.join(Object.keys(rows[0] ?? {}).map((name) => sql.ref(name)));
          await sql`INSERT INTO ${sql.table(table)} (${names})
            SELECT ${names} FROM json_populate_recordset(NULL::${sql.table(table)}, ${JSON.stringify(rows)}::json)`.execute(
            tx,
          );
        }
      }),
    close: () => undefined,
  };
}
