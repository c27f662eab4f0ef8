// Seals with artwork of their own in a browser: uploaded, previewed, decided with the impression in sight, made; phone and desk.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { writePng } from '../../signing/seal-picture/png-writer.ts';
import { startService, type Harness } from '../api/harness.ts';
import { signInAs } from '../api/sign-in.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

/** A ring with a bar, as a scanned impression is: on transparent ground, or on white paper. */
function filedPng(transparent: boolean): Uint8Array {
  const side = 240;
  const [colours, opacity] = [new Uint8Array(side * side * 3), new Uint8Array(side * side)];
  for (let at = 0; at < side * side; at++) {
    const [x, y] = [(at % side) - side / 2, Math.floor(at / side) - side / 2];
    const radius = Math.hypot(x, y);
    const inked = (radius > 100 && radius < 114) || (Math.abs(y) < 12 && Math.abs(x) < 70);
    colours.set(inked ? [205, 20, 30] : [255, 255, 255], at * 3);
    opacity[at] = inked || !transparent ? 255 : 0;
  }
  return writePng({ width: side, height: side, colours, opacity });
}

describe('seals with artwork of their own in a browser', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  let folder: string;
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    browser = await launchChromium(this);
    folder = mkdtempSync(join(tmpdir(), 'yinxin-artwork-'));
    service = await startService();
  });
  after(async () => {
    await browser.close();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const widthOf = (page: Page): Promise<number> =>
    page
      .locator('.impression img')
      .evaluate((picture) => (picture as unknown as { readonly naturalWidth: number }).naturalWidth);

  const applications = async (): Promise<number> =>
    (await service.services.database.reader.selectFrom('seal_application').select('id').execute()).length;

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

  it('applies for a seal with artwork of its own: previewed, shown to who decides, made, and used as drawn', async () => {
    const [png, svg, opaque] = [
      join(folder, 'filed.png'),
      join(folder, 'emblem.svg'),
      join(folder, 'opaque.png'),
    ];
    writeFileSync(png, filedPng(true));
    writeFileSync(opaque, filedPng(false));
    writeFileSync(
      svg,
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60"><circle cx="30" cy="30" r="26" fill="none" stroke="#d7000f" stroke-width="3"/></svg>',
    );
    let application = '';
    for (const [name, size] of [
      ['phone', phone],
      ['desk', desk],
    ] as const)
      await as('seal-applicant', size, async (page) => {
        await page.goto(`${service.url}/seals`);
        await page.click('a[href="/seal-artwork"]');
        await page.waitForURL(/seal-artwork/);
        await assertAccessible(page, 'the form for artwork');
        await assertZoomable(page, size, 'the form for artwork');
        await page.setInputFiles('#document', png);
        await photograph(page, `${name}-artwork-form`);
        const rows = await applications();
        const seen = async (): Promise<Page> => {
          const [tab] = await Promise.all([
            page.context().waitForEvent('page'),
            page.click('button[formaction="/seal-artwork/preview"]'),
          ]);
          await tab.waitForLoadState();
          return tab;
        };
        const preview = await seen();
        assert.ok((await widthOf(preview)) > 100, 'it is drawn');
        assert.match(await preview.locator('main').innerText(), /实际尺寸 42 × 42 毫米/);
        await assertAccessible(preview, 'the preview');
        await assertZoomable(preview, size, 'the preview');
        await photograph(preview, `${name}-artwork-preview`);
        await preview.close();
        await page.selectOption('#pictureKind', 'government');
        await page.fill('#pictureName', '天津市河北区人民政府');
        await page.setInputFiles('#document', svg);
        const round = await seen();
        assert.match(await round.locator('main').innerText(), /45 × 45 毫米/);
        await photograph(round, `${name}-artwork-emblem`);
        await round.close();
        // What would cover the page is refused, in words, and the form still holds what was typed.
        await page.selectOption('#pictureKind', 'filed');
        await page.setInputFiles('#document', opaque);
        const refused = await seen();
        assert.match(await refused.locator('main').innerText(), /印章图样不符合要求/);
        await refused.close();
        assert.equal(await page.inputValue('#pictureName'), '天津市河北区人民政府');
        assert.equal(await applications(), rows, 'a preview applies for nothing');
        if (application !== '') return;
        await page.setInputFiles('#document', png);
        await page.fill('#name', '天津市河北区政务服务办公室旧印模章（演示）');
        await page.selectOption('#type', '99');
        await page.fill('#keepers', 'person:officer-approval-office');
        await page.fill('#purpose', '沿用已备案印模');
        await page.click('main form button[type="submit"]:not([formaction])');
        await page.waitForURL(/\/seal-applications\/sap_/);
        application = page.url();
      });
    await as('seal-administrator', phone, async (page) => {
      await page.goto(application);
      assert.ok((await widthOf(page)) > 50, 'who decides sees it');
      await assertAccessible(page, 'an application with artwork');
      await assertZoomable(page, phone, 'an application with artwork');
      await photograph(page, 'phone-artwork-application');
      await page.check('input[value="approve"]');
      await page.click('main button[type="submit"]');
      await page.waitForURL(application);
      assert.match(await page.locator('main').innerText(), /已办结/);
      await page.click('main a[href^="/seals/120105"]');
      await page.waitForURL(/\/seals\/120105/);
      const drawn = await page.request.get(`${page.url()}/picture.svg`);
      assert.match(await drawn.text(), /<image [^>]*href="data:image\/png;base64,/);
      await photograph(page, 'phone-artwork-seal');
    });
  });
});
