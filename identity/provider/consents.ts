// What a person granted to a client: remembered until it is ended, and turned into the library's grants.
import type { Grant, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Actor } from '../../storage/actor.ts';
import type { AuditLog } from '../../storage/audit-log.ts';
import type { Writer } from '../../storage/database.ts';
import { IdentityError } from '../errors.ts';
import { queueLogout } from './logout-queue.ts';
import { extensionOf } from './client.ts';
import { endGrant, type RecordDependencies } from './records.ts';
import type { SessionDependencies } from '../sessions.ts';

/** What was granted. */
export interface Granted {
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

/** A consent as the person's page shows it. */
export interface Consent extends Granted {
  readonly client: string;
  readonly givenAt: Date;
}

const nothing: Granted = { scopes: [], claims: [], resources: {} };

/** @returns what a person granted to a client and did not end. */
async function grantedTo(
  dependencies: Pick<RecordDependencies, 'database'>,
  account: string,
  client: string,
): Promise<Granted> {
  const row = await dependencies.database.reader
    .selectFrom('oidc_consent')
    .select('granted')
    .where('account', '=', account)
    .where('client', '=', client)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return row === undefined ? nothing : (JSON.parse(row.granted) as Granted);
}

/** Every consent of a person that stands, newest first. */
export async function consentsOf(
  dependencies: Pick<RecordDependencies, 'database'>,
  account: string,
): Promise<readonly Consent[]> {
  const rows = await dependencies.database.reader
    .selectFrom('oidc_consent')
    .select(['client', 'granted', 'given_at'])
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .orderBy('given_at', 'desc')
    .execute();
  return rows.map((row) => ({
    ...(JSON.parse(row.granted) as Granted),
    client: row.client,
    givenAt: new Date(row.given_at),
  }));
}

/** Adds to what was granted before, and audits it. */
export function recordConsent(
  dependencies: RecordDependencies & { readonly audit: AuditLog },
  account: string,
  client: string,
  granted: Granted,
): Promise<void> {
  return dependencies.database.write((tx) => recordConsentIn(tx, dependencies, account, client, granted));
}

/** As `recordConsent`, inside another write. */
export async function recordConsentIn(
  tx: Writer,
  dependencies: RecordDependencies & { readonly audit: AuditLog },
  account: string,
  client: string,
  granted: Granted,
): Promise<void> {
  const at = dependencies.clock();
  const row = await tx
    .selectFrom('oidc_consent')
    .select(['granted', 'ended_at'])
    .where('account', '=', account)
    .where('client', '=', client)
    .forUpdate()
    .executeTakeFirst();
  const before = row === undefined || row.ended_at !== null ? nothing : (JSON.parse(row.granted) as Granted);
  const text = JSON.stringify(together(before, granted));
  await tx
    .insertInto('oidc_consent')
    .values({ account, client, granted: text, given_at: at.toISOString(), ended_at: null })
    .onConflict((conflict) =>
      conflict
        .columns(['account', 'client'])
        .doUpdateSet({ granted: text, given_at: at.toISOString(), ended_at: null }),
    )
    .execute();
  await dependencies.audit.append(tx, {
    at,
    actor: { id: `account:${account}`, department: null },
    action: 'consent.granted',
    subject: client,
    details: {
      scopes: granted.scopes.join(' '),
      claims: granted.claims.join(' '),
      resources: Object.values(granted.resources).flat().join(' '),
    },
  });
}

/**
 * Ends what was granted to a client: its grants and tokens end in the same write, offline ones too, and it is told.
 * @throws IdentityError `grant-not-found`.
 */
export async function endConsent(
  dependencies: SessionDependencies,
  actor: Actor,
  account: string,
  client: string,
): Promise<void> {
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    const ended = await tx
      .updateTable('oidc_consent')
      .set({ ended_at: at.toISOString() })
      .where('account', '=', account)
      .where('client', '=', client)
      .where('ended_at', 'is', null)
      .returning('client')
      .executeTakeFirst();
    if (ended === undefined) throw new IdentityError('grant-not-found', 'Nothing is granted to this client.');
    await endGrantsOf(tx, dependencies, account, client);
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'consent.ended',
      subject: client,
      details: { account },
    });
  });
}

async function endGrantsOf(
  tx: Writer,
  dependencies: SessionDependencies,
  account: string,
  client: string,
): Promise<void> {
  const grants = await tx
    .selectFrom('oidc_record')
    .select('id_mac')
    .where('model', '=', 'Grant')
    .where('account', '=', account)
    .where('client', '=', client)
    .execute();
  for (const { id_mac: grant } of grants) await endGrant(tx, grant);
  const sessions = await tx
    .selectFrom('login_client')
    .innerJoin('login_session', 'login_session.session_mac', 'login_client.session_mac')
    .select(['login_client.session_mac', 'login_client.sid'])
    .where('login_client.client', '=', client)
    .where('login_session.account', '=', account)
    .where('login_session.ended_at', 'is', null)
    .execute();
  for (const { session_mac: session, sid } of sessions) {
    await queueLogout(tx, dependencies, { client, account, sid, reason: 'consent-ended' });
    await tx
      .deleteFrom('login_client')
      .where('session_mac', '=', session)
      .where('client', '=', client)
      .execute();
  }
}

/**
 * The library's grant of a request: the one just consented to, the session's, or one made of what stands.
 * Our own pages get all they ask for; a client that was let in before gets what was granted, and the person is asked
 * for the rest.
 */
export async function loadGrant(
  dependencies: RecordDependencies,
  ctx: KoaContextWithOIDC,
): Promise<Grant | undefined> {
  const { client, session, result, provider } = ctx.oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const existing = known === undefined ? undefined : await provider.Grant.find(known);
  if (existing !== undefined && existing.accountId !== session.accountId) return undefined;
  const { settings } = extensionOf(client);
  if (
    result?.consent === undefined &&
    (await noticeChanged(dependencies, session.accountId, client.clientId, settings.purposes))
  )
    return undefined;
  if (settings.firstParty) {
    return widened(
      provider,
      existing,
      { account: session.accountId, client: client.clientId },
      askedFor(ctx),
    );
  }
  if (existing !== undefined) return existing;
  const granted = await grantedTo(dependencies, session.accountId, client.clientId);
  if (granted.scopes.length === 0 && Object.keys(granted.resources).length === 0) return undefined;
  return widened(provider, undefined, { account: session.accountId, client: client.clientId }, granted);
}

/** Whether a notice that the person read when consenting has another version now: then they are asked again. */
async function noticeChanged(
  dependencies: Pick<RecordDependencies, 'database'>,
  account: string,
  client: string,
  purposes: readonly string[],
): Promise<boolean> {
  if (purposes.length === 0) return false;
  const { reader } = dependencies.database;
  const consent = await reader
    .selectFrom('oidc_consent')
    .select('given_at')
    .where('account', '=', account)
    .where('client', '=', client)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  if (consent === undefined) return false;
  const newer = await reader
    .selectFrom('purpose_notice')
    .select('version')
    .where('purpose', 'in', purposes)
    .where('effective_at', '>', consent.given_at)
    .executeTakeFirst();
  return newer !== undefined;
}

/** @returns everything a request asks for. */
function askedFor(ctx: KoaContextWithOIDC): Granted {
  const { requestParamOIDCScopes, requestParamClaims, requestParamScopes, resourceServers } = ctx.oidc;
  return {
    scopes: [...requestParamOIDCScopes],
    claims: [...requestParamClaims],
    resources: Object.fromEntries(
      Object.entries(resourceServers ?? {}).map(([indicator, server]) => {
        const offered = new Set(server.scope.split(' '));
        return [indicator, [...requestParamScopes].filter((scope) => offered.has(scope))];
      }),
    ),
  };
}

/** A grant with more in it, saved. */
export async function widened(
  provider: Provider,
  existing: Grant | undefined,
  whose: { readonly account: string; readonly client: string },
  more: Granted,
): Promise<Grant> {
  const grant = existing ?? new provider.Grant({ accountId: whose.account, clientId: whose.client });
  if (more.scopes.length > 0) grant.addOIDCScope(more.scopes.join(' '));
  if (more.claims.length > 0) grant.addOIDCClaims([...more.claims]);
  for (const [indicator, scopes] of Object.entries(more.resources))
    if (scopes.length > 0) grant.addResourceScope(indicator, scopes.join(' '));
  await grant.save();
  return grant;
}

function together(before: Granted, more: Granted): Granted {
  const union = (a: readonly string[] = [], b: readonly string[] = []): readonly string[] => [
    ...new Set([...a, ...b]),
  ];
  const resources = { ...before.resources };
  for (const [indicator, scopes] of Object.entries(more.resources))
    resources[indicator] = union(resources[indicator], scopes);
  return {
    // Access without the person present is asked for each time (OpenID Connect Core 11).
    scopes: union(before.scopes, more.scopes).filter((scope) => scope !== 'offline_access'),
    claims: union(before.claims, more.claims),
    resources,
  };
}
