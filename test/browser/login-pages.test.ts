// Every page of signing in, in a real Chromium: phone and desk, axe-core, 200 %, no inline script or style.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import QRCode from 'qrcode';
import type { Browser, Page } from 'playwright-core';
import type { Frame } from '../../web/layout.ts';
import { Html } from '../../web/html.ts';
import { renderAuthenticators, type AuthenticatorsPage } from '../../web/pages/authenticators.ts';
import { renderInbox } from '../../web/pages/inbox.ts';
import { renderActing } from '../../web/pages/interaction-acting.ts';
import { renderConsent } from '../../web/pages/interaction-consent.ts';
import { renderLogin, type LoginPage } from '../../web/pages/interaction-login.ts';
import { renderScan } from '../../web/pages/interaction-scan.ts';
import { renderScanDone, renderScanPhone } from '../../web/pages/interaction-scan-phone.ts';
import { renderSecond } from '../../web/pages/interaction-second.ts';
import { renderUnmet } from '../../web/pages/interaction-unmet.ts';
import { assertAccessible, assertZoomable, desk, launchChromium, phone } from './chromium.ts';
import { servePages, type PageServer } from './page-server.ts';

const stranger: Frame = { demonstration: true, signedIn: null, formToken: null };
const holder: Frame = { ...stranger, signedIn: { name: '样**', kind: 'holder' }, formToken: 't1' };
const common = {
  uid: 'u1',
  formToken: 't0',
  client: { zh: '天津市河北区政务服务门户（演示）', en: 'Government services portal' },
  floor: null,
};
const problem = {
  words: {
    zh: '尝试次数过多。通行密钥和数字证书仍可使用。',
    en: 'Too many attempts. Passkeys and certificates still work.',
  },
  wait: 30,
};
const login: LoginPage = {
  ...common,
  problem: null,
  open: null,
  name: '',
  codeSent: false,
  sms: true,
  certificateTls: true,
  signer: 'http://127.0.0.1:18480',
  origin: 'http://localhost',
  upstreams: [{ name: 'city', title: { zh: '天津市统一身份认证', en: 'City identity' } }],
  demonstrationAccounts: [
    { id: 'acc_1', name: '样本山', detail: { zh: '居民', en: 'resident' } },
    {
      id: 'acc_2',
      name: '天津市河北区政务服务办公室（演示）',
      detail: { zh: '部门工作人员', en: 'officer' },
    },
  ],
  demonstrationPassword: { name: 'yangben1', password: 'hebei-yangzhang-9527' },
};
const scanned = {
  id: 'scn_1',
  formToken: 't0',
  client: common.client,
  place: { zh: '天津市河北区（203.0.*.*）', en: 'Hebei District, Tianjin (203.0.*.*)' },
  browser: 'Edge · Windows',
  numbers: [12, 47, 83],
  session: null,
  signIn: '/sign-in?again=yes&returnTo=/scan-again/scn_1',
  problem: null,
};
const picture = await QRCode.toString('http://localhost:8480/scan/AAAAAAAAAAAAAAAAAAAAAA', {
  type: 'svg',
  margin: 2,
});
const own: AuthenticatorsPage = {
  ways: [
    {
      id: 'aut_1',
      kind: { zh: '通行密钥', en: 'Passkey' },
      label: '我的手机',
      reach: 3,
      since: '2026-11-22T05:06:07Z',
      lastUsed: '2026-11-24T05:06:07Z',
    },
    {
      id: 'aut_2',
      kind: { zh: '短信验证码', en: 'Text message' },
      label: '138****0001',
      reach: 1,
      since: '2026-11-20T05:06:07Z',
      lastUsed: null,
    },
  ],
  names: ['yangben1', '13800000001'],
  notices: [
    { at: '2026-11-24T05:06:07Z', words: { zh: '在新的浏览器上登录', en: 'Signed in from another browser' } },
  ],
  fresh: true,
  rung: 2,
  telephones: true,
  codeSent: true,
  upstreams: login.upstreams,
  totp: { nonce: 'n', secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', picture: new Html(picture) },
  problem: null,
};

const pages: Readonly<Record<string, string>> = {
  '/login': renderLogin(stranger, login),
  '/login-slowed': renderLogin(stranger, { ...login, problem, open: 'password', name: 'yangben1' }),
  '/login-code': renderLogin(stranger, { ...login, open: 'sms', codeSent: true }),
  '/login-certificate': renderLogin(stranger, { ...login, floor: 4 }),
  '/login-demonstration': renderLogin(stranger, { ...login, open: 'demonstration' }),
  '/second': renderSecond(stranger, {
    ...common,
    problem: null,
    totp: true,
    telephone: '138****0001',
    codeSent: true,
    password: true,
  }),
  '/unmet': renderUnmet(stranger, { ...common, floor: 3, proofing: 2, authentication: 3, needed: 3 }),
  '/acting': renderActing(stranger, {
    ...common,
    problem: null,
    choices: [
      {
        id: 'rep_1',
        enterprise: '天津演示甲餐饮有限公司',
        creditCode: '91120105MA0000015K',
        capacity: { zh: '法定代表人', en: 'legal representative' },
        scope: { zh: '全部事项', en: 'every matter' },
        until: '2027-11-26T00:00:00Z',
      },
    ],
  }),
  '/consent': renderConsent(stranger, {
    ...common,
    items: [
      {
        value: 'scope openid',
        words: { zh: '确认您的登录', en: 'Know that you signed in' },
        detail: { zh: '得到只属于该服务的编号。', en: 'An identifier made for this service alone.' },
        required: true,
        sensitive: false,
      },
      {
        value: 'scope resident_number',
        words: { zh: '证件类型和号码', en: 'Type and number of your document' },
        detail: { zh: '敏感个人信息。', en: 'Sensitive.' },
        required: false,
        sensitive: true,
      },
    ],
    purposes: [
      {
        name: { zh: '办理业务', en: 'Handling a matter' },
        notice: { zh: '用于核对申请人身份。', en: 'To check who applies.' },
        basis: { zh: '履行法定职责所必需', en: 'statutory duty' },
        retention: 1095,
        sensitive: true,
      },
    ],
    device: true,
  }),
  '/scan': renderScan(stranger, { ...common, id: 'scn_1', picture, number: 47 }),
  '/scan-phone': renderScanPhone(stranger, scanned),
  '/scan-phone-session': renderScanPhone(stranger, { ...scanned, session: { name: '样**', may: 'yes' } }),
  '/scan-phone-weak': renderScanPhone(stranger, {
    ...scanned,
    session: { name: '样**', may: 'too-low' },
    problem: { words: { zh: '等级不够。', en: 'Too low.' }, wait: null },
  }),
  '/scan-approved': renderScanDone(stranger, true),
  '/scan-refused': renderScanDone(stranger, false),
  '/own': renderAuthenticators(holder, own),
  '/own-stale': renderAuthenticators(holder, { ...own, fresh: false, totp: null, codeSent: false }),
  '/own-empty': renderAuthenticators(holder, { ...own, ways: [], notices: [], names: [], totp: null }),
  '/inbox': renderInbox(stranger, [
    {
      at: '2026-11-24T05:06:07Z',
      telephone: '138****0001',
      text: '【印信】验证码 123456，用于登录，5 分钟内有效。',
    },
  ]),
  '/inbox-empty': renderInbox(stranger, []),
};

describe('the pages of signing in', function () {
  this.timeout(240_000);
  let server: PageServer;
  let browser: Browser;
  let opened = false;
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    browser = await launchChromium(this);
    opened = true;
    server = await servePages({
      ...Object.fromEntries(Object.entries(pages).map(([path, text]) => [`GET ${path}`, () => ({ text })])),
      'POST /interaction/u1/scan-status': () => ({ type: 'application/json', text: '{"state":"waiting"}' }),
    });
  });
  after(async () => {
    if (!opened) return;
    await browser.close();
    await server.close();
  });

  async function photograph(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  }

  it('carry no inline script, style or handler, and lead nowhere else', () => {
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
      for (const [size, name] of [
        [desk, 'desk'],
        [phone, 'phone'],
      ] as const) {
        await page.setViewportSize(size);
        await photograph(page, `${path.slice(1)}-${name}`);
        await assertAccessible(page, `${path}, ${name}`);
        await assertZoomable(page, size, `${path}, ${name}`);
      }
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  it('every field of every form has a label', async () => {
    const page = await browser.newPage();
    for (const path of Object.keys(pages)) {
      await page.goto(`http://localhost:${server.port}${path}`);
      const bare = await page.evaluate<readonly string[]>(
        '[...document.querySelectorAll("input:not([type=hidden])")].filter((each) => each.labels.length === 0).map((each) => each.outerHTML)',
      );
      assert.deepEqual(bare, [], path);
    }
    await page.close();
  });
});
