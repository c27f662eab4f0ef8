// Acting for an enterprise: mandates in force, their narrowing from above, and what one may do under them.
import type { PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import type { RepresentationTable } from '../storage/schema/people.ts';

export type Capacity = RepresentationTable['capacity'];

/** `*`, or the 实施编码 of the matters. */
export type MatterScope = '*' | readonly string[];

/** A mandate in force, already narrowed by everything above it. */
export interface Mandate {
  /** `rep_…` */
  readonly id: string;
  readonly enterprise: { readonly creditCode: string; readonly name: string };
  readonly capacity: Capacity;
  readonly scope: MatterScope;
  /** End of the earliest of the chain. */
  readonly until: Date;
  /** 0 the legal representative, 1 named by him, 2 named by a manager. */
  readonly depth: number;
}

export const deepest = 2;

/**
 * Mandates of an account that are in force at `now`: accepted, begun, not ended, with everything above them in force and
 * the enterprise in operation as last seen.
 */
export async function mandatesOf(
  dependencies: Pick<PeopleDependencies, 'database'>,
  account: string,
  now: Date,
): Promise<readonly Mandate[]> {
  const rows = await dependencies.database.reader
    .selectFrom('representation')
    .selectAll()
    .where('agent', '=', account)
    .where('state', '=', 'active')
    .orderBy('enterprise')
    .orderBy('id')
    .execute();
  const mandates: Mandate[] = [];
  for (const row of rows) {
    const mandate = await inForce(dependencies, row, now);
    if (mandate !== null) mandates.push(mandate);
  }
  return mandates;
}

/** @throws IdentityError `mandate-not-found` where the account has no such mandate in force at `now`. */
export async function requireMandate(
  dependencies: Pick<PeopleDependencies, 'database'>,
  account: string,
  id: string,
  now: Date,
): Promise<Mandate> {
  const mandate = (await mandatesOf(dependencies, account, now)).find((known) => known.id === id);
  if (mandate === undefined) {
    throw new IdentityError('mandate-not-found', 'The account has no such mandate in force.');
  }
  return mandate;
}

/** Whether a mandate covers a matter, by its 实施编码. */
export function coversMatter(scope: MatterScope, matter: string): boolean {
  return scope === '*' || scope.includes(matter);
}

/** What both allow. */
export function narrowest(one: MatterScope, other: MatterScope): MatterScope {
  if (one === '*') return other;
  return other === '*' ? one : one.filter((matter) => other.includes(matter));
}

/** Whether `inner` allows nothing that `outer` does not. */
export function within(inner: MatterScope, outer: MatterScope): boolean {
  if (outer === '*') return true;
  return inner !== '*' && inner.every((matter) => outer.includes(matter));
}

/** The scope as it is stored. */
export function scopeText(scope: MatterScope): string {
  return scope === '*' ? '*' : JSON.stringify([...new Set(scope)].sort());
}

/** The scope behind its stored text. */
export function scopeFrom(text: string): MatterScope {
  return text === '*' ? '*' : (JSON.parse(text) as readonly string[]);
}

/** The mandate of a row, or null where it or anything above it is not in force. */
export async function inForce(
  dependencies: Pick<PeopleDependencies, 'database'>,
  row: RepresentationTable,
  now: Date,
): Promise<Mandate | null> {
  const enterprise = await dependencies.database.reader
    .selectFrom('enterprise')
    .select(['name', 'state'])
    .where('credit_code', '=', row.enterprise)
    .executeTakeFirst();
  if (enterprise?.state !== 'in-operation') return null;
  let scope = scopeFrom(row.matters);
  let until = row.expires;
  let step: RepresentationTable = row;
  // The schema bounds the depth; the loop does so as well, whatever stands in a damaged row.
  for (let depth = 0; depth <= deepest; depth += 1) {
    if (!alive(step, now)) return null;
    scope = narrowest(scope, scopeFrom(step.matters));
    if (step.expires < until) until = step.expires;
    if (step.parent === null) {
      const { id, capacity } = row;
      const named = { creditCode: row.enterprise, name: enterprise.name };
      return { id, enterprise: named, capacity, scope, until: new Date(until), depth: row.depth };
    }
    const above = await dependencies.database.reader
      .selectFrom('representation')
      .selectAll()
      .where('id', '=', step.parent)
      .where('enterprise', '=', row.enterprise)
      .executeTakeFirst();
    if (above === undefined || above.depth !== step.depth - 1) return null;
    step = above;
  }
  return null;
}

function alive(row: RepresentationTable, now: Date): boolean {
  const at = now.toISOString();
  return row.state === 'active' && row.not_before <= at && at < row.expires;
}
