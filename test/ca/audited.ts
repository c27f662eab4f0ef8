// What the audit log says of one subject.
import type { Database } from '../../storage/database.ts';

/** Actions in their order. */
export async function auditedActions(database: Database, subject: string): Promise<readonly string[]> {
  const rows = await database.reader
    .selectFrom('audit_log')
    .select('action')
    .where('subject', '=', subject)
    .orderBy('sequence')
    .execute();
  return rows.map(({ action }) => action);
}
