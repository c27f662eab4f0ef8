// The register of license types: editions are published once and never changed.
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../crypto/clock.ts';
import type { Actor } from '../storage/actor.ts';
import type { Database, Reader } from '../storage/database.ts';
import { LicenseError } from './errors.ts';
import { checkLicenseType } from './type-check.ts';
import { documentOf, typeOfStored } from './type-document.ts';
import type { LicenseType } from './type.ts';

/**
 * Publishes an edition; publishing the same again changes nothing.
 * @throws LicenseError `type-invalid`, `template-invalid`, `type-edition-differs` (this edition exists with other content)
 */
export async function publishLicenseType(
  parts: { readonly database: Database; readonly clock: Clock },
  type: LicenseType,
): Promise<void> {
  const definition = JSON.stringify(documentOf(checkLicenseType(type)));
  const published = await parts.database.write((tx) =>
    tx
      .insertInto('license_type')
      .values({
        type_code: type.typeCode,
        edition: type.edition,
        definition,
        published_at: parts.clock().toISOString(),
        draft: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst(),
  );
  if (published.numInsertedOrUpdatedRows === 1n) return;
  const stored = await licenseTypeEdition(parts.database.reader, type.typeCode, type.edition);
  if (!isDeepStrictEqual(documentOf(stored), JSON.parse(definition))) {
    throw new LicenseError(
      'type-edition-differs',
      `Edition ${type.edition} of ${type.key} is published with other content.`,
    );
  }
}

/** The newest edition of every type, in the order of their codes. */
export async function licenseTypes(db: Reader): Promise<readonly LicenseType[]> {
  const rows = await db
    .selectFrom('license_type')
    .selectAll()
    .orderBy('type_code')
    .orderBy('edition')
    .execute();
  const newest = new Map(rows.map((row) => [row.type_code, row.definition]));
  return [...newest.values()].map((definition) => typeOfStored(definition));
}

/** The newest edition of one type, by type code or key. @throws LicenseError `type-not-found` */
export async function licenseTypeNamed(db: Reader, name: string): Promise<LicenseType> {
  const byCode = await db
    .selectFrom('license_type')
    .select('definition')
    .where('type_code', '=', name)
    .orderBy('edition', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (byCode !== undefined) return typeOfStored(byCode.definition);
  const type = (await licenseTypes(db)).find((candidate) => candidate.key === name);
  if (type === undefined) throw new LicenseError('type-not-found', 'There is no such license type.');
  return type;
}

/** One edition: a license keeps the one it was issued under. @throws LicenseError `type-not-found` */
export async function licenseTypeEdition(
  db: Reader,
  typeCode: string,
  edition: number,
): Promise<LicenseType> {
  const row = await db
    .selectFrom('license_type')
    .select('definition')
    .where('type_code', '=', typeCode)
    .where('edition', '=', edition)
    .executeTakeFirst();
  if (row === undefined)
    throw new LicenseError('type-not-found', 'There is no such edition of the license type.');
  return typeOfStored(row.definition);
}

/**
 * The type, where the actor's department issues it.
 * @throws LicenseError `type-not-found`, `type-not-permitted`, `matter-not-permitted`
 */
export async function issuableType(
  db: Reader,
  actor: Actor,
  name: string,
  matter: string,
): Promise<LicenseType> {
  const type = await licenseTypeNamed(db, name);
  if (type.issuer.creditCode !== actor.department) {
    throw new LicenseError('type-not-permitted', 'Another department issues licenses of this type.');
  }
  if (!type.matters.includes(matter)) {
    throw new LicenseError('matter-not-permitted', 'This matter does not lead to a license of this type.');
  }
  return type;
}
