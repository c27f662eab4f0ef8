// The page of one's own ways to sign in: how it is drawn, and what every step of it checks first.
import QRCode from 'qrcode';
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import { authenticatorsOf } from '../identity/login/authenticators.ts';
import { namesOf } from '../identity/login/names.ts';
import { noticesOf } from '../identity/login/notices.ts';
import { type TotpEnrolment } from '../identity/login/totp.ts';
import type { AttemptSource } from '../identity/login/parts.ts';
import type { PageSession } from '../identity/page-sessions.ts';
import { Html } from '../web/html.ts';
import type { InteractionProblem } from '../web/pages/interaction.ts';
import { renderAuthenticators } from '../web/pages/authenticators.ts';
import { rungNow, settleRecovery } from './authenticator-rung.ts';
import { kindWords, noticeWords } from './authenticator-words.ts';
import { ApiError } from './errors.ts';
import { interactionPolicy, sourceOf } from './interaction-guard.ts';
import { problemWords } from './interaction-words.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { html, seeOther, type Reply } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';

/** Their part of the interface description. */
export const tag = '登录 Signing in';
/** For people’s browsers. */
export const page = { kind: 'page' } as const;
/** Where the page is. */
export const here = '/my/authenticators';
/** A page. */
export const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
/** Back to the page, or the page again. */
export const redirect = [{ status: 303, description: 'Done.', content: {} }, ...pageReply] as const;
/** For the page’s script. */
export const jsonReply = [
  { status: 200, description: 'For the page’s script.', content: { 'application/json': z.looseObject({}) } },
] as const;
/** The token every form brings back. */
export const formToken = z.string().max(100);
const noticesShown = 10;
/** Seconds a login is recent enough to change how one signs in (ASVS 5.0 7.5.1). */
const freshSeconds = 5 * 60;
/** What a step adds to the page. */
export interface Shown {
  readonly status?: number;
  readonly problem?: InteractionProblem | null;
  readonly totp?: TotpEnrolment | null;
  readonly codeSent?: boolean;
}

function isFresh(services: Services, { login }: PageSession): boolean {
  return services.clock().getTime() - login.authTime.getTime() <= freshSeconds * 1000;
}

/** @throws IdentityError `reauthentication-needed`; ApiError `unauthenticated`, `csrf-refused`. */
export async function freshSession(
  services: Services,
  cookie: string | undefined,
  token: string,
): Promise<PageSession> {
  const session = await requireSession(services, cookie);
  requireFormToken(session.formToken, token);
  if (!isFresh(services, session)) {
    throw new IdentityError('reauthentication-needed', 'Sign in again before you change how you sign in.');
  }
  return session;
}

/** Everything a session enrols is bound to it. */
export function boundTo(session: PageSession): string {
  return `page ${session.login.id}`;
}

/** The page, with what a step adds to it. */
export async function show(services: Services, session: PageSession, shown: Shown = {}): Promise<Reply> {
  const { account } = session;
  const { doors, upstreams } = services.login;
  const [ways, names, notices, rung] = await Promise.all([
    authenticatorsOf(services.database.reader, account),
    namesOf(doors, account),
    noticesOf(services.database.reader, account, noticesShown),
    rungNow(services, session),
  ]);
  const totp = shown.totp ?? null;
  const text = renderAuthenticators(frameOf(services, session), {
    ways: ways.map((way) => ({
      id: way.id,
      kind: kindWords[way.kind],
      label: way.kind === 'passkey' || way.kind === 'sms' ? way.label : '',
      reach: Math.min(way.aal, way.enrolledRung),
      since: way.createdAt.toISOString(),
      lastUsed: way.lastUsedAt?.toISOString() ?? null,
    })),
    names,
    notices: notices.map(({ at, kind }) => ({ at: at.toISOString(), words: noticeWords(kind) })),
    fresh: isFresh(services, session),
    rung,
    telephones: doors.messages !== null,
    codeSent: shown.codeSent ?? false,
    upstreams: upstreams.providers.map(({ name, title }) => ({ name, title })),
    totp:
      totp === null
        ? null
        : {
            nonce: totp.nonce,
            secret: totp.secret,
            picture: new Html(await QRCode.toString(totp.uri, { type: 'svg', margin: 2 })),
          },
    problem: shown.problem ?? null,
  });
  return html(shown.status ?? 200, text, interactionPolicy(services, null));
}

/** The page again, with what did not hold. */
export async function refused(
  services: Services,
  session: PageSession,
  error: unknown,
  shown: Shown = {},
): Promise<Reply> {
  const said = problemWords(error);
  if (said === null) throw error;
  return show(services, session, {
    ...shown,
    status: said.status,
    problem: { words: said.words, wait: said.wait },
  });
}

/** A step of the page that posts a form: guarded, and answered with the page again where it does not hold. */
export function step<S extends z.ZodRawShape>(
  path: string,
  summary: string,
  fields: z.ZodObject<S>,
  act: (
    services: Services,
    session: PageSession,
    body: z.output<z.ZodObject<S>>,
    source: AttemptSource,
  ) => Promise<Reply>,
): Route {
  return route({
    method: 'post',
    path: `${here}/${path}`,
    tag,
    summary,
    access: page,
    body: formBody(z.looseObject({ formToken })),
    replies: redirect,
    async handle(services, call) {
      const session = await freshSession(services, call.cookie, call.body.formToken);
      const parsed = fields.safeParse(call.body);
      if (!parsed.success) throw new ApiError('request-invalid', 'A field of the form does not hold.');
      try {
        return await act(services, session, parsed.data, sourceOf(services, call.request));
      } catch (error) {
        return refused(services, session, error);
      }
    },
  });
}

/** Back to the page. */
export const done = (): Reply => seeOther(here);

/** After something was enrolled. */
export async function enrolledNow(services: Services, session: PageSession): Promise<Reply> {
  await settleRecovery(services, session);
  return done();
}
