// Pages of several kinds: annexes that go on with their rows, photos drawn as they are, pictures that say what the PDF says.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodeEnvelope } from '../../formats/qr/license-code.ts';
import { encodePng } from '../../formats/picture/png.ts';
import { district } from '../../fixtures/district.ts';
import { medicalInstitutionType } from '../../fixtures/license-types/medical-institution.ts';
import { nursePracticeType } from '../../fixtures/license-types/nurse-practice.ts';
import { LicenseError } from '../../licenses/errors.ts';
import { loadPageFonts } from '../../licenses/page-fonts.ts';
import { layoutPages, type PageContent } from '../../licenses/page-layout.ts';
import { pagePictures } from '../../licenses/page-picture.ts';
import { drawPage, type PageOrder } from '../../licenses/page.ts';
import { checkPhoto } from '../../licenses/photo.ts';
import { previewContent } from '../../licenses/type-preview.ts';
import { requireProgram, run } from '../programs.ts';
import { rasterise } from './raster.ts';

const fonts = loadPageFonts();
const host = 'zz.tjhb.example.cn';

function clinic(rows: readonly Readonly<Record<string, string>>[]): PageContent {
  const content = previewContent(medicalInstitutionType, 'typical', host);
  return { ...content, lists: { ...content.lists, KZ_ZLKM: rows } };
}

function orderOf(content: PageContent): PageOrder {
  return {
    ...content,
    code: { prefix: `https://${host}/v#`, digits: encodeEnvelope(new Uint8Array(230).fill(7)) },
    record: new TextEncoder().encode('{}'),
    metadata: { title: 'x', author: 'x', subject: 'x', createdAt: 1795324000000 },
  };
}

const wordsOf = (content: PageContent): readonly string[] =>
  layoutPages(content, fonts).flatMap(({ texts }) => texts.map(({ text }) => text));

describe('pages with an annex', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yinxin-annex-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('go on for as many rows as there are: none is lost, none is set twice, each inside its page', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 120 }), (lengths) => {
        const rows = lengths.map((length, index) => ({
          DM: `R${index}R`,
          KM: '科'.repeat(Math.min(60, length)),
          BZ: '注'.repeat(length),
        }));
        const pages = layoutPages(clinic(rows), fonts);
        const marks = pages
          .flatMap(({ texts }) => texts.map(({ text }) => text))
          .filter((text) => /^R\d+R$/.test(text));
        assert.deepEqual(
          marks,
          rows.map(({ DM }) => DM),
        );
        for (const { texts, height } of pages.slice(1))
          for (const { text, y } of texts) if (/^R|科|注/.test(text)) assert.ok(y > 0.11 * height, text);
        const numbered = pages.map(({ texts }) => texts.find(({ text }) => text.startsWith('第'))?.text);
        assert.deepEqual(
          numbered.slice(1),
          pages.slice(1).map((_, index) => `第${index + 2}页 共${pages.length}页`),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('have a code on the first page alone, and one annex without rows', () => {
    const pages = layoutPages(clinic([]), fonts);
    assert.deepEqual(
      pages.map(({ code }) => code !== null),
      [true, false],
    );
    assert.ok(wordsOf(clinic([])).includes('诊疗科目'));
  });

  it('are refused, by name, where they would be too many, or where a row is higher than a page', () => {
    const short = Array.from({ length: 800 }, () => ({ DM: '1', KM: '科' }));
    const refusal = (reason: RegExp) => (error: unknown) =>
      error instanceof LicenseError && error.code === 'text-overflow' && reason.test(error.message);
    assert.throws(() => layoutPages(clinic(short), fonts), refusal(/more than 30 pages/));
    const tall = [{ DM: '1', KM: '科'.repeat(60).split('').join('\n') }];
    assert.throws(() => layoutPages(clinic(tall), fonts), refusal(/KZ_ZLKM: Row 1 is higher than its page/));
    const glyph = [{ DM: '1', KM: '𠮷' }];
    assert.throws(
      () => layoutPages(clinic(glyph), fonts),
      (error) =>
        error instanceof LicenseError &&
        error.code === 'glyph-missing' &&
        error.complaints[0]?.field === 'KZ_ZLKM',
    );
  });

  it('are PDF/A-3b with every page, and clean for qpdf', async function () {
    const qpdf = requireProgram(this, 'qpdf');
    const pdfinfo = requireProgram(this, 'pdfinfo');
    const rows = Array.from({ length: 60 }, (_, index) => ({ DM: String(index), KM: `第${index}科` }));
    const path = join(folder, 'annex.pdf');
    await writeFile(path, await drawPage(orderOf(clinic(rows)), fonts));
    run(qpdf, ['--check', path]);
    assert.match(run(pdfinfo, [path]), /Pages:\s+4/);
    const text = run(requireProgram(this, 'pdftotext'), ['-layout', path, '-']);
    for (const { KM } of rows) assert.ok(text.includes(KM), KM);
  });
});

describe('the photo on a page', () => {
  it('has the colours it came with, in its box, not stretched', async function () {
    const pdftoppm = requireProgram(this, 'pdftoppm');
    const size = { width: 400, height: 400, components: 3 } as const;
    const samples = new Uint8Array(size.width * size.height * 3).fill(64);
    const photo = checkPhoto(
      nursePracticeType,
      { mediaType: 'image/png', bytes: encodePng(size, samples) },
      'sha256',
    );
    assert.ok(photo);
    const content = { ...previewContent(nursePracticeType, 'typical', host), mark: null };
    const picture = await rasterise(
      pdftoppm,
      await drawPage({ ...orderOf(content), photo: photo.drawn }, fonts),
      100,
    );
    const dark = { left: Infinity, right: 0, top: Infinity, bottom: 0, count: 0 };
    picture.grey.forEach((grey, at) => {
      if (Math.abs(grey - 64) > 2) return;
      const [x, y] = [at % picture.width, Math.floor(at / picture.width)];
      const inBox = x > (150 / 25.4) * 100 && x < (187 / 25.4) * 100 && y > 140 && y < 360;
      if (!inBox) return;
      dark.left = Math.min(dark.left, x);
      dark.right = Math.max(dark.right, x);
      dark.top = Math.min(dark.top, y);
      dark.bottom = Math.max(dark.bottom, y);
      dark.count += 1;
    });
    const [width, height] = [dark.right - dark.left + 1, dark.bottom - dark.top + 1];
    const side = (35 / 25.4) * 100;
    assert.ok(Math.abs(width - side) < 3 && Math.abs(height - side) < 3, `${width} × ${height}`);
    assert.ok(dark.count > 0.97 * width * height);
  });

  it('is refused below its least size, and where the type shows none', () => {
    const small = encodePng({ width: 10, height: 10, components: 1 }, new Uint8Array(100));
    const input = { mediaType: 'image/png', bytes: small } as const;
    for (const type of [nursePracticeType, medicalInstitutionType])
      assert.throws(
        () => checkPhoto(type, input, 'sha256'),
        (error) => error instanceof LicenseError && error.code === 'photo-invalid',
      );
    const large = { mediaType: 'image/png', bytes: new Uint8Array(200_001) } as const;
    assert.throws(() => checkPhoto(nursePracticeType, large, 'sha256'), /cannot be used/);
  });
});

describe('pictures of pages', () => {
  it('are SVG without scripts, links or fonts, one for each page of every type', () => {
    for (const type of district.licenseTypes) {
      const pictures = pagePictures(previewContent(type, 'typical', host), fonts);
      assert.ok(pictures.length >= type.template.pages.length);
      for (const picture of pictures) {
        assert.match(picture, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 [\d.]+ [\d.]+">/);
        assert.ok(!/script|href="[^#]|font|style|onload|NaN|undefined/.test(picture), type.key);
      }
    }
  });

  it('draw a glyph for every character of the layout', () => {
    const content = previewContent(nursePracticeType, 'typical', host);
    const characters = wordsOf(content).join('');
    const uses = pagePictures(content, fonts).join('').match(/<use /g)?.length ?? 0;
    assert.equal(uses, Array.from(characters).length);
  });

  it('have made-up words in every place, as long as the new types let in', () => {
    for (const { type } of Object.values(district.sampleLicenses(2026)))
      assert.ok(layoutPages(previewContent(type, 'longest', host), fonts).length > 0, type.key);
  });
});
