// Access tokens at our own APIs: opaque, bound to our audience, alive only with their grant, session, client and person.
import { createHash } from 'node:crypto';
import type { Provider } from 'oidc-provider';
import { IdentityError } from '../errors.ts';
import { rungOfAcr } from '../levels.ts';
import { scopes as apiScopes, type Principal, type Scope } from '../principal.ts';
import { officerOf } from '../officers.ts';
import { livingLogin } from '../sessions.ts';
import { extensionOf } from './client.ts';
import { provenKey } from './dpop.ts';
import { ownResource, type ProviderParts } from './parts.ts';
import { sessionMac } from './records.ts';
import { scopesOfPerson } from './resources.ts';

/** What a caller of our APIs shows. */
export interface PresentedToken {
  readonly scheme: 'bearer' | 'dpop';
  readonly token: string;
  /** The DPoP header, or null. */
  readonly proof: string | null;
  readonly method: string;
  /** Scheme, host and path of the call as the caller sees it. */
  readonly address: string;
  /** DER of the certificate of the caller's connection, or null. */
  readonly certificate: Uint8Array | null;
}

/** Tokens have 43 characters; whatever is longer is none of ours. */
const tokenPattern = /^[A-Za-z0-9_-]{20,100}$/;

/**
 * Who stands behind a token.
 * @throws IdentityError `token-refused` for one that is unknown, expired, revoked, of another audience, or whose person,
 * client or session has ended (all alike to the caller); `proof-refused` where possession of its key was not shown.
 */
export async function principalOfToken(
  parts: ProviderParts,
  provider: Provider,
  presented: PresentedToken,
): Promise<Principal> {
  if (!tokenPattern.test(presented.token)) throw refused();
  const person = await provider.AccessToken.find(presented.token);
  const token = person ?? (await provider.ClientCredentials.find(presented.token));
  if (token === undefined || !token.isValid || token.clientId === undefined) throw refused();
  // A token for userinfo or for somebody else's API opens nothing here (RFC 9700 2.3).
  if (![token.aud].flat().includes(ownResource(parts))) throw refused();
  await requireBinding(parts, token, presented);
  const client = await provider.Client.find(token.clientId);
  if (client === undefined) throw refused();
  const { department, settings } = extensionOf(client);
  const granted = new Set(token.scope?.split(' '));
  const scopes = settings.apiScopes.filter((scope) => granted.has(scope));
  if (person === undefined) return clientPrincipal(token.clientId, department, scopes);
  return personPrincipal(parts, provider, { token: person, scopes });
}

/** RFC 8705 3, RFC 9449 7.1: a bound token without its key is nothing, and a proof does not raise an unbound one. */
async function requireBinding(
  parts: ProviderParts,
  token: { readonly jkt?: string | undefined; readonly 'x5t#S256'?: string | undefined },
  presented: PresentedToken,
): Promise<void> {
  if (token['x5t#S256'] !== undefined) {
    const { certificate } = presented;
    const thumbprint =
      certificate === null ? null : createHash('sha256').update(certificate).digest('base64url');
    if (thumbprint !== token['x5t#S256'])
      throw new IdentityError('proof-refused', 'The token is bound to a certificate that was not shown.');
  }
  if ((token.jkt === undefined) !== (presented.scheme === 'bearer'))
    throw new IdentityError('proof-refused', 'The token does not go with this authorization scheme.');
  if (token.jkt === undefined) return;
  if (presented.proof === null) throw new IdentityError('proof-refused', 'A DPoP proof is required.');
  const key = await provenKey(parts, { ...presented, proof: presented.proof });
  if (key !== token.jkt)
    throw new IdentityError('proof-refused', 'The proof is not of the key of the token.');
}

function clientPrincipal(clientId: string, department: string, scopes: readonly Scope[]): Principal {
  return {
    id: `client:${clientId}`,
    kind: 'client',
    department,
    scopes,
    roles: ['approval-system'],
    level: 0,
    actingFor: null,
  };
}

interface PersonToken {
  readonly accountId: string;
  readonly clientId?: string | undefined;
  readonly grantId?: string | undefined;
  readonly sessionUid?: string | undefined;
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

async function personPrincipal(
  parts: ProviderParts,
  provider: Provider,
  from: { readonly token: PersonToken; readonly scopes: readonly Scope[] },
): Promise<Principal> {
  const { token, scopes } = from;
  const grant = await provider.Grant.find(token.grantId ?? '');
  if (grant?.accountId !== token.accountId || grant.clientId !== token.clientId) throw refused();
  const account = await parts.people.account(token.accountId);
  if (account?.state !== 'active') throw refused();
  const login =
    token.sessionUid === undefined
      ? null
      : await livingLogin(parts, sessionMac(parts.index, token.sessionUid));
  const acting = await actingOfToken(parts, token);
  // Rights are those of this moment, not those of when the token was made.
  const own = await scopesOfPerson(parts, token.accountId, acting);
  const officer = acting === null ? await officerOf(parts, token.accountId) : null;
  const acr = token.extra?.['acr'];
  return {
    id: `person:${account.person}`,
    kind: 'person',
    department: officer?.department ?? null,
    scopes: apiScopes.filter((scope) => scopes.includes(scope) && own.includes(scope)),
    roles: officer === null ? ['holder'] : ['officer'],
    level: (typeof acr === 'string' ? rungOfAcr(acr) : login?.level) ?? 1,
    actingFor: acting?.enterprise.creditCode ?? null,
  };
}

/** The mandate a token was made under. @throws IdentityError `token-refused` where it has ended since. */
async function actingOfToken(
  parts: ProviderParts,
  token: PersonToken,
): Promise<Awaited<ReturnType<ProviderParts['people']['mandates']>>[number] | null> {
  const id = token.extra?.['acting'];
  if (typeof id !== 'string') return null;
  const mandate = (await parts.people.mandates(token.accountId)).find((known) => known.id === id);
  if (mandate === undefined) throw refused();
  return mandate;
}

function refused(): IdentityError {
  return new IdentityError('token-refused', 'The access token is not valid here.');
}
