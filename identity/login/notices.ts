// What a person is told of (ASVS 5.0 6.3.5, 6.3.7): odd logins and every change of an authenticator.
import type { Reader, Writer } from '../../storage/database.ts';
import { randomIdentifier } from '../identifier.ts';
import type { LoginParts } from './parts.ts';

export interface PersonalNotice {
  readonly at: Date;
  /** `enrolled-<kind>`, `ended-<kind>`, `new-browser`, `guessed` */
  readonly kind: string;
  readonly subject: string;
}

/** Records a notice in the caller's write: it is as durable as what it tells of. */
export async function notePersonally(
  parts: Pick<LoginParts, 'clock' | 'random'>,
  tx: Writer,
  notice: { readonly account: string; readonly kind: string; readonly subject: string },
): Promise<void> {
  await tx
    .insertInto('login_notice')
    .values({
      id: randomIdentifier('ntc', parts.random),
      account: notice.account,
      kind: notice.kind,
      subject: notice.subject,
      at: parts.clock().toISOString(),
    })
    .execute();
}

/** Newest first. */
export async function noticesOf(
  reader: Reader,
  account: string,
  limit: number,
): Promise<readonly PersonalNotice[]> {
  const rows = await reader
    .selectFrom('login_notice')
    .select(['at', 'kind', 'subject'])
    .where('account', '=', account)
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ at, kind, subject }) => ({ at: new Date(at), kind, subject }));
}
