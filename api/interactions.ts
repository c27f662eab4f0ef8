// Steps of a login at /interaction/{uid}: shown, name and password, codes, sample accounts, whom to act for, consent, and the way out.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import type { InteractionDetails } from '../identity/interaction-port.ts';
import { chooseDemonstrationAccount } from '../identity/login/demonstration.ts';
import { checkAccountPassword, checkPassword } from '../identity/login/password.ts';
import { dropProgress, progressOf } from '../identity/login/progress.ts';
import { checkLoginCode, requestLoginCode, requestSecondCode } from '../identity/login/sms.ts';
import { checkTotp } from '../identity/login/totp.ts';
import type { Factor } from '../identity/login/parts.ts';
import { decisionOf } from './interaction-consent.ts';
import { afterFactor, type NextStep } from './interaction-flow.ts';
import { interactionOf, sourceOf, stepOfInteraction } from './interaction-guard.ts';
import { showInteraction, type Shown } from './interaction-show.ts';
import { problemWords } from './interaction-words.ts';
import { seeOther, type Reply } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { factorThrough } from './strategies.ts';

export const loginTag = '登录 Signing in';
export const page = { kind: 'page' } as const;
export const uidParams = z.object({ uid: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/) });
export const formToken = z.string().max(100);
export const stepReplies = [
  { status: 303, description: 'On to the next step.', content: {} },
  { status: 200, description: 'Page.', content: { 'text/html': 'binary' } },
] as const;

const show = route({
  method: 'get',
  path: '/interaction/{uid}',
  tag: loginTag,
  summary: 'A login, as it stands',
  access: page,
  params: uidParams,
  replies: [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }],
  async handle(services, call) {
    const details = await interactionOf(services, call.request, call.params.uid);
    return showInteraction(services, call.request, details);
  },
});

/**
 * Shows one factor through its strategy and goes on. What did not hold is said on the page, and nothing else is: the
 * interaction stays where it was.
 */
async function tried(
  services: Services,
  request: IncomingMessage,
  details: InteractionDetails,
  method: string,
  ask: () => Promise<Factor>,
  shown: Omit<Shown, 'problem' | 'status'> = {},
): Promise<Reply> {
  try {
    const factor = await factorThrough(method, ask);
    return leadingTo(await afterFactor(services, request, details, factor));
  } catch (error) {
    return refusedOnPage(services, request, details, error, { open: method, ...shown });
  }
}

/** The page again, with what did not work. @throws whatever is no refusal of a person's own doing. */
export async function refusedOnPage(
  services: Services,
  request: IncomingMessage,
  details: InteractionDetails,
  error: unknown,
  shown: Omit<Shown, 'problem' | 'status'> = {},
): Promise<Reply> {
  const said = problemWords(error);
  if (said === null) throw error;
  const reply = await showInteraction(services, request, details, {
    ...shown,
    status: said.status,
    problem: { words: said.words, wait: said.wait },
  });
  return said.wait === null
    ? reply
    : { ...reply, headers: { ...reply.headers, 'Retry-After': String(said.wait) } };
}

export function leadingTo(next: NextStep): Reply {
  return seeOther(next.location, next.headers);
}

const password = route({
  method: 'post',
  path: '/interaction/{uid}/password',
  tag: loginTag,
  summary: 'Name and password',
  access: page,
  params: uidParams,
  body: formBody(
    z.object({
      formToken,
      name: z.string().max(200).optional(),
      // Longer than any that can be set: what is typed wrong is refused as wrong.
      password: z.string().max(2000),
    }),
  ),
  replies: stepReplies,
  async handle(services, call) {
    const { name = '', password: typed } = call.body;
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const progress = await progressOf(services, details.uid);
    const source = sourceOf(services, call.request);
    return tried(
      services,
      call.request,
      details,
      'password',
      () =>
        progress === null || progress.complete
          ? checkPassword(services.login.doors, source, { name, password: typed })
          : checkAccountPassword(services.login.doors, source, {
              account: progress.account,
              password: typed,
            }),
      { name: name.slice(0, 100) },
    );
  },
});

const totp = route({
  method: 'post',
  path: '/interaction/{uid}/totp',
  tag: loginTag,
  summary: 'Code of an app, as the second factor',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken, code: z.string().trim().max(20) })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    return tried(services, call.request, details, 'totp', async () =>
      checkTotp(services.login.doors, await accountShown(services, details), call.body.code),
    );
  },
});

/** @throws IdentityError `login-refused` where nothing was shown before. */
async function accountShown(services: Services, details: InteractionDetails): Promise<string> {
  const progress = await progressOf(services, details.uid);
  if (progress === null) throw new IdentityError('login-refused', 'Show another factor first.');
  return progress.account;
}

const smsRequest = route({
  method: 'post',
  path: '/interaction/{uid}/sms-request',
  tag: loginTag,
  summary: 'Sends a code to a telephone',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken, telephone: z.string().max(60).optional() })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const source = sourceOf(services, call.request);
    const { doors } = services.login;
    const { telephone } = call.body;
    try {
      const send =
        telephone === undefined
          ? (
              await requestSecondCode(doors, source, {
                account: await accountShown(services, details),
                boundTo: details.uid,
              })
            ).send
          : await requestLoginCode(doors, source, { telephone, boundTo: details.uid });
      const shown = await showInteraction(services, call.request, details, { codeSent: true, open: 'sms' });
      // Handed over after the answer is made: how long a gateway takes tells nobody whether there was a message.
      services.login.later(send);
      return shown;
    } catch (error) {
      return refusedOnPage(services, call.request, details, error, { open: 'sms' });
    }
  },
});

const sms = route({
  method: 'post',
  path: '/interaction/{uid}/sms',
  tag: loginTag,
  summary: 'Code from a text message',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken, code: z.string().trim().max(20) })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const progress = await progressOf(services, details.uid);
    const account = progress === null || progress.complete ? null : progress.account;
    return tried(
      services,
      call.request,
      details,
      'sms',
      () =>
        checkLoginCode(services.login.doors, sourceOf(services, call.request), {
          boundTo: details.uid,
          code: call.body.code,
          account,
        }),
      { codeSent: true },
    );
  },
});

const demonstration = route({
  method: 'post',
  path: '/interaction/{uid}/demonstration',
  tag: loginTag,
  summary: 'A sample account, in the demonstration only',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken, account: z.string().max(60) })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const accounts = services.login.demonstrationAccounts.map(({ account }) => account);
    return tried(services, call.request, details, 'demonstration', () =>
      chooseDemonstrationAccount(services.login.doors, { accounts, account: call.body.account }),
    );
  },
});

const restart = route({
  method: 'post',
  path: '/interaction/{uid}/restart',
  tag: loginTag,
  summary: 'Begins the login again',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    await dropProgress(services, details.uid);
    return seeOther(`/interaction/${details.uid}`);
  },
});

const acting = route({
  method: 'post',
  path: '/interaction/{uid}/acting',
  tag: loginTag,
  summary: 'Whom to act for',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken, actingFor: z.string().max(60) })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const actingFor = call.body.actingFor === '' ? null : call.body.actingFor;
    if (details.prompt !== 'select-acting') {
      throw new IdentityError('interaction-not-found', 'Whom to act for is not asked here.');
    }
    try {
      return seeOther(await services.interactions.finishActing(call.request, actingFor));
    } catch (error) {
      return refusedOnPage(services, call.request, details, error);
    }
  },
});

const consent = route({
  method: 'post',
  path: '/interaction/{uid}/consent',
  tag: loginTag,
  summary: 'Consent, whole or in part',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken, decision: z.enum(['grant', 'refuse']) }).catchall(z.string().max(10))),
  replies: stepReplies,
  async handle(services, call) {
    const { formToken: token, decision, ...boxes } = call.body;
    const details = await stepOfInteraction(services, call.request, { ...call.params, formToken: token });
    if (decision === 'refuse' || details.consent === null) {
      return seeOther(await refused(services, call.request));
    }
    const granted = decisionOf(details.consent, boxes);
    return seeOther(await services.interactions.finishConsent(call.request, granted));
  },
});

function refused(services: Services, request: IncomingMessage): Promise<string> {
  return services.interactions.refuse(request, 'access_denied', 'The person refused.');
}

const refuse = route({
  method: 'post',
  path: '/interaction/{uid}/refuse',
  tag: loginTag,
  summary: 'Back to the client without a login',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    await dropProgress(services, details.uid);
    return seeOther(await refused(services, call.request));
  },
});

const unmet = route({
  method: 'post',
  path: '/interaction/{uid}/unmet',
  tag: loginTag,
  summary: 'Back to the client: the level was not reached',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    await dropProgress(services, details.uid);
    const location = await services.interactions.refuse(
      call.request,
      'unmet_authentication_requirements',
      'The level asked for was not reached.',
    );
    return seeOther(location);
  },
});

export const interactionRoutes: readonly Route[] = [
  show,
  password,
  totp,
  smsRequest,
  sms,
  demonstration,
  restart,
  acting,
  consent,
  refuse,
  unmet,
];
