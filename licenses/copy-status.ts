// Copies follow their license: what ends it ends them, and what restores it restores those that were not taken back.
import type { StatusReference } from '../formats/cose/cwt.ts';
import type { Writer } from '../storage/database.ts';

/** Status entries of the copies of the license that has this one; those taken back by the holder follow nothing any more. */
export async function copiesOf(tx: Writer, origin: StatusReference): Promise<readonly StatusReference[]> {
  const rows = await tx
    .selectFrom('license_copy')
    .select(['status_list', 'status_index'])
    .where('origin_list', '=', origin.list)
    .where('origin_index', '=', origin.index)
    .where('state', '<>', 'abandoned')
    .where('ended_at', 'is', null)
    .execute();
  return rows.flatMap(({ status_list: list, status_index: index }) =>
    list === null || index === null ? [] : [{ list, index }],
  );
}
