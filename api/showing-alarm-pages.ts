// Alarms of showings, as who looks after personal data sees them and marks them as looked into.
import { z } from 'zod';
import { alarms, alarmSeen } from '../licenses/presentation-alarms.ts';
import { renderAlarms } from '../web/pages/alarms.ts';
import { frameOf, requireFormToken, requireSession } from './pages.ts';
import { html, seeOther } from './reply.ts';
import { formBody, route, type Route } from './route.ts';
import { namesOf } from './showing-answers.ts';

const tag = '页面 Pages';
const page = { kind: 'page' } as const;
const pageReply = [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }] as const;
const redirect = [{ status: 303, description: 'Done.', content: {} }] as const;
const formToken = z.string().max(100);

const alarmPage = route({
  method: 'get',
  path: '/office/showing-alarms',
  tag,
  summary: 'Alarms of showings',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    const names = await namesOf(services);
    const found = await alarms(services.licenses, session.principal);
    return html(
      200,
      renderAlarms(frameOf(services, session), {
        mayDecide: session.principal.scopes.includes('identity:protect'),
        alarms: found.map(({ id, kind, at, verifier, department, seenAt }) => ({
          id,
          kind,
          at: at.toISOString(),
          verifier,
          department: names.department(department),
          seenAt: seenAt?.toISOString() ?? null,
        })),
      }),
    );
  },
});

const seen = route({
  method: 'post',
  path: '/office/showing-alarms/{id}/seen',
  tag,
  summary: 'An alarm was looked into',
  access: page,
  params: z.object({ id: z.string().regex(/^pal_[0-9a-f]{32}$/) }),
  body: formBody(z.object({ formToken })),
  replies: redirect,
  async handle(services, call) {
    const session = await requireSession(services, call.cookie);
    requireFormToken(session.formToken, call.body.formToken);
    await alarmSeen(services.licenses, session.principal, call.params.id);
    return seeOther('/office/showing-alarms');
  },
});

export const showingAlarmPageRoutes: readonly Route[] = [alarmPage, seen];
