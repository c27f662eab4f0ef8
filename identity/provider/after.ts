// What must be on record before an answer leaves: logins, the clients they let in, and the audit rows of the request.
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { AuditAction, AuditEvent } from '../../storage/audit-log.ts';
import type { Writer } from '../../storage/database.ts';
import { acrOf, levelOf } from '../levels.ts';
import { chooseActingIn, endSessionsIn, recordLoginIn } from '../sessions.ts';
import { beginDeferring, takeDeferred } from './deferred.ts';
import { actingChoiceOf, currentLogin, loginFactsOf } from './level.ts';
import type { ProviderParts } from './parts.ts';
import { recordMac, sessionMac } from './records.ts';

type Row = Pick<AuditEvent, 'action' | 'subject' | 'details'>;

/** Events of one request, gathered while the library works. */
const gathered = new WeakMap<object, Row[]>();
const ended = new WeakSet<object>();
const letIn = new WeakSet<object>();

function note(
  ctx: KoaContextWithOIDC,
  action: AuditAction,
  subject: string,
  details: Row['details'] = {},
): void {
  const rows = gathered.get(ctx.oidc) ?? [];
  rows.push({ action, subject, details });
  gathered.set(ctx.oidc, rows);
}

/** Listens to a provider. Faults go to the log, everything else into the audit of its request. */
export function listen(provider: Provider, parts: ProviderParts): void {
  const clientOf = (ctx: KoaContextWithOIDC): string => ctx.oidc.client?.clientId ?? 'unknown';
  const codeOf = (error: { readonly error?: string; readonly message: string }): string =>
    error.error ?? 'fault';
  provider.on('authorization.success', (ctx) => {
    letIn.add(ctx.oidc);
    note(ctx, 'authorization.granted', clientOf(ctx), { scope: textOf(ctx.oidc.params?.['scope']) });
  });
  provider.on('authorization.error', (ctx, error) =>
    note(ctx, 'authorization.refused', clientOf(ctx), { error: codeOf(error) }),
  );
  provider.on('grant.success', (ctx) => {
    const { AccessToken: token, ClientCredentials: system } = ctx.oidc.entities;
    note(ctx, 'token.issued', clientOf(ctx), {
      grant: textOf(ctx.oidc.params?.['grant_type']),
      scope: (token ?? system)?.scope ?? '',
      ...(token?.accountId === undefined ? {} : { account: token.accountId }),
      ...(typeof token?.extra?.['acting'] === 'string' ? { actingFor: token.extra['acting'] } : {}),
    });
  });
  provider.on('grant.error', (ctx, error) =>
    note(ctx, 'token.refused', clientOf(ctx), { error: codeOf(error) }),
  );
  provider.on('grant.revoked', (ctx) => note(ctx, 'token.revoked', clientOf(ctx)));
  provider.on('end_session.success', (ctx) => {
    ended.add(ctx.oidc);
    note(ctx, 'logout.completed', clientOf(ctx));
  });
  provider.on('server_error', (ctx, error) => {
    parts.fault(`provider ${ctx.path}`, error);
    note(ctx, 'provider.fault', clientOf(ctx), { route: ctx.oidc.route });
  });
}

/** The library's routes with our records around: an answer leaves only when they are durable. */
export function recording(parts: ProviderParts) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    beginDeferring(ctx);
    await next();
    // Nothing of the provider matched the path.
    if ((ctx as { readonly oidc?: unknown }).oidc === undefined) return;
    await record(parts, ctx);
  };
}

async function record(parts: ProviderParts, ctx: KoaContextWithOIDC): Promise<void> {
  const rows = gathered.get(ctx.oidc) ?? [];
  const tokens = takeDeferred(ctx);
  const work: ((tx: Writer) => Promise<unknown>)[] = [
    // A request that was refused half-way gives its tokens to nobody.
    ...(ctx.status < 400 ? tokens : []),
    ...(await loginWork(parts, ctx)),
    ...(await letInWork(parts, ctx)),
  ];
  const { session } = ctx.oidc;
  if (session !== undefined && ended.has(ctx.oidc) && wasDestroyed(session)) {
    const mac = sessionMac(parts.index, session.uid);
    work.push((tx) =>
      endSessionsIn(tx, parts, { session: mac }, { reason: 'logout', actor: actorOf(ctx), queued: true }),
    );
  }
  if (rows.length === 0 && work.length === 0) return;
  const at = parts.clock();
  await parts.database.write(async (tx) => {
    for (const step of work) await step(tx);
    for (const row of rows) await parts.audit.append(tx, { ...row, at, actor: actorOf(ctx) });
  });
}

function wasDestroyed(session: object): boolean {
  return (session as { readonly destroyed?: boolean }).destroyed === true;
}

/** The login finished in this request, and a choice of whom to act for. */
async function loginWork(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
): Promise<((tx: Writer) => Promise<unknown>)[]> {
  const { session, result } = ctx.oidc;
  if (session?.accountId === undefined) return [];
  const account = session.accountId;
  const mac = sessionMac(parts.index, session.uid);
  const work: ((tx: Writer) => Promise<unknown>)[] = [];
  const facts = loginFactsOf(ctx);
  if (facts !== null && result?.login !== undefined) {
    const { login } = result;
    const authTime = new Date((login.ts ?? Math.floor(parts.clock().getTime() / 1000)) * 1000);
    work.push((tx) =>
      recordLoginIn(tx, parts, {
        id: facts.login,
        session: mac,
        account,
        acr: acrOf(levelOf(facts.ial, facts.aal)),
        ial: facts.ial,
        aal: facts.aal,
        amr: login.amr ?? [],
        authTime,
        authenticators: facts.authenticators,
        certificate: facts.certificate,
        actingFor: facts.actingFor,
        actingChosen: facts.actingFor !== null,
        device: { agent: ctx.get('user-agent').slice(0, 300), address: ctx.ip },
      }),
    );
  }
  const chosen = actingChoiceOf(ctx);
  if (chosen !== undefined) {
    const login = await currentLogin(parts, ctx);
    if (login !== null) work.push((tx) => chooseActingIn(tx, parts, { session: mac, actingFor: chosen }));
  }
  return work;
}

/** The client that this request let in, so that a logout reaches it and its tokens know for whom the person acts. */
async function letInWork(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
): Promise<((tx: Writer) => Promise<unknown>)[]> {
  const { session, client } = ctx.oidc;
  if (session?.accountId === undefined || client === undefined) return [];
  if (!letIn.has(ctx.oidc) && !deviceLetIn(ctx)) return [];
  const actingFor = (await currentLogin(parts, ctx))?.actingFor ?? null;
  const grant = session.grantIdFor(client.clientId);
  const values = {
    sid: session.sidFor(client.clientId) ?? '',
    grant_mac: grant === undefined ? null : recordMac(parts.index, 'Grant', grant),
    acting_for: actingFor,
    offline: ctx.oidc.requestParamOIDCScopes.has('offline_access') ? 1 : 0,
  };
  const key = { session_mac: sessionMac(parts.index, session.uid), client: client.clientId };
  return [
    (tx) =>
      tx
        .insertInto('login_client')
        .values({ ...key, ...values, first_at: parts.clock().toISOString() })
        .onConflict((conflict) => conflict.columns(['session_mac', 'client']).doUpdateSet(values))
        .execute(),
    (tx) =>
      tx
        .updateTable('login_session')
        .set({ last_seen_at: parts.clock().toISOString() })
        .where('session_mac', '=', key.session_mac)
        .where('ended_at', 'is', null)
        .execute(),
  ];
}

/** A device's request that was approved: the library emits nothing of its own for it. */
function deviceLetIn(ctx: KoaContextWithOIDC): boolean {
  const device = ctx.oidc.entities.DeviceCode as
    { readonly grantId?: string; readonly accountId?: string } | undefined;
  return /^(code|device)_/.test(ctx.oidc.route) && device?.grantId !== undefined;
}

function actorOf(ctx: KoaContextWithOIDC): { id: string; department: null } {
  const { session, client, entities } = ctx.oidc;
  const account = entities.AccessToken?.accountId ?? session?.accountId;
  if (account !== undefined) return { id: `account:${account}`, department: null };
  return { id: client === undefined ? 'anonymous' : `client:${client.clientId}`, department: null };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 300) : '';
}
