// Resource servers: our own APIs and those that clients registered; which scopes of them a request may have.
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import { scopes as apiScopes, type Scope } from '../principal.ts';
import { boundFacts } from './accounts.ts';
import { extensionOf, type ClientSettings } from './client.ts';
import { currentLogin } from './level.ts';
import { ownResource, type ActingMandate, type ProviderParts } from './parts.ts';

/** Seconds an opaque token for an API is valid. */
export const accessTokenSeconds = 600;
/** Seconds a JWT is valid: it cannot be taken back. */
const jwtSeconds = 300;

/**
 * What a token for a resource may hold.
 * @throws InvalidTarget for a resource that is unknown or not the client's to ask for.
 */
export async function resourceServer(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
  indicator: string,
  client: object,
): Promise<ResourceServer> {
  const { settings } = extensionOf(client);
  if (indicator === ownResource(parts))
    return server(indicator, await ownScopes(parts, ctx, settings), settings);
  if (!settings.resources.includes(indicator)) throw new errors.InvalidTarget();
  const row = await parts.database.reader
    .selectFrom('oidc_resource')
    .innerJoin('oidc_client', 'oidc_client.id', 'oidc_resource.client')
    .select('oidc_resource.scopes')
    .where('oidc_resource.identifier', '=', indicator)
    .where('oidc_client.state', '=', 'active')
    .executeTakeFirst();
  if (row === undefined) throw new errors.InvalidTarget();
  return server(indicator, row.scopes.split(' '), settings);
}

function server(indicator: string, scopes: readonly string[], settings: ClientSettings): ResourceServer {
  return {
    scope: scopes.join(' '),
    audience: indicator,
    accessTokenTTL: settings.jwtAccessTokens ? jwtSeconds : accessTokenSeconds,
    accessTokenFormat: settings.jwtAccessTokens ? 'jwt' : 'opaque',
    ...(settings.jwtAccessTokens ? { jwt: { sign: { alg: 'ES256' } } } : {}),
  };
}

/** Of our own scopes: what the client may have, and where a person stands behind it, no more than the person has. */
async function ownScopes(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
  settings: ClientSettings,
): Promise<readonly Scope[]> {
  const account = accountOfRequest(ctx);
  if (account === null) return settings.apiScopes;
  const own = await scopesOfPerson(parts, account, await actingOfRequest(parts, ctx, account));
  return settings.apiScopes.filter((scope) => own.includes(scope));
}

/** What a person may do at our APIs, narrowed by whom he acts for. */
export async function scopesOfPerson(
  parts: Pick<ProviderParts, 'people'>,
  account: string,
  acting: ActingMandate | null,
): Promise<readonly Scope[]> {
  if (acting === null) return parts.people.scopes(account);
  // Acting for an enterprise, an officer's office stays behind; and whoever holds single matters sees no whole folder.
  if (acting.capacity === 'agent' && acting.matters !== '*') return [];
  return apiScopes.filter((scope) => scope === 'licenses:own');
}

function accountOfRequest(ctx: KoaContextWithOIDC): string | null {
  const { entities, session } = ctx.oidc;
  return entities.Account?.accountId ?? session?.accountId ?? null;
}

async function actingOfRequest(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
  account: string,
): Promise<ActingMandate | null> {
  const { AuthorizationCode, RefreshToken, DeviceCode, BackchannelAuthenticationRequest } = ctx.oidc.entities;
  const source = AuthorizationCode ?? RefreshToken ?? DeviceCode ?? BackchannelAuthenticationRequest;
  // At the token endpoint there is no session: what counts is whom the person acted for when the client was let in.
  if (source !== undefined) return (await boundFacts(parts, ctx, source))?.acting ?? null;
  const login = await currentLogin(parts, ctx);
  const chosen = login?.actingFor ?? null;
  if (chosen === null) return null;
  const mandates = await parts.people.mandates(account);
  return mandates.find(({ id }) => id === chosen) ?? null;
}
