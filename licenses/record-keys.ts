// The key of a license's personal data: one for all its versions, events and pictures, destroyed with it.
import type { FieldCipher } from '../crypto/field-cipher.ts';
import type { RecordCipher } from '../crypto/record-cipher.ts';
import type { Reader, Writer } from '../storage/database.ts';
import { LicenseError } from './errors.ts';

type Ciphers = { readonly cipher: RecordCipher };

/** Makes the key of a new license, in the write of its intention. @param root id of its first version */
export async function makeRecordKey(tx: Writer, { cipher }: Ciphers, root: string): Promise<FieldCipher> {
  const made = cipher.makeRecordKey(root);
  await tx.insertInto('record_key').values({ record: root, wrapped: made.wrapped }).execute();
  return made.cipher;
}

/** The key of a license that gets another version: one of a time before there were keys is given its own. @param root as `makeRecordKey` */
export async function keyOfNextVersion(tx: Writer, ciphers: Ciphers, root: string): Promise<FieldCipher> {
  const made = ciphers.cipher.makeRecordKey(root);
  const inserted = await tx
    .insertInto('record_key')
    .values({ record: root, wrapped: made.wrapped })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 1n) return made.cipher;
  const { wrapped } = await tx
    .selectFrom('record_key')
    .select('wrapped')
    .where('record', '=', root)
    .executeTakeFirstOrThrow();
  return openRecordKey(ciphers, root, wrapped);
}

/** Takes the keys of licenses away that were given up; one that other versions have is named by the first of them, and stays. */
export async function deleteRecordKeys(tx: Writer, licenses: readonly string[]): Promise<void> {
  if (licenses.length === 0) return;
  await tx.deleteFrom('record_key').where('record', 'in', licenses).execute();
}

/** The cipher of a record whose key was read with it. @param wrapped null for a license of a time before record keys */
export function openRecordKey({ cipher }: Ciphers, root: string, wrapped: string | null): FieldCipher {
  return wrapped === null ? cipher : cipher.openRecordKey(root, wrapped);
}

/**
 * What seals and opens the personal data of one license.
 * @param license id of any of its versions
 * @throws LicenseError `license-not-found` where there is none, `license-destroyed` where its personal data was destroyed
 */
export async function recordCipherOf(
  db: Reader | Writer,
  ciphers: Ciphers,
  license: string,
): Promise<FieldCipher> {
  const row = await db
    .selectFrom('license')
    .leftJoin('record_key', 'record_key.record', 'license.root')
    .select(['license.root', 'license.record', 'record_key.wrapped'])
    .where('license.id', '=', license)
    .executeTakeFirst();
  if (row === undefined) throw new LicenseError('license-not-found', 'There is no such license.');
  if (row.record === null) {
    throw new LicenseError('license-destroyed', 'The personal data of this license was destroyed.');
  }
  return openRecordKey(ciphers, row.root ?? license, row.wrapped);
}
