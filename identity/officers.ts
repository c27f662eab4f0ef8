// Officers of departments and the roles they hold. Rights change by requests of two persons only (identity/two-person.ts).
import { sql } from 'kysely';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { requireActiveAccount, type PeopleDependencies } from './accounts.ts';
import { requireDepartment } from './departments.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';
import {
  administrativeRoles,
  conflictOf,
  isAdministrative,
  officerRoles,
  roleTable,
  type OfficerRole,
} from './roles.ts';

/** An officer as sessions and guards see them. */
export interface Officer {
  /** `ofc_…` */
  readonly id: string;
  readonly account: string;
  /** Unified social credit code of the department. */
  readonly department: string;
  readonly roles: readonly OfficerRole[];
}

/** @returns the officer behind an account, with the roles held now; null for one that is none, or whose account is not active. */
export async function officerOf(
  dependencies: Pick<PeopleDependencies, 'database'>,
  account: string,
): Promise<Officer | null> {
  const row = await dependencies.database.reader
    .selectFrom('officer')
    .innerJoin('account', 'account.id', 'officer.account')
    .select(['officer.id', 'officer.department'])
    .where('officer.account', '=', account)
    .where('officer.ended_at', 'is', null)
    .where('account.state', '=', 'active')
    .executeTakeFirst();
  if (row === undefined) return null;
  const held = await dependencies.database.reader
    .selectFrom('officer_role')
    .select('role')
    .where('officer', '=', row.id)
    .where('ended_at', 'is', null)
    .execute();
  const names = held.map(({ role }) => role);
  return {
    id: row.id,
    account,
    department: row.department,
    roles: officerRoles.filter((role) => names.includes(role)),
  };
}

/**
 * The officer, who must hold one of `roles` at this moment, whatever their session says.
 * @throws IdentityError `role-missing`.
 */
export async function requireRole(
  dependencies: Pick<PeopleDependencies, 'database'>,
  account: string,
  ...roles: readonly OfficerRole[]
): Promise<Officer> {
  const officer = await officerOf(dependencies, account);
  if (officer === null || !officer.roles.some((role) => roles.includes(role))) {
    throw new IdentityError('role-missing', `This needs the role ${roles.join(' or ')}.`);
  }
  return officer;
}

/** Whether an account is that of somebody who holds one of `roles` at this moment, asked inside a write. */
export async function holdsRoleIn(
  tx: Writer,
  account: string,
  roles: readonly OfficerRole[],
): Promise<boolean> {
  const held = await tx
    .selectFrom('officer_role')
    .innerJoin('account', 'account.id', 'officer_role.account')
    .select('officer_role.id')
    .where('officer_role.account', '=', account)
    .where('officer_role.role', 'in', roles)
    .where('officer_role.ended_at', 'is', null)
    .where('account.state', '=', 'active')
    .executeTakeFirst();
  return held !== undefined;
}

/** Officers that are in office, of one department or of all, oldest first. */
export async function officersOf(
  dependencies: Pick<PeopleDependencies, 'database'>,
  department: string | null,
): Promise<readonly Officer[]> {
  let query = dependencies.database.reader
    .selectFrom('officer')
    .select(['id', 'account', 'department'])
    .where('ended_at', 'is', null)
    .orderBy('appointed_at')
    .orderBy('id')
    .limit(500);
  if (department !== null) query = query.where('department', '=', department);
  const rows = await query.execute();
  const held = await dependencies.database.reader
    .selectFrom('officer_role')
    .select(['officer', 'role'])
    .where('ended_at', 'is', null)
    .execute();
  return rows.map((row) => ({
    ...row,
    roles: officerRoles.filter((role) => held.some((one) => one.officer === row.id && one.role === role)),
  }));
}

/**
 * Appoints the first administrators, on the machine itself, while there is none of the three. After that, rights come
 * by requests of two persons.
 * @param accounts - one for each of the three roles, all different
 * @throws IdentityError `administrators-exist`, `role-conflict` (one account twice), `department-not-found`, `account-not-found`.
 */
export async function appointFirstAdministrators(
  dependencies: PeopleDependencies,
  actor: Actor,
  department: string,
  accounts: Readonly<Record<(typeof administrativeRoles)[number], string>>,
): Promise<void> {
  await requireDepartment(dependencies.database, department);
  const named = administrativeRoles.map((role) => [role, accounts[role]] as const);
  if (new Set(named.map(([, account]) => account)).size !== named.length) {
    throw new IdentityError('role-conflict', 'The three administrators are three persons.');
  }
  for (const [, account] of named) await requireActiveAccount(dependencies, account);
  const rows = named.map(([role, account]) => ({
    role,
    account,
    officer: randomIdentifier('ofc', dependencies.random),
    id: randomIdentifier('orl', dependencies.random),
  }));
  await dependencies.database.write(async (tx) => {
    const known = await tx
      .selectFrom('officer_role')
      .select('id')
      .where('administrative', '=', 1)
      .executeTakeFirst();
    if (known !== undefined) {
      throw new IdentityError(
        'administrators-exist',
        'Administrators were appointed before: two of them grant further roles.',
      );
    }
    for (const { role, account, officer, id } of rows) {
      await appointIn(tx, dependencies, actor, { officer, account, department });
      await grantRoleIn(tx, dependencies, actor, { id, account, role, request: null });
    }
  });
}

/**
 * Makes an account's holder an officer of a department, without any role.
 * @throws IdentityError `officer-exists`.
 */
export async function appointIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  appointment: { readonly officer: string; readonly account: string; readonly department: string },
): Promise<void> {
  const at = dependencies.clock();
  const { officer, account, department } = appointment;
  const added = await tx
    .insertInto('officer')
    .values({ id: officer, account, department, appointed_at: at.toISOString(), ended_at: null })
    .onConflict((conflict) =>
      conflict
        .column('account')
        .where(sql<boolean>`ended_at IS NULL`)
        .doNothing(),
    )
    .returning('id')
    .executeTakeFirst();
  if (added === undefined)
    throw new IdentityError('officer-exists', 'The account is that of an officer already.');
  await dependencies.audit.append(tx, {
    at,
    actor,
    action: 'officer.appointed',
    subject: account,
    details: { officer, department },
  });
}

/**
 * Gives a role. What excludes what is decided under the lock of the account's row, and by the schema besides.
 * @throws IdentityError `officer-not-found`, `role-conflict`; a role already held is no error.
 */
export async function grantRoleIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  grant: {
    readonly id: string;
    readonly account: string;
    readonly role: OfficerRole;
    readonly request: string | null;
  },
): Promise<void> {
  const at = dependencies.clock();
  const { account, role, request } = grant;
  await tx.selectFrom('account').select('id').where('id', '=', account).forUpdate().execute();
  const officer = await tx
    .selectFrom('officer')
    .select('id')
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (officer === undefined)
    throw new IdentityError('officer-not-found', 'The account is not that of an officer.');
  const rows = await tx
    .selectFrom('officer_role')
    .select('role')
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .execute();
  const held = officerRoles.filter((known) => rows.some((row) => row.role === known));
  const conflict = conflictOf(role, held);
  if (conflict !== null) {
    throw new IdentityError(
      'role-conflict',
      `${roleTable[role].en} excludes ${roleTable[conflict].en}, which is held.`,
    );
  }
  if (held.includes(role)) return;
  await tx
    .insertInto('officer_role')
    .values({
      id: grant.id,
      officer: officer.id,
      account,
      role,
      administrative: isAdministrative(role) ? 1 : 0,
      request,
      granted_at: at.toISOString(),
      ended_at: null,
      ended_request: null,
    })
    .execute();
  await dependencies.events.rolesChanged(tx, account);
  const details = { role, ...(request === null ? {} : { request }) };
  await dependencies.audit.append(tx, { at, actor, action: 'role.granted', subject: account, details });
}

/** Takes a role away. @throws IdentityError `role-unknown` where it is not held. */
export async function endRoleIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  ending: { readonly account: string; readonly role: OfficerRole; readonly request: string },
): Promise<void> {
  const at = dependencies.clock();
  const ended = await tx
    .updateTable('officer_role')
    .set({ ended_at: at.toISOString(), ended_request: ending.request })
    .where('account', '=', ending.account)
    .where('role', '=', ending.role)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (ended === undefined) throw new IdentityError('role-unknown', 'The role is not held.');
  await dependencies.events.rolesChanged(tx, ending.account);
  await dependencies.audit.append(tx, {
    at,
    actor,
    action: 'role.ended',
    subject: ending.account,
    details: { role: ending.role, request: ending.request },
  });
}

/** Ends an office with every role. @throws IdentityError `officer-not-found`. */
export async function endOfficeIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  ending: { readonly account: string; readonly request: string },
): Promise<void> {
  const at = dependencies.clock();
  const ended = await tx
    .updateTable('officer')
    .set({ ended_at: at.toISOString() })
    .where('account', '=', ending.account)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (ended === undefined)
    throw new IdentityError('officer-not-found', 'The account is not that of an officer.');
  await tx
    .updateTable('officer_role')
    .set({ ended_at: at.toISOString(), ended_request: ending.request })
    .where('officer', '=', ended.id)
    .where('ended_at', 'is', null)
    .execute();
  await dependencies.events.rolesChanged(tx, ending.account);
  await dependencies.audit.append(tx, {
    at,
    actor,
    action: 'officer.ended',
    subject: ending.account,
    details: { request: ending.request },
  });
}
