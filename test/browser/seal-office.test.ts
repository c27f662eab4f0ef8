// The seal office in a browser against the real service: apply, approve by another person, file, authorise, stop; phone and desk.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { bringChain, requestForeign } from '../../ca/foreign-credential.ts';
import { addAnchor } from '../../api/recognised-lists.ts';
import type { Actor } from '../../storage/actor.ts';
import { startService, type Harness } from '../api/harness.ts';
import { stamp } from '../api/samples.ts';
import { signInAs } from '../api/sign-in.ts';
import { makeCrl } from '../verification/pki.ts';
import { makeSeal, makeSealWorld, type SealWorld } from '../verification/seal-world.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';

const officer: Actor = { id: 'person:ca-officer', kind: 'person', department: null, scopes: ['ca:operate'] };
const picture = new TextEncoder().encode(
  '<svg xmlns="http://www.w3.org/2000/svg" width="42mm" height="42mm" viewBox="0 0 42 42"><circle cx="21" cy="21" r="19" fill="none" stroke="#d7000f" stroke-width="2"/></svg>',
);

describe('the seal office in a browser', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  let world: SealWorld;
  /** Where the city's authority tells of its certificates. */
  let authority: Server;
  let folder: string;

  before(async function () {
    browser = await launchChromium(this);
    folder = mkdtempSync(join(tmpdir(), 'yinxin-office-'));
    service = await startService();
    const { services } = service;
    authority = createServer((_request, response) => {
      const at = Date.now();
      const dates = { thisUpdate: new Date(at - 60_000), nextUpdate: new Date(at + 86_400_000) };
      response.end(makeCrl(world.sealCa, dates));
    });
    await new Promise<void>((resolve) => authority.listen(0, '127.0.0.1', resolve));
    const crlUrl = `http://127.0.0.1:${(authority.address() as AddressInfo).port}/seals.crl`;
    world = makeSealWorld({ maker: { crlUrl }, signer: { crlUrl } });
    const credential = await requestForeign(services, {
      actor: officer,
      idempotencyKey: 'seal-office-foreign',
      department: '11120105000123457H',
      organization: '天津市河北区政务服务办公室',
      commonName: '12010500009001',
      authorityName: '演示电子认证服务机构',
      key: {
        place: 'imported',
        algorithm: 'SM2SM3',
        privateKey: new Uint8Array(world.signer.key.privateKey.export({ format: 'der', type: 'pkcs8' })),
      },
    });
    await bringChain(services, officer, credential.id, [
      world.signer.certificate,
      world.sealCa.certificate,
      world.root.certificate,
    ]);
    await addAnchor(services, officer, {
      name: '演示电子认证服务机构',
      certificate: world.sealCa.certificate,
    });
    await stamp(service);
    await stamp(service, { fields: { sm2: 'ses' } });
  });
  after(async () => {
    await browser.close();
    await service.stop();
    authority.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Messages of the browser that the work brings about itself. */
  const expected: RegExp[] = [];

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
      const unexpected = faults.filter((fault) => !expected.some((each) => each.test(fault)));
      expected.length = 0;
      assert.deepEqual(unexpected, []);
    } finally {
      await context.close();
    }
  }

  for (const [name, size] of [
    ['phone', phone],
    ['desk', desk],
  ] as const)
    it(`shows seals, one seal, its uses, an application and the form for a new one, on a ${name}`, async () => {
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
        await page.goto(`${service.url}/seals/12010500000001/uses`);
        await assertAccessible(page, 'the uses');
        await assertZoomable(page, size, 'the uses');
        await photograph(page, `${name}-uses`);
        assert.match(await page.locator('main').innerText(), /sha256:[0-9a-f]{64}/);
        await page.goto(`${service.url}/seals/12010500000001/change`);
        await assertAccessible(page, 'the form of a change');
        await assertZoomable(page, size, 'the form of a change');
        await photograph(page, `${name}-change`);
        await page.goto(`${service.url}/seal-take-in`);
        await assertAccessible(page, 'the form of taking in');
        await assertZoomable(page, size, 'the form of taking in');
        await photograph(page, `${name}-take-in`);
      });
    });

  it('takes in a seal made elsewhere from its file, with the certificate that the department has', async () => {
    const file = join(folder, 'city.esl');
    writeFileSync(
      file,
      makeSeal(world, 4, {
        information: { id: '12010500009001', picture: { type: 'svg', data: picture, width: 42, height: 42 } },
      }),
    );
    let application = '';
    await as('seal-applicant', phone, async (page) => {
      await page.goto(`${service.url}/seals`);
      await page.click('a[href="/seal-take-in"]');
      await page.waitForURL(/seal-take-in/);
      assert.match(await page.locator('main').innerText(), /演示电子认证服务机构/);
      await page.setInputFiles('#document', file);
      await page.fill('#keepers', 'person:officer-approval-office');
      await page.fill('#purpose', '启用市级印章');
      await page.click('main button[type="submit"]');
      await page.waitForURL(/\/seal-applications\/sap_/);
      application = page.url();
      assert.match(await page.locator('main').innerText(), /接入外部印章[\s\S]*待审批/);
    });
    await as('seal-applicant', phone, async (page) => {
      // What is no seal is refused in words, and nothing is entered.
      const junk = join(folder, 'junk.esl');
      writeFileSync(junk, 'no seal');
      await page.goto(`${service.url}/seal-take-in`);
      await page.setInputFiles('#document', junk);
      await page.fill('#keepers', 'person:officer-approval-office');
      await page.fill('#purpose', '启用市级印章');
      const [answer] = await Promise.all([
        page.waitForResponse((response) => response.request().method() === 'POST'),
        page.click('main button[type="submit"]'),
      ]);
      assert.equal(answer.status(), 422);
      expected.push(/422/);
    });
    await as('seal-administrator', desk, async (page) => {
      await page.goto(application);
      await page.check('input[value="approve"]');
      await page.click('main button[type="submit"]');
      await page.waitForURL(application);
      assert.match(await page.locator('main').innerText(), /已办结/);
      await page.click('main a[href^="/seals/120105"]');
      await page.waitForURL(/\/seals\/120105/);
      assert.match(await page.locator('main').innerText(), /外部制作，接入使用/);
      await page.fill('#number', 'CITY-2026-0001');
      await page.click('form[action$="/filing"] button');
      await page.waitForURL(/\/seals\/120105/);
      assert.match(await page.locator('main .chip').first().innerText(), /有效/);
      await photograph(page, 'desk-taken-in');
    });
  });

  it('changes a seal, its keepers and automatic matters by two persons, and ends an authorisation by one', async () => {
    const code = '12010500000002';
    const officeSeal = '12010500000001';
    const decided: string[] = [];
    const applied = async (page: Page): Promise<void> => {
      await page.waitForURL(/\/seal-applications\/sap_/);
      assert.match(await page.locator('main').innerText(), /待审批/);
      decided.push(page.url());
    };
    await as('seal-applicant', phone, async (page) => {
      await page.goto(`${service.url}/seals/${officeSeal}`);
      await page.fill('#keepers', 'person:officer-approval-office person:second-keeper');
      await page.fill('#keepers-reason', '增加保管人');
      await page.click('form:has(#keepers-reason) button');
      await applied(page);
      await page.goto(`${service.url}/seals`);
      await page.fill('#matter', 'YS1201050100013101000009');
      await page.fill('#automatic-reason', '承诺制事项');
      await page.click('form:has(#automatic-reason) button');
      await applied(page);
      await page.goto(`${service.url}/seals/${officeSeal}/change`);
      assert.equal(await page.inputValue('#pictureKind'), 'same');
      await page.fill('#name', '天津市河北区政务服务办公室（改，演示）');
      await page.fill('#purpose', '机构更名');
      await page.click('main button[type="submit"]');
      await applied(page);
    });
    assert.equal(decided.length, 3);
    await as('seal-administrator', desk, async (page) => {
      for (const application of decided) {
        await page.goto(application);
        await page.check('input[value="approve"]');
        await page.click('main button[type="submit"]');
        await page.waitForURL(application);
        assert.match(await page.locator('main').innerText(), /已办结/, application);
      }
    });
    await as('seal-applicant', desk, async (page) => {
      await page.goto(`${service.url}/seals/${officeSeal}`);
      assert.match(await page.locator('main').innerText(), /person:second-keeper/);
      await page.goto(`${service.url}/seals`);
      const text = await page.locator('main').innerText();
      assert.match(text, /YS1201050100013101000009/);
      assert.match(text, /政务服务办公室（改，演示）/);
      assert.match(text, /样本松\s+印章经办人/);
      await photograph(page, 'desk-office-after');
      const ends = await page.locator('details:has(form[action$="/end"])').count();
      assert.ok(ends > 0);
      await page.locator('details:has(form[action$="/end"]) summary').first().click();
      await page.locator('details[open] input[name="purpose"]').fill('暂停自动用印');
      await photograph(page, 'desk-end');
      await page.locator('details[open] button').click();
      await page.waitForURL(`${service.url}/seals`);
      assert.equal(await page.locator('details:has(form[action$="/end"])').count(), ends - 1);
      assert.match(await page.locator('main').innerText(), /已撤销/);
      // Another department's seal is none of this one's.
      const other = await page.request.get(`${service.url}/seals/${code}/change`);
      assert.equal(other.status(), 404);
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
      assert.match(await page.locator('main').innerText(), /样本松\s+印章经办人[^]*样本柏\s+印章管理员/);
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
