// Revealing a license in a browser: masked, asked why, shown in full, and the holder sees who looked; phone and desk.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { district } from '../../fixtures/district.ts';
import { seniorCitizenLicense } from '../../fixtures/licenses.ts';
import { startService, type Harness } from '../api/harness.ts';
import { issue, licenseBody } from '../api/samples.ts';
import { signInAs } from '../api/sign-in.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

describe('revealing a license in a browser', function () {
  this.timeout(180_000);
  let service: Harness;
  let browser: Browser;
  let license = '';
  const resident = district.persons.find(({ birthDate }) => Number(birthDate.slice(0, 4)) < 1966);
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    browser = await launchChromium(this);
    service = await startService();
    assert.ok(resident);
    const issued = await issue(service, licenseBody(seniorCitizenLicense(resident, 2026, 4712)), {
      department: 'civil-affairs',
    });
    assert.equal(issued.status, 201, issued.text);
    license = (issued.body as { id: string }).id;
  });
  after(async () => {
    await browser.close();
    await service.stop();
  });

  async function photograph(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `license-reveal-${name}.png`), fullPage: true });
  }

  for (const [name, size] of Object.entries({ phone, desk })) {
    it(`asks for a reason first, and keeps what it shows off every cache, on a ${name}`, async () => {
      const context = await browser.newContext({ viewport: size, locale: 'zh-CN' });
      try {
        const [cookieName = '', cookie = ''] = (await signInAs(service, 'officer-civil-affairs')).split(
          /=(.*)/s,
        );
        await context.addCookies([{ name: cookieName, value: cookie, url: service.url }]);
        const page = await context.newPage();
        const faults: string[] = [];
        page.on('pageerror', (error) => faults.push(error.message));
        page.on('console', (message) => {
          if (message.type() === 'error') faults.push(message.text());
        });
        await page.goto(`${service.url}/licenses/${license}`);
        assert.ok(!(await page.content()).includes(resident?.number ?? '?'));
        await page.click(`a[href="/licenses/${license}/reveal"]`);
        const masked = await page.content();
        assert.ok(!masked.includes(resident?.number ?? '?') && !masked.includes(resident?.name ?? '?'));
        await assertAccessible(page, `the question on a ${name}`);
        await assertZoomable(page, size, `the question on a ${name}`);
        await photograph(page, `${name}-asked`);
        // Nothing is sent without a reason: the browser itself holds the form back.
        await page.click('button:has-text("查看全文")');
        assert.ok(!(await page.content()).includes(resident?.number ?? '?'));
        await page.fill('#reason', '窗口核对优待资格');
        const [answer] = await Promise.all([
          page.waitForResponse((response) => response.request().method() === 'POST'),
          page.click('button:has-text("查看全文")'),
        ]);
        assert.equal(answer.status(), 200);
        assert.match(answer.headers()['cache-control'] ?? '', /no-store/);
        await page.waitForSelector('text=本次查看已记录在案');
        const full = await page.content();
        assert.ok(full.includes(resident?.number ?? '?') && full.includes(resident?.name ?? '?'));
        await assertAccessible(page, `the license in full on a ${name}`);
        await assertZoomable(page, size, `the license in full on a ${name}`);
        await photograph(page, `${name}-shown`);
        assert.deepEqual(faults, []);
      } finally {
        await context.close();
      }
    });
  }
});
