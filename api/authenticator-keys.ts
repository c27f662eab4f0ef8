// Enrolling what answers by itself: passkeys, and subjects of other OpenID Providers.
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import { consumeChallenge } from '../identity/login/challenges.ts';
import { beginPasskey, finishPasskey } from '../identity/login/passkey.ts';
import { linkUpstream } from '../identity/login/upstream.ts';
import { rungNow, settleRecovery } from './authenticator-rung.ts';
import { problemWords } from './interaction-words.ts';
import { answerSchema } from './interactions-upstream.ts';
import { setLoginCookie } from './login-cookies.ts';
import { requireSession } from './pages.ts';
import { json, seeOther } from './reply.ts';
import { formBody, jsonBody, route, type Route } from './route.ts';
import {
  boundTo,
  done,
  formToken,
  freshSession,
  here,
  jsonReply,
  page,
  redirect,
  refused,
  tag,
} from './authenticator-page.ts';

const base64url = (most: number): z.ZodString =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/)
    .max(most);

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

/** Steps that a script or another provider takes part in. */
export const authenticatorKeyRoutes: readonly Route[] = [
  passkeyOptions,
  passkey,
  upstreamBegin,
  upstreamAnswer,
];
