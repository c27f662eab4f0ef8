// Guardians of children under fourteen: recorded at the window, acting until the fourteenth birthday (PIPL art. 31).
import { sql } from 'kysely';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { GuardianshipTable, ProofingCaseTable } from '../storage/schema/people.ts';
import { proofingOf, requireActiveAccount, type Account, type PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { ageAt, birthDateOf, documentOf, guardedUntil } from './identity-documents.ts';
import { personById, requirePerson } from './persons.ts';
import type { CaseDetails } from './proofing-details.ts';

const majority = 18;

/** Everything of a guardianship but whose it is. */
export type GuardianRow = Omit<GuardianshipTable, 'ward'>;

/**
 * @returns a row ready for `recordGuardianIn`
 * @throws IdentityError `guardian-refused`: the ward is fourteen or of unknown age, the guardian is no adult proofed at rung 3.
 */
export async function guardianRow(
  dependencies: PeopleDependencies,
  id: string,
  from: { readonly row: ProofingCaseTable; readonly details: CaseDetails; readonly second: string },
): Promise<GuardianRow> {
  const now = dependencies.clock();
  const { seen, about } = from.details;
  const birthDate = seen.birthDate ?? birthDateOf(documentOf(seen.type, seen.number, now), now);
  if (birthDate === null || ageAt(birthDate, now) >= guardedUntil) {
    throw new IdentityError(
      'guardian-refused',
      'Guardians are recorded for children under fourteen, whose birth date is known.',
    );
  }
  const guardian = await requireActiveAccount(dependencies, about ?? '');
  const adult = await requirePerson(dependencies, guardian.person);
  const proofing = await proofingOf(dependencies, guardian.id, now);
  if (adult.birthDate === null || ageAt(adult.birthDate, now) < majority || (proofing?.rung ?? 0) < 3) {
    throw new IdentityError('guardian-refused', 'A guardian is an adult proofed at level 3 or above.');
  }
  const place = { table: 'guardianship', column: 'evidence', row: id };
  return {
    id,
    guardian: guardian.id,
    evidence_cipher: dependencies.cipher.seal(
      place,
      JSON.stringify({ reference: seen.reference, case: from.row.id }),
    ),
    by: from.row.by,
    second: from.second,
    since: now.toISOString(),
    until: birthday(birthDate, guardedUntil).toISOString(),
    ended_at: null,
  };
}

/** Records a guardian; one already recorded is no error. @returns the guardian's account */
export async function recordGuardianIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  row: GuardianshipTable,
): Promise<string> {
  await tx
    .insertInto('guardianship')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['ward', 'guardian'])
        .where(sql<boolean>`ended_at IS NULL`)
        .doNothing(),
    )
    .execute();
  await dependencies.audit.append(tx, {
    at: dependencies.clock(),
    actor,
    action: 'guardian.recorded',
    subject: row.ward,
    details: { guardian: row.guardian, guardianship: row.id },
  });
  return row.guardian;
}

/** Accounts that may act for a person now. */
export async function liveGuardians(
  dependencies: Pick<PeopleDependencies, 'database' | 'clock'>,
  person: string,
): Promise<readonly string[]> {
  const rows = await dependencies.database.reader
    .selectFrom('guardianship')
    .innerJoin('account', 'account.id', 'guardianship.guardian')
    .select('guardian')
    .where('ward', '=', person)
    .where('account.state', '=', 'active')
    .where('ended_at', 'is', null)
    .where('until', '>', dependencies.clock().toISOString())
    .execute();
  return rows.map(({ guardian }) => guardian);
}

/** Persons an account may act for now: `psn_…`. */
export async function wardsOf(
  dependencies: Pick<PeopleDependencies, 'database' | 'clock'>,
  account: string,
): Promise<readonly string[]> {
  const rows = await dependencies.database.reader
    .selectFrom('guardianship')
    .select('ward')
    .where('guardian', '=', account)
    .where('ended_at', 'is', null)
    .where('until', '>', dependencies.clock().toISOString())
    .execute();
  return rows.map(({ ward }) => ward);
}

/**
 * Whose data an account may see and decide about: its own person's, from fourteen on; a ward's.
 * @param person - `psn_…`
 * @returns the account, active
 * @throws IdentityError `guardian-needed` (a child's own account), `guardian-refused` (somebody else's data),
 * `account-not-found`, `account-ended`.
 */
export async function requireSayOver(
  dependencies: PeopleDependencies,
  accountId: string,
  person: string,
): Promise<Account> {
  const account = await requireActiveAccount(dependencies, accountId);
  if (account.person === person) {
    if (await isGuarded(dependencies, person)) {
      throw new IdentityError('guardian-needed', 'Under fourteen a guardian decides about personal data.');
    }
    return account;
  }
  if (!(await wardsOf(dependencies, account.id)).includes(person)) {
    throw new IdentityError('guardian-refused', 'The account is neither this person’s nor a guardian’s.');
  }
  return account;
}

/** Whether the person is known to be under fourteen now. */
async function isGuarded(dependencies: PeopleDependencies, person: string): Promise<boolean> {
  const known = await personById(dependencies, person);
  return (
    known !== null && known.birthDate !== null && ageAt(known.birthDate, dependencies.clock()) < guardedUntil
  );
}

/** The beginning of a birthday in Beijing. @param birthDate - yyyy-MM-dd */
function birthday(birthDate: string, age: number): Date {
  const year = Number(birthDate.slice(0, 4)) + age;
  // Whoever was born on 29 February completes a year of life on 1 March where there is no such day.
  const day = birthDate.slice(5) === '02-29' && !isLeap(year) ? '03-01' : birthDate.slice(5);
  return new Date(`${year}-${day}T00:00:00+08:00`);
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
