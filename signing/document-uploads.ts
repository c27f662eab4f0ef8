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
