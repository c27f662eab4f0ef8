// Logins that go elsewhere and come back: another OpenID Provider, and the host name with TLS client authentication.
import assert from 'node:assert/strict';
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enrol } from '../../../ca/enrol.ts';
import { revokeCertificate } from '../../../ca/revoke.ts';
import { pemOf } from '../../../api/pem.ts';
import { demonstrationLogins } from '../../../fixtures/logins.ts';
import { accountOfPerson } from '../../../identity/accounts.ts';
import { findPerson } from '../../../identity/persons.ts';
import { startService, type Harness } from '../../api/harness.ts';
import { requireProgram, run } from '../../programs.ts';
import { logsIn, startProvider, type ProviderHarness } from '../provider/harness.ts';
import { Visitor } from './visitor.ts';

const registrar = { id: 'client:ra-1', kind: 'client', department: null, scopes: ['ca:enrol'] } as const;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => server.close(() => done()));
  return port;
}

async function sampleAccount(service: Harness, at: number): Promise<string> {
  const { name, number } = demonstrationLogins[at]!.person;
  const person = await findPerson(service.services, { type: 'resident-identity-card', name, number });
  return (await accountOfPerson(service.services, person!.id))!.id;
}

describe('login at another OpenID Provider', function () {
  this.timeout(120_000);
  let upstream: ProviderHarness;
  let service: Harness;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-upstream-'));
    const port = await freePort();
    upstream = await startProvider();
    upstream.behave = logsIn(await upstream.account(3), { aal: 3 });
    const redirectUris = ['city', 'other'].map(
      (name) => `http://localhost:${port}/upstream/${name}/callback`,
    );
    const { id, secret } = await upstream.client({ redirectUris });
    const file = join(folder, 'upstream.json');
    const provider = (name: string) => ({
      name,
      title: { zh: `城市 ${name}`, en: name },
      issuer: upstream.issuer,
      clientId: id,
      clientSecret: secret,
      levels: { 'urn:gov:loa:3': 2 },
    });
    writeFileSync(file, JSON.stringify([provider('city'), provider('other')]));
    service = await startService({
      environment: { YINXIN_UPSTREAM_FILE: file, YINXIN_PORT: String(port) },
    });
  });
  after(async () => {
    await service.stop();
    await upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function linked(): Promise<Visitor> {
    const visitor = new Visitor(service);
    await visitor.demonstrate(await sampleAccount(service, 2));
    await visitor.go('/my/authenticators');
    await visitor.send('/my/authenticators/upstream/city', { formToken: visitor.token });
    return visitor;
  }

  it('nobody gets in by a subject that is linked to nobody', async () => {
    const visitor = new Visitor(service);
    await visitor.go('/sign-in');
    await visitor.step('upstream/city');
    assert.match(visitor.text, /没有确认登录|尚未关联/);
    assert.equal(visitor.session, null);
  });

  it('a subject is linked by its holder and logs in at the level our mapping says', async () => {
    const visitor = await linked();
    assert.match(visitor.text, /其他统一身份认证/);
    const fresh = new Visitor(service);
    await fresh.go('/sign-in');
    await fresh.step('upstream/city');
    assert.ok(fresh.session !== null, fresh.text.slice(0, 400));
    // Linked in a login of rung 1, it lifts nobody above, whatever the other provider says.
    const row = await service.services.database.reader
      .selectFrom('authenticator')
      .select(['enrolled_rung', 'lookup'])
      .where('kind', '=', 'upstream')
      .executeTakeFirstOrThrow();
    assert.equal(row.enrolled_rung, 1);
    assert.match(row.lookup ?? '', /^upstream:hmac/);
  });

  it('an answer counts in the browser and at the callback it was asked for, once', async () => {
    const visitor = new Visitor(service);
    await visitor.go('/sign-in');
    const { uid, token } = visitor;
    let seen = await visitor.browser.post(
      `${service.url}/interaction/${uid}/upstream/city`,
      { formToken: token },
      service.services.address,
    );
    for (let hop = 0; hop < 20 && !String(seen.location).includes('/upstream/city/callback'); hop += 1) {
      seen = await visitor.browser.visit(visitor.here(String(seen.location)));
    }
    const callback = visitor.here(String(seen.location));
    // Somebody else's browser has no cookie for it.
    assert.equal((await new Visitor(service).browser.visit(callback)).status, 401);
    // At the other provider's callback it is a mix-up; the attempt is over.
    const mixed = await visitor.browser.visit(callback.replace('/upstream/city/', '/upstream/other/'));
    assert.equal(mixed.status, 401);
    assert.equal((await visitor.browser.visit(callback)).status, 401);
  });

  it('a provider that does not answer is said so, and everything else goes on', async () => {
    const { login } = service.services;
    assert.equal(login.upstreams.providers.length, 2);
    await assert.rejects(
      login.upstreams.begin('unheard-of', { boundTo: 'x', purpose: 'login', maxAge: null }),
      /no such provider/,
    );
  });
});

describe('login by mutual TLS on its own host name', function () {
  this.timeout(120_000);
  let service: Harness;
  let folder: string;
  let tlsPort: number;
  let serial: string;
  let account: string;
  let own: { cert: string; key: Buffer };
  let opened = false;

  before(async function () {
    const openssl = requireProgram(this, 'openssl');
    folder = mkdtempSync(join(tmpdir(), 'yinxin-tls-'));
    tlsPort = await freePort();
    const path = (name: string): string => join(folder, name);
    run(openssl, [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
      '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', path('server.key'), '-out', path('server.pem'),
    ]); // prettier-ignore
    service = await startService({
      environment: {
        YINXIN_TLS_LOGIN_URL: `https://localhost:${tlsPort}`,
        YINXIN_TLS_LOGIN_PORT: String(tlsPort),
        YINXIN_TLS_LOGIN_CERTIFICATE: path('server.pem'),
        YINXIN_TLS_LOGIN_KEY: path('server.key'),
      },
    });
    opened = true;
    writeFileSync(path('req.cnf'), '[req]\ndistinguished_name=dn\n[dn]\n');
    run(openssl, [
      'genpkey',
      '-quiet',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-out',
      path('me.key'),
    ]);
    run(openssl, [
      'req', '-new', '-config', path('req.cnf'), '-key', path('me.key'), '-subj', '/', '-outform', 'DER', '-out', path('me.csr'),
    ]); // prettier-ignore
    const { person } = demonstrationLogins[2]!;
    account = await sampleAccount(service, 2);
    const issued = await enrol(service.services, {
      actor: registrar,
      idempotencyKey: 'tls-1',
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
      key: { kind: 'csr', der: new Uint8Array(readFileSync(path('me.csr'))) },
    });
    serial = issued.serial;
    const cert = issued.chain.map((der) => pemOf('CERTIFICATE', der)).join('');
    own = { cert, key: readFileSync(path('me.key')) };
  });
  after(async () => {
    if (!opened) return;
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param shown whether the browser shows its certificate; headers that pretend to carry one always go along */
  function visit(address: string, shown: boolean): Promise<{ status: number; location: string }> {
    return new Promise((resolve, reject) => {
      const sending = request(
        address,
        {
          rejectUnauthorized: false,
          agent: false,
          headers: { 'x-client-cert': Buffer.from(own.cert).toString('base64'), 'client-cert': ':MIIB:' },
          ...(shown ? { cert: own.cert, key: own.key } : {}),
        },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '' });
        },
      );
      sending.on('error', reject);
      sending.end();
    });
  }

  async function ticketOf(visitor: Visitor): Promise<string> {
    await visitor.go('/sign-in');
    const seen = await visitor.browser.post(
      `${service.url}/interaction/${visitor.uid}/certificate-tls`,
      { formToken: visitor.token },
      service.services.address,
    );
    assert.ok(seen.location?.startsWith(`https://localhost:${tlsPort}/certificate-login?ticket=`), seen.text);
    return seen.location ?? '';
  }

  it('a certificate in the handshake logs in; one in a header does not', async () => {
    const visitor = new Visitor(service);
    const address = await ticketOf(visitor);
    assert.equal((await visit(address, false)).status, 401);
    const answered = await visit(address, true);
    assert.equal(answered.status, 303);
    // The ticket is spent, and the answer is worth nothing in another browser.
    assert.equal((await visit(address, true)).status, 401);
    const stranger = new Visitor(service);
    await stranger.go('/sign-in');
    const path = new URL(answered.location);
    const theirs = path.pathname.replace(visitor.uid, stranger.uid) + path.search;
    assert.equal((await stranger.go(theirs)).status, 401);
    assert.equal(stranger.session, null);
    await visitor.go(path.pathname + path.search);
    if (visitor.text.includes('/acting"')) await visitor.step('acting', { actingFor: '' });
    assert.ok(visitor.session !== null, visitor.text.slice(0, 400));
    const session = await service.services.guard.sessionOf(`yinxin_session=${visitor.session}`);
    assert.equal(session?.account, account);
    assert.equal(session.login.certificate?.serial, serial);
  });

  it('a revoked certificate is refused at the other host name, and its live session ends within two seconds', async () => {
    const visitor = new Visitor(service);
    const answered = await visit(await ticketOf(visitor), true);
    const path = new URL(answered.location);
    await visitor.go(path.pathname + path.search);
    if (visitor.text.includes('/acting"')) await visitor.step('acting', { actingFor: '' });
    assert.equal((await visitor.browser.visit(`${service.url}/my`)).status, 200);
    await revokeCertificate(service.services, { serial, reason: 'keyCompromise', actor: registrar });
    const began = performance.now();
    while ((await visitor.browser.visit(`${service.url}/my`)).status === 200) {
      assert.ok(performance.now() - began < 2000, 'the session lives on');
      await new Promise((done) => setTimeout(done, 50));
    }
    const later = new Visitor(service);
    assert.equal((await visit(await ticketOf(later), true)).status, 401);
  });
});
