// The service window: one officer sees a person and proposes, another takes the second look; only then anything changes.
import { sql } from 'kysely';
import type { Actor } from '../storage/actor.ts';
import type { ProofingCaseTable } from '../storage/schema/people.ts';
import type { PeopleDependencies } from './accounts.ts';
import { carryOutCaseIn, prepareCase } from './proofing-case.ts';
import {
  detailsOf,
  requireCaseSense,
  sealDetails,
  type CaseDetails,
  type CaseKind,
  type SeenDocument,
} from './proofing-details.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';
import { requireRole } from './officers.ts';
import { indexOf, maskName, type PersonKey } from './persons.ts';
import { maskResidentNumber } from '../formats/identifiers/resident-number.ts';
import { questionsAnHour, askRegister, type RegisterDependencies } from './registers.ts';
import { takeShowing } from './proofing.ts';
import { accountOfPerson } from './accounts.ts';
import { findPerson } from './persons.ts';

/** A proposal that nobody looked at a second time lapses after a day. */
const lifetime = 86_400_000;

/** What the first officer brings. */
export interface Proposal {
  readonly by: string;
  readonly kind: CaseKind;
  readonly seen: SeenDocument;
  /** For `merge` of two documents: the other one, whose account is joined into that of `seen`. Otherwise null. */
  readonly also?: SeenDocument | null;
  /** Code of a 网证 that the person's phone shows, where one is part of the case; consumed. */
  readonly showing: string | null;
  /** For `recovery`: the recovery that is proved. For `guardianship`: the guardian's account. Otherwise null. */
  readonly about: string | null;
}

/** A case as the desk lists it: masked. */
export interface DeskCase {
  readonly id: string;
  readonly kind: CaseKind;
  readonly name: string;
  readonly number: string;
  readonly reader: CaseDetails['seen']['reader'];
  readonly by: string;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
}

/**
 * The first officer proposes.
 * @returns `pcs_…`
 * @throws IdentityError `role-missing`, `own-matter` (the person is the officer), `case-open` (one of this person waits
 * already), `person-number-invalid`, `person-name-invalid`, `proofing-refused` (document expired, showing not good …),
 * `register-unavailable` and `login-delayed` where a 网证 is part of it.
 */
export async function proposeCase(
  dependencies: RegisterDependencies,
  actor: Actor,
  proposal: Proposal,
): Promise<string> {
  const officer = await requireRole(dependencies, proposal.by, 'window-officer');
  const now = dependencies.clock();
  const key = keyOf(proposal.seen);
  const index = indexOf(dependencies, key);
  const also = proposal.also ?? null;
  requireCaseSense({ ...proposal, also }, now);
  await requireForeign(dependencies, proposal.by, key);
  if (also !== null) await requireForeign(dependencies, proposal.by, keyOf(also));
  const wanghao = await wanghaoShown(dependencies, actor, proposal);
  const id = randomIdentifier('pcs', dependencies.random);
  const details: CaseDetails = { seen: proposal.seen, also, wanghao, about: proposal.about };
  const at = now.toISOString();
  const row: ProofingCaseTable = {
    id,
    account: null,
    department: officer.department,
    kind: proposal.kind,
    state: 'proposed',
    subject_index: index,
    details_cipher: sealDetails(dependencies, id, details),
    by: proposal.by,
    proposed_at: at,
    expires_at: new Date(now.getTime() + lifetime).toISOString(),
    second: null,
    decided_at: null,
    rejection: null,
    outcome: null,
  };
  await dependencies.database.write(async (tx) => {
    await tx
      .updateTable('proofing_case')
      .set({ state: 'expired', details_cipher: null })
      .where('state', '=', 'proposed')
      .where('expires_at', '<=', at)
      .execute();
    const added = await tx
      .insertInto('proofing_case')
      .values(row)
      .onConflict((conflict) =>
        conflict
          .columns(['subject_index', 'kind'])
          .where(sql<boolean>`state = 'proposed'`)
          .doNothing(),
      )
      .returning('id')
      .executeTakeFirst();
    if (added === undefined)
      throw new IdentityError('case-open', 'A case of this person waits for its second look.');
    const audit = {
      at: now,
      actor,
      subject: id,
      details: { kind: proposal.kind, department: officer.department },
    };
    await dependencies.audit.append(tx, { ...audit, action: 'proofing-case.proposed' });
  });
  return id;
}

/**
 * The second look: asks the population register now, and carries the case out.
 * @returns what came of it: `prf_…`, `rcv_…` or `grd_…`
 * @throws IdentityError `case-not-found` (also of another department), `case-decided`, `own-matter` (the same officer,
 * or the person's own case), `role-missing`, `register-mismatch`, `register-unavailable` (nothing is decided: the case
 * waits), and what carrying it out refuses.
 */
export async function confirmCase(
  dependencies: RegisterDependencies,
  actor: Actor,
  look: { readonly by: string; readonly id: string },
): Promise<string> {
  const { row, details } = await requireOpenCase(dependencies, look);
  const { seen } = details;
  const question = {
    actor,
    subject: row.id,
    register: 'population' as const,
    budget: questionsAnHour.officer,
  };
  const also = details.also ?? null;
  for (const document of [seen, ...(also === null ? [] : [also])]) {
    const answer = await askRegister(dependencies, question, (registers) =>
      registers.matchPerson(keyOf(document)),
    );
    if (answer === 'matched') continue;
    throw new IdentityError(
      'register-mismatch',
      'The population register does not confirm this name with this number.',
    );
  }
  const prepared = await prepareCase(dependencies, row, details, look.by);
  const at = dependencies.clock();
  return dependencies.database.write(async (tx) => {
    const taken = await tx
      .updateTable('proofing_case')
      .set({ state: 'confirmed', second: look.by, decided_at: at.toISOString(), details_cipher: null })
      .where('id', '=', row.id)
      .where('state', '=', 'proposed')
      .where('expires_at', '>', at.toISOString())
      .returning('id')
      .executeTakeFirst();
    if (taken === undefined)
      throw new IdentityError('case-decided', 'Somebody else decided in the meantime.');
    const { account, outcome } = await carryOutCaseIn(tx, dependencies, actor, prepared);
    await tx.updateTable('proofing_case').set({ account, outcome }).where('id', '=', row.id).execute();
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'proofing-case.confirmed',
      subject: row.id,
      details: { kind: row.kind, account, outcome },
    });
    return outcome;
  });
}

/** The second officer sends a case away; what was seen is forgotten. @throws IdentityError as `confirmCase`. */
export async function rejectCase(
  dependencies: PeopleDependencies,
  actor: Actor,
  look: { readonly by: string; readonly id: string; readonly reason: string },
): Promise<void> {
  const { row } = await requireOpenCase(dependencies, look);
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    const taken = await tx
      .updateTable('proofing_case')
      .set({
        state: 'rejected',
        second: look.by,
        decided_at: at.toISOString(),
        rejection: look.reason.trim().slice(0, 300),
        details_cipher: null,
      })
      .where('id', '=', row.id)
      .where('state', '=', 'proposed')
      .returning('id')
      .executeTakeFirst();
    if (taken === undefined)
      throw new IdentityError('case-decided', 'Somebody else decided in the meantime.');
    const audit = { at, actor, subject: row.id, details: { kind: row.kind } };
    await dependencies.audit.append(tx, { ...audit, action: 'proofing-case.rejected' });
  });
}

/** Cases of the officer's department that wait, oldest first; masked. @throws IdentityError `role-missing`. */
export async function waitingCases(
  dependencies: PeopleDependencies,
  by: string,
): Promise<readonly DeskCase[]> {
  const officer = await requireRole(dependencies, by, 'window-officer', 'window-supervisor');
  const rows = await dependencies.database.reader
    .selectFrom('proofing_case')
    .selectAll()
    .where('department', '=', officer.department)
    .where('state', '=', 'proposed')
    .where('expires_at', '>', dependencies.clock().toISOString())
    .orderBy('proposed_at')
    .limit(100)
    .execute();
  return rows.map((row) => {
    const { seen } = detailsOf(dependencies, row);
    return {
      id: row.id,
      kind: row.kind,
      name: maskName(seen.name),
      number: maskResidentNumber(seen.number),
      reader: seen.reader,
      by: row.by,
      proposedAt: new Date(row.proposed_at),
      expiresAt: new Date(row.expires_at),
    };
  });
}

/**
 * A case in clear, for the second look; the reading is audited with its purpose.
 * @throws IdentityError as `confirmCase`.
 */
export async function readCase(
  dependencies: PeopleDependencies,
  actor: Actor,
  look: { readonly by: string; readonly id: string },
): Promise<{
  readonly kind: CaseKind;
  readonly details: CaseDetails;
  readonly by: string;
  readonly proposedAt: Date;
}> {
  const { row, details } = await requireOpenCase(dependencies, look);
  await dependencies.database.write((tx) =>
    dependencies.audit.append(tx, {
      at: dependencies.clock(),
      actor,
      action: 'person.disclosed',
      subject: row.id,
      details: { purpose: 'second look', index: row.subject_index },
    }),
  );
  return { kind: row.kind, details, by: row.by, proposedAt: new Date(row.proposed_at) };
}

function keyOf(seen: SeenDocument): Extract<PersonKey, { type: string }> {
  return { type: seen.type, number: seen.number, name: seen.name, birthDate: seen.birthDate };
}

async function wanghaoShown(
  dependencies: RegisterDependencies,
  actor: Actor,
  proposal: Proposal,
): Promise<string | null> {
  if (proposal.showing === null) return null;
  const answer = await takeShowing(dependencies, {
    actor,
    subject: 'desk',
    showing: proposal.showing,
    expected: keyOf(proposal.seen),
    budget: questionsAnHour.officer,
  });
  if (answer.belongsTo !== true) {
    throw new IdentityError(
      'proofing-refused',
      'The 网证 that was shown is not that of the person of the document.',
    );
  }
  return answer.wanghao;
}

/** Nobody proofs themselves, nor looks at their own case. @throws IdentityError `own-matter`. */
async function requireForeign(
  dependencies: PeopleDependencies,
  officer: string,
  key: PersonKey,
): Promise<void> {
  const person = await findPerson(dependencies, key);
  const account = person === null ? null : await accountOfPerson(dependencies, person.id);
  if (account?.id === officer) throw new IdentityError('own-matter', 'Nobody works on a case of their own.');
}

async function requireOpenCase(
  dependencies: PeopleDependencies,
  look: { readonly by: string; readonly id: string },
): Promise<{ readonly row: ProofingCaseTable; readonly details: CaseDetails }> {
  const officer = await requireRole(dependencies, look.by, 'window-supervisor');
  const row = await dependencies.database.reader
    .selectFrom('proofing_case')
    .selectAll()
    .where('id', '=', look.id)
    .where('department', '=', officer.department)
    .executeTakeFirst();
  if (row === undefined) throw new IdentityError('case-not-found', 'The department has no such case.');
  if (row.by === look.by)
    throw new IdentityError('own-matter', 'The second look is that of another officer.');
  const now = dependencies.clock().toISOString();
  if (row.state !== 'proposed' || row.expires_at <= now) {
    throw new IdentityError(
      'case-decided',
      row.state === 'proposed' ? 'The case has lapsed.' : `The case is ${row.state}.`,
    );
  }
  const details = detailsOf(dependencies, row);
  await requireForeign(dependencies, look.by, keyOf(details.seen));
  const also = details.also ?? null;
  if (also !== null) await requireForeign(dependencies, look.by, keyOf(also));
  return { row, details };
}
