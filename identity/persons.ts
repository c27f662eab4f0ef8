// Residents known to the service: names and numbers only encrypted, found only through a keyed index.
import type { BlindIndex } from '../crypto/blind-index.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { FieldCipher, FieldPlace } from '../crypto/field-cipher.ts';
import { parseResidentNumber } from '../formats/identifiers/resident-number.ts';
import type { Database } from '../storage/database.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';

export interface PersonDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly index: BlindIndex;
  readonly cipher: FieldCipher;
  readonly demonstration: boolean;
}

/** A resident as shown to whoever may see them. */
export interface Person {
  /** `psn_…` */
  readonly id: string;
  readonly name: string;
  readonly number: string;
}

/**
 * Finds a resident by number, or adds them.
 * @returns the identifier, the same for the same number.
 * @throws IdentityError `person-number-invalid`.
 */
export async function personWithNumber(
  dependencies: PersonDependencies,
  person: { readonly name: string; readonly number: string },
): Promise<string> {
  const number = normalised(person.number, dependencies.clock());
  const index = dependencies.index.of('person-number', number);
  const id = randomIdentifier('psn', dependencies.random);
  const row = {
    id,
    name_cipher: dependencies.cipher.seal(place('name', id), person.name),
    number_cipher: dependencies.cipher.seal(place('number', id), number),
    number_index: index,
    demonstration: dependencies.demonstration ? 1 : 0,
    created_at: dependencies.clock().toISOString(),
  };
  return dependencies.database.write(async (tx) => {
    const known = await tx
      .selectFrom('person')
      .select('id')
      .where('number_index', '=', index)
      .executeTakeFirst();
    if (known !== undefined) return known.id;
    await tx.insertInto('person').values(row).execute();
    return id;
  });
}

/** @returns the resident, decrypted, or null. */
export async function personById(dependencies: PersonDependencies, id: string): Promise<Person | null> {
  const row = await dependencies.database.reader
    .selectFrom('person')
    .select(['id', 'name_cipher', 'number_cipher'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    name: dependencies.cipher.open(place('name', row.id), row.name_cipher),
    number: dependencies.cipher.open(place('number', row.id), row.number_cipher),
  };
}

function place(column: 'name' | 'number', row: string): FieldPlace {
  return { table: 'person', column, row };
}

function normalised(number: string, today: Date): string {
  try {
    return parseResidentNumber(number, today).number;
  } catch (error) {
    throw new IdentityError('person-number-invalid', 'The resident number is not valid.', { cause: error });
  }
}
