// Who is calling: an API key in Authorization, or the demonstration's session cookie.
import type { IncomingMessage } from 'node:http';
import { principalOfApiKey, type ApiKeyDependencies } from '../identity/api-keys.ts';
import { sessionOf, type Session, type SignInDependencies } from '../identity/demonstration-sign-in.ts';
import type { Principal } from '../identity/principal.ts';
import { ApiError } from './errors.ts';
import type { Access } from './route.ts';

export const sessionCookie = 'yinxin_session';

export interface Guard {
  /**
   * The caller, or null for a stranger.
   * @throws IdentityError `api-key-refused`; ApiError `unauthenticated` for another kind of Authorization,
   * `csrf-refused` for a state-changing call by cookie without the session's token.
   */
  principalOf(request: IncomingMessage, access: Access): Promise<Principal | null>;
  sessionOf(cookie: string | undefined): Promise<Session | null>;
}

export function createGuard(apiKeys: ApiKeyDependencies, signIn: SignInDependencies): Guard {
  const session = async (cookie: string | undefined): Promise<Session | null> => {
    const token = cookieValue(cookie, sessionCookie);
    return token === null ? null : sessionOf(signIn, token);
  };
  return {
    sessionOf: session,
    async principalOf(request, access) {
      const { authorization } = request.headers;
      if (authorization !== undefined) {
        const key = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1];
        if (key === undefined)
          throw new ApiError('unauthenticated', 'Authorization must be `Bearer` and an API key.');
        return principalOfApiKey(apiKeys, key);
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
    throw new ApiError('unauthenticated', 'An API key is required: `Authorization: Bearer yx_…`.');
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
