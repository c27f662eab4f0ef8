// Scan to log in, on the screen that logs in: the picture, how far it is, and going on.
import QRCode from 'qrcode';
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import { beginScan, pollScan, takeScan } from '../identity/login/scan.ts';
import { renderScan } from '../web/pages/interaction-scan.ts';
import { browserOf, placeOf } from './caller-words.ts';
import { afterFactor } from './interaction-flow.ts';
import { interactionPolicy, sourceOf, stepOfInteraction } from './interaction-guard.ts';
import { pageOf, strangerFrame } from './interaction-show.ts';
import { jsonReplies } from './interactions-keys.ts';
import {
  formToken,
  leadingTo,
  loginTag,
  page,
  refusedOnPage,
  stepReplies,
  uidParams,
} from './interactions.ts';
import { html, json } from './reply.ts';
import { formBody, jsonBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { factorThrough } from './strategies.ts';

const scanId = z.string().regex(/^scn_[0-9a-f]{32}$/);

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
      floor: details.floor,
      shown: {
        client: details.client.name,
        place: placeOf(sourceOf(services, call.request).address, services.login.places),
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
      const [first, ...more] = await factorThrough('scan', () =>
        takeScan(services.login.doors, { boundTo: details.uid, id: call.body.id }),
      );
      if (first === undefined) throw new IdentityError('scan-refused', 'The phone showed nothing.');
      return leadingTo(await afterFactor(services, call.request, details, first, ...more));
    } catch (error) {
      return refusedOnPage(services, call.request, details, error, { open: 'scan' });
    }
  },
});

export const interactionScanRoutes: readonly Route[] = [begin, status, finish];
