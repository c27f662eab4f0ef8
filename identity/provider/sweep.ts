// Clears away what has expired, a little at a time, so that a long absence never holds the database up.
import type { Database } from '../../storage/database.ts';
import type { RecordDependencies } from './records.ts';

const batch = 1000;
/** Expired records stay so long: a second use of a code is then still seen as one. */
const recordGraceSeconds = 3600;
/** How long the person sees in the list what ended. */
const loginDays = 90;
const deliveryDays = 30;

/** @returns how many rows went. Safe to run on every node at once. */
export async function sweepProvider(
  dependencies: Pick<RecordDependencies, 'database' | 'clock'>,
): Promise<number> {
  const { database, clock } = dependencies;
  const now = clock().getTime();
  const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();
  let gone = await sweepRecords(database, ago(recordGraceSeconds));
  gone += await database.write(async (tx) => {
    const counts = [
      await tx.deleteFrom('page_sign_in').where('expires_at', '<', ago(0)).executeTakeFirst(),
      await tx.deleteFrom('page_session').where('expires_at', '<', ago(0)).executeTakeFirst(),
      await tx
        .deleteFrom('ciba_request')
        .where('expires_at', '<', ago(loginDays * 86_400))
        .executeTakeFirst(),
      await tx
        .deleteFrom('login_session')
        .where('ends_at', '<', ago(loginDays * 86_400))
        .executeTakeFirst(),
      await tx
        .deleteFrom('login_client')
        .where('first_at', '<', ago(2 * 86_400))
        .where('offline', '=', 0)
        .executeTakeFirst(),
      await tx
        .deleteFrom('logout_delivery')
        .where('state', '=', 'delivered')
        .where('finished_at', '<', ago(deliveryDays * 86_400))
        .executeTakeFirst(),
    ];
    return counts.reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0);
  });
  return gone;
}

async function sweepRecords(database: Database, before: string): Promise<number> {
  let gone = 0;
  for (;;) {
    const rows = await database.reader
      .selectFrom('oidc_record')
      .select(['model', 'id_mac'])
      .where('expires_at', '<', before)
      .limit(batch)
      .execute();
    for (const model of new Set(rows.map((row) => row.model))) {
      const macs = rows.filter((row) => row.model === model).map((row) => row.id_mac);
      const { numDeletedRows } = await database.write((tx) =>
        tx
          .deleteFrom('oidc_record')
          .where('model', '=', model)
          .where('id_mac', 'in', macs)
          // Renewed meanwhile: it stays.
          .where('expires_at', '<', before)
          .executeTakeFirst(),
      );
      gone += Number(numDeletedRows);
    }
    if (rows.length < batch) return gone;
  }
}
