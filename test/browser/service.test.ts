// The journey in a browser against the real service: a license's code on a phone, its revocation, sign-in, office, upload.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { journeyLicenses, type DemonstrationLicense } from '../../fixtures/licenses.ts';
import { startService, type Harness } from '../api/harness.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

interface Issued {
  readonly id: string;
  /** The whole address in the code. */
  readonly code: string;
  readonly documentUrl: string;
}

describe('the service in a browser', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  let food: Issued;
  let senior: Issued;
  let calls = 0;
  const screenshots = process.env['YINXIN_SCREENSHOTS'];
  const licenses = journeyLicenses(new Date().getFullYear());

  async function post(path: string, key: string, body: unknown): Promise<unknown> {
    calls += 1;
    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${key}`,
        'Idempotency-Key': `browser-${calls}`,
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  async function issue(license: DemonstrationLicense): Promise<Issued> {
    return (await post('/api/v1/licenses', service.apiKeys[license.matter.department.key], {
      type: license.type.key,
      number: license.number,
      holder: license.holder,
      face: license.face,
      matter: license.matter.code,
      case: `YS12010520261122000${calls}`,
    })) as Issued;
  }

  before(async function () {
    const assets = fileURLToPath(new URL('../../dist/web/assets/verify-code.js', import.meta.url));
    assert.ok(existsSync(assets), 'the pages’ scripts are not built: run `npm run build` first');
    browser = await launchChromium(this, ['--host-resolver-rules=MAP verify.test 127.0.0.1']);
    service = await startService();
    food = await issue(licenses.food);
    senior = await issue(licenses.senior);
  });

  after(async () => {
    await browser.close();
    await service.stop();
  });

  async function photograph(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `service-${name}.png`), fullPage: true });
  }

  /** A context in which any error of a page or of its policy fails the test. */
  async function visit(
    size: { width: number; height: number },
    work: (page: Page, context: BrowserContext) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext({ viewport: size, locale: 'zh-CN' });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    try {
      await work(page, context);
      assert.deepEqual(complaints, []);
    } finally {
      await context.close();
    }
  }

  /** Where a person may act for an enterprise, the page asks: for oneself. */
  async function chooseMyself(page: Page): Promise<void> {
    await page.waitForURL(/\/my$|\/interaction\//);
    const myself = page.getByRole('button', { name: /本人/ });
    if (await myself.isVisible()) await myself.click();
  }

  async function openCode(page: Page, address: string): Promise<string> {
    await page.goto('about:blank');
    await page.goto(address);
    await page.locator('#result[aria-busy=false]').waitFor();
    return page.locator('.word').first().innerText();
  }

  it('opens the printed code on a phone: 有效, with the face, and nothing of the code on the wire', async () => {
    await visit(phone, async (page) => {
      const asked: string[] = [];
      page.on('request', (request) =>
        asked.push(`${request.method()} ${request.url()} ${request.postData() ?? ''}`),
      );
      assert.match(await openCode(page, food.code), /有效/);
      const text = await page.locator('main').innerText();
      for (const part of [licenses.food.holder.name, licenses.food.number, '食品经营许可证', '样章'])
        assert.ok(text.includes(part), part);
      assert.ok(text.includes('天津市河北区政务服务办公室（演示）'), 'the issuing authority by its own name');
      assert.ok(text.includes('不证明持有人身份') && text.includes('经营场所'));
      assert.ok(text.includes('已在本设备上核验签名'));
      const digits = food.code.split('#')[1] ?? '';
      assert.ok(
        digits.length > 300 && asked.every((line) => !line.split('#')[0]?.includes(digits.slice(0, 30))),
      );
      assert.ok(asked.some((line) => line.includes('/api/v1/status-lists/')));
      await photograph(page, 'code');
      await assertAccessible(page, 'the code’s page');
      await assertZoomable(page, phone, 'the code’s page');
    });
  });

  it('masks the resident on the code of a resident’s license', async () => {
    await visit(phone, async (page) => {
      assert.match(await openCode(page, senior.code), /有效/);
      const text = await page.locator('main').innerText();
      assert.ok(!text.includes(licenses.senior.holder.name) && !text.includes(licenses.senior.holder.code));
      await photograph(page, 'code-resident');
    });
  });

  it('refuses a changed digit, and verifies through the server where the context is not secure', async () => {
    const at = Math.floor(food.code.length * 0.8);
    const digit = (Number(food.code.charAt(at)) + 1) % 10;
    const changed = `${food.code.slice(0, at)}${digit}${food.code.slice(at + 1)}`;
    const insecure = (address: string): string => {
      const url = new URL(address);
      url.hostname = 'verify.test';
      url.port = new URL(service.url).port;
      return url.href;
    };
    await visit(phone, async (page) => {
      assert.match(await openCode(page, changed), /核验不通过/);
      assert.equal(await page.locator('.face').count(), 0);
    });
    const context = await browser.newContext({ viewport: phone });
    const page = await context.newPage();
    assert.match(await openCode(page, insecure(food.code)), /有效/);
    assert.match(await page.locator('.how').innerText(), /由服务器核验/);
    assert.match(await openCode(page, insecure(changed)), /核验不通过/);
    await context.close();
  });

  it('shows a holder the own licenses and their documents, and nobody else’s', async () => {
    await visit(phone, async (page, context) => {
      await page.goto(`${service.services.address}/sign-in`);
      await page.waitForURL('**/interaction/**');
      await photograph(page, 'sign-in');
      await assertAccessible(page, 'sign-in');
      await page.getByText('演示账号').first().click();
      await page.getByRole('button', { name: licenses.senior.holder.name }).press('Enter');
      await chooseMyself(page);
      await page.waitForURL('**/my');
      await photograph(page, 'my');
      await assertAccessible(page, 'my licenses');
      const text = await page.locator('main').innerText();
      assert.ok(text.includes(licenses.senior.number.slice(-4)) && !text.includes(licenses.food.number));
      await page.getByRole('link', { name: /^老年人优待证/ }).click();
      await page.waitForURL('**/licenses/**');
      await page.waitForLoadState('networkidle');
      await photograph(page, 'license');
      await assertAccessible(page, 'one license');
      await assertZoomable(page, phone, 'one license');
      assert.equal(await page.locator('form[action$="status-changes"]').count(), 0);
      const address = new URL(
        (await page.getByRole('link', { name: /下载证照/ }).getAttribute('href')) ?? '',
        service.services.address,
      );
      const document = await context.request.get(address.href);
      assert.equal((await document.body()).subarray(0, 5).toString(), '%PDF-');
      assert.equal(
        (await context.request.get(`${service.services.address}/licenses/${food.id}`)).status(),
        404,
      );
    });
  });

  it('verifies the license’s document by upload, and a changed copy not', async () => {
    const answer = await fetch(food.documentUrl.replace(/^https?:\/\/[^/]+/, service.url), {
      headers: { Authorization: `Bearer ${service.apiKeys['approval-office']}` },
    });
    const sealed = Buffer.from(await answer.arrayBuffer());
    const changed = Buffer.from(sealed);
    const place = changed.indexOf('/Contents', changed.length - 30_000);
    changed[Math.max(100, place - 2000)] = (changed[Math.max(100, place - 2000)] ?? 0) ^ 1;
    await visit(desk, async (page) => {
      await page.goto(`${service.url}/verify`);
      const upload = async (buffer: Buffer): Promise<string> => {
        await page.setInputFiles('#file', { name: 'license.pdf', mimeType: 'application/pdf', buffer });
        await page.locator('#file-form button').click();
        await page.locator('#result[aria-busy=false] .word').waitFor();
        return page.locator('#result .word').first().innerText();
      };
      const good = await upload(sealed);
      await page.evaluate('document.querySelectorAll("details").forEach((each) => (each.open = true))');
      await photograph(page, 'upload');
      assert.match(good, /核验通过/);
      await assertAccessible(page, 'the report of an upload');
      assert.match(await upload(changed), /核验不通过/);
      await photograph(page, 'upload-changed');
    });
  });

  it('lets an officer revoke a license on the page, which shows at once when the code is opened', async () => {
    await visit(desk, async (page) => {
      await page.goto(`${service.url}/sign-in`);
      await page.getByText('演示账号').first().click();
      await page.getByRole('button', { name: '天津市河北区政务服务办公室（演示）' }).click();
      await page.waitForURL('**/office');
      await page.waitForLoadState('networkidle');
      await photograph(page, 'office');
      await assertAccessible(page, 'the office');
      await assertZoomable(page, desk, 'the office');
      await page.getByRole('link', { name: licenses.food.number }).click();
      await page.waitForURL('**/licenses/**');
      await page.getByRole('radio', { name: /吊销/ }).check();
      await page.getByRole('textbox').fill('演示');
      await page.getByRole('button', { name: /提交/ }).click();
      await page
        .getByText(/已吊销|吊销/)
        .first()
        .waitFor();
      await page.waitForLoadState('networkidle');
      await photograph(page, 'license-revoked');
      await assertAccessible(page, 'the revoked license');
    });
    await visit(phone, async (page) => {
      assert.match(await openCode(page, food.code), /已失效/);
      await photograph(page, 'code-revoked');
      assert.match(await openCode(page, senior.code), /有效/);
    });
  });

  it('has an API reference and a page for what is not there, both accessible', async () => {
    for (const path of ['/', '/docs', '/nowhere']) {
      const page = await browser.newPage({ viewport: phone });
      await page.goto(`${service.url}${path}`);
      await photograph(page, path === '/' ? 'home' : path.slice(1));
      await page.evaluate('document.querySelectorAll("details").forEach((each) => (each.open = true))');
      await assertAccessible(page, path);
      await assertZoomable(page, phone, path);
      await page.close();
    }
  });
});
