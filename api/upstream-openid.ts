// Adapter: login at other OpenID Providers, by openid-client's strategy; each has its own callback, state and nonce.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as client from 'openid-client';
import { Strategy } from 'openid-client/passport';
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import { consumeAnywhere, makeChallenge } from '../identity/login/challenges.ts';
import type { LoginParts } from '../identity/login/parts.ts';
import type { UpstreamClaims, UpstreamProvider } from '../identity/login/upstream.ts';
import { ApiError } from './errors.ts';
import { runStrategy } from './strategies.ts';

const providersFile = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z0-9-]{1,30}$/),
      title: z.strictObject({ zh: z.string().min(1).max(60), en: z.string().min(1).max(60) }),
      issuer: z.url({ protocol: /^https?$/ }),
      clientId: z.string().min(1).max(200),
      clientSecret: z.string().min(16).max(200),
      scope: z.string().max(200).default('openid'),
      /** Our level for theirs. */
      levels: z.record(z.string().max(200), z.union([z.literal(1), z.literal(2), z.literal(3)])).default({}),
    }),
  )
  .max(10);

type ProviderSettings = z.output<typeof providersFile>[number];

/** How long a person may be away at the other provider. */
const awaySeconds = 10 * 60;
/** Seconds for one of its endpoints. */
const patience = 10;

/** What is known again when the person comes back. */
const awaySchema = z.strictObject({
  provider: z.string(),
  purpose: z.enum(['login', 'link']),
  session: z.record(z.string(), z.unknown()),
});

export interface UpstreamReturn {
  readonly boundTo: string;
  readonly purpose: 'login' | 'link';
  readonly provider: UpstreamProvider;
  readonly claims: UpstreamClaims;
}

export interface UpstreamLogins {
  readonly providers: readonly UpstreamProvider[];
  /** Origins the browser is sent to: forms that lead there must be allowed to. */
  readonly origins: readonly string[];
  /**
   * Sends a person there.
   * @param begun.boundTo - the interaction or session that alone may go on with the answer
   * @param begun.maxAge - seconds since the login there that are accepted; null for any
   * @returns where to, and what this browser must bring back in a cookie.
   * @throws IdentityError `method-not-available`, `upstream-unavailable`.
   */
  begin(
    name: string,
    begun: { readonly boundTo: string; readonly purpose: 'login' | 'link'; readonly maxAge: number | null },
  ): Promise<{ readonly location: string; readonly handle: string }>;
  /**
   * A person comes back. The handle counts once, at the callback of its own provider alone.
   * @throws IdentityError `challenge-refused`, `upstream-refused`, `upstream-unavailable`.
   */
  finish(
    name: string,
    returned: { readonly query: string; readonly handle: string },
  ): Promise<UpstreamReturn>;
}

export interface UpstreamOptions {
  /** Null where no other provider is configured. */
  readonly file: string | null;
  /** Our own, without trailing slash. */
  readonly address: string;
  /** Whether http is refused: a provider on this very machine is good for a demonstration only. */
  readonly publicOnly: boolean;
  readonly parts: Pick<LoginParts, 'database' | 'clock' | 'random' | 'index' | 'cipher'>;
}

/** openid-client's strategy, with state and nonce whether or not the provider knows PKCE. */
class UpstreamStrategy extends Strategy {
  maxAge: number | null = null;

  override authorizationRequestParams(
    ...asked: Parameters<Strategy['authorizationRequestParams']>
  ): URLSearchParams {
    const given = super.authorizationRequestParams(...asked);
    const parameters = new URLSearchParams(given as URLSearchParams);
    parameters.set('state', client.randomState());
    parameters.set('nonce', client.randomNonce());
    if (this.maxAge !== null) parameters.set('max_age', String(this.maxAge));
    return parameters;
  }
}

/** @throws ApiError `configuration-invalid` for a file that does not hold. */
export async function upstreamLogins(options: UpstreamOptions): Promise<UpstreamLogins> {
  const settings = options.file === null ? [] : await readProviders(options.file, options.publicOnly);
  const known = new Map(settings.map((each) => [each.name, new UpstreamLogin(options, each)]));
  const named = (name: string): UpstreamLogin => {
    const login = known.get(name);
    if (login === undefined) throw new IdentityError('method-not-available', 'There is no such provider.');
    return login;
  };
  return {
    providers: settings.map(providerOf),
    origins: settings.map(({ issuer }) => new URL(issuer).origin),
    async begin(name, begun) {
      const { location, session } = await named(name).begin(begun.maxAge);
      const { nonce } = await makeChallenge(options.parts, {
        kind: 'upstream',
        boundTo: begun.boundTo,
        seconds: awaySeconds,
        payload: JSON.stringify({ provider: name, purpose: begun.purpose, session }),
      });
      return { location, handle: nonce };
    },
    async finish(name, returned) {
      const { boundTo, payload } = await consumeAnywhere(options.parts, {
        kind: 'upstream',
        nonce: returned.handle,
      });
      const away = awaySchema.parse(JSON.parse(payload));
      // An answer at another provider's callback is a mix-up (RFC 9700 section 4.4).
      if (away.provider !== name) {
        throw new IdentityError('upstream-refused', 'The answer came to another provider’s address.');
      }
      const login = named(name);
      const claims = await login.finish(returned.query, away.session);
      return { boundTo, purpose: away.purpose, provider: login.provider, claims };
    },
  };
}

function providerOf({ name, title, issuer, levels }: ProviderSettings): UpstreamProvider {
  return { name, title, issuer, levels };
}

class UpstreamLogin {
  readonly provider: UpstreamProvider;
  readonly #options: UpstreamOptions;
  readonly #settings: ProviderSettings;
  #configuration: Promise<client.Configuration> | null = null;

  constructor(options: UpstreamOptions, settings: ProviderSettings) {
    this.provider = providerOf(settings);
    this.#options = options;
    this.#settings = settings;
  }

  async begin(maxAge: number | null): Promise<{ location: string; session: Record<string, unknown> }> {
    const strategy = await this.#strategy();
    strategy.maxAge = maxAge;
    const session: Record<string, unknown> = {};
    const outcome = await this.#run(strategy, '', session);
    if (outcome.kind !== 'redirect') throw this.#unavailable();
    return { location: outcome.location, session };
  }

  async finish(query: string, session: Record<string, unknown>): Promise<UpstreamClaims> {
    const outcome = await this.#run(await this.#strategy(), query, session);
    if (outcome.kind !== 'passed') {
      throw new IdentityError('upstream-refused', 'The other provider did not confirm the login.');
    }
    return outcome.value;
  }

  async #run(
    strategy: UpstreamStrategy,
    query: string,
    session: Record<string, unknown>,
  ): ReturnType<typeof runStrategy<UpstreamClaims>> {
    const { host, protocol } = new URL(this.#options.address);
    const path = `${this.#path()}${query === '' ? '' : `?${query}`}`;
    try {
      return await runStrategy<UpstreamClaims>(strategy, {
        method: 'GET',
        url: path,
        originalUrl: path,
        protocol: protocol.replace(':', ''),
        host,
        headers: { host },
        session,
      });
    } catch (error) {
      if (error instanceof IdentityError) throw error;
      // What the provider itself said no to, or what does not check out; a dead connection is told apart.
      if (isUnreachable(error)) throw this.#unavailable(error);
      throw new IdentityError('upstream-refused', 'The answer of the other provider does not hold.', {
        cause: error,
      });
    }
  }

  #path(): string {
    return `/upstream/${this.#settings.name}/callback`;
  }

  async #strategy(): Promise<UpstreamStrategy> {
    const config = await this.#discovered();
    return new UpstreamStrategy(
      {
        config,
        name: this.#settings.name,
        sessionKey: this.#settings.name,
        scope: this.#settings.scope,
        callbackURL: `${this.#options.address}${this.#path()}`,
      },
      (tokens, verified) => {
        const claims = tokens.claims();
        if (claims === undefined) verified(null, false);
        else verified(null, claimsOf(claims));
      },
    );
  }

  /** Asked for once; again after it failed. */
  #discovered(): Promise<client.Configuration> {
    this.#configuration ??= this.#discover().catch((error: unknown) => {
      this.#configuration = null;
      throw this.#unavailable(error);
    });
    return this.#configuration;
  }

  #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const insecure = !this.#options.publicOnly && issuer.startsWith('http://');
    return client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      timeout: patience,
      // Only loopback addresses of a demonstration get so far; the mark is the library's warning to everybody else.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      execute: insecure ? [client.allowInsecureRequests] : [],
    });
  }

  #unavailable(cause?: unknown): IdentityError {
    return new IdentityError('upstream-unavailable', 'The other provider does not answer.', { cause });
  }
}

function claimsOf(claims: client.IDToken): UpstreamClaims {
  const { amr } = claims;
  return {
    issuer: claims.iss,
    subject: claims.sub,
    acr: typeof claims['acr'] === 'string' ? claims['acr'] : null,
    amr: Array.isArray(amr) ? amr.filter((each): each is string => typeof each === 'string') : [],
    authTime: typeof claims.auth_time === 'number' ? claims.auth_time : null,
  };
}

/** fetch throws a TypeError where there was no answer, openid-client its own error where none came in time. */
function isUnreachable(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    (error instanceof Error && 'code' in error && error.code === 'OAUTH_TIMEOUT')
  );
}

async function readProviders(file: string, publicOnly: boolean): Promise<readonly ProviderSettings[]> {
  const refuse = (message: string, cause?: unknown): ApiError =>
    new ApiError('configuration-invalid', message, { cause, hint: 'see docs/login.md' });
  let providers: readonly ProviderSettings[];
  try {
    providers = providersFile.parse(JSON.parse(await readFile(resolve(file), 'utf8')));
  } catch (error) {
    throw refuse(`The file of other providers cannot be used: ${file}.`, error);
  }
  for (const { issuer, name } of providers) {
    const { protocol, hostname } = new URL(issuer);
    const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
    if (protocol !== 'https:' && (publicOnly || !loopback)) {
      throw refuse(`The provider ${name} must be reached by https.`);
    }
  }
  if (new Set(providers.map(({ name }) => name)).size < providers.length) {
    throw refuse('Two providers have one name.');
  }
  return providers;
}
