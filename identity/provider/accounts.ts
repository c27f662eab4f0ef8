// Accounts as the library sees them: found by identifier, told about as the request in hand allows.
import type { Account as LibraryAccount, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import type { Rung } from '../levels.ts';
import { livingLogin } from '../sessions.ts';
import type { VerifiedClaims } from '../verified-claims.ts';
import { claimsOf, verifiedRequest, type Asked } from './claims.ts';
import { extensionOf, sectorOf } from './client.ts';
import { currentLogin } from './level.ts';
import type { ActingMandate, ProviderParts } from './parts.ts';
import { accountOfSubject, pairwiseSubject } from './pairwise.ts';
import { sessionMac } from './records.ts';

/** What a token or code says about the session it came from. */
interface SessionBound {
  readonly sessionUid?: string | undefined;
  readonly clientId?: string | undefined;
}

/** The library's way to an account. One that is not active does not exist for it. */
export function accountFinder(parts: ProviderParts): FindAccount {
  return async (ctx, sub, token) => {
    const id = await accountIdentifier(parts, ctx, sub);
    const account = id === null ? null : await parts.people.account(id);
    if (account?.state !== 'active') return undefined;
    const found: LibraryAccount = {
      accountId: account.id,
      claims: async (_use, scope, claims) => {
        const bound = await boundFacts(parts, ctx, token);
        const { settings } = extensionOf(ctx.oidc.client ?? {});
        return {
          ...claimsOf({
            account: account.id,
            person: await parts.people.person(account.person),
            proofing: await parts.people.proofing(account.id, settings.proofingMaxAge),
            verified: await verifiedFor(parts, account.id, {
              asked: (claims as Readonly<Record<string, Asked>>)['verified_claims'],
              proofingMaxAge: settings.proofingMaxAge,
            }),
            ial: bound?.ial ?? null,
            aal: bound?.aal ?? null,
            acting: bound?.acting ?? null,
            subject: subjectFor(parts, ctx, account.id),
            scopes: new Set(scope.split(' ')),
            asked: claims,
            now: parts.clock(),
          }),
          sub: account.id,
        };
      },
    };
    return found;
  };
}

/** What is verified, as fresh as the request and the client both want it. */
async function verifiedFor(
  parts: ProviderParts,
  account: string,
  request: { readonly asked: Asked; readonly proofingMaxAge: number | null },
): Promise<readonly VerifiedClaims[]> {
  const wanted = verifiedRequest(request.asked);
  if (wanted === null) return [];
  const ages = [wanted.maxAge, request.proofingMaxAge].filter((age) => age !== null);
  return parts.people.verified(account, wanted.claims, ages.length === 0 ? null : Math.min(...ages));
}

/** An account's identifier, or the one behind a pairwise subject: hints of the back channel name people by those. */
async function accountIdentifier(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
  sub: string,
): Promise<string | null> {
  if (sub.startsWith('acc_')) return sub;
  const { client } = ctx.oidc;
  if (client === undefined) return null;
  return accountOfSubject(parts, sectorOf(client.clientId, extensionOf(client).settings), sub);
}

function subjectFor(parts: ProviderParts, ctx: KoaContextWithOIDC, account: string): string {
  const { client } = ctx.oidc;
  if (client?.subjectType !== 'pairwise') return account;
  return pairwiseSubject(parts, sectorOf(client.clientId, extensionOf(client).settings), account);
}

interface BoundFacts {
  readonly ial: Rung | 0 | null;
  readonly aal: Rung | null;
  readonly acting: ActingMandate | null;
}

/** The login a token rests on, and whom the person acted for when this client was let in. */
export async function boundFacts(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
  token: SessionBound | undefined,
): Promise<BoundFacts | null> {
  if (token?.sessionUid === undefined) {
    const current = await currentLogin(parts, ctx);
    return current === null ? null : { ial: null, aal: current.aal, acting: null };
  }
  const session = sessionMac(parts.index, token.sessionUid);
  const login = await livingLogin(parts, session);
  if (login === null) return null;
  const acting = await actingOf(parts, { session, client: token.clientId ?? '', account: login.account });
  return { ial: login.ial, aal: login.aal, acting };
}

/** Whom the person acted for when a client was last let in; null for oneself, or where the mandate has ended. */
async function actingOf(
  parts: ProviderParts,
  at: { readonly session: string; readonly client: string; readonly account: string },
): Promise<ActingMandate | null> {
  const row = await parts.database.reader
    .selectFrom('login_client')
    .select('acting_for')
    .where('session_mac', '=', at.session)
    .where('client', '=', at.client)
    .executeTakeFirst();
  const chosen = row?.acting_for ?? null;
  if (chosen === null) return null;
  const mandates = await parts.people.mandates(at.account);
  return mandates.find(({ id }) => id === chosen) ?? null;
}
