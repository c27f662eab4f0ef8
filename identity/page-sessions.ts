// Browser sessions of our own pages: opened by a login at the provider, alive only while that login is.
import type { RandomBytes } from '../crypto/clock.ts';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import type { Level, Principal } from './principal.ts';
import { officerOf } from './officers.ts';
import { maskName } from './provider/claims.ts';
import type { ActingMandate, People } from './provider/parts.ts';
import { scopesOfPerson } from './provider/resources.ts';
import type { RecordDependencies } from './provider/records.ts';
import { absoluteSeconds, idleSecondsOf, livingLogin, type Login } from './sessions.ts';

export interface PageSessionDependencies extends RecordDependencies {
  readonly random: RandomBytes;
  readonly people: People;
}

export interface PageSession {
  /** `acc_…` */
  readonly account: string;
  /** How the page's head names the person: never more than is needed to know oneself. */
  readonly name: string;
  readonly principal: Principal;
  /** The login behind it, as it stands now. */
  readonly login: Login;
  /** Whom the person acts for; null for oneself. */
  readonly acting: ActingMandate | null;
  /** Must come back with every form of this session. */
  readonly formToken: string;
}

/** A sign-in under way: what was sent to the provider and must be met by what comes back. */
export interface PendingSignIn {
  readonly nonce: string;
  readonly verifier: string;
  /** A path of this site. */
  readonly returnTo: string;
}

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;
/** Seconds between leaving for the provider and coming back. */
export const signInSeconds = 1800;
/** How stale `last_seen_at` may be: one write a minute per session, not one a page. */
const seenGrain = 60_000;

/** Keeps a sign-in under way. @returns its state, 256 random bits, which only this browser's cookie and the address carry. */
export async function beginSignIn(
  dependencies: PageSessionDependencies,
  pending: PendingSignIn,
): Promise<string> {
  const state = encodeBase64url(dependencies.random(32));
  const mac = dependencies.index.of('page-sign-in', state);
  const until = new Date(dependencies.clock().getTime() + signInSeconds * 1000);
  await dependencies.database.write(async (tx) => {
    await tx
      .insertInto('page_sign_in')
      .values({
        state_mac: mac,
        secrets_cipher: dependencies.cipher.seal(pendingPlace(mac), JSON.stringify(pending)),
        expires_at: until.toISOString(),
      })
      .execute();
  });
  return state;
}

/** Takes a sign-in that comes back: once, and for ever. @returns null for one unknown, expired or taken. */
export async function takeSignIn(
  dependencies: PageSessionDependencies,
  state: string,
): Promise<PendingSignIn | null> {
  if (!tokenPattern.test(state)) return null;
  const mac = dependencies.index.of('page-sign-in', state);
  const row = await dependencies.database.write((tx) =>
    tx
      .deleteFrom('page_sign_in')
      .where('state_mac', '=', mac)
      .returning(['secrets_cipher', 'expires_at'])
      .executeTakeFirst(),
  );
  if (row === undefined || row.expires_at <= dependencies.clock().toISOString()) return null;
  return JSON.parse(dependencies.cipher.open(pendingPlace(mac), row.secrets_cipher)) as PendingSignIn;
}

/**
 * Opens a session on a login. The former one of the browser, if any, is ended in the same write (no fixation).
 * @param opened.session keyed hash of the provider's session
 * @returns the token for the cookie; only its keyed hash is stored.
 */
export async function openPageSession(
  dependencies: PageSessionDependencies,
  opened: {
    readonly session: string;
    readonly account: string;
    readonly idToken: string;
    readonly former: string | null;
  },
): Promise<string> {
  const token = encodeBase64url(dependencies.random(32));
  const mac = macOf(dependencies, token);
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    if (opened.former !== null)
      await tx
        .deleteFrom('page_session')
        .where('token_mac', '=', macOf(dependencies, opened.former))
        .execute();
    await tx
      .insertInto('page_session')
      .values({
        token_mac: mac,
        form_token: encodeBase64url(dependencies.random(32)),
        session_mac: opened.session,
        account: opened.account,
        sid_mac: null,
        id_token_cipher: dependencies.cipher.seal(idTokenPlace(mac), opened.idToken),
        created_at: at.toISOString(),
        last_seen_at: at.toISOString(),
        expires_at: new Date(at.getTime() + absoluteSeconds * 1000).toISOString(),
      })
      .execute();
  });
  return token;
}

/** @returns the session of a cookie's token, or null: unknown, unused too long, or its login, person or mandate has ended. */
export async function pageSessionOf(
  dependencies: PageSessionDependencies,
  token: string,
): Promise<PageSession | null> {
  if (!tokenPattern.test(token)) return null;
  const mac = macOf(dependencies, token);
  const row = await dependencies.database.reader
    .selectFrom('page_session')
    .select(['form_token', 'session_mac', 'account', 'last_seen_at', 'expires_at'])
    .where('token_mac', '=', mac)
    .executeTakeFirst();
  const now = dependencies.clock();
  if (row === undefined || row.expires_at <= now.toISOString()) return null;
  const login = await livingLogin(dependencies, row.session_mac);
  if (login?.account !== row.account) return null;
  const idle = now.getTime() - Date.parse(row.last_seen_at);
  if (idle > idleSecondsOf(login.level) * 1000) return null;
  const account = await dependencies.people.account(row.account);
  if (account?.state !== 'active') return null;
  if (idle > seenGrain) await noteSeen(dependencies, mac, login, now);
  const acting = await actingOf(dependencies, login);
  if (login.actingFor !== null && acting === null) return null;
  const person = await dependencies.people.person(account.person);
  const officer = acting === null ? await officerOf(dependencies, account.id) : null;
  const atWork = officer !== null && officer.roles.length > 0;
  const name = acting?.enterprise.name ?? person?.name ?? null;
  return {
    account: account.id,
    name: name ?? maskName('居民'),
    login,
    acting,
    formToken: row.form_token,
    principal: {
      id: `person:${account.person}`,
      kind: 'person',
      department: atWork ? officer.department : null,
      scopes: await scopesOfPerson(dependencies, account.id, acting),
      roles: [atWork ? 'officer' : 'holder'],
      level: login.level satisfies Level,
      actingFor: acting?.enterprise.creditCode ?? null,
    },
  };
}

async function actingOf(dependencies: PageSessionDependencies, login: Login): Promise<ActingMandate | null> {
  if (login.actingFor === null) return null;
  const mandates = await dependencies.people.mandates(login.account);
  return mandates.find(({ id }) => id === login.actingFor) ?? null;
}

async function noteSeen(
  dependencies: PageSessionDependencies,
  mac: string,
  login: Login,
  now: Date,
): Promise<void> {
  await dependencies.database.write(async (tx) => {
    await tx
      .updateTable('page_session')
      .set({ last_seen_at: now.toISOString() })
      .where('token_mac', '=', mac)
      .execute();
    await tx
      .updateTable('login_session')
      .set({ last_seen_at: now.toISOString() })
      .where('id', '=', login.id)
      .execute();
  });
}

function macOf(dependencies: Pick<PageSessionDependencies, 'index'>, token: string): string {
  return dependencies.index.of('page-session', token);
}

function pendingPlace(mac: string): { table: string; column: string; row: string } {
  return { table: 'page_sign_in', column: 'secrets', row: mac };
}

function idTokenPlace(mac: string): { table: string; column: string; row: string } {
  return { table: 'page_session', column: 'id_token', row: mac };
}
