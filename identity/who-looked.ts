// Who looked: the audit as the person it is about may read it, and as audit administrators do (never their own doings).
import type { Actor } from '../storage/actor.ts';
import type { AuditAction } from '../storage/audit-log.ts';
import type { PeopleDependencies } from './accounts.ts';
import { requireActiveAccount } from './accounts.ts';
import { requireSayOver } from './guardians.ts';
import { requireRole } from './officers.ts';

/** An audit row as people read it. */
export interface AuditReading {
  readonly at: Date;
  readonly actor: string;
  /** Unified social credit code and name, where the actor acted for a department. */
  readonly department: { readonly creditCode: string; readonly name: string } | null;
  readonly action: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, string>>;
}

/** What of the audit concerns a person: not every step of the machine, but what others and they themselves did. */
const shownToPerson: readonly AuditAction[] = [
  'person.disclosed',
  'person.corrected',
  'person.copied',
  'account.opened',
  'account.proofed',
  'account.proofing-ended',
  'account.locked',
  'account.unlocked',
  'account.closed',
  'account.merged',
  'register.asked',
  'recovery.opened',
  'recovery.proved',
  'recovery.used',
  'consent.given',
  'consent.withdrawn',
  'guardian.recorded',
  'login.succeeded',
  'login.failed',
  'license.read',
  'license.disclosed',
  'license.searched',
  'license.issued',
  'license.status-changed',
  'document.disclosed',
  'presentation.claimed',
  'presentation.approved',
  'presentation.declined',
  'presentation.delivered',
  'presentation.lapsed',
  'license-copy.made',
  'mandate.accepted',
  'mandate.ended',
];

const most = 200;

/**
 * What happened to a person's data, newest first.
 * @param looking.also - further subjects that are the person's: their licenses, for one
 * @throws IdentityError `guardian-needed`, `guardian-refused`.
 */
export async function whoLooked(
  dependencies: PeopleDependencies,
  looking: { readonly by: string; readonly person: string; readonly also: readonly string[] },
): Promise<readonly AuditReading[]> {
  await requireSayOver(dependencies, looking.by, looking.person);
  const accounts = await dependencies.database.reader
    .selectFrom('account')
    .select('id')
    .where('person', '=', looking.person)
    .execute();
  const cases = await dependencies.database.reader
    .selectFrom('proofing_case')
    .select('id')
    .where('account', 'in', accounts.length === 0 ? [''] : accounts.map(({ id }) => id))
    .execute();
  const subjects = [
    looking.person,
    `person:${looking.person}`,
    ...[...accounts, ...cases].map(({ id }) => id),
    ...looking.also,
  ];
  const rows = await dependencies.database.reader
    .selectFrom('audit_log')
    .select(['at', 'actor', 'department', 'action', 'subject', 'details'])
    .where('subject', 'in', subjects.slice(0, 500))
    .where('action', 'in', [...shownToPerson])
    .orderBy('at', 'desc')
    .orderBy('sequence', 'desc')
    .limit(most)
    .execute();
  return named(dependencies, rows);
}

/**
 * The audit for an audit administrator, newest first; the reading itself is audited. Rows of the reader's own doings are
 * left out: somebody else looks at those.
 * @throws IdentityError `role-missing`.
 */
export async function readAudit(
  dependencies: PeopleDependencies,
  actor: Actor,
  reading: {
    readonly by: string;
    readonly before: Date | null;
    readonly subject: string | null;
    readonly action: string | null;
    readonly purpose: string;
  },
): Promise<readonly AuditReading[]> {
  await requireRole(dependencies, reading.by, 'audit-administrator');
  const { person } = await requireActiveAccount(dependencies, reading.by);
  let query = dependencies.database.reader
    .selectFrom('audit_log')
    .select(['at', 'actor', 'department', 'action', 'subject', 'details'])
    .where('actor', 'not in', [actor.id, `person:${person}`, `account:${reading.by}`, reading.by])
    .orderBy('at', 'desc')
    .orderBy('sequence', 'desc')
    .limit(most);
  if (reading.before !== null) query = query.where('at', '<', reading.before.toISOString());
  if (reading.subject !== null) query = query.where('subject', '=', reading.subject);
  if (reading.action !== null) query = query.where('action', '=', reading.action);
  const rows = await query.execute();
  await dependencies.database.write((tx) =>
    dependencies.audit.append(tx, {
      at: dependencies.clock(),
      actor,
      action: 'audit.read',
      subject: reading.subject ?? 'audit',
      details: { purpose: reading.purpose.slice(0, 200), rows: String(rows.length) },
    }),
  );
  return named(dependencies, rows);
}

async function named(
  dependencies: Pick<PeopleDependencies, 'database'>,
  rows: readonly {
    readonly at: string;
    readonly actor: string;
    readonly department: string | null;
    readonly action: string;
    readonly subject: string;
    readonly details: string;
  }[],
): Promise<readonly AuditReading[]> {
  const departments = await dependencies.database.reader
    .selectFrom('department')
    .select(['credit_code', 'name'])
    .execute();
  const names = new Map(departments.map(({ credit_code: code, name }) => [code, name]));
  return rows.map((row) => ({
    at: new Date(row.at),
    actor: row.actor,
    department:
      row.department === null
        ? null
        : { creditCode: row.department, name: names.get(row.department) ?? row.department },
    action: row.action,
    subject: row.subject,
    details: JSON.parse(row.details) as Readonly<Record<string, string>>,
  }));
}
