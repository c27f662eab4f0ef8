// Good and bad input of one's own ways to sign in.
import type { Response } from 'supertest';
import type { Visitor as Person } from '../../identity/login/visitor.ts';
import type { Seen } from '../../identity/provider/browser.ts';
import { answered, codeOf, LoginVisitor } from './login-visitor.ts';
import type { Rows } from './visitor.ts';

const page = 'text/html';
const json = 'application/json';

/** Rows of `/my/authenticators`, each after a login of its own. */
export function ownWayRows(at: LoginVisitor): Rows {
  const does =
    (ask: () => Promise<Seen>): (() => Promise<Response>) =>
    async () =>
      answered(await ask());
  /** A step that a script posts. */
  const scripted = (
    path: string,
    good: (person: Person) => Promise<Seen>,
    body: object = {},
    begin: () => Promise<Person> = () => at.atLogin(),
  ): Rows[string] => ({
    good: does(async () => good(await begin())),
    status: 200,
    type: json,
    bad: {
      'a forged token': [
        does(async () => {
          const person = await begin();
          return at.script(person, path.replace('{uid}', person.uid), body, 'x');
        }),
        403,
        'csrf-refused',
      ],
    },
  });
  const own = (
    name: string,
    good: (person: Person) => Promise<Seen>,
    fields: Readonly<Record<string, string>> = {},
    status = 303,
  ): Rows[string] => ({
    good: does(async () => good(await at.signedIn())),
    status,
    type: status === 303 ? null : page,
    bad: {
      'nobody signed in': [
        does(async () => at.form(await at.atLogin(), `/my/authenticators/${name}`, fields)),
        401,
        null,
      ],
      'a forged form': [
        does(async () => at.form(await at.signedIn(), `/my/authenticators/${name}`, fields, 'x')),
        403,
        null,
      ],
    },
  });
  return {
    'get /my/authenticators': {
      good: does(async () => (await at.signedIn()).page!),
      status: 200,
      type: page,
      bad: {
        'nobody signed in': [does(async () => (await at.atLogin()).go('/my/authenticators')), 401, null],
      },
    },
    'post /my/authenticators/remove': own(
      'remove',
      async (person) => {
        const app = await at.beganApp(person);
        await person.send('/my/authenticators/totp', {
          formToken: app.token,
          nonce: app.nonce,
          code: codeOf(app.secret),
        });
        const part = person.text.slice(person.text.indexOf('动态口令'));
        const id = /name="id" value="(aut_[0-9a-f]+)"/.exec(part)?.[1] ?? '';
        return at.form(person, '/my/authenticators/remove', { id });
      },
      { id: 'aut_x' },
    ),
    'post /my/authenticators/totp-begin': own(
      'totp-begin',
      (person) => at.form(person, '/my/authenticators/totp-begin'),
      {},
      200,
    ),
    'post /my/authenticators/totp': own(
      'totp',
      async (person) => {
        const { nonce, secret, token } = await at.beganApp(person);
        return at.form(person, '/my/authenticators/totp', { nonce, code: codeOf(secret) }, token);
      },
      { nonce: 'x', code: '123456' },
    ),
    'post /my/authenticators/telephone-begin': own(
      'telephone-begin',
      (person) => at.form(person, '/my/authenticators/telephone-begin', { telephone: '13911112222' }),
      { telephone: '13911112222' },
      200,
    ),
    'post /my/authenticators/telephone': own(
      'telephone',
      async (person) => {
        await at.form(person, '/my/authenticators/telephone-begin', { telephone: '13911113333' });
        return at.form(person, '/my/authenticators/telephone', { code: await at.code() });
      },
      { code: '123456' },
    ),
    'post /my/authenticators/password': own(
      'password',
      (person) => at.form(person, '/my/authenticators/password', { password: 'another sentence of mine' }),
      { password: 'another sentence of mine' },
    ),
    'post /my/authenticators/passkey-options': scripted(
      '/my/authenticators/passkey-options',
      (person) => at.script(person, '/my/authenticators/passkey-options', {}),
      {},
      () => at.signedIn(),
    ),
    'post /my/authenticators/passkey': {
      ...scripted('', (person) => person.go('/')),
      good: does(async () => {
        const fresh = new LoginVisitor(at.service);
        const person = await at.signedIn();
        const options = await at.script(person, '/my/authenticators/passkey-options', {});
        const answer = fresh.passkey.register(
          JSON.parse(options.text) as Parameters<typeof fresh.passkey.register>[0],
        );
        return at.script(person, '/my/authenticators/passkey', { label: '另一台', answer });
      }),
      bad: {
        'no answer': [
          does(async () =>
            at.script(await at.signedIn(), '/my/authenticators/passkey', { label: 'x', answer: {} }),
          ),
          400,
          'request-invalid',
        ],
      },
    },
    'post /my/authenticators/upstream/{name}': own(
      'upstream/city',
      (person) => at.form(person, '/my/authenticators/upstream/city'),
      {},
      404,
    ),
    'get /my/authenticators/upstream-answer': {
      good: does(async () =>
        (await at.signedIn()).go(`/my/authenticators/upstream-answer?answer=${'A'.repeat(43)}`),
      ),
      status: 401,
      type: page,
      bad: {
        'no answer': [
          does(async () => (await at.signedIn()).go('/my/authenticators/upstream-answer')),
          400,
          null,
        ],
      },
    },
  };
}
