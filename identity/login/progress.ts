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
 * What was shown with one factor more. One of another account begins anew: what one person showed never counts for
 * another; the same authenticator again replaces what it showed before.
 */
export function progressWith(before: Progress | null, factor: Factor): Progress {
  const kept = before?.account === factor.account ? before.factors : [];
  const factors = [...kept.filter(({ authenticator }) => authenticator !== factor.authenticator), factor];
  return { account: factor.account, factors, complete: false };
}

/** Keeps what was shown until more is, or until it is used. */
export async function keepProgress(parts: ProgressParts, boundTo: string, progress: Progress): Promise<void> {
  const row = {
    account: progress.account,
    authentication: JSON.stringify(progress.factors),
    complete: progress.complete ? 1 : 0,
    expires_at: new Date(parts.clock().getTime() + seconds * 1000).toISOString(),
  };
  await parts.database.write(async (tx) => {
    await tx
      .insertInto('login_progress')
      .values({ bound_to: boundTo, ...row })
      .onConflict((conflict) => conflict.column('bound_to').doUpdateSet(row))
      .execute();
  });
}

/**
 * Takes away what was kept, to finish the login with it: of two at the same time, one gets it.
 * @throws IdentityError `login-refused` where there is none any more.
 */
export async function takeProgress(parts: ProgressParts, boundTo: string): Promise<void> {
  const now = parts.clock().toISOString();
  const taken = await parts.database.write((tx) =>
    tx
      .deleteFrom('login_progress')
      .where('bound_to', '=', boundTo)
      .where('expires_at', '>', now)
      .executeTakeFirst(),
  );
  if (taken.numDeletedRows !== 1n) {
    throw new IdentityError('login-refused', 'What was shown before is gone: begin again.');
  }
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
