// What a confirmed case brings about: a proofing, a recovery proved, two accounts joined, a guardian recorded.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { PersonTable, ProofingCaseTable } from '../storage/schema/people.ts';
import { mergeAccountsIn, type Moving } from './account-merge.ts';
import { openAccountIn, recordProofingIn, type NewProofing, type PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { guardianRow, liveGuardians, recordGuardianIn, type GuardianRow } from './guardians.ts';
import { ageAt, birthDateOf, documentOf, guardedUntil } from './identity-documents.ts';
import { randomIdentifier } from './identifier.ts';
import { sealedDocument } from './joined-documents.ts';
import {
  columnsOf,
  findPerson,
  indexOf,
  newPersonRow,
  personWithIn,
  type Person,
  type PersonKey,
} from './persons.ts';
import type { CaseDetails } from './proofing-details.ts';
import { proofingDays, proofingRung, times } from './proofing.ts';
import { proveRecoveryIn } from './recovery.ts';

/** Everything a write needs that is made outside of it: keys were used, identifiers drawn. */
export interface PreparedCase {
  readonly row: ProofingCaseTable;
  readonly details: CaseDetails;
  readonly person: PersonTable;
  /** Columns as the document has them now, sealed for the person already known; null for a new one. */
  readonly refreshed: Partial<PersonTable> | null;
  /** The person known by the 网号 or the other document that was shown, where that is another one. */
  readonly other: string | null;
  /** What moves from that person to the one already known. */
  readonly moving: Moving;
  /** 网号 that was shown and belongs to nobody yet, sealed for the person already known. */
  readonly wanghao: { readonly wanghao_cipher: string; readonly wanghao_index: string } | null;
  readonly proofing: NewProofing;
  readonly second: string;
  readonly ids: { readonly account: string; readonly proofing: string; readonly guardianship: string };
  readonly guardianship: GuardianRow | null;
}

/** Seals and draws what the write will need. @throws IdentityError `merge-refused` for a merge without a second account. */
export async function prepareCase(
  dependencies: PeopleDependencies,
  row: ProofingCaseTable,
  details: CaseDetails,
  second: string,
): Promise<PreparedCase> {
  const { seen, wanghao } = details;
  const key: PersonKey = { type: seen.type, number: seen.number, name: seen.name, birthDate: seen.birthDate };
  const known = await findPerson(dependencies, key);
  const found = await otherOf(dependencies, details);
  const other = found !== null && found.id !== known?.id ? found : null;
  if (row.kind === 'merge' && (known === null || other === null)) {
    throw new IdentityError(
      'merge-refused',
      'There are no two accounts to join: each of the two that were shown needs one.',
    );
  }
  if (row.kind !== 'merge' && other !== null) {
    throw new IdentityError('merge-refused', 'The 网号 has an account of its own: join the two instead.');
  }
  requireOneBirth(dependencies, details, [known, other]);
  await requireGuardianOf(dependencies, row.kind, known?.id ?? null, { ...key, today: dependencies.clock() });
  const person = newPersonRow(dependencies, key);
  const id = randomIdentifier('grd', dependencies.random);
  return {
    row,
    details,
    person,
    refreshed:
      known !== null && isKnownBy(dependencies, known, key) ? columnsOf(dependencies, known.id, key) : null,
    other: other?.id ?? null,
    moving: movingOf(dependencies, known, other),
    wanghao: wanghao === null ? null : wanghaoColumns(dependencies, known?.id ?? person.id, wanghao),
    proofing: windowProofing(dependencies, row, details, second),
    second,
    ids: {
      account: randomIdentifier('acc', dependencies.random),
      proofing: randomIdentifier('prf', dependencies.random),
      guardianship: id,
    },
    guardianship:
      row.kind === 'guardianship' ? await guardianRow(dependencies, id, { row, details, second }) : null,
  };
}

/** The person known by the 网证, or by the other document, that was shown; null for none. */
function otherOf(dependencies: PeopleDependencies, { also, wanghao }: CaseDetails): Promise<Person | null> {
  if (also !== undefined && also !== null)
    return findPerson(dependencies, { type: also.type, number: also.number, name: also.name });
  return wanghao === null ? Promise.resolve(null) : findPerson(dependencies, { wanghao });
}

/** Two documents of one person tell one birth date, where they tell any. @throws IdentityError `merge-refused`. */
function requireOneBirth(
  dependencies: PeopleDependencies,
  { seen, also }: CaseDetails,
  persons: readonly (Person | null)[],
): void {
  if (also === undefined || also === null) return;
  const today = dependencies.clock();
  const told = [
    ...[seen, also].flatMap((one) => [
      one.birthDate,
      birthDateOf(documentOf(one.type, one.number, today), today),
    ]),
    ...persons.map((person) => person?.birthDate ?? null),
  ].filter((date) => date !== null);
  if (new Set(told).size > 1)
    throw new IdentityError(
      'merge-refused',
      'The two documents tell two birth dates: these are two persons.',
    );
}

function movingOf(dependencies: PeopleDependencies, to: Person | null, from: Person | null): Moving {
  if (to === null || from === null) return { wanghao: null, document: null };
  const { documentType: type, number, name, wanghao } = from;
  return {
    wanghao: wanghao === null ? null : wanghaoColumns(dependencies, to.id, wanghao),
    document:
      type === null || number === null
        ? null
        : sealedDocument(dependencies, { type, number, name: name ?? '' }),
  };
}

/** Whether a person's own document is the one that was shown: one of their history leads to them, and changes nothing of it. */
function isKnownBy(
  dependencies: PeopleDependencies,
  person: Person,
  key: Extract<PersonKey, { type: string }>,
): boolean {
  if (person.documentType === null || person.number === null) return true;
  const own = { type: person.documentType, number: person.number, name: '' };
  return indexOf(dependencies, own) === indexOf(dependencies, key);
}

/** @returns the account it was about, and what came of it. @throws IdentityError `account-ended`, `merge-refused`, `recovery-refused`, `guardian-refused`, `own-matter`. */
export async function carryOutCaseIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  prepared: PreparedCase,
): Promise<{ readonly account: string; readonly outcome: string }> {
  const { row, details, ids } = prepared;
  const person = await personWithIn(tx, prepared.person);
  if (prepared.refreshed !== null) {
    // The register confirmed this very name: a person who changed theirs is known by the new one from now on.
    await tx.updateTable('person').set(prepared.refreshed).where('id', '=', person).execute();
  }
  if (row.kind === 'guardianship') {
    if (prepared.guardianship === null)
      throw new IdentityError('guardian-refused', 'The case names no guardian.');
    const account = await recordGuardianIn(tx, dependencies, actor, {
      ...prepared.guardianship,
      ward: person,
    });
    return { account, outcome: prepared.guardianship.id };
  }
  const { id: account } = await openAccountIn(tx, dependencies, { actor, person, id: ids.account });
  await requireActiveAndForeign(tx, account, prepared);
  if (row.kind === 'merge' && prepared.other !== null) {
    const { other, moving } = prepared;
    await mergeAccountsIn(tx, dependencies, actor, { survivor: account, person, other, moving });
  }
  await recordProofingIn(tx, dependencies, actor, { ...prepared.proofing, id: ids.proofing, account });
  if (row.kind !== 'merge' && prepared.wanghao !== null) {
    await tx
      .updateTable('person')
      .set(prepared.wanghao)
      .where('id', '=', person)
      .where('wanghao_index', 'is', null)
      .execute();
  }
  if (row.kind !== 'recovery') return { account, outcome: ids.proofing };
  const recovery = details.about ?? '';
  await proveRecoveryIn(tx, dependencies, actor, {
    id: recovery,
    account,
    rung: prepared.proofing.rung,
    by: 'window',
  });
  return { account, outcome: recovery };
}

/** A child under fourteen has an account once a guardian is recorded (PIPL art. 31). @throws IdentityError `guardian-needed`. */
async function requireGuardianOf(
  dependencies: PeopleDependencies,
  kind: ProofingCaseTable['kind'],
  person: string | null,
  who: Extract<PersonKey, { type: string }> & { readonly today: Date },
): Promise<void> {
  if (kind === 'guardianship') return;
  const document = documentOf(who.type, who.number, who.today);
  const birthDate = who.birthDate ?? birthDateOf(document, who.today);
  if (birthDate === null || ageAt(birthDate, who.today) >= guardedUntil) return;
  const guardians = person === null ? [] : await liveGuardians(dependencies, person);
  if (guardians.length === 0) {
    throw new IdentityError('guardian-needed', 'A child under fourteen needs a guardian recorded first.');
  }
}

function wanghaoColumns(
  dependencies: PeopleDependencies,
  person: string,
  wanghao: string,
): { readonly wanghao_cipher: string; readonly wanghao_index: string } {
  return {
    wanghao_cipher: dependencies.cipher.seal({ table: 'person', column: 'wanghao', row: person }, wanghao),
    wanghao_index: dependencies.index.of('person-wanghao', wanghao),
  };
}

async function requireActiveAndForeign(tx: Writer, account: string, prepared: PreparedCase): Promise<void> {
  const { state } = await tx
    .selectFrom('account')
    .select('state')
    .where('id', '=', account)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (state !== 'active') throw new IdentityError('account-ended', `The account is ${state}.`);
  if (account === prepared.row.by || account === prepared.second) {
    throw new IdentityError('own-matter', 'Nobody works on a case of their own.');
  }
}

function windowProofing(
  dependencies: PeopleDependencies,
  row: ProofingCaseTable,
  details: CaseDetails,
  second: string,
): NewProofing {
  const { seen } = details;
  const held = times(dependencies.clock(), proofingDays.window);
  // A day in Beijing ends at 16:00 UTC.
  const ends = seen.expires === null ? held.validUntil : new Date(`${seen.expires}T16:00:00.000Z`);
  return {
    verifiedAt: held.verifiedAt,
    validUntil: ends < held.validUntil ? ends : held.validUntil,
    rung: seen.reader === 'chip' ? proofingRung.windowByReader : proofingRung.windowByEye,
    method: 'window',
    source: row.department,
    evidence: {
      case: row.id,
      documentType: seen.type,
      reader: seen.reader,
      reference: seen.reference,
      population: 'matched',
      ...(seen.expires === null ? {} : { documentExpires: seen.expires }),
      ...(details.wanghao === null ? {} : { wangzheng: 'shown' }),
      ...(details.also === undefined || details.also === null ? {} : { alsoSeen: details.also.type }),
    },
    by: row.by,
    second,
  };
}
