// What a person has shown so far in one interaction: kept in the database, so that any node goes on, and taken once.
import { amrOf, authenticationRung, type Authentication } from '../levels.ts';
import { IdentityError } from '../errors.ts';
import type { Factor, LoginParts } from './parts.ts';

type ProgressParts = Pick<LoginParts, 'database' | 'clock'>;

const seconds = 15 * 60;

export interface Progress {
  readonly account: string;
  readonly factors: readonly Factor[];
  /** Nothing further is asked of the person: a second factor was shown, or none is due. */
  readonly complete: boolean;
}

/** @returns what was shown, or null. */
export async function progressOf(parts: ProgressParts, boundTo: string): Promise<Progress | null> {
  const row = await parts.database.reader
    .selectFrom('login_progress')
    .selectAll()
    .where('bound_to', '=', boundTo)
    .executeTakeFirst();
  if (row === undefined || row.expires_at <= parts.clock().toISOString()) return null;
  return {
    account: row.account,
    factors: JSON.parse(row.authentication) as readonly Factor[],
    complete: row.complete === 1,
  };
}

/**
 * Adds a factor. One of another account begins anew: what one person showed never counts for another.
 * @param added.complete - whether nothing further is asked
 */
export async function addProgress(
  parts: ProgressParts,
  boundTo: string,
  added: { readonly factor: Factor; readonly complete: boolean },
): Promise<Progress> {
  const before = await progressOf(parts, boundTo);
  const kept = before?.account === added.factor.account ? before.factors : [];
  // The same authenticator again replaces what it showed before.
  const factors = [
    ...kept.filter(({ authenticator }) => authenticator !== added.factor.authenticator),
    added.factor,
  ];
  const row = {
    account: added.factor.account,
    authentication: JSON.stringify(factors),
    complete: added.complete ? 1 : 0,
    expires_at: new Date(parts.clock().getTime() + seconds * 1000).toISOString(),
  };
  await parts.database.write(async (tx) => {
    await tx
      .insertInto('login_progress')
      .values({ bound_to: boundTo, ...row })
      .onConflict((conflict) => conflict.column('bound_to').doUpdateSet(row))
      .execute();
  });
  return { account: row.account, factors, complete: added.complete };
}

/**
 * Takes the progress away to finish the login with it: of two at the same time, one gets it.
 * @throws IdentityError `login-refused` where there is none that is complete.
 */
export async function takeProgress(parts: ProgressParts, boundTo: string): Promise<Progress> {
  const now = parts.clock().toISOString();
  const row = await parts.database.write((tx) =>
    tx
      .deleteFrom('login_progress')
      .where('bound_to', '=', boundTo)
      .where('complete', '=', 1)
      .where('expires_at', '>', now)
      .returningAll()
      .executeTakeFirst(),
  );
  if (row === undefined) throw new IdentityError('login-refused', 'The login is not complete: begin again.');
  return {
    account: row.account,
    factors: JSON.parse(row.authentication) as readonly Factor[],
    complete: true,
  };
}

/** Forgets what was shown. */
export async function dropProgress(parts: ProgressParts, boundTo: string): Promise<void> {
  await parts.database.write(async (tx) => {
    await tx.deleteFrom('login_progress').where('bound_to', '=', boundTo).execute();
  });
}

/** What the factors prove together. */
export function authenticationOf(progress: Pick<Progress, 'account' | 'factors'>, at: Date): Authentication {
  const used = progress.factors.map((factor) => factor.used);
  return {
    account: progress.account,
    amr: amrOf(used),
    aal: authenticationRung(used),
    at,
    authenticators: progress.factors.flatMap(({ authenticator }) =>
      authenticator === null ? [] : [authenticator],
    ),
    certificate: progress.factors.find(({ certificate }) => certificate !== null)?.certificate ?? null,
  };
}
