// The demonstration's inbox: text messages that would have gone to telephones, on a page. In production there is no such address.
import { developmentMessages } from '../identity/login/development-inbox.ts';
import { renderInbox } from '../web/pages/inbox.ts';
import { strangerFrame } from './interaction-show.ts';
import { html } from './reply.ts';
import { route, type Route } from './route.ts';

const shown = 20;

const inbox = route({
  method: 'get',
  path: '/development/inbox',
  tag: '登录 Signing in',
  summary: 'Text messages of the demonstration',
  access: { kind: 'page' },
  replies: [{ status: 200, description: 'Page.', content: { 'text/html': 'binary' } }],
  async handle(services) {
    const messages = await developmentMessages(services, shown);
    return html(
      200,
      renderInbox(
        strangerFrame(services),
        messages.map(({ at, telephone, text }) => ({ at: at.toISOString(), telephone, text })),
      ),
    );
  },
});

export const developmentInboxRoutes: readonly Route[] = [inbox];
