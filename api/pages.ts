// The pages for people: what they show is gathered here, how it looks is web's.
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { toBase64 } from '../formats/bytes.ts';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import { sessionSeconds, signIn, signOut, type Session } from '../identity/demonstration-sign-in.ts';
import { IdentityError } from '../identity/errors.ts';
import { ownPath } from '../web/html.ts';
import type { Frame } from '../web/layout.ts';
import { renderCodePage } from '../web/pages/code.ts';
import { renderHome } from '../web/pages/home.ts';
import { renderSignIn } from '../web/pages/sign-in.ts';
import { renderReportPage, renderVerify } from '../web/pages/verify.ts';
import { ApiError } from './errors.ts';
import { cookieValue, sessionCookie } from './guard.ts';
import { html, seeOther } from './reply.ts';
import { documentBody, formBody, route, type Route } from './route.ts';
import { filePassword } from './schemas.ts';
import type { Services } from './services.ts';
import { fileOf, verifyHere } from './verifications.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
/** Carries the token of the sign-in form, where there is no session yet. */
const formCookie = 'yinxin_form';

export function frameOf(services: Services, session: Session | null): Frame {
  return {
    demonstration: services.demonstration,
    signedIn:
      session === null
        ? null
        : {
            name: session.account.name,
            kind: session.principal.roles.includes('officer') ? 'officer' : 'holder',
          },
    formToken: session?.formToken ?? null,
  };
}

/** @throws ApiError `unauthenticated` for whoever is not signed in. */
export async function requireSession(services: Services, cookie: string | undefined): Promise<Session> {
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

/** In production there is no such page. */
function requireDemonstration(services: Services): void {
  if (!services.demonstration)
    throw new IdentityError('demonstration-only', 'There is nothing at this address.');
}

const signInPage = route({
  method: 'get',
  path: '/sign-in',
  tag,
  summary: 'Demonstration sign-in',
  access: page,
  query: z.object({ returnTo: z.string().max(200).optional() }),
  replies: pageReply,
  async handle(services, call) {
    requireDemonstration(services);
    const known = cookieValue(call.cookie, formCookie);
    // One that is none of ours is not sent back.
    const formToken =
      known !== null && /^[A-Za-z0-9_-]{43}$/.test(known) ? known : encodeBase64url(services.random(32));
    const frame = frameOf(services, await services.guard.sessionOf(call.cookie));
    const choices = services.signIn.accounts.map(({ key, name, principal }) => ({
      id: key,
      name,
      kind: principal.roles.includes('officer') ? ('officer' as const) : ('holder' as const),
      detail: detailOf(principal.roles.includes('officer'), principal.actingFor !== null),
    }));
    const text = renderSignIn(frame, { choices, returnTo: call.query.returnTo ?? '/', formToken });
    return html(200, text, { 'Set-Cookie': cookie(services, formCookie, formToken, 3600) });
  },
});

function detailOf(officer: boolean, enterprise: boolean): { readonly zh: string; readonly en: string } {
  if (officer) return { zh: '部门工作人员', en: 'officer' };
  return enterprise ? { zh: '企业经办人', en: 'acting for the enterprise' } : { zh: '居民', en: 'resident' };
}

const signInForm = route({
  method: 'post',
  path: '/sign-in',
  tag,
  summary: 'Demonstration sign-in',
  access: page,
  body: formBody(
    z.object({
      formToken: z.string().max(100),
      choice: z.string().max(60),
      returnTo: z.string().max(200).optional(),
    }),
  ),
  replies: redirect,
  async handle(services, call) {
    requireDemonstration(services);
    requireFormToken(cookieValue(call.cookie, formCookie), call.body.formToken);
    const token = await signIn(services.signIn, call.body.choice);
    const account = services.signIn.accounts.find((known) => known.key === call.body.choice);
    const own = account?.principal.roles.includes('officer') === true ? '/office' : '/my';
    const wanted = ownPath(call.body.returnTo ?? '/');
    return seeOther(wanted === '/' ? own : wanted, {
      'Set-Cookie': cookie(services, sessionCookie, token, sessionSeconds),
    });
  },
});

const signOutForm = route({
  method: 'post',
  path: '/sign-out',
  tag,
  summary: 'Sign out',
  access: page,
  body: formBody(z.object({ formToken: z.string().max(100) })),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await signOut(services.signIn, cookieValue(call.cookie, sessionCookie) ?? '');
    return seeOther('/', { 'Set-Cookie': cookie(services, sessionCookie, '', 0) });
  },
});

export const pageRoutes: readonly Route[] = [
  home,
  codePage,
  verifyPage,
  verifyForm,
  verifyCodeForm,
  signInPage,
  signInForm,
  signOutForm,
];
