// A factor that was lost is replaced at the rung at which it was enrolled, or not at all.
import { sql } from 'kysely';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { proofingOf, requireActiveAccount, type PeopleDependencies } from './accounts.ts';
import { IdentityError } from './errors.ts';
import { randomIdentifier } from './identifier.ts';
import { isRung, levelOf, type Authentication, type Rung } from './levels.ts';

/** A recovery nobody proved lapses after a week; one that was proved is used within an hour. */
const openDays = 7;
const provedSeconds = 3600;

export interface Recovery {
  /** `rcv_…` */
  readonly id: string;
  readonly account: string;
  readonly authenticator: string;
  readonly kind: string;
  /** The rung at which the lost factor was enrolled: nothing below proves the recovery. */
  readonly needed: Rung;
  readonly state: 'open' | 'proved' | 'used' | 'ended';
  readonly expiresAt: Date;
}

/** The factor that was lost, as the ways to log in know it. */
export interface LostFactor {
  /** `aut_…` */
  readonly authenticator: string;
  readonly kind: string;
  readonly enrolledRung: Rung | 0;
}

/**
 * Opens a recovery; anybody who can name the account may, and it alone changes nothing. One that is open already is answered.
 * @returns `rcv_…`
 * @throws IdentityError `account-not-found`, `account-ended`.
 */
export async function openRecovery(
  dependencies: PeopleDependencies,
  actor: Actor,
  account: string,
  lost: LostFactor,
): Promise<string> {
  await requireActiveAccount(dependencies, account);
  const now = dependencies.clock();
  const id = randomIdentifier('rcv', dependencies.random);
  const needed = lost.enrolledRung === 0 ? 1 : lost.enrolledRung;
  return dependencies.database.write(async (tx) => {
    await lapseIn(tx, now);
    await tx
      .insertInto('recovery')
      .values({
        id,
        account,
        authenticator: lost.authenticator,
        kind: lost.kind,
        needed_rung: needed,
        state: 'open',
        proved_rung: null,
        proved_by: null,
        opened_at: now.toISOString(),
        proved_at: null,
        expires_at: new Date(now.getTime() + openDays * 86_400_000).toISOString(),
        used_at: null,
      })
      .onConflict((conflict) =>
        conflict
          .column('authenticator')
          .where(sql<boolean>`state IN ('open', 'proved')`)
          .doNothing(),
      )
      .execute();
    const live = await tx
      .selectFrom('recovery')
      .select(['id', 'account'])
      .where('authenticator', '=', lost.authenticator)
      .where('state', 'in', ['open', 'proved'])
      .executeTakeFirstOrThrow();
    if (live.account !== account)
      throw new IdentityError('recovery-refused', 'The factor is not one of this account.');
    if (live.id === id) {
      const details = { recovery: id, kind: lost.kind, needed: String(needed) };
      await dependencies.audit.append(tx, {
        at: now,
        actor,
        action: 'recovery.opened',
        subject: account,
        details,
      });
    }
    return live.id;
  });
}

/**
 * Proves a recovery by a login with what the account still has, at the level needed: never below it.
 * @throws IdentityError `recovery-refused` (another account, the lost factor itself took part, not open), `level-too-low`.
 */
export async function proveRecoveryByLogin(
  dependencies: PeopleDependencies,
  actor: Actor,
  id: string,
  authentication: Authentication,
): Promise<void> {
  const now = dependencies.clock();
  const recovery = await recoveryById(dependencies, id);
  if (recovery === null || recovery.account !== authentication.account) {
    throw new IdentityError('recovery-refused', 'There is no such recovery of this account.');
  }
  if (authentication.authenticators.includes(recovery.authenticator)) {
    throw new IdentityError('recovery-refused', 'A factor that was lost does not prove its own recovery.');
  }
  if (now.getTime() - authentication.at.getTime() > 600_000) {
    throw new IdentityError('recovery-refused', 'The login is more than ten minutes ago: log in again.');
  }
  const proofing = await proofingOf(dependencies, recovery.account, now);
  const rung = levelOf(proofing?.rung ?? 0, authentication.aal);
  await dependencies.database.write((tx) =>
    proveRecoveryIn(tx, dependencies, actor, { id, account: recovery.account, rung, by: 'login' }),
  );
}

/** As `proveRecoveryByLogin`, for the window too, inside another write. @throws IdentityError `recovery-refused`, `level-too-low`. */
export async function proveRecoveryIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  proof: {
    readonly id: string;
    readonly account: string;
    readonly rung: Rung;
    readonly by: 'login' | 'window';
  },
): Promise<void> {
  const now = dependencies.clock();
  const row = await tx
    .selectFrom('recovery')
    .select(['needed_rung', 'account', 'state', 'expires_at'])
    .where('id', '=', proof.id)
    .forUpdate()
    .executeTakeFirst();
  if (row?.account !== proof.account || row.state !== 'open' || row.expires_at <= now.toISOString()) {
    throw new IdentityError(
      'recovery-refused',
      'There is no open recovery of this account with this identifier.',
    );
  }
  if (proof.rung < row.needed_rung) {
    throw new IdentityError(
      'level-too-low',
      `The lost factor was enrolled at level ${row.needed_rung}, and so is its replacement.`,
    );
  }
  await tx
    .updateTable('recovery')
    .set({
      state: 'proved',
      proved_rung: proof.rung,
      proved_by: proof.by,
      proved_at: now.toISOString(),
      expires_at: new Date(now.getTime() + provedSeconds * 1000).toISOString(),
    })
    .where('id', '=', proof.id)
    .execute();
  const details = { recovery: proof.id, rung: String(proof.rung), by: proof.by };
  await dependencies.audit.append(tx, {
    at: now,
    actor,
    action: 'recovery.proved',
    subject: proof.account,
    details,
  });
}

/**
 * Consumes a proved recovery, once, in the write that enrols the replacement.
 * @returns the rung at which the replacement is enrolled: that of the lost factor, neither below nor above
 * @throws IdentityError `recovery-refused`.
 */
export async function useRecoveryIn(
  tx: Writer,
  dependencies: PeopleDependencies,
  actor: Actor,
  use: { readonly id: string; readonly account: string },
): Promise<{ readonly rung: Rung; readonly authenticator: string; readonly kind: string }> {
  const now = dependencies.clock();
  const used = await tx
    .updateTable('recovery')
    .set({ state: 'used', used_at: now.toISOString() })
    .where('id', '=', use.id)
    .where('account', '=', use.account)
    .where('state', '=', 'proved')
    .where('expires_at', '>', now.toISOString())
    .returning(['needed_rung', 'authenticator', 'kind'])
    .executeTakeFirst();
  if (used === undefined) {
    throw new IdentityError(
      'recovery-refused',
      'The recovery is not proved, was used before, or has lapsed.',
    );
  }
  const details = { recovery: use.id, kind: used.kind };
  await dependencies.audit.append(tx, {
    at: now,
    actor,
    action: 'recovery.used',
    subject: use.account,
    details,
  });
  return {
    rung: isRung(used.needed_rung) ? used.needed_rung : 1,
    authenticator: used.authenticator,
    kind: used.kind,
  };
}

/** @returns the recovery, or null. */
export async function recoveryById(
  dependencies: Pick<PeopleDependencies, 'database'>,
  id: string,
): Promise<Recovery | null> {
  const row = await dependencies.database.reader
    .selectFrom('recovery')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    account: row.account,
    authenticator: row.authenticator,
    kind: row.kind,
    needed: isRung(row.needed_rung) ? row.needed_rung : 4,
    state: row.state,
    expiresAt: new Date(row.expires_at),
  };
}

async function lapseIn(tx: Writer, now: Date): Promise<void> {
  await tx
    .updateTable('recovery')
    .set({ state: 'ended' })
    .where('state', 'in', ['open', 'proved'])
    .where('expires_at', '<=', now.toISOString())
    .execute();
}
