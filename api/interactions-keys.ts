// Steps of a login with keys: passkeys, certificate challenge, and the fallback by mutual TLS.
import type { IncomingMessage } from 'node:http';
import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import {
  beginCertificate,
  beginCertificateTls,
  finishCertificate,
  finishCertificateTls,
} from '../identity/login/certificate.ts';
import type { Factor } from '../identity/login/parts.ts';
import { beginPasskeyLogin, finishPasskeyLogin } from '../identity/login/passkey.ts';
import { tlsPath } from './certificate-tls-server.ts';
import { afterFactor } from './interaction-flow.ts';
import { interactionOf, sourceOf, stepOfInteraction } from './interaction-guard.ts';
import { problemWords } from './interaction-words.ts';
import {
  formToken,
  leadingTo,
  loginTag,
  page,
  refusedOnPage,
  stepReplies,
  uidParams,
} from './interactions.ts';
import { json, seeOther, type Reply } from './reply.ts';
import { formBody, jsonBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { factorThrough } from './strategies.ts';

export const jsonReplies = [
  { status: 200, description: 'For the page’s script.', content: { 'application/json': z.looseObject({}) } },
] as const;

const base64url = (most: number): z.ZodString =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/)
    .max(most);

/** What a browser answers to a WebAuthn request, in the JSON of WebAuthn level 3. */
export const passkeyAnswer = z.looseObject({
  id: base64url(1400),
  rawId: base64url(1400),
  type: z.literal('public-key'),
  response: z.looseObject({
    clientDataJSON: base64url(8000),
    authenticatorData: base64url(8000),
    signature: base64url(8000),
    userHandle: base64url(200).optional(),
  }),
  clientExtensionResults: z.looseObject({}).default({}),
});

/** The answer as the library's types have it. */
export function authenticationAnswer(answer: z.output<typeof passkeyAnswer>): AuthenticationResponseJSON {
  const { id, rawId, type, response } = answer;
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  return {
    id,
    rawId,
    type,
    response: {
      clientDataJSON,
      authenticatorData,
      signature,
      ...(userHandle === undefined ? {} : { userHandle }),
    },
    clientExtensionResults: {},
  };
}

/** For scripts: where to go, or what did not hold. */
export function scriptProblem(error: unknown): Reply {
  const said = problemWords(error);
  if (said === null) throw error;
  return json(said.status, { problem: said.words, wait: said.wait });
}

async function triedByScript(
  services: Services,
  request: IncomingMessage,
  step: { readonly uid: string; readonly formToken: string },
  method: string,
  ask: (boundTo: string, client: string) => Promise<Factor>,
): Promise<Reply> {
  const details = await stepOfInteraction(services, request, step);
  try {
    const factor = await factorThrough(method, () => ask(details.uid, details.client.id));
    const next = await afterFactor(services, request, details, factor);
    return json(200, { location: next.location }, next.headers);
  } catch (error) {
    return scriptProblem(error);
  }
}

const passkeyOptions = route({
  method: 'post',
  path: '/interaction/{uid}/passkey-options',
  tag: loginTag,
  summary: 'Begins a login with a passkey',
  access: page,
  params: uidParams,
  body: jsonBody(z.strictObject({ formToken })),
  replies: jsonReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    return json(200, await beginPasskeyLogin(services.login.doors, { boundTo: details.uid }));
  },
});

const passkey = route({
  method: 'post',
  path: '/interaction/{uid}/passkey',
  tag: loginTag,
  summary: 'The passkey’s answer',
  access: page,
  params: uidParams,
  body: jsonBody(z.strictObject({ formToken, answer: passkeyAnswer })),
  replies: jsonReplies,
  handle: (services, call) =>
    triedByScript(services, call.request, { ...call.params, ...call.body }, 'passkey', (boundTo) =>
      finishPasskeyLogin(services.login.doors, sourceOf(services, call.request), {
        boundTo,
        response: authenticationAnswer(call.body.answer),
      }),
    ),
});

const certificateChallenge = route({
  method: 'post',
  path: '/interaction/{uid}/certificate-challenge',
  tag: loginTag,
  summary: 'Begins a login with a certificate',
  access: page,
  params: uidParams,
  body: jsonBody(z.strictObject({ formToken })),
  replies: jsonReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const { nonce, expires } = await beginCertificate(services.login.doors, details.uid);
    return json(200, { nonce, client: details.client.id, interaction: details.uid, expires });
  },
});

const certificate = route({
  method: 'post',
  path: '/interaction/{uid}/certificate',
  tag: loginTag,
  summary: 'The certificate’s answer',
  access: page,
  params: uidParams,
  body: jsonBody(
    z.strictObject({
      formToken,
      nonce: base64url(60),
      certificate: z.base64().max(24_000),
      algorithm: z.enum(['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519', 'SM2SM3']),
      signature: z.base64().max(8000),
    }),
  ),
  replies: jsonReplies,
  handle: (services, call) =>
    triedByScript(
      services,
      call.request,
      { ...call.params, ...call.body },
      'certificate',
      (boundTo, client) =>
        finishCertificate(
          services.login.doors,
          sourceOf(services, call.request),
          { boundTo, client, origin: services.address },
          {
            nonce: call.body.nonce,
            algorithm: call.body.algorithm,
            certificate: new Uint8Array(Buffer.from(call.body.certificate, 'base64')),
            signature: new Uint8Array(Buffer.from(call.body.signature, 'base64')),
          },
        ),
    ),
});

const certificateTls = route({
  method: 'post',
  path: '/interaction/{uid}/certificate-tls',
  tag: loginTag,
  summary: 'To the host name with TLS client authentication',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const { tlsOrigin, doors } = services.login;
    if (tlsOrigin === null) {
      throw new IdentityError(
        'method-not-available',
        'There is no host name with TLS client authentication.',
      );
    }
    const ticket = await beginCertificateTls(doors, details.uid);
    return seeOther(`${tlsOrigin}${tlsPath}?ticket=${ticket}`);
  },
});

const certificateTlsAnswer = route({
  method: 'get',
  path: '/interaction/{uid}/certificate-tls-answer',
  tag: loginTag,
  summary: 'Back from the host name with TLS client authentication',
  access: page,
  params: uidParams,
  query: z.object({ answer: base64url(60) }),
  replies: stepReplies,
  async handle(services, call) {
    // Bound to the interaction of this very browser: an answer fetched by somebody else opens nothing.
    const details = await interactionOf(services, call.request, call.params.uid);
    try {
      const factor = await factorThrough('certificate-tls', () =>
        finishCertificateTls(services.login.doors, details.uid, call.query.answer),
      );
      return leadingTo(await afterFactor(services, call.request, details, factor));
    } catch (error) {
      return refusedOnPage(services, call.request, details, error, { open: 'certificate' });
    }
  },
});

export const interactionKeyRoutes: readonly Route[] = [
  passkeyOptions,
  passkey,
  certificateChallenge,
  certificate,
  certificateTls,
  certificateTlsAnswer,
];
