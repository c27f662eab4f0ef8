// Scan to log in: the picture on one screen, the confirmation on a phone.
import type { IncomingMessage } from 'node:http';
import QRCode from 'qrcode';
import { z } from 'zod';
import { finishPasskeyLogin, beginPasskeyLogin } from '../identity/login/passkey.ts';
import {
  answerScan,
  beginScan,
  openScan,
  pollScan,
  requireScanned,
  takeScan,
} from '../identity/login/scan.ts';
import { renderScan, renderScanDone, renderScanPhone } from '../web/pages/interaction-scan.ts';
import { browserOf, placeOf } from './caller-words.ts';
import { afterFactor } from './interaction-flow.ts';
import {
  interactionPolicy,
  requireOwnPage,
  requireSameToken,
  sourceOf,
  stepOfInteraction,
} from './interaction-guard.ts';
import { pageOf, strangerFrame } from './interaction-show.ts';
import { authenticationAnswer, jsonReplies, passkeyAnswer, scriptProblem } from './interactions-keys.ts';
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
import { html, json, type Reply } from './reply.ts';
import { formBody, jsonBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { factorThrough } from './strategies.ts';

const phoneSeconds = 600;
const scanId = z.string().regex(/^scn_[0-9a-f]{32}$/);
const scanParams = z.object({ id: scanId });

/** The picture of an address, black on white with its quiet zone. */
async function pictureOf(services: Services, code: string): Promise<string> {
  return QRCode.toString(`${services.address}/scan/${code}`, {
    type: 'svg',
    errorCorrectionLevel: 'M',
    margin: 2,
  });
}

const begin = route({
  method: 'post',
  path: '/interaction/{uid}/scan',
  tag: loginTag,
  summary: 'Shows a picture to scan',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const picture = await beginScan(services.login.doors, {
      boundTo: details.uid,
      shown: {
        client: details.client.name,
        place: placeOf(sourceOf(services, call.request).address),
        browser: browserOf(call.request.headers['user-agent']),
      },
    });
    const text = renderScan(strangerFrame(services), {
      ...pageOf(services, details),
      id: picture.id,
      number: picture.number,
      picture: await pictureOf(services, picture.code),
    });
    return html(200, text, interactionPolicy(services, details));
  },
});

const status = route({
  method: 'post',
  path: '/interaction/{uid}/scan-status',
  tag: loginTag,
  summary: 'How far a scan is',
  access: page,
  params: uidParams,
  body: jsonBody(z.strictObject({ formToken, id: scanId })),
  replies: jsonReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    const poll = await pollScan(services.login.doors, { boundTo: details.uid, id: call.body.id });
    if (poll.state !== 'waiting') return json(200, { state: poll.state });
    const picture = poll.picture === null ? null : await pictureOf(services, poll.picture.code);
    return json(200, { state: 'waiting', picture });
  },
});

const finish = route({
  method: 'post',
  path: '/interaction/{uid}/scan-finish',
  tag: loginTag,
  summary: 'Goes on after the phone confirmed',
  access: page,
  params: uidParams,
  body: formBody(z.object({ formToken, id: scanId })),
  replies: stepReplies,
  async handle(services, call) {
    const details = await stepOfInteraction(services, call.request, { ...call.params, ...call.body });
    try {
      const factor = await factorThrough('scan', () =>
        takeScan(services.login.doors, { boundTo: details.uid, id: call.body.id }),
      );
      return leadingTo(await afterFactor(services, call.request, details, factor));
    } catch (error) {
      return refusedOnPage(services, call.request, details, error, { open: 'scan' });
    }
  },
});

/** The token of the phone's form: for this scan and this phone alone. */
function phoneToken(services: Services, id: string, phone: string): string {
  return services.index.of('scan-form', `${id} ${phone}`).replace(/^.*:/, '');
}

const open = route({
  method: 'get',
  path: '/scan/{code}',
  tag: loginTag,
  summary: 'What the picture opens on a phone',
  access: page,
  params: z.object({ code: z.string().regex(/^[A-Za-z0-9_-]{22}$/) }),
  replies: [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }],
  async handle(services, call) {
    const opened = await openScan(services.login.doors, sourceOf(services, call.request), {
      code: call.params.code,
      phone: loginCookie(services, call.request, 'phone'),
    });
    const text = renderScanPhone(strangerFrame(services), {
      id: opened.id,
      formToken: phoneToken(services, opened.id, opened.phone),
      client: opened.shown.client,
      place: opened.shown.place,
      browser: opened.shown.browser,
      numbers: opened.numbers,
      problem: null,
    });
    return html(200, text, {
      ...interactionPolicy(services, null),
      'Set-Cookie': setLoginCookie(services, 'phone', opened.phone, phoneSeconds),
    });
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
      await answerScan(doors, { id, phone, number: call.body.number, factor });
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
      await answerScan(services.login.doors, { id, phone, number: null, factor: null });
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

export const interactionScanRoutes: readonly Route[] = [
  begin,
  status,
  finish,
  open,
  phoneOptions,
  phoneAnswer,
  phoneRefuse,
  phoneDone,
];
