// A person at the login pages, for the rows of those routes: pages opened, a passkey and a certificate at hand.
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { generateSync } from 'otplib';
import type { Response } from 'supertest';
import { enrolDemonstrationDoors } from '../../../api/demonstration-doors.ts';
import { enrol } from '../../../ca/enrol.ts';
import { demonstrationLogins, demonstrationPassword } from '../../../fixtures/logins.ts';
import { certificateLoginBytes } from '../../../formats/login/certificate-message.ts';
import { accountOfPerson } from '../../../identity/accounts.ts';
import { findPerson } from '../../../identity/persons.ts';
import { readCodes, type Pixels } from '../../../licenses/code-reader.ts';
import { SoftPasskey } from '../../identity/login/soft-passkey.ts';
import { Visitor as Person } from '../../identity/login/visitor.ts';
import type { Seen } from '../../identity/provider/browser.ts';
import { run } from '../../programs.ts';
import type { Harness } from '../harness.ts';

/** What a page or a script was answered, as the rows look at it. */
export function answered(seen: Seen): Response {
  const json = seen.headers.get('content-type')?.includes('json') === true && seen.text !== '';
  return {
    status: seen.status,
    text: seen.text,
    headers: Object.fromEntries(seen.headers),
    body: json ? (JSON.parse(seen.text) as unknown) : {},
  } as unknown as Response;
}

export class LoginVisitor {
  readonly service: Harness;
  readonly passkey: SoftPasskey;
  #certificate: { der: Uint8Array; key: Buffer } | null = null;
  #enrolled = false;

  constructor(service: Harness) {
    this.service = service;
    this.passkey = new SoftPasskey(service.services.address);
  }

  get origin(): string {
    return this.service.services.address;
  }

  /** Names, passwords and telephones of three residents; a passkey and a certificate of the third. */
  async arrive(openssl: string): Promise<void> {
    if (this.#enrolled) return;
    this.#enrolled = true;
    await enrolDemonstrationDoors(this.service.services, demonstrationLogins.slice(0, 3));
    this.#certificate = await this.#issued(openssl);
    const person = await this.signedIn();
    const options = JSON.parse(
      (await this.script(person, '/my/authenticators/passkey-options', {})).text,
    ) as PublicKeyCredentialCreationOptionsJSON;
    const seen = await this.script(person, '/my/authenticators/passkey', {
      label: '手机',
      answer: this.passkey.register(options),
    });
    if (seen.status !== 200) throw new Error(seen.text);
  }

  async account(at: number): Promise<string> {
    const { name, number } = demonstrationLogins[at]!.person;
    const person = await findPerson(this.service.services, { type: 'resident-identity-card', name, number });
    return (await accountOfPerson(this.service.services, person!.id))!.id;
  }

  /** Somebody at the login page. */
  async atLogin(query = ''): Promise<Person> {
    const person = new Person(this.service);
    await person.go(`/sign-in${query}`);
    return person;
  }

  /** The third resident, signed in a moment ago, on the page of the own ways to sign in. */
  async signedIn(): Promise<Person> {
    const person = new Person(this.service);
    await person.demonstrate(await this.account(2));
    await person.go('/my/authenticators');
    return person;
  }

  /** One answer without following it. */
  form(
    person: Person,
    path: string,
    fields: Readonly<Record<string, string>> = {},
    token = person.token,
  ): Promise<Seen> {
    return person.browser.post(`${this.service.url}${path}`, { formToken: token, ...fields }, this.origin);
  }

  step(
    person: Person,
    name: string,
    fields: Readonly<Record<string, string>> = {},
    token = person.token,
  ): Promise<Seen> {
    return this.form(person, `/interaction/${person.uid}/${name}`, fields, token);
  }

  /** What a page's script sends. */
  script(person: Person, path: string, body: object, token = person.token): Promise<Seen> {
    return person.browser.visit(`${this.service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', origin: this.origin },
      body: JSON.stringify({ formToken: token, ...body }),
    });
  }

  async withPasskey(person: Person, path: string, more: object = {}): Promise<Seen> {
    const options = JSON.parse(
      (await this.script(person, `${path}-options`, {})).text,
    ) as PublicKeyCredentialRequestOptionsJSON;
    return this.script(person, path, { answer: this.passkey.answer(options), ...more });
  }

  async withCertificate(person: Person): Promise<Seen> {
    const path = `/interaction/${person.uid}/certificate`;
    const { nonce, client } = JSON.parse((await this.script(person, `${path}-challenge`, {})).text) as {
      nonce: string;
      client: string;
    };
    const { der, key } = this.#certificate!;
    const message = certificateLoginBytes({
      origin: this.origin,
      nonce,
      client,
      interaction: person.uid,
      certificate: createHash('sha256').update(der).digest('hex'),
    });
    return this.script(person, path, {
      nonce,
      certificate: Buffer.from(der).toString('base64'),
      algorithm: 'ES256',
      signature: sign('sha256', message, createPrivateKey(key)).toString('base64'),
    });
  }

  /** The last code of the demonstration's inbox. */
  async code(): Promise<string> {
    await new Promise((done) => setTimeout(done, 100));
    const inbox = await new Person(this.service).go('/development/inbox');
    return /验证码 (\d{6})/.exec(inbox.text)?.[1] ?? '';
  }

  /** A password shown, and its second factor asked for. */
  async afterPassword(at: number): Promise<Person> {
    const person = await this.atLogin();
    await person.step('password', { name: demonstrationLogins[at]!.name, password: demonstrationPassword });
    return person;
  }

  /** An app enrolled by the second resident. @returns its secret. */
  async app(): Promise<string> {
    const person = await this.afterPassword(1);
    await person.step('sms-request', {});
    await person.step('sms', { code: await this.code() });
    if (person.text.includes('/acting"')) await person.step('acting', { actingFor: '' });
    await person.go('/my/authenticators');
    const { nonce, secret, token } = await this.beganApp(person);
    await person.send('/my/authenticators/totp', { formToken: token, nonce, code: codeOf(secret) });
    return secret;
  }

  async beganApp(person: Person): Promise<{ nonce: string; secret: string; token: string }> {
    await person.send('/my/authenticators/totp-begin', { formToken: person.token });
    return {
      nonce: /name="nonce" value="([^"]+)"/.exec(person.text)?.[1] ?? '',
      secret: /class="secret">([A-Z2-7]+)</.exec(person.text)?.[1] ?? '',
      token: person.token,
    };
  }

  /** A picture on one screen. @returns who looks at it, its address's path, identifier and digits. */
  async picture(): Promise<{ desk: Person; path: string; id: string; number: number }> {
    const desk = await this.atLogin();
    await desk.step('scan');
    const svg = /<svg[\s\S]*?<\/svg>/.exec(desk.text)?.[0] ?? '';
    const [address = ''] = await readCodes(pixelsOf(svg));
    return {
      desk,
      path: new URL(address).pathname,
      id: /data-id="(scn_[0-9a-f]+)"/.exec(desk.text)?.[1] ?? '',
      number: Number(/id="number">(\d\d)</.exec(desk.text)?.[1]),
    };
  }

  /** A phone that opened the picture. */
  async scanned(): Promise<{ desk: Person; phone: Person; id: string; number: number; token: string }> {
    const { desk, path, id, number } = await this.picture();
    const phone = new Person(this.service);
    await phone.go(path);
    return { desk, phone, id, number, token: /data-token="([^"]+)"/.exec(phone.text)?.[1] ?? '' };
  }

  async #issued(openssl: string): Promise<{ der: Uint8Array; key: Buffer }> {
    const path = (name: string): string => join(this.service.dataFolder, name);
    writeFileSync(path('login.cnf'), '[req]\ndistinguished_name=dn\n[dn]\n');
    run(openssl, [
      'genpkey',
      '-quiet',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-out',
      path('login.key'),
    ]);
    run(openssl, [
      'req', '-new', '-config', path('login.cnf'), '-key', path('login.key'), '-subj', '/', '-outform', 'DER', '-out',
      path('login.csr'),
    ]); // prettier-ignore
    const { person } = demonstrationLogins[2]!;
    const { certificate } = await enrol(this.service.services, {
      actor: { id: 'client:ra', kind: 'client', department: null, scopes: ['ca:enrol'] },
      idempotencyKey: 'login-rows',
      profile: 'resident-authentication',
      subject: {
        person: {
          name: person.name,
          surname: '样',
          givenName: '本𬭸',
          documentType: 'resident-id',
          documentNumber: person.number,
        },
      },
      evidence: { kind: 'window', reference: 'CK', level: 3, officer: 'officer:w07' },
      key: { kind: 'csr', der: new Uint8Array(readFileSync(path('login.csr'))) },
    });
    return { der: certificate, key: readFileSync(path('login.key')) };
  }
}

/** What an app shows now. */
export function codeOf(secret: string): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1000) });
}

/** The picture's one path of horizontal strokes, eight pixels a module, as a camera would see it. */
function pixelsOf(svg: string): Pixels {
  const modules = Number(/viewBox="0 0 (\d+) \d+"/.exec(svg)?.[1]);
  const scale = 8;
  const side = modules * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  let [x, y] = [0, 0];
  const strokes = /stroke="[^"]*" d="([^"]+)"/.exec(svg)?.[1] ?? '';
  for (const [, command, first = '0', second = '0'] of strokes.matchAll(
    /([MmHh])(-?[\d.]+)(?:[ ,](-?[\d.]+))?/g,
  )) {
    if (command === 'M') [x, y] = [Number(first), Number(second)];
    else if (command === 'm') [x, y] = [x + Number(first), y + Number(second)];
    else {
      for (let at = x * scale; at < (x + Number(first)) * scale; at += 1) {
        for (let row = Math.floor(y) * scale; row < (Math.floor(y) + 1) * scale; row += 1) {
          data.fill(0, (row * side + at) * 4, (row * side + at) * 4 + 3);
        }
      }
      x += Number(first);
    }
  }
  return { width: side, height: side, data };
}
