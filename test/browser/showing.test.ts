// 亮证 with two browsers against the real service: a holder's telephone and a verifier's desk.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import { journeyLicenses } from '../../fixtures/licenses.ts';
import { officers } from '../../fixtures/officers.ts';
import { readCodesInFile } from '../../licenses/code-reader.ts';
import { startService, type Harness } from '../api/harness.ts';
import { issue, licenseBody } from '../api/samples.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

/** A browser of its own, whose errors fail the test. */
interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly complaints: string[];
}

describe('showing a license in two browsers', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  let holder: Visitor;
  let officer: Visitor;
  const licenses = journeyLicenses(new Date().getFullYear());
  const screenshots = process.env['YINXIN_SCREENSHOTS'];
  const caseNumber = 'YS12010520261126777001';

  async function visitor(size: { width: number; height: number }): Promise<Visitor> {
    const context = await browser.newContext({ viewport: size, locale: 'zh-CN' });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // Refusals that the test provokes: a claimed picture, a dead code, an office of others.
      if (message.type() === 'error' && !/status of 40[349]/.test(message.text()))
        complaints.push(message.text());
    });
    return { context, page, complaints };
  }

  async function signIn({ page }: Visitor, name: string): Promise<void> {
    await page.goto(`${service.services.address}/sign-in`);
    await page.waitForURL('**/interaction/**');
    await page.getByText('演示账号').first().click();
    await page.getByRole('button', { name, exact: false }).first().press('Enter');
    await page.waitForURL(/\/(my|office)$|\/interaction\//);
    const myself = page.getByRole('button', { name: /本人/ });
    if (await myself.isVisible()) await myself.click();
    await page.waitForURL(/\/(my|office)$/);
  }

  /** Both sizes of one page, and what axe says of it. */
  async function look(
    { page }: Visitor,
    name: string,
    own: { width: number; height: number },
  ): Promise<void> {
    await page.waitForLoadState('networkidle');
    await assertAccessible(page, name);
    if (screenshots !== undefined) {
      mkdirSync(screenshots, { recursive: true });
      for (const [size, word] of [
        [{ width: 390, height: 844 }, 'phone'],
        [{ width: 1280, height: 800 }, 'desk'],
      ] as const) {
        await page.setViewportSize(size);
        await page.screenshot({ path: join(screenshots, `showing-${name}-${word}.png`), fullPage: true });
      }
    }
    await assertZoomable(page, own, name);
  }

  /** What a scanner reads off the holder's screen. */
  async function scan(page: Page): Promise<string> {
    const picture = await page.locator('#picture').screenshot();
    const [text] = await readCodesInFile(picture);
    assert.match(text ?? '', /\/p#\d{39}$/);
    return text ?? '';
  }

  /** Waits until other digits stand on the screen. */
  async function changed(page: Page, before: string): Promise<void> {
    for (let look = 0; look < 100; look += 1) {
      if ((await page.locator('#spoken').innerText()) !== before) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail('the picture was not renewed');
  }

  async function showCard(): Promise<void> {
    await holder.page.goto(`${service.services.address}/my`);
    await holder.page.getByRole('button', { name: /亮证.*老年人优待证/ }).click();
    await holder.page.locator('#picture svg').waitFor();
  }

  async function ask(code: string): Promise<void> {
    const { page } = officer;
    await page.goto(`${service.services.address}/verifier?name=${licenses.senior.type.key}`);
    await page.getByRole('combobox', { name: /办件/ }).selectOption(caseNumber);
    await page.getByRole('checkbox', { name: /持证主体 Holder$/ }).check();
    await page.getByRole('checkbox', { name: /证照编号/ }).check();
    await page.getByRole('textbox', { name: /亮证码/ }).fill(code);
    await page.getByRole('button', { name: /请求出示/ }).click();
  }

  before(async function () {
    const assets = fileURLToPath(new URL('../../dist/web/assets/show-license.js', import.meta.url));
    assert.ok(existsSync(assets), 'the pages’ scripts are not built: run `npm run build` first');
    browser = await launchChromium(this);
    service = await startService();
    const made = await issue(service, licenseBody(licenses.senior), { department: 'civil-affairs' });
    assert.equal(made.status, 201, made.text);
    holder = await visitor(phone);
    officer = await visitor(desk);
    await signIn(holder, licenses.senior.holder.name);
    const market = officers.find(({ key }) => key === 'officer-market-supervision');
    await signIn(officer, market?.department.name ?? '');
  });

  after(async () => {
    await browser.close();
    await service.stop();
  });

  it('lets an officer open a case, and asks for one before anything else', async () => {
    const { page } = officer;
    await page.goto(`${service.services.address}/verifier`);
    assert.match(await page.locator('main').innerText(), /核验须有受理中的办件/);
    await page.getByRole('textbox', { name: /办件编号/ }).fill(caseNumber);
    await page.getByRole('combobox', { name: /事项/ }).selectOption(foodBusinessMatter.code);
    await page.getByRole('button', { name: /受理/ }).click();
    await page.waitForURL('**/verifier');
    await page.getByRole('link', { name: /老年人优待证/ }).click();
    await page.waitForURL('**/verifier?name=**');
    await look(officer, 'verifier', desk);
  });

  it('shows from phone to desk: code, number, consent, answer once, receipts on both sides', async () => {
    await look(holder, 'my', phone);
    await showCard();
    await look(holder, 'code', phone);
    await ask(await scan(holder.page));
    await officer.page.waitForURL('**/verifier/claims/**');
    await look(officer, 'claim', desk);
    const number = (await officer.page.locator('.digits').innerText()).trim();
    assert.match(number, /^\d\d$/);
    // The phone notices by itself.
    await holder.page.getByRole('button', { name: number, exact: true }).waitFor({ timeout: 15_000 });
    const question = await holder.page.locator('main').innerText();
    for (const part of ['市场监督管理局', caseNumber, '证照编号', '老年人优待证'])
      assert.ok(question.includes(part), part);
    await look(holder, 'question', phone);
    await holder.page.getByRole('button', { name: number, exact: true }).click();
    // And so does the desk.
    await officer.page.locator('.verdict.good').waitFor({ timeout: 15_000 });
    const answer = await officer.page.locator('main').innerText();
    assert.ok(answer.includes(licenses.senior.holder.name) && answer.includes(licenses.senior.number));
    assert.ok(!answer.includes(licenses.senior.holder.code), 'what was not asked for is not there');
    await look(officer, 'answer', desk);
    await holder.page.locator('h1', { hasText: '已出示' }).waitFor({ timeout: 15_000 });
    await look(holder, 'shown', phone);
    const claim = new URL(officer.page.url()).pathname.replace(/\/answer$/, '');
    const [mine, theirs] = await Promise.all([
      officer.context.request.get(`${service.services.address}${claim}/receipt`),
      holder.context.request.get(`${holder.page.url()}/receipt`),
    ]);
    assert.equal(await mine.text(), await theirs.text());
    assert.equal((await mine.text()).split('.').length, 3);
    await officer.page.goto(`${service.services.address}${claim}`);
    const again = await officer.page.locator('main').innerText();
    assert.ok(!again.includes(licenses.senior.holder.name), 'the answer is there once');
    await holder.page.goto(`${service.services.address}/my/license-looks`);
    assert.match(await holder.page.locator('main').innerText(), /市场监督管理局/);
    await look(holder, 'looks', phone);
  });

  it('renews the picture before it ends; a photo of the one before is of no use', async () => {
    await holder.page.clock.install();
    await showCard();
    const first = await scan(holder.page);
    const before = await holder.page.locator('#spoken').innerText();
    await holder.page.clock.fastForward(47_000);
    await changed(holder.page, before);
    const second = await scan(holder.page);
    assert.notEqual(first, second);
    await ask(first);
    assert.match(await officer.page.locator('main').innerText(), /亮证码无效或已失效/);
    await ask((await holder.page.locator('#spoken').innerText()).trim());
    await officer.page.waitForURL('**/verifier/claims/**');
    assert.equal(await officer.page.locator('.digits').count(), 1);
  });

  it('shows nothing where the holder declines, and the desk is told', async () => {
    await holder.page.goto(`${service.services.address}/my`);
    holder = await (async () => {
      // Without the clock of the test before.
      const state = await holder.context.storageState();
      await holder.context.close();
      const context = await browser.newContext({ viewport: phone, locale: 'zh-CN', storageState: state });
      return { context, page: await context.newPage(), complaints: holder.complaints };
    })();
    await showCard();
    await ask(await scan(holder.page));
    await officer.page.waitForURL('**/verifier/claims/**');
    await holder.page.getByRole('button', { name: /拒绝/ }).click({ timeout: 15_000 });
    await officer.page.getByText('持证人拒绝').first().waitFor({ timeout: 15_000 });
    await look(officer, 'declined', desk);
    await look(holder, 'declined-holder', phone);
    const protector = await visitor(desk);
    await signIn(protector, '个人信息保护负责人');
    await protector.page.goto(`${service.services.address}/office/showing-alarms`);
    assert.match(await protector.page.locator('main').innerText(), /持证人拒绝/);
    await look(protector, 'alarms', desk);
    await protector.page
      .getByRole('button', { name: /已核查/ })
      .first()
      .click();
    await protector.page.waitForURL('**/office/showing-alarms');
    assert.deepEqual(protector.complaints, []);
    await protector.context.close();
  });

  it('says to whoever else scans the code what it is, and nothing more', async () => {
    await showCard();
    const code = await scan(holder.page);
    const stranger = await visitor(phone);
    const asked: string[] = [];
    stranger.page.on('request', (request) => asked.push(request.url()));
    await stranger.page.goto(code.replace(/^https?:\/\/[^/]+/, service.services.address));
    await stranger.page.waitForLoadState('networkidle');
    const text = await stranger.page.locator('main').innerText();
    assert.match(text, /这是亮证码/);
    assert.ok(!text.includes(licenses.senior.holder.name));
    const digits = code.split('#')[1] ?? '';
    assert.ok(
      asked.every((url) => !url.split('#')[0]?.includes(digits)),
      'the digits stay on the device',
    );
    await look(stranger, 'live-code', phone);
    assert.deepEqual(stranger.complaints, []);
    await stranger.context.close();
  });

  it('makes a copy for a purpose, lists it, gives its file, and takes it back', async () => {
    const { page } = holder;
    await page.goto(`${service.services.address}/my`);
    await page.getByRole('link', { name: /加注件.*老年人优待证/ }).click();
    await page.waitForURL('**/copies');
    await page.getByRole('combobox', { name: /用证部门/ }).selectOption({ index: 1 });
    await page.getByRole('combobox', { name: /办理事项/ }).selectOption({ index: 0 });
    const last = (await page.locator('#until').getAttribute('max')) ?? '';
    await page.locator('#until').fill(last);
    await page.getByRole('checkbox', { name: /持证主体 Holder$/ }).check();
    await page.getByRole('checkbox', { name: /我知道/ }).check();
    await look(holder, 'copy-form', phone);
    await page.getByRole('button', { name: /制作/ }).click();
    await page.waitForURL('**/my/copies');
    await look(holder, 'copies', phone);
    const link = (await page.getByRole('link', { name: /下载/ }).getAttribute('href')) ?? '';
    const file = await holder.context.request.get(`${service.services.address}${link}`);
    assert.equal((await file.body()).subarray(0, 5).toString(), '%PDF-');
    // The verifying page names the purpose.
    const reader = await visitor(phone);
    await reader.page.goto(`${service.services.address}/verify`);
    await reader.page.setInputFiles('#file', {
      name: 'copy.pdf',
      mimeType: 'application/pdf',
      buffer: await file.body(),
    });
    await reader.page.locator('#file-form button').click();
    await reader.page.locator('#result[aria-busy=false] .word').waitFor();
    const report = await reader.page.locator('#result').innerText();
    assert.match(report, /核验通过/);
    assert.match(report, /办理“/);
    await reader.context.close();
    await page.getByRole('button', { name: /收回/ }).click();
    await page.getByText('已收回').waitFor();
  });

  it('had no error in any page, and nothing its policy refused', () => {
    assert.deepEqual(holder.complaints, []);
    assert.deepEqual(
      officer.complaints.filter((line) => !/status of 404/.test(line)),
      [],
    );
  });
});
