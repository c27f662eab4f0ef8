// The provider's few pages, drawn by the edge and handed to the library.
import type { Client, Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { extensionOf } from './client.ts';
import type { PageClient, UserCodeFault } from './pages.ts';
import type { ProviderParts } from './parts.ts';

/** Requests that brought a device's code that exists: guesses are counted, and these were none. */
const knownCodes = new WeakSet<object>();

/** @returns whether a request that was answered named a device's code that exists. */
export function knewUserCode(request: object): boolean {
  return knownCodes.has(request);
}

type Features = NonNullable<Configuration['features']>;

function show(ctx: KoaContextWithOIDC, document: string): void {
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  ctx.body = document;
}

function pageClient(client: Client | undefined): PageClient | null {
  if (client === undefined) return null;
  return {
    id: client.clientId,
    name: { zh: client.clientName ?? client.clientId, en: extensionOf(client).englishName },
  };
}

/** Where a device's code is entered; the library takes a path in any case, and with a slash behind it. */
export const codePage = /^\/device\/?$/i;

/**
 * A code entered in a browser whose session is over, or that never had one: the page begins anew. The library would draw
 * it within a session that nothing keeps, and fail.
 */
export function freshCodePage(provider: Provider) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    const entered = ctx.method === 'POST' && codePage.test(ctx.path);
    if (!entered || typeof (await provider.Session.get(ctx)).exp === 'number') return next();
    ctx.status = 303;
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Location', `${provider.issuer}/device`);
  };
}

/** Signing out: asked first, then said. */
export function logoutPages(
  parts: ProviderParts,
): Pick<NonNullable<Features['rpInitiatedLogout']>, 'logoutSource' | 'postLogoutSuccessSource'> {
  return {
    logoutSource: (ctx, form) => show(ctx, parts.pages.logout(form, pageClient(ctx.oidc.client))),
    postLogoutSuccessSource: (ctx) => show(ctx, parts.pages.loggedOut(pageClient(ctx.oidc.client))),
  };
}

/** A device's code: typed in, confirmed, done. */
export function deviceFlowPages(
  parts: ProviderParts,
): Pick<
  NonNullable<Features['deviceFlow']>,
  'userCodeInputSource' | 'userCodeConfirmSource' | 'successSource'
> {
  return {
    userCodeInputSource: (ctx, form, _out, error) =>
      show(ctx, parts.pages.userCode(form, error === undefined ? null : faultOf(error))),
    userCodeConfirmSource: (ctx, form, client, info, code) => {
      const known = pageClient(client);
      if (known === null) return;
      knownCodes.add(ctx.req);
      const text = (name: string): string => (typeof info[name] === 'string' ? info[name] : '');
      const device = { agent: text('agent'), address: text('address') };
      show(ctx, parts.pages.confirmDevice(form, { client: known, code, ...device }));
    },
    successSource: (ctx) => {
      const known = pageClient(ctx.oidc.client);
      knownCodes.add(ctx.req);
      if (known !== null) show(ctx, parts.pages.deviceDone(known));
    },
  };
}

/** An error that cannot go back to a client. */
export function showError(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC,
  out: { readonly error: string; readonly error_description?: string | undefined },
): void {
  if (!ctx.accepts('html')) {
    ctx.body = { error: out.error, error_description: out.error_description };
    return;
  }
  show(ctx, parts.pages.error(out.error, out.error_description ?? ''));
}

function faultOf(error: Error & { readonly userCode?: unknown }): UserCodeFault {
  if (error.userCode !== undefined || error.name === 'NoCodeError' || error.name === 'NotFoundError')
    return 'wrong';
  return error.name === 'AbortedError' ? 'interrupted' : 'other';
}
