// Documents of a person beside the own one: those whose accounts were joined into the person's.
import type { Writer } from '../storage/database.ts';
import type { PersonDocumentTable } from '../storage/schema/people.ts';
import { randomIdentifier } from './identifier.ts';
import { documentTypes, type DocumentType } from './identity-documents.ts';
import { indexOf, personName, type PersonDependencies } from './persons.ts';

/** A document of the history. */
export interface FormerDocument {
  readonly documentType: DocumentType | null;
  readonly name: string;
  readonly number: string;
  readonly joinedAt: Date;
}

/** A document ready to be joined: sealed outside of any write. */
export type SealedDocument = Pick<
  PersonDocumentTable,
  'id' | 'document_type' | 'name_cipher' | 'number_cipher' | 'number_index'
>;

/** Seals a document for the history. */
export function sealedDocument(
  dependencies: PersonDependencies,
  document: { readonly type: DocumentType; readonly number: string; readonly name: string },
): SealedDocument {
  const id = randomIdentifier('pdc', dependencies.random);
  return {
    id,
    document_type: document.type,
    name_cipher: dependencies.cipher.seal(place('name', id), personName(document.name)),
    number_cipher: dependencies.cipher.seal(place('number', id), document.number),
    number_index: indexOf(dependencies, document),
  };
}

/** Takes a document of `former` into the history of `person`, with what was joined to `former` before. */
export async function joinDocumentIn(
  tx: Writer,
  joined: {
    readonly document: SealedDocument | null;
    readonly person: string;
    readonly former: string;
    readonly at: Date;
  },
): Promise<void> {
  const { document, person, former, at } = joined;
  await tx.updateTable('person_document').set({ person }).where('person', '=', former).execute();
  if (document === null) return;
  await tx
    .insertInto('person_document')
    .values({ ...document, person, former_person: former, joined_at: at.toISOString() })
    .execute();
}

/** The history of a person's documents, oldest first. */
export async function formerDocuments(
  dependencies: Pick<PersonDependencies, 'database' | 'cipher'>,
  person: string,
): Promise<readonly FormerDocument[]> {
  const rows = await dependencies.database.reader
    .selectFrom('person_document')
    .selectAll()
    .where('person', '=', person)
    .orderBy('joined_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    documentType: documentTypes.find((known) => known === row.document_type) ?? null,
    name: dependencies.cipher.open(place('name', row.id), row.name_cipher),
    number: dependencies.cipher.open(place('number', row.id), row.number_cipher),
    joinedAt: new Date(row.joined_at),
  }));
}

function place(column: 'name' | 'number', row: string): { table: string; column: string; row: string } {
  return { table: 'person_document', column, row };
}
