// What every step of a login checks before anything else: the interaction is this browser's, the form is ours, the caller is our page.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { InteractionDetails } from '../identity/interaction-port.ts';
import { IdentityError } from '../identity/errors.ts';
import type { AttemptSource } from '../identity/login/parts.ts';
import { ApiError } from './errors.ts';
import { callerOfAddress } from './limits.ts';
import { loginCookie } from './login-cookies.ts';
import type { Services } from './services.ts';

/** The token of an interaction's forms: only this service can make it, and each interaction has its own. */
export function interactionToken(services: Pick<Services, 'index'>, uid: string): string {
  return services.index.of('interaction-form', uid).replace(/^.*:/, '');
}

/**
 * The interaction of a request, for showing it.
 * @throws IdentityError `interaction-not-found` also where the address names another one than the cookie.
 */
export async function interactionOf(
  services: Services,
  request: IncomingMessage,
  uid: string,
): Promise<InteractionDetails> {
  const details = await services.interactions.details(request);
  if (details.uid !== uid) {
    throw new IdentityError('interaction-not-found', 'The address is of another login.');
  }
  return details;
}

/**
 * As `interactionOf`, for changing something.
 * @throws ApiError `csrf-refused`; IdentityError `interaction-not-found`.
 */
export async function stepOfInteraction(
  services: Services,
  request: IncomingMessage,
  step: { readonly uid: string; readonly formToken: string },
): Promise<InteractionDetails> {
  requireOwnPage(services, request);
  requireSameToken(interactionToken(services, step.uid), step.formToken);
  return interactionOf(services, request, step.uid);
}

/**
 * Refuses what another site's page sends. Browsers name the origin of every POST; programmes without a browser have no
 * cookies of anybody and pass by the token alone.
 * @throws ApiError `csrf-refused`.
 */
export function requireOwnPage(services: Pick<Services, 'address'>, request: IncomingMessage): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined && origin !== services.address) throw refused();
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw refused();
}

/** @throws ApiError `csrf-refused`. */
export function requireSameToken(expected: string, given: string): void {
  const wanted = Buffer.from(expected, 'utf8');
  const brought = Buffer.from(given, 'utf8');
  if (wanted.length !== brought.length || !timingSafeEqual(wanted, brought)) throw refused();
}

function refused(): ApiError {
  return new ApiError('csrf-refused', 'The form is not of this login: load the page again.');
}

/** Where an attempt comes from: what the limits count by. */
export function sourceOf(services: Services, request: IncomingMessage): AttemptSource {
  // Express judges X-Forwarded-For by the number of proxies that are trusted.
  const ip = 'ip' in request && typeof request.ip === 'string' ? request.ip : request.socket.remoteAddress;
  return { address: callerOfAddress(ip), device: loginCookie(services, request, 'device') };
}

/** Strict, and open to where this login's forms lead: Chromium holds the whole chain of redirects after a form to it. */
export function interactionPolicy(
  services: Services,
  details: Pick<InteractionDetails, 'client'> | null,
  more: { readonly connect?: readonly string[] } = {},
): Readonly<Record<string, string>> {
  const targets = [
    "'self'",
    ...(details?.client.redirectOrigin === null || details === null ? [] : [details.client.redirectOrigin]),
    ...(services.login.tlsOrigin === null ? [] : [services.login.tlsOrigin]),
    ...services.login.upstreams.origins,
  ];
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src ${["'self'", ...(more.connect ?? [])].join(' ')}`,
    "font-src 'self'",
    `form-action ${[...new Set(targets)].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    // Without a referrer a browser names no origin of its own forms either, and that is what they are known by.
    'Referrer-Policy': 'same-origin',
  };
}
