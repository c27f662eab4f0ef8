// Pairwise subjects: what a person is called differs between sectors, and tells nothing without our key.
import type { RecordDependencies } from './records.ts';

/** @returns 64 hexadecimal digits, always the same for an account in a sector (OpenID Connect Core 8.1). */
export function pairwiseSubject(
  dependencies: Pick<RecordDependencies, 'index'>,
  sector: string,
  account: string,
): string {
  const mac = dependencies.index.of('oidc.pairwise', JSON.stringify([sector, account]));
  return mac.slice(mac.indexOf(':') + 1);
}

/** Remembers which account a subject stands for, so that hints find their way back. Remembering it again changes nothing. */
export async function rememberSubject(
  dependencies: RecordDependencies,
  sector: string,
  account: string,
): Promise<void> {
  const subject = pairwiseSubject(dependencies, sector, account);
  await dependencies.database.write(async (tx) => {
    await tx
      .insertInto('oidc_subject')
      .values({ sector, subject, account })
      .onConflict((conflict) => conflict.columns(['sector', 'subject']).doNothing())
      .execute();
  });
}

/** @returns the account that a sector knows by this subject, or null. */
export async function accountOfSubject(
  dependencies: Pick<RecordDependencies, 'database'>,
  sector: string,
  subject: string,
): Promise<string | null> {
  const row = await dependencies.database.reader
    .selectFrom('oidc_subject')
    .select('account')
    .where('sector', '=', sector)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row?.account ?? null;
}
