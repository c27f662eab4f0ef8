// The register of license types: editions are published once and never changed.
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../crypto/clock.ts';
import type { Actor } from '../storage/actor.ts';
import type { Database, Reader, Writer } from '../storage/database.ts';
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
  const at = parts.clock();
  const published = await parts.database.write((tx) =>
    insertEdition(tx, { type, definition, at, draft: null }),
  );
  if (published) return;
  const stored = await licenseTypeEdition(parts.database.reader, type.typeCode, type.edition);
  if (!isDeepStrictEqual(documentOf(stored), JSON.parse(definition))) {
    throw new LicenseError(
      'type-edition-differs',
      `Edition ${type.edition} of ${type.key} is published with other content.`,
    );
  }
}

/** @returns false where this edition is published: nothing was written then. */
export async function insertEdition(
  tx: Writer,
  edition: {
    readonly type: LicenseType;
    readonly definition: string;
    readonly at: Date;
    /** The draft it comes from. */
    readonly draft: string | null;
  },
): Promise<boolean> {
  const { type, definition, at, draft } = edition;
  const result = await tx
    .insertInto('license_type')
    .values({
      type_code: type.typeCode,
      edition: type.edition,
      definition,
      published_at: at.toISOString(),
      draft,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** A published edition. */
export interface PublishedEdition {
  readonly type: LicenseType;
  readonly publishedAt: Date;
  /** The draft it was published from; null where it came with the installation. */
  readonly draft: string | null;
}

/** Every edition of a type, the first one first; none where there is no such type. */
export async function editionsOf(
  db: Reader | Writer,
  typeCode: string,
): Promise<readonly PublishedEdition[]> {
  const rows = await db
    .selectFrom('license_type')
    .selectAll()
    .where('type_code', '=', typeCode)
    .orderBy('edition')
    .execute();
  return rows.map((row) => ({
    type: typeOfStored(row.definition),
    publishedAt: new Date(row.published_at),
    draft: row.draft,
  }));
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
