// Many licenses of one holder, made like one that was issued: rows, without pages and stamps of their own.
import { randomBytes } from 'node:crypto';
import type { LicenseParts } from '../../licenses/parts.ts';
import type { StoredLicense } from '../../licenses/store.ts';

/** Licenses like one, under keys of their own; every third at the same instant as the one before. @returns their ids */
export async function manyLike(
  parts: Pick<LicenseParts, 'database' | 'cipher'>,
  like: Pick<StoredLicense, 'id' | 'identifier' | 'record' | 'issuedAt'>,
  count: number,
): Promise<readonly string[]> {
  const { database, cipher } = parts;
  const ids = Array.from({ length: count }, () => `lic_${randomBytes(16).toString('hex')}`);
  const row = await database.reader
    .selectFrom('license')
    .selectAll()
    .where('id', '=', like.id)
    .executeTakeFirstOrThrow();
  const holder = await database.reader
    .selectFrom('license_holder')
    .selectAll()
    .where('license', '=', like.id)
    .executeTakeFirstOrThrow();
  await database.write(async (tx) => {
    for (const [index, id] of ids.entries()) {
      const key = cipher.makeRecordKey(id);
      await tx.insertInto('record_key').values({ record: id, wrapped: key.wrapped }).execute();
      const place = { table: 'license', column: 'record', row: id };
      await tx
        .insertInto('license')
        .values({
          ...row,
          id,
          root: id,
          code_id: id.slice(4),
          number_index: null,
          stamp: `stp_${id.slice(4)}`,
          identifier: `${like.identifier}-${id}`,
          record: key.cipher.seal(place, JSON.stringify({ ...like.record, ZZBH: `JY${id}` })),
          issued_at: new Date(like.issuedAt.getTime() - 1000 * (index - (index % 3))).toISOString(),
        })
        .execute();
      await tx
        .insertInto('license_holder')
        .values({ ...holder, license: id })
        .execute();
    }
  });
  return ids;
}
