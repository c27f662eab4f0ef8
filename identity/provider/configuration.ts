// The library, configured in one place: what is on, what is off, and for how long things are valid.
import { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { nameText } from '../../formats/x509/name.ts';
import { acrValues, rungOfAcr } from '../levels.ts';
import { absoluteSeconds, idleSecondsOf } from '../sessions.ts';
import { accountFinder, boundFacts } from './accounts.ts';
import { cibaSeconds, checkBindingMessage, hintedAccount, keepRequest } from './ciba.ts';
import { claimsByScope, actingClaim } from './claims.ts';
import { extensionOf, extensionOrNull, oidcScopes, sectorOf } from './client.ts';
import { loadGrant } from './consents.ts';
import { effectiveAcr } from './level.ts';
import type { KeySet } from './keys.ts';
import { providerFetch } from './outbound-fetch.ts';
import { pairwiseSubject } from './pairwise.ts';
import { ownResource, type ProviderParts } from './parts.ts';
import { policyOf } from './policy.ts';
import { recordAdapter, type ClientSource } from './records.ts';
import { accessTokenSeconds, resourceServer } from './resources.ts';
import { deviceFlowPages, logoutPages, showError } from './shown.ts';

/** Signing algorithms of keys that clients hold: nothing that SHA-1, PKCS #1 v1.5 or a shared secret stands behind. */
const clientAlgorithms = ['ES256', 'ES384', 'PS256', 'Ed25519', 'EdDSA'] as const;
const keyAgreement = ['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256'] as const;
const contentCiphers = ['A256GCM', 'A128CBC-HS256'] as const;

const ownAlgorithms = ['ES256'] as const;
const grantSeconds = 30 * 86_400;
const refreshSeconds = 30 * 86_400;
const interactionSeconds = 1800;
const deviceSeconds = 600;

/** Everything the library is told. @throws TypeError from the library where two settings exclude each other. */
export function configurationOf(parts: ProviderParts, keys: KeySet, clients: ClientSource): Configuration {
  const conformance = parts.profile === 'conformance';
  return {
    adapter: recordAdapter(parts, clients),
    jwks: { keys: [...keys.keys] },
    findAccount: accountFinder(parts),
    interactions: { policy: policyOf(parts), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    scopes: [...oidcScopes],
    claims: claims(),
    acrValues: [...acrValues],
    responseTypes: ['code'],
    subjectTypes: ['pairwise', 'public'],
    pairwiseIdentifier: (_ctx, account, client) =>
      pairwiseSubject(parts, sectorOf(client.clientId, extensionOf(client).settings), account),
    // Sectors are set by the operator, not claimed by a client's own document.
    sectorIdentifierUriValidate: () => false,
    // The Basic OP test plan sends no code challenge; nothing but that plan is let off.
    pkce: { required: () => !conformance },
    clientDefaults: {
      id_token_signed_response_alg: 'ES256',
      introspection_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'client_secret_basic',
      response_types: ['code'],
      grant_types: ['authorization_code'],
      subject_type: 'pairwise',
    },
    clientAuthMethods: [
      'private_key_jwt',
      'client_secret_basic',
      'client_secret_post',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ],
    extraClientMetadata: { properties: ['yinxin'] },
    enabledJWA: algorithms(),
    clockTolerance: 10,
    conformIdTokenClaims: true,
    acceptQueryParamAccessTokens: false,
    allowOmittingSingleRegisteredRedirectUri: false,
    enableHttpPostMethods: conformance,
    cookies: cookies(parts, conformance),
    fetch: providerFetch(parts),
    ttl: lifetimes(parts),
    loadExistingGrant: (ctx) => loadGrant(parts, ctx),
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    // A stolen token shows itself by its second use; one bound to a key needs no such trap (RFC 9700 4.14).
    rotateRefreshToken: (ctx) => ctx.oidc.entities.RefreshToken?.isSenderConstrained() !== true,
    expiresWithSession: (_ctx, source) => !source.scopes.has('offline_access'),
    extraTokenClaims: (ctx, token) => tokenClaims(parts, ctx, token),
    assertJwtClientAuthClaimsAndHeader: (ctx, assertion) => {
      if (ctx.oidc.isFapi('2.0') !== undefined && assertion['aud'] !== ctx.oidc.issuer)
        throw new errors.InvalidClientAuth('the audience must be the issuer identifier alone');
    },
    clientBasedCORS: () => false,
    renderError: (ctx, out) => showError(parts, ctx, out),
    features: features(parts),
  };
}

function claims(): NonNullable<Configuration['claims']> {
  return Object.fromEntries(
    Object.entries(claimsByScope).map(([name, list]) => [name, list === null ? null : [...list]]),
  );
}

function algorithms(): NonNullable<Configuration['enabledJWA']> {
  return {
    idTokenSigningAlgValues: [...ownAlgorithms],
    userinfoSigningAlgValues: [...ownAlgorithms],
    introspectionSigningAlgValues: [...ownAlgorithms],
    requestObjectSigningAlgValues: [...clientAlgorithms],
    clientAuthSigningAlgValues: [...clientAlgorithms],
    dPoPSigningAlgValues: [...clientAlgorithms],
    idTokenEncryptionAlgValues: [...keyAgreement],
    idTokenEncryptionEncValues: [...contentCiphers],
    userinfoEncryptionAlgValues: [...keyAgreement],
    userinfoEncryptionEncValues: [...contentCiphers],
    introspectionEncryptionAlgValues: [...keyAgreement],
    introspectionEncryptionEncValues: [...contentCiphers],
  };
}

function features(parts: ProviderParts): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => mayIntrospect(client, token),
    },
    jwtIntrospection: { enabled: true },
    jwtUserinfo: { enabled: true },
    encryption: { enabled: true },
    pushedAuthorizationRequests: { enabled: true, allowUnregisteredRedirectUris: false },
    requestObjects: { enabled: true, assertJwtClaimsAndHeader: assertRequestObject },
    dPoP: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: (ctx) => parts.callerCertificate(ctx.req)?.pem,
      certificateAuthorized: (ctx) => parts.callerCertificate(ctx.req)?.validated === true,
      certificateSubjectMatches: (ctx, property, expected) => {
        const caller = parts.callerCertificate(ctx.req);
        if (caller === null || property !== 'tls_client_auth_subject_dn') return false;
        return nameText(parseCertificate(caller.der).subject) === expected;
      },
    },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true, ...logoutPages(parts) },
    deviceFlow: {
      enabled: true,
      charset: 'base-20',
      mask: '****-****',
      deviceInfo: (ctx) => ({ agent: ctx.get('user-agent').slice(0, 200), address: ctx.ip }),
      ...deviceFlowPages(parts),
    },
    ciba: {
      enabled: true,
      deliveryModes: ['poll', 'ping'],
      processLoginHint: async (ctx, hint) => (await hintedAccount(parts, ctx, hint ?? '')) ?? undefined,
      processLoginHintToken: () => {
        throw new errors.InvalidRequest('login_hint_token is not offered here');
      },
      validateRequestContext: (_ctx, context) => {
        if (context !== undefined) throw new errors.InvalidRequest('request_context is not offered here');
      },
      validateBindingMessage: (_ctx, message) => checkBindingMessage(message),
      verifyUserCode: (_ctx, _account, code) => {
        if (code !== undefined) throw new errors.InvalidRequest('user_code is not offered here');
      },
      triggerAuthenticationDevice: (ctx, request, account, client) =>
        keepRequest(parts, ctx, request, { account: account.accountId, client }),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, client, oneOf) => {
        const given: unknown = oneOf;
        if (Array.isArray(given)) return given as string[];
        const { settings } = extensionOf(client);
        // A system asks for nothing but our APIs unless it says otherwise.
        return settings.kind === 'system' ? ownResource(parts) : undefined;
      },
      getResourceServerInfo: (ctx, indicator, client) => resourceServer(parts, ctx, indicator, client),
      useGrantedResource: () => false,
    },
    fapi: {
      enabled: true,
      profile: (_ctx, client) =>
        // Asked for errors too, when no client is known yet.
        extensionOrNull(client)?.settings.fapi2 === true ? '2.0' : undefined,
    },
  };
}

/** FAPI 2.0 message signing: whole times, close together (5.3.2). */
function assertRequestObject(ctx: KoaContextWithOIDC, object: Readonly<Record<string, unknown>>): void {
  if (ctx.oidc.isFapi('2.0') === undefined) return;
  for (const claim of ['exp', 'nbf', 'aud'])
    if (object[claim] === undefined)
      throw new errors.InvalidRequestObject(`the request object has no ${claim}`);
  const { exp, nbf } = object;
  if (typeof exp !== 'number' || typeof nbf !== 'number' || exp <= nbf || exp - nbf > 3600)
    throw new errors.InvalidRequestObject('exp must lie within 60 minutes after nbf');
}

/** A client sees its own tokens, and whoever serves a resource those made for it. */
function mayIntrospect(client: object & { readonly clientId: string }, token: object): boolean {
  const { clientId, aud } = token as {
    readonly clientId?: string;
    readonly aud?: string | readonly string[];
  };
  if (clientId === client.clientId) return true;
  const { resource } = extensionOf(client).settings;
  return resource !== null && [aud].flat().includes(resource.identifier);
}

function cookies(parts: ProviderParts, conformance: boolean): NonNullable<Configuration['cookies']> {
  const secure = parts.issuer.startsWith('https://');
  const options = {
    signed: true,
    httpOnly: true,
    secure,
    sameSite: conformance ? ('none' as const) : ('lax' as const),
    overwrite: true,
  };
  return {
    // `__Host-` binds to the host and the whole path; the other two lie below a path of their own.
    names: secure
      ? {
          session: '__Host-yinxin-sso',
          interaction: '__Secure-yinxin-interaction',
          resume: '__Secure-yinxin-resume',
        }
      : { session: 'yinxin_sso', interaction: 'yinxin_interaction', resume: 'yinxin_resume' },
    long: { ...options, path: '/' },
    short: options,
    keys: cookieKeys(parts),
  };
}

/** This month's key signs; the neighbours' verify, so that nodes need not change at the same instant. */
function cookieKeys(parts: ProviderParts): string[] {
  const month = cookieMonth(parts.clock());
  return [month, month + 1, month - 1].map((number) => parts.index.of('oidc.cookie', String(number)));
}

/** The number of the month that cookies are signed in: a provider is built anew when it changes. */
export function cookieMonth(now: Date): number {
  return now.getUTCFullYear() * 12 + now.getUTCMonth();
}

function lifetimes(parts: ProviderParts): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? accessTokenSeconds,
    ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? accessTokenSeconds,
    AuthorizationCode: 60,
    BackchannelAuthenticationRequest: cibaSeconds,
    DeviceCode: deviceSeconds,
    IdToken: 600,
    Interaction: interactionSeconds,
    Grant: grantSeconds,
    // Absolute: a rotated token lives no longer than the first one would have.
    RefreshToken: (ctx) => Math.max(1, ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? refreshSeconds),
    Session: (_ctx, session) => {
      const idle = idleSecondsOf(rungOfAcr(session.acr ?? ''));
      if (session.loginTs === undefined) return idle;
      const left = session.loginTs + absoluteSeconds - Math.floor(parts.clock().getTime() / 1000);
      return Math.max(1, Math.min(idle, left));
    },
  };
}

/** What introspection tells beside the standard members: the level, and both names where somebody acts for another. */
async function tokenClaims(
  parts: ProviderParts,
  ctx: KoaContextWithOIDC | undefined,
  token: object & { readonly kind: string },
): Promise<Record<string, unknown> | undefined> {
  // A token made outside of a request tells nothing of one.
  if (ctx === undefined) return undefined;
  const { accountId, sessionUid, clientId } = token as {
    readonly accountId?: string;
    readonly sessionUid?: string;
    readonly clientId?: string;
  };
  const { client } = ctx.oidc;
  if (client === undefined) return undefined;
  if (accountId === undefined) return { department: extensionOf(client).department };
  const facts = await boundFacts(parts, ctx, { sessionUid, clientId });
  const source =
    ctx.oidc.entities.AuthorizationCode ??
    ctx.oidc.entities.RefreshToken ??
    ctx.oidc.entities.DeviceCode ??
    ctx.oidc.entities.BackchannelAuthenticationRequest;
  const acr = source?.acr ?? effectiveAcr(ctx.oidc);
  const subject = pairwiseSubject(parts, sectorOf(client.clientId, extensionOf(client).settings), accountId);
  const acting = facts?.acting ?? null;
  return {
    ...(acr === undefined ? {} : { acr }),
    ...(source?.authTime === undefined ? {} : { auth_time: source.authTime }),
    ...(acting === null
      ? {}
      : {
          acting: acting.id,
          acting_for: actingClaim(acting, { person: null, subject }),
          act: { sub: subject },
        }),
  };
}
