// The offline reader in a real Chromium: filled once, then the server is gone and it still tells good from bad.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { codeMatrix, codePixels } from '../../licenses/code-picture.ts';
import { renderCodePage } from '../../web/pages/code.ts';
import { renderReader } from '../../web/pages/reader.ts';
import { requireProgram } from '../programs.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';
import { makeCodeWorld, type CodeWorld } from './code-world.ts';
import { servePages, type PageServer } from './page-server.ts';

/** What a camera sees that looks at the code: YUV4MPEG2, one frame, the symbol in grey on light paper. */
function film(digits: string): Uint8Array {
  const symbol = codePixels(codeMatrix({ prefix: 'https://localhost/v#', digits }), 8);
  const side = Math.ceil((symbol.side + 64) / 16) * 16;
  const inset = Math.floor((side - symbol.side) / 2);
  const luma = Buffer.alloc(side * side, 225);
  for (let y = 0; y < symbol.side; y += 1)
    for (let x = 0; x < symbol.side; x += 1)
      if (symbol.grey[y * symbol.side + x] === 0) luma[(inset + y) * side + inset + x] = 40;
  const header = Buffer.from(`YUV4MPEG2 W${side} H${side} F10:1 Ip A1:1 C420jpeg\nFRAME\n`, 'latin1');
  return Buffer.concat([header, luma, Buffer.alloc((side * side) / 2, 128)]);
}

for (const algorithm of ['ES256', 'SM2SM3'] as const)
  describe(`the offline reader, of codes signed with ${algorithm}`, function () {
    this.timeout(180_000);
    const screenshots = process.env['YINXIN_SCREENSHOTS'];
    const folder = mkdtempSync(join(tmpdir(), 'offline-reader-'));
    let world: CodeWorld;
    let other: CodeWorld;
    let server: PageServer;
    let browser: Browser;
    let status = 0;
    let up = true;
    /** Whether another build's style is among the files, as while a service of several nodes is brought up to date. */
    let mixed = false;
    const style = readFileSync('web/style.css', 'utf8');

    const answer = async (type: string, text: () => string | Promise<string>) =>
      up ? { type, text: await text() } : { status: 503, text: '' };
    const frame = { demonstration: true, signedIn: null, formToken: null } as const;

    before(async function () {
      const openssl = requireProgram(this, 'openssl');
      world = await makeCodeWorld(openssl, algorithm);
      other = await makeCodeWorld(openssl, algorithm);
      const filmed = join(folder, 'code.y4m');
      writeFileSync(filmed, film(world.digits));
      browser = await launchChromium(this, [
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${filmed}`,
      ]);
      server = await servePages({
        'GET /reader': () =>
          answer('text/html; charset=utf-8', () =>
            renderReader(frame, { operatorKeys: [world.operatorKey] }),
          ),
        'GET /v': () =>
          answer('text/html; charset=utf-8', () =>
            renderCodePage(frame, { operatorKeys: [world.operatorKey] }),
          ),
        'GET /assets/style.css': () => ({ type: 'text/css', text: mixed ? `${style} ` : style }),
        'GET /api/v1/trust-list': () => answer('application/jose', () => world.trustList()),
        'GET /api/v1/status-lists': () =>
          answer('application/json', () =>
            JSON.stringify({ status_lists: [`http://localhost:${server.port}/api/v1/status-lists/1`] }),
          ),
        'GET /api/v1/status-lists/1': () =>
          answer('application/statuslist+jwt', () => world.statusList(status)),
      });
    });

    beforeEach(() => {
      status = 0;
      up = true;
      mixed = false;
    });

    after(async () => {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true });
    });

    async function photograph(page: Page, name: string): Promise<void> {
      if (screenshots === undefined) return;
      mkdirSync(screenshots, { recursive: true });
      await page.screenshot({ path: join(screenshots, `reader-${name}.png`), fullPage: true });
    }

    const word = (page: Page): Promise<string> => page.locator('#result .word').first().innerText();

    async function judge(page: Page, text: string): Promise<string> {
      await page.evaluate("document.getElementById('result').setAttribute('aria-busy', 'true')");
      await page.locator('#code').fill(text);
      await page.locator('#code-form button').click();
      await page.locator('#result[aria-busy=false]').waitFor();
      return word(page);
    }

    /** Opens the reader as on the first visit, and waits until it is ready for a cellar without a network. */
    async function equip(context: BrowserContext): Promise<Page> {
      const page = await context.newPage();
      await page.goto(`http://localhost:${server.port}/reader`);
      await page.getByText('断网可用').waitFor();
      await page.getByText('第7期').waitFor();
      await page.getByText('1份').waitFor();
      return page;
    }

    async function visit(
      work: (context: BrowserContext, complaints: string[]) => Promise<void>,
    ): Promise<void> {
      const context = await browser.newContext({ viewport: phone, locale: 'zh-CN', permissions: ['camera'] });
      const complaints: string[] = [];
      context.on('page', (page) => {
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('console', (message) => {
          if (message.text().includes('Content Security Policy')) complaints.push(message.text());
        });
      });
      try {
        await work(context, complaints);
        assert.deepEqual(complaints, []);
      } finally {
        await context.close();
      }
    }

    it('opens and verifies with the network off, says the age of the status, and refuses what is wrong', async () => {
      await visit(async (context) => {
        const first = await equip(context);
        await photograph(first, 'phone');
        await assertAccessible(first, 'the reader');
        await assertZoomable(first, phone, 'the reader');
        await first.setViewportSize(desk);
        await photograph(first, 'desk');
        await first.close();
        await context.setOffline(true);
        // Another page altogether, as after the phone was switched off and on.
        const page = await context.newPage();
        await page.goto(`http://localhost:${server.port}/reader`);
        assert.equal(await page.evaluate('navigator.onLine'), false);
        assert.match(await judge(page, world.digits), /有效/);
        const text = await page.locator('#result').innerText();
        assert.match(text, /天津演示甲餐饮有限公司/);
        assert.match(text, /一分钟内向服务器确认过/);
        await photograph(page, 'offline-valid');
        const wrong =
          world.digits.slice(0, 100) + String((Number(world.digits[100]) + 1) % 10) + world.digits.slice(101);
        assert.match(await judge(page, wrong), /核验不通过|无法确认/);
        assert.equal(await page.locator('#result .face').count(), 0);
        assert.match(await judge(page, other.digits), /无法确认/);
        await photograph(page, 'offline-foreign');
        assert.match(await judge(page, 'https://elsewhere.test/v#123'), /核验不通过|无法确认/);
        assert.match(await judge(page, `https://elsewhere.test/v#${world.digits}`), /有效/);
      });
    });

    it('knows a revocation that was fetched before, and one that comes the moment there is a network again', async () => {
      await visit(async (context) => {
        status = 1;
        const page = await equip(context);
        await context.setOffline(true);
        assert.match(await judge(page, world.digits), /已失效|撤销|注销/);
        await photograph(page, 'offline-revoked');
      });
      status = 0;
      await visit(async (context) => {
        const page = await equip(context);
        await context.setOffline(true);
        assert.match(await judge(page, world.digits), /有效/);
        status = 1;
        const updated = page.waitForResponse(/status-lists\/1$/);
        await context.setOffline(false);
        await updated;
        await page.locator('[data-do=refresh]:not([disabled])').waitFor();
        assert.match(await judge(page, world.digits), /已失效|撤销|注销/);
      });
    });

    it('is not sure of a status that ran out while the network was away', async () => {
      await visit(async (context) => {
        const page = await equip(context);
        await context.setOffline(true);
        await page.clock.setFixedTime(new Date(Date.now() + 20 * 60_000));
        assert.match(await judge(page, world.digits), /有效/);
        assert.match(await page.locator('#result').innerText(), /20分钟前的缓存/);
        assert.match(await page.locator('.how').innerText(), /没有连接服务器/);
        await photograph(page, 'offline-aged');
        await page.clock.setFixedTime(new Date(Date.now() + 13 * 3_600_000));
        assert.match(await judge(page, world.digits), /无法确认/);
      });
    });

    it('reads a code with the camera, with the network off', async () => {
      await visit(async (context) => {
        const page = await equip(context);
        await context.setOffline(true);
        await page.locator('#camera').click();
        await page.locator('#result[aria-busy=false]').waitFor();
        assert.match(await word(page), /有效/);
        assert.equal(await page.locator('#video').isVisible(), false);
      });
    });

    it('serves the page of a printed code too, when the phone’s own camera opens it without a network', async () => {
      await visit(async (context) => {
        const equipped = await equip(context);
        await equipped.close();
        await context.setOffline(true);
        const page = await context.newPage();
        await page.goto(`http://localhost:${server.port}/v#${world.digits}`);
        await page.locator('#result[aria-busy=false]').waitFor();
        assert.match(await word(page), /有效/);
        assert.match(await page.locator('.how').innerText(), /没有网络/);
        await photograph(page, 'offline-code-page');
      });
    });

    it('does not take a server in trouble for no network: a refusal of the status stays unknown', async () => {
      await visit(async (context) => {
        const equipped = await equip(context);
        await equipped.close();
        up = false;
        const page = await context.newPage();
        await page.goto(`http://localhost:${server.port}/v#${world.digits}`);
        await page.locator('#result[aria-busy=false]').waitFor();
        assert.match(await word(page), /无法确认/);
      });
    });

    it('keeps nothing while the files are of two builds, and all of it once they are of one', async () => {
      await visit(async (context) => {
        mixed = true;
        const page = await context.newPage();
        await page.goto(`http://localhost:${server.port}/reader`);
        await page.getByText('浏览器没有保存本页').waitFor();
        const names = await page.evaluate<string[]>('caches.keys()');
        assert.deepEqual(
          names.filter((name) => name.startsWith('yinxin-reader-')),
          [],
        );
        mixed = false;
        await page.close();
        await equip(context);
      });
    });

    it('keeps nothing of a person: what is stored are public lists, keys and the pages', async () => {
      await visit(async (context) => {
        const page = await equip(context);
        await judge(page, world.digits);
        const kept = await page.evaluate<string>(`(async () => {
        let text = '';
        for (const name of await caches.keys())
          for (const request of await (await caches.open(name)).keys())
            text += request.url + '\\n' + await (await (await caches.open(name)).match(request)).text();
        return text + JSON.stringify(Object.entries(localStorage));
      })()`);
        assert.ok(kept.includes('yinxin-offline-kit/1'));
        for (const personal of ['天津演示甲餐饮', '样本山', world.digits.slice(0, 60)])
          assert.ok(!kept.includes(personal), personal);
      });
    });
  });
