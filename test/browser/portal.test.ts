// The demonstration portal in Chromium: one sign-in for two websites, step-up to 3 and 4, acting for an enterprise,
// a certificate revoked, and signing out everywhere.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Browser, Page } from 'playwright-core';
import { enrolDemonstrationDoors } from '../../api/demonstration-doors.ts';
import { operator } from '../../api/installation.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { district } from '../../fixtures/district.ts';
import { demonstrationLogins, demonstrationPassword } from '../../fixtures/logins.ts';
import { startPortal, type Portal } from '../../fixtures/portal/portal.ts';
import { PRIVATE_OID } from '../../formats/x509/private-oid.ts';
import { beginPasskey, finishPasskey } from '../../identity/login/passkey.ts';
import { startService, type Harness } from '../api/harness.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { establishDeviceKeyAuthority } from './device-key-authority.ts';
import { assertAccessible, desk, launchChromium, phone } from './chromium.ts';
import { photograph } from './portal-photos.ts';

const p12Password = 'Correct-Horse-42-staple';
const person = demonstrationLogins[0]!;
const enterprise = district.enterprises[0]!;
const registrar = { id: 'client:ra-1', kind: 'client', department: null, scopes: ['ca:enrol'] } as const;

describe('the demonstration portal in Chromium', function () {
  this.timeout(180_000);
  let service: Harness;
  let portal: Portal;
  let browser: Browser;
  let page: Page;
  let hall: string;
  let enterprises: string;
  let folder: string;

  before(async function () {
    browser = await launchChromium(this);
    folder = mkdtempSync(join(tmpdir(), 'yinxin-portal-'));
    service = await startService();
    const { services } = service;
    await enrolDemonstrationDoors(services, [person]);
    portal = await startPortal({
      clients: services.providerParts,
      actor: operator,
      issuer: services.providerParts.issuer,
      ports: [0, 0],
    });
    [hall = '', enterprises = ''] = portal.addresses;
    const context = await browser.newContext({ viewport: phone });
    page = await context.newPage();
    page.on('pageerror', (error) => assert.fail(error));
  });

  after(async () => {
    await browser.close();
    await portal.stop();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const shown = (id: string): Promise<string> => page.locator(`#${id}`).innerText();

  async function openPart(form: string): Promise<void> {
    const details = page.locator(`details.method:has(${form}), details.way:has(${form})`).first();
    if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
  }

  /** Answers what the pages ask after a login: oneself, and everything granted. */
  async function goOn(acting: RegExp = /本人/): Promise<void> {
    for (let step = 0; step < 5; step += 1) {
      // Scripts of the login page may still be on their way.
      await page
        .locator('form[action$="/acting"], button[name="decision"], #name, main .problem')
        .first()
        .waitFor();
      if (new URL(page.url()).pathname === '/') return;
      const before = page.url();
      const choice = page.locator('form[action$="/acting"] button').filter({ hasText: acting }).first();
      if (await choice.isVisible()) await choice.click();
      else {
        await assertAccessible(page, 'consent');
        await photograph(page, 'portal-consent');
        await page.locator('button[name="decision"][value="grant"]').click();
      }
      await page.waitForURL((url) => url.href !== before);
    }
  }

  async function withPassword(): Promise<void> {
    await openPart('form[action$="/password"]');
    await page.fill('#name', person.name);
    await page.fill('#password', demonstrationPassword);
    await page.click('form[action$="/password"] button');
    await page.click('form[action$="/sms-request"] button');
    const inbox = await page.context().newPage();
    await inbox.goto(`${service.services.address}/development/inbox`);
    const code = /验证码 (\d{6})/.exec(await inbox.innerText('body'))?.[1] ?? '';
    await inbox.close();
    await page.fill('#sms-code', code);
    await page.click('form[action$="/sms"] button');
  }

  async function withCertificate(): Promise<string> {
    // The CA of this test says of its keys that they are made in devices; the demonstration's says no such thing.
    const authority = await establishDeviceKeyAuthority(service.services);
    const made = await authority.issue(
      { name: person.person.name, documentNumber: person.person.number },
      p12Password,
    );
    assert.ok(
      (await deviceKeyCertificates()).includes(made.serial),
      'the policy is in the certificate itself',
    );
    const path = join(folder, 'key.p12');
    writeFileSync(path, made.pkcs12);
    await openPart('#certificate');
    await page.setInputFiles('#key-file', path);
    await page.fill('#key-password', p12Password);
    await page.click('#certificate-button');
    return made.serial;
  }

  /** Serials of the certificates that say their key is in a device, of all that this installation ever signed. */
  async function deviceKeyCertificates(): Promise<readonly string[]> {
    const rows = await service.services.database.reader
      .selectFrom('ca_certificate')
      .select(['serial', 'der'])
      .where('der', 'is not', null)
      .execute();
    assert.ok(rows.length > 10, 'there is something to look at');
    return rows
      .filter(({ der }) =>
        parseCertificate(new Uint8Array(Buffer.from(der!, 'base64'))).certificatePolicies?.some(
          ({ oid }) => oid === PRIVATE_OID.deviceKeyPolicy,
        ),
      )
      .map(({ serial }) => serial);
  }

  async function accountOf(): Promise<string> {
    const row = await service.services.database.reader
      .selectFrom('login_session')
      .select('account')
      .where('ended_at', 'is', null)
      .executeTakeFirstOrThrow();
    return row.account;
  }

  it('has no certificate that says its key is in a device: not one of the demonstration, authority or holder', async () => {
    assert.deepEqual(await deviceKeyCertificates(), []);
  });

  it('signs in at one website: password and a text message, level 2, with consent', async () => {
    await page.goto(hall);
    await assertAccessible(page, 'a website of the portal');
    await photograph(page, 'portal-stranger');
    await page.click('a[href="/login"]');
    await withPassword();
    await goOn();
    assert.equal(await shown('name'), person.person.name);
    assert.equal(await shown('level'), '2');
    assert.match(await shown('acting'), /本人/);
    await assertAccessible(page, 'signed in at the portal');
    await photograph(page, 'portal-signed-in');
  });

  it('single sign-on: the other website asks for no login, and knows the person by another subject', async () => {
    const first = await shown('subject');
    await page.goto(enterprises);
    await page.click('a[href="/login"]');
    await page.waitForURL(/\/interaction\//);
    assert.equal(await page.locator('#password').count(), 0, 'no login page');
    await goOn();
    assert.equal(await shown('name'), person.person.name);
    assert.notEqual(await shown('subject'), first);
  });

  it('steps up from 2 to 3 with a passkey over a virtual authenticator', async () => {
    const { services } = service;
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    // Enrolled as a window would: under the person's eyes, at level 3.
    const account = await accountOf();
    await page.goto(services.address);
    const { doors } = services.login;
    const begun = await beginPasskey(doors, { account, boundTo: 'window', name: 'portal' });
    const response = await page.evaluate<RegistrationResponseJSON>(
      `navigator.credentials
        .create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(begun)}) })
        .then((made) => made.toJSON())`,
    );
    await finishPasskey(doors, operator, { account, boundTo: 'window', label: '手机', rung: 3, response });
    await page.goto(hall);
    await page.click('#raise-3');
    await page.waitForURL(/\/interaction\//);
    await page.click('#passkey-button');
    await goOn();
    assert.equal(await shown('level'), '3');
  });

  it('acts for an enterprise without a new login, under both names', async () => {
    await page.click('#switch');
    await page.waitForURL(/\/interaction\//);
    await photograph(page, 'portal-acting');
    await assertAccessible(page, 'whom to act for');
    assert.equal(await page.locator('#password').count(), 0);
    await goOn(new RegExp(enterprise.name));
    assert.equal(await shown('acting'), enterprise.name);
    assert.equal(await shown('level'), '3');
    assert.equal(await shown('name'), person.person.name);
  });

  it('reaches level 4 with a device key of the CA, and loses everything within 2 s of its revocation', async () => {
    await page.click('#raise-4');
    await page.waitForURL(/\/interaction\//);
    const serial = await withCertificate();
    await goOn();
    assert.equal(await shown('level'), '4');
    await page.goto(`${enterprises}/login`);
    await goOn();
    assert.equal(await shown('level'), '4');
    const started = Date.now();
    await revokeCertificate(service.services, { serial, reason: 'keyCompromise', actor: registrar });
    const signedOut = async (site: string): Promise<number> => {
      for (;;) {
        await page.goto(site);
        if ((await page.locator('#name').count()) === 0) return Date.now() - started;
        assert.ok(Date.now() - started < 5000, `${site} goes on`);
        await page.waitForTimeout(50);
      }
    };
    const took = Math.max(await signedOut(hall), await signedOut(enterprises));
    console.log(`        revoked and signed out of both websites after ${took} ms`);
    assert.ok(took < 2000, `${took} ms`);
    await page.click('a[href="/login"]');
    await page.waitForURL(/\/interaction\//);
    assert.ok((await page.locator('#password').count()) > 0, 'the session at the provider has ended too');
  });

  it('shows and ends what was signed in and granted', async () => {
    await withPassword();
    await goOn();
    await page.goto(`${service.services.address}/sign-in?returnTo=/my/sessions`);
    await page.waitForURL(/\/my\/sessions$/);
    for (const [name, size] of [
      ['phone', phone],
      ['desk', desk],
    ] as const) {
      await page.setViewportSize(size);
      await photograph(page, `sessions-${name}`);
      await assertAccessible(page, `sign-ins on a ${name}`);
    }
    await page.setViewportSize(phone);
    const text = await page.innerText('main');
    assert.ok(text.includes('演示办事大厅') && text.includes('当前设备') && text.includes('127.0.0.1'));
    await page.locator('form[action="/my/grants/end"]').first().locator('button').click();
    await page.waitForURL(/\/my\/sessions$/);
  });

  it('signs out everywhere', async () => {
    for (const site of [hall, enterprises]) {
      await page.goto(`${site}/login`);
      await goOn();
      assert.equal(await shown('name'), person.person.name);
    }
    await page.goto(hall);
    await page.click('#logout');
    await page.waitForURL(/\/oidc\/session\/end/);
    await photograph(page, 'logout');
    await assertAccessible(page, 'signing out');
    await page.getByRole('button', { name: /全部退出/ }).click();
    await page.waitForURL(`${hall}/`);
    assert.equal(await page.locator('#name').count(), 0);
    const started = Date.now();
    for (;;) {
      await page.goto(enterprises);
      if ((await page.locator('#name').count()) === 0) break;
      assert.ok(Date.now() - started < 2000, 'the other website was not told');
      await page.waitForTimeout(50);
    }
    await page.goto(`${service.services.address}/my`);
    assert.match(await page.innerText('main'), /请先登录/);
  });
});
