// License pages as other people's programs see them: pixels, codes, structure.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as pdfLib from 'pdf-lib';
import { encodeEnvelope } from '../../formats/qr/license-code.ts';
import { codeMatrix, codePixels, codeSvg } from '../../licenses/code-picture.ts';
import { assertReadable, readCodes } from '../../licenses/code-reader.ts';
import { LicenseError } from '../../licenses/errors.ts';
import { issueLicense } from '../../licenses/issue.ts';
import { loadPageFonts, type PageFonts } from '../../licenses/page-fonts.ts';
import type { PageLayout } from '../../licenses/layout-builder.ts';
import { layoutPages, type PageContent } from '../../licenses/page-layout.ts';
import { createPageRenderer } from '../../licenses/page-renderer.ts';
import { drawPage, type PageOrder } from '../../licenses/page.ts';
import { requireProgram, run } from '../programs.ts';
import { openLicenseOffice } from './license-office.ts';
import { asPgm, asPixels, inkIn, rasterise } from './raster.ts';
import { foodType } from './sample-type.ts';

const DPI = 200;
const ORDER: PageOrder = {
  template: foodType.template,
  mark: '样章',
  host: 'zz.tjhb.example.cn',
  values: {
    CZZT: '天津演示庚㛃𬭸茶餐厅有限公司',
    CZZTDM: '91120105MA0000074N',
    KZ_FDDBR: '样本㛃',
    KZ_ZS: '天津市河北区演示道81号',
    KZ_JYCS: '天津市河北区演示道81号二层（含201、202、203室及附属库房）',
    KZ_ZTYT: '餐饮服务经营者',
    KZ_JYXM:
      '预包装食品（含冷藏冷冻食品）销售，散装食品销售；热食类食品制售，冷食类食品制售，自制饮品制售***',
    ZZBH: 'JY21201050000017',
    JGBM: '天津市河北区市场监督管理局（演示）',
    ZZYXQ: '2026年11月22日至2031年11月21日',
    ZZBFJG: foodType.issuer.name,
    ZZBFRQ: '2026年11月22日',
    ZZBS: '1.2.156.3005.2.11120105000123457H101.11120105000123457H.20260000001.001.E',
  },
  code: { prefix: 'https://zz.tjhb.example.cn/v#', digits: encodeEnvelope(new Uint8Array(randomBytes(244))) },
  record: new TextEncoder().encode('{"ZZMC":"食品经营许可证"}'),
  metadata: {
    title: '食品经营许可证（样章）',
    author: foodType.issuer.name,
    subject: '1.2.156',
    createdAt: 1795324000000,
  },
};

/** The one page of the sample type. */
function layoutPage(content: PageContent, faces: PageFonts, modules?: number): PageLayout {
  const [page, ...more] = layoutPages(content, faces, modules);
  assert.ok(page);
  assert.equal(more.length, 0);
  return page;
}

/** Area of a glyph's outline in square ems: what a faithful renderer must put on paper. */
function outlineArea(fonts: PageFonts, weight: 'regular' | 'bold', character: string): number {
  const { font } = fonts[weight];
  const glyph = font.glyphForCodePoint(character.codePointAt(0) ?? 0);
  assert.ok(glyph);
  const { path } = glyph;
  let area = 0;
  let start: readonly [number, number] = [0, 0];
  let at: readonly [number, number] = [0, 0];
  const lineTo = (to: readonly [number, number]): void => {
    area += (at[0] * to[1] - to[0] * at[1]) / 2;
    at = to;
  };
  for (const { command, args } of path.commands) {
    const [a = 0, b = 0, c = 0, d = 0] = args;
    if (command === 'moveTo') start = at = [a, b];
    else if (command === 'lineTo') lineTo([a, b]);
    else if (command === 'closePath') lineTo(start);
    else {
      assert.equal(command, 'quadraticCurveTo');
      const from = at;
      for (let step = 1; step <= 8; step++) {
        const t = step / 8;
        const blend = (p: number, q: number, r: number): number =>
          (1 - t) ** 2 * p + 2 * t * (1 - t) * q + t ** 2 * r;
        lineTo([blend(from[0], a, c), blend(from[1], b, d)]);
      }
    }
  }
  return Math.abs(area) / font.unitsPerEm ** 2;
}

describe('a license page', () => {
  let fonts: PageFonts;
  let pdf: Uint8Array;
  let folder: string;
  let file: string;

  before(async () => {
    fonts = loadPageFonts();
    pdf = await drawPage(ORDER, fonts);
    folder = await mkdtemp(join(tmpdir(), 'yinxin-page-'));
    file = join(folder, 'page.pdf');
    await writeFile(file, pdf);
  });
  after(() => rm(folder, { recursive: true }));

  it('has the ink of every glyph, 𬭸 and 㛃 too', async function () {
    const plain = { ...ORDER, mark: null };
    const picture = await rasterise(requireProgram(this, 'pdftoppm'), await drawPage(plain, fonts), DPI);
    const layout = layoutPage(plain, fonts, codeMatrix(ORDER.code).size);
    let glyphs = 0;
    for (const { text, x, y, size, weight } of layout.texts) {
      let left = x;
      for (const character of Array.from(text)) {
        const width = fonts[weight].measure(character) * size;
        // Small pale words sit on half pixels; hanzi of body size are what a person reads.
        if (size >= 10 && /\p{Script=Han}/u.test(character)) {
          const expected = outlineArea(fonts, weight, character) * size ** 2;
          const ink = inkIn(picture, DPI, {
            left,
            right: left + width,
            bottom: y - 0.15 * size,
            top: y + 0.9 * size,
          });
          const ratio = ink / expected;
          assert.ok(
            ratio > 0.75 && ratio < 1.3,
            `${character} at ${size} points has ${ratio.toFixed(2)} of its ink`,
          );
          glyphs++;
        }
        left += width;
      }
    }
    assert.ok(glyphs > 120, `${glyphs} glyphs`);
  });

  it('would fail that comparison if glyphs were dropped', async function () {
    // The same words laid out, but blanks drawn: the ink must be missing where the words should be.
    const words = '天津演示庚㛃𬭸茶餐厅有限公司';
    const plain = { ...ORDER, mark: null, values: { ...ORDER.values, CZZT: '' } };
    const picture = await rasterise(requireProgram(this, 'pdftoppm'), await drawPage(plain, fonts), DPI);
    const placed = layoutPage({ ...ORDER, mark: null }, fonts).texts.find(({ text }) => text === words);
    assert.ok(placed);
    const { x, y, size } = placed;
    assert.ok(
      inkIn(picture, DPI, { left: x, right: x + 10 * size, bottom: y - 0.15 * size, top: y + 0.9 * size }) <
        0.01 * size ** 2,
    );
  });

  it('carries a code that two independent readers read from the printed page', async function () {
    const text = ORDER.code.prefix + ORDER.code.digits;
    const picture = await rasterise(requireProgram(this, 'pdftoppm'), pdf, 300);
    assert.deepEqual(await readCodes(asPixels(picture)), [text]);
    const image = join(folder, 'page.pgm');
    await writeFile(image, asPgm(picture));
    assert.equal(run(requireProgram(this, 'zbarimg'), ['-q', '--raw', image]).trim(), text);
  });

  it('is PDF/A-3b as far as its structure tells, and clean for qpdf', function () {
    const qpdf = requireProgram(this, 'qpdf');
    run(qpdf, ['--check', file]);
    const plain = readQdf(qpdf, file, join(folder, 'page.qdf'));
    assert.match(plain, /<pdfaid:part>3<\/pdfaid:part>/);
    assert.match(plain, /<pdfaid:conformance>B<\/pdfaid:conformance>/);
    assert.match(plain, /\/S \/GTS_PDFA1/);
    assert.match(plain, /\/DestOutputProfile/);
    assert.match(plain, /\/AFRelationship \/Data/);
    assert.match(plain, /\/AF \[/);
    assert.match(plain, /\/Subtype \/application#2fjson/i);
    assert.match(plain, /\/ID \[/);
    assert.match(plain, /\/Lang /);
    // Nothing transparent, nothing active, nothing from outside, no encryption.
    assert.doesNotMatch(plain, /\/ExtGState <<\s*\//);
    assert.doesNotMatch(plain, /\/(SMask|Encrypt|JavaScript|JS|OpenAction|AA|URI|Launch)\b/);
    const fontDescriptors = plain.match(/\/Type \/FontDescriptor/g)?.length ?? 0;
    assert.equal(fontDescriptors, 2);
    assert.equal(plain.match(/\/FontFile2/g)?.length, fontDescriptors);
    assert.match(plain, /\/CIDToGIDMap \/Identity/);
    assert.match(plain, /\/BaseFont \/[A-Z]{6}\+NotoSerifSC-Regular/);
    assert.match(plain, /<xmp:CreateDate>2026-/);
    // Two faces, two names: readers and archives see a small resource dictionary.
    assert.ok((plain.match(/\/(Regular|Bold)-\d+ \d+ 0 R/g)?.length ?? 0) <= 2);
  });

  it('says its words to who copies them, and keeps the record as it was', function () {
    const text = run(requireProgram(this, 'pdftotext'), ['-layout', file, '-']);
    for (const word of [
      '食品经营许可证',
      '天津演示庚㛃𬭸茶餐厅有限公司',
      '样章',
      'zz.tjhb.example.cn',
      '内容真实；不证明持有人身份',
    ]) {
      assert.ok(text.includes(word), word);
    }
    assert.equal(
      run(requireProgram(this, 'qpdf'), ['--show-attachment=record.json', file]),
      '{"ZZMC":"食品经营许可证"}',
    );
  });

  it('comes out the same, byte for byte, from the same input', async () => {
    assert.ok(Buffer.from(await drawPage(ORDER, fonts)).equals(pdf));
  });

  it('refuses 𠮷 by name before anything is drawn', async () => {
    const order = { ...ORDER, values: { ...ORDER.values, KZ_FDDBR: '𠮷田' } };
    await assert.rejects(drawPage(order, fonts), (error) => {
      assert.ok(error instanceof LicenseError);
      assert.equal(error.code, 'glyph-missing');
      assert.deepEqual(error.complaints, [
        { field: 'KZ_FDDBR', reason: 'The font has no glyph for 𠮷 (U+20BB7).' },
      ]);
      return true;
    });
  });

  it('shrinks, then wraps, then refuses what does not fit', () => {
    const long = (length: number): PageOrder => ({
      ...ORDER,
      values: { ...ORDER.values, KZ_ZS: '长'.repeat(length) },
    });
    const sizeOf = (order: PageOrder): readonly number[] =>
      layoutPage(order, fonts)
        .texts.filter(({ text }) => /^长+$/.test(text))
        .map(({ size }) => size);
    assert.deepEqual(sizeOf(long(10)), [14]);
    const [smaller = 0, ...more] = sizeOf(long(30));
    assert.ok(smaller < 14 && smaller >= 8);
    assert.equal(more.length, 0);
    assert.ok(sizeOf(long(70)).length > 1);
    assert.throws(
      () => layoutPage(long(200), fonts),
      (error) =>
        error instanceof LicenseError &&
        error.code === 'text-overflow' &&
        error.complaints[0]?.field === 'KZ_ZS',
    );
  });

  it('has a code of whole printer dots', () => {
    const { code } = layoutPage(ORDER, fonts, codeMatrix(ORDER.code).size);
    assert.ok(code);
    for (const value of [code.x, code.y]) assert.ok(Math.abs(value / 0.24 - Math.round(value / 0.24)) < 1e-6);
  });
});

describe('the code as a picture', () => {
  const text = {
    prefix: 'https://zz.tjhb.gov.cn/v#',
    digits: encodeEnvelope(new Uint8Array(randomBytes(244))),
  };

  it('has the size of the design: version 12 to 14 for a typical license', () => {
    const version = (codeMatrix(text).size - 17) / 4;
    assert.ok(version >= 11 && version <= 14, `version ${version}`);
  });

  it('is refused when a second decoder reads something else', async () => {
    const matrix = codeMatrix(text);
    await assertReadable(matrix, text);
    const unreadable = (error: unknown): boolean =>
      error instanceof LicenseError && error.code === 'code-unreadable';
    await assert.rejects(
      assertReadable(matrix, { ...text, digits: `${text.digits.slice(0, -1)}x` }),
      unreadable,
    );
    const broken = { ...matrix, modules: matrix.modules.map((module, at) => (at % 3 === 0 ? 1 : module)) };
    await assert.rejects(assertReadable(broken, text), unreadable);
  });

  it('is one path as SVG, with its quiet zone', () => {
    const matrix = codeMatrix(text);
    const svg = codeSvg(matrix);
    assert.ok(
      svg.startsWith(
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${matrix.size + 8} ${matrix.size + 8}"`,
      ),
    );
    assert.equal(svg.match(/<path/g)?.length, 1);
    assert.equal(codePixels(matrix, 2).side, (matrix.size + 8) * 2);
  });

  it('is refused when it is too long', () => {
    assert.throws(
      () => codeMatrix({ ...text, digits: '1'.repeat(8000) }),
      (error) => error instanceof LicenseError && error.code === 'code-too-long',
    );
  });
});

describe('the page workers', () => {
  it('draw the same page as the main thread, refuse the same words, and stop', async () => {
    const renderer = createPageRenderer({ workers: 1, queueLimit: 2 });
    try {
      const drawn = await renderer.draw(ORDER);
      const here = await drawPage(ORDER, loadPageFonts());
      const differs = drawn.findIndex((byte, at) => byte !== here[at]);
      assert.deepEqual([differs, drawn.length], [-1, here.length]);
      await renderer.examine(ORDER);
      const wrong = { ...ORDER, values: { ...ORDER.values, KZ_ZS: '𠮷' } };
      await assert.rejects(
        renderer.examine(wrong),
        (error) => error instanceof LicenseError && error.code === 'glyph-missing',
      );
      const many = await Promise.allSettled(Array.from({ length: 5 }, () => renderer.draw(ORDER)));
      const refused = many
        .filter((result) => result.status === 'rejected')
        .map((result) => result.reason as LicenseError);
      assert.deepEqual(
        refused.map(({ code }) => code),
        ['renderer-busy', 'renderer-busy'],
      );
    } finally {
      await renderer.close();
    }
    await assert.rejects(
      renderer.draw(ORDER),
      (error) => error instanceof LicenseError && error.code === 'renderer-busy',
    );
  });
});

describe('issuing', function () {
  this.timeout(60_000);

  it('composes no page on the main thread', async () => {
    const office = await openLicenseOffice();
    // The workers have modules of their own: what is taken away here, in either build, is missing on the main thread alone.
    const builds = [createRequire(import.meta.url)('pdf-lib') as typeof pdfLib, await import('pdf-lib')].map(
      ({ PDFDocument }) => ({ PDFDocument, create: PDFDocument.create.bind(PDFDocument) }),
    );
    for (const { PDFDocument } of builds)
      PDFDocument.create = () => Promise.reject(new Error('A page is composed on the main thread.'));
    try {
      const issued = await issueLicense(office.parts, office.food1());
      assert.equal(issued.state, 'issued');
    } finally {
      for (const { PDFDocument, create } of builds) PDFDocument.create = create;
      await office.close();
    }
  });
});

function readQdf(qpdf: string, from: string, to: string): string {
  run(qpdf, ['--qdf', '--object-streams=disable', from, to]);
  return readFileSync(to, 'latin1');
}
