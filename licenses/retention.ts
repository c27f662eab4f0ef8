// Destroying licenses whose period of keeping is over: every version, picture, reason and page; identifiers and digests stay.
import { sql } from 'kysely';
import { labelledDigest, type DigestName } from '../crypto/algorithms.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { Destroyed, EndedRecord, RetainedRecords } from '../storage/destruction.ts';
import { besideRecords } from './retention-beside.ts';
import { licenseClasses } from './retention-classes.ts';
import { retentionClasses, type RetentionClass } from './type-rules.ts';
import { licenseTypes } from './type-register.ts';

const ENDED = ['withdrawn', 'annulled', 'revoked', 'cancelled', 'superseded', 'merged'] as const;

/** Codes of the types that say so in their newest edition: what the law says today decides, not what it said at issue. */
async function typesOf(db: Reader, name: RetentionClass): Promise<readonly string[]> {
  const types = await licenseTypes(db);
  return types.filter((type) => (type.retention ?? 'license-standard') === name).map((type) => type.typeCode);
}

/** Licenses whose newest version is at its end: by its last change, or by the calendar. */
async function endedLicenses(
  db: Reader,
  types: readonly string[],
  before: Date,
  where: { readonly root: string } | { readonly after: string | null; readonly limit: number },
): Promise<readonly EndedRecord[]> {
  if (types.length === 0) return [];
  const codes = sql.join(types.map((code) => sql`${code}`));
  const one = 'root' in where ? sql`AND l.root = ${where.root}` : sql``;
  const from = 'after' in where && where.after !== null ? sql`AND root > ${where.after}` : sql``;
  // States are told twice where an index of few rows is to be found: it is made over the ones that are not.
  const { rows } = await sql<{ root: string; ended: string }>`
    SELECT root, ended FROM (
      SELECT l.root AS root, coalesce(
        (SELECT max(e.effective_at) FROM license_event e WHERE e.license = l.id AND e.to_state <> e.from_state),
        l.completed_at) AS ended
      FROM license l
      WHERE l.next IS NULL AND l.record IS NOT NULL AND l.state IN (${sql.join(ENDED.map((state) => sql`${state}`))})
        AND l.state NOT IN ('intended', 'abandoned', 'issued', 'suspended') AND l.type_code IN (${codes}) ${one}
      UNION ALL
      SELECT l.root AS root, l.expires_at AS ended
      FROM license l
      WHERE l.next IS NULL AND l.record IS NOT NULL AND l.expires_at IS NOT NULL
        AND l.state IN ('issued', 'suspended')
        AND l.expires_at < ${before.toISOString()} AND l.type_code IN (${codes}) ${one}
    ) AS ends
    WHERE ended < ${before.toISOString()} ${from}
    ORDER BY root LIMIT ${sql.lit('limit' in where ? where.limit : 1)}`.execute(db);
  return rows.map(({ root, ended }) => ({ record: root, endedAt: new Date(ended) }));
}

/** Digests of its documents; whether others need the same bytes is asked when they are to go. */
async function documentsOf(tx: Writer, versions: readonly string[]): Promise<readonly string[]> {
  const stamped = await tx
    .selectFrom('license')
    .innerJoin('stamp', 'stamp.id', 'license.stamp')
    .select(['license.document', 'stamp.result_digest', 'stamp.upgraded_digest'])
    .where('license.id', 'in', versions)
    .execute();
  const copies = await tx
    .selectFrom('license_copy')
    .leftJoin('stamp', 'stamp.id', 'license_copy.stamp')
    .select(['license_copy.document', 'stamp.result_digest', 'stamp.upgraded_digest'])
    .where('license_copy.license', 'in', versions)
    .execute();
  const originals = await tx
    .selectFrom('license_original')
    .select('document')
    .where('license', 'in', versions)
    .where('document', 'is not', null)
    .execute();
  return [
    ...[...stamped, ...copies].flatMap((row) => [row.document, row.result_digest, row.upgraded_digest]),
    ...originals.map((row) => row.document),
  ].filter((digest) => digest !== null);
}

async function destroyLicense(tx: Writer, root: string, digest: DigestName): Promise<Destroyed | null> {
  const rows = await tx
    .selectFrom('license')
    .select(['id', 'state', 'record', 'identifier', 'record_hash', 'document'])
    .where('root', '=', root)
    .orderBy('version')
    .forUpdate()
    .execute();
  // A next version is being issued: it is not at its end after all.
  if (rows.some((row) => row.state === 'intended')) return null;
  // Another node was first.
  if (rows.every((row) => row.record === null)) return null;
  const versions = rows.map((row) => row.id);
  const key = await tx
    .deleteFrom('record_key')
    .where('record', '=', root)
    .returning('wrapped')
    .executeTakeFirst();
  const documents = await documentsOf(tx, versions);
  await tx
    .updateTable('license')
    .set({ record: null, holder_index: null, number_index: null, succession: null })
    .where('root', '=', root)
    .execute();
  await tx
    .updateTable('license')
    .set({ code: '' })
    .where('root', '=', root)
    .where('code', 'is not', null)
    .execute();
  const photos = await tx
    .deleteFrom('license_photo')
    .where('license', 'in', versions)
    .returning('license')
    .execute();
  await tx.deleteFrom('license_holder').where('license', 'in', versions).execute();
  await tx.updateTable('license_original').set({ report: null }).where('license', 'in', versions).execute();
  // Its copies were sealed under its key: without it they say nothing, and their pages go with its own.
  await tx
    .updateTable('license_copy')
    .set({ record: null, code: '', holder_index: '' })
    .where('license', 'in', versions)
    .execute();
  const events = await tx
    .updateTable('license_event')
    .set({ reason: '' })
    .where('license', 'in', versions)
    .returning('sequence')
    .execute();
  await tx
    .updateTable('license_change_request')
    .set({ payload: null, decision_reason: null })
    .where('license', 'in', versions)
    .execute();
  return {
    commitments: {
      identifiers: rows.map((row) => row.identifier),
      records: rows.map((row) => row.record_hash),
      documents,
      // The key that opened everything, as it was wrapped: who holds an old copy of it can prove which one it was.
      ...(key === undefined ? {} : { key: labelledDigest(digest, key.wrapped) }),
      events: events.length,
      photos: photos.length,
    },
    documents,
  };
}

/** Of whatever version, while there is something to keep. */
async function rootOf(tx: Writer, id: string): Promise<string | null> {
  const row = await tx
    .selectFrom('license')
    .select(['id', 'root'])
    .where('id', '=', id)
    .where('record', 'is not', null)
    .where('state', 'not in', ['intended', 'abandoned'])
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : (row.root ?? row.id);
}

function licensesOf(name: RetentionClass, digest: DigestName): RetainedRecords {
  return {
    class: licenseClasses[name],
    find: rootOf,
    ended: async (db, before, after, limit) =>
      endedLicenses(db, await typesOf(db, name), before, { after, limit }),
    destroy: async (tx, root, before) => {
      const [still] = await endedLicenses(tx, await typesOf(tx, name), before, { root });
      return still === undefined ? null : destroyLicense(tx, root, digest);
    },
  };
}

/** Everything of licenses that has a period, by class. @param digest the suite's */
export function retainedLicenses(digest: DigestName): readonly RetainedRecords[] {
  return [...retentionClasses.map((name) => licensesOf(name, digest)), ...besideRecords];
}
