// A person's own ways to sign in at /my/authenticators: shown, added and removed, after a login of the last minutes.
import { z } from 'zod';
import { IdentityError } from '../identity/errors.ts';
import { authenticatorsOf, endAuthenticator } from '../identity/login/authenticators.ts';
import { addLoginName } from '../identity/login/names.ts';
import { setPassword } from '../identity/login/password.ts';
import { beginTelephone, finishTelephone } from '../identity/login/sms.ts';
import { beginTotp, finishTotp } from '../identity/login/totp.ts';
import { endSessionsIn } from '../identity/sessions.ts';
import { rungNow } from './authenticator-rung.ts';
import { requireSession } from './pages.ts';
import { route, type Route } from './route.ts';
import { authenticatorKeyRoutes } from './authenticator-keys.ts';
import { boundTo, done, enrolledNow, here, page, pageReply, show, step, tag } from './authenticator-page.ts';

const list = route({
  method: 'get',
  path: here,
  tag,
  summary: 'One’s own ways to sign in',
  access: page,
  replies: pageReply,
  async handle(services, call) {
    return show(services, await requireSession(services, call.cookie));
  },
});

const remove = step(
  'remove',
  'Removes a way to sign in, and ends what rests on it',
  z.object({ id: z.string().max(60) }),
  async (services, session, { id }) => {
    const { account, principal } = session;
    const ways = await authenticatorsOf(services.database.reader, account);
    if (ways.length < 2 && ways.some((way) => way.id === id)) {
      throw new IdentityError('authenticator-last', 'The last authenticator cannot be removed.');
    }
    await services.database.write(async (tx) => {
      await endAuthenticator(services.login.doors, tx, principal, { account, id, reason: 'removed' });
      await endSessionsIn(
        tx,
        services.providerParts,
        { authenticator: id },
        { reason: 'authenticator-removed', actor: principal },
      );
    });
    return done();
  },
);

const totpBegin = step('totp-begin', 'Begins to enrol an app', z.object({}), async (services, session) =>
  show(services, session, {
    totp: await beginTotp(services.login.doors, {
      boundTo: boundTo(session),
      issuer: '印信 Yinxin',
      label: session.name,
    }),
  }),
);

const totp = step(
  'totp',
  'Enrols an app with its first code',
  z.object({ nonce: z.string().max(60), code: z.string().trim().max(20) }),
  async (services, session, { nonce, code }) => {
    await finishTotp(services.login.doors, session.principal, {
      boundTo: boundTo(session),
      nonce,
      code,
      account: session.account,
      rung: await rungNow(services, session),
    });
    return enrolledNow(services, session);
  },
);

const telephoneBegin = step(
  'telephone-begin',
  'Sends a code to a number that is to be enrolled',
  z.object({ telephone: z.string().max(60) }),
  async (services, session, { telephone }, source) => {
    const send = await beginTelephone(services.login.doors, source, {
      account: session.account,
      telephone,
      boundTo: boundTo(session),
    });
    services.login.later(send);
    return show(services, session, { codeSent: true });
  },
);

const telephone = step(
  'telephone',
  'Enrols a number with the code sent to it',
  z.object({ code: z.string().trim().max(20) }),
  async (services, session, { code }) => {
    await finishTelephone(services.login.doors, session.principal, {
      account: session.account,
      boundTo: boundTo(session),
      code,
      rung: await rungNow(services, session),
    });
    return enrolledNow(services, session);
  },
);

const password = step(
  'password',
  'Sets a password, and another login name',
  z.object({ name: z.string().max(100).default(''), password: z.string().max(1000) }),
  async (services, session, { name, password: chosen }) => {
    const { doors } = services.login;
    const { account, principal } = session;
    if (name.trim() !== '') await services.database.write((tx) => addLoginName(doors, tx, account, name));
    await setPassword(doors, principal, {
      account,
      password: chosen,
      rung: await rungNow(services, session),
    });
    return enrolledNow(services, session);
  },
);

/** Everything below `/my/authenticators`. */
export const authenticatorRoutes: readonly Route[] = [
  list,
  remove,
  totpBegin,
  totp,
  telephoneBegin,
  telephone,
  password,
  ...authenticatorKeyRoutes,
];
