// Pages of changes that two persons decide: what one officer asked for, and what the other makes of it.
import { z } from 'zod';
import { readLicense } from '../licenses/access.ts';
import { approveChange, endRequest } from '../licenses/change-decision.ts';
import { readRequest } from '../licenses/change-request.ts';
import { eventWords } from '../licenses/license.ts';
import { renderLicenseRequest } from '../web/pages/license-request.ts';
import { deskSession } from './license-desk-pages.ts';
import { factsOfAsked, requestChips, requestStateWords } from './license-desk-words.ts';
import { frameOf, requireFormToken } from './pages.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { shownActors } from './shown-actors.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const requestParams = z.object({ id: z.string().regex(/^lcr_[0-9a-f]{32}$/) });
const token = { formToken: z.string().max(100) };

const request = route({
  method: 'get',
  path: '/office/license-requests/{id}',
  tag,
  summary: 'One change request',
  access: page,
  params: requestParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    const { principal } = session;
    const found = await readRequest(services.licenses, principal, call.params.id);
    const reading = { actor: principal, purpose: '审批证照变更' };
    const license = await readLicense(services.licenses, reading, found.license);
    const own = found.requestedBy === principal.id;
    const shown = await shownActors(services, principal.department, [found.requestedBy, found.decidedBy]);
    const waits = found.state === 'waiting';
    const again = found.state === 'approved' && found.decidedBy === principal.id;
    return html(
      200,
      renderLicenseRequest(frameOf(services, session), {
        id: found.id,
        license: found.license,
        change: eventWords(found.change),
        state: {
          words: requestStateWords[found.state],
          chip: requestChips[found.state],
        },
        facts: [
          { label: { zh: '证照', en: 'License' }, value: `${license.typeName} ${license.number}` },
          { label: { zh: '持证主体', en: 'Holder' }, value: license.holder.name },
          ...factsOfAsked(found, shown),
        ],
        mayApprove: (waits && !own) || again,
        ending: !waits ? null : own ? 'withdraw' : 'reject',
      }),
    );
  },
});

const approve = route({
  method: 'post',
  path: '/office/license-requests/{id}/approval',
  tag,
  summary: 'Approve a change as its second person',
  access: page,
  params: requestParams,
  body: formBody(z.object(token)),
  replies: redirect,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await approveChange(services.licenses, session.principal, call.params.id);
    return seeOther(`/office/license-requests/${call.params.id}`);
  },
});

const reject = route({
  method: 'post',
  path: '/office/license-requests/{id}/rejection',
  tag,
  summary: 'Reject a change, or withdraw the own request',
  access: page,
  params: requestParams,
  body: formBody(z.object({ ...token, reason: z.string().trim().min(1).max(200) })),
  replies: redirect,
  async handle(services, call) {
    const session = await deskSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await endRequest(services.licenses, session.principal, call.params.id, call.body.reason);
    return seeOther(`/office/license-requests/${call.params.id}`);
  },
});

export const licenseRequestPageRoutes: readonly Route[] = [request, approve, reject];
