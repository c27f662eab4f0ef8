// Documents that a department has put here to be stamped later: which it may use, and nobody else.
import type { Reader, Writer } from '../storage/database.ts';
import type { StoredDocument } from '../storage/documents.ts';

/** Enters an upload; the same document again is one row with the newest time. */
export async function enterUpload(
  tx: Writer,
  department: string,
  client: string,
  { digest, size }: StoredDocument,
  at: Date,
): Promise<void> {
  const uploaded_at = at.toISOString();
  await tx
    .insertInto('document_upload')
    .values({ department, digest, size, client, uploaded_at })
    .onConflict((conflict) => conflict.columns(['department', 'digest']).doUpdateSet({ client, uploaded_at }))
    .execute();
}

/** Which of `digests` the department may have stamped: what it uploaded, and what it stamped before. */
export async function usableDocuments(
  db: Reader,
  department: string,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const usable = new Set<string>();
  for (let start = 0; start < digests.length; start += 200) {
    const some = digests.slice(start, start + 200);
    const uploads = await db
      .selectFrom('document_upload')
      .select('digest')
      .where('department', '=', department)
      .where('digest', 'in', some)
      .execute();
    const stamps = await db
      .selectFrom('stamp')
      .select('result_digest')
      .where('department', '=', department)
      .where('result_digest', 'in', some)
      .execute();
    for (const { digest } of uploads) usable.add(digest);
    for (const { result_digest } of stamps) if (result_digest !== null) usable.add(result_digest);
  }
  return usable;
}

/** One upload of one department. */
export interface Upload {
  readonly department: string;
  readonly digest: string;
  readonly uploadedAt: Date;
}

/** Uploads from before an instant, oldest first, behind one that was told. */
export async function oldUploads(
  db: Reader,
  before: Date,
  after: Upload | null,
  limit: number,
): Promise<readonly Upload[]> {
  const rows = await db
    .selectFrom('document_upload')
    .select(['department', 'digest', 'uploaded_at'])
    .where('uploaded_at', '<', before.toISOString())
    .$if(after !== null, (query) =>
      query.where((e) =>
        e(
          e.refTuple('uploaded_at', 'department', 'digest'),
          '>',
          e.tuple(after?.uploadedAt.toISOString() ?? '', after?.department ?? '', after?.digest ?? ''),
        ),
      ),
    )
    .orderBy('uploaded_at')
    .orderBy('department')
    .orderBy('digest')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    department: row.department,
    digest: row.digest,
    uploadedAt: new Date(row.uploaded_at),
  }));
}

/** @returns whether it was there and still from before the instant */
export async function deleteUpload(
  tx: Writer,
  { department, digest }: Pick<Upload, 'department' | 'digest'>,
  before: Date,
): Promise<boolean> {
  const result = await tx
    .deleteFrom('document_upload')
    .where('department', '=', department)
    .where('digest', '=', digest)
    .where('uploaded_at', '<', before.toISOString())
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Whether any department has the document uploaded. */
export async function hasUpload(db: Reader, digest: string): Promise<boolean> {
  const row = await db
    .selectFrom('document_upload')
    .select('digest')
    .where('digest', '=', digest)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
