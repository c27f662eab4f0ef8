// The type officer's pages in a browser against the real service: draft, preview, refuse, submit, approve by another, publish, issue.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startService, type Harness } from '../api/harness.ts';
import { signInAs } from '../api/sign-in.ts';
import { foodBusinessType } from '../../fixtures/license-types/food-business.ts';
import { medicalInstitutionType } from '../../fixtures/license-types/medical-institution.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

const food = foodBusinessType.typeCode;

/** What is used of an HTMLImageElement. */
interface Picture {
  readonly naturalWidth: number;
  decode(): Promise<void>;
}

describe('license types in a browser', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    browser = await launchChromium(this);
    service = await startService();
  });
  after(async () => {
    await browser.close();
    await service.stop();
  });

  async function photograph(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `types-${name}.png`), fullPage: true });
  }

  async function as(
    account: string,
    size: { width: number; height: number },
    work: (page: Page) => Promise<void>,
    expectedFaults = 0,
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
      assert.equal(faults.length, expectedFaults, faults.join('\n'));
    } finally {
      await context.close();
    }
  }

  /** Every picture of a page came whole. */
  async function assertPictures(page: Page, count: number): Promise<void> {
    const pictures = page.locator('.pages img');
    assert.equal(await pictures.count(), count);
    for (const picture of await pictures.all()) {
      await picture.scrollIntoViewIfNeeded();
      await picture.evaluate((image: Picture) => image.decode());
      assert.ok(await picture.evaluate((image: Picture) => image.naturalWidth > 0));
    }
  }

  for (const [name, size] of [
    ['phone', phone],
    ['desk', desk],
  ] as const)
    it(`shows the catalogue, a type of several pages and its editions, on a ${name}`, async () => {
      await as('type-officer', size, async (page) => {
        await page.goto(`${service.url}/license-types`);
        await assertAccessible(page, 'the catalogue');
        await assertZoomable(page, size, 'the catalogue');
        await photograph(page, `${name}-catalogue`);
        await page.goto(`${service.url}/license-types/${medicalInstitutionType.typeCode}`);
        await assertPictures(page, 2);
        await assertAccessible(page, 'a type');
        await assertZoomable(page, size, 'a type');
        await photograph(page, `${name}-type`);
        const text = await page.locator('main').innerText();
        for (const words of ['校验', '吊销', '诊疗科目', '第1版']) assert.ok(text.includes(words), words);
      });
    });

  it('goes from a draft to a published edition by two officers', async () => {
    let draft = '';
    await as('type-officer', desk, async (page) => {
      await page.goto(`${service.url}/license-types`);
      await page.locator(`form:has(input[value="${food}"]) button`).click();
      draft = page.url();
      assert.match(draft, /\/license-type-drafts\/ltd_[0-9a-f]{32}$/);
      await assertPictures(page, 1);
      await page.getByText('新增字段').click();
      await page.fill('#field', 'KZ_LXDH');
      await page.fill('#label', '联系电话');
      await page.fill('#englishLabel', 'Telephone');
      await page.fill('#maxLength', '20');
      await page.locator('form[action$="/fields"] button').click();
      assert.ok((await page.locator('main').innerText()).includes('联系电话'));
      await page.getByText('名称、规则与权限').click();
      await page.fill('#basic-renewalDays', '30');
      await page.fill('#basic-renewalBasis', '《行政许可法》第五十条');
      await page.check('#second-revoke');
      await page.locator('form[action$="/basics"] button').click();
      const differences = await page.locator('main').innerText();
      for (const words of ['renewal.daysBefore', 'secondPerson.0', 'face.properties.KZ_LXDH.maxLength'])
        assert.ok(differences.includes(words), words);
      await assertAccessible(page, 'a draft');
      await assertZoomable(page, desk, 'a draft');
      await photograph(page, 'desk-draft');
      await page.fill('#submission-note', '增加联系电话');
      await page.locator('form[action$="/submission"] button').click();
      assert.match(await page.locator('main').innerText(), /另一名工作人员/);
      assert.equal(await page.locator('form[action$="/decision"]').count(), 0, 'not by who drafted it');
    });
    await as('type-approver', phone, async (page) => {
      await page.goto(draft);
      await assertPictures(page, 1);
      await assertAccessible(page, 'a draft to be decided');
      await assertZoomable(page, phone, 'a draft to be decided');
      assert.match(await page.locator('main').innerText(), /样本桂\s+证照类型管理员/);
      await photograph(page, 'phone-draft');
      await page.check('input[value="approved"]');
      await page.locator('form[action$="/decision"] button').click();
      await page.locator('form[action$="/publication"] button').click();
      assert.match(await page.locator('main').innerText(), /已发布/);
      await page.goto(`${service.url}/license-types/${food}`);
      const text = await page.locator('main').innerText();
      for (const words of ['第2版', '第1版', '联系电话', '届满前30日起'])
        assert.ok(text.includes(words), words);
      await photograph(page, 'phone-editions');
    });
  });

  it('says why a definition does not hold, keeps what was typed, and finds what would not fit the page', async () => {
    // The browser itself tells of the page that comes with status 422.
    await as(
      'type-officer',
      desk,
      async (page) => {
        await page.goto(`${service.url}/license-types`);
        await page.locator(`form:has(input[value="${food}"]) button`).click();
        const draft = page.url();
        await page.goto(`${draft}?fill=longest`);
        assert.match(await page.locator('main').innerText(), /KZ_ZS: The text is too long for its place/);
        await page.goto(draft);
        await page.getByText('完整定义').click();
        const typed = (await page.inputValue('#definition')).replace('"width": 297', '"width": 29700');
        assert.ok(typed.includes('29700'));
        await page.fill('#definition', typed);
        await page.locator('form[action$="/definition"] button').click();
        assert.match(
          await page.locator('[role=alert]').innerText(),
          /template\.pages\.0\.page\.width: It is more than 600/,
        );
        assert.equal(await page.inputValue('#definition'), typed);
        await photograph(page, 'desk-refused');
        await assertAccessible(page, 'a refused definition');
        await page.goto(draft);
        await page.getByText('放弃草稿').click();
        await page.locator('form[action$="/discard"] button').click();
        assert.match(await page.locator('main').innerText(), /已放弃/);
      },
      1,
    );
  });

  it('shows the catalogue to every officer, drafts to type officers, nothing to residents', async () => {
    await as('officer-civil-affairs', phone, async (page) => {
      const response = await page.goto(`${service.url}/license-types`);
      assert.equal(response?.status(), 200);
      assert.equal(await page.locator('form[action="/license-type-drafts"]').count(), 0);
    });
    await as(
      'holder-1',
      phone,
      async (page) => {
        assert.equal((await page.goto(`${service.url}/license-types`))?.status(), 403);
      },
      1,
    );
  });
});
