// Our own pages as a client of the provider: leave for a login, come back with a code, open a session.
import { createHash } from 'node:crypto';
import * as oidc from 'openid-client';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import { IdentityError } from '../identity/errors.ts';
import { acrOf, type Rung } from '../identity/levels.ts';
import { changeClient, registerClient } from '../identity/provider/clients.ts';
import { clientById } from '../identity/provider/client-register.ts';
import { ownSecret } from '../identity/provider/client-source.ts';
import type { ClientSettingsInput } from '../identity/provider/client.ts';
import { sessionMac } from '../identity/provider/records.ts';
import type { ProviderParts } from '../identity/provider/parts.ts';
import type { OpenedProvider } from '../identity/provider/provider.ts';
import {
  beginSignIn,
  openPageSession,
  takeSignIn,
  type PageSessionDependencies,
} from '../identity/page-sessions.ts';
import { ApiError } from './errors.ts';
import { operator } from './installation.ts';

/** The client that our own pages are. */
const ownClient = 'yinxin-pages';
export const returnPath = '/sign-in/return';

export interface PageSignIn {
  readonly parts: PageSessionDependencies;
  /** @returns where the browser goes, and the state its cookie must bring back. */
  begin(wanted: {
    readonly returnTo: string;
    readonly level: Rung | null;
    /** Whom to act for is asked again. */
    readonly chooseActing: boolean;
    /** A new login whatever stands. */
    readonly fresh: boolean;
  }): Promise<{ readonly address: string; readonly state: string }>;
  /**
   * @param url the address the provider sent the browser to
   * @throws ApiError `unauthenticated` for a sign-in that was not this browser's, was cancelled, or does not hold.
   */
  finish(
    url: URL,
    browser: { readonly state: string | null; readonly former: string | null },
  ): Promise<{ readonly token: string; readonly returnTo: string }>;
}

/**
 * Opens the sign-in of our own pages, registering their client where it is absent or its address changed.
 * @param opened.ownUrl where this very process answers: codes are exchanged without leaving it
 */
export async function openPageSignIn(opened: {
  readonly provider: OpenedProvider;
  readonly providerParts: ProviderParts;
  readonly ownUrl: () => string;
  /** Unified social credit code of whoever runs the installation. */
  readonly operatorCode: string;
}): Promise<PageSignIn> {
  const { provider, providerParts } = opened;
  const { address, issuer } = providerParts;
  await ensureOwnClient(providerParts, opened.operatorCode);
  const redirectUri = `${address}${returnPath}`;
  const configuration = async (): Promise<oidc.Configuration> => {
    const secret = await ownSecret(providerParts, ownClient);
    if (secret === null)
      throw new IdentityError('client-not-found', 'The client of our own pages is disabled.');
    const server: oidc.ServerMetadata = {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ['ES256'],
    };
    const made = new oidc.Configuration(
      server,
      ownClient,
      { id_token_signed_response_alg: 'ES256' },
      oidc.ClientSecretBasic(secret),
    );
    // Marked so that it stands out: the demonstration on this computer has no TLS, production refuses to start without.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (issuer.startsWith('http://')) oidc.allowInsecureRequests(made);
    made[oidc.customFetch] = (url, options) =>
      fetch(url.replace(address, opened.ownUrl()), options as RequestInit);
    return made;
  };
  return {
    parts: providerParts,
    async begin({ returnTo, level, chooseActing, fresh }) {
      const nonce = encodeBase64url(providerParts.random(32));
      const verifier = encodeBase64url(providerParts.random(32));
      const state = await beginSignIn(providerParts, { nonce, verifier, returnTo });
      const prompts = [...(fresh ? ['login'] : []), ...(chooseActing ? ['select_acting'] : [])];
      const url = new URL(`${issuer}/auth`);
      url.search = new URLSearchParams({
        client_id: ownClient,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid profile acting_for',
        state,
        nonce,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(level === null ? {} : { acr_values: acrOf(level) }),
        ...(prompts.length === 0 ? {} : { prompt: prompts.join(' ') }),
      }).toString();
      return { address: url.href, state };
    },
    async finish(url, browser) {
      const state = url.searchParams.get('state');
      const pending =
        state === null || state !== browser.state ? null : await takeSignIn(providerParts, state);
      if (state === null || pending === null)
        throw new ApiError('unauthenticated', 'This sign-in was not begun in this browser, or has expired.');
      const tokens = await exchange(await configuration(), url, { ...pending, state });
      const { access_token: access, id_token: idToken } = tokens;
      // The session is the provider's own, and it is this process: its identifier need not travel.
      const token = await provider.current().AccessToken.find(access);
      if (token?.sessionUid === undefined || idToken === undefined)
        throw new ApiError('unauthenticated', 'The login has ended meanwhile.');
      const opening = {
        session: sessionMac(providerParts.index, token.sessionUid),
        account: token.accountId,
        idToken,
        former: browser.former,
      };
      return { token: await openPageSession(providerParts, opening), returnTo: pending.returnTo };
    },
  };
}

async function exchange(
  configuration: oidc.Configuration,
  url: URL,
  expected: { readonly nonce: string; readonly verifier: string; readonly state: string },
): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers> {
  try {
    return await oidc.authorizationCodeGrant(configuration, url, {
      expectedNonce: expected.nonce,
      expectedState: expected.state,
      pkceCodeVerifier: expected.verifier,
      idTokenExpected: true,
    });
  } catch (cause) {
    throw new ApiError('unauthenticated', 'The sign-in was not completed.', { cause });
  }
}

async function ensureOwnClient(parts: ProviderParts, operatorCode: string): Promise<void> {
  const settings: ClientSettingsInput = {
    redirectUris: [`${parts.address}${returnPath}`],
    postLogoutRedirectUris: [`${parts.address}/`],
    scopes: ['openid', 'profile', 'acting_for'],
    subject: 'public',
    firstParty: true,
  };
  const known = await clientById(parts, ownClient);
  if (known === null) {
    await registerClient(parts, operator, {
      id: ownClient,
      name: '印信',
      englishName: 'Yinxin',
      department: operatorCode,
      settings,
    }).catch((error: unknown) => {
      // Another node was first.
      if (!(error instanceof IdentityError && error.code === 'client-exists')) throw error;
    });
    return;
  }
  if (known.settings.redirectUris[0] !== settings.redirectUris?.[0])
    await changeClient(parts, operator, ownClient, { settings });
}
