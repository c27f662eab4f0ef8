// Scan to log in, on the phone: who asks and from where, the digits, and the confirmation by passkey or by a fresh login there.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { IdentityError, type IdentityErrorCode } from '../identity/errors.ts';
import { finishPasskeyLogin, beginPasskeyLogin } from '../identity/login/passkey.ts';
import { answerScan, openScan, requireScanned, type OpenScan } from '../identity/login/scan.ts';
import { confirmScanBySession, mayConfirmScan } from '../identity/login/scan-session.ts';
import {
  renderScanDone,
  renderScanPhone,
  type ScanPhoneSession,
} from '../web/pages/interaction-scan-phone.ts';
import type { InteractionProblem } from '../web/pages/interaction.ts';
import type { Words } from '../verification/report.ts';
import { interactionPolicy, requireOwnPage, requireSameToken, sourceOf } from './interaction-guard.ts';
import { strangerFrame } from './interaction-show.ts';
import { authenticationAnswer, jsonReplies, passkeyAnswer, scriptProblem } from './interactions-keys.ts';
import { formToken, loginTag, page, stepReplies } from './interactions.ts';
import { loginCookie, setLoginCookie } from './login-cookies.ts';
import { requireSession } from './pages.ts';
import { html, json, seeOther, type Reply } from './reply.ts';
import { formBody, jsonBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { factorThrough } from './strategies.ts';

const phoneSeconds = 600;
const scanId = z.string().regex(/^scn_[0-9a-f]{32}$/);
const scanParams = z.object({ id: scanId });
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;

/** The token of the phone's form: for this scan and this phone alone. */
function phoneToken(services: Services, id: string, phone: string): string {
  return services.index.of('scan-form', `${id} ${phone}`).replace(/^.*:/, '');
}

/** The page of an open scan, with what a login on this phone may do about it. */
async function phonePage(
  services: Services,
  call: { readonly cookie: string | undefined },
  opened: OpenScan & { readonly phone: string },
  problem: InteractionProblem | null = null,
): Promise<Reply> {
  const text = renderScanPhone(strangerFrame(services), {
    id: opened.id,
    formToken: phoneToken(services, opened.id, opened.phone),
    client: opened.shown.client,
    place: opened.shown.place,
    browser: opened.shown.browser,
    numbers: opened.numbers,
    session: await sessionOf(services, call.cookie, opened.floor),
    signIn: signInAgain(opened),
    problem,
  });
  return html(problem === null ? 200 : 409, text, {
    ...interactionPolicy(services, null),
    'Set-Cookie': setLoginCookie(services, 'phone', opened.phone, phoneSeconds),
  });
}

/** The login on this phone; null for none. */
async function sessionOf(
  services: Services,
  cookie: string | undefined,
  floor: OpenScan['floor'],
): Promise<ScanPhoneSession | null> {
  const session = await services.guard.sessionOf(cookie);
  if (session === null) return null;
  return { name: session.name, may: mayConfirmScan(session.login, floor, services.clock()) };
}

/** A new login on the phone, of the level that is needed, which comes back to this scan. */
function signInAgain({ id, floor }: OpenScan): string {
  const query = new URLSearchParams({ again: 'yes', returnTo: `/scan-again/${id}` });
  if (floor !== null) query.set('level', String(floor));
  return `/sign-in?${query.toString()}`;
}

const open = route({
  method: 'get',
  path: '/scan/{code}',
  tag: loginTag,
  summary: 'What the picture opens on a phone',
  access: page,
  params: z.object({ code: z.string().regex(/^[A-Za-z0-9_-]{22}$/) }),
  replies: pageReply,
  async handle(services, call) {
    const opened = await openScan(services.login.doors, sourceOf(services, call.request), {
      code: call.params.code,
      phone: loginCookie(services, call.request, 'phone'),
    });
    return phonePage(services, call, opened);
  },
});

const again = route({
  method: 'get',
  path: '/scan-again/{id}',
  tag: loginTag,
  summary: 'The phone comes back to its scan after a login',
  access: page,
  params: scanParams,
  replies: pageReply,
  async handle(services, call) {
    const phone = loginCookie(services, call.request, 'phone') ?? '';
    const opened = await requireScanned(services.login.doors, { id: call.params.id, phone });
    return phonePage(services, call, { ...opened, phone });
  },
});

/** What a login on the phone may lack, in words. */
const lacking: Partial<Readonly<Record<IdentityErrorCode, Words>>> = {
  'reauthentication-needed': {
    zh: '手机上的登录已超过五分钟，请重新登录后确认。',
    en: 'The login on this phone is older than five minutes: sign in again, then confirm.',
  },
  'level-not-reached': {
    zh: '手机上的登录没有达到该服务要求的等级，请用更强的方式登录后确认。',
    en: 'The login on this phone is below the level asked for: sign in by a stronger way, then confirm.',
  },
};

const confirm = route({
  method: 'post',
  path: '/scan/{id}/session',
  tag: loginTag,
  summary: 'The phone confirms with the digits and a login of the last minutes on it',
  access: page,
  params: scanParams,
  body: formBody(z.object({ formToken, number: z.coerce.number().int().min(10).max(99) })),
  replies: [...stepReplies, ...pageReply],
  async handle(services, call) {
    const { id } = call.params;
    const phone = phoneOf(services, call.request, id, call.body.formToken);
    const { doors } = services.login;
    const session = await requireSession(services, call.cookie);
    const opened = await requireScanned(doors, { id, phone });
    try {
      const { number } = call.body;
      await confirmScanBySession(doors, { id, phone, number, login: session.login });
    } catch (error) {
      // The wrong number is the end of it; a login that is too old or too weak is not.
      if (error instanceof IdentityError && error.code === 'scan-refused')
        return seeOther('/scan-done/refused');
      const words = error instanceof IdentityError ? lacking[error.code] : undefined;
      if (words === undefined) throw error;
      return phonePage(services, call, { ...opened, phone }, { words, wait: null });
    }
    return seeOther('/scan-done/approved');
  },
});

/** The phone's cookie, where its form is its own. @throws ApiError `csrf-refused`. */
function phoneOf(services: Services, request: IncomingMessage, id: string, token: string): string {
  requireOwnPage(services, request);
  const phone = loginCookie(services, request, 'phone') ?? '';
  requireSameToken(phoneToken(services, id, phone), token);
  return phone;
}

const phoneOptions = route({
  method: 'post',
  path: '/scan/{id}/passkey-options',
  tag: loginTag,
  summary: 'Begins the confirmation on the phone',
  access: page,
  params: scanParams,
  body: jsonBody(z.strictObject({ formToken })),
  replies: jsonReplies,
  async handle(services, call) {
    const { id } = call.params;
    const phone = phoneOf(services, call.request, id, call.body.formToken);
    try {
      await requireScanned(services.login.doors, { id, phone });
      return json(200, await beginPasskeyLogin(services.login.doors, { boundTo: id, kind: 'passkey-scan' }));
    } catch (error) {
      return scriptProblem(error);
    }
  },
});

const phoneAnswer = route({
  method: 'post',
  path: '/scan/{id}/answer',
  tag: loginTag,
  summary: 'The phone confirms with its passkey and the digits',
  access: page,
  params: scanParams,
  body: jsonBody(z.strictObject({ formToken, number: z.int().min(10).max(99), answer: passkeyAnswer })),
  replies: jsonReplies,
  async handle(services, call) {
    const { id } = call.params;
    const phone = phoneOf(services, call.request, id, call.body.formToken);
    const { doors } = services.login;
    try {
      const factor = await factorThrough('passkey', () =>
        finishPasskeyLogin(doors, sourceOf(services, call.request), {
          boundTo: id,
          kind: 'passkey-scan',
          response: authenticationAnswer(call.body.answer),
        }),
      );
      await answerScan(doors, { id, phone, number: call.body.number, factors: [factor] });
      return json(200, { location: '/scan-done/approved' });
    } catch (error) {
      return scriptProblem(error);
    }
  },
});

const phoneRefuse = route({
  method: 'post',
  path: '/scan/{id}/refuse',
  tag: loginTag,
  summary: 'Not me',
  access: page,
  params: scanParams,
  body: formBody(z.object({ formToken })),
  replies: stepReplies,
  async handle(services, call) {
    const { id } = call.params;
    const phone = phoneOf(services, call.request, id, call.body.formToken);
    try {
      await answerScan(services.login.doors, { id, phone, number: null, factors: null });
    } catch (error) {
      // Refusing is what was asked for; what is over already is over.
      scriptProblem(error);
    }
    return done(services, false);
  },
});

function done(services: Services, approved: boolean): Reply {
  return html(200, renderScanDone(strangerFrame(services), approved), interactionPolicy(services, null));
}

const phoneDone = route({
  method: 'get',
  path: '/scan-done/{outcome}',
  tag: loginTag,
  summary: 'The phone has answered',
  access: page,
  params: z.object({ outcome: z.enum(['approved', 'refused']) }),
  replies: [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }],
  handle: (services, call) => Promise.resolve(done(services, call.params.outcome === 'approved')),
});

export const interactionScanPhoneRoutes: readonly Route[] = [
  open,
  again,
  phoneOptions,
  phoneAnswer,
  confirm,
  phoneRefuse,
  phoneDone,
];
