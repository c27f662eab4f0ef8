// The provider under express: what proxies say judged once, its own content security policy, limits, well-known addresses.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express, Request, Response } from 'express';
import type { OpenedProvider } from '../identity/provider/provider.ts';
import { ApiError } from './errors.ts';
import { callerOfAddress, RateLimiter } from './limits.ts';
import { problemOf } from './problems.ts';
import { languageOf } from './route.ts';
import type { Services } from './services.ts';

/** The provider's path: part of its issuer identifier. */
export const providerPath = '/oidc';

/** Guesses at a device's code, per address: eight letters of twenty leave 2.5 × 10^10 to try. */
const userCodeGuesses = { perMinute: 10, burst: 10 };
/** Paths that programs call, below the provider's. */
const programPaths = /^\/(token|request|me|backchannel|device\/auth|jwks|\.well-known)/;

/** Mounts the provider. The security headers stand before it, parsers of bodies after it. */
export function mountProvider(app: Express, services: Services): void {
  const { provider } = services;
  const limits = {
    program: new RateLimiter(bucket(services.config.rates.principal), services.clock),
    person: new RateLimiter(bucket(services.config.rates.reading), services.clock),
    userCode: new RateLimiter(userCodeGuesses, services.clock),
  };
  const answer = async (request: Request, response: Response): Promise<void> => {
    const address = callerOfAddress(request.ip);
    const limiter = programPaths.test(request.url)
      ? limits.program
      : request.method === 'POST' && request.url.startsWith('/device')
        ? limits.userCode
        : limits.person;
    const wait = limiter.take(address);
    if (wait > 0) {
      tooMany(request, response, wait);
      return;
    }
    tellOrigin(request);
    policy(response);
    await provider.handle(request, response);
  };
  app.use(providerPath, answer);
  // RFC 8414 3.1 puts the issuer's path behind; OpenID Discovery 4 puts it in front, which the mount answers.
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    app.get(`/.well-known/${name}${providerPath}`, (request, response) =>
      wellKnown(provider, request, response),
    );
  }
}

function bucket(perMinute: number): { readonly perMinute: number; readonly burst: number } {
  return { perMinute, burst: Math.max(5, Math.ceil(perMinute / 2)) };
}

/**
 * Express judged which proxies are believed; the library believes what stands in these headers, so they are written here
 * and never left as somebody sent them. A certificate is read from the connection alone.
 */
function tellOrigin(request: Request): void {
  const { headers } = request as IncomingMessage;
  headers['x-forwarded-proto'] = request.protocol;
  headers['x-forwarded-for'] = request.ip ?? '127.0.0.1';
  headers['x-forwarded-host'] = request.host;
  delete headers['forwarded'];
}

/** Scripts of this origin and what the library adds by hash; where forms lead is completed when the client is known. */
function policy(response: ServerResponse): void {
  response.setHeader(
    'Content-Security-Policy',
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join(';'),
  );
}

async function wellKnown(provider: OpenedProvider, request: Request, response: Response): Promise<void> {
  const inner = request as IncomingMessage;
  inner.url = '/.well-known/openid-configuration';
  // The library reads its mount from the difference between the two.
  Object.assign(request, { originalUrl: `${providerPath}/.well-known/openid-configuration` });
  tellOrigin(request);
  await provider.handle(inner, response);
}

function tooMany(request: Request, response: Response, wait: number): void {
  const error = new ApiError('rate-limited', `Too many requests: try again in ${wait} s.`, {
    retryAfter: wait,
  });
  response.statusCode = 429;
  response.setHeader('Retry-After', wait);
  response.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  response.end(JSON.stringify(problemOf(error, languageOf(request), '')));
}
