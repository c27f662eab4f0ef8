// Forgets how somebody signed in whose account is no more: names, telephone numbers, secrets, and what they called them.
import type { Writer } from '../../storage/database.ts';

/**
 * Forgets every way to log in of accounts that have ended, in the caller's write. A certificate stays known as one that
 * was in use here, so that it does not enrol itself for somebody else.
 */
export async function forgetWaysIn(tx: Writer, accounts: readonly string[], at: Date): Promise<void> {
  if (accounts.length === 0) return;
  await tx.deleteFrom('login_name').where('account', 'in', accounts).execute();
  await tx.deleteFrom('login_device').where('account', 'in', accounts).execute();
  await tx.deleteFrom('login_notice').where('account', 'in', accounts).execute();
  await tx.deleteFrom('one_time_code').where('account', 'in', accounts).execute();
  await tx
    .updateTable('authenticator')
    .set({ state: 'ended', ended_at: at.toISOString() })
    .where('account', 'in', accounts)
    .where('state', '=', 'active')
    .execute();
  await tx
    .updateTable('authenticator')
    .set({ label: '', public_part: '{}', secret_cipher: null })
    .where('account', 'in', accounts)
    .execute();
  await tx
    .updateTable('authenticator')
    .set({ lookup: null })
    .where('account', 'in', accounts)
    .where('kind', '!=', 'certificate')
    .execute();
  await tx
    .updateTable('login_session')
    .set({ device_cipher: null })
    .where('account', 'in', accounts)
    .execute();
}
