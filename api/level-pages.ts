// Pages of a person: the level and how to raise it, and who looked.
import { z } from 'zod';
import { proofingsOf } from '../identity/accounts.ts';
import { rungs, type Rung } from '../identity/levels.ts';
import { personById, requirePerson } from '../identity/persons.ts';
import { proofByRegister, proofByWangzheng } from '../identity/proofing.ts';
import { whoLooked } from '../identity/who-looked.ts';
import { typesOfHolder } from '../licenses/search.ts';
import { renderLevel } from '../web/pages/people/level.ts';
import { renderLooks } from '../web/pages/people/looks.ts';
import { ownPlaces } from '../web/pages/people/places.ts';
import { holderOf } from './holder.ts';
import { levelOfAccount } from './people-level.ts';
import { placesFor } from './people-places.ts';
import { html, seeOther, type Reply } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';
import { sending, visiting, type Visit } from './people-visit.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const token = { formToken: z.string().max(100) };

const levelPage = route({
  method: 'get',
  path: '/my/level',
  tag,
  summary: 'Why the level is what it is, and how to raise it',
  access: page,
  query: z.object({ level: z.enum(['2', '3', '4']).optional() }),
  replies: pageReply,
  async handle(services, call) {
    const wanted = rungs.find((rung) => String(rung) === call.query.level);
    return showLevel(services, await visiting(services, call.cookie), { code: null, wanted });
  },
});

async function showLevel(
  services: Services,
  visit: Visit,
  shown: { readonly code: string | null; readonly wanted: Rung | undefined },
): Promise<Reply> {
  const explained = await levelOfAccount(services, visit.account, shown.wanted);
  const now = services.clock();
  const history = (await proofingsOf(services, visit.account.id)).map((one) => ({
    method: one.method,
    rung: one.rung,
    verifiedAt: one.verifiedAt.toISOString(),
    validUntil: one.validUntil.toISOString(),
    alive: one.validUntil > now,
  }));
  return html(
    200,
    renderLevel(visit.frame, {
      ...explained,
      places: await placesFor(services, visit.account.id, ownPlaces),
      expiresAt: explained.expiresAt?.toISOString() ?? null,
      history,
      phone: services.showWangzheng === null ? null : { code: shown.code },
      authenticatorsUrl: '/my/authenticators',
    }),
  );
}

const byRegister = route({
  method: 'post',
  path: '/my/level/register',
  tag,
  summary: 'Compare with the population register',
  access: page,
  body: formBody(z.object(token)),
  replies: redirect,
  async handle(services, call) {
    const visit = await sending(services, call);
    await proofByRegister(services.people, visit.principal, visit.account.id);
    return seeOther('/my/level');
  },
});

const byWangzheng = route({
  method: 'post',
  path: '/my/level/wangzheng',
  tag,
  summary: 'Raise the level by a 网证',
  access: page,
  body: formBody(z.object({ ...token, showing: z.string().max(100) })),
  replies: redirect,
  async handle(services, call) {
    const visit = await sending(services, call);
    await proofByWangzheng(services.people, visit.principal, visit.account.id, call.body.showing);
    return seeOther('/my/level');
  },
});

const phone = route({
  method: 'post',
  path: '/my/level/phone',
  tag,
  summary: 'Demonstration: the phone shows a 网证',
  access: page,
  body: formBody(z.object(token)),
  replies: pageReply,
  async handle(services, call) {
    const visit = await sending(services, call);
    const person = await requirePerson(services, visit.account.person);
    const code = services.showWangzheng?.(person) ?? null;
    return showLevel(services, visit, { code, wanted: 3 });
  },
});

const looks = route({
  method: 'get',
  path: '/my/looks',
  tag,
  summary: 'Who looked at the own data',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const visit = await visiting(services, call.cookie);
    const { account, principal } = visit;
    const rows = await whoLooked(services.people, {
      by: account.id,
      person: account.person,
      also: await ownLicenses(services, visit),
    });
    return html(
      200,
      renderLooks(visit.frame, {
        places: await placesFor(services, account.id, ownPlaces),
        looks: rows.map((row) => ({
          at: row.at.toISOString(),
          who: whoOf(row, [principal.id, account.id, `account:${account.id}`]),
          action: row.action,
          purpose: row.details['purpose'] ?? null,
        })),
      }),
    );
  },
});

async function ownLicenses(services: Services, visit: Visit): Promise<readonly string[]> {
  const person = await personById(services, visit.account.person);
  if ((person?.number ?? null) === null) return [];
  const holder = await holderOf(services, { ...visit.principal, actingFor: null });
  const reading = { actor: visit.principal, purpose: '持证人查看', holder };
  return [...(await typesOfHolder(services.licenses, reading)).keys()];
}

function whoOf(
  row: { readonly actor: string; readonly department: { readonly name: string } | null },
  own: readonly string[],
): { readonly zh: string; readonly en: string } {
  if (row.department !== null) return { zh: row.department.name, en: '' };
  if (own.includes(row.actor)) return { zh: '本人', en: 'yourself' };
  if (row.actor === 'system') return { zh: '本系统', en: 'this system' };
  if (row.actor === 'anonymous') return { zh: '未登录者', en: 'somebody not signed in' };
  return { zh: '其他人员或系统', en: 'another person or system' };
}

export const levelPageRoutes: readonly Route[] = [levelPage, byRegister, byWangzheng, phone, looks];
