// The rung at which something enrolled now stands: what the login showed, a proofing since, or the recovery of what was lost.
import { proofingsOf } from '../identity/accounts.ts';
import { IdentityError } from '../identity/errors.ts';
import { isRung, liveProofing, type Rung } from '../identity/levels.ts';
import { endAuthenticator } from '../identity/login/authenticators.ts';
import type { PageSession } from '../identity/page-sessions.ts';
import { useRecoveryIn } from '../identity/recovery.ts';
import type { Services } from './services.ts';

/**
 * The rung at which something enrolled now stands: what this login reached, or what the person was proofed to since it
 * began. Nobody lifts himself with a factor that he added to a weak login.
 */
export async function rungNow(services: Services, { account, login }: PageSession): Promise<Rung> {
  const since = (await proofingsOf(services, account)).filter(
    ({ verifiedAt, method }) =>
      verifiedAt >= login.authTime && method !== 'self-asserted' && method !== 'register',
  );
  const proofed = liveProofing(since, services.clock())?.rung ?? 1;
  const recovered = (await provedRecovery(services, account))?.rung ?? 1;
  return highest([login.level, proofed, recovered]);
}

/** A lost factor whose recovery was proved: its replacement stands where the lost one stood. */
async function provedRecovery(
  services: Services,
  account: string,
): Promise<{ readonly id: string; readonly rung: Rung } | null> {
  const row = await services.database.reader
    .selectFrom('recovery')
    .select(['id', 'needed_rung'])
    .where('account', '=', account)
    .where('state', '=', 'proved')
    .where('expires_at', '>', services.clock().toISOString())
    .orderBy('needed_rung', 'desc')
    .executeTakeFirst();
  if (row === undefined || !isRung(row.needed_rung)) return null;
  return { id: row.id, rung: row.needed_rung };
}

/** What was enrolled replaces the lost factor: its recovery is used up, and it signs nobody in any more. */
export async function settleRecovery(services: Services, { account, principal }: PageSession): Promise<void> {
  const proved = await provedRecovery(services, account);
  if (proved === null) return;
  await services.database.write(async (tx) => {
    const { authenticator } = await useRecoveryIn(tx, services.people, principal, { id: proved.id, account });
    await endAuthenticator(services.login.doors, tx, principal, {
      account,
      id: authenticator,
      reason: 'lost',
    }).catch((error: unknown) => {
      // Its holder removed it before.
      if (!(error instanceof IdentityError && error.code === 'authenticator-not-found')) throw error;
    });
  });
}

function highest(rungs: readonly Rung[]): Rung {
  return rungs.reduce((high, rung) => (rung > high ? rung : high), 1);
}
