// Requests of two persons: one asks, another decides, neither in a matter of their own; each is carried out once.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { TwoPersonRequestTable } from '../storage/schema/people.ts';
import { requireActiveAccount, type PeopleDependencies } from './accounts.ts';
import { requireDepartment } from './departments.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';
import { appointIn, endOfficeIn, endRoleIn, grantRoleIn, holdsRoleIn, requireRole } from './officers.ts';
import { roleNamed } from './roles.ts';
import { hasSubject, twoPersonTable, type TwoPersonKind } from './two-person-kinds.ts';

/** A request as it is listed. */
export interface TwoPersonRequest {
  /** `tpr_…` */
  readonly id: string;
  readonly kind: TwoPersonKind;
  readonly parameters: Readonly<Record<string, string>>;
  readonly purpose: string;
  readonly subject: string | null;
  readonly state: TwoPersonRequestTable['state'] | 'expired';
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
  readonly rejection: string | null;
}

/** A request nobody decided, and an approval nobody took up, lapse after three days. */
const lifetime = 3 * 86_400_000;
const valuePattern = /^[^\p{Cc}]{1,200}$/u;

/**
 * Asks. Nothing happens until another person decides.
 * @param request.subject - account whose rights it is about; never the asker's own
 * @returns `tpr_…`
 * @throws IdentityError `role-missing`, `own-matter`, `two-person-request-invalid`, `account-not-found`.
 */
export async function askTwoPersons(
  dependencies: PeopleDependencies,
  actor: Actor,
  request: {
    readonly by: string;
    readonly kind: TwoPersonKind;
    readonly subject: string | null;
    readonly parameters: Readonly<Record<string, string>>;
    readonly purpose: string;
  },
): Promise<string> {
  const { by, kind, subject } = request;
  await requireRole(dependencies, by, ...twoPersonTable[kind].asks);
  requireForeign(by, subject);
  await requireSense(dependencies, request);
  const at = dependencies.clock();
  const id = randomIdentifier('tpr', dependencies.random);
  await dependencies.database.write(async (tx) => {
    await tx
      .insertInto('two_person_request')
      .values({
        id,
        kind,
        parameters: JSON.stringify(request.parameters),
        purpose: request.purpose.trim(),
        subject,
        state: 'requested',
        requested_by: by,
        requested_at: at.toISOString(),
        expires_at: new Date(at.getTime() + lifetime).toISOString(),
        decided_by: null,
        decided_at: null,
        rejection: null,
        executed_at: null,
        outcome: null,
      })
      .execute();
    await audited(tx, dependencies, actor, 'two-person.requested', id, { kind, ...request.parameters });
  });
  return id;
}

/**
 * Decides. What changes rights is carried out in the same write; other kinds wait for `takeUpApproval`.
 * @throws IdentityError `two-person-request-not-found`, `two-person-request-decided` (also expired), `own-matter` for
 * the asker and for whom it is about, `role-missing`; whatever carrying it out refuses (nothing is decided then).
 */
export async function approveTwoPersons(
  dependencies: PeopleDependencies,
  actor: Actor,
  decision: { readonly by: string; readonly id: string },
): Promise<void> {
  const request = await requireDecidable(dependencies, decision);
  const { kind } = request;
  // Whoever asked must still be who may ask: an approval does not outlive the asker's role.
  await requireRole(dependencies, request.requestedBy, ...twoPersonTable[kind].asks);
  const ids = {
    officer: randomIdentifier('ofc', dependencies.random),
    role: randomIdentifier('orl', dependencies.random),
  };
  await dependencies.database.write(async (tx) => {
    const atOnce = twoPersonTable[kind].carriedOut === 'at-once';
    await decideIn(tx, dependencies, decision, { state: atOnce ? 'executed' : 'approved', rejection: null });
    await audited(tx, dependencies, actor, 'two-person.approved', request.id, { kind });
    if (!atOnce) return;
    await carryOutIn(tx, dependencies, actor, request, ids);
    await audited(tx, dependencies, actor, 'two-person.executed', request.id, { kind });
  });
}

/** Rejects, with a reason. @throws IdentityError as `approveTwoPersons`. */
export async function rejectTwoPersons(
  dependencies: PeopleDependencies,
  actor: Actor,
  decision: { readonly by: string; readonly id: string; readonly reason: string },
): Promise<void> {
  const request = await requireDecidable(dependencies, decision);
  await dependencies.database.write(async (tx) => {
    await decideIn(tx, dependencies, decision, { state: 'rejected', rejection: decision.reason.trim() });
    await audited(tx, dependencies, actor, 'two-person.rejected', request.id, { kind: request.kind });
  });
}

/** The asker takes a request back. @throws IdentityError `two-person-request-decided` where it is not open or not theirs. */
export async function withdrawTwoPersons(
  dependencies: PeopleDependencies,
  actor: Actor,
  withdrawal: { readonly by: string; readonly id: string },
): Promise<void> {
  await dependencies.database.write(async (tx) => {
    const taken = await tx
      .updateTable('two_person_request')
      .set({ state: 'withdrawn', decided_at: dependencies.clock().toISOString() })
      .where('id', '=', withdrawal.id)
      .where('requested_by', '=', withdrawal.by)
      .where('state', '=', 'requested')
      .returning('kind')
      .executeTakeFirst();
    if (taken === undefined) {
      throw new IdentityError(
        'two-person-request-decided',
        'There is no open request of yours with this identifier.',
      );
    }
    await audited(tx, dependencies, actor, 'two-person.withdrawn', withdrawal.id, { kind: taken.kind });
  });
}

/**
 * Port of restore, master key, bulk export and trust list: takes an approval up, once, for exactly what was approved.
 * Called inside the write that begins the work, so work that never began leaves the approval as it was.
 * @throws IdentityError `two-person-request-not-found` (none, another kind or other parameters), `two-person-request-decided`
 * (not approved, taken up before, lapsed, or one of the two no longer in that office).
 */
export async function takeUpApprovalIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  wanted: {
    readonly id: string;
    readonly kind: TwoPersonKind;
    readonly parameters: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const at = dependencies.clock().toISOString();
  const row = await tx
    .selectFrom('two_person_request')
    .selectAll()
    .where('id', '=', wanted.id)
    .executeTakeFirst();
  if (row === undefined || row.kind !== wanted.kind || !sameParameters(row.parameters, wanted.parameters)) {
    throw new IdentityError('two-person-request-not-found', 'There is no approval for exactly this.');
  }
  const taken = await tx
    .updateTable('two_person_request')
    .set({ state: 'executed', executed_at: at, outcome: actor.id })
    .where('id', '=', wanted.id)
    .where('state', '=', 'approved')
    .where('expires_at', '>', at)
    .returning(['requested_by', 'decided_by'])
    .executeTakeFirst();
  if (taken === undefined) {
    throw new IdentityError(
      'two-person-request-decided',
      'The request is not approved, was taken up before, or has lapsed.',
    );
  }
  const { asks, decides } = twoPersonTable[wanted.kind];
  const inOffice =
    (await holdsRoleIn(tx, taken.requested_by, asks)) &&
    (await holdsRoleIn(tx, taken.decided_by ?? '', decides));
  // An approval does not outlive the office of either.
  if (!inOffice)
    throw new IdentityError(
      'two-person-request-decided',
      'Whoever asked or approved holds that office no more.',
    );
  await audited(tx, dependencies, actor, 'two-person.executed', wanted.id, { kind: wanted.kind });
}

/** Requests, newest first; at most `limit`. */
export async function twoPersonRequests(
  dependencies: Pick<PeopleDependencies, 'database' | 'clock'>,
  filter: { readonly open: boolean; readonly limit: number },
): Promise<readonly TwoPersonRequest[]> {
  let query = dependencies.database.reader
    .selectFrom('two_person_request')
    .selectAll()
    .orderBy('requested_at', 'desc')
    .orderBy('id')
    .limit(filter.limit);
  if (filter.open)
    query = query
      .where('state', '=', 'requested')
      .where('expires_at', '>', dependencies.clock().toISOString());
  return (await query.execute()).map((row) => requestOf(row, dependencies.clock()));
}

async function requireDecidable(
  dependencies: PeopleDependencies,
  decision: { readonly by: string; readonly id: string },
): Promise<TwoPersonRequest> {
  const row = await dependencies.database.reader
    .selectFrom('two_person_request')
    .selectAll()
    .where('id', '=', decision.id)
    .executeTakeFirst();
  if (row === undefined) throw new IdentityError('two-person-request-not-found', 'There is no such request.');
  const request = requestOf(row, dependencies.clock());
  await requireRole(dependencies, decision.by, ...twoPersonTable[request.kind].decides);
  requireForeign(decision.by, request.requestedBy);
  requireForeign(decision.by, request.subject);
  if (request.state !== 'requested') {
    throw new IdentityError('two-person-request-decided', `The request is ${request.state}.`);
  }
  return request;
}

async function decideIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  decision: { readonly by: string; readonly id: string },
  to: { readonly state: 'approved' | 'executed' | 'rejected'; readonly rejection: string | null },
): Promise<void> {
  const at = dependencies.clock().toISOString();
  const decided = await tx
    .updateTable('two_person_request')
    .set({ ...to, decided_by: decision.by, decided_at: at, executed_at: to.state === 'executed' ? at : null })
    .where('id', '=', decision.id)
    .where('state', '=', 'requested')
    .where('expires_at', '>', at)
    .returning('id')
    .executeTakeFirst();
  if (decided === undefined)
    throw new IdentityError('two-person-request-decided', 'Somebody else decided in the meantime.');
}

async function carryOutIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  request: TwoPersonRequest,
  ids: { readonly officer: string; readonly role: string },
): Promise<void> {
  const account = request.subject ?? '';
  const role = roleNamed(request.parameters['role'] ?? '');
  switch (request.kind) {
    case 'officer-appoint':
      return appointIn(tx, dependencies, actor, {
        officer: ids.officer,
        account,
        department: request.parameters['department'] ?? '',
      });
    case 'officer-end':
      return endOfficeIn(tx, dependencies, actor, { account, request: request.id });
    case 'role-grant':
      if (role === null) break;
      return grantRoleIn(tx, dependencies, actor, { id: ids.role, account, role, request: request.id });
    case 'role-end':
      if (role === null) break;
      return endRoleIn(tx, dependencies, actor, { account, role, request: request.id });
    default:
      return;
  }
  throw new IdentityError('role-unknown', 'There is no such role.');
}

async function requireSense(
  dependencies: PeopleDependencies,
  request: {
    readonly kind: TwoPersonKind;
    readonly subject: string | null;
    readonly parameters: Readonly<Record<string, string>>;
    readonly purpose: string;
  },
): Promise<void> {
  const invalid = (words: string): IdentityError => new IdentityError('two-person-request-invalid', words);
  const { kind, parameters, subject } = request;
  const names = twoPersonTable[kind].parameters;
  if (Object.keys(parameters).sort().join() !== [...names].sort().join()) {
    throw invalid(`A request of the kind ${kind} has the parameters ${names.join(', ') || '(none)'}.`);
  }
  if (!Object.values(parameters).every((value) => valuePattern.test(value))) {
    throw invalid('A parameter has 1 to 200 characters and no control characters.');
  }
  const purpose = request.purpose.trim();
  if (purpose === '' || purpose.length > 500) throw invalid('A purpose of 1 to 500 characters is needed.');
  if (hasSubject(kind) !== (subject !== null))
    throw invalid('Requests about rights name an account, others none.');
  if (subject !== null) await requireActiveAccount(dependencies, subject);
  if (parameters['department'] !== undefined)
    await requireDepartment(dependencies.database, parameters['department']);
  if (parameters['role'] !== undefined && roleNamed(parameters['role']) === null) {
    throw new IdentityError('role-unknown', 'There is no such role.');
  }
}

/** Nobody edits their own rights, nor decides what they asked for. @throws IdentityError `own-matter`. */
function requireForeign(by: string, other: string | null): void {
  if (by === other) throw new IdentityError('own-matter', 'Nobody asks or decides in a matter of their own.');
}

function requestOf(row: TwoPersonRequestTable, now: Date): TwoPersonRequest {
  const lapsed = row.state === 'requested' && row.expires_at <= now.toISOString();
  return {
    id: row.id,
    kind: kindOf(row.kind),
    parameters: JSON.parse(row.parameters) as Readonly<Record<string, string>>,
    purpose: row.purpose,
    subject: row.subject,
    state: lapsed ? 'expired' : row.state,
    requestedBy: row.requested_by,
    requestedAt: new Date(row.requested_at),
    expiresAt: new Date(row.expires_at),
    decidedBy: row.decided_by,
    rejection: row.rejection,
  };
}

function kindOf(name: string): TwoPersonKind {
  const kinds = Object.keys(twoPersonTable) as readonly TwoPersonKind[];
  const kind = kinds.find((known) => known === name);
  if (kind === undefined)
    throw new IdentityError('two-person-request-invalid', 'A stored request is of no known kind.');
  return kind;
}

function sameParameters(stored: string, wanted: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(JSON.parse(stored) as Record<string, string>);
  return (
    entries.length === Object.keys(wanted).length && entries.every(([name, value]) => wanted[name] === value)
  );
}

function audited(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  action:
    | 'two-person.requested'
    | 'two-person.approved'
    | 'two-person.rejected'
    | 'two-person.withdrawn'
    | 'two-person.executed',
  subject: string,
  details: Readonly<Record<string, string>>,
): Promise<void> {
  return dependencies.audit.append(tx, { at: dependencies.clock(), actor, action, subject, details });
}
