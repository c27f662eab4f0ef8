// The holder's pages of 亮证: the code on the screen, the question, who looked.
import { z } from 'zod';
import type { PageSession } from '../identity/page-sessions.ts';
import { looksOfHolder } from '../licenses/looks.ts';
import { typesOfHolder } from '../licenses/search.ts';
import { codeMatrix, codeSvg } from '../licenses/code-picture.ts';
import {
  answerClaim,
  endShowing,
  numbersToChooseFrom,
  renewPicture,
  showLicenses,
  shownHere,
  type Showing,
} from '../licenses/presentation.ts';
import type { LivePicture } from '../licenses/live-code.ts';
import { receiptOfShowing } from '../licenses/presentation-answer.ts';
import type { Claim } from '../licenses/presentation-store.ts';
import { groupedDigits } from '../formats/qr/live-code.ts';
import { Html } from '../web/html.ts';
import { renderLooks } from '../web/pages/looks.ts';
import { renderShowing, renderShowingState, type ShowingClaim } from '../web/pages/showing.ts';
import { holderOf } from './holder.ts';
import { ownReading } from './license-copies.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { bytes, html, json, seeOther } from './reply.ts';
import { formBody, jsonBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { namesOf, showingParams, type Names } from './showing-answers.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const formToken = z.string().max(100);
const scriptBody = jsonBody(z.strictObject({ formToken }));

/** The login session is the device: another browser of the same person neither renews nor agrees. */
async function showingOf(services: Services, session: PageSession): Promise<Showing> {
  const { principal, login } = session;
  return {
    actor: principal,
    purpose: '持证人亮证',
    holder: await holderOf(services, principal),
    device: `session ${login.session}`,
  };
}

function svgOf({ code }: LivePicture): string {
  return codeSvg(codeMatrix(code));
}

const show = route({
  method: 'post',
  path: '/my/showings',
  tag,
  summary: 'Show licenses 亮证',
  access: page,
  body: formBody(
    z.object({ formToken, licenses: z.string().regex(/^lic_[0-9a-f]{32}( lic_[0-9a-f]{32}){0,4}$/) }),
  ),
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const by = await showingOf(services, session);
    const ids = call.body.licenses.split(' ');
    const picture = await showLicenses(services.licenses, by, ids);
    const names = await namesOf(services);
    const types = await typesOfHolder(services.licenses, by);
    return html(
      200,
      renderShowing(frameOf(services, session), {
        id: picture.id,
        picture: new Html(svgOf(picture)),
        spoken: groupedDigits(picture.spoken),
        seconds: secondsLeft(services, picture.until),
        licenses: [...types].filter(([id]) => ids.includes(id)).map(([, type]) => names.type(type)),
      }),
    );
  },
});

const renew = route({
  method: 'post',
  path: '/my/showings/{id}/renewal',
  tag,
  summary: 'The next code of the screen',
  access: page,
  params: showingParams,
  body: scriptBody,
  replies: [{ status: 200, description: 'Renewed.', content: { 'application/json': z.object({}).loose() } }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const by = await showingOf(services, session);
    const picture = await renewPicture(services.licenses, by, call.params.id);
    return json(200, {
      picture: svgOf(picture),
      spoken: groupedDigits(picture.spoken),
      seconds: secondsLeft(services, picture.until),
    });
  },
});

const state = route({
  method: 'post',
  path: '/my/showings/{id}/state',
  tag,
  summary: 'Whether the code was claimed',
  access: page,
  params: showingParams,
  body: scriptBody,
  replies: [{ status: 200, description: 'State.', content: { 'application/json': z.object({}).loose() } }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const showing = await shownHere(services.licenses, await showingOf(services, session), call.params.id);
    return json(200, { state: showing.state });
  },
});

/** Told as a length of time: the clock of who reads it may be wrong. */
function secondsLeft(services: Services, until: Date): number {
  return Math.max(0, Math.floor((until.getTime() - services.clock().getTime()) / 1000));
}

/** A claim in words. @param type code of the license's type */
export function claimInWords(services: Services, claim: Claim, names: Names, type: string): ShowingClaim {
  return {
    department: names.department(claim.department),
    matter: names.matter(claim.matter),
    caseNumber: claim.caseNumber,
    license: names.type(type),
    fields: claim.fields.map((name) => names.field(name)),
    claimedAt: claim.claimedAt.toISOString(),
    seconds: secondsLeft(services, claim.until),
  };
}

const look = route({
  method: 'get',
  path: '/my/showings/{id}',
  tag,
  summary: 'Who asks to see what, and what came of it',
  access: page,
  params: showingParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const by = await showingOf(services, session);
    const showing = await shownHere(services.licenses, by, call.params.id);
    const { claim } = showing;
    const names = await namesOf(services);
    const types = await typesOfHolder(services.licenses, by);
    const type = types.get(claim?.license ?? '') ?? '';
    return html(
      200,
      renderShowingState(frameOf(services, session), {
        id: showing.id,
        state: showing.state,
        reason: showing.reason,
        licenses: showing.licenses,
        claim: claim === null ? null : claimInWords(services, claim, names, type),
        numbers:
          claim === null || showing.state !== 'claimed'
            ? []
            : numbersToChooseFrom(services.licenses, showing.id, claim.matchNumber),
      }),
    );
  },
});

const answer = route({
  method: 'post',
  path: '/my/showings/{id}/answer',
  tag,
  summary: 'Agree by the number at the desk, or decline',
  access: page,
  params: showingParams,
  body: formBody(z.object({ formToken, number: z.coerce.number().int().min(0).max(99) })),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { number } = call.body;
    const said = number === 0 ? ({ agree: false } as const) : ({ agree: true, number } as const);
    await answerClaim(services.licenses, await showingOf(services, session), call.params.id, said);
    return seeOther(`/my/showings/${call.params.id}`);
  },
});

const end = route({
  method: 'post',
  path: '/my/showings/{id}/end',
  tag,
  summary: 'Put the code away',
  access: page,
  params: showingParams,
  body: formBody(z.object({ formToken })),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await endShowing(services.licenses, await showingOf(services, session), call.params.id);
    return seeOther('/my');
  },
});

const receipt = route({
  method: 'get',
  path: '/my/showings/{id}/receipt',
  tag,
  summary: 'The receipt of what was shown',
  access: page,
  params: showingParams,
  replies: [{ status: 200, description: 'JWS.', content: { 'application/jwt': 'binary' } }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const reading = await ownReading(services, session.principal);
    const text = await receiptOfShowing(services.licenses, reading, call.params.id);
    return bytes('application/jwt', text, {
      'Content-Disposition': `attachment; filename="${call.params.id}.jwt"`,
    });
  },
});

const looks = route({
  method: 'get',
  path: '/my/license-looks',
  tag,
  summary: 'Who looked at one’s licenses, when and what for',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const names = await namesOf(services);
    const found = await looksOfHolder(services.licenses, await ownReading(services, session.principal));
    return html(
      200,
      renderLooks(frameOf(services, session), {
        claims: found.claims.map(({ showing, claim, typeCode }) => ({
          id: showing.id,
          state: showing.state,
          reason: showing.reason,
          claim: claimInWords(services, claim, names, typeCode),
        })),
        readings: found.readings.map((reading) => ({
          at: reading.at.toISOString(),
          department: reading.department === null ? null : names.department(reading.department),
          what: reading.what,
          license: names.type(reading.typeCode),
          purpose: reading.purpose,
        })),
      }),
    );
  },
});

export const showingPageRoutes: readonly Route[] = [show, look, renew, state, answer, end, receipt, looks];
