// Accounts: one live account a person, its state, and the proofings its level rests on.
import { sql } from 'kysely';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Writer } from '../storage/database.ts';
import type { AccountTable, ProofingTable } from '../storage/schema/people.ts';
import type { AccountEvents } from './account-events.ts';
import { IdentityError } from './errors.ts';
import { ageAt, guardedUntil } from './identity-documents.ts';
import { randomIdentifier } from './identifier.ts';
import { isRung, liveProofing, type Rung } from './levels.ts';
import { requirePerson, type PersonDependencies } from './persons.ts';

/** What everything about people works with. */
export interface PeopleDependencies extends PersonDependencies {
  readonly audit: AuditLog;
  /** Asked when it is needed, not before: sessions are opened after people. */
  readonly events: AccountEvents;
}

export interface Account {
  /** `acc_…` */
  readonly id: string;
  /** `psn_…` */
  readonly person: string;
  readonly state: 'active' | 'locked' | 'closed' | 'merged';
  /** Reason code of a state that is not active. */
  readonly reason: string | null;
  /** The account that goes on, for a merged one. */
  readonly mergedInto: string | null;
  readonly openedAt: Date;
}

/** How somebody's identity was established. */
const proofingMethods = [
  'self-asserted',
  'register',
  'wangzheng',
  'certificate',
  'window',
  'upstream',
] as const;

export type ProofingMethod = (typeof proofingMethods)[number];

export interface Proofing {
  /** `prf_…` */
  readonly id: string;
  readonly rung: Rung;
  readonly method: ProofingMethod;
  /** Who vouches: the register, the authority, the window's department. */
  readonly source: string;
  readonly verifiedAt: Date;
  readonly validUntil: Date;
}

/** A proofing about to be recorded. */
export interface NewProofing extends Omit<Proofing, 'id'> {
  /** Flat facts that were looked at; kept encrypted. There is no place for a picture in it. */
  readonly evidence: Readonly<Record<string, string>>;
  /** Account of the officer, or the identifier of the actor where a machine proofed. */
  readonly by: string;
  readonly second: string | null;
}

/** @returns the account, or null. */
export async function accountById(
  dependencies: Pick<PeopleDependencies, 'database'>,
  id: string,
): Promise<Account | null> {
  const row = await dependencies.database.reader
    .selectFrom('account')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : accountOf(row);
}

/** @returns the person's account that is active or locked, or null. */
export async function accountOfPerson(
  dependencies: Pick<PeopleDependencies, 'database'>,
  person: string,
): Promise<Account | null> {
  const row = await dependencies.database.reader
    .selectFrom('account')
    .selectAll()
    .where('person', '=', person)
    .where('state', 'in', ['active', 'locked'])
    .executeTakeFirst();
  return row === undefined ? null : accountOf(row);
}

/** @throws IdentityError `account-not-found`; `account-ended` for one locked, closed or merged. */
export async function requireActiveAccount(
  dependencies: Pick<PeopleDependencies, 'database'>,
  id: string,
): Promise<Account> {
  const account = await accountById(dependencies, id);
  if (account === null) throw new IdentityError('account-not-found', 'There is no such account.');
  if (account.state !== 'active')
    throw new IdentityError('account-ended', `The account is ${account.state}.`);
  return account;
}

/**
 * Opens an account for a person, or answers the live one there is. Two at once get the same account.
 * @param person - `psn_…`
 * @throws IdentityError `person-not-found`; `guardian-needed` for a child under fourteen of whom no guardian is recorded.
 */
export async function openAccount(
  dependencies: PeopleDependencies,
  actor: Actor,
  person: string,
): Promise<{ readonly id: string; readonly opened: boolean }> {
  const { birthDate } = await requirePerson(dependencies, person);
  const now = dependencies.clock();
  if (birthDate !== null && ageAt(birthDate, now) < guardedUntil) {
    const guardian = await dependencies.database.reader
      .selectFrom('guardianship')
      .select('id')
      .where('ward', '=', person)
      .where('ended_at', 'is', null)
      .where('until', '>', now.toISOString())
      .executeTakeFirst();
    if (guardian === undefined) {
      throw new IdentityError('guardian-needed', 'A child under fourteen needs a guardian recorded first.');
    }
  }
  const id = randomIdentifier('acc', dependencies.random);
  return dependencies.database.write((tx) => openAccountIn(tx, dependencies, { actor, person, id }));
}

/** As `openAccount`, inside another write. */
export async function openAccountIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  opening: { readonly actor: Actor; readonly person: string; readonly id: string },
): Promise<{ readonly id: string; readonly opened: boolean }> {
  const at = dependencies.clock();
  const { actor, person, id } = opening;
  await tx
    .insertInto('account')
    .values({
      id,
      person,
      state: 'active',
      reason: null,
      merged_into: null,
      demonstration: dependencies.demonstration ? 1 : 0,
      opened_at: at.toISOString(),
      changed_at: at.toISOString(),
    })
    .onConflict((conflict) =>
      conflict
        .column('person')
        .where(sql<boolean>`state IN ('active', 'locked')`)
        .doNothing(),
    )
    .execute();
  const live = await tx
    .selectFrom('account')
    .select('id')
    .where('person', '=', person)
    .where('state', 'in', ['active', 'locked'])
    .executeTakeFirstOrThrow();
  if (live.id === id) {
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'account.opened',
      subject: id,
      details: { person },
    });
  }
  return { id: live.id, opened: live.id === id };
}

/** Every proofing that was not withdrawn, newest first; some may have run out. */
export async function proofingsOf(
  dependencies: Pick<PeopleDependencies, 'database'>,
  account: string,
): Promise<readonly Proofing[]> {
  const rows = await dependencies.database.reader
    .selectFrom('proofing')
    .selectAll()
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .orderBy('verified_at', 'desc')
    .execute();
  return rows.map(proofingFrom);
}

/**
 * The proofing an account's level rests on now.
 * @param maxAge - seconds since the proofing that are still accepted, null for any
 * @returns null where none is alive: `levelOf(0, …)`.
 */
export async function proofingOf(
  dependencies: Pick<PeopleDependencies, 'database'>,
  account: string,
  now: Date,
  maxAge: number | null = null,
): Promise<Proofing | null> {
  return liveProofing(await proofingsOf(dependencies, account), now, maxAge);
}

/** Records a proofing inside a write and audits it. Levels only: what was looked at stays encrypted. @returns `prf_…` */
export async function recordProofingIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  proofing: NewProofing & { readonly id: string; readonly account: string },
): Promise<string> {
  await tx
    .insertInto('proofing')
    .values({
      id: proofing.id,
      account: proofing.account,
      rung: proofing.rung,
      method: proofing.method,
      source: proofing.source,
      evidence_cipher: dependencies.cipher.seal(
        { table: 'proofing', column: 'evidence', row: proofing.id },
        JSON.stringify(proofing.evidence),
      ),
      verified_at: proofing.verifiedAt.toISOString(),
      valid_until: proofing.validUntil.toISOString(),
      by: proofing.by,
      second: proofing.second,
      ended_at: null,
      ended_reason: null,
    })
    .execute();
  await dependencies.audit.append(tx, {
    at: dependencies.clock(),
    actor,
    action: 'account.proofed',
    subject: proofing.account,
    details: {
      proofing: proofing.id,
      rung: String(proofing.rung),
      method: proofing.method,
      source: proofing.source,
    },
  });
  return proofing.id;
}

/** As `recordProofingIn`, in a write of its own. @throws IdentityError `account-not-found`, `account-ended`. */
export async function recordProofing(
  dependencies: PeopleDependencies,
  actor: Actor,
  account: string,
  proofing: NewProofing,
): Promise<string> {
  await requireActiveAccount(dependencies, account);
  const id = randomIdentifier('prf', dependencies.random);
  return dependencies.database.write((tx) =>
    recordProofingIn(tx, dependencies, actor, { ...proofing, id, account }),
  );
}

/** A row as the rest of the house sees it. */
export function accountOf(row: AccountTable): Account {
  return {
    id: row.id,
    person: row.person,
    state: row.state,
    reason: row.reason,
    mergedInto: row.merged_into,
    openedAt: new Date(row.opened_at),
  };
}

function proofingFrom(row: ProofingTable): Proofing {
  return {
    id: row.id,
    rung: isRung(row.rung) ? row.rung : 1,
    method: proofingMethods.find((known) => known === row.method) ?? 'self-asserted',
    source: row.source,
    verifiedAt: new Date(row.verified_at),
    validUntil: new Date(row.valid_until),
  };
}
