// Destroying what the life of licenses leaves beside them: requests, copies, receipts of shown licenses, changes of holders.
import { sql } from 'kysely';
import type { Reader, Writer } from '../storage/database.ts';
import type { Destroyed, RetainedRecords } from '../storage/destruction.ts';
import type { RetentionClass } from '../storage/retention.ts';
import { besideClasses } from './retention-classes.ts';

/** A column as a commitment keeps it. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Records of one table, one row each, whose encrypted columns are wiped. */
function rowsOf(
  kind: RetentionClass,
  rows: {
    readonly table: 'license_change_request' | 'license_copy' | 'presentation' | 'license_holder_change';
    /** Column of the instant it ended at. */
    readonly ended: string;
    /** Condition for rows that are over; `t` is the table. */
    readonly over: string;
    /** Column that is not null, or not empty, while there is something to destroy. */
    readonly holds: string;
    readonly wiped: Readonly<Record<string, null | '' | '[]'>>;
    /** Columns kept as commitments. */
    readonly commits: readonly string[];
    readonly documents?: string;
  },
): RetainedRecords {
  const select = async (
    db: Reader | Writer,
    before: Date,
    where: { readonly id: string } | { readonly after: string | null; readonly limit: number },
  ): Promise<readonly Record<string, unknown>[]> => {
    const ended = sql.ref(rows.ended);
    const one = 'id' in where ? sql`AND id = ${where.id}` : sql``;
    const from = 'after' in where && where.after !== null ? sql`AND id > ${where.after}` : sql``;
    const kept = [...rows.commits, ...(rows.documents === undefined ? [] : [rows.documents])];
    const columns = sql.join([...new Set(['id', rows.ended, ...kept])].map((name) => sql.ref(name)));
    const found = await sql<Record<string, unknown>>`
      SELECT ${columns} FROM ${sql.table(rows.table)}
      WHERE ${sql.ref(rows.holds)} IS NOT NULL AND ${sql.ref(rows.holds)} <> ''
        AND ${sql.raw(rows.over)} AND ${ended} < ${before.toISOString()} ${one} ${from}
      ORDER BY id LIMIT ${sql.lit('limit' in where ? where.limit : 1)}`.execute(db);
    return found.rows;
  };
  return {
    class: kind,
    find: async (tx, id) => {
      const holds = sql.ref(rows.holds);
      // A change of nothing locks the row on either engine.
      const found = await sql<{ id: string }>`
        UPDATE ${sql.table(rows.table)} SET ${holds} = ${holds}
        WHERE id = ${id} AND ${holds} IS NOT NULL AND ${holds} <> '' RETURNING id`.execute(tx);
      return found.rows[0]?.id ?? null;
    },
    ended: async (db, before, after, limit) =>
      (await select(db, before, { after, limit })).map((row) => ({
        record: String(row['id']),
        endedAt: new Date(String(row[rows.ended])),
      })),
    destroy: async (tx, id, before): Promise<Destroyed | null> => {
      const [row] = await select(tx, before, { id });
      if (row === undefined) return null;
      const wiped = sql.join(
        Object.entries(rows.wiped).map(([column, value]) => sql`${sql.ref(column)} = ${value}`),
      );
      const holds = sql.ref(rows.holds);
      const { numAffectedRows } = await sql`UPDATE ${sql.table(rows.table)} SET ${wiped}
        WHERE id = ${id} AND ${holds} IS NOT NULL AND ${holds} <> ''`.execute(tx);
      // Another node was first.
      if (numAffectedRows !== 1n) return null;
      const document = rows.documents === undefined ? null : row[rows.documents];
      return {
        commitments: Object.fromEntries(rows.commits.map((name) => [name, textOf(row[name])])),
        documents: typeof document === 'string' ? [document] : [],
      };
    },
  };
}

export const besideRecords: readonly RetainedRecords[] = [
  rowsOf(besideClasses.request, {
    table: 'license_change_request',
    // Decided or not, it was over by then.
    ended: 'expires_at',
    over: `state IN ('executed', 'rejected', 'withdrawn', 'lapsed')`,
    holds: 'payload',
    wiped: { payload: null, decision_reason: null },
    commits: ['license', 'request_digest'],
  }),
  rowsOf(besideClasses.copy, {
    table: 'license_copy',
    ended: 'expires_at',
    over: `state <> 'intended'`,
    // One that was given up has no record, and an index of its holder all the same.
    holds: 'holder_index',
    wiped: { record: null, code: '', holder_index: '' },
    commits: ['license', 'record_hash', 'document'],
    documents: 'document',
  }),
  rowsOf(besideClasses.presentation, {
    table: 'presentation',
    ended: 'shown_until',
    over: `state <> 'shown'`,
    // Also of those that came to no answer: who asked whom for what.
    holds: 'holder_index',
    wiped: { receipt: null, holder_index: '', holder: '', acting_for: null, device_mac: '', licenses: '[]' },
    commits: ['receipt_id'],
  }),
  rowsOf(besideClasses.holderChange, {
    table: 'license_holder_change',
    ended: 'recorded_at',
    over: '1 = 1',
    holds: 'payload',
    wiped: { payload: '' },
    commits: ['kind', 'request_digest'],
  }),
];
