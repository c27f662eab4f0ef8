// Pages of revealing a license: an officer says why, and sees it in full on the answer, which nobody keeps.
import { z } from 'zod';
import type { PageSession } from '../identity/page-sessions.ts';
import { readLicense, revealLicense, type LicenseDetails } from '../licenses/access.ts';
import { renderReveal, type RevealPage } from '../web/pages/license-reveal.ts';
import { typeNames } from './license-cards.ts';
import { licenseParams } from './licenses.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { html, type Reply } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;

async function shown(
  services: Services,
  session: PageSession,
  license: LicenseDetails,
  reason: string | null,
): Promise<Reply> {
  const names = await typeNames(services);
  const lines: RevealPage['lines'] = [
    { label: { zh: '持证主体', en: 'Holder' }, value: license.holder.name },
    { label: { zh: '主体代码', en: 'Number of the holder' }, value: license.holder.code },
    { label: { zh: '证照编号', en: 'Number' }, value: license.number },
    ...license.face.map(({ label, englishLabel, value }) => ({
      label: { zh: label, en: englishLabel },
      value,
    })),
  ];
  const typeName = { zh: license.typeName, en: names.get(license.typeCode) ?? '' };
  return html(200, renderReveal(frameOf(services, session), { id: license.id, typeName, lines, reason }));
}

const ask = route({
  method: 'get',
  path: '/licenses/{id}/reveal',
  tag,
  summary: 'A license, masked, and the question why it is needed in full',
  access: page,
  params: licenseParams,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const reading = { actor: session.principal, purpose: '工作台查看' };
    return shown(services, session, await readLicense(services.licenses, reading, call.params.id), null);
  },
});

const reveal = route({
  method: 'post',
  path: '/licenses/{id}/reveal',
  tag,
  summary: 'A license in full, for a reason that goes on record',
  access: page,
  params: licenseParams,
  body: formBody(z.object({ formToken: z.string().max(100), reason: z.string().trim().min(2).max(200) })),
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { reason } = call.body;
    const reading = { actor: session.principal, purpose: reason };
    return shown(services, session, await revealLicense(services.licenses, reading, call.params.id), reason);
  },
});

export const licenseRevealPageRoutes: readonly Route[] = [ask, reveal];
