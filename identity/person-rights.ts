// Rights of the person: a copy of everything, and requests to correct, delete, restrict or explain.
import type { Actor } from '../storage/actor.ts';
import type { PersonRequestTable } from '../storage/schema/people.ts';
import { accountOfPerson, proofingsOf, type PeopleDependencies } from './accounts.ts';
import { consentsOf } from './consents.ts';
import { IdentityError } from './errors.ts';
import { requireSayOver } from './guardians.ts';
import { randomIdentifier } from './identifier.ts';
import { requireRole } from './officers.ts';
import { formerDocuments, type FormerDocument } from './joined-documents.ts';
import { requirePerson, type Person } from './persons.ts';
import { mandatesOf } from './representation.ts';

export type PersonRequestKind = PersonRequestTable['kind'];

/** Days in which a request is decided. */
const answerDays = 15;

export interface PersonRequest {
  /** `prq_…` */
  readonly id: string;
  readonly person: string;
  readonly kind: PersonRequestKind;
  readonly words: string;
  readonly state: PersonRequestTable['state'];
  readonly openedAt: Date;
  readonly dueAt: Date;
  readonly answer: string | null;
}

/** Everything kept about a person, in a form a machine reads (art. 45). */
export interface PersonalCopy {
  readonly person: Person;
  /** Documents whose accounts were joined into this one. */
  readonly formerDocuments: readonly FormerDocument[];
  readonly account: { readonly id: string; readonly state: string; readonly openedAt: string } | null;
  readonly proofings: readonly object[];
  readonly mandates: readonly object[];
  readonly consents: readonly object[];
  readonly requests: readonly object[];
}

/** Copies everything, and audits that it was copied. @throws IdentityError `guardian-needed`, `guardian-refused`. */
export async function copyOfPersonalData(
  dependencies: PeopleDependencies,
  actor: Actor,
  by: string,
  personId: string,
): Promise<PersonalCopy> {
  await requireSayOver(dependencies, by, personId);
  const now = dependencies.clock();
  const person = await requirePerson(dependencies, personId);
  const account = await accountOfPerson(dependencies, personId);
  await dependencies.database.write((tx) =>
    dependencies.audit.append(tx, {
      at: now,
      actor,
      action: 'person.copied',
      subject: personId,
      details: { by },
    }),
  );
  return {
    person,
    formerDocuments: await formerDocuments(dependencies, personId),
    account:
      account === null
        ? null
        : { id: account.id, state: account.state, openedAt: account.openedAt.toISOString() },
    proofings: account === null ? [] : await proofingsOf(dependencies, account.id),
    mandates: account === null ? [] : await mandatesOf(dependencies, account.id, now),
    consents: await consentsOf(dependencies, personId),
    requests: await requestsOf(dependencies, personId),
  };
}

/**
 * Opens a request.
 * @param asking.words - what is wrong and how it should be; 1 to 1000 characters, kept encrypted
 * @returns `prq_…`
 * @throws IdentityError `purpose-invalid` for no words or too many, `guardian-needed`, `guardian-refused`.
 */
export async function openPersonRequest(
  dependencies: PeopleDependencies,
  actor: Actor,
  asking: {
    readonly by: string;
    readonly person: string;
    readonly kind: PersonRequestKind;
    readonly words: string;
  },
): Promise<string> {
  await requireSayOver(dependencies, asking.by, asking.person);
  const words = asking.words.trim();
  if (words === '' || words.length > 1000) {
    throw new IdentityError('purpose-invalid', 'A request says in 1 to 1000 characters what is asked for.');
  }
  const at = dependencies.clock();
  const id = randomIdentifier('prq', dependencies.random);
  const row = {
    id,
    person: asking.person,
    asked_by: asking.by,
    kind: asking.kind,
    details_cipher: dependencies.cipher.seal(requestPlace('details', id), words),
    state: 'open' as const,
    opened_at: at.toISOString(),
    due_at: new Date(at.getTime() + answerDays * 86_400_000).toISOString(),
    decided_by: null,
    decided_at: null,
    answer_cipher: null,
  };
  await dependencies.database.write(async (tx) => {
    await tx.insertInto('person_request').values(row).execute();
    const details = { kind: asking.kind, person: asking.person };
    await dependencies.audit.append(tx, { at, actor, action: 'person-request.opened', subject: id, details });
  });
  return id;
}

/** Requests of a person, newest first. */
export async function requestsOf(
  dependencies: PeopleDependencies,
  person: string,
): Promise<readonly PersonRequest[]> {
  const rows = await dependencies.database.reader
    .selectFrom('person_request')
    .selectAll()
    .where('person', '=', person)
    .orderBy('opened_at', 'desc')
    .limit(100)
    .execute();
  return rows.map((row) => requestOf(dependencies, row));
}

/**
 * Requests nobody decided yet, the most urgent first; the reading is audited.
 * @throws IdentityError `role-missing`.
 */
export async function openPersonRequests(
  dependencies: PeopleDependencies,
  actor: Actor,
  by: string,
): Promise<readonly PersonRequest[]> {
  await requireRole(dependencies, by, 'data-protection-officer');
  const rows = await dependencies.database.reader
    .selectFrom('person_request')
    .selectAll()
    .where('state', '=', 'open')
    .orderBy('due_at')
    .limit(100)
    .execute();
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    for (const { person } of rows) {
      const details = { purpose: 'request of the person' };
      await dependencies.audit.append(tx, {
        at,
        actor,
        action: 'person.disclosed',
        subject: person,
        details,
      });
    }
  });
  return rows.map((row) => requestOf(dependencies, row));
}

function requestOf(dependencies: PeopleDependencies, row: PersonRequestTable): PersonRequest {
  const open = (column: 'details' | 'answer', cipher: string | null): string | null =>
    cipher === null ? null : dependencies.cipher.open(requestPlace(column, row.id), cipher);
  return {
    id: row.id,
    person: row.person,
    kind: row.kind,
    words: open('details', row.details_cipher) ?? '',
    state: row.state,
    openedAt: new Date(row.opened_at),
    dueAt: new Date(row.due_at),
    answer: open('answer', row.answer_cipher),
  };
}

/** Where words of a request lie encrypted. */
export function requestPlace(
  column: 'details' | 'answer',
  row: string,
): { readonly table: string; readonly column: string; readonly row: string } {
  return { table: 'person_request', column, row };
}
