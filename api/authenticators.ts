// A person's own ways to sign in at /my/authenticators: shown, added and removed, after a login of the last minutes.
import QRCode from 'qrcode';
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import { authenticatorsOf, endAuthenticator } from '../identity/login/authenticators.ts';
import { consumeChallenge } from '../identity/login/challenges.ts';
import { addLoginName, namesOf } from '../identity/login/names.ts';
import { noticesOf } from '../identity/login/notices.ts';
import { beginPasskey, finishPasskey } from '../identity/login/passkey.ts';
import { setPassword } from '../identity/login/password.ts';
import { beginTelephone, finishTelephone } from '../identity/login/sms.ts';
import { beginTotp, finishTotp, type TotpEnrolment } from '../identity/login/totp.ts';
import { linkUpstream } from '../identity/login/upstream.ts';
import type { AttemptSource } from '../identity/login/parts.ts';
import type { PageSession } from '../identity/page-sessions.ts';
import { endSessionsIn } from '../identity/sessions.ts';
import { Html } from '../web/html.ts';
import type { InteractionProblem } from '../web/pages/interaction.ts';
import { renderAuthenticators } from '../web/pages/authenticators.ts';
import { rungNow, settleRecovery } from './authenticator-rung.ts';
import { kindWords, noticeWords } from './authenticator-words.ts';
import { ApiError } from './errors.ts';
import { interactionPolicy, sourceOf } from './interaction-guard.ts';
import { problemWords } from './interaction-words.ts';
import { answerSchema } from './interactions-upstream.ts';
import { setLoginCookie } from './login-cookies.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { html, json, seeOther, type Reply } from './reply.ts';
import { formBody, jsonBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';

const tag = '登录 Signing in';
const page = { kind: 'page' } as const;
const here = '/my/authenticators';
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }, ...pageReply] as const;
const jsonReply = [
  { status: 200, description: 'For the page’s script.', content: { 'application/json': z.looseObject({}) } },
] as const;
const formToken = z.string().max(100);
const noticesShown = 10;
/** Seconds a login is recent enough to change how one signs in (ASVS 5.0 7.5.1). */
const freshSeconds = 5 * 60;
const base64url = (most: number): z.ZodString =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/)
    .max(most);

interface Shown {
  readonly status?: number;
  readonly problem?: InteractionProblem | null;
  readonly totp?: TotpEnrolment | null;
  readonly codeSent?: boolean;
}

function isFresh(services: Services, { login }: PageSession): boolean {
  return services.clock().getTime() - login.authTime.getTime() <= freshSeconds * 1000;
}

/** @throws IdentityError `reauthentication-needed`; ApiError `unauthenticated`, `csrf-refused`. */
async function freshSession(
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
function boundTo(session: PageSession): string {
  return `page ${session.login.id}`;
}

async function show(services: Services, session: PageSession, shown: Shown = {}): Promise<Reply> {
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
async function refused(
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

const list = route({
  method: 'get',
  path: here,
  tag,
  summary: 'One’s own ways to sign in',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    return show(services, await requireSession(services, call.cookie));
  },
});

/** A step of the page that posts a form: guarded, and answered with the page again where it does not hold. */
function step<S extends z.ZodRawShape>(
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

const done = (): Reply => seeOther(here);

/** After something was enrolled. */
async function enrolledNow(services: Services, session: PageSession): Promise<Reply> {
  await settleRecovery(services, session);
  return done();
}

const remove = step(
  'remove',
  'Removes a way to sign in, and ends what rests on it',
  z.object({ id: z.string().max(60) }),
  async (services, session, { id }) => {
    const { account, principal } = session;
    const ways = await authenticatorsOf(services.database.reader, account);
    if (ways.length < 2 && ways.some((way) => way.id === id)) {
      throw new IdentityError('authenticator-last', 'The last authenticator cannot be removed.');
    }
    await services.database.write(async (tx) => {
      await endAuthenticator(services.login.doors, tx, principal, { account, id, reason: 'removed' });
      await endSessionsIn(
        tx,
        services.providerParts,
        { authenticator: id },
        { reason: 'authenticator-removed', actor: principal },
      );
    });
    return done();
  },
);

const totpBegin = step('totp-begin', 'Begins to enrol an app', z.object({}), async (services, session) =>
  show(services, session, {
    totp: await beginTotp(services.login.doors, {
      boundTo: boundTo(session),
      issuer: '印信 Yinxin',
      label: session.name,
    }),
  }),
);

const totp = step(
  'totp',
  'Enrols an app with its first code',
  z.object({ nonce: z.string().max(60), code: z.string().trim().max(20) }),
  async (services, session, { nonce, code }) => {
    await finishTotp(services.login.doors, session.principal, {
      boundTo: boundTo(session),
      nonce,
      code,
      account: session.account,
      rung: await rungNow(services, session),
    });
    return enrolledNow(services, session);
  },
);

const telephoneBegin = step(
  'telephone-begin',
  'Sends a code to a number that is to be enrolled',
  z.object({ telephone: z.string().max(60) }),
  async (services, session, { telephone }, source) => {
    const send = await beginTelephone(services.login.doors, source, {
      account: session.account,
      telephone,
      boundTo: boundTo(session),
    });
    services.login.later(send);
    return show(services, session, { codeSent: true });
  },
);

const telephone = step(
  'telephone',
  'Enrols a number with the code sent to it',
  z.object({ code: z.string().trim().max(20) }),
  async (services, session, { code }) => {
    await finishTelephone(services.login.doors, session.principal, {
      account: session.account,
      boundTo: boundTo(session),
      code,
      rung: await rungNow(services, session),
    });
    return enrolledNow(services, session);
  },
);

const password = step(
  'password',
  'Sets a password, and another login name',
  z.object({ name: z.string().max(100).default(''), password: z.string().max(1000) }),
  async (services, session, { name, password: chosen }) => {
    const { doors } = services.login;
    const { account, principal } = session;
    if (name.trim() !== '') await services.database.write((tx) => addLoginName(doors, tx, account, name));
    await setPassword(doors, principal, {
      account,
      password: chosen,
      rung: await rungNow(services, session),
    });
    return enrolledNow(services, session);
  },
);

const passkeyOptions = route({
  method: 'post',
  path: `${here}/passkey-options`,
  tag,
  summary: 'Begins to enrol a passkey',
  access: page,
  body: jsonBody(z.strictObject({ formToken })),
  replies: jsonReply,
  async handle(services, call) {
    const session = await freshSession(services, call.cookie, call.body.formToken);
    return json(
      200,
      await beginPasskey(services.login.doors, {
        account: session.account,
        boundTo: boundTo(session),
        name: session.name,
      }),
    );
  },
});

const registration = z.looseObject({
  id: base64url(1400),
  rawId: base64url(1400),
  type: z.literal('public-key'),
  response: z.looseObject({ clientDataJSON: base64url(8000), attestationObject: base64url(40_000) }),
});

const passkey = route({
  method: 'post',
  path: `${here}/passkey`,
  tag,
  summary: 'Enrols a passkey',
  access: page,
  body: jsonBody(
    z.strictObject({ formToken, label: z.string().trim().min(1).max(60), answer: registration }),
  ),
  replies: jsonReply,
  async handle(services, call) {
    const session = await freshSession(services, call.cookie, call.body.formToken);
    const { id, rawId, type, response } = call.body.answer;
    const { clientDataJSON, attestationObject } = response;
    try {
      await finishPasskey(services.login.doors, session.principal, {
        account: session.account,
        boundTo: boundTo(session),
        label: call.body.label,
        rung: await rungNow(services, session),
        response: {
          id,
          rawId,
          type,
          response: { clientDataJSON, attestationObject },
          clientExtensionResults: {},
        },
      });
      await settleRecovery(services, session);
      return json(200, { location: here });
    } catch (error) {
      const said = problemWords(error);
      if (said === null) throw error;
      return json(said.status, { problem: said.words, wait: said.wait });
    }
  },
});

const upstreamBegin = route({
  method: 'post',
  path: `${here}/upstream/{name}`,
  tag,
  summary: 'To another OpenID Provider, to link it',
  access: page,
  params: z.object({ name: z.string().regex(/^[a-z0-9-]{1,30}$/) }),
  body: formBody(z.object({ formToken })),
  replies: redirect,
  async handle(services, call) {
    const session = await freshSession(services, call.cookie, call.body.formToken);
    try {
      const { location, handle } = await services.login.upstreams.begin(call.params.name, {
        boundTo: boundTo(session),
        purpose: 'link',
        maxAge: null,
      });
      return seeOther(location, { 'Set-Cookie': setLoginCookie(services, 'away', handle, 600) });
    } catch (error) {
      return refused(services, session, error);
    }
  },
});

const upstreamAnswer = route({
  method: 'get',
  path: `${here}/upstream-answer`,
  tag,
  summary: 'Links the subject of another OpenID Provider',
  access: page,
  query: z.object({ answer: z.string().max(60) }),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    try {
      const payload = await consumeChallenge(services, {
        kind: 'upstream-answer',
        nonce: call.query.answer,
        boundTo: boundTo(session),
      });
      const { provider: name, claims } = answerSchema.parse(JSON.parse(payload));
      const provider = services.login.upstreams.providers.find((each) => each.name === name);
      if (provider === undefined)
        throw new IdentityError('method-not-available', 'There is no such provider.');
      const rung = await rungNow(services, session);
      await linkUpstream(services.login.doors, session.principal, {
        account: session.account,
        rung,
        provider,
        claims,
      });
      return done();
    } catch (error) {
      return refused(services, session, error);
    }
  },
});

export const authenticatorRoutes: readonly Route[] = [
  list,
  remove,
  totpBegin,
  totp,
  telephoneBegin,
  telephone,
  password,
  passkeyOptions,
  passkey,
  upstreamBegin,
  upstreamAnswer,
];
