// Which columns of the books name documents of the store: whoever takes one away asks all of them.
import { sql } from 'kysely';
import type { Reader, Writer } from './database.ts';

/** A column with labelled digests of documents; `states` where a row refers to its document in these states only. */
interface ReferringColumn {
  readonly table: string;
  readonly column: string;
  readonly states?: readonly string[];
  /** Condition, in SQL over the table, under which a row keeps its document; a digest that proves a destruction keeps none. */
  readonly while?: string;
}

/** A stamp on the page of a license, or of a copy, that was destroyed keeps the digest and not the page. */
const standing = `NOT EXISTS (SELECT 1 FROM license WHERE license.stamp = stamp.id AND license.record IS NULL
    AND license.state NOT IN ('intended', 'abandoned'))
  AND NOT EXISTS (SELECT 1 FROM license_copy WHERE license_copy.stamp = stamp.id AND license_copy.record IS NULL
    AND license_copy.state = 'completed')`;

/**
 * Every column that keeps a document. One that names a document and does not keep it (an approval, a use: what was approved
 * and sealed stays on record without its bytes) is in `namingColumns`; a column that is in neither is found by a test.
 */
export const referringColumns: readonly ReferringColumn[] = [
  // What was given up keeps nothing; what waits for a value or is under way needs its original, and so does a receipt.
  { table: 'stamp', column: 'original_digest', states: ['intended', 'completed'], while: standing },
  { table: 'stamp', column: 'result_digest', while: standing },
  { table: 'stamp', column: 'upgraded_digest', while: standing },
  { table: 'stamp_batch_item', column: 'document', states: ['waiting'] },
  { table: 'license', column: 'document', while: 'record IS NOT NULL' },
  { table: 'license_copy', column: 'document', while: 'record IS NOT NULL' },
  {
    table: 'license_original',
    column: 'document',
    while: `EXISTS (SELECT 1 FROM license WHERE license.id = license_original.license AND license.record IS NOT NULL)`,
  },
  { table: 'ca_crl', column: 'document' },
];

/** Columns with digests or names of documents that keep none; `document_upload` is what is asked about. */
export const namingColumns: ReadonlySet<string> = new Set([
  'document_upload.digest',
  'seal_approval.document_digest',
  'seal_use.document_digest',
  'seal_authorisation.document',
  'purpose_notice.digest',
  // Of a destroyed record: to be taken away.
  'document_removal.document',
  'destruction.digest',
  'license_photo.digest',
]);

/** Whether anything in the books keeps the document. */
export async function isReferredTo(db: Reader | Writer, digest: string): Promise<boolean> {
  for (const { table, column, states, while: condition } of referringColumns) {
    const state =
      states === undefined ? sql`` : sql`AND state IN (${sql.join(states.map((each) => sql.val(each)))})`;
    const { rows } = await sql`SELECT 1 FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} = ${digest} ${state}
      ${condition === undefined ? sql`` : sql`AND (${sql.raw(condition)})`} LIMIT 1`.execute(db);
    if (rows.length > 0) return true;
  }
  return false;
}
