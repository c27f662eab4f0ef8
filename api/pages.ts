// The pages for people: what they show is gathered here, how it looks is web's.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { toBase64 } from '../formats/bytes.ts';
import { isRung } from '../identity/levels.ts';
import { signInSeconds, type PageSession } from '../identity/page-sessions.ts';
import { absoluteSeconds, endSessions } from '../identity/sessions.ts';
import { ownPath } from '../web/html.ts';
import type { Frame } from '../web/layout.ts';
import { renderCodePage } from '../web/pages/code.ts';
import { renderHome } from '../web/pages/home.ts';
import { renderReader } from '../web/pages/reader.ts';
import { renderReportPage, renderVerify } from '../web/pages/verify.ts';
import { ApiError } from './errors.ts';
import { cookieValue, sessionCookieOf } from './guard.ts';
import { returnPath } from './page-sign-in.ts';
import { html, seeOther } from './reply.ts';
import { documentBody, formBody, route, type Route } from './route.ts';
import { filePassword } from './schemas.ts';
import type { Services } from './services.ts';
import { fileOf, verifyHere } from './verifications.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
export function frameOf(services: Services, session: PageSession | null): Frame {
  return {
    demonstration: services.demonstration,
    signedIn:
      session === null
        ? null
        : {
            name: session.name,
            kind: session.principal.roles.includes('officer') ? 'officer' : 'holder',
          },
    formToken: session?.formToken ?? null,
  };
}

/** @throws ApiError `unauthenticated` for whoever is not signed in. */
export async function requireSession(services: Services, cookie: string | undefined): Promise<PageSession> {
  const session = await services.guard.sessionOf(cookie);
  if (session === null) throw new ApiError('unauthenticated', 'Sign in first.');
  return session;
}

/** @throws ApiError `csrf-refused` unless a form brings back its session's token. */
export function requireFormToken(expected: string | null, given: string): void {
  const wanted = Buffer.from(expected ?? '', 'utf8');
  const brought = Buffer.from(given, 'utf8');
  const same = wanted.length > 0 && wanted.length === brought.length && timingSafeEqual(wanted, brought);
  if (!same) throw new ApiError('csrf-refused', 'The form is out of date: load the page again.');
}

function cookie(services: Services, name: string, value: string, seconds: number): string {
  const secure = services.address.startsWith('https://') ? '; Secure' : '';
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

const home = route({
  method: 'get',
  path: '/',
  tag,
  summary: 'Home',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    return html(200, renderHome(frameOf(services, await services.guard.sessionOf(call.cookie))));
  },
});

const codePage = route({
  method: 'get',
  path: '/v',
  tag,
  summary: 'What a printed code opens',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const operatorKeys = (await services.trustList.operatorKeys()).map(toBase64);
    const frame = frameOf(services, await services.guard.sessionOf(call.cookie));
    return html(200, renderCodePage(frame, { operatorKeys }));
  },
});

const readerPage = route({
  method: 'get',
  path: '/reader',
  tag,
  summary: 'Offline reader',
  access: page,
  replies: pageReply,
  async handle(services) {
    const operatorKeys = (await services.trustList.operatorKeys()).map(toBase64);
    return html(200, renderReader({ demonstration: services.demonstration }, { operatorKeys }));
  },
});

const verifyPage = route({
  method: 'get',
  path: '/verify',
  tag,
  summary: 'Verification page',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    return html(200, renderVerify(frameOf(services, await services.guard.sessionOf(call.cookie))));
  },
});

const verifyForm = route({
  method: 'post',
  path: '/verify',
  tag,
  summary: 'Verification of a file without scripts',
  access: { kind: 'page', rate: 'verifying' },
  body: documentBody(z.object({ password: filePassword.optional() })),
  replies: pageReply,
  async handle(services, call) {
    const { document, fields } = call.body;
    const report = await verifyHere(services, { file: fileOf(document), password: fields.password });
    return html(
      200,
      renderReportPage(frameOf(services, await services.guard.sessionOf(call.cookie)), report),
    );
  },
});

const verifyCodeForm = route({
  method: 'post',
  path: '/verify/code',
  tag,
  summary: 'Verification of a code without scripts',
  access: { kind: 'page', rate: 'verifying' },
  body: formBody(z.object({ code: z.string().trim().min(1).max(1400) })),
  replies: pageReply,
  async handle(services, call) {
    const report = await verifyHere(services, { code: call.body.code });
    return html(
      200,
      renderReportPage(frameOf(services, await services.guard.sessionOf(call.cookie)), report),
    );
  },
});

/** Binds a sign-in under way to the browser that began it: what comes back elsewhere opens nothing (RFC 9700 4.7). */
function signInCookie(address: string): string {
  return address.startsWith('https://') ? '__Host-yinxin-sign-in' : 'yinxin_sign_in';
}

const signInPage = route({
  method: 'get',
  path: '/sign-in',
  tag,
  summary: 'Sign in at the OpenID Provider',
  access: page,
  query: z.object({
    returnTo: z.string().max(200).optional(),
    /** Asks for a level, 1 to 4. */
    level: z.coerce.number().int().refine(isRung).optional(),
    /** Chooses anew whom to act for. */
    acting: z.literal('choose').optional(),
    /** Asks for a new login. */
    again: z.literal('yes').optional(),
  }),
  replies: redirect,
  async handle(services, call) {
    const { returnTo, level, acting, again } = call.query;
    const elsewhere = ownAddressOf(services, call.request);
    if (elsewhere !== null) return seeOther(elsewhere);
    const begun = await services.pageSignIn.begin({
      returnTo: ownPath(returnTo ?? '/'),
      level: level ?? null,
      chooseActing: acting === 'choose',
      fresh: again === 'yes',
    });
    return seeOther(begun.address, {
      'Set-Cookie': cookie(services, signInCookie(services.address), begun.state, signInSeconds),
    });
  },
});

/** A browser that came by another name of this computer goes on by the one the provider sends it back to. */
function ownAddressOf(services: Services, request: IncomingMessage): string | null {
  const { host } = request.headers;
  if (request.headers['sec-fetch-mode'] !== 'navigate' || host === new URL(services.address).host)
    return null;
  return new URL(request.url ?? '/sign-in', services.address).href;
}

const signInReturn = route({
  method: 'get',
  path: returnPath,
  tag,
  summary: 'Back from the OpenID Provider',
  access: page,
  replies: redirect,
  async handle(services, call) {
    const { pageSignIn, address } = services;
    const { token, returnTo } = await pageSignIn.finish(new URL(call.request.url ?? '', address), {
      state: cookieValue(call.cookie, signInCookie(address)),
      former: cookieValue(call.cookie, sessionCookieOf(address)),
    });
    const opened = await services.guard.sessionOf(`${sessionCookieOf(address)}=${token}`);
    const own = opened?.principal.roles.includes('officer') === true ? '/office' : '/my';
    return seeOther(returnTo === '/' ? own : returnTo, {
      'Set-Cookie': [
        cookie(services, sessionCookieOf(address), token, absoluteSeconds),
        cookie(services, signInCookie(address), '', 0),
      ],
    });
  },
});

const signOutForm = route({
  method: 'post',
  path: '/sign-out',
  tag,
  summary: 'Sign out, here and everywhere',
  access: page,
  body: formBody(z.object({ formToken: z.string().max(100) })),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await endSessions(
      services.providerParts,
      { session: session.login.session },
      { reason: 'logout', actor: session.principal },
    );
    return seeOther('/', { 'Set-Cookie': cookie(services, sessionCookieOf(services.address), '', 0) });
  },
});

export const pageRoutes: readonly Route[] = [
  home,
  codePage,
  readerPage,
  verifyPage,
  verifyForm,
  verifyCodeForm,
  signInPage,
  signInReturn,
  signOutForm,
];
