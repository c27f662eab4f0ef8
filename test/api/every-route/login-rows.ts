// Good and bad input of every step of a login, and of the phone that confirms one.
import { demonstrationLogins, demonstrationPassword } from '../../../fixtures/logins.ts';
import type { Visitor as Person } from '../../identity/login/visitor.ts';
import { ownWayRows } from './login-own-rows.ts';
import { answered, codeOf, LoginVisitor } from './login-visitor.ts';
import type { Rows, Visitor } from './visitor.ts';
import type { Response } from 'supertest';
import type { Seen } from '../../identity/provider/browser.ts';

const page = 'text/html';
const json = 'application/json';
const nothing = `scn_${'0'.repeat(32)}`;

/** Rows, each of which makes its own login. */
export async function loginRows(visitor: Visitor, openssl: string): Promise<Rows> {
  const at = new LoginVisitor(visitor.service);
  await at.arrive(openssl);
  const does =
    (ask: () => Promise<Seen>): (() => Promise<Response>) =>
    async () =>
      answered(await ask());
  /** A step that a form posts: the wrong token is refused. */
  const step = (
    name: string,
    good: (person: Person) => Promise<Seen>,
    fields: Readonly<Record<string, string>> = {},
    status = 303,
    begin: () => Promise<Person> = () => at.atLogin(),
  ): Rows[string] => ({
    good: does(async () => good(await begin())),
    status,
    type: status === 303 ? null : page,
    bad: {
      'a forged form': [does(async () => at.step(await at.atLogin(), name, fields, 'x')), 403, null],
      'no interaction of this browser': [
        does(async () => {
          const [one, other] = [await at.atLogin(), await at.atLogin()];
          return at.form(other, `/interaction/${one.uid}/${name}`, fields, one.token);
        }),
        404,
        null,
      ],
    },
  });
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
  const [first, second] = demonstrationLogins;
  const names = { name: first!.name, password: demonstrationPassword };
  return {
    'get /interaction/{uid}': {
      good: does(async () => {
        const person = await at.atLogin();
        return person.go(`/interaction/${person.uid}`);
      }),
      status: 200,
      type: page,
      bad: {
        'of another browser': [does(async () => (await at.atLogin()).go('/interaction/unknown')), 404, null],
      },
    },
    'post /interaction/{uid}/password': step(
      'password',
      (person) => at.step(person, 'password', names),
      names,
    ),
    'post /interaction/{uid}/totp': {
      ...step('totp', (person) => person.go('/'), { code: '123456' }),
      good: does(async () => {
        const secret = await at.app();
        const person = await at.afterPassword(1);
        // The step that enrolled it is used: the next one counts.
        return at
          .step(person, 'totp', { code: codeOf(secret) })
          .then(async (seen) => (seen.status === 303 ? seen : waitedFor(at, person, secret)));
      }),
    },
    'post /interaction/{uid}/sms-request': step(
      'sms-request',
      (person) => at.step(person, 'sms-request', { telephone: second!.telephone }),
      {},
      200,
    ),
    'post /interaction/{uid}/sms': step(
      'sms',
      async (person) =>
        at.step(person, 'sms', { code: (await at.step(person, 'sms-request'), await at.code()) }),
      { code: '123456' },
      303,
      () => at.afterPassword(0),
    ),
    'post /interaction/{uid}/demonstration': step(
      'demonstration',
      async (person) => at.step(person, 'demonstration', { account: await at.account(2) }),
      { account: 'acc_x' },
    ),
    'post /interaction/{uid}/restart': step('restart', (person) => at.step(person, 'restart')),
    'post /interaction/{uid}/acting': step(
      'acting',
      (person) => at.step(person, 'acting', { actingFor: '' }),
      { actingFor: '' },
      303,
      async () => {
        const person = await at.atLogin();
        await person.step('demonstration', { account: await at.account(0) });
        return person;
      },
    ),
    'post /interaction/{uid}/consent': step(
      'consent',
      (person) => at.step(person, 'consent', { decision: 'refuse' }),
      { decision: 'refuse' },
    ),
    'post /interaction/{uid}/refuse': step('refuse', (person) => at.step(person, 'refuse')),
    'post /interaction/{uid}/unmet': step('unmet', (person) => at.step(person, 'unmet')),
    'post /interaction/{uid}/passkey-options': scripted('/interaction/{uid}/passkey-options', (person) =>
      at.script(person, `/interaction/${person.uid}/passkey-options`, {}),
    ),
    'post /interaction/{uid}/passkey': {
      ...scripted('', (person) => at.withPasskey(person, `/interaction/${person.uid}/passkey`)),
      bad: {
        'no answer': [
          does(async () => {
            const person = await at.atLogin();
            return at.script(person, `/interaction/${person.uid}/passkey`, { answer: {} });
          }),
          400,
          'request-invalid',
        ],
      },
    },
    'post /interaction/{uid}/certificate-challenge': scripted(
      '/interaction/{uid}/certificate-challenge',
      (person) => at.script(person, `/interaction/${person.uid}/certificate-challenge`, {}),
    ),
    'post /interaction/{uid}/certificate': {
      ...scripted('', (person) => at.withCertificate(person)),
      bad: {
        'an algorithm nobody knows': [
          does(async () => {
            const person = await at.atLogin();
            const answer = { nonce: 'x', certificate: 'AAAA', algorithm: 'none', signature: 'AAAA' };
            return at.script(person, `/interaction/${person.uid}/certificate`, answer);
          }),
          400,
          'request-invalid',
        ],
      },
    },
    // This service has neither a host name for certificates nor another provider: their own tests have.
    'post /interaction/{uid}/certificate-tls': step(
      'certificate-tls',
      (person) => at.step(person, 'certificate-tls'),
      {},
      404,
    ),
    'get /interaction/{uid}/certificate-tls-answer': callback(at, does, 'certificate-tls-answer'),
    'post /interaction/{uid}/upstream/{name}': step(
      'upstream/city',
      (person) => at.step(person, 'upstream/city'),
      {},
      404,
    ),
    'get /interaction/{uid}/upstream-answer': callback(at, does, 'upstream-answer'),
    'get /upstream/{name}/callback': {
      good: does(async () => (await at.atLogin()).go('/upstream/city/callback?code=x&state=y')),
      status: 401,
      type: page,
      bad: {
        'a name that is none': [
          does(async () => (await at.atLogin()).go('/upstream/A_B/callback')),
          400,
          null,
        ],
      },
    },
    'post /interaction/{uid}/scan': step('scan', (person) => at.step(person, 'scan'), {}, 200),
    'post /interaction/{uid}/scan-status': scripted(
      '/interaction/{uid}/scan-status',
      (person) => at.script(person, `/interaction/${person.uid}/scan-status`, { id: nothing }),
      { id: nothing },
    ),
    'post /interaction/{uid}/scan-finish': {
      ...step('scan-finish', (person) => person.go('/'), { id: nothing }),
      good: does(async () => {
        const { desk, phone, id, number } = await at.scanned();
        const token = /data-token="([^"]+)"/.exec(phone.text)?.[1] ?? '';
        const options = await at.script(phone, `/scan/${id}/passkey-options`, {}, token);
        const answer = at.passkey.answer(JSON.parse(options.text) as Parameters<typeof at.passkey.answer>[0]);
        await at.script(phone, `/scan/${id}/answer`, { number, answer }, token);
        return at.step(desk, 'scan-finish', { id });
      }),
    },
    'get /scan/{code}': {
      good: does(async () => (await at.scanned()).phone.page!),
      status: 200,
      type: page,
      bad: {
        'a code of nothing': [
          does(async () => (await at.atLogin()).go(`/scan/${'A'.repeat(22)}`)),
          404,
          null,
        ],
      },
    },
    'post /scan/{id}/passkey-options': {
      good: does(async () => {
        const { phone, id, token } = await at.scanned();
        return at.script(phone, `/scan/${id}/passkey-options`, {}, token);
      }),
      status: 200,
      type: json,
      bad: {
        'another phone': [
          does(async () =>
            at.script(await at.atLogin(), `/scan/${(await at.scanned()).id}/passkey-options`, {}, 'x'),
          ),
          403,
          'csrf-refused',
        ],
      },
    },
    'post /scan/{id}/answer': {
      good: does(async () => {
        const { phone, id, number, token } = await at.scanned();
        const options = await at.script(phone, `/scan/${id}/passkey-options`, {}, token);
        const answer = at.passkey.answer(JSON.parse(options.text) as Parameters<typeof at.passkey.answer>[0]);
        return at.script(phone, `/scan/${id}/answer`, { number, answer }, token);
      }),
      status: 200,
      type: json,
      bad: {
        'digits that are none': [
          does(async () => {
            const { phone, id, token } = await at.scanned();
            return at.script(phone, `/scan/${id}/answer`, { number: 7, answer: {} }, token);
          }),
          400,
          'request-invalid',
        ],
      },
    },
    'get /scan-again/{id}': {
      good: does(async () => {
        const { phone, id } = await at.scanned();
        return phone.go(`/scan-again/${id}`);
      }),
      status: 200,
      type: page,
      bad: {
        'another phone': [
          does(async () => (await at.atLogin()).go(`/scan-again/${(await at.scanned()).id}`)),
          404,
          null,
        ],
      },
    },
    'post /scan/{id}/session': {
      good: does(async () => {
        const { phone, id, number } = await at.scanned();
        await phone.demonstrate(await at.account(2));
        await phone.go(`/scan-again/${id}`);
        return at.form(phone, `/scan/${id}/session`, { number: String(number) });
      }),
      status: 303,
      type: null,
      bad: {
        'nobody signed in': [
          does(async () => {
            const { phone, id, number, token } = await at.scanned();
            return at.form(phone, `/scan/${id}/session`, { number: String(number) }, token);
          }),
          401,
          null,
        ],
        'another phone': [
          does(async () => at.form(await at.atLogin(), `/scan/${nothing}/session`, { number: '42' })),
          403,
          null,
        ],
        'digits that are none': [
          does(async () => {
            const { phone, id, token } = await at.scanned();
            return at.form(phone, `/scan/${id}/session`, { number: '7' }, token);
          }),
          400,
          null,
        ],
      },
    },
    'post /scan/{id}/refuse': {
      good: does(async () => {
        const { phone, id, token } = await at.scanned();
        return at.form(phone, `/scan/${id}/refuse`, {}, token);
      }),
      status: 200,
      type: page,
      bad: {
        'another phone': [
          does(async () => at.form(await at.atLogin(), `/scan/${nothing}/refuse`)),
          403,
          null,
        ],
      },
    },
    'get /scan-done/{outcome}': {
      good: does(async () => (await at.atLogin()).go('/scan-done/approved')),
      status: 200,
      type: page,
      bad: { 'another end': [does(async () => (await at.atLogin()).go('/scan-done/maybe')), 400, null] },
    },
    'get /development/inbox': {
      good: does(async () => (await at.atLogin()).go('/development/inbox')),
      status: 200,
      type: page,
      bad: { 'another method': visitor.wrongMethod('/development/inbox') },
    },
    ...ownWayRows(at),
  };
}

/** Coming back with what nobody asked for: the page says so. */
function callback(
  at: LoginVisitor,
  does: (ask: () => Promise<Seen>) => () => Promise<Response>,
  name: string,
): Rows[string] {
  return {
    good: does(async () => {
      const person = await at.atLogin();
      return person.go(`/interaction/${person.uid}/${name}?answer=${'A'.repeat(43)}`);
    }),
    status: 401,
    type: page,
    bad: {
      'no answer': [
        does(async () => {
          const person = await at.atLogin();
          return person.go(`/interaction/${person.uid}/${name}`);
        }),
        400,
        null,
      ],
    },
  };
}

/** The code of the next step, once it is there: a step counts once, and one was used to enrol. */
async function waitedFor(at: LoginVisitor, person: Person, secret: string): Promise<Seen> {
  const used = codeOf(secret);
  while (codeOf(secret) === used) await new Promise((done) => setTimeout(done, 500));
  return at.step(person, 'totp', { code: codeOf(secret) });
}
