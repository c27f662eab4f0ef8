// The license desk in a browser against the real service: find, inspect, ask for a change, decide it as another officer; phone and desk.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import request from 'supertest';
import { district } from '../../fixtures/district.ts';
import type { SampleLicense } from '../../fixtures/sample-licenses.ts';
import { startService, type Harness } from '../api/harness.ts';
import { bearer, freshKey, issue, licenseBody, licenses } from '../api/samples.ts';
import { signInAs } from '../api/sign-in.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

/** What a sample license asks for over HTTP. */
function orderOf({ type, number, holder, face, matter }: SampleLicense): object {
  return { type: type.key, number, holder, face, matter: matter.code, case: '120105-2026-000007' };
}

const changeSummary = 'details:has(form[action$="/changes"]) summary';

describe('the license desk in a browser', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  let license = '';
  let number = '';
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    browser = await launchChromium(this);
    service = await startService();
    const medical = district.sampleLicenses(2026)['medical-institution'];
    assert.ok(medical);
    const issued = await issue(service, orderOf(medical), { department: 'health-commission' });
    assert.equal(issued.status, 201, JSON.stringify(issued.body));
    license = (issued.body as { id: string }).id;
    number = medical.number;
    const food = await issue(service, licenseBody(licenses.food));
    assert.equal(food.status, 201, JSON.stringify(food.body));
  });
  after(async () => {
    await browser.close();
    await service.stop();
  });

  async function photograph(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `license-desk-${name}.png`), fullPage: true });
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

  const status = async (): Promise<string> => {
    const answer = await request(service.url)
      .get(`/api/v1/licenses/${license}?purpose=test`)
      .set('Authorization', bearer(service, 'health-commission'));
    return (answer.body as { state: string }).state;
  };

  it('finds a license by its number, and nothing of another department', async () => {
    await as('officer-health-commission', phone, async (page) => {
      await page.goto(`${service.url}/office`);
      await page.click('a[href="/office/licenses"]');
      await page.fill('#text', number);
      await page.click('main form button');
      const link = page.locator('main .cards a').first();
      assert.equal(await link.innerText(), number);
      assert.ok(!page.url().includes(number), 'no number in an address');
      await link.click();
      assert.equal(new URL(page.url()).pathname, `/office/licenses/${license}`);
    });
    await as('officer-civil-affairs', phone, async (page) => {
      await page.goto(`${service.url}/office/licenses`);
      await page.fill('#text', number);
      await page.click('main form button');
      assert.match(await page.locator('main').innerText(), /没有找到/);
    });
  });

  for (const [name, size] of [
    ['phone', phone],
    ['desk', desk],
  ] as const)
    it(`shows the desk, a license and an application, on a ${name}`, async () => {
      await as('officer-health-commission', size, async (page) => {
        await page.goto(`${service.url}/office/licenses`);
        await assertAccessible(page, 'the desk');
        await assertZoomable(page, size, 'the desk');
        await photograph(page, `${name}-desk`);
        await page.fill('#text', number);
        await page.click('main form button');
        await assertAccessible(page, 'what was found');
        await photograph(page, `${name}-found`);
        await page.goto(`${service.url}/office/licenses/${license}`);
        await assertAccessible(page, 'a license');
        await assertZoomable(page, size, 'a license');
        await photograph(page, `${name}-license`);
        for (const summary of await page.locator('details.card summary').all()) await summary.click();
        await assertAccessible(page, 'the forms of a license');
        await assertZoomable(page, size, 'the forms of a license');
        await photograph(page, `${name}-forms`);
      });
    });

  it('records an inspection, and shows it with who made it', async () => {
    await as('officer-health-commission', phone, async (page) => {
      await page.goto(`${service.url}/office/licenses/${license}`);
      await page.click('details:has(form[action$="/inspections"]) summary');
      await page.selectOption('#outcome', '合格');
      await page.fill('#inspection-reason', '年度校验，资料齐全');
      await page.click('form[action$="/inspections"] button');
      const text = await page.locator('main').innerText();
      assert.match(text, /年度校验，资料齐全/);
      assert.match(text, /检查（校验）/);
      assert.match(text, /样本梅\s+业务人员\s+Case officer\s+…[0-9a-f]{6}/);
      assert.match(await page.content(), /title="person:psn_[0-9a-f]{32}"/);
    });
  });

  it('asks for a change that another officer approves, and shows both', async () => {
    let address = '';
    await as('officer-health-commission', phone, async (page) => {
      await page.goto(`${service.url}/office/licenses/${license}`);
      await page.click(changeSummary);
      await page.check('input[value="suspend"]');
      await page.fill('#change-reason', '发现重大安全隐患');
      await page.click('form[action$="/changes"] button');
      address = new URL(page.url()).pathname;
      assert.match(address, /^\/office\/license-requests\/lcr_/);
      assert.match(await page.locator('main').innerText(), /待审批/);
      assert.equal(await page.locator('form[action$="/approval"]').count(), 0, 'nobody approves their own');
      await assertAccessible(page, 'the own request');
      await photograph(page, 'phone-own-request');
    });
    assert.equal(await status(), 'issued');
    await as('reviewer-health-commission', desk, async (page) => {
      await page.goto(`${service.url}/office/licenses`);
      await page.click(`a[href="${address}"]`);
      await assertAccessible(page, 'a request');
      await assertZoomable(page, desk, 'a request');
      assert.match(await page.locator('main').innerText(), /样本梅/);
      await photograph(page, 'desk-request');
      await page.click('form[action$="/approval"] button');
      const done = await page.locator('main').innerText();
      assert.match(done, /已办理/);
      assert.match(done, /样本梅[^]*审批人[^]*样本杉/);
      await page.goto(`${service.url}/office/licenses/${license}`);
      await assertAccessible(page, 'a license that two changed');
      await assertZoomable(page, desk, 'a license that two changed');
      await photograph(page, 'desk-license-by-two');
    });
    assert.equal(await status(), 'suspended');
    await as('officer-civil-affairs', phone, async (page) => {
      const answer = await page.goto(`${service.url}${address}`).catch(() => null);
      assert.equal(answer?.status(), 404);
    }).catch((error: unknown) => {
      // The browser tells of the 404 in its console, and of nothing else.
      assert.match(String(error), /404/);
    });
  });

  it('decides ahead of the day and takes it back', async () => {
    await as('officer-health-commission', desk, async (page) => {
      await page.goto(`${service.url}/office/licenses/${license}`);
      await page.click(changeSummary);
      await page.check('input[value="restore"]');
      await page.fill('#change-reason', '整改完成');
      await page.fill('#effectiveOn', '2099-01-01');
      await page.click('form[action$="/changes"] button');
      assert.match(await page.locator('main').innerText(), /变更无效|Invalid change/);
    }).catch((error: unknown) => assert.match(String(error), /422/));
    await as('officer-health-commission', desk, async (page) => {
      const day = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
      await page.goto(`${service.url}/office/licenses/${license}`);
      await page.click(changeSummary);
      await page.check('input[value="restore"]');
      await page.fill('#change-reason', '整改完成');
      await page.fill('#effectiveOn', day);
      await page.click('form[action$="/changes"] button');
      assert.match(await page.locator('main').innerText(), /待生效/);
      await assertAccessible(page, 'a license with what waits');
      await photograph(page, 'desk-waiting');
      const taking = page.locator('details:has(form[action$="/countermands"])');
      await taking.locator('summary').click();
      await taking.locator('input[name="reason"]').fill('整改不合格');
      await page.click('form[action$="/countermands"] button');
      const text = await page.locator('main').innerText();
      assert.match(text, /已撤回/);
      assert.match(text, /撤回未生效的决定/);
      await page.setViewportSize(phone);
      await photograph(page, 'phone-history');
    });
    assert.equal(await status(), 'suspended');
  });

  it('is closed to holders, and to those who work on other things', async () => {
    for (const account of ['holder-1', 'seal-applicant']) {
      const answer = await request(service.url)
        .get('/office/licenses')
        .set('Cookie', await signInAs(service, account));
      assert.equal(answer.status, 403, account);
    }
    const forged = await request(service.url)
      .post(`/office/licenses/${license}/changes`)
      .set('Cookie', await signInAs(service, 'officer-health-commission'))
      .type('form')
      .send({ formToken: 'x', idempotencyKey: freshKey(), change: 'restore', reason: 'x' });
    assert.equal(forged.status, 403);
  });
});
