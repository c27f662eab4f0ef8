// Forgets what has expired: nonces, codes, counts, pictures, messages. What was consumed is gone only when it could no longer count anyway.
import type { Database } from '../../storage/database.ts';
import type { Clock } from '../../crypto/clock.ts';

/** Rows stay this long after they expired, so that a late answer is still told from an unknown one in the audit. */
const grace = 3600_000;
const messageLife = 24 * 3600_000;
const noticeLife = 365 * 24 * 3600_000;

/** @returns how many rows went. */
export async function sweepLogin(parts: {
  readonly database: Database;
  readonly clock: Clock;
}): Promise<number> {
  const now = parts.clock().getTime();
  const before = (age: number): string => new Date(now - age).toISOString();
  return parts.database.write(async (tx) => {
    const gone = [
      await tx.deleteFrom('login_challenge').where('expires_at', '<', before(grace)).executeTakeFirst(),
      await tx.deleteFrom('one_time_code').where('expires_at', '<', before(grace)).executeTakeFirst(),
      await tx.deleteFrom('login_progress').where('expires_at', '<', before(grace)).executeTakeFirst(),
      await tx.deleteFrom('scan_transaction').where('expires_at', '<', before(grace)).executeTakeFirst(),
      await tx.deleteFrom('login_attempt').where('forgotten_at', '<', before(0)).executeTakeFirst(),
      await tx.deleteFrom('login_device').where('expires_at', '<', before(0)).executeTakeFirst(),
      await tx.deleteFrom('development_message').where('at', '<', before(messageLife)).executeTakeFirst(),
      await tx.deleteFrom('login_notice').where('at', '<', before(noticeLife)).executeTakeFirst(),
    ];
    return gone.reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0);
  });
}
