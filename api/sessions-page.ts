// A person's own sign-ins and grants: seen, and ended; requests of the back channel decided.
import { z } from 'zod';
import { consentsOf, endConsent } from '../identity/provider/consents.ts';
import { allClients } from '../identity/provider/client-register.ts';
import { decideRequest, waitingRequests } from '../identity/provider/ciba.ts';
import { devicePlace, endSessions, loginOf, type Login } from '../identity/sessions.ts';
import { IdentityError } from '../identity/errors.ts';
import type { PageSession } from '../identity/page-sessions.ts';
import type { Words } from '../verification/report.ts';
import { renderSessions, type SessionRow } from '../web/pages/sessions.ts';
import { purposesShown } from './interaction-consent.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import type { Services } from './services.ts';

const tag = '页面 Pages';
const access = { kind: 'page' } as const;
const replies = [{ status: 303, description: 'Done.', content: {} }] as const;
const formToken = z.string().max(100);
const path = '/my/sessions';

const sessions = route({
  method: 'get',
  path,
  tag,
  summary: 'Where a person is signed in, and who was let in',
  access,
  replies: [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }],
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const clients = new Map((await allClients(services)).map((each) => [each.id, each]));
    const nameOf = (id: string): Words => {
      const known = clients.get(id);
      return known === undefined ? { zh: id, en: id } : { zh: known.name, en: known.englishName };
    };
    const consents = await consentsOf(services, session.account);
    const waiting = await waitingRequests(services, session.account);
    const mandates = await services.providerParts.people.mandates(session.account);
    return html(
      200,
      renderSessions(frameOf(services, session), {
        requests: await Promise.all(
          waiting.map(async (request) => ({
            id: request.id,
            client: nameOf(request.client),
            message: request.bindingMessage,
            asked: request.scopes.map(wordsOfScope),
            // What is approved here counts as consent, so the notices are read here.
            purposes: await purposesShown(services, clients.get(request.client)?.settings.purposes ?? []),
            expires: request.expires.toISOString(),
            missing: request.floor !== null && session.login.level < request.floor ? request.floor : null,
          })),
        ),
        sessions: await rowsOf(services, session, nameOf),
        grants: consents.map((consent) => ({
          client: consent.client,
          name: nameOf(consent.client),
          since: consent.givenAt.toISOString(),
          granted: [...consent.scopes, ...Object.values(consent.resources).flat()].map(wordsOfScope),
        })),
        mandates: mandates.length > 0,
        actingName: session.acting?.enterprise.name ?? null,
      }),
    );
  },
});

async function rowsOf(
  services: Services,
  session: PageSession,
  nameOf: (client: string) => Words,
): Promise<readonly SessionRow[]> {
  const db = services.database.reader;
  const rows = await db
    .selectFrom('login_session')
    .selectAll()
    .where('account', '=', session.account)
    .where('ended_at', 'is', null)
    .where('ends_at', '>', services.clock().toISOString())
    .orderBy('last_seen_at', 'desc')
    .limit(50)
    .execute();
  const mandates = await services.providerParts.people.mandates(session.account);
  return Promise.all(
    rows.map(async (row) => {
      const login: Login = loginOf(row);
      const clients = await db
        .selectFrom('login_client')
        .select('client')
        .where('session_mac', '=', login.session)
        .execute();
      const device =
        row.device_cipher === null
          ? { agent: '', address: '' }
          : (JSON.parse(services.cipher.open(devicePlace(row.id), row.device_cipher)) as {
              readonly agent: string;
              readonly address: string;
            });
      return {
        id: login.id,
        device: deviceName(device.agent),
        address: device.address,
        since: login.authTime.toISOString(),
        lastSeen: login.lastSeenAt.toISOString(),
        level: login.level,
        acting: mandates.find(({ id }) => id === login.actingFor)?.enterprise.name ?? null,
        clients: clients.map(({ client }) => nameOf(client)),
        here: login.id === session.login.id,
      };
    }),
  );
}

/** What a person calls a browser, of what it calls itself. */
function deviceName(agent: string): string {
  const browsers = [['Edg', 'Edge'], ['MicroMessenger', '微信'], ['Firefox', 'Firefox'], ['Chrome', 'Chrome'], ['Safari', 'Safari']] as const; // prettier-ignore
  const systems = [['HarmonyOS', 'HarmonyOS'], ['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS', 'macOS'], ['Linux', 'Linux']] as const; // prettier-ignore
  const named = (list: readonly (readonly [string, string])[]): string | undefined =>
    list.find(([sign]) => agent.includes(sign))?.[1];
  return [named(browsers), named(systems)].filter(Boolean).join(' · ') || '未知设备 Unknown device';
}

const scopeWords: Readonly<Record<string, Words>> = {
  openid: { zh: '登录', en: 'sign-in' },
  profile: { zh: '姓名和出生日期', en: 'name and date of birth' },
  email: { zh: '电子邮件', en: 'e-mail' },
  phone: { zh: '手机号码', en: 'telephone number' },
  address: { zh: '地址', en: 'address' },
  resident_number: { zh: '证件号码', en: 'document number' },
  verified: { zh: '实名核验情况', en: 'how the identity was verified' },
  acting_for: { zh: '代表的企业', en: 'the enterprise acted for' },
  offline_access: { zh: '离线访问', en: 'access while you are away' },
  'licenses:own': { zh: '本人电子证照', en: 'your own licenses' },
  'identity:own': { zh: '本人信息与等级', en: 'your own data and level' },
};

function wordsOfScope(scope: string): Words {
  return scopeWords[scope] ?? { zh: scope, en: '' };
}

const end = route({
  method: 'post',
  path: '/my/sessions/end',
  tag,
  summary: 'Ends one sign-in',
  access,
  body: formBody(z.object({ formToken, login: z.string().regex(/^lgn_[0-9a-f]{32}$/) })),
  replies,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    const { login } = call.body;
    const own = await services.database.reader
      .selectFrom('login_session')
      .select('id')
      .where('id', '=', login)
      .where('account', '=', session.account)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    if (own === undefined) throw new IdentityError('session-not-found', 'There is no such sign-in of yours.');
    await endSessions(
      services.providerParts,
      { login },
      { reason: 'ended-by-person', actor: session.principal },
    );
    return seeOther(login === session.login.id ? '/' : path);
  },
});

const endAll = route({
  method: 'post',
  path: '/my/sessions/end-all',
  tag,
  summary: 'Ends every sign-in',
  access,
  body: formBody(z.object({ formToken })),
  replies,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await endSessions(
      services.providerParts,
      { account: session.account },
      { reason: 'ended-by-person', actor: session.principal },
    );
    return seeOther('/');
  },
});

const endGrant = route({
  method: 'post',
  path: '/my/grants/end',
  tag,
  summary: 'Withdraws what was granted to an application',
  access,
  body: formBody(z.object({ formToken, client: z.string().max(80) })),
  replies,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await endConsent(services.providerParts, session.principal, session.account, call.body.client);
    return seeOther(path);
  },
});

const decide = route({
  method: 'post',
  path: '/my/requests',
  tag,
  summary: 'Decides a request that another device made',
  access,
  body: formBody(
    z.object({
      formToken,
      id: z.string().regex(/^cib_[0-9a-f]{32}$/),
      decision: z.enum(['approve', 'refuse']),
    }),
  ),
  replies,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await decideRequest(services.providerParts, services.provider.current(), {
      id: call.body.id,
      login: session.login,
      approved: call.body.decision === 'approve',
    });
    return seeOther(path);
  },
});

export const sessionPageRoutes: readonly Route[] = [sessions, end, endAll, endGrant, decide];
