// Persons known to the service: by document, by 网号, or both; encrypted, found only through keyed indexes.
import type { BlindIndex } from '../crypto/blind-index.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { FieldCipher, FieldPlace } from '../crypto/field-cipher.ts';
import { maskResidentNumber } from '../formats/identifiers/resident-number.ts';
import type { Database, Reader, Writer } from '../storage/database.ts';
import type { PersonTable } from '../storage/schema/people.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';
import {
  birthDateOf,
  documentOf,
  documentTypes,
  indexPurposeOf,
  type DocumentType,
  type IdentityDocument,
} from './identity-documents.ts';

export interface PersonDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly index: BlindIndex;
  readonly cipher: FieldCipher;
  readonly demonstration: boolean;
}

/** A person as shown to whoever may see them. Everything but the identifier may be unknown: a 网号 alone is enough. */
export interface Person {
  /** `psn_…` */
  readonly id: string;
  readonly name: string | null;
  readonly documentType: DocumentType | null;
  readonly number: string | null;
  readonly wanghao: string | null;
  /** yyyy-MM-dd */
  readonly birthDate: string | null;
}

/** How somebody is named to us. */
export type PersonKey =
  | {
      readonly type: DocumentType;
      readonly number: string;
      readonly name: string;
      readonly birthDate?: string | null;
    }
  | { readonly wanghao: string; readonly birthDate?: string | null };

const namePattern = /^(?! )[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,80}(?<! )$/u;
const wanghaoPattern = /^[A-Za-z0-9]{8,64}$/;

/**
 * Finds a resident by number, or adds them.
 * @returns the identifier, the same for the same number.
 * @throws IdentityError `person-number-invalid`, `person-name-invalid`.
 */
export function personWithNumber(
  dependencies: PersonDependencies,
  person: { readonly name: string; readonly number: string },
): Promise<string> {
  return personWith(dependencies, { ...person, type: 'resident-identity-card' });
}

/**
 * Finds a person by document or 网号, or adds them. The name of one already known stays as it is.
 * @returns `psn_…`, the same for the same document or 网号, also under a race.
 * @throws IdentityError `person-number-invalid`, `person-name-invalid`, `wanghao-invalid`.
 */
export async function personWith(dependencies: PersonDependencies, key: PersonKey): Promise<string> {
  const row = newPersonRow(dependencies, key);
  return dependencies.database.write((tx) => personWithIn(tx, row));
}

/** A row ready for `personWithIn`: keys are used here, outside any write. @throws IdentityError as `personWith`. */
export function newPersonRow(dependencies: PersonDependencies, key: PersonKey): PersonTable {
  const id = randomIdentifier('psn', dependencies.random);
  return { ...blankRow(dependencies, id), ...columnsOf(dependencies, id, key) };
}

/** As `personWith`, inside another write. */
export async function personWithIn(tx: Writer, row: PersonTable): Promise<string> {
  const [column, index] =
    row.number_index === null
      ? (['wanghao_index', row.wanghao_index] as const)
      : (['number_index', row.number_index] as const);
  const joined = row.number_index === null ? null : await joinedPersonIn(tx, row.number_index);
  if (joined !== null) return joined;
  await tx
    .insertInto('person')
    .values(row)
    .onConflict((conflict) => conflict.column(column).doNothing())
    .execute();
  // Joined to somebody in this very moment: then nobody new is known by it.
  const since = row.number_index === null ? null : await joinedPersonIn(tx, row.number_index);
  if (since !== null) {
    await tx.deleteFrom('person').where('id', '=', row.id).execute();
    return since;
  }
  const known = await tx
    .selectFrom('person')
    .select('id')
    .where(column, '=', index)
    .executeTakeFirstOrThrow();
  return known.id;
}

/** The person to whom a document was joined; null for none. */
async function joinedPersonIn(reader: Reader | Writer, index: string): Promise<string | null> {
  const row = await reader
    .selectFrom('person_document')
    .select('person')
    .where('number_index', '=', index)
    .executeTakeFirst();
  return row?.person ?? null;
}

/** @returns the person, decrypted, or null for one unknown, merged away or erased. */
export async function personById(dependencies: PersonDependencies, id: string): Promise<Person | null> {
  const row = await dependencies.database.reader
    .selectFrom('person')
    .selectAll()
    .where('id', '=', id)
    .where('state', '=', 'present')
    .executeTakeFirst();
  return row === undefined ? null : openPerson(dependencies, row);
}

/** @throws IdentityError `person-not-found`. */
export async function requirePerson(dependencies: PersonDependencies, id: string): Promise<Person> {
  const person = await personById(dependencies, id);
  if (person === null) throw new IdentityError('person-not-found', 'There is no such person.');
  return person;
}

/** @returns the person with this document or 网号, or null. @throws IdentityError as `personWith`. */
export async function findPerson(dependencies: PersonDependencies, key: PersonKey): Promise<Person | null> {
  const index = indexOf(dependencies, key);
  const row = await dependencies.database.reader
    .selectFrom('person')
    .selectAll()
    .where('type' in key ? 'number_index' : 'wanghao_index', '=', index)
    .executeTakeFirst();
  if (row !== undefined) return openPerson(dependencies, row);
  if (!('type' in key)) return null;
  // A document that was joined to another one leads to the person who goes on.
  const joined = await joinedPersonIn(dependencies.database.reader, index);
  return joined === null ? null : personById(dependencies, joined);
}

/** The keyed digest under which a document or 网号 is found. @throws IdentityError as `personWith`. */
export function indexOf(dependencies: Pick<PersonDependencies, 'index' | 'clock'>, key: PersonKey): string {
  if (!('type' in key)) return dependencies.index.of('person-wanghao', wanghaoOf(key.wanghao));
  const document = documentOf(key.type, key.number, dependencies.clock());
  return dependencies.index.of(indexPurposeOf(document.type), document.number);
}

/** A name as it is stored: trimmed, in Unicode's composed form, so that equal names are equal. @throws IdentityError `person-name-invalid`. */
export function personName(text: string): string {
  const name = text
    .trim()
    .replace(/[．・•]/g, '·')
    .normalize('NFC');
  if (!namePattern.test(name)) {
    throw new IdentityError(
      'person-name-invalid',
      'A name has 1 to 80 characters and no control characters.',
    );
  }
  return name;
}

/** `样**`: what lists and logs may show of a name. */
export function maskName(name: string): string {
  const [first = '', ...rest] = Array.from(name);
  return first + '*'.repeat(Math.max(1, rest.length));
}

/** What lists may show of a person; a 网号 is a pseudonym and still shown in part only. */
export function maskPerson(person: Person): { readonly name: string; readonly number: string } {
  return {
    name: person.name === null ? '—' : maskName(person.name),
    number: maskResidentNumber(person.number ?? person.wanghao ?? ''),
  };
}

/** Where a value of a person lies. */
function personPlace(column: 'name' | 'number' | 'wanghao' | 'birth_date', row: string): FieldPlace {
  return { table: 'person', column, row };
}

/** Columns that hold a document, or a 网号, of person `id`; the others are left out. */
export function columnsOf(
  dependencies: PersonDependencies,
  id: string,
  key: PersonKey,
): Partial<PersonTable> {
  const seal = (column: 'name' | 'number' | 'wanghao' | 'birth_date', value: string): string =>
    dependencies.cipher.seal(personPlace(column, id), value);
  const birth =
    key.birthDate === undefined || key.birthDate === null
      ? {}
      : { birth_date_cipher: seal('birth_date', key.birthDate) };
  if (!('type' in key)) {
    return {
      wanghao_cipher: seal('wanghao', wanghaoOf(key.wanghao)),
      wanghao_index: indexOf(dependencies, key),
      ...birth,
    };
  }
  const document = documentOf(key.type, key.number, dependencies.clock());
  return {
    document_type: document.type,
    name_cipher: seal('name', personName(key.name)),
    number_cipher: seal('number', document.number),
    number_index: indexOf(dependencies, key),
    ...birth,
  };
}

function blankRow(dependencies: PersonDependencies, id: string): PersonTable {
  return {
    id,
    document_type: null,
    name_cipher: null,
    number_cipher: null,
    number_index: null,
    wanghao_cipher: null,
    wanghao_index: null,
    birth_date_cipher: null,
    state: 'present',
    merged_into: null,
    ended_at: null,
    demonstration: dependencies.demonstration ? 1 : 0,
    created_at: dependencies.clock().toISOString(),
  };
}

/** A person's name from its column; null for none. */
export function openPersonName(
  { cipher }: Pick<PersonDependencies, 'cipher'>,
  row: Pick<PersonTable, 'id' | 'name_cipher'>,
): string | null {
  return row.name_cipher === null ? null : cipher.open(personPlace('name', row.id), row.name_cipher);
}

function openPerson(dependencies: PersonDependencies, row: PersonTable): Person {
  const open = (
    column: 'name' | 'number' | 'wanghao' | 'birth_date',
    cipher: string | null,
  ): string | null =>
    cipher === null ? null : dependencies.cipher.open(personPlace(column, row.id), cipher);
  const type = documentTypes.find((known) => known === row.document_type) ?? null;
  const number = open('number', row.number_cipher);
  const document: IdentityDocument | null = type === null || number === null ? null : { type, number };
  return {
    id: row.id,
    name: openPersonName(dependencies, row),
    documentType: type,
    number,
    wanghao: open('wanghao', row.wanghao_cipher),
    birthDate:
      open('birth_date', row.birth_date_cipher) ??
      (document === null ? null : birthDateOf(document, dependencies.clock())),
  };
}

function wanghaoOf(text: string): string {
  const wanghao = text.trim();
  if (!wanghaoPattern.test(wanghao)) {
    throw new IdentityError('wanghao-invalid', 'A 网号 is 8 to 64 letters and digits.');
  }
  return wanghao;
}
