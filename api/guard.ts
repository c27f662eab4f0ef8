// Who is calling: a token of our provider or an API key in Authorization, or the session cookie of our own pages.
import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import { principalOfApiKey, type ApiKeyDependencies } from '../identity/api-keys.ts';
import { pageSessionOf, type PageSession } from '../identity/page-sessions.ts';
import type { Principal } from '../identity/principal.ts';
import type { ProviderParts } from '../identity/provider/parts.ts';
import type { OpenedProvider } from '../identity/provider/provider.ts';
import { principalOfToken } from '../identity/provider/tokens.ts';
import { ApiError } from './errors.ts';
import type { Access } from './route.ts';

export interface Guard {
  /**
   * The caller, or null for a stranger.
   * @throws IdentityError `api-key-refused`, `token-refused`, `proof-refused`; ApiError `unauthenticated` for another kind
   * of Authorization, `csrf-refused` for a state-changing call by cookie without the session's token.
   */
  principalOf(request: IncomingMessage, access: Access): Promise<Principal | null>;
  /** The session of our own pages, or null. */
  sessionOf(cookie: string | undefined): Promise<PageSession | null>;
}

/** API keys are accepted until the release after the one that brought tokens; each answer says since when (RFC 9745). */
export const apiKeyDeprecation = '@1795651200';

/** @returns whether a request comes with an API key. */
export function usesApiKey(request: IncomingMessage): boolean {
  return /^Bearer yx_/i.test(request.headers.authorization ?? '');
}

/** Name of the session cookie: `__Host-` binds it to this host over TLS; a browser takes that over https alone. */
export function sessionCookieOf(address: string): string {
  return address.startsWith('https://') ? '__Host-yinxin-session' : 'yinxin_session';
}

export function createGuard(opened: {
  readonly apiKeys: ApiKeyDependencies;
  readonly provider: OpenedProvider;
  readonly providerParts: ProviderParts;
}): Guard {
  const { apiKeys, provider, providerParts } = opened;
  const name = sessionCookieOf(providerParts.address);
  const session = async (cookie: string | undefined): Promise<PageSession | null> => {
    const token = cookieValue(cookie, name);
    return token === null ? null : pageSessionOf(providerParts, token);
  };
  return {
    sessionOf: session,
    async principalOf(request, access) {
      const { authorization } = request.headers;
      if (authorization !== undefined) {
        const [, scheme, credential] = /^(Bearer|DPoP) ([\x21-\x7e]+)$/i.exec(authorization) ?? [];
        if (scheme === undefined || credential === undefined)
          throw new ApiError(
            'unauthenticated',
            'Authorization must be `Bearer` or `DPoP` and an access token.',
          );
        if (usesApiKey(request)) return principalOfApiKey(apiKeys, credential);
        return principalOfToken(providerParts, provider.current(), {
          scheme: scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer',
          token: credential,
          proof: proofOf(request),
          method: request.method ?? 'GET',
          address: addressOf(request as Request),
          certificate: providerParts.callerCertificate(request)?.der ?? null,
        });
      }
      // Pages look at their session themselves: their forms carry its token in a field.
      const open = access.kind === 'page' ? null : await session(request.headers.cookie);
      if (open === null) return null;
      const safe = request.method === 'GET' || request.method === 'HEAD';
      if (!safe && request.headers['x-form-token'] !== open.formToken) {
        // A browser sends the cookie also where nobody asked for an identity.
        if (access.kind === 'public') return null;
        throw new ApiError(
          'csrf-refused',
          "A signed-in browser must send its session's token as X-Form-Token.",
        );
      }
      return open.principal;
    },
  };
}

/** @throws ApiError `unauthenticated`, `scope-missing`. */
export function permit(access: Access, principal: Principal | null): void {
  if (access.kind !== 'scope') return;
  if (principal === null)
    throw new ApiError('unauthenticated', 'An access token is required: `Authorization: Bearer …`.');
  if (!access.scopes.some((scope) => principal.scopes.includes(scope))) {
    throw new ApiError('scope-missing', `This needs the scope ${access.scopes.join(' or ')}.`);
  }
}

/** A cookie's value, or null. The first of several with one name counts (RFC 6265 5.4 puts the closest first). */
export function cookieValue(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.split('=', 2);
    if (key?.trim() === name && value !== undefined) return value.trim();
  }
  return null;
}

/** One proof and no more: several headers of that name arrive joined by a comma, which no JWT holds. */
function proofOf(request: IncomingMessage): string | null {
  const { dpop } = request.headers;
  return typeof dpop === 'string' ? dpop : null;
}

/** The address as the caller sees it; express judged which proxies are believed. */
function addressOf(request: Request): string {
  return `${request.protocol}://${request.host}${request.originalUrl.split('?', 1)[0] ?? ''}`;
}
