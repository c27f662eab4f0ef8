// A relying party by hand, so that tests can do each step wrongly: authorization requests, codes, tokens.
import { createHash, randomBytes } from 'node:crypto';
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import type { Browser, Seen } from './browser.ts';
import type { ProviderHarness } from './harness.ts';

export const redirectUri = 'https://rp.example.cn/return';

export interface TestClient {
  readonly id: string;
  readonly secret: string;
}

export interface Started {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly address: string;
}

/** An authorization request; `change` overrides parameters, null leaves one out. */
export function authorization(
  harness: Pick<ProviderHarness, 'url'>,
  client: Pick<TestClient, 'id'>,
  change: Readonly<Record<string, string | null>> = {},
): Started {
  const state = randomBytes(8).toString('hex');
  const nonce = randomBytes(8).toString('hex');
  const verifier = randomBytes(32).toString('base64url');
  const parameters: Record<string, string | null> = {
    client_id: client.id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid profile',
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  };
  const url = new URL(`${harness.url}/oidc/auth`);
  for (const [name, value] of Object.entries(parameters))
    if (value !== null) url.searchParams.set(name, value);
  return { state, nonce, verifier, address: url.href };
}

/** Goes through an authorization request. @returns the parameters that came back to the client. */
export async function authorized(
  browser: Browser,
  started: Pick<Started, 'address'>,
): Promise<{ readonly seen: Seen; readonly answer: URLSearchParams }> {
  const seen = await browser.follow(
    started.address,
    (url) => !url.startsWith(new URL(started.address).origin),
  );
  const answer = new URL(seen.location ?? 'none:').searchParams;
  return { seen, answer };
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export function basic(client: TestClient): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`).toString('base64')}`;
}

/** Posts to an endpoint of the provider with the client's secret. */
export async function post(
  harness: Pick<ProviderHarness, 'url'>,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const response = await fetch(`${harness.url}/oidc${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** Exchanges a code. */
export function exchanged(
  harness: Pick<ProviderHarness, 'url'>,
  client: TestClient,
  code: { readonly code: string; readonly verifier: string },
  more: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  return post(
    harness,
    '/token',
    {
      grant_type: 'authorization_code',
      code: code.code,
      code_verifier: code.verifier,
      redirect_uri: redirectUri,
      ...more,
    },
    { authorization: basic(client) },
  );
}

/** The whole flow: browser, code, tokens. */
export async function signedIn(
  harness: Pick<ProviderHarness, 'url'>,
  browser: Browser,
  client: TestClient,
  change: Readonly<Record<string, string | null>> = {},
): Promise<{
  readonly tokens: Record<string, unknown>;
  readonly idToken: Record<string, unknown>;
  readonly started: Started;
  readonly code: string;
}> {
  const started = authorization(harness, client, change);
  const { answer } = await authorized(browser, started);
  const code = answer.get('code');
  if (code === null) throw new Error(`No code came back: ${answer.toString()}`);
  const { status, body } = await exchanged(harness, client, { code, verifier: started.verifier });
  if (status !== 200) throw new Error(`No tokens: ${JSON.stringify(body)}`);
  return { tokens: body, idToken: payloadOf(body['id_token']), started, code };
}

/** Reads a JWT without checking it. */
export function payloadOf(jwt: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

export interface ClientKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function clientKey(use: 'sig' | 'enc' = 'sig', algorithm = 'ES256'): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), use, alg: algorithm, kid: randomBytes(4).toString('hex') },
  };
}

/** A private_key_jwt assertion (RFC 7523). */
export function assertion(
  client: string,
  key: ClientKey,
  audience: string,
  change: {
    readonly expires?: string | number;
    readonly jti?: string;
    readonly algorithm?: string;
    /** Claims beside the right ones, or instead of them; null leaves one out. */
    readonly claims?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<string> {
  return new SignJWT(
    kept({
      iss: client,
      sub: client,
      aud: audience,
      jti: change.jti ?? randomBytes(12).toString('hex'),
      ...change.claims,
    }),
  )
    .setProtectedHeader({
      alg: change.algorithm ?? key.jwk.alg ?? 'ES256',
      ...(key.jwk.kid === undefined ? {} : { kid: key.jwk.kid }),
    })
    .setIssuedAt()
    .setExpirationTime(change.expires ?? '1m')
    .sign(key.privateKey);
}

function kept(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
}

/** The fields of client authentication by key. */
export async function byKey(
  client: string,
  key: ClientKey,
  audience: string,
): Promise<Record<string, string>> {
  return {
    client_id: client,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion(client, key, audience),
  };
}

/** A DPoP proof (RFC 9449 4.2). */
export async function proofOf(
  key: ClientKey,
  method: string,
  address: string,
  more: {
    readonly token?: string;
    readonly jti?: string;
    readonly nonce?: string;
    /** Claims instead of, or beside, the right ones; undefined leaves one out. */
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly header?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<string> {
  const { kty, crv, x, y } = key.jwk;
  const jwk = Object.fromEntries(
    Object.entries({ kty, crv, x, y }).filter(([, value]) => value !== undefined),
  );
  return new SignJWT({
    htm: method,
    htu: address,
    iat: Math.floor(Date.now() / 1000),
    jti: more.jti ?? randomBytes(12).toString('hex'),
    ...(more.nonce === undefined ? {} : { nonce: more.nonce }),
    ...(more.token === undefined ? {} : { ath: createHash('sha256').update(more.token).digest('base64url') }),
    ...more.claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: jwk, ...more.header })
    .sign(key.privateKey);
}
