// Pages about people against the whole service, in a real Chromium: every page on phone and desk, and the journeys through them.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { district } from '../../fixtures/district.ts';
import { startService, type Harness } from '../api/harness.ts';
import { signInAs } from '../api/sign-in.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

/** Set to a folder, each page is photographed into it. */
const photos = process.env['YINXIN_TEST_PHOTOS'] ?? '';

describe('people pages', function () {
  this.timeout(240_000);
  let browser: Browser;
  let service: Harness;

  before(async function () {
    browser = await launchChromium(this);
    service = await startService();
    if (photos !== '') mkdirSync(photos, { recursive: true });
  });
  after(async () => {
    await browser.close();
    await service.stop();
  });

  /** A browser in which `choice` is signed in. */
  async function asPerson(choice: string): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: phone, locale: 'zh-CN' });
    const cookies = (await signInAs(service, choice)).split('; ').map((pair) => {
      const at = pair.indexOf('=');
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: service.url };
    });
    await context.addCookies(cookies);
    return context;
  }

  async function opened(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage();
    const answer = await page.goto(service.url + path);
    assert.equal(answer?.status(), 200, path);
    return page;
  }

  const pages: readonly (readonly [choice: string, path: string, name: string])[] = [
    ['holder-6', '/my/data', 'my-data'],
    ['holder-3', '/my/level?level=3', 'level'],
    ['holder-4', '/my/level', 'level-soon'],
    ['wanghao-1', '/my/level', 'level-wanghao'],
    ['holder-1', '/my/looks', 'looks'],
    ['holder-1', '/my/mandates', 'mandates'],
    ['window-officer', '/office/proofing', 'desk'],
    ['system-administrator', '/office/administration', 'administration'],
    ['audit-administrator', '/office/audit?purpose=check', 'audit'],
    ['data-protection-officer', '/office/protection', 'protection'],
  ];
  for (const [choice, path, name] of pages) {
    it(`${name}: no axe-core violation and no sideways scrolling, phone and desk`, async () => {
      const context = await asPerson(choice);
      const page = await opened(context, path);
      for (const [label, size] of [
        ['phone', phone],
        ['desk', { ...desk, height: 800 }],
      ] as const) {
        await page.setViewportSize(size);
        if (photos !== '')
          await page.screenshot({ path: join(photos, `${name}-${label}.png`), fullPage: true });
        await assertAccessible(page, `${name} (${label})`);
        await assertZoomable(page, size, `${name} (${label})`);
      }
      await context.close();
    });
  }

  it('a resident shows a 网证 and rises from 2 to 3, and sees it among who looked', async () => {
    const context = await asPerson('holder-3');
    const page = await opened(context, '/my/level?level=3');
    assert.match(await page.locator('.facts').innerText(), /二级/);
    await page.getByRole('button', { name: /演示：用手机出示网证/ }).click();
    const code = await page.locator('.limit code').innerText();
    await page.getByLabel(/网证代码/).fill(code);
    await page.getByRole('button', { name: /提交/ }).first().click();
    await page.waitForURL(/\/my\/level$/);
    assert.match(await page.locator('.history').innerText(), /出示网证/);
    await page.goto(`${service.url}/my/looks`);
    assert.match(await page.locator('table').innerText(), /实名核验/);
    await context.close();
  });

  it('two officers proof a person, the second of them after a look in clear', async () => {
    const first = await asPerson('window-officer');
    const proposing = await opened(first, '/office/proofing');
    await proposing.locator('#name').fill(district.persons[7]!.name);
    await proposing.locator('#number').fill(district.persons[7]!.number);
    await proposing.getByLabel(/窗口登记簿编号/).fill('簿 118');
    await proposing.getByLabel(/当面比对/).check();
    await proposing.getByRole('button', { name: /提交复核/ }).click();
    await proposing.waitForURL(/\/office\/proofing$/);
    assert.match(await proposing.locator('table').innerText(), /样\*\*/);
    const second = await asPerson('window-supervisor');
    const looking = await opened(second, '/office/proofing');
    await looking.getByRole('link', { name: /复核/ }).last().click();
    assert.match(await looking.locator('main').innerText(), new RegExp(district.persons[7]!.number));
    if (photos !== '') await looking.screenshot({ path: join(photos, 'case-phone.png'), fullPage: true });
    await assertAccessible(looking, 'the second look');
    await looking.getByRole('button', { name: /核对并确认/ }).click();
    await looking.waitForURL(/\/office\/proofing$/);
    assert.match(await looking.locator('main').innerText(), /暂无记录/);
    const person = await asPerson('holder-8');
    const level = await opened(person, '/my/level');
    assert.match(await level.locator('.history').innerText(), /窗口核验/);
    for (const context of [first, second, person]) await context.close();
  });

  it('a legal representative grants a mandate, the agent accepts it, and it is ended', async () => {
    const owner = await asPerson('holder-1');
    const page = await opened(owner, '/my/mandates');
    await page.getByText('授权给他人').click();
    await page.getByLabel(/姓名/).fill(district.persons[2]!.name);
    await page.getByLabel(/身份证号码/).fill(district.persons[2]!.number);
    await page.getByLabel(/身份 As/).selectOption('agent');
    await page.getByLabel(/有效期至/).fill('2027-06-30');
    await page.getByRole('button', { name: /提出授权/ }).click();
    await page.waitForURL(/\/my\/mandates$/);
    assert.match(await page.locator('table').innerText(), /待接受/);
    const agent = await asPerson('holder-3');
    const offers = await opened(agent, '/my/mandates');
    await offers.getByRole('button', { name: /^接受/ }).click();
    await offers.waitForURL(/\/my\/mandates$/);
    assert.match(await offers.locator('main').innerText(), new RegExp(district.enterprises[0]!.name));
    await page.reload();
    if (photos !== '')
      await page.screenshot({ path: join(photos, 'mandates-granted-phone.png'), fullPage: true });
    await page.getByRole('button', { name: /撤销/ }).click();
    await page.waitForLoadState();
    await offers.reload();
    assert.match(await offers.locator('main').innerText(), /目前没有/);
    for (const context of [owner, agent]) await context.close();
  });

  it('one administrator asks, another approves', async () => {
    const asker = await asPerson('system-administrator');
    const page = await opened(asker, '/office/administration');
    const officer = await accountOfOfficer();
    await page.getByLabel(/^事项/).selectOption('role-grant');
    await page.getByLabel(/^账户/).fill(officer);
    await page.getByLabel(/^岗位/).selectOption('window-supervisor');
    await page.getByLabel(/^事由/).fill('窗口轮岗');
    await page.getByRole('button', { name: /提交/ }).click();
    await page.waitForURL(/\/office\/administration$/);
    const decider = await asPerson('security-administrator');
    const deciding = await opened(decider, '/office/administration');
    const text = await deciding.locator('main').innerText();
    assert.match(text, /提出人：[^]{0,40}样本溪\s+系统管理员/);
    assert.match(text, /样本梅|样\*+/, 'officers of other departments are masked');
    assert.ok(!text.includes('样本梅'), 'an officer of another department');
    if (photos !== '')
      await deciding.screenshot({ path: join(photos, 'deciding-phone.png'), fullPage: true });
    await assertAccessible(deciding, 'deciding');
    await deciding.getByRole('button', { name: /^批准/ }).click();
    await deciding.waitForURL(/\/office\/administration$/);
    assert.match(await deciding.locator('main').innerText(), /没有待办/);
    // The audit tells who did it: by name of the own department, by department and role of others.
    const auditor = await asPerson('audit-administrator');
    const audit = await opened(auditor, '/office/audit?purpose=check');
    const rows = await audit.locator('table').innerText();
    assert.match(rows, /样本峰\s+安全管理员/);
    for (const { name } of district.persons) assert.ok(!rows.includes(name), name);
    await auditor.close();
    for (const context of [asker, decider]) await context.close();
  });

  async function accountOfOfficer(): Promise<string> {
    const rows = await service.services.database.reader
      .selectFrom('officer_role')
      .select('account')
      .where('role', '=', 'window-officer')
      .execute();
    return rows[0]!.account;
  }
});
