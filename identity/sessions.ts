// Logins behind the provider's sessions: opened, renewed, seen, and ended with everything that rests on them.
import type { RandomBytes } from '../crypto/clock.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Writer } from '../storage/database.ts';
import type { LoginSessionTable } from '../storage/schema/provider.ts';
import { randomIdentifier } from './identifier.ts';
import { isRung, rungOfAcr, type Rung } from './levels.ts';
import { queueLogout } from './provider/logout-queue.ts';
import { endGrant, type RecordDependencies } from './provider/records.ts';

export interface SessionDependencies extends RecordDependencies {
  readonly audit: AuditLog;
  readonly random: RandomBytes;
}

/** No login lives longer than this, used or not. */
export const absoluteSeconds = 12 * 3600;
/** Unused for so long, a session of level 3 or 4 ends. */
export const strongIdleSeconds = 15 * 60;
/** Unused for so long, a session of level 1 or 2 ends. */
export const idleSeconds = 3600;

/** @returns how long a session of this level may lie unused, in seconds. */
export function idleSecondsOf(level: Rung | null): number {
  return level !== null && level >= 3 ? strongIdleSeconds : idleSeconds;
}

/** Why a login ended. */
export type EndReason =
  | 'logout'
  | 'superseded'
  | 'ended-by-person'
  | 'ended-by-administrator'
  | 'certificate-revoked'
  | 'authenticator-removed'
  | 'account-locked'
  | 'account-closed'
  | 'account-merged'
  | 'level-lowered'
  | 'mandate-ended'
  | 'roles-changed';

/** One login: a session has one at a time. */
export interface Login {
  /** `lgn_…` */
  readonly id: string;
  /** Keyed hash of the session's identifier. */
  readonly session: string;
  readonly account: string;
  readonly level: Rung;
  readonly ial: Rung | 0;
  readonly aal: Rung;
  readonly amr: readonly string[];
  readonly authTime: Date;
  readonly authenticators: readonly string[];
  readonly certificate: { readonly authority: string; readonly serial: string } | null;
  /** `rep_…`, or null for oneself. */
  readonly actingFor: string | null;
  /** Whether the person was asked whom to act for. */
  readonly actingChosen: boolean;
  readonly lastSeenAt: Date;
  readonly endsAt: Date;
}

/** A login about to be recorded. */
export interface NewLogin {
  readonly id: string;
  readonly session: string;
  readonly account: string;
  readonly acr: string;
  readonly ial: Rung | 0;
  readonly aal: Rung;
  readonly amr: readonly string[];
  readonly authTime: Date;
  readonly authenticators: readonly string[];
  readonly certificate: { readonly authority: string; readonly serial: string } | null;
  readonly actingFor: string | null;
  readonly actingChosen: boolean;
  /** Browser and address, shown to the person alone. */
  readonly device: { readonly agent: string; readonly address: string };
}

/** Which logins are meant. */
export type LoginSelector =
  | { readonly account: string }
  | { readonly authenticator: string }
  | { readonly certificate: { readonly authority: string; readonly serial: string } }
  | { readonly representation: string }
  | { readonly session: string }
  | { readonly login: string };

/** Records a login inside a write; the one before it on the same session is superseded. Recording it again changes nothing. */
export async function recordLoginIn(
  tx: Writer,
  dependencies: SessionDependencies,
  login: NewLogin,
): Promise<void> {
  const known = await tx
    .selectFrom('login_session')
    .select('id')
    .where('id', '=', login.id)
    .executeTakeFirst();
  if (known !== undefined) return;
  const at = dependencies.clock();
  await tx
    .updateTable('login_session')
    .set({ ended_at: at.toISOString(), end_reason: 'superseded' })
    .where('session_mac', '=', login.session)
    .where('ended_at', 'is', null)
    .execute();
  await tx
    .insertInto('login_session')
    .values({
      id: login.id,
      session_mac: login.session,
      account: login.account,
      authenticators: JSON.stringify(login.authenticators),
      certificate_authority: login.certificate?.authority ?? null,
      certificate_serial: login.certificate?.serial ?? null,
      acr: login.acr,
      ial: login.ial,
      aal: login.aal,
      amr: JSON.stringify(login.amr),
      auth_time: login.authTime.toISOString(),
      acting_for: login.actingFor,
      acting_chosen: login.actingChosen ? 1 : 0,
      device_cipher: dependencies.cipher.seal(devicePlace(login.id), JSON.stringify(login.device)),
      last_seen_at: at.toISOString(),
      ends_at: new Date(login.authTime.getTime() + absoluteSeconds * 1000).toISOString(),
      ended_at: null,
      end_reason: null,
    })
    .execute();
  await dependencies.audit.append(tx, {
    at,
    actor: { id: `account:${login.account}`, department: null },
    action: 'session.opened',
    subject: login.id,
    details: {
      acr: login.acr,
      amr: login.amr.join(' '),
      ...(login.actingFor === null ? {} : { actingFor: login.actingFor }),
    },
  });
}

/** @returns the login that lives on a session now, or null: nobody is signed in by it. */
export async function livingLogin(
  dependencies: Pick<RecordDependencies, 'database' | 'clock'>,
  session: string,
): Promise<Login | null> {
  const row = await dependencies.database.reader
    .selectFrom('login_session')
    .selectAll()
    .where('session_mac', '=', session)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', dependencies.clock().toISOString())
    .executeTakeFirst();
  return row === undefined ? null : loginOf(row);
}

/** Chooses whom a login acts for, inside a write. @returns whether there was a living login to change. */
export async function chooseActingIn(
  tx: Writer,
  dependencies: SessionDependencies,
  choice: { readonly session: string; readonly actingFor: string | null },
): Promise<boolean> {
  const at = dependencies.clock();
  const changed = await tx
    .updateTable('login_session')
    .set({ acting_for: choice.actingFor, acting_chosen: 1, last_seen_at: at.toISOString() })
    .where('session_mac', '=', choice.session)
    .where('ended_at', 'is', null)
    .returning(['id', 'account'])
    .executeTakeFirst();
  if (changed === undefined) return false;
  await dependencies.audit.append(tx, {
    at,
    actor: { id: `account:${changed.account}`, department: null },
    action: 'session.acting-changed',
    subject: changed.id,
    details: { actingFor: choice.actingFor ?? 'self' },
  });
  return true;
}

/**
 * Ends logins: sessions, pages, tokens and grants that rest on them go in the same write, and every client that was
 * let in is told through the logout queue. Ending what has ended changes nothing.
 * @returns how many ended.
 */
export function endSessions(
  dependencies: SessionDependencies,
  selector: LoginSelector,
  ended: { readonly reason: EndReason; readonly actor: Pick<Actor, 'id' | 'department'> },
): Promise<number> {
  return dependencies.database.write((tx) => endSessionsIn(tx, dependencies, selector, ended));
}

/** As `endSessions`, inside another write. */
export async function endSessionsIn(
  tx: Writer,
  dependencies: SessionDependencies,
  selector: LoginSelector,
  ended: {
    readonly reason: EndReason;
    readonly actor: Pick<Actor, 'id' | 'department'>;
    /** Whether clients were put in the logout queue already. */
    readonly queued?: boolean;
  },
): Promise<number> {
  const at = dependencies.clock();
  let query = tx
    .updateTable('login_session')
    .set({ ended_at: at.toISOString(), end_reason: ended.reason })
    .where('ended_at', 'is', null);
  if ('account' in selector) query = query.where('account', '=', selector.account);
  else if ('session' in selector) query = query.where('session_mac', '=', selector.session);
  else if ('login' in selector) query = query.where('id', '=', selector.login);
  else if ('representation' in selector) query = query.where('acting_for', '=', selector.representation);
  else if ('authenticator' in selector)
    query = query.where('authenticators', 'like', `%"${selector.authenticator}"%`);
  else
    query = query
      .where('certificate_serial', '=', selector.certificate.serial)
      .where('certificate_authority', '=', selector.certificate.authority);
  const rows = await query.returning(['id', 'session_mac', 'account']).execute();
  for (const row of rows) {
    await endWhatRests(tx, dependencies, {
      session: row.session_mac,
      account: row.account,
      reason: ended.reason,
      queued: ended.queued === true,
    });
    await dependencies.audit.append(tx, {
      at,
      actor: ended.actor,
      action: 'session.ended',
      subject: row.id,
      details: { reason: ended.reason, account: row.account },
    });
  }
  return rows.length;
}

/** A logout and the person's own word leave standing what was granted to outlive it; everything else ends all. */
function keepsOffline(reason: EndReason): boolean {
  return reason === 'logout' || reason === 'ended-by-person';
}

async function endWhatRests(
  tx: Writer,
  dependencies: SessionDependencies,
  ending: {
    readonly session: string;
    readonly account: string;
    readonly reason: EndReason;
    readonly queued: boolean;
  },
): Promise<void> {
  const { session, account, reason, queued } = ending;
  const clients = await tx
    .selectFrom('login_client')
    .select(['client', 'sid', 'grant_mac', 'offline'])
    .where('session_mac', '=', session)
    .execute();
  for (const { client, sid, grant_mac: grant, offline } of clients) {
    if (!queued) await queueLogout(tx, dependencies, { client, account, sid, reason });
    if (grant !== null && !(offline === 1 && keepsOffline(reason))) await endGrant(tx, grant);
  }
  await tx.deleteFrom('login_client').where('session_mac', '=', session).execute();
  await endBackChannelGrants(tx, session, keepsOffline(reason));
  await tx.deleteFrom('page_session').where('session_mac', '=', session).execute();
  await tx.deleteFrom('oidc_record').where('model', '=', 'Session').where('uid_mac', '=', session).execute();
}

/** What was granted through the back channel (CIBA) in a session that ends. */
async function endBackChannelGrants(tx: Writer, session: string, keepOffline: boolean): Promise<void> {
  let query = tx
    .updateTable('ciba_request')
    .set({ session_mac: null })
    .where('session_mac', '=', session)
    .where('grant_mac', 'is not', null);
  if (keepOffline) query = query.where('offline', '=', 0);
  const ended = await query.returning('grant_mac').execute();
  for (const { grant_mac: grant } of ended) if (grant !== null) await endGrant(tx, grant);
}

/** A row as the rest of the house sees it. */
export function loginOf(row: LoginSessionTable): Login {
  const rung = (value: number): Rung => (isRung(value) ? value : 1);
  return {
    id: row.id,
    session: row.session_mac,
    account: row.account,
    level: rungOfAcr(row.acr) ?? 1,
    ial: row.ial === 0 ? 0 : rung(row.ial),
    aal: rung(row.aal),
    amr: JSON.parse(row.amr) as readonly string[],
    authTime: new Date(row.auth_time),
    authenticators: JSON.parse(row.authenticators) as readonly string[],
    certificate:
      row.certificate_authority === null || row.certificate_serial === null
        ? null
        : { authority: row.certificate_authority, serial: row.certificate_serial },
    actingFor: row.acting_for,
    actingChosen: row.acting_chosen === 1,
    lastSeenAt: new Date(row.last_seen_at),
    endsAt: new Date(row.ends_at),
  };
}

/** A fresh identifier for a login. */
export function loginIdentifier(random: RandomBytes): string {
  return randomIdentifier('lgn', random);
}

/** Where a login's device lies encrypted. */
export function devicePlace(login: string): { table: string; column: string; row: string } {
  return { table: 'login_session', column: 'device', row: login };
}
