// The provider under express: what proxies say judged once, its own content security policy, limits, well-known addresses.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express, Request, Response } from 'express';
import { IdentityError } from '../identity/errors.ts';
import { attemptRules, countAttempt, returnAttempt } from '../identity/login/attempts.ts';
import type { OpenedProvider } from '../identity/provider/provider.ts';
import { codePage } from '../identity/provider/shown.ts';
import { ApiError } from './errors.ts';
import { callerOfAddress } from './limits.ts';
import { problemOf } from './problems.ts';
import { languageOf } from './route.ts';
import type { Services } from './services.ts';

/** The provider's path: part of its issuer identifier. */
export const providerPath = '/oidc';

/** Paths that programs call, below the provider's. */
const programPaths = /^\/(token|request|me|backchannel|device\/auth|jwks|\.well-known)/i;

/** Mounts the provider. The security headers stand before it, parsers of bodies after it. */
export function mountProvider(app: Express, services: Services): void {
  const { provider, providerRates } = services;
  const answer = async (request: Request, response: Response): Promise<void> => {
    const address = callerOfAddress(request.ip);
    const limiter = programPaths.test(request.path) ? providerRates.program : providerRates.person;
    const wait = limiter.take(address);
    if (wait > 0) {
      tooMany(request, response, wait);
      return;
    }
    const guess = request.method === 'POST' && codePage.test(request.path);
    if (guess && !(await mayGuess(services, request, response, address))) return;
    tellOrigin(request);
    policy(response);
    await provider.handle(request, response);
    if (guess && provider.knewUserCode(request))
      await returnAttempt(services, { rule: attemptRules.userCode, subject: address });
  };
  app.use(providerPath, answer);
  // RFC 8414 3.1 puts the issuer's path behind; OpenID Discovery 4 puts it in front, which the mount answers.
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    app.get(`/.well-known/${name}${providerPath}`, (request, response) =>
      wellKnown(provider, request, response),
    );
  }
}

/** A guess at a device's code is counted before it is tried, on all nodes together; what was right is given back. */
async function mayGuess(
  services: Services,
  request: Request,
  response: Response,
  address: string,
): Promise<boolean> {
  try {
    await countAttempt(services, [{ rule: attemptRules.userCode, subject: address }]);
    return true;
  } catch (error) {
    if (!(error instanceof IdentityError && error.code === 'login-delayed')) throw error;
    tooMany(request, response, error.retryAfter ?? 1);
    return false;
  }
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
