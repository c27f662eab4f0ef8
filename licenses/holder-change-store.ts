// Rows of holders that changed: found by blind index, told in no clear words.
import type { Reader } from '../storage/database.ts';

/** Most links of a chain of holders that took each other over. */
const LONGEST = 20;

/** Whether `after` took over, directly or through others, what `before` held, on the record of this department. */
export async function holderTookOver(
  db: Reader,
  asked: { readonly department: string; readonly before: string; readonly after: string; readonly now: Date },
): Promise<boolean> {
  const seen = new Set([asked.before]);
  let reached = [asked.before];
  for (let link = 0; link < LONGEST && reached.length > 0; link += 1) {
    const rows = await db
      .selectFrom('license_holder_change')
      .select('after_index')
      .where('before_index', 'in', reached)
      .where('department', '=', asked.department)
      .where('kind', 'in', ['merged', 'renumbered'])
      .where('effective_at', '<=', asked.now.toISOString())
      .execute();
    const next = new Set(rows.map((row) => row.after_index).filter((index) => !seen.has(index)));
    if (next.has(asked.after)) return true;
    for (const index of next) seen.add(index);
    reached = [...next];
  }
  return false;
}
