// Ends sessions whose certificate was revoked or put on hold, by this node or another, within the interval it is called at.
import { endSessions, type SessionDependencies } from './sessions.ts';

/**
 * Looks at the living logins that a certificate opened and ends those whose certificate has no good status any more.
 * @returns how many ended.
 */
export async function endRevokedLogins(dependencies: SessionDependencies): Promise<number> {
  const rows = await dependencies.database.reader
    .selectFrom('login_session')
    .innerJoin('ca_revocation', 'ca_revocation.serial', 'login_session.certificate_serial')
    .select(['login_session.id', 'ca_revocation.state'])
    .where('login_session.ended_at', 'is', null)
    .where('login_session.certificate_serial', 'is not', null)
    .where('ca_revocation.state', 'in', ['revoked', 'held'])
    .execute();
  let ended = 0;
  for (const { id } of rows) {
    ended += await endSessions(
      dependencies,
      { login: id },
      { reason: 'certificate-revoked', actor: { id: 'system', department: null } },
    );
  }
  return ended;
}
