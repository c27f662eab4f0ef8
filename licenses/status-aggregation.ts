// Every status list there is, by address: what an offline reader fetches beforehand.
import { statusListAddress, type StatusListParts } from './status-edition.ts';

/** Lists named in one answer; a list holds 65,536 licenses. */
const MOST = 4096;

/** @returns addresses, oldest list first (Token Status List 9.3: Status List Aggregation) */
export async function statusListAddresses(
  parts: Pick<StatusListParts, 'database' | 'publicUrl'>,
): Promise<readonly string[]> {
  const rows = await parts.database.reader
    .selectFrom('status_list')
    .select('number')
    .orderBy('number')
    .limit(MOST)
    .execute();
  return rows.map(({ number }) => statusListAddress(parts.publicUrl, number));
}
