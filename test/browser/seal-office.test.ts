// The seal office in a browser against the real service: apply, approve by another person, file, authorise, stop; phone and desk.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startService, type Harness } from '../api/harness.ts';
import { stamp } from '../api/samples.ts';
import { signInAs } from '../api/sign-in.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

describe('the seal office in a browser', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    browser = await launchChromium(this);
    service = await startService();
    await stamp(service);
    await stamp(service, { fields: { sm2: 'ses' } });
  });
  after(async () => {
    await browser.close();
    await service.stop();
  });

  async function photograph(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `seals-${name}.png`), fullPage: true });
  }

  async function as(
    account: string,
    size: { width: number; height: number },
    work: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context: BrowserContext = await browser.newContext({ viewport: size, locale: 'zh-CN' });
    const faults: string[] = [];
    const [cookieName = '', cookie = ''] = (await signInAs(service, account)).split(/=(.*)/s);
    await context.addCookies([{ name: cookieName, value: cookie, url: service.url }]);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    try {
      await work(page);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  }

  for (const [name, size] of [
    ['phone', phone],
    ['desk', desk],
  ] as const)
    it(`shows seals, one seal, an application and the form for a new one, on a ${name}`, async () => {
      await as('seal-applicant', size, async (page) => {
        await page.goto(`${service.url}/seals`);
        await assertAccessible(page, 'the seal office');
        await assertZoomable(page, size, 'the seal office');
        await photograph(page, `${name}-office`);
        await page.goto(`${service.url}/seals/12010500000001`);
        await assertAccessible(page, 'a seal');
        await assertZoomable(page, size, 'a seal');
        await photograph(page, `${name}-seal`);
        const text = await page.locator('main').innerText();
        assert.match(text, /12010500000001/);
        assert.match(text, /SM2/);
        await page.goto(`${service.url}/seal-application`);
        await assertAccessible(page, 'the form');
        await assertZoomable(page, size, 'the form');
        await photograph(page, `${name}-form`);
      });
    });

  it('goes from the form to a filed seal by two persons, then stops it', async () => {
    let application = '';
    let seal = '';
    await as('seal-applicant', phone, async (page) => {
      await page.goto(`${service.url}/seal-application`);
      await page.fill('#name', '天津市河北区政务服务办公室合同专用章（演示）');
      await page.selectOption('#type', '04');
      await page.selectOption('#pictureKind', 'contract');
      await page.fill('#pictureName', '天津市河北区政务服务办公室');
      await page.fill('#keepers', 'person:officer-approval-office');
      await page.fill('#purpose', '签订合同需要');
      await page.click('main button[type="submit"]');
      await page.waitForURL(/\/seal-applications\/sap_/);
      application = page.url();
      assert.match(await page.locator('main').innerText(), /待审批/);
      assert.equal(await page.locator('input[name="decision"]').count(), 0, 'not by the applicant');
    });
    await as('seal-administrator', desk, async (page) => {
      await page.goto(application);
      await assertAccessible(page, 'an application');
      await photograph(page, 'desk-application');
      await page.check('input[value="approve"]');
      await page.click('main button[type="submit"]');
      await page.waitForURL(application);
      assert.match(await page.locator('main').innerText(), /已办结/);
      await photograph(page, 'desk-application-done');
      await page.click('main a[href^="/seals/120105"]');
      await page.waitForURL(/\/seals\/120105/);
      seal = page.url();
      assert.match(await page.locator('main').innerText(), /待备案/);
      await page.fill('#number', 'BA-2026-0001');
      await page.click('form[action$="/filing"] button');
      await page.waitForURL(seal);
      assert.match(await page.locator('main .chip').first().innerText(), /有效/);
    });
    await as('seal-applicant', phone, async (page) => {
      await page.goto(application);
      await photograph(page, 'phone-application');
      await page.goto(seal);
      await page.fill('#authorise-reason', '夜间自动办理');
      await page.check('input[name="hours"][value="always"]');
      await page.click('form:has(#perDay) button');
      await page.waitForURL(/\/seal-applications\/sap_/);
      await page.goto(seal);
      await page.check('input[name="state"][value="frozen"]');
      await page.fill('#stop-reason', '盘点');
      await page.click('form[action$="/stop"] button');
      await page.waitForURL(seal);
      assert.match(await page.locator('main .chip').first().innerText(), /冻结/);
    });
  });
});
