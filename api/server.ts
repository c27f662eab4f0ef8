// The HTTP server: hot public answers first, then security headers, limits, guards, routes and problems.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { randomBytes } from 'node:crypto';
import express, { type Express, type Request, type Response } from 'express';
import { assetHandler } from './assets.ts';
import { securityHeaders } from './headers.ts';
import { ApiError } from './errors.ts';
import { apiKeyDeprecation, permit, usesApiKey } from './guard.ts';
import { callerOfAddress, RateLimiter } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { mountProvider } from './oidc-mount.ts';
import { problemOf, retryAfterOf, type Problem } from './problems.ts';
import { send, unlessHeld, type Reply } from './reply.ts';
import { languageOf, type Route } from './route.ts';
import type { Services } from './services.ts';
import { renderProblem, wordsOfStatus } from '../web/pages/problem.ts';

/** How long what is still being sent to a refused caller is read and thrown away, so that the refusal arrives. */
const lingerMilliseconds = 5000;
const slowSeconds = 2;

export interface ServerOptions {
  readonly routes: readonly Route[];
  readonly services: Services;
  readonly log: Log;
  readonly metrics: Metrics;
  /** False from the moment of shutting down: /readyz says so while the last calls finish. */
  readonly ready: () => boolean;
}

/** The application, without a socket. */
export function createApplication(options: ServerOptions): Express {
  const { routes, services } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', services.config.trustedProxies);
  app.set('query parser', 'simple');
  mountProbes(app, options);
  app.use('/assets', assetHandler());
  app.use(securityHeaders(services.config));
  mountProvider(app, services);
  const limits = limitsOf(services);
  for (const route of routes) {
    app[route.method](expressPath(route.path), (request, response) =>
      answer(options, limits, route, request, response),
    );
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    app.all(expressPath(path), (request, response) => {
      const allowed = routes
        .filter((route) => route.path === path)
        .map((route) => route.method.toUpperCase());
      response.setHeader('Allow', allowed.join(', '));
      refuse(
        options,
        request,
        response,
        new ApiError('method-not-allowed', `Allowed: ${allowed.join(', ')}.`),
        'unmatched',
      );
    });
  }
  app.use((request: Request, response: Response) =>
    refuse(
      options,
      request,
      response,
      new ApiError('not-found', 'There is nothing at this address.'),
      'unmatched',
    ),
  );
  // Express itself fails on addresses that are not well-formed percent-encoding.
  app.use((cause: unknown, request: Request, response: Response, next: () => void) => {
    refuse(
      options,
      request,
      response,
      new ApiError('request-invalid', 'The address is malformed.', { cause }),
      'unmatched',
    );
    if (!response.headersSent) next();
  });
  return app;
}

/** `{id}` → `:id`; a colon of ours (`licenses:search`) is a literal. */
function expressPath(template: string): string {
  return template.replaceAll(':', '\\:').replaceAll(/\{(\w+)\}/g, ':$1');
}

export function createHttpServer(app: RequestListener): Server {
  const server = createServer(app);
  server.headersTimeout = 20_000;
  server.requestTimeout = 300_000;
  server.keepAliveTimeout = 15_000;
  // A caller that takes nothing of its answer for so long holds a file open for nobody.
  server.timeout = 120_000;
  server.maxHeadersCount = 100;
  return server;
}

interface Limits {
  readonly reading: RateLimiter;
  readonly verifying: RateLimiter;
  readonly principal: RateLimiter;
  readonly refusedKeys: RateLimiter;
}

function limitsOf(services: Services): Limits {
  const limiter = (perMinute: number): RateLimiter =>
    new RateLimiter({ perMinute, burst: Math.max(5, Math.ceil(perMinute / 2)) }, services.clock);
  const { reading, verifying, principal } = services.config.rates;
  return {
    reading: limiter(reading),
    verifying: limiter(verifying),
    principal: limiter(principal),
    // Guessing 256 bits is hopeless; this keeps the attempts from costing us.
    refusedKeys: limiter(60),
  };
}

/** Health, readiness and metrics stand before everything: no headers, no logs, no limits. */
function mountProbes(app: Express, { services, metrics, ready }: ServerOptions): void {
  app.get('/healthz', (_request, response) => plain(response, 200, 'ok\n'));
  app.get('/readyz', async (_request, response) => {
    const usable = ready() && (await services.databaseAnswers());
    plain(response, usable ? 200 : 503, usable ? 'ready\n' : 'not ready\n');
  });
  app.get('/metrics', async (request, response) => {
    // For the machine's own collector; a reverse proxy in front gives itself away by its header.
    const own = /^(::1|127\.|::ffff:127\.)/.test(request.socket.remoteAddress ?? '');
    if (!own || request.headers['x-forwarded-for'] !== undefined) {
      plain(response, 404, 'not found\n');
      return;
    }
    const { contentType, text } = await metrics.render();
    response.setHeader('Content-Type', contentType);
    response.end(text);
  });
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(text);
}

async function answer(
  options: ServerOptions,
  limits: Limits,
  route: Route,
  request: Request,
  response: Response,
): Promise<void> {
  const started = process.hrtime.bigint();
  response.once('close', () => {
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    options.metrics.observeRequest(request.method, route.path, response.statusCode, seconds);
    const line = {
      request: requestId(request),
      method: request.method,
      route: route.path,
      status: response.statusCode,
      seconds,
    };
    if (seconds > slowSeconds) options.log.warn(line, 'slow request');
    else options.log.info(line, 'request');
  });
  if (usesApiKey(request)) {
    response.setHeader('Deprecation', apiKeyDeprecation);
    response.setHeader('Link', '</docs>; rel="deprecation"; type="text/html"');
  }
  try {
    const reply = await handled(options, limits, route, request);
    response.setHeader('X-Request-Id', requestId(request));
    await send(response, await unlessHeld(reply, request.headers['if-none-match']));
  } catch (error) {
    refuse(options, request, response, error, route.path);
  }
}

/** guard → limit → parse → call. */
async function handled(
  options: ServerOptions,
  limits: Limits,
  route: Route,
  request: Request,
): Promise<Reply> {
  const { services } = options;
  const address = callerOfAddress(request.ip);
  const principal = await services.guard.principalOf(request, route.access).catch((error: unknown) => {
    spend(limits.refusedKeys, address);
    throw error;
  });
  if (principal !== null) spend(limits.principal, principal.id);
  else
    spend(
      route.access.kind !== 'scope' && route.access.rate === 'verifying' ? limits.verifying : limits.reading,
      address,
    );
  permit(route.access, principal);
  return route.run(services, { request, params: request.params, query: request.query, principal });
}

function spend(limiter: RateLimiter, caller: string): void {
  const wait = limiter.take(caller);
  if (wait > 0)
    throw new ApiError('rate-limited', `Too many requests: try again in ${wait} s.`, { retryAfter: wait });
}

/** Both schemes our provider's tokens come by (RFC 6750 3, RFC 9449 7.1). */
const challenges = ['Bearer realm="yinxin"', 'DPoP realm="yinxin", algs="ES256 ES384 PS256 EdDSA"'];

const requestIds = new WeakMap<IncomingMessage, string>();

/** The caller's own X-Request-Id where it is harmless, else a fresh one. */
function requestId(request: IncomingMessage): string {
  const known = requestIds.get(request);
  if (known !== undefined) return known;
  const given = request.headers['x-request-id'];
  const id =
    typeof given === 'string' && /^[A-Za-z0-9._-]{8,64}$/.test(given)
      ? given
      : randomBytes(12).toString('hex');
  requestIds.set(request, id);
  return id;
}

/** Answers a problem, keeps the connection only when the whole body was read, and logs faults. */
function refuse(
  options: ServerOptions,
  request: Request,
  response: Response,
  error: unknown,
  route: string,
): void {
  const id = requestId(request);
  const problem = problemOf(error, languageOf(request), id);
  if (problem.status >= 500)
    options.log.error({ request: id, route, code: problem.code, err: error }, 'fault');
  else options.log.info({ request: id, route, code: problem.code, status: problem.status }, 'refused');
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== null) response.setHeader('Retry-After', retryAfter);
  if (problem.status === 401) response.setHeader('WWW-Authenticate', challenges);
  const page = wantsPage(request) ? problemPage(options.services, problem) : null;
  response.statusCode = problem.status;
  response.setHeader('X-Request-Id', id);
  response.setHeader(
    'Content-Type',
    page === null ? 'application/problem+json; charset=utf-8' : 'text/html; charset=utf-8',
  );
  response.setHeader('Cache-Control', 'no-store');
  if (!request.complete) lingerAndClose(request, response);
  response.end(page ?? JSON.stringify(problem));
}

/** A person's browser, at an address for people. */
function wantsPage(request: Request): boolean {
  return !request.path.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html');
}

function problemPage(services: Services, problem: Problem): string {
  const title = wordsOfStatus(problem.status);
  return renderProblem(
    { demonstration: services.demonstration, signedIn: null, formToken: null },
    { status: problem.status, title, detail: problem.title, incident: problem.incident ?? null },
  );
}

function lingerAndClose(request: Request, response: Response): void {
  response.setHeader('Connection', 'close');
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMilliseconds);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}
