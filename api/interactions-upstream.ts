// Login at another OpenID Provider: there, back at its own callback, and on in the interaction it began in.
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import { consumeChallenge, makeChallenge } from '../identity/login/challenges.ts';
import { finishUpstream, type UpstreamClaims } from '../identity/login/upstream.ts';
import { afterFactor } from './interaction-flow.ts';
import { interactionOf, stepOfInteraction } from './interaction-guard.ts';
import {
  formToken,
  leadingTo,
  loginTag,
  page,
  refusedOnPage,
  stepReplies,
  uidParams,
} from './interactions.ts';
import { loginCookie, setLoginCookie } from './login-cookies.ts';
import { seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { factorThrough } from './strategies.ts';

const providerName = z.string().regex(/^[a-z0-9-]{1,30}$/);
const awaySeconds = 600;

/** Between the callback and the page that goes on with it. */
export const answerSchema = z.strictObject({
  provider: z.string(),
  claims: z.strictObject({
    issuer: z.string(),
    subject: z.string(),
    acr: z.string().nullable(),
    amr: z.array(z.string()),
    authTime: z.number().nullable(),
  }),
});

const begin = route({
  method: 'post',
  path: '/interaction/{uid}/upstream/{name}',
  tag: loginTag,
  summary: 'To another OpenID Provider',
  access: page,
  params: uidParams.extend({ name: providerName }),
  body: formBody(z.object({ formToken })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    try {
      const { location, handle } = await services.login.upstreams.begin(call.params.name, {
        boundTo: details.uid,
        purpose: 'login',
        maxAge: details.fresh ? 0 : details.maxAge,
      });
      return seeOther(location, { 'Set-Cookie': setLoginCookie(services, 'away', handle, awaySeconds) });
    } catch (error) {
      return refusedOnPage(services, call.request, details, error, { open: 'upstream' });
    }
  },
});

const callback = route({
  method: 'get',
  path: '/upstream/{name}/callback',
  tag: loginTag,
  summary: 'Back from another OpenID Provider',
  access: page,
  params: z.object({ name: providerName }),
  query: z.looseObject({}),
  replies: stepReplies,
  async handle(services, call) {
    const handle = loginCookie(services, call.request, 'away') ?? '';
    const query = (call.request.url ?? '').split('?').slice(1).join('?').slice(0, 8000);
    const returned = await services.login.upstreams.finish(call.params.name, { query, handle });
    const { boundTo, purpose, provider, claims } = returned;
    const { nonce } = await makeChallenge(services, {
      kind: 'upstream-answer',
      boundTo,
      seconds: 60,
      payload: JSON.stringify({ provider: provider.name, claims }),
    });
    const on =
      purpose === 'login' ? `/interaction/${boundTo}/upstream-answer` : '/my/authenticators/upstream-answer';
    return seeOther(`${on}?answer=${nonce}`, { 'Set-Cookie': setLoginCookie(services, 'away', '', 0) });
  },
});

const answer = route({
  method: 'get',
  path: '/interaction/{uid}/upstream-answer',
  tag: loginTag,
  summary: 'Goes on after another OpenID Provider',
  access: page,
  params: uidParams,
  query: z.object({ answer: z.string().max(60) }),
  replies: stepReplies,
  async handle(services, call) {
    const details = await interactionOf(services, call.request, call.params.uid);
    try {
      const factor = await factorThrough('upstream', async () => {
        const payload = await consumeChallenge(services, {
          kind: 'upstream-answer',
          nonce: call.query.answer,
          boundTo: details.uid,
        });
        const { provider: name, claims } = answerSchema.parse(JSON.parse(payload));
        const provider = services.login.upstreams.providers.find((each) => each.name === name);
        if (provider === undefined) {
          throw new IdentityError('method-not-available', 'There is no such provider any more.');
        }
        const known: UpstreamClaims = claims;
        return finishUpstream(services.login.doors, provider, known, {
          freshWithin: details.fresh ? 0 : details.maxAge,
        });
      });
      return leadingTo(await afterFactor(services, call.request, details, factor));
    } catch (error) {
      return refusedOnPage(services, call.request, details, error, { open: 'upstream' });
    }
  },
});

export const interactionUpstreamRoutes: readonly Route[] = [begin, callback, answer];
