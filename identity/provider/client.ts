// What a client of the provider is: settings with strong defaults, switches, and the metadata the library reads.
import { z } from 'zod';
import type { AdapterPayload } from 'oidc-provider';
import { scopes as apiScopes } from '../principal.ts';
import { isRung } from '../levels.ts';

/** Scopes of the provider itself that a client may be allowed. */
export const oidcScopes = [
  'openid',
  'profile',
  'email',
  'phone',
  'address',
  'resident_number',
  'verified',
  'acting_for',
  'offline_access',
] as const;

const grantNames = {
  code: 'authorization_code',
  refresh: 'refresh_token',
  system: 'client_credentials',
  device: 'urn:ietf:params:oauth:grant-type:device_code',
  ciba: 'urn:openid:params:grant-type:ciba',
} as const;

const jwksSchema = z.object({
  keys: z
    .array(
      z
        .looseObject({ kty: z.enum(['EC', 'OKP', 'RSA']), kid: z.string().max(200).optional() })
        .refine((key) => !['d', 'p', 'q', 'k'].some((part) => part in key), 'holds private parts'),
    )
    .min(1)
    .max(10),
});

const addressText = z.url({ protocol: /^https?$/ }).max(500);
const redirectText = z
  .string()
  .max(500)
  .regex(/^[a-z][a-z0-9+.-]*:[^\s#*]+$/i, 'is no address, or has a fragment or a wildcard');

/** Settings as the register keeps them: everything but secrets. */
export const clientSettingsSchema = z
  .object({
    kind: z.enum(['web', 'native', 'system']).default('web'),
    grants: z
      .array(z.enum(['code', 'refresh', 'system', 'device', 'ciba']))
      .min(1)
      .max(5)
      .default(['code']),
    authentication: z
      .enum([
        'private_key_jwt',
        'client_secret_basic',
        'client_secret_post',
        'tls_client_auth',
        'self_signed_tls_client_auth',
        'none',
      ])
      .default('client_secret_basic'),
    redirectUris: z.array(redirectText).max(20).default([]),
    postLogoutRedirectUris: z.array(redirectText).max(20).default([]),
    jwks: jwksSchema.nullable().default(null),
    jwksUri: addressText.nullable().default(null),
    /** RFC 4514 subject of the certificate of `tls_client_auth`. */
    tlsSubject: z.string().max(500).nullable().default(null),
    backchannelLogoutUri: addressText.nullable().default(null),
    cibaMode: z.enum(['poll', 'ping']).default('poll'),
    cibaNotificationUri: addressText.nullable().default(null),
    scopes: z.array(z.enum(oidcScopes)).max(20).default(['openid', 'profile']),
    apiScopes: z.array(z.enum(apiScopes)).max(40).default([]),
    /** Clients of one sector see the same subject for one person; unset, a client is a sector of its own. */
    sector: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?$/)
      .nullable()
      .default(null),
    subject: z.enum(['pairwise', 'public']).default('pairwise'),
    /** Our own pages: nobody is asked for consent. */
    firstParty: z.boolean().default(false),
    /** No login below this level ever reaches the client. */
    minimumLevel: z.number().refine(isRung, 'is no level from 1 to 4').nullable().default(null),
    /** Seconds since somebody's identity was proofed that are still accepted. */
    proofingMaxAge: z.number().int().positive().max(400_000_000).nullable().default(null),
    purposes: z.array(z.string().max(100)).max(20).default([]),
    /** Networks inside (CIDR) that the addresses this service calls may lead to. */
    networks: z.array(z.string().max(50)).max(10).default([]),
    pushedRequests: z.boolean().default(false),
    dpop: z.boolean().default(false),
    mtls: z.boolean().default(false),
    fapi2: z.boolean().default(false),
    signedRequests: z.boolean().default(false),
    /** ID tokens and userinfo as JWE for this client. */
    encryption: z
      .object({
        algorithm: z.enum(['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256']),
        content: z.enum(['A256GCM', 'A128CBC-HS256']),
      })
      .nullable()
      .default(null),
    /** Tokens for our APIs as JWT of at most five minutes, where they must be checked offline. */
    jwtAccessTokens: z.boolean().default(false),
    /** What it serves itself, where other clients ask for tokens for it (RFC 8707): it may look at those. */
    resource: z
      .object({
        identifier: addressText,
        scopes: z
          .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,80}$/))
          .min(1)
          .max(40),
      })
      .nullable()
      .default(null),
    /** Resources of others that it may ask for. */
    resources: z.array(addressText).max(20).default([]),
  })
  .strict();

export type ClientSettings = z.output<typeof clientSettingsSchema>;
export type ClientSettingsInput = z.input<typeof clientSettingsSchema>;

/** Methods for which this service keeps a secret. */
export function needsSecret(settings: ClientSettings): boolean {
  return (
    settings.authentication === 'client_secret_basic' || settings.authentication === 'client_secret_post'
  );
}

/** Whether the client proves itself with a key or certificate of its own. */
function hasOwnKey(settings: ClientSettings): boolean {
  return ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'].includes(
    settings.authentication,
  );
}

/**
 * What does not go together, in words; [] where everything does.
 * @param loopback whether http addresses on this computer are accepted for web clients (demonstration, conformance)
 */
export function settingsFaults(settings: ClientSettings, loopback: boolean): readonly string[] {
  const { grants } = settings;
  const rules: readonly (readonly [broken: boolean, words: string])[] = [
    [grants.includes('code') && settings.redirectUris.length === 0, 'the grant "code" needs redirectUris'],
    [grants.includes('refresh') && grants.every((grant) => ['refresh', 'system'].includes(grant)), 'the grant "refresh" needs a grant that a person takes part in'],
    [grants.includes('system') && settings.authentication === 'none', 'the grant "system" needs authentication'],
    [settings.kind === 'system' && grants.some((grant) => grant !== 'system'), 'a system has the grant "system" alone'],
    [settings.kind === 'web' && settings.authentication === 'none', 'a web client authenticates'],
    [(grants.includes('device') || grants.includes('ciba')) && !['private_key_jwt', 'self_signed_tls_client_auth'].includes(settings.authentication), 'the grants "device" and "ciba" need private_key_jwt or self_signed_tls_client_auth'],
    [settings.authentication === 'private_key_jwt' && settings.jwks === null && settings.jwksUri === null, 'private_key_jwt needs jwks or jwksUri'],
    [settings.authentication === 'self_signed_tls_client_auth' && settings.jwks === null && settings.jwksUri === null, 'self_signed_tls_client_auth needs jwks or jwksUri with x5c'],
    [settings.authentication === 'tls_client_auth' && settings.tlsSubject === null, 'tls_client_auth needs tlsSubject'],
    [settings.jwks !== null && settings.jwksUri !== null, 'jwks and jwksUri exclude each other'],
    [settings.fapi2 && !hasOwnKey(settings), 'FAPI 2.0 needs private_key_jwt or mutual TLS'],
    [settings.fapi2 && !settings.dpop && !settings.mtls, 'FAPI 2.0 needs dpop or mtls'],
    [settings.dpop && settings.mtls, 'dpop and mtls exclude each other'],
    [settings.encryption !== null && settings.jwks === null && settings.jwksUri === null, 'encryption needs jwks or jwksUri'],
    [grants.includes('ciba') && settings.cibaMode === 'ping' && settings.cibaNotificationUri === null, 'cibaMode "ping" needs cibaNotificationUri'],
    [settings.subject === 'public' && !settings.firstParty, 'public subjects are for our own pages'],
    [settings.jwtAccessTokens && settings.apiScopes.length === 0, 'jwtAccessTokens needs apiScopes'],
  ]; // prettier-ignore
  return [
    ...rules.filter(([broken]) => broken).map(([, words]) => words),
    ...[...settings.redirectUris, ...settings.postLogoutRedirectUris]
      .filter((uri) => !redirectHolds(uri, settings.kind, loopback))
      .map((uri) => `${JSON.stringify(uri.slice(0, 100))} is no address to redirect to`),
  ];
}

/** RFC 9700 2.1, RFC 8252: https for the web, an own scheme or loopback for programs on a person's device. */
function redirectHolds(uri: string, kind: ClientSettings['kind'], loopback: boolean): boolean {
  const parsed = URL.parse(uri);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return false;
  const onThisComputer = ['localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname);
  if (parsed.protocol === 'https:') return true;
  if (parsed.protocol === 'http:') return onThisComputer && (kind === 'native' || loopback);
  // A private scheme is a reversed domain name, so that no other program takes it by chance (RFC 8252 7.1).
  return kind === 'native' && parsed.protocol.includes('.');
}

/** Where keys kept in our register are read from: an address that names no host and never leaves this process. */
export const keyAddress = 'https://keys.invalid/';

/** A client as the library reads it (OpenID Connect Registration 2, with our own names beside). */
export function clientMetadata(client: {
  readonly id: string;
  readonly name: string;
  readonly englishName: string;
  readonly department: string;
  readonly secret: string | null;
  readonly settings: ClientSettings;
}): AdapterPayload {
  const { settings } = client;
  const grants = new Set(settings.grants);
  const keys =
    settings.jwks !== null
      ? `${keyAddress}${encodeURIComponent(client.id)}`
      : (settings.jwksUri ?? undefined);
  const encryption = settings.encryption;
  return {
    client_id: client.id,
    client_name: client.name,
    application_type: settings.kind === 'native' ? 'native' : 'web',
    grant_types: [...grants].map((grant) => grantNames[grant]),
    response_types: grants.has('code') ? ['code'] : [],
    redirect_uris: grants.has('code') ? settings.redirectUris : [],
    post_logout_redirect_uris: settings.postLogoutRedirectUris,
    token_endpoint_auth_method: settings.authentication,
    ...(client.secret === null ? {} : { client_secret: client.secret }),
    ...(keys === undefined ? {} : { jwks_uri: keys }),
    ...(settings.tlsSubject === null ? {} : { tls_client_auth_subject_dn: settings.tlsSubject }),
    subject_type: grants.size === 1 && grants.has('system') ? 'public' : settings.subject,
    ...(settings.subject === 'public' || settings.kind === 'system'
      ? {}
      : { sector_identifier_uri: `https://${sectorOf(client.id, settings)}/` }),
    scope: settings.scopes.join(' '),
    require_pushed_authorization_requests: settings.pushedRequests || settings.fapi2,
    require_signed_request_object: settings.signedRequests,
    dpop_bound_access_tokens: settings.dpop,
    tls_client_certificate_bound_access_tokens: settings.mtls,
    ...(settings.backchannelLogoutUri === null
      ? {}
      : {
          backchannel_logout_uri: settings.backchannelLogoutUri,
          backchannel_logout_session_required: true,
        }),
    ...(grants.has('ciba')
      ? {
          backchannel_token_delivery_mode: settings.cibaMode,
          ...(settings.cibaNotificationUri === null
            ? {}
            : { backchannel_client_notification_endpoint: settings.cibaNotificationUri }),
        }
      : {}),
    ...(encryption === null
      ? {}
      : {
          id_token_encrypted_response_alg: encryption.algorithm,
          id_token_encrypted_response_enc: encryption.content,
          userinfo_signed_response_alg: 'ES256',
          userinfo_encrypted_response_alg: encryption.algorithm,
          userinfo_encrypted_response_enc: encryption.content,
        }),
    yinxin: {
      englishName: client.englishName,
      department: client.department,
      settings,
    },
  };
}

/** The sector in which a client knows people: its own where it shares none. */
export function sectorOf(id: string, settings: Pick<ClientSettings, 'sector'>): string {
  return settings.sector ?? `${id.toLowerCase().replaceAll('_', '-')}.client.invalid`;
}

/** Our own part of a client the library hands out. */
export interface ClientExtension {
  readonly englishName: string;
  readonly department: string;
  readonly settings: ClientSettings;
}

/** @returns our part of a library client. @throws TypeError for one that did not come from our register. */
export function extensionOf(client: object): ClientExtension {
  const own = (client as { yinxin?: unknown }).yinxin;
  if (typeof own !== 'object' || own === null)
    throw new TypeError('This client did not come from the register.');
  return own as ClientExtension;
}

/** As `extensionOf`, for where there may be no client; null then. */
export function extensionOrNull(client: object | undefined): ClientExtension | null {
  return client === undefined ? null : extensionOf(client);
}
