// More licenses than a page shows, in a browser: the holder's own and the desk's, with the keyboard alone; phone and desk.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { findLicense } from '../../licenses/store.ts';
import { startService, type Harness } from '../api/harness.ts';
import { issue, licenseBody, licenses } from '../api/samples.ts';
import { signInAs } from '../api/sign-in.ts';
import { manyLike } from '../licenses/many-licenses.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

const HELD = 60;

describe('more licenses than a page shows, in a browser', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  let account = '';
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    browser = await launchChromium(this);
    service = await startService();
    const issued = await issue(service, licenseBody(licenses.senior), { department: 'civil-affairs' });
    assert.equal(issued.status, 201, JSON.stringify(issued.body));
    const { id } = issued.body as { id: string };
    const parts = service.services.licenses;
    const like = await findLicense(parts.database.reader, parts, id);
    assert.ok(like);
    await manyLike(parts, like, HELD - 1);
    account =
      service.services.signIn.accounts.find(
        ({ name, key }) => name === licenses.senior.holder.name && key.startsWith('holder-'),
      )?.key ?? '';
  });
  after(async () => {
    await browser.close();
    await service.stop();
  });

  async function as(
    key: string,
    size: { width: number; height: number },
    work: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext({ viewport: size, locale: 'zh-CN' });
    const faults: string[] = [];
    const [cookieName = '', cookie = ''] = (await signInAs(service, key)).split(/=(.*)/s);
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

  async function photograph(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.locator('main nav.actions, main section form button').last().scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(screenshots, `license-lists-${name}.png`) });
  }

  /** Tab until what has the focus says it. */
  async function reach(page: Page, words: RegExp): Promise<void> {
    for (let presses = 0; presses < 400; presses += 1) {
      await page.keyboard.press('Tab');
      if (words.test((await page.locator(':focus').textContent()) ?? '')) return;
    }
    assert.fail(`The keyboard reaches no ${words.source}.`);
  }

  async function addresses(page: Page): Promise<readonly string[]> {
    const links = await page.locator('main .cards h2 a, main .cards h3 a').all();
    return Promise.all(links.map(async (link) => (await link.getAttribute('href')) ?? ''));
  }

  for (const [name, size] of [
    ['phone', phone],
    ['desk', desk],
  ] as const) {
    it(`shows a holder the older ones too, on a ${name}`, async () => {
      await as(account, size, async (page) => {
        await page.goto(`${service.url}/my`);
        const first = await addresses(page);
        assert.equal(first.length, 50);
        await photograph(page, `my-${name}`);
        await reach(page, /更多/);
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/my\?after=lic_/);
        const second = await addresses(page);
        assert.equal(new Set([...first, ...second]).size, HELD);
        assert.equal(await page.getByRole('link', { name: /更多/ }).count(), 0, 'the last page');
        await assertAccessible(page, 'the older licenses');
        await assertZoomable(page, size, 'the older licenses');
        await photograph(page, `my-older-${name}`);
        await reach(page, /回到最新/);
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/my$/);
      });
    });

    it(`shows a clerk the older ones of a holder, without the number in any address, on a ${name}`, async () => {
      await as('officer-civil-affairs', size, async (page) => {
        await page.goto(`${service.url}/office/licenses`);
        await page.selectOption('#by', 'resident');
        await page.fill('#text', licenses.senior.holder.code);
        await page.click('main form button');
        const first = await addresses(page);
        await photograph(page, `desk-${name}`);
        await reach(page, /更多/);
        await page.keyboard.press('Enter');
        await page.waitForLoadState('load');
        await page.locator(`main .cards h3 a[href="${first[0] ?? ''}"]`).waitFor({ state: 'detached' });
        const second = await addresses(page);
        assert.ok(new Set([...first, ...second]).size >= HELD);
        assert.ok(!page.url().includes(licenses.senior.holder.code));
        await assertAccessible(page, 'the older licenses at the desk');
        await assertZoomable(page, size, 'the older licenses at the desk');
      });
    });
  }

  it('says that there is no such list for a license that is another’s, and for what is none', async () => {
    const cookie = await signInAs(service, account);
    for (const [after, status] of [
      [`lic_${'0'.repeat(32)}`, 404],
      ['lic_1', 400],
    ] as const) {
      const response = await fetch(`${service.url}/my?after=${after}`, { headers: { cookie } });
      assert.equal(response.status, status);
    }
  });
});
