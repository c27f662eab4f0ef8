// 亮证 for programs of holders: show, renew, look, answer, put away. Our own pages do the same (api/showing-pages.ts).
import { z } from 'zod';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import type { Principal } from '../identity/principal.ts';
import {
  answerClaim,
  claimsOfHolder,
  endShowing,
  renewPicture,
  showLicenses,
  shownHere,
  type Showing,
} from '../licenses/presentation.ts';
import { receiptOfShowing } from '../licenses/presentation-answer.ts';
import { holderOf } from './holder.ts';
import { bytes, json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import type { Services } from './services.ts';
import {
  namesOf,
  pictureAnswer,
  pictureTold,
  showingAnswer,
  showingParams,
  showingTold,
} from './showing-answers.ts';
import { principalOf } from './stamps.ts';

const tag = '亮证 Showing';
const access = withScope('licenses:own');
const key = z
  .string()
  .regex(/^[A-Za-z0-9_-]{22,64}$/)
  .describe('What the showing device was given, and nobody else has');
export const licenseId = z.string().regex(/^lic_[0-9a-f]{32}$/);

async function showingBy(services: Services, principal: Principal | null, device: string): Promise<Showing> {
  const actor = principalOf(principal);
  return { actor, purpose: '持证人亮证', holder: await holderOf(services, actor), device: `key ${device}` };
}

const show = route({
  method: 'post',
  path: '/api/v1/presentations',
  tag,
  summary: 'Show licenses of one’s own: a code that lives a minute, and ten digits. 亮证',
  access,
  body: jsonBody(z.strictObject({ licenses: z.array(licenseId).min(1).max(5) })),
  replies: [
    {
      status: 201,
      description: 'Shown. `key` comes back with everything this device says about it.',
      content: { 'application/json': pictureAnswer.extend({ key }) },
    },
  ],
  async handle(services, { principal, body }) {
    const device = encodeBase64url(services.random(24));
    const by = await showingBy(services, principal, device);
    const picture = await showLicenses(services.licenses, by, body.licenses);
    return json(201, { ...pictureTold(picture), key: device });
  },
});

const renew = route({
  method: 'post',
  path: '/api/v1/presentations/{id}/renewal',
  tag,
  summary: 'The next code; the one before is dead at once',
  access,
  params: showingParams,
  body: jsonBody(z.strictObject({ key })),
  replies: [{ status: 200, description: 'Renewed.', content: { 'application/json': pictureAnswer } }],
  async handle(services, { principal, params, body }) {
    const by = await showingBy(services, principal, body.key);
    return json(200, pictureTold(await renewPicture(services.licenses, by, params.id)));
  },
});

const look = route({
  method: 'post',
  path: '/api/v1/presentations/{id}/state',
  tag,
  summary: 'How a showing stands: who claims it, for which matter and case, which fields',
  access,
  params: showingParams,
  body: jsonBody(z.strictObject({ key })),
  replies: [{ status: 200, description: 'As it stands.', content: { 'application/json': showingAnswer } }],
  async handle(services, { principal, params, body }) {
    const by = await showingBy(services, principal, body.key);
    const showing = await shownHere(services.licenses, by, params.id);
    return json(200, showingTold(services, showing, await namesOf(services)));
  },
});

const answer = route({
  method: 'post',
  path: '/api/v1/presentations/{id}/answer',
  tag,
  summary: 'Agree to a claim by the number on the desk’s screen, or decline it; the wrong number declines',
  access,
  params: showingParams,
  body: jsonBody(
    z.discriminatedUnion('agree', [
      z.strictObject({ key, agree: z.literal(true), number: z.number().int().min(10).max(99) }),
      z.strictObject({ key, agree: z.literal(false) }),
    ]),
  ),
  replies: [{ status: 200, description: 'Answered.', content: { 'application/json': showingAnswer } }],
  async handle(services, { principal, params, body }) {
    const by = await showingBy(services, principal, body.key);
    const said = body.agree ? ({ agree: true, number: body.number } as const) : ({ agree: false } as const);
    const showing = await answerClaim(services.licenses, by, params.id, said);
    return json(200, showingTold(services, showing, await namesOf(services)));
  },
});

const end = route({
  method: 'post',
  path: '/api/v1/presentations/{id}/end',
  tag,
  summary: 'Put a code away; a claim that waits is declined',
  access,
  params: showingParams,
  body: jsonBody(z.strictObject({ key })),
  replies: [{ status: 200, description: 'Over.', content: { 'application/json': showingAnswer } }],
  async handle(services, { principal, params, body }) {
    const by = await showingBy(services, principal, body.key);
    await endShowing(services.licenses, by, params.id);
    const showing = await shownHere(services.licenses, by, params.id);
    return json(200, showingTold(services, showing, await namesOf(services)));
  },
});

const list = route({
  method: 'get',
  path: '/api/v1/presentations',
  tag,
  summary: 'Who claimed what one showed, when, for what, and what came of it',
  access,
  replies: [
    {
      status: 200,
      description: 'The newest 50.',
      content: { 'application/json': z.object({ presentations: z.array(showingAnswer) }) },
    },
  ],
  async handle(services, call) {
    const actor = principalOf(call.principal);
    const reading = { actor, purpose: '持证人查看', holder: await holderOf(services, actor) };
    const names = await namesOf(services);
    const found = await claimsOfHolder(services.licenses, reading);
    return json(200, {
      presentations: found.map((showing) => ({ ...showingTold(services, showing, names), numbers: [] })),
    });
  },
});

const receipt = route({
  method: 'get',
  path: '/api/v1/presentations/{id}/receipt',
  tag,
  summary: 'The receipt of what was shown, for its holder: a compact JWS',
  access,
  params: showingParams,
  replies: [{ status: 200, description: 'JWS.', content: { 'application/jwt': 'binary' } }],
  async handle(services, { principal, params }) {
    const actor = principalOf(principal);
    const reading = { actor, purpose: '持证人查看', holder: await holderOf(services, actor) };
    return bytes('application/jwt', await receiptOfShowing(services.licenses, reading, params.id));
  },
});

export const presentationRoutes: readonly Route[] = [show, list, renew, look, answer, end, receipt];
