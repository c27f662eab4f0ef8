// The verification page against the real service: a photo of a printed license, a PDF, a code by its link; good, revoked, tampered, foreign.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import QRCode from 'qrcode';
import { readBarcodes } from 'zxing-wasm/reader';
import request from 'supertest';
import { startService, type Harness } from '../api/harness.ts';
import { binaryBody } from '../api/binary-body.ts';
import { bearer, decisionPdf, freshKey, issue, licenseBody, licenses } from '../api/samples.ts';
import { requireProgram, run } from '../programs.ts';
import { signPdf } from '../verification/signed-pdf.ts';
import { makePki } from '../verification/pki.ts';
import { readCodesInFile } from '../../licenses/code-reader.ts';
import { assertAccessible, assertZoomable, launchChromium, phone } from './chromium.ts';
import { makeCodeWorld } from './code-world.ts';
import { fairShot, photograph, printed, type Shot } from './photo.ts';

const wide = { width: 1280, height: 800 } as const;

type Verdict = RegExp;
const [good, bad, unsure]: readonly [Verdict, Verdict, Verdict] = [
  /有效|核验通过/,
  /已失效|不通过/,
  /无法确认/,
];

describe('the verification page', function () {
  this.timeout(300_000);
  let service: Harness;
  let browser: Browser;
  let code = '';
  let pdf: Uint8Array;
  let picture: Uint8Array;
  let foreign = '';
  let revoke: () => Promise<void>;
  const screenshots = process.env['YINXIN_SCREENSHOTS'];

  before(async function () {
    const assets = fileURLToPath(new URL('../../dist/web/assets/verify-upload.js', import.meta.url));
    assert.ok(existsSync(assets), 'the pages’ scripts are not built: run `npm run build` first');
    const [pdftoppm, openssl] = [requireProgram(this, 'pdftoppm'), requireProgram(this, 'openssl')];
    browser = await launchChromium(this);
    service = await startService();
    const issued = (await issue(service, licenseBody(licenses.food))).body as { id: string; code: string };
    code = issued.code;
    const document = await request(service.url)
      .get(`/api/v1/licenses/${issued.id}/document?purpose=test`)
      .set('Authorization', bearer(service))
      .buffer(true)
      .parse(binaryBody);
    pdf = new Uint8Array(document.body as Buffer);
    picture = await printed(pdftoppm, pdf);
    foreign = (await makeCodeWorld(openssl, 'ES256')).digits;
    revoke = async () => {
      const answer = await request(service.url)
        .post(`/api/v1/licenses/${issued.id}/status-changes`)
        .set('Authorization', bearer(service))
        .set('Idempotency-Key', freshKey())
        .send({ change: 'revoke', reason: '演示', legalBasis: '演示' });
      assert.equal(answer.status, 201, answer.text);
    };
  });
  after(async () => {
    await browser.close();
    await service.stop();
  });

  interface Visit {
    readonly page: Page;
    /** Method and address of everything the page asked for. */
    readonly asked: readonly string[];
  }

  /** In which any error of the page or of its policy fails the test. */
  async function visit(
    size: { width: number; height: number },
    work: (visit: Visit) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext({ viewport: size, locale: 'zh-CN' });
    const page = await context.newPage();
    const [asked, complaints]: [string[], string[]] = [[], []];
    page.on('request', (each) => asked.push(`${each.method()} ${new URL(each.url()).pathname}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    try {
      await page.goto(`${service.url}/verify`);
      await work({ page, asked });
      assert.deepEqual(complaints, []);
    } finally {
      await context.close();
    }
  }

  async function keep(page: Page, name: string): Promise<void> {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `verify-${name}.png`), fullPage: true });
  }

  async function upload(page: Page, name: string, mimeType: string, buffer: Uint8Array): Promise<void> {
    await page.getByLabel(/文件/).setInputFiles({ name, mimeType, buffer: Buffer.from(buffer) });
    await page.locator('#file-form').getByRole('button', { name: /核验/ }).click();
  }

  /** The verdict's word, once it is there. */
  async function verdict(page: Page): Promise<string> {
    await page.locator('#result[aria-busy=false] .word').first().waitFor({ timeout: 60_000 });
    return page.locator('#result .word').first().innerText();
  }

  /** The photo leads to the code's own page. */
  async function verdictOfPhoto(page: Page, photo: Uint8Array): Promise<string> {
    await upload(page, 'IMG_0001.jpg', 'image/jpeg', photo);
    await page.waitForURL('**/v#*', { timeout: 60_000 });
    return verdict(page);
  }

  /** A stain that hides a share of the code printed in a picture, in the middle of its right half: clear of its corners. */
  async function stainOn(png: Uint8Array, share: number): Promise<NonNullable<Shot['stain']>> {
    // Which also loads the reader.
    assert.equal((await readCodesInFile(png)).length, 1);
    const [found] = await readBarcodes(png, { formats: ['QRCode'], tryHarder: true });
    assert.ok(found?.isValid, 'the printed page shows its code');
    const { topLeft, topRight, bottomLeft, bottomRight } = found.position;
    const side = Math.hypot(topRight.x - topLeft.x, topRight.y - topLeft.y);
    return {
      x: (topLeft.x + topRight.x * 2 + bottomLeft.x + bottomRight.x * 2) / 6,
      y: (topLeft.y + topRight.y + bottomLeft.y + bottomRight.y) / 4,
      radius: Math.sqrt((share * side * side) / Math.PI),
    };
  }

  /** A code as a printed square, alone. */
  const square = async (digits: string): Promise<Uint8Array> =>
    new Uint8Array(
      await QRCode.toBuffer(`${code.split('#')[0] ?? ''}#${digits}`, {
        errorCorrectionLevel: 'M',
        margin: 4,
        scale: 5,
      }),
    );
  const digits = (): string => code.split('#')[1] ?? '';
  const tampered = (): string => {
    const at = Math.floor(digits().length * 0.8);
    return `${digits().slice(0, at)}${(Number(digits().charAt(at)) + 1) % 10}${digits().slice(at + 1)}`;
  };

  for (const [name, size] of [
    ['phone', phone],
    ['desktop', wide],
  ] as const)
    it(`asks for the password of an encrypted file, and only then (${name})`, async function () {
      const qpdf = requireProgram(this, 'qpdf');
      const folder = mkdtempSync(join(tmpdir(), 'yinxin-encrypted-'));
      const [plain, encrypted] = [join(folder, 'plain.pdf'), join(folder, 'encrypted.pdf')];
      writeFileSync(plain, (await decisionPdf()).pdf);
      run(qpdf, ['--encrypt', '秘密 secret', 'owner', '256', '--', plain, encrypted]);
      const file = readFileSync(encrypted);
      rmSync(folder, { recursive: true });
      await visit(size, async ({ page }) => {
        const field = page.getByLabel(/打开密码/);
        assert.equal(await field.isVisible(), false);
        await upload(page, 'unsigned.pdf', 'application/pdf', new Uint8Array((await decisionPdf()).pdf));
        assert.match(await verdict(page), bad);
        assert.equal(await field.isVisible(), false);
        await upload(page, 'encrypted.pdf', 'application/pdf', file);
        assert.match(await verdict(page), unsure);
        await field.waitFor();
        assert.equal(await page.locator('#password:focus').count(), 1);
        await assertAccessible(page, `password, ${name}`);
        await keep(page, `password-${name}`);
        await field.fill('guess');
        await field.press('Enter');
        await page.getByText('给出的密码不正确').first().waitFor();
        assert.equal(await field.inputValue(), '');
        await field.fill('秘密 secret');
        await field.press('Enter');
        // It is open now, and says that it holds no signature.
        await page.getByText('文件没有签名').first().waitFor();
        assert.equal(await field.isVisible(), false);
        assert.ok(!(await page.content()).includes('秘密'));
        await keep(page, `password-opened-${name}`);
      });
    });

  it('asks for the password without scripts as well', async function () {
    const qpdf = requireProgram(this, 'qpdf');
    const folder = mkdtempSync(join(tmpdir(), 'yinxin-encrypted-'));
    const [plain, encrypted] = [join(folder, 'plain.pdf'), join(folder, 'encrypted.pdf')];
    writeFileSync(plain, (await decisionPdf()).pdf);
    run(qpdf, ['--encrypt', 'secret', 'owner', '256', '--', plain, encrypted]);
    const context = await browser.newContext({ viewport: phone, javaScriptEnabled: false });
    try {
      const page = await context.newPage();
      await page.goto(`${service.url}/verify`);
      const send = async (): Promise<void> => {
        await page.locator('#file').setInputFiles(encrypted);
        await page.locator('#file-form button').click();
        await page.waitForLoadState();
      };
      assert.equal(await page.locator('#password').isVisible(), false);
      await send();
      await page.locator('#password').fill('secret');
      await send();
      assert.match(await page.locator('main').innerText(), /文件没有签名/);
      assert.equal(await page.locator('#password').count(), 0);
    } finally {
      await context.close();
      rmSync(folder, { recursive: true });
    }
  });

  for (const [name, shot] of [
    ['a steady hand', fairShot],
    ['a turned phone', { ...fairShot, turned: 97 }],
    ['turned the other way', { ...fairShot, turned: 276, noise: 12, shade: 0.15 }],
  ] satisfies readonly (readonly [string, Shot])[])
    it(`reads a photo of the printed license: ${name}; and the photo stays on the device`, async () => {
      const photo = await photograph(browser, picture, shot);
      await visit(phone, async ({ page, asked }) => {
        assert.match(await verdictOfPhoto(page, photo), good);
        const text = await page.locator('main').innerText();
        for (const part of [licenses.food.holder.name, licenses.food.number, '食品经营许可证'])
          assert.ok(text.includes(part), part);
        assert.deepEqual(
          asked.filter((line) => line.startsWith('POST')),
          [],
        );
        if (shot === fairShot) await keep(page, 'photo-good-phone');
      });
    });

  for (const [name, shot, stained] of [
    ['little light and grain', { turned: 4, noise: 32, blur: 0.9, shade: 0.4, light: 0.4 }, false],
    ['much grain', { turned: 11, noise: 90, blur: 0.8, shade: 0.3 }, false],
    [
      'a stain of six in a hundred, grain and blur',
      { turned: 5, noise: 30, blur: 1, shade: 0.5, light: 0.5 },
      true,
    ],
    [
      'a stain, upside down in bad light',
      { turned: 184, noise: 30, blur: 0.8, shade: 0.4, light: 0.6 },
      true,
    ],
  ] satisfies readonly (readonly [string, Shot, boolean])[])
    it(`reads a photo that is hard to read: ${name}`, async function () {
      const sheet = await printed(requireProgram(this, 'pdftoppm'), pdf, 300);
      const stain = stained ? { stain: await stainOn(sheet, 0.06) } : {};
      // Each run prints another code, and at this limit one in some is not read at once: people hold the phone anew.
      let word = '';
      for (const tilt of [0, 3, -4]) {
        const photo = await photograph(browser, sheet, { ...shot, ...stain, turned: shot.turned + tilt });
        if (screenshots !== undefined) writeFileSync(join(screenshots, `shot-${name}.jpg`), photo);
        await visit(phone, async ({ page }) => {
          word = await verdictOfPhoto(page, photo).catch(() => '');
        });
        if (word !== '') break;
      }
      assert.match(word, good);
    });

  it('says of a tampered and of a foreign code in a photo what they are, and of a photo without one what to do', async () => {
    await visit(phone, async ({ page }) => {
      const photo = await photograph(browser, await square(tampered()), fairShot);
      assert.match(await verdictOfPhoto(page, photo), bad);
      assert.equal(await page.locator('.face').count(), 0);
      await keep(page, 'photo-tampered-phone');
    });
    await visit(phone, async ({ page }) => {
      const photo = await photograph(browser, await square(foreign), fairShot);
      assert.match(await verdictOfPhoto(page, photo), unsure);
      assert.equal(await page.locator('.face').count(), 0);
      await keep(page, 'photo-foreign-phone');
    });
    await visit(phone, async ({ page }) => {
      const elsewhere = await QRCode.toBuffer('https://example.com/', { margin: 4, scale: 8 });
      for (const photo of [await photograph(browser, elsewhere, fairShot), Buffer.from('no picture')]) {
        await upload(page, 'IMG_0002.jpg', 'image/jpeg', photo);
        assert.match(await verdict(page), /没有读到证照码/);
        await page.locator('#file-form').getByRole('button', { name: /核验/ }).waitFor();
      }
      await keep(page, 'photo-none-phone');
      await assertAccessible(page, 'a photo without a code');
      await assertZoomable(page, phone, 'a photo without a code');
    });
  });

  it('verifies a PDF: good, tampered, signed by somebody nobody lists', async () => {
    const changed = Uint8Array.from(pdf);
    const at = Math.floor(pdf.length / 3);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const stranger = signPdf(makePki());
    for (const [name, file, expected] of [
      ['good', pdf, good],
      ['tampered', changed, bad],
      ['foreign', stranger, unsure],
    ] as const)
      for (const size of [phone, wide])
        await visit(size, async ({ page }) => {
          await upload(page, `${name}.pdf`, 'application/pdf', file);
          assert.match(await verdict(page), expected, name);
          const where = `pdf-${name}-${size === phone ? 'phone' : 'desk'}`;
          await keep(page, where);
          await page.evaluate('document.querySelectorAll("details").forEach((each) => (each.open = true))');
          await assertAccessible(page, where);
          await assertZoomable(page, size, where);
        });
  });

  it('tells screen readers what each field is for, and announces the result', async () => {
    await visit(phone, async ({ page }) => {
      await keep(page, 'empty-phone');
      for (const [role, name] of [
        ['button', /核验/],
        ['textbox', /网址或数字/],
      ] as const)
        assert.ok((await page.getByRole(role, { name }).count()) > 0, String(name));
      const input = page.getByLabel(/文件/);
      const help = await input.getAttribute('aria-describedby');
      assert.match(await page.locator(`#${help ?? ''}`).innerText(), /照片/);
      assert.equal(await page.locator('#result').getAttribute('aria-live'), 'polite');
      assert.equal(await page.getByRole('region', { name: /核验结果/ }).count(), 1);
      await assertAccessible(page, 'the empty page');
    });
    await visit(wide, async ({ page }) => keep(page, 'empty-desk'));
  });

  it('opens a code by its link, and shows a revocation in the link, the photo and the PDF', async () => {
    const photo = await photograph(browser, picture, fairShot);
    await visit(phone, async ({ page }) => {
      await page.getByLabel(/网址或数字/).fill(code);
      await page.locator('#code-form').getByRole('button').click();
      await page.waitForURL('**/v#*');
      assert.match(await verdict(page), good);
    });
    await revoke();
    await visit(phone, async ({ page }) => {
      await page.goto('about:blank');
      await page.goto(`${service.url}/v#${digits()}`);
      assert.match(await verdict(page), bad);
      await keep(page, 'link-revoked-phone');
      await assertAccessible(page, 'a revoked license');
    });
    await visit(phone, async ({ page }) => assert.match(await verdictOfPhoto(page, photo), bad));
    await visit(wide, async ({ page }) => {
      await upload(page, 'license.pdf', 'application/pdf', pdf);
      assert.match(await verdict(page), bad);
      await keep(page, 'pdf-revoked-desk');
    });
  });
});
