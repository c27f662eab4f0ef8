// Seal pictures: what they refuse, what they draw, and what another program sees in them.
import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SigningError } from '../../signing/errors.ts';
import { sizeOf, type SealPictureDescription } from '../../signing/seal-picture/description.ts';
import { pdfAppearance } from '../../signing/seal-picture/pdf-form.ts';
import { drawSeal } from '../../signing/seal-picture/draw-seal.ts';
import { sealAppearance } from '../../signing/seal-picture/seal-appearance.ts';
import { svgPicture } from '../../signing/seal-picture/svg.ts';
import { sealPlacing } from '../../signing/seal-placing.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { prepareSignature, type SignatureOptions } from '../../signing/prepare.ts';
import { requireProgram, run } from '../programs.ts';

const thirty = '天津市河北区人民政府政务服务办公室行政审批局社会事务综合管理';
const nameOf = (length: number): string => Array.from(thirty).slice(0, length).join('');

const official = (name: string, demonstration = true): SealPictureDescription => ({
  kind: 'official',
  name,
  purpose: null,
  code: '12010500000001',
  centre: null,
  demonstration,
});
const special = (name: string, centre: 'star' | 'none'): SealPictureDescription => ({
  ...official(name),
  kind: 'special-purpose',
  purpose: '行政许可专用章',
  centre,
});

/** A page of the seal's own size that shows nothing but the seal. */
function pageWith(description: SealPictureDescription): Uint8Array {
  const form = pdfAppearance(drawSeal(description));
  const body = deflateSync(form.content);
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    `<</Type/Page/Parent 2 0 R/MediaBox[${form.boundingBox.join(' ')}]/Resources<<>>/Contents 4 0 R>>`,
    `<</Filter/FlateDecode/Length ${body.length}>>\nstream\n${body.toString('latin1')}\nendstream`,
  ];
  let text = '%PDF-1.7\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const xref = text.length;
  text += `xref\n0 5\n0000000000 65535 f \n${offsets.join('')}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

/** Pixels of the page at 10 per millimetre, as pdftoppm sees it: whether each is inked. */
function inkOf(
  context: Mocha.Context,
  description: SealPictureDescription,
): { size: number; at(x: number, y: number): boolean } {
  const pdftoppm = requireProgram(context, 'pdftoppm');
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-seal-'));
  try {
    writeFileSync(join(folder, 'seal.pdf'), pageWith(description));
    run(pdftoppm, ['-r', '254', '-singlefile', join(folder, 'seal.pdf'), join(folder, 'seal')]);
    const ppm = readFileSync(join(folder, 'seal.ppm'));
    const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 40).toString('latin1'));
    assert.ok(header !== null);
    const width = Number(header[1]);
    const middle = width / 2;
    return {
      size: width,
      at: (x, y) => {
        const column = Math.round(middle + x * 10);
        const row = Math.round(middle - y * 10);
        return (ppm[header[0].length + (row * width + column) * 3 + 2] ?? 255) < 128;
      },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Share of inked samples on an arc, degrees clockwise from the top. */
function inkOnArc(
  ink: { at(x: number, y: number): boolean },
  radius: number,
  from: number,
  to: number,
): number {
  const samples = Array.from({ length: 200 }, (_, i) => ((from + ((to - from) * i) / 199) * Math.PI) / 180);
  return (
    samples.filter((angle) => ink.at(radius * Math.sin(angle), radius * Math.cos(angle))).length /
    samples.length
  );
}

describe('seal pictures', () => {
  for (const length of [4, 10, 16, 22, 30]) {
    it(`sets a name of ${length} characters along the arc, clear of ring, star and code`, function () {
      const ink = inkOf(this, official(nameOf(length)));
      assert.ok(Math.abs(ink.size - 420) <= 1, '42 mm');
      assert.equal(inkOnArc(ink, 20.45, 0, 360), 1, 'the ring is closed');
      assert.equal(inkOnArc(ink, 19.5, 0, 360), 0, 'a gap between ring and name');
      assert.ok(inkOnArc(ink, 16.5, -60, 60) > 0.1, 'the name stands above');
      assert.equal(inkOnArc(ink, 16.5, 142, 218), 0, 'the name leaves the lower edge free');
      assert.ok(inkOnArc(ink, 18.2, 155, 205) > 0.1, 'the code stands below');
      assert.ok(ink.at(0, 1.6), 'a star in the middle');
      assert.ok(ink.at(-6.6, 3.8) && ink.at(6.6, 3.8) && !ink.at(7.3, 3.8), 'the star is 14 mm wide');
    });
  }

  it('says 演示样章 inside a demonstration seal and not in another', function () {
    const line = (ink: { at(x: number, y: number): boolean }): number =>
      Array.from({ length: 160 }, (_, i) => ink.at(-8 + i / 10, -8.4)).filter(Boolean).length;
    assert.ok(line(inkOf(this, official(nameOf(10)))) > 30);
    assert.equal(line(inkOf(this, official(nameOf(10), false))), 0);
  });

  it('sets the purpose of a special-purpose seal in a straight line, 40 mm, with and without star', function () {
    const plain = inkOf(this, special(nameOf(10), 'none'));
    assert.ok(Math.abs(plain.size - 400) <= 1);
    assert.ok(Array.from({ length: 220 }, (_, i) => plain.at(-11 + i / 10, 0)).filter(Boolean).length > 30);
    const starred = inkOf(this, special(nameOf(10), 'star'));
    assert.ok(starred.at(0, 4.2));
    assert.ok(!plain.at(0, 6));
  });

  const kinds: readonly SealPictureDescription[] = [
    ...[4, 10, 16, 22, 30].map((length) => official(nameOf(length))),
    ...[4, 16, 30].map((length) => official(nameOf(length), false)),
    { ...official(nameOf(30)), kind: 'government' },
    special(nameOf(30), 'star'),
    { ...special(nameOf(30), 'none'), purpose: '行政审批事项电子证照专用' },
    { ...official(nameOf(30)), kind: 'finance' },
    { ...official(nameOf(30)), kind: 'contract' },
    ...[4, 12, 22, 30].map((length): SealPictureDescription => ({
      ...official(nameOf(length)),
      kind: 'invoice',
      taxNumber: '91120105MA05R3TX8F',
    })),
    ...['李强', '张国华', '欧阳建国', '买买提·阿布都拉'].map((name): SealPictureDescription => ({
      ...official(name),
      kind: 'personal',
    })),
  ];

  it('embeds no font, no image, no transparency, and adds at most 6 kB to a file, whatever the kind and the name', async () => {
    const page = Buffer.from(pageWith(official(nameOf(4))))
      .toString('latin1')
      .replace(/MediaBox\[[^\]]*\]/, (box) => 'MediaBox[0 0 150 150]'.padEnd(box.length));
    const added = async (place: SignatureOptions['place']): Promise<number> => {
      const options = { time: new Date('2026-11-22T00:00:00Z'), contentsCapacity: 8 };
      const prepared = await prepareSignature(
        bytesSource(Buffer.from(page, 'latin1')),
        place === undefined ? options : { ...options, place },
      );
      return prepared.before.length + prepared.after.length;
    };
    const invisible = await added(undefined);
    for (const description of kinds) {
      const form = pdfAppearance(drawSeal(description));
      const text = Buffer.from(form.content).toString('latin1');
      assert.match(text, /^[-\d. \n qQfcmlhswSrevy]+(rg|RG)?[-\d. \na-zA-Z]*$/);
      assert.ok(!/\b(Tf|Tj|Do|gs|BT|sh)\b/.test(text));
      assert.ok(!/\d[eE][-+]?\d/.test(text), 'no exponent form');
      const seal = { appearance: sealAppearance(description), size: sizeOf(description) };
      const middle = { centreX: 25, centreY: 25 };
      const place = sealPlacing(seal, { place: { page: 1, ...middle } });
      const size = (await added(place.place)) - invisible;
      assert.ok(
        size <= 6000,
        `${description.kind}, ${Array.from(description.name).length} characters: ${size} bytes`,
      );
    }
  });

  it('has the size that is customary for its kind, closed lines, and every character of the name', function () {
    for (const description of kinds.filter(({ kind }) => kind !== 'official')) {
      const { width, height } = sizeOf(description);
      const drawing = drawSeal(description);
      const characters = drawing.marks.filter(({ kind }) => kind === 'glyph').length;
      assert.ok(characters >= Array.from(description.name).length, description.kind);
      for (const mark of drawing.marks) {
        if (mark.kind !== 'glyph') continue;
        assert.ok(mark.outline.length > 0, `${description.kind}: a character was lost`);
        const [, , , , x, y] = mark.place;
        assert.ok(Math.abs(x) <= width / 2 && Math.abs(y) <= height / 2, description.kind);
      }
    }
  });

  it('keeps the outlines of its face to half a tenth of a millimetre', () => {
    // The same name with and without the budget: ink differs by the rim only.
    const drawing = drawSeal(official(nameOf(30)));
    assert.ok((drawing.cell ?? 1) <= 0.07, `cells of ${drawing.cell ?? 0} mm for 30 characters`);
    assert.ok((drawSeal(official(nameOf(10))).cell ?? 1) <= 0.02, 'a common name on the finest grid');
  });

  it('draws the same picture from the same data', () => {
    assert.deepEqual(
      pdfAppearance(drawSeal(official(nameOf(16)))),
      pdfAppearance(drawSeal(official(nameOf(16)))),
    );
  });

  it('writes SVG in millimetres with its title escaped', () => {
    const svg = svgPicture(drawSeal(official(nameOf(10))), '<script>&"');
    assert.match(svg, /width="42mm" height="42mm" viewBox="-21 -21 42 42"/);
    assert.ok(svg.includes('<title>&#60;script&#62;&#38;&#34;</title>'));
    assert.ok(!svg.includes('COLOUR'));
  });

  const refused = (description: SealPictureDescription, code: string): void => {
    assert.throws(
      () => drawSeal(description),
      (error: unknown) => error instanceof SigningError && error.code === code,
    );
  };

  it('refuses by name a character that its face lacks', () => {
    assert.throws(
      () => drawSeal(official('天津市𠮷祥局')),
      (error: unknown) =>
        error instanceof SigningError && error.code === 'glyph-missing' && error.message.includes('U+20BB7'),
    );
  });

  it('draws rare characters that its face has', () => {
    assert.ok(drawSeal(official('天津市𬭸㛃局')).marks.length > 20);
  });

  it('refuses names, purposes and codes that cannot stand on a seal', () => {
    refused(official(`${thirty}局`.padEnd(31, '局')), 'name-too-long');
    refused(official('三个字'), 'seal-input-invalid');
    refused(official('天津市 河北区'), 'seal-input-invalid');
    refused(official('天津市\u0000河北区'), 'seal-input-invalid');
    refused(official('天津市\u202e河北区'), 'seal-input-invalid');
    refused({ ...official('天津市河北区'), code: '1201050000001' }, 'seal-input-invalid');
    refused({ ...official('天津市河北区'), purpose: '专用章' }, 'seal-input-invalid');
    refused({ ...special('天津市河北区', 'none'), purpose: null }, 'seal-input-invalid');
    refused({ ...special('天津市河北区', 'none'), purpose: '行政许可专用章行政许可专用章' }, 'name-too-long');
  });
});
