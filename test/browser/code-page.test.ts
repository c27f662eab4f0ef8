// The page a printed code opens, in a real Chromium: it verifies by itself, asks the status, and never hides a doubt.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import type { Browser, Page } from 'playwright-core';
import { renderCodePage } from '../../web/pages/code.ts';
import type { Frame } from '../../web/layout.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { verifyCode } from '../../verification/code.ts';
import { verifyTrustList } from '../../verification/trust-list.ts';
import { requireProgram } from '../programs.ts';
import { assertAccessible, assertZoomable, launchChromium, phone } from './chromium.ts';
import { makeCodeWorld, type CodeWorld } from './code-world.ts';
import { servePages, type PageServer } from './page-server.ts';

const frame: Frame = { demonstration: true, signedIn: null, formToken: null };

for (const algorithm of ['ES256', 'SM2SM3'] as const)
  describe(`the page of a printed code signed with ${algorithm}`, function () {
    this.timeout(120_000);
    let world: CodeWorld;
    let server: PageServer;
    let browser: Browser;
    let status: number | null = 0;
    let sequence = 7;
    let trusted = true;
    const posted: string[] = [];

    before(async function () {
      world = await makeCodeWorld(requireProgram(this, 'openssl'), algorithm);
      browser = await launchChromium(this);
      server = await servePages({
        'GET /v': () => ({ text: renderCodePage(frame, { operatorKeys: [world.operatorKey] }) }),
        'GET /api/v1/trust-list': async () =>
          trusted
            ? { type: 'application/jwt', text: await world.trustList(sequence) }
            : { status: 503, text: '' },
        'GET /api/v1/status-lists/1': async () =>
          status === null
            ? { status: 503, text: '' }
            : { type: 'application/statuslist+jwt', text: await world.statusList(status) },
        'POST /api/v1/verifications:code': async (body) => {
          posted.push(body);
          const { code } = JSON.parse(body) as { code: string };
          const time = new Date();
          const report = await verifyCode(code, {
            verifier: nodeSignatureVerifier,
            inflate: inflateWeb,
            time,
            trustList: await verifyTrustList(await world.trustList(sequence), {
              verifier: nodeSignatureVerifier,
              operatorKeys: [new Uint8Array(Buffer.from(world.operatorKey, 'base64'))],
              time,
            }),
            statusLists: { statusList: () => world.statusList(status ?? 0) },
          });
          return { type: 'application/json', text: JSON.stringify(report) };
        },
      });
    });

    beforeEach(() => {
      status = 0;
      sequence = 7;
      trusted = true;
      posted.length = 0;
    });

    after(async () => {
      await browser.close();
      await server.close();
    });

    /** Opens the code as a phone's camera would, in a browser that was never here. */
    async function open(
      digits: string,
      work: (page: Page) => Promise<void>,
      host = 'localhost',
    ): Promise<void> {
      const context = await browser.newContext({ viewport: phone, locale: 'zh-CN' });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) complaints.push(message.text());
      });
      try {
        await page.goto(`http://${host}:${server.port}/v#${digits}`);
        await page.locator('#result[aria-busy=false]').waitFor();
        await work(page);
        assert.deepEqual(complaints, []);
      } finally {
        await context.close();
      }
    }

    /** Puts another code behind the # of an open page. */
    async function reopen(page: Page, digits: string): Promise<void> {
      await page.evaluate(
        `new Promise((resolve) => {
        addEventListener('hashchange', resolve, { once: true });
        location.hash = ${JSON.stringify(digits)};
      }).then(() => undefined)`,
      );
      await page.locator('#result[aria-busy=false]').waitFor();
    }

    const word = (page: Page): Promise<string> => page.locator('.word').first().innerText();

    it('shows 有效 with the face, the authority, the time of the status and the limit of the proof', async () => {
      await open(world.digits, async (page) => {
        assert.match(await word(page), /有效/);
        const text = await page.locator('main').innerText();
        for (const part of [
          '食品经营许可证',
          '天津演示甲餐饮有限公司',
          'JY21201050000018',
          '样本山',
          '热食类食品制售',
          '天津市河北区政务服务办公室（演示）',
          '内容真实；不证明持有人身份',
          '状态时间',
          '已在本设备上核验签名',
          '样章',
          '以下内容不在码的签名范围内',
          '经营场所',
          '主体业态',
          '持证主体代码',
        ])
          assert.ok(text.includes(part), part);
        await assertAccessible(page, 'the valid code');
        await assertZoomable(page, phone, 'the valid code');
      });
      assert.deepEqual(posted, []);
      // Arithmetic for SM2 is loaded by pages that need it, and by no others.
      const loaded = server.log.some((line) => /\/assets\/sm2-portable/.test(line));
      assert.equal(loaded, algorithm === 'SM2SM3');
      assert.ok(
        server.log.every((line) => !line.includes(world.digits.slice(0, 40))),
        'what stands behind # reached the server',
      );
    });

    it('shows a revocation the next time it is opened', async () => {
      await open(world.digits, async (page) => assert.match(await word(page), /有效/));
      status = 1;
      await open(world.digits, async (page) => {
        assert.match(await word(page), /已失效/);
        assert.match(await page.locator('.status').innerText(), /撤销|吊销|注销/);
        await assertAccessible(page, 'the revoked code');
      });
      status = 2;
      await open(world.digits, async (page) => assert.match(await word(page), /暂停使用/));
    });

    it('refuses every tampered digit it is tried with, and shows no face then', async () => {
      const { digits } = world;
      await open(digits, async (page) => {
        for (let at = 3; at < digits.length; at += Math.ceil(digits.length / 24)) {
          const digit = (Number(digits.charAt(at)) + 1) % 10;
          await reopen(page, `${digits.slice(0, at)}${digit}${digits.slice(at + 1)}`);
          assert.match(await word(page), /核验不通过|无法确认/, `digit ${at}`);
          assert.equal(await page.locator('.face').count(), 0);
        }
        for (const text of [digits.slice(0, -17), `${digits}0`, digits.replace(/^1/, '2'), '1', 'x']) {
          await reopen(page, text);
          assert.match(await word(page), /核验不通过|无法确认/);
        }
        await assertAccessible(page, 'a refused code');
      });
    });

    it('says 无法确认 without a status, without a trust list, and for an older trust list than it has seen', async () => {
      status = null;
      await open(world.digits, async (page) => {
        assert.match(await word(page), /无法确认/);
        await assertAccessible(page, 'the code without a status');
      });
      trusted = false;
      await open(world.digits, async (page) => assert.match(await word(page), /无法确认/));
      status = 0;
      trusted = true;
      await open(world.digits, async (page) => {
        assert.match(await word(page), /有效/);
        sequence = 6;
        await page.reload();
        await page.locator('#result[aria-busy=false]').waitFor();
        assert.match(await word(page), /无法确认/);
      });
    });

    it('verifies through the server where the context is not secure, and says so', async function () {
      const address = Object.values(networkInterfaces())
        .flat()
        .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
      // Any name but localhost makes the context insecure; Chromium maps this one to loopback.
      const insecure =
        address === undefined
          ? await launchChromium(this, ['--host-resolver-rules=MAP verify.test 127.0.0.1'])
          : null;
      const context = await (insecure ?? browser).newContext({ viewport: phone });
      const page = await context.newPage();
      await page.goto(`http://${address ?? 'verify.test'}:${server.port}/v#${world.digits}`);
      await page.locator('#result[aria-busy=false]').waitFor();
      assert.equal(await page.evaluate('typeof crypto.subtle'), 'undefined');
      assert.match(await word(page), /有效/);
      assert.match(await page.locator('.how').innerText(), /由服务器核验/);
      assert.equal(posted.length, 1);
      await context.close();
      await insecure?.close();
    });

    it('says what to do with an address without a code, and reads a code that comes later', async () => {
      await open('', async (page) => {
        assert.match(await word(page), /网址里没有证照码/);
        await page.evaluate(`location.hash = '${world.digits}'`);
        await page.getByText('天津演示甲餐饮有限公司').waitFor();
        assert.match(await word(page), /有效/);
      });
    });

    it('tells a browser without scripts where to go', async () => {
      const context = await browser.newContext({ viewport: phone, javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(`http://localhost:${server.port}/v#${world.digits}`);
      assert.match(await page.locator('main').innerText(), /浏览器未启用脚本/);
      assert.equal(await page.locator('noscript a[href="/verify"]').count(), 1);
      await context.close();
    });
  });
