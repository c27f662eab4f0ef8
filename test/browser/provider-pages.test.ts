// The provider's own pages against the whole service, in a real Chromium: every state on phone and desk, and by keyboard alone.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { enrolDemonstrationDoors } from '../../api/demonstration-doors.ts';
import { operator } from '../../api/installation.ts';
import { district } from '../../fixtures/district.ts';
import { demonstrationLogins } from '../../fixtures/logins.ts';
import { accountOfPerson } from '../../identity/accounts.ts';
import { findPerson } from '../../identity/persons.ts';
import { registerClient } from '../../identity/provider/clients.ts';
import { pairwiseSubject, rememberSubject } from '../../identity/provider/pairwise.ts';
import { startService, type Harness } from '../api/harness.ts';
import { byKey, clientKey, post, type ClientKey } from '../identity/provider/relying-party.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

/** Set to a folder, each page is photographed into it. */
const photos = process.env['YINXIN_TEST_PHOTOS'] ?? '';

describe('pages of the provider', function () {
  this.timeout(240_000);
  let browser: Browser;
  let service: Harness;
  let base: string;
  let key: ClientKey;
  let device: string;

  before(async function () {
    browser = await launchChromium(this);
    service = await startService();
    base = service.services.address;
    if (photos !== '') mkdirSync(photos, { recursive: true });
    key = await clientKey();
    device = await client({ grants: ['device', 'ciba'], purposes: ['licenses'] });
    await enrolDemonstrationDoors(service.services, demonstrationLogins.slice(0, 2));
  });
  after(async () => {
    await browser.close();
    await service.stop();
  });

  async function client(settings: object): Promise<string> {
    const made = await registerClient(service.services.providerParts, operator, {
      name: '政务大厅自助终端',
      englishName: 'Self-service terminal of the government hall',
      department: district.departments[0]?.creditCode ?? '',
      settings: {
        authentication: 'private_key_jwt',
        jwks: { keys: [{ ...key.jwk, kty: 'EC' }] },
        scopes: ['openid', 'profile', 'resident_number'],
        ...settings,
      },
    });
    return made.client.id;
  }

  const signing = async (): Promise<Record<string, string>> => byKey(device, key, `${base}/oidc`);

  async function begun(): Promise<Record<string, unknown>> {
    const { status, body } = await post(service, '/device/auth', {
      scope: 'openid profile resident_number',
      ...(await signing()),
    });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  async function opened(): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ viewport: phone, locale: 'zh-CN' });
    const page = await context.newPage();
    page.on('pageerror', (error) => assert.fail(error));
    return { context, page };
  }

  /** A page as it must be: accessible, whole on phone and desk, with one heading and no script of its own. */
  async function judged(page: Page, name: string): Promise<void> {
    for (const [label, size] of [
      ['phone', phone],
      ['desk', { ...desk, height: 800 }],
    ] as const) {
      await page.setViewportSize(size);
      if (photos !== '')
        await page.screenshot({ path: join(photos, `provider-${name}-${label}.png`), fullPage: true });
      await assertAccessible(page, `${name} (${label})`);
      await assertZoomable(page, size, `${name} (${label})`);
    }
    assert.equal(await page.locator('h1').count(), 1, name);
    await page.setViewportSize(phone);
  }

  /** What is focused after so many presses of Tab. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let presses = 0; presses < 30; presses += 1) {
      if ((await page.locator(`${selector}:focus`).count()) === 1) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`${selector} is not reached by the keyboard`);
  }

  /** Chooses the sample account and oneself. */
  async function demonstrate(page: Page, at: number): Promise<void> {
    const { name, number } = demonstrationLogins[at]!.person;
    const person = await findPerson(service.services, { type: 'resident-identity-card', name, number });
    const account = await accountOfPerson(service.services, person!.id);
    const choice = page.locator(`button[value="${account!.id}"]`);
    const details = page.locator('details.way:has(form[action$="/demonstration"])');
    if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
    await choice.click();
  }

  it('a device’s code: entered wrongly, entered by keyboard, confirmed, done', async () => {
    const request = await begun();
    const { context, page } = await opened();
    await page.goto(`${base}/oidc/device`);
    await judged(page, 'device-code');
    await tabTo(page, 'input[name="user_code"]');
    await page.keyboard.type('BBBB-BBBB');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role="alert"]');
    await judged(page, 'device-code-wrong');
    await page.fill('input[name="user_code"]', String(request['user_code']));
    await tabTo(page, 'button[form="op.deviceInputForm"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:has-text("是这台设备吗")');
    assert.match(await page.innerText('dl.facts'), new RegExp(String(request['user_code'])));
    await judged(page, 'device-confirm');
    await tabTo(page, 'button[form="op.deviceConfirmForm"]:not([name])');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/interaction\//);
    await demonstrate(page, 0);
    await page.waitForSelector('h1');
    await judged(page, 'consent');
    await page.click(
      'form[action$="/consent"] button[value="grant"], form[action$="/consent"] button.button >> nth=0',
    );
    await page.waitForSelector('h1:has-text("设备已连接")');
    await judged(page, 'device-done');
    await context.close();
  });

  it('an error that goes back to nobody', async () => {
    const { context, page } = await opened();
    for (const [name, query] of [
      ['error-client', 'client_id=nobody&response_type=code&scope=openid'],
      ['error-nothing', ''],
    ] as const) {
      const answer = await page.goto(`${base}/oidc/auth?${query}`);
      assert.equal(answer?.status(), 400);
      await judged(page, name);
    }
    await context.close();
  });

  it('signing out: asked, refused by keyboard, then done', async () => {
    const { context, page } = await opened();
    await page.goto(`${base}/sign-in`);
    await demonstrate(page, 1);
    const choice = page.locator('form[action$="/acting"] button').first();
    await choice.or(page.locator('nav.places')).first().waitFor();
    if (await choice.isVisible()) {
      await judged(page, 'acting');
      await choice.click();
    }
    await page.waitForURL(/\/my$/);
    await page.goto(`${base}/oidc/session/end`);
    await judged(page, 'logout');
    await tabTo(page, 'button[form="op.logoutForm"]:not([name])');
    await page.keyboard.press('Enter');
    await page.waitForURL(/session\/end\/success/);
    await page.goto(`${base}/my`);
    assert.match(page.url(), /\/my$/, 'still signed in');
    await page.goto(`${base}/oidc/session/end`);
    await page.click('button[form="op.logoutForm"][name="logout"]');
    await page.waitForSelector('h1:has-text("已退出登录")');
    await judged(page, 'logged-out');
    await context.close();
  });

  it('a request of another device, on the page of sign-ins and grants', async () => {
    const { context, page } = await opened();
    await page.goto(`${base}/sign-in?returnTo=/my/sessions`);
    await demonstrate(page, 0);
    const choice = page.locator('form[action$="/acting"] button').first();
    await choice.or(page.locator('nav.places')).first().waitFor();
    if (await choice.isVisible()) await choice.click();
    await page.waitForURL(/\/my\/sessions$/);
    const { name, number } = demonstrationLogins[0]!.person;
    const person = await findPerson(service.services, { type: 'resident-identity-card', name, number });
    const account = (await accountOfPerson(service.services, person!.id))!.id;
    const sector = `${device.replaceAll('_', '-')}.client.invalid`;
    await rememberSubject(service.services.providerParts, sector, account);
    const asked = await post(service, '/backchannel', {
      scope: 'openid profile resident_number',
      binding_message: 'A1-42',
      login_hint: pairwiseSubject(service.services.providerParts, sector, account),
      ...(await signing()),
    });
    assert.equal(asked.status, 200, JSON.stringify(asked.body));
    await page.reload();
    assert.match(await page.innerText('main'), /A1-42/);
    await judged(page, 'sessions-request');
    await page.click('form[action="/my/requests"] button >> nth=0');
    await page.waitForSelector('main');
    const polled = await post(service, '/token', {
      grant_type: 'urn:openid:params:grant-type:ciba',
      auth_req_id: String(asked.body['auth_req_id']),
      ...(await signing()),
    });
    assert.equal(polled.status, 200, JSON.stringify(polled.body));
    // What was granted through the back channel is seen, and ended, beside the rest.
    await page.reload();
    assert.match(await page.innerText('main'), /政务大厅自助终端/);
    await judged(page, 'sessions-granted');
    await context.close();
  });
});
