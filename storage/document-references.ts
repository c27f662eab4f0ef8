// Which columns of the books name documents of the store: whoever takes one away asks all of them.
import { sql } from 'kysely';
import type { Reader, Writer } from './database.ts';

/** A column with labelled digests of documents; `states` where a row refers to its document in these states only. */
interface ReferringColumn {
  readonly table: string;
  readonly column: string;
  readonly states?: readonly string[];
}

/**
 * Every column that keeps a document. One that names a document and does not keep it (an approval, a use: what was approved
 * and sealed stays on record without its bytes) is in `namingColumns`; a column that is in neither is found by a test.
 */
export const referringColumns: readonly ReferringColumn[] = [
  // What was given up keeps nothing; what waits for a value or is under way needs its original, and so does a receipt.
  { table: 'stamp', column: 'original_digest', states: ['intended', 'completed'] },
  { table: 'stamp', column: 'result_digest' },
  { table: 'stamp', column: 'upgraded_digest' },
  { table: 'stamp_batch_item', column: 'document', states: ['waiting'] },
  { table: 'license', column: 'document' },
  { table: 'ca_crl', column: 'document' },
];

/** Columns with digests or names of documents that keep none; `document_upload` is what is asked about. */
export const namingColumns: ReadonlySet<string> = new Set([
  'document_upload.digest',
  'seal_approval.document_digest',
  'seal_use.document_digest',
  'seal_authorisation.document',
  'purpose_notice.digest',
]);

/** Whether anything in the books keeps the document. */
export async function isReferredTo(db: Reader | Writer, digest: string): Promise<boolean> {
  for (const { table, column, states } of referringColumns) {
    const state =
      states === undefined ? sql`` : sql`AND state IN (${sql.join(states.map((each) => sql.val(each)))})`;
    const { rows } = await sql`SELECT 1 FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} = ${digest} ${state} LIMIT 1`.execute(db);
    if (rows.length > 0) return true;
  }
  return false;
}
