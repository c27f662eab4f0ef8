// Granting, accepting, refusing and revoking mandates below the legal representative.
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { RepresentationTable } from '../storage/schema/people.ts';
import { proofingOf, requireActiveAccount, type PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';
import { indexOf, personName, requirePerson, type PersonKey } from './persons.ts';
import {
  deepest,
  inForce,
  scopeFrom,
  scopeText,
  within,
  type Capacity,
  type MatterScope,
} from './representation.ts';
import { endMandateIn } from './representation-end.ts';

/** Managers of one enterprise at a time; mandates offered or in force altogether. */
const managerLimit = 5;
const mandateLimit = 200;
const longestDays = 3 * 365;
const matterLimit = 100;
const day = 86_400_000;

export interface NewMandate {
  /** The granter's own mandate, under which it is granted. */
  readonly under: string;
  readonly capacity: 'manager' | 'agent';
  /** To whom: by document or 网号. Whether they are known here is not told. */
  readonly to: PersonKey;
  readonly scope: MatterScope;
  readonly notBefore: Date;
  readonly expires: Date;
}

/** A mandate as granter and agent see it listed. */
export interface MandateRow {
  readonly id: string;
  readonly enterprise: { readonly creditCode: string; readonly name: string };
  readonly capacity: Capacity;
  readonly scope: MatterScope;
  readonly notBefore: Date;
  readonly expires: Date;
  readonly state: RepresentationTable['state'];
  readonly endedReason: string | null;
  readonly agentName: string;
  readonly depth: number;
  readonly parent: string | null;
}

/**
 * Offers a mandate. It is in force once the person it is addressed to accepts it.
 * @param by - account of the granter
 * @returns `rep_…`
 * @throws IdentityError `mandate-not-found` (the granter's own is not in force), `mandate-refused` (too deep, wider or
 * longer than the granter's own, no manager may name managers, more than five managers, to oneself), `person-number-invalid`,
 * `person-name-invalid`, `wanghao-invalid`.
 */
export async function offerMandate(
  dependencies: PeopleDependencies,
  actor: Actor,
  by: string,
  mandate: NewMandate,
): Promise<string> {
  const now = dependencies.clock();
  const account = await requireActiveAccount(dependencies, by);
  const above = await requireOwn(dependencies, account.id, mandate.under, now);
  requireSense(mandate, above, now);
  const index = indexOf(dependencies, mandate.to);
  if ((await ownIndexes(dependencies, account.id)).includes(index)) {
    throw new IdentityError('mandate-refused', 'Nobody grants a mandate to themselves.');
  }
  const id = randomIdentifier('rep', dependencies.random);
  const name = 'name' in mandate.to ? personName(mandate.to.name) : '';
  const row: RepresentationTable = {
    id,
    enterprise: above.row.enterprise,
    capacity: mandate.capacity,
    depth: above.row.depth + 1,
    parent: above.row.id,
    agent: null,
    agent_index: index,
    agent_name_cipher: dependencies.cipher.seal(namePlace(id), name),
    matters: scopeText(mandate.scope),
    not_before: mandate.notBefore.toISOString(),
    expires: mandate.expires.toISOString(),
    state: 'offered',
    ended_reason: null,
    granted_by: account.id,
    edition: null,
    granted_at: now.toISOString(),
    accepted_at: null,
    ended_at: null,
    ended_by: null,
  };
  await dependencies.database.write(async (tx) => {
    // The root's row is the lock of the whole enterprise: limits are counted under it, and collapses wait for it.
    await lockEnterpriseIn(tx, row.enterprise, above.row.id);
    await requireRoom(tx, row);
    await tx.insertInto('representation').values(row).execute();
    await audited(tx, dependencies, actor, 'mandate.offered', row);
  });
  return id;
}

/** Offers that wait for the account's person. */
export async function offersTo(
  dependencies: PeopleDependencies,
  accountId: string,
): Promise<readonly MandateRow[]> {
  const indexes = await ownIndexes(dependencies, accountId);
  if (indexes.length === 0) return [];
  const rows = await dependencies.database.reader
    .selectFrom('representation')
    .innerJoin('enterprise', 'enterprise.credit_code', 'representation.enterprise')
    .selectAll('representation')
    .select('enterprise.name as enterprise_name')
    .where('agent_index', 'in', [...indexes])
    .where('representation.state', '=', 'offered')
    .where('expires', '>', dependencies.clock().toISOString())
    .orderBy('granted_at')
    .execute();
  return rows.map((row) => rowOf(dependencies, row));
}

/**
 * Accepts an offer: from now on the account may act under it.
 * @throws IdentityError `mandate-not-found` (none, addressed to somebody else, or no longer offered), `level-too-low`
 * (whose number it is was never proofed), `mandate-refused` (the offer names somebody else with this number).
 */
export async function acceptMandate(
  dependencies: PeopleDependencies,
  actor: Actor,
  accountId: string,
  id: string,
): Promise<void> {
  const now = dependencies.clock();
  const proofing = await proofingOf(dependencies, accountId, now);
  // Below rung 2 anybody could have typed this number.
  if ((proofing?.rung ?? 0) < 2)
    throw new IdentityError('level-too-low', 'Accepting a mandate needs level 2.');
  const offer = (await offersTo(dependencies, accountId)).find((known) => known.id === id);
  const account = await requireActiveAccount(dependencies, accountId);
  if (offer === undefined) throw new IdentityError('mandate-not-found', 'There is no such offer.');
  const person = await requirePerson(dependencies, account.person);
  if (offer.agentName !== '' && offer.agentName !== person.name) {
    throw new IdentityError(
      'mandate-refused',
      'The offer names somebody else with this number: ask for a new one.',
    );
  }
  await dependencies.database.write(async (tx) => {
    const row = await tx
      .updateTable('representation')
      .set({ state: 'active', agent: accountId, accepted_at: now.toISOString() })
      .where('id', '=', id)
      .where('state', '=', 'offered')
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new IdentityError('mandate-not-found', 'The offer was taken back.');
    await audited(tx, dependencies, actor, 'mandate.accepted', row);
  });
}

/** Refuses an offer. @throws IdentityError `mandate-not-found`. */
export async function refuseMandate(
  dependencies: PeopleDependencies,
  actor: Actor,
  accountId: string,
  id: string,
): Promise<void> {
  const indexes = await ownIndexes(dependencies, accountId);
  await dependencies.database.write(async (tx) => {
    const row = await tx
      .updateTable('representation')
      .set({ state: 'refused', ended_at: dependencies.clock().toISOString(), ended_by: accountId })
      .where('id', '=', id)
      .where('state', '=', 'offered')
      .where('agent_index', 'in', indexes.length === 0 ? [''] : [...indexes])
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new IdentityError('mandate-not-found', 'There is no such offer.');
    await audited(tx, dependencies, actor, 'mandate.refused', row);
  });
}

/**
 * Ends a mandate at once, with all below it: by whoever granted it, whoever stands above it, or its holder.
 * @throws IdentityError `mandate-not-found` for anybody else, and for one that has ended.
 */
export async function revokeMandate(
  dependencies: PeopleDependencies,
  actor: Actor,
  accountId: string,
  id: string,
): Promise<void> {
  const rows = await chainOf(dependencies, id);
  const [row] = rows;
  const mayEnd = rows.some((step) => step.agent === accountId && step.state === 'active');
  if (row === undefined || !mayEnd) throw new IdentityError('mandate-not-found', 'There is no such mandate.');
  const reason = row.agent === accountId ? 'renounced' : 'revoked';
  const ended = await dependencies.database.write((tx) =>
    endMandateIn(tx, dependencies, { actor, by: accountId, representation: id, reason }),
  );
  if (ended === 0) throw new IdentityError('mandate-not-found', 'The mandate has ended.');
}

/** Everything granted under a mandate of the account's own, at any depth, newest first. @throws IdentityError `mandate-not-found`. */
export async function mandatesUnder(
  dependencies: PeopleDependencies,
  accountId: string,
  id: string,
): Promise<readonly MandateRow[]> {
  const { row: root } = await requireOwn(dependencies, accountId, id, dependencies.clock());
  const rows = await dependencies.database.reader
    .selectFrom('representation')
    .innerJoin('enterprise', 'enterprise.credit_code', 'representation.enterprise')
    .selectAll('representation')
    .select('enterprise.name as enterprise_name')
    .where('representation.enterprise', '=', root.enterprise)
    .where('depth', '>', root.depth)
    .orderBy('granted_at', 'desc')
    .limit(500)
    .execute();
  const below = new Set([id]);
  for (let depth = root.depth + 1; depth <= deepest; depth += 1) {
    for (const row of rows)
      if (row.depth === depth && row.parent !== null && below.has(row.parent)) below.add(row.id);
  }
  return rows.filter((row) => below.has(row.id)).map((row) => rowOf(dependencies, row));
}

function requireSense(mandate: NewMandate, above: Own, now: Date): void {
  const refuse = (words: string): never => {
    throw new IdentityError('mandate-refused', words);
  };
  if (above.row.depth + 1 > deepest) refuse('An agent does not name further agents.');
  if (above.row.capacity === 'agent') refuse('An agent does not name further agents.');
  if (mandate.capacity === 'manager' && above.row.capacity !== 'legal-representative') {
    refuse('Managers are named by the legal representative.');
  }
  if (mandate.scope !== '*' && (mandate.scope.length === 0 || mandate.scope.length > matterLimit)) {
    refuse(`A mandate names 1 to ${matterLimit} matters, or all.`);
  }
  if (mandate.scope !== '*' && !mandate.scope.every((matter) => /^[0-9A-Z]{1,40}$/.test(matter))) {
    refuse('A matter is named by its 实施编码: letters and digits.');
  }
  if (!within(mandate.scope, above.scope)) refuse('A mandate is no wider than the one it is granted under.');
  if (mandate.expires.getTime() <= Math.max(now.getTime(), mandate.notBefore.getTime())) {
    refuse('A mandate ends after it begins, and later than now.');
  }
  if (mandate.expires > above.until) refuse('A mandate ends no later than the one it is granted under.');
  if (mandate.expires.getTime() - mandate.notBefore.getTime() > longestDays * day) {
    refuse('A mandate lasts three years at most.');
  }
}

interface Own {
  readonly row: RepresentationTable;
  readonly scope: MatterScope;
  readonly until: Date;
}

async function requireOwn(
  dependencies: Pick<PeopleDependencies, 'database'>,
  account: string,
  id: string,
  now: Date,
): Promise<Own> {
  const row = await dependencies.database.reader
    .selectFrom('representation')
    .selectAll()
    .where('id', '=', id)
    .where('agent', '=', account)
    .executeTakeFirst();
  const mandate = row === undefined ? null : await inForce(dependencies, row, now);
  if (row === undefined || mandate === null) {
    throw new IdentityError('mandate-not-found', 'The account has no such mandate in force.');
  }
  return { row, scope: mandate.scope, until: mandate.until };
}

async function lockEnterpriseIn(tx: Writer, enterprise: string, under: string): Promise<void> {
  await tx
    .selectFrom('enterprise')
    .select('credit_code')
    .where('credit_code', '=', enterprise)
    .forUpdate()
    .execute();
  const above = await tx
    .selectFrom('representation')
    .select('state')
    .where('id', '=', under)
    .forUpdate()
    .executeTakeFirst();
  if (above?.state !== 'active')
    throw new IdentityError('mandate-not-found', 'The own mandate has just ended.');
}

async function requireRoom(tx: Writer, row: RepresentationTable): Promise<void> {
  const live = await tx
    .selectFrom('representation')
    .select(['capacity', 'agent_index', 'parent'])
    .where('enterprise', '=', row.enterprise)
    .where('state', 'in', ['offered', 'active'])
    .where('expires', '>', row.granted_at)
    .execute();
  if (live.length >= mandateLimit) {
    throw new IdentityError('mandate-refused', `An enterprise has ${mandateLimit} mandates at most.`);
  }
  const managers = live.filter(({ capacity }) => capacity === 'manager').length;
  if (row.capacity === 'manager' && managers >= managerLimit) {
    throw new IdentityError('mandate-refused', `An enterprise has ${managerLimit} managers at most.`);
  }
}

/** The row and everything above it, the row first. */
async function chainOf(
  dependencies: Pick<PeopleDependencies, 'database'>,
  id: string,
): Promise<readonly RepresentationTable[]> {
  const rows: RepresentationTable[] = [];
  let next: string | null = id;
  for (let depth = 0; depth <= deepest && next !== null; depth += 1) {
    const row: RepresentationTable | undefined = await dependencies.database.reader
      .selectFrom('representation')
      .selectAll()
      .where('id', '=', next)
      .executeTakeFirst();
    if (row === undefined) break;
    rows.push(row);
    next = row.parent;
  }
  return rows;
}

async function ownIndexes(dependencies: PeopleDependencies, accountId: string): Promise<readonly string[]> {
  const account = await requireActiveAccount(dependencies, accountId);
  const row = await dependencies.database.reader
    .selectFrom('person')
    .select(['number_index', 'wanghao_index'])
    .where('id', '=', account.person)
    .executeTakeFirstOrThrow();
  // Documents that were joined to this person are still their own.
  const joined = await dependencies.database.reader
    .selectFrom('person_document')
    .select('number_index')
    .where('person', '=', account.person)
    .execute();
  return [row.number_index, row.wanghao_index, ...joined.map((each) => each.number_index)].filter(
    (index) => index !== null,
  );
}

function rowOf(
  dependencies: PeopleDependencies,
  row: RepresentationTable & { readonly enterprise_name: string },
): MandateRow {
  return {
    id: row.id,
    enterprise: { creditCode: row.enterprise, name: row.enterprise_name },
    capacity: row.capacity,
    scope: scopeFrom(row.matters),
    notBefore: new Date(row.not_before),
    expires: new Date(row.expires),
    state: row.state,
    endedReason: row.ended_reason,
    agentName: dependencies.cipher.open(namePlace(row.id), row.agent_name_cipher),
    depth: row.depth,
    parent: row.parent,
  };
}

function namePlace(row: string): { readonly table: string; readonly column: string; readonly row: string } {
  return { table: 'representation', column: 'agent_name', row };
}

function audited(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  action: 'mandate.offered' | 'mandate.accepted' | 'mandate.refused',
  row: RepresentationTable,
): Promise<void> {
  return dependencies.audit.append(tx, {
    at: dependencies.clock(),
    actor,
    action,
    subject: row.id,
    details: { enterprise: row.enterprise, capacity: row.capacity, depth: String(row.depth) },
  });
}
