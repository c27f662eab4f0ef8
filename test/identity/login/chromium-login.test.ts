// Keys in a real browser: a passkey over DevTools' virtual authenticator, certificate files of three kinds, a phone that scans.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { enrolDemonstrationDoors } from '../../../api/demonstration-doors.ts';
import { enrol } from '../../../ca/enrol.ts';
import { revokeCertificate } from '../../../ca/revoke.ts';
import { openPkcs12 } from '../../../crypto/pkcs12.ts';
import type { SignatureAlgorithm } from '../../../crypto/signing-key.ts';
import { demonstrationLogins, demonstrationPassword } from '../../../fixtures/logins.ts';
import { signerKey } from '../../../bin/certificate-file.ts';
import { signerServer } from '../../../bin/signer-server.ts';
import { listen, stopListening } from '../../../api/listen.ts';
import { readCodesInFile } from '../../../licenses/code-reader.ts';
import { startService, type Harness } from '../../api/harness.ts';
import { assertAccessible, launchChromium, phone } from '../../browser/chromium.ts';

const p12Password = 'Correct-Horse-42-staple';
const registrar = { id: 'client:ra-1', kind: 'client', department: null, scopes: ['ca:enrol'] } as const;

/** A platform authenticator that verifies its user, as DevTools plays it. */
async function virtualAuthenticator(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return session;
}

describe('keys in Chromium', function () {
  this.timeout(180_000);
  let service: Harness;
  let browser: Browser;
  let started = false;
  let folder: string;
  let base: string;
  let made = 0;

  before(async function () {
    browser = await launchChromium(this);
    started = true;
    folder = mkdtempSync(join(tmpdir(), 'yinxin-keys-'));
    service = await startService();
    base = service.services.address;
    await enrolDemonstrationDoors(service.services, demonstrationLogins.slice(0, 2));
  });
  after(async () => {
    if (!started) return;
    await browser.close();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function certificateFile(
    algorithm: SignatureAlgorithm,
  ): Promise<{ path: string; serial: string; bytes: Uint8Array }> {
    const { services } = service;
    const person = demonstrationLogins[0]!.person;
    const issued = await enrol(services, {
      actor: registrar,
      idempotencyKey: `login-${(made += 1)}`,
      profile: 'resident-authentication',
      hierarchy: algorithm === 'SM2SM3' ? 'sm2' : 'international',
      subject: {
        person: {
          name: person.name,
          surname: '样',
          givenName: '本山',
          documentType: 'resident-id',
          documentNumber: person.number,
        },
      },
      evidence: { kind: 'window', reference: 'CK-1', level: 4, officer: 'officer:w07' },
      key: { kind: 'generated', algorithm, password: p12Password },
    });
    const path = join(folder, `${algorithm}.p12`);
    writeFileSync(path, issued.pkcs12!);
    return { path, serial: issued.serial, bytes: issued.pkcs12! };
  }

  async function opened(size?: {
    width: number;
    height: number;
  }): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext(size === undefined ? {} : { viewport: size });
    const page = await context.newPage();
    page.on('pageerror', (error) => assert.fail(error));
    return { context, page };
  }

  const part = (page: Page, form: string) => page.locator(`details.way:has(${form})`);

  async function openPart(page: Page, form: string): Promise<void> {
    const details = part(page, form);
    if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
  }

  /** Chooses oneself where the page asks whom to act for; pages of a login have no navigation. */
  async function onlyMyself(page: Page): Promise<void> {
    const choice = page.locator('form[action$="/acting"] button').first();
    await choice.or(page.locator('nav.places')).first().waitFor();
    if (await choice.isVisible()) await choice.click();
    await page.waitForURL(/\/my$/, { timeout: 8000 }).catch(async (error: unknown) => {
      console.log(page.url(), (await page.innerText('body')).slice(0, 800));
      throw error;
    });
  }

  async function withPassword(page: Page, name: string): Promise<void> {
    await page.goto(`${base}/sign-in`);
    await openPart(page, 'form[action$="/password"]');
    await page.fill('#name', name);
    await page.fill('#password', demonstrationPassword);
    await page.click('form[action$="/password"] button');
    await page.click('form[action$="/sms-request"] button');
    const inbox = await page.context().newPage();
    await inbox.goto(`${base}/development/inbox`);
    const code = /验证码 (\d{6})/.exec(await inbox.innerText('body'))?.[1] ?? '';
    await inbox.close();
    await page.fill('#sms-code', code);
    await page.click('form[action$="/sms"] button');
    await onlyMyself(page);
  }

  async function levelOf(account: string): Promise<string> {
    const row = await service.services.database.reader
      .selectFrom('login_session')
      .select('acr')
      .where('account', '=', account)
      .orderBy('auth_time', 'desc')
      .executeTakeFirst();
    return row?.acr ?? '';
  }

  const withFile = async (page: Page, file: string, password = p12Password): Promise<void> => {
    await openPart(page, '#certificate');
    await page.setInputFiles('#key-file', file);
    await page.fill('#key-password', password);
    await page.click('#certificate-button');
  };

  for (const algorithm of ['ES256', 'RS256', 'SM2SM3'] as const) {
    it(`a certificate file with an ${algorithm} key signs in the page; the key stays there`, async () => {
      const { path } = await certificateFile(algorithm);
      const { context, page } = await opened();
      const sent: string[] = [];
      page.on('request', (request) => sent.push(request.postData() ?? ''));
      await page.goto(`${base}/sign-in?level=3`);
      await withFile(page, path, 'not the password');
      await page.waitForSelector('#certificate-status:has-text("口令不正确")');
      await withFile(page, path);
      await onlyMyself(page);
      const answer = sent.find((body) => body.includes('"signature"'));
      assert.ok(answer?.includes(`"${algorithm}"`));
      assert.ok(!sent.join('').includes(p12Password));
      await context.close();
    });
  }

  it('a soft key tops out at level 3: level 4 ends on the page that explains', async () => {
    const { path } = await certificateFile('ES256');
    const { context, page } = await opened();
    await page.goto(`${base}/sign-in?level=4`);
    await withFile(page, path);
    await page.waitForSelector('text=实名等级不足');
    await assertAccessible(page, 'level not reached');
    await context.close();
  });

  it('a revoked certificate is refused at once', async () => {
    const { path, serial } = await certificateFile('ES256');
    await revokeCertificate(service.services, { serial, reason: 'keyCompromise', actor: registrar });
    const { context, page } = await opened();
    await page.goto(`${base}/sign-in`);
    await withFile(page, path);
    await page.waitForSelector('#certificate-status:has-text("证书不能用于登录")');
    await context.close();
  });

  it('the signer on the own machine signs for an allowed site, and for no other', async () => {
    const { bytes } = await certificateFile('ES256');
    const told: string[] = [];
    const server = signerServer({
      key: signerKey(await openPkcs12(bytes, p12Password)),
      origins: [base],
      confirm: () => Promise.resolve(true),
      tell: (line) => void told.push(line),
    });
    const port = await listen(server, '127.0.0.1', 18480);
    try {
      const { context, page } = await opened();
      await page.goto(`${base}/sign-in?level=3`);
      await openPart(page, '#certificate');
      await page.click('#signer-button');
      await onlyMyself(page);
      await context.close();
      const ask = (headers: Record<string, string>): Promise<Response> =>
        fetch(`http://127.0.0.1:${port}/v1/certificate-login`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', ...headers },
          body: JSON.stringify({ nonce: 'A'.repeat(43), client: 'c', interaction: 'i' }),
        });
      assert.equal((await ask({ Origin: 'https://evil.example' })).status, 403);
      assert.equal((await ask({})).status, 403);
      assert.equal((await ask({ Origin: base })).status, 200);
      assert.ok(told.some((line) => line.includes('evil.example')));
    } finally {
      await stopListening(server, 1000);
    }
  });

  it('a passkey is enrolled after a fresh login, logs in alone, and confirms a scan on a phone', async () => {
    const { context, page } = await opened(phone);
    const authenticator = await virtualAuthenticator(page);
    await withPassword(page, 'yangben2');
    await page.goto(`${base}/my/authenticators`);
    await assertAccessible(page, 'ways to sign in');
    await page.fill('#passkey-label', '测试手机');
    await page.click('#passkey-button');
    await page.waitForSelector('li:has-text("测试手机")');
    await page.goto(`${base}/my`);
    await page.click('form[action="/sign-out"] button');
    await page.goto(`${base}/sign-in`);
    await page.click('#passkey-button');
    await onlyMyself(page);
    const row = await service.services.database.reader
      .selectFrom('authenticator')
      .selectAll()
      .where('label', '=', '测试手机')
      .executeTakeFirstOrThrow();
    // Enrolled in a login of level 2, it lifts nobody above.
    assert.equal(row.enrolled_rung, 2);
    assert.equal(await levelOf(row.account), 'urn:gov:loa:2');

    /** A picture on another screen, opened on the phone. @returns the screen, and its digits */
    const scan = async (): Promise<{ desk: Awaited<ReturnType<typeof opened>>; number: string }> => {
      const desk = await opened();
      await desk.page.goto(`${base}/sign-in`);
      await openPart(desk.page, 'form[action$="/scan"]');
      await desk.page.click('form[action$="/scan"] button');
      const number = (await desk.page.innerText('#number')).trim();
      await page.goto(await scanned(desk.page));
      return { desk, number };
    };
    const goesOn = async (desk: Awaited<ReturnType<typeof opened>>): Promise<void> => {
      await page.waitForSelector('text=已确认');
      await desk.page.waitForURL(/\/interaction\/|\/my$/);
      await onlyMyself(desk.page);
      await desk.context.close();
    };
    // Signed in a moment ago, the phone confirms by that, with one tap.
    const first = await scan();
    await assertAccessible(page, 'confirmation by a login on the phone');
    await page.click(`button.number[value="${first.number}"]`);
    await goesOn(first.desk);
    assert.equal(await levelOf(row.account), 'urn:gov:loa:2');

    // A phone on which nobody is signed in shows its passkey.
    await context.clearCookies();
    const second = await scan();
    await assertAccessible(page, 'confirmation on the phone');
    assert.match(await page.innerText('dl.facts'), /印信[\s\S]*本机[\s\S]*Chrome/);
    await page.click(`button.number[data-number="${second.number}"]`);
    await goesOn(second.desk);

    // Or its holder signs in on it first, and comes back to the digits.
    await context.clearCookies();
    const third = await scan();
    await page.click('a:has-text("登录后确认")');
    await page.click('#passkey-button');
    const choice = page.locator('form[action$="/acting"] button').first();
    const digits = page.locator(`button.number[value="${third.number}"]`);
    await choice.or(digits).first().waitFor();
    if (await choice.isVisible()) await choice.click();
    await digits.click();
    await goesOn(third.desk);
    await context.clearCookies();

    // The wrong digits end it.
    const { desk: other, number: right } = await scan();
    await page.click(`button.number:not([data-number="${right}"])`);
    await page.waitForSelector('#phone-state:has-text("没有确认")');
    await other.page.waitForSelector('#scan-state:has-text("已拒绝")');
    await other.context.close();
    await authenticator.detach();
    await context.close();
  });
});

/** The address inside the picture that a page shows. */
async function scanned(page: Page): Promise<string> {
  const png = await page.locator('#picture svg').screenshot();
  const [address] = await readCodesInFile(new Uint8Array(png));
  assert.ok(address !== undefined);
  return address;
}
