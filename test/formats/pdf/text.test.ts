// Text of pages: every coding in use, text in pieces, turned, upright and downwards, and what another program says of its place.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import { openPdf } from '../../../formats/pdf/document.ts';
import { decodeOldFilter } from '../../../formats/pdf/old-filters.ts';
import { readPage } from '../../../formats/pdf/pages.ts';
import { bytesSource } from '../../../formats/pdf/source.ts';
import { readCMap } from '../../../formats/pdf/text-cmap.ts';
import { pageGlyphs, TextFonts, type TextGlyph } from '../../../formats/pdf/text-content.ts';
import { foldText } from '../../../formats/pdf/text-fold.ts';
import { gb1Character, gb1Cid } from '../../../formats/pdf/text-gb1.ts';
import { linesOf } from '../../../formats/pdf/text-lines.ts';
import { ContentReader } from '../../../formats/pdf/text-reader.ts';
import { findText } from '../../../formats/pdf/text-search.ts';
import { requireProgram, run } from '../../programs.ts';
import { scale } from '../../scale.ts';
import {
  gb1Font,
  gbkHex,
  helvetica,
  pdfOf,
  utf16Hex,
  type DocumentSpec,
} from '../../signing/placing-documents.ts';

async function glyphsOf(spec: DocumentSpec, page = 0): Promise<readonly TextGlyph[]> {
  const document = await openPdf(bytesSource(pdfOf(spec)));
  const found = await readPage(document, page);
  assert.ok(found !== null);
  return pageGlyphs(document, found, new TextFonts(document));
}

async function textsOf(spec: DocumentSpec): Promise<readonly string[]> {
  return linesOf(await glyphsOf(spec)).map(({ text }) => text);
}

/** One line of text in one font. */
function line(font: string, shown: string, objects: DocumentSpec['objects'] = {}): DocumentSpec {
  return { pages: [{ content: `BT /F0 16 Tf 72 700 Td ${shown} ET` }], fonts: [font], objects };
}

const words = '审批机关（盖章）：2026年';
const cids = (text: string): string =>
  `<${Array.from(text, (c) =>
    gb1Cid(c.codePointAt(0) ?? 0)
      .toString(16)
      .padStart(4, '0'),
  ).join('')}>`;
const identity = gb1Font('Identity-H');
const plainIdentity = identity.replaceAll('GB1', 'Identity');

describe('text of a page', () => {
  const codings: Record<string, DocumentSpec> = {
    'UniGB-UCS2-H': line(gb1Font('UniGB-UCS2-H'), `${utf16Hex(words)} Tj`),
    'UniGB-UTF16-H': line(gb1Font('UniGB-UTF16-H'), `${utf16Hex(words)} Tj`),
    'UniGB-UTF16-H beyond the basic plane': line(gb1Font('UniGB-UTF16-H'), `${utf16Hex(`𠂇${words}`)} Tj`),
    'GBK-EUC-H': line(gb1Font('GBK-EUC-H'), `${gbkHex(words)} Tj`),
    'GBKp-EUC-H': line(gb1Font('GBKp-EUC-H'), `${gbkHex(words)} Tj`),
    'GB-EUC-H': line(gb1Font('GB-EUC-H'), `${gbkHex(words)} Tj`),
    'GBK2K-H': line(gb1Font('GBK2K-H'), `${gbkHex(words)} Tj`),
    'CIDs of Adobe-GB1': line(identity, `${cids(words)} Tj`),
    'ToUnicode by character and range': line(
      plainIdentity.replace('/Encoding', '/ToUnicode {map}/Encoding'),
      '<000100020003000400050006000700080009000a000b000c000d0020> Tj',
      {
        map: {
          entries: '',
          data:
            '/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n' +
            `2 beginbfchar <0001> <5ba1> <0020> <5e74> endbfchar\n` +
            '3 beginbfrange <0002> <0008> [<6279><673a><5173><ff08><76d6><7ae0><ff09>] <0009> <0009> <ff1a>\n' +
            '<000a> <000b> [<0032><0030>] endbfrange 1 beginbfrange <000c> <000c> <0032> endbfrange ' +
            '1 beginbfchar <000d> <0036> endbfchar endcmap',
        },
      },
    ),
    'a CMap of the file': line(
      gb1Font('X').replace('/Encoding/X', '/Encoding {map}'),
      '<0102030405060708090a0b0a0c0d> Tj',
      {
        map: {
          entries: '/Type/CMap/CMapName/Own',
          data:
            '1 begincodespacerange <00> <ff> endcodespacerange\n' +
            `13 begincidchar ${Array.from('审批机关（盖章）：206年', (c, i) => `<${(i + 1).toString(16).padStart(2, '0')}> ${gb1Cid(c.codePointAt(0) ?? 0)}`).join(' ')} endcidchar`,
        },
      },
    ),
  };
  for (const [name, spec] of Object.entries(codings)) {
    it(`reads ${name}`, async () => {
      const wide = name.endsWith('plane') ? '𠂇' : '';
      assert.deepEqual(await textsOf(spec), [wide + foldText(words)]);
    });
  }

  it('reads simple fonts: WinAnsi, differences by glyph names, ligatures, octal and hexadecimal strings', async () => {
    assert.deepEqual(await textsOf(line(helvetica, '(Sign\\040here \\(of\\146\\)) Tj')), ['Signhere(off)']);
    const named =
      '<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding<</Differences[65/uni76D6/u7AE0/fi/germandbls 97/A]>>>>';
    assert.deepEqual(await textsOf(line(named, '<414243> Tj (aZ) Tj')), ['盖章fiAZ']);
  });

  it('joins what was written in pieces, in any order, and leaves out what is printed twice', async () => {
    const content =
      'BT /F0 16 Tf 200 700 Td ' +
      `${utf16Hex('盖章')} Tj ET\n` +
      `BT /F0 16 Tf 72 700 Td [${utf16Hex('审')} -120 ${utf16Hex('批')} 40 ${utf16Hex('机')}] TJ ET\n` +
      `BT /F0 16 Tf 1 0 0 1 125 700.4 Tm ${utf16Hex('关')} Tj ET\n` +
      `BT /F0 16 Tf 1 0 0 1 125.4 700.6 Tm ${utf16Hex('关')} Tj ET`;
    const spec = { pages: [{ content }], fonts: [gb1Font('UniGB-UCS2-H')] };
    assert.deepEqual(await textsOf(spec), ['审批机关盖章']);
  });

  it('tells columns apart, and finds over the end of a line', async () => {
    const content =
      `BT /F0 12 Tf 72 700 Td ${utf16Hex('本机关的审批')} Tj 0 -18 Td ${utf16Hex('机关（盖章）')} Tj ET\n` +
      `BT /F0 12 Tf 400 700 Td ${utf16Hex('另一栏')} Tj ET`;
    const spec = { pages: [{ content }], fonts: [gb1Font('UniGB-UCS2-H')] };
    assert.deepEqual(await textsOf(spec), ['本机关的审批', '另一栏', '机关(盖章)']);
    const glyphs = await glyphsOf(spec);
    const [match, ...more] = findText(glyphs, '审批机关');
    assert.equal(more.length, 0);
    assert.deepEqual(
      [match?.box.left, match?.box.right].map((x) => Math.round(x ?? 0)),
      [120, 144],
    );
    assert.equal(findText(glyphs, '批另一').length, 0, 'not from one column into another');
  });

  it('folds width, compatibility, ligatures, radicals and blanks', async () => {
    const spec = line(gb1Font('UniGB-UCS2-H'), `${utf16Hex('Ａ１　⽇⺠（㈱）')} Tj`);
    const glyphs = await glyphsOf(spec);
    for (const text of ['A1日民((株))', 'Ａ１ 日 民', '日民（'])
      assert.equal(findText(glyphs, text).length, 1, text);
    assert.equal(findText(glyphs, ' ').length, 0);
  });

  it('reads turned text, vertical writing, forms, and text under a scan', async () => {
    const cm = (degrees: number): string => {
      const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      return `${c.toFixed(6)} ${s.toFixed(6)} ${(-s).toFixed(6)} ${c.toFixed(6)}`;
    };
    for (const degrees of [0, 30, 90, 180, 270]) {
      const content = `BT /F0 16 Tf ${cm(degrees)} 300 400 Tm ${utf16Hex('审批机关')} Tj ET`;
      const found = findText(
        await glyphsOf({ pages: [{ content }], fonts: [gb1Font('UniGB-UCS2-H')] }),
        '批机',
      );
      assert.equal(found.length, 1, `${degrees} degrees`);
      const { left, right, bottom, top } = found[0]?.box ?? { left: 0, right: 0, bottom: 0, top: 0 };
      const [x, y] = [(left + right) / 2 - 300, (bottom + top) / 2 - 400];
      // The middle of the two characters is two ems along the line, 0.38 em above it.
      const turn = (degrees * Math.PI) / 180;
      assert.ok(Math.abs(x - (32 * Math.cos(turn) - 6.08 * Math.sin(turn))) < 0.1, `${degrees}: x ${x}`);
      assert.ok(Math.abs(y - (32 * Math.sin(turn) + 6.08 * Math.cos(turn))) < 0.1, `${degrees}: y ${y}`);
    }
    const downwards = await glyphsOf(line(gb1Font('UniGB-UCS2-V'), `${utf16Hex('审批机关')} Tj`));
    const [match] = findText(downwards, '批机');
    assert.deepEqual(
      Object.values(match?.box ?? {}).map(Math.round),
      [64, 652, 80, 684],
      'from one em below the start, half an em to either side',
    );
    const inForm = await glyphsOf({
      pages: [{ content: 'q 2 0 0 2 10 20 cm /X Do Q', xObjects: '/X {form}' }],
      objects: {
        form: {
          entries:
            '/Type/XObject/Subtype/Form/BBox[0 0 500 500]/Matrix[1 0 0 1 5 0]/Resources<</Font<</G {f}>>>>',
          data: `BT /G 10 Tf 3 Tr 100 100 Td ${utf16Hex('章')} Tj ET`,
        },
        f: gb1Font('UniGB-UCS2-H'),
      },
    });
    const [hit] = findText(inForm, '章');
    assert.deepEqual(Object.values(hit?.box ?? {}).map(Math.round), [220, 218, 240, 238]);
    assert.equal(hit?.visible, false);
  });

  it('stands where pdftotext says', async function () {
    const pdftotext = requireProgram(this, 'pdftotext');
    const folder = mkdtempSync(join(tmpdir(), 'yinxin-text-'));
    try {
      for (const [name, spec] of Object.entries(codings)) {
        if (name.endsWith('plane')) continue;
        writeFileSync(join(folder, 'a.pdf'), pdfOf(spec));
        run(pdftotext, ['-bbox', join(folder, 'a.pdf'), join(folder, 'a.html')]);
        const html = readFileSync(join(folder, 'a.html'), 'utf8');
        const [, xMin, xMax, word] =
          /<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">([^<]*)</.exec(html) ?? [];
        assert.ok(word !== undefined && foldText(words).startsWith(foldText(word)), `${name}: ${word ?? ''}`);
        const [match] = findText(await glyphsOf(spec), word);
        assert.ok(Math.abs((match?.box.left ?? 0) - Number(xMin)) < 0.5, `${name}: left ${xMin ?? ''}`);
        assert.ok(
          Math.abs((match?.box.right ?? 0) - Number(xMax)) < 0.5,
          `${name}: right ${xMax ?? ''} ${match?.box.right ?? 0}`,
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('knows every CID of Adobe-GB1 that has a character', () => {
    let known = 0;
    for (let cid = 1; cid < 30_284; cid++) {
      const character = gb1Character(cid);
      if (character === '') continue;
      known++;
      assert.equal(gb1Character(gb1Cid(character.codePointAt(0) ?? 0)), character);
    }
    assert.ok(known > 29_000, `${known}`);
    assert.deepEqual([gb1Character(4559), gb1Character(1), gb1Cid(0x4e2d)], ['中', ' ', 4559]);
  });

  it('reads what older programs encoded streams with', () => {
    const read = (name: string, data: string): string =>
      Buffer.from(decodeOldFilter(name, Buffer.from(data, 'latin1'), 1000, true) ?? []).toString('latin1');
    assert.equal(read('ASCIIHexDecode', '48 65 6C6c6F>'), 'Hello');
    assert.equal(read('ASCII85Decode', '87cURD]i,"Ebo80~>'), 'Hello World!');
    assert.equal(read('RunLengthDecode', '\x02abc\xfez\x80rest'), 'abczzz');
    // The example of ISO 32000-2, 7.4.4.2.
    assert.equal(read('LZWDecode', '\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01'), '-----A---B');
    assert.equal(decodeOldFilter('DCTDecode', new Uint8Array(), 10, true), null);
    assert.throws(
      () => read('RunLengthDecode', '\x81z'.repeat(100)),
      (e) => e instanceof FormatError && e.code === 'pdf-limit',
    );
  });

  it('never fails but by a refusal, whatever the bytes', async () => {
    const refusals = (error: unknown): void => {
      if (!(error instanceof FormatError)) throw error;
    };
    const operators = fc.constantFrom(
      'BT',
      'ET',
      'Tf',
      'Tj',
      'TJ',
      "'",
      '"',
      'Td',
      'Tm',
      'q',
      'Q',
      'cm',
      'Do',
      'BI',
      'ID',
      'EI',
      '<<',
      '>>',
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
      '/F0',
      '/X',
      '1e9',
      '-.5',
      '--3',
      '<00ff',
      '(\\',
      '%',
    );
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b).toString('latin1')),
      operators,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(junk, { maxLength: 40 }),
        fc.constantFrom(...Object.values(codings)),
        async (parts, coding) => {
          const content = `BT /F0 12 Tf ${parts.join(' ')}`;
          const glyphs = await glyphsOf({ ...coding, pages: [{ content }] }).catch((error: unknown) => {
            refusals(error);
            return [];
          });
          findText(glyphs, '章');
        },
      ),
      { numRuns: scale(150) },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const reader = new ContentReader(bytes);
        for (let steps = 0; reader.next() !== null; steps++) assert.ok(steps <= bytes.length);
        try {
          readCMap(bytes);
        } catch (error) {
          refusals(error);
        }
        for (const name of ['ASCIIHexDecode', 'ASCII85Decode', 'RunLengthDecode', 'LZWDecode']) {
          try {
            decodeOldFilter(name, bytes, 10_000, true);
          } catch (error) {
            refusals(error);
          }
        }
      }),
      { numRuns: scale(400) },
    );
  });
});
