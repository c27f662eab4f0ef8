// Every page in a real Chromium, phone and desk: no axe-core violation, keyboard alone, 200 %, no inline script or style.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { renderCodePage } from '../../web/pages/code.ts';
import { renderDocs } from '../../web/pages/docs.ts';
import { renderHome } from '../../web/pages/home.ts';
import { renderLicensePage } from '../../web/pages/license.ts';
import { renderMy } from '../../web/pages/my.ts';
import { renderOffice } from '../../web/pages/office.ts';
import { renderProblem, wordsOfStatus } from '../../web/pages/problem.ts';
import { renderReportPage, renderVerify } from '../../web/pages/verify.ts';
import type { Frame } from '../../web/layout.ts';
import type { LicenseSummary } from '../../web/license-card.ts';
import { failedReport, passedReport, unsureReport } from '../web/sample-reports.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';
import { servePages, type Answers, type PageServer } from './page-server.ts';

const stranger: Frame = { demonstration: true, signedIn: null, formToken: null };
const holder: Frame = { ...stranger, signedIn: { name: '样本荷', kind: 'holder' }, formToken: 't1' };
const officer: Frame = { ...stranger, signedIn: { name: '演示审批员', kind: 'officer' }, formToken: 't2' };

const license: LicenseSummary = {
  id: 'lic_abc',
  typeName: { zh: '食品经营许可证', en: 'Food business licence' },
  number: 'JY21201050000018',
  holder: '天津演示甲餐饮有限公司',
  issuer: '天津市河北区政务服务办公室（演示）',
  issued: '2026-11-22',
  expires: '2031-11-21',
  state: { words: { zh: '有效', en: 'In force' }, inForce: true },
};
const card: LicenseSummary = {
  ...license,
  id: 'lic_def',
  typeName: { zh: '老年人优待证', en: 'Senior citizen card' },
  number: '120105YL00000001',
  holder: '样本荷',
  issuer: '天津市河北区民政局（演示）',
  expires: null,
  state: { words: { zh: '已注销', en: 'Cancelled' }, inForce: false },
};

const picture =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 42 42"><circle cx="21" cy="21" r="20" fill="none" stroke="#c8141a"/></svg>';

const licensePage = (frame: Frame): string =>
  renderLicensePage(frame, {
    license,
    identifier: '1.2.156.3005.2.11120105000123457H001.11120105000123457H.JY21201050000018.001.E',
    supervisor: '天津市河北区市场监督管理局（演示）',
    face: [
      { label: { zh: '经营场所', en: 'Place of business' }, value: '天津市河北区演示道21号一层101、102' },
      {
        label: { zh: '经营项目', en: 'Items of business' },
        value: '热食类食品制售、冷食类食品制售、自制饮品制售',
      },
    ],
    documentUrl: '/licenses/lic_abc/document',
    codeUrl: '/picture.svg',
    history: [
      { time: '2026-11-22T05:06:07Z', words: { zh: '签发', en: 'Issued' }, effective: null },
      { time: '2026-11-23T05:06:07Z', words: { zh: '撤销', en: 'Annulled' }, effective: '2026-11-22' },
    ],
    changes:
      frame.signedIn?.kind === 'officer'
        ? [
            { value: 'withdrawn', words: { zh: '撤回', en: 'Withdraw' }, basis: '行政许可法第八条' },
            { value: 'annulled', words: { zh: '撤销', en: 'Annul' }, basis: '行政许可法第六十九条' },
            { value: 'revoked', words: { zh: '吊销', en: 'Revoke as a penalty' }, basis: '行政处罚法' },
            { value: 'cancelled', words: { zh: '注销', en: 'Cancel' }, basis: '行政许可法第七十条' },
          ]
        : [],
    idempotencyKey: 'k1',
  });

const inForce = { words: { zh: '有效', en: 'In force' }, inForce: true };

const pages: Readonly<Record<string, string>> = {
  '/': renderHome(stranger),
  '/verify': renderVerify(stranger),
  '/v': renderCodePage(stranger, { operatorKeys: [] }),
  '/report-passed': renderReportPage(stranger, passedReport),
  '/report-failed': renderReportPage(stranger, failedReport),
  '/report-unsure': renderReportPage(stranger, unsureReport),
  '/my': renderMy(holder, { licenses: [license, card], further: true, next: license.id }),
  '/my-empty': renderMy(holder, { licenses: [], further: false, next: null }),
  '/office': renderOffice(officer, {
    department: '天津市河北区政务服务办公室（演示）',
    seals: ['天津市河北区政务服务办公室（演示）', '天津市河北区政务服务办公室行政许可专用章（演示）'].map(
      (name, index) => ({
        name,
        sealCode: `1201050000000${index + 1}`,
        page: `/seals/1201050000000${index + 1}`,
        picture: '/picture.svg',
        state: inForce,
        validUntil: '2029-11-22T00:00:00Z',
      }),
    ),
    stamps: [
      {
        id: 'stp_1',
        time: '2026-11-22T05:06:07Z',
        sealName: '天津市河北区政务服务办公室（演示）',
        matter: 'YS1201050100013101000001',
        matterName: { zh: '食品经营许可（新办）', en: 'Food business licence, first application' },
        caseNumber: 'YS120105202611220001',
        documentUrl: '/stamps/stp_1/document',
      },
    ],
    licenses: [license, { ...license, id: 'lic_2', state: card.state }],
  }),
  '/office-empty': renderOffice(officer, { department: '演示', seals: [], stamps: [], licenses: [] }),
  '/licenses/lic_abc': licensePage(officer),
  '/licenses/own': licensePage(holder),
  '/docs': renderDocs(stranger, {
    version: '0.1.0',
    calls: [
      {
        method: 'POST',
        path: '/api/v1/licenses/{id}/status-changes',
        tag: '证照 Licenses',
        summary: 'Change the status of a license',
        scopes: ['licenses:status'],
        idempotent: true,
        takes: [{ type: 'application/json', schema: '{\n  "type": "object"\n}' }],
        answers: [
          { status: 200, description: 'Done.', content: [{ type: 'application/json', schema: '{}' }] },
        ],
      },
      {
        method: 'GET',
        path: '/api/v1/trust-list',
        tag: '公共服务 Public services',
        summary: 'The signed trust list',
        scopes: [],
        idempotent: false,
        takes: [],
        answers: [
          { status: 200, description: 'JWS.', content: [{ type: 'application/jose', schema: null }] },
        ],
      },
    ],
    problems: [
      { code: 'request-invalid', status: 400, title: { zh: '请求内容不符合要求', en: 'Invalid request' } },
    ],
  }),
  '/problem': renderProblem(stranger, {
    status: 404,
    title: wordsOfStatus(404),
    detail: null,
    incident: 'req_0123',
  }),
};

describe('the pages', function () {
  this.timeout(240_000);
  let server: PageServer;
  let browser: Browser;
  let uploaded = '';
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    browser = await launchChromium(this);
    const answers: Answers = Object.fromEntries(
      Object.entries(pages).map(([path, text]) => [`GET ${path}`, () => ({ text })]),
    );
    server = await servePages({
      ...answers,
      'GET /picture.svg': () => ({ type: 'image/svg+xml', text: picture }),
      'POST /api/v1/verifications': (body) => {
        uploaded = body;
        return body.includes('too large')
          ? { status: 413, type: 'application/problem+json', text: '{"type":"about:blank"}' }
          : { type: 'application/json', text: JSON.stringify(passedReport) };
      },
    });
  });

  after(async () => {
    await browser.close();
    await server.close();
  });

  async function photograph(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  }

  it('carry no inline script, style or handler', () => {
    for (const [path, text] of Object.entries(pages)) {
      assert.doesNotMatch(text, /<script(?![^>]* src="\/assets\/)/, path);
      assert.doesNotMatch(text, /<style|\sstyle=|\son[a-z]+=/, path);
      assert.doesNotMatch(text, /(?:src|href|action)="(?!\/|#)/, path);
    }
  });

  for (const path of Object.keys(pages)) {
    it(`${path}: accessible, zoomable, and whole on phone and desk`, async () => {
      const context = await browser.newContext({ viewport: desk, locale: 'zh-CN' });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await page.goto(`http://localhost:${server.port}${path}`);
      await page.waitForLoadState('load');
      const name = path === '/' ? 'home' : path.slice(1).replaceAll('/', '-');
      // What is folded away has to be accessible too.
      await page.evaluate('document.querySelectorAll("details").forEach((each) => (each.open = true))');
      await photograph(page, `${name}-desk`);
      await assertAccessible(page, `${path} on a desk`);
      await assertZoomable(page, desk, `${path} on a desk`);
      await page.setViewportSize(phone);
      await photograph(page, `${name}-phone`);
      await assertAccessible(page, `${path} on a phone`);
      await assertZoomable(page, phone, `${path} on a phone`);
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  it('lead a keyboard from the skip link through everything, visibly', async () => {
    for (const path of ['/', '/verify', '/office', '/licenses/lic_abc', '/report-failed']) {
      const page = await browser.newPage({ viewport: desk });
      await page.goto(`http://localhost:${server.port}${path}`);
      const expected = await page.evaluate<number>(`(() => {
        const names = new Set();
        let count = 0;
        for (const element of document.querySelectorAll('a[href], button, input:not([type=hidden]), textarea, summary, [tabindex="0"]')) {
          // What is shown only when it is needed is not on the way.
          if (!element.checkVisibility()) continue;
          if (element.type === 'radio') { if (names.has(element.name)) continue; names.add(element.name); }
          count += 1;
        }
        return count;
      })()`);
      const seen: string[] = [];
      for (let step = 0; step < expected; step += 1) {
        await page.keyboard.press('Tab');
        seen.push(
          await page.evaluate<string>(`(() => {
            const element = document.activeElement;
            const style = getComputedStyle(element);
            const visible = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
            return (visible ? '' : 'NO FOCUS RING ') + element.tagName + ' ' + element.textContent.trim().slice(0, 30);
          })()`),
        );
      }
      assert.match(seen[0] ?? '', /跳到正文/, path);
      assert.deepEqual(
        seen.filter((each) => each.startsWith('NO FOCUS') || each.startsWith('BODY')),
        [],
        path,
      );
      await page.close();
    }
  });

  it('verify an upload in place, and say what went wrong with it', async () => {
    const page = await browser.newPage({ viewport: phone });
    await page.goto(`http://localhost:${server.port}/verify`);
    await page.setInputFiles('#file', {
      name: '决定书<b>.pdf',
      mimeType: 'application/pdf',
      buffer: Buffer.from('%PDF-1.7 sample'),
    });
    await page.locator('#file-form button').press('Enter');
    await page.locator('#result .verdict.good').waitFor();
    assert.match(uploaded, /name="document"/);
    assert.match(uploaded, /%PDF-1\.7 sample/);
    assert.match(await page.locator('#result').innerText(), /决定书<b>\.pdf[\s\S]*核验通过/);
    await assertAccessible(page, 'the verified upload');
    await photograph(page, 'verify-done-phone');
    await page.setInputFiles('#file', {
      name: 'large.pdf',
      mimeType: 'application/pdf',
      buffer: Buffer.from('too large'),
    });
    await page.locator('#file-form button').click();
    await page.locator('#result .verdict.unsure').waitFor();
    assert.match(await page.locator('#result').innerText(), /文件太大/);
    await page.close();
  });

  it('take a file that is dropped, and open a pasted code on its own page', async () => {
    const page = await browser.newPage({ viewport: desk });
    await page.goto(`http://localhost:${server.port}/verify`);
    const transfer = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['%PDF-1.7 dropped'], 'dropped.pdf', { type: 'application/pdf' }));
      return transfer;
    })()`);
    await page.dispatchEvent('#drop', 'dragover', { dataTransfer: transfer });
    assert.match((await page.locator('#drop').getAttribute('class')) ?? '', /over/);
    await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
    await page.locator('#result .verdict.good').waitFor();
    assert.match(uploaded, /%PDF-1\.7 dropped/);
    await page.fill('#code', ' https://verify.example/v#1234 5678 ');
    await page.locator('#code-form button').click();
    await page.waitForURL('**/v#12345678');
    await page.close();
  });
});
