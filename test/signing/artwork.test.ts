// Supplied pictures: PNG of every kind against another reader, SVG made safe, and what neither may carry in.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { toBase64 } from '../../formats/bytes.ts';
import { SigningError } from '../../signing/errors.ts';
import { artworkMarks } from '../../signing/seal-picture/artwork.ts';
import { drawSeal } from '../../signing/seal-picture/draw-seal.ts';
import type { SealPictureDescription } from '../../signing/seal-picture/description.ts';
import { pdfAppearance } from '../../signing/seal-picture/pdf-form.ts';
import { readPng } from '../../signing/seal-picture/png-reader.ts';
import { writePng } from '../../signing/seal-picture/png-writer.ts';
import { clearShare, inkOnPaper, type RasterImage } from '../../signing/seal-picture/raster.ts';
import { readSvg } from '../../signing/seal-picture/svg-reader.ts';
import { svgPicture } from '../../signing/seal-picture/svg.ts';
import { scale } from '../scale.ts';

interface PngJs {
  readonly PNG: {
    readonly sync: {
      read(data: Buffer): { width: number; height: number; data: Buffer };
      write(png: { width: number; height: number; data: Buffer }, options?: object): Buffer;
    };
  };
}
const { PNG } = createRequire(import.meta.url)('pngjs') as PngJs;

const namespace = 'xmlns="http://www.w3.org/2000/svg"';
const svg = (body: string, more = 'viewBox="0 0 100 100"'): string =>
  `<svg ${namespace} ${more}>${body}</svg>`;

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(content.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

const head = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A PNG with rows as given. */
function png(header: readonly number[], rows: Uint8Array, extra: readonly Buffer[] = []): Buffer {
  const [width = 1, height = 1, ...rest] = header;
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(width, 0);
  ihdr.writeUInt32BE(height, 4);
  ihdr.set([...rest, 0, 0, 0].slice(0, 5), 8);
  return Buffer.concat([
    head,
    chunk('IHDR', ihdr),
    ...extra,
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function refusedPng(bytes: Uint8Array): string {
  try {
    readPng(bytes);
  } catch (error) {
    assert.ok(error instanceof SigningError && error.code === 'picture-refused', String(error));
    return error.message;
  }
  return 'accepted';
}

function refusedSvg(text: string): string {
  try {
    readSvg(text);
  } catch (error) {
    assert.ok(error instanceof SigningError && error.code === 'picture-refused', String(error));
    return error.message;
  }
  return 'accepted';
}

const rgba = ({ width, height, colours, opacity }: RasterImage): Buffer => {
  const out = Buffer.alloc(width * height * 4);
  for (let i = 0; i < width * height; i++)
    out.set([...colours.subarray(i * 3, i * 3 + 3), opacity?.[i] ?? 255], i * 4);
  return out;
};

describe('PNG read', () => {
  it('is what another reader reads, for what that one writes and what we write', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 23 }),
        fc.integer({ min: 1, max: 23 }),
        fc.constantFrom(
          { colorType: 6 },
          { colorType: 2 },
          { colorType: 0 },
          { colorType: 4 },
          { colorType: 6, bitDepth: 16 },
        ),
        fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
        (width, height, options, noise) => {
          const data = Buffer.from(
            Array.from({ length: width * height * 4 }, () => Number(noise.next().value)),
          );
          const written = PNG.sync.write({ width, height, data }, { inputHasAlpha: true, ...options });
          const other = PNG.sync.read(written);
          const read = readPng(written);
          assert.deepEqual([read.width, read.height], [width, height]);
          if (options.bitDepth === undefined) assert.deepEqual(rgba(read), other.data);
          assert.deepEqual(PNG.sync.read(Buffer.from(writePng(read))).data, rgba(read));
          assert.deepEqual(readPng(writePng(read)), read);
        },
      ),
      { numRuns: scale(80) },
    );
  });

  it('knows palettes, few bits, colours that are clear, and Adam7', () => {
    const palette = chunk('PLTE', Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255]));
    const clear = chunk('tRNS', Buffer.from([0, 128]));
    const two = readPng(png([3, 1, 2, 3], Buffer.from([0, 0b00_01_10_00]), [palette, clear]));
    assert.deepEqual(rgba(two), Buffer.from([255, 0, 0, 0, 0, 255, 0, 128, 0, 0, 255, 255]));
    assert.match(
      refusedPng(png([1, 1, 2, 3], Buffer.from([0, 0b11_00_00_00]), [palette])),
      /outside its palette/,
    );
    const bits = readPng(
      png([9, 1, 1, 0], Buffer.from([0, 0b10101010, 0b10000000]), [chunk('tRNS', Buffer.from([0, 1]))]),
    );
    assert.deepEqual([...(bits.opacity ?? [])], [0, 255, 0, 255, 0, 255, 0, 255, 0]);
    const deep = readPng(
      png([1, 1, 16, 2], Buffer.from([0, 1, 2, 3, 4, 5, 6]), [
        chunk('tRNS', Buffer.from([1, 2, 3, 4, 5, 6])),
      ]),
    );
    assert.deepEqual([...rgba(deep)], [1, 3, 5, 0]);
    // Adam7 of 3 × 3 grey dots: passes 1, 4, 5, 6, 7.
    const interlaced = png(
      [3, 3, 8, 0, 0, 0, 1],
      Buffer.from([
        0, 1, /* pass 4: x=2,y=0 */ 0, 3, /* pass 5: y=2, x=0,2 */ 0, 7, 9, /* pass 6: x=1, y=0,2 */ 0, 2, 0,
        8, /* pass 7: y=1 */ 0, 4, 5, 6,
      ]),
    );
    assert.deepEqual(
      [...readPng(interlaced).colours].filter((_, i) => i % 3 === 0),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(rgba(readPng(interlaced)), PNG.sync.read(interlaced).data);
  });

  it('refuses bombs, pieces, animation and whatever follows', () => {
    const good = png([2, 2, 8, 6], Buffer.alloc(2 * 9));
    assert.equal(refusedPng(good), 'accepted');
    assert.match(refusedPng(Buffer.concat([good, Buffer.from('x')])), /follow/);
    assert.match(refusedPng(good.subarray(0, -5)), /ends before|runs over/);
    assert.match(refusedPng(Buffer.from('GIF89a')), /no PNG/);
    assert.match(
      refusedPng(png([2, 2, 8, 6], Buffer.alloc(2 * 9), [chunk('acTL', Buffer.alloc(8))])),
      /animated/,
    );
    assert.match(
      refusedPng(png([2, 2, 8, 6], Buffer.alloc(2 * 9), [chunk('XXXX', Buffer.alloc(8))])),
      /critical/,
    );
    assert.equal(
      refusedPng(png([2, 2, 8, 6], Buffer.alloc(2 * 9), [chunk('tEXt', Buffer.alloc(8))])),
      'accepted',
    );
    assert.match(refusedPng(png([2, 2, 8, 6], Buffer.alloc(50_000_000))), /damaged|too many/);
    assert.match(refusedPng(png([2, 2, 8, 6], Buffer.alloc(17))), /too many or too few/);
    assert.match(refusedPng(png([60_000, 60_000, 8, 6], Buffer.alloc(10))), /dots along a side/);
    assert.match(refusedPng(png([2, 2, 8, 6], Buffer.alloc(18, 7))), /filter/);
    const flipped = Buffer.from(good);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    assert.match(refusedPng(flipped), /damaged/);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: good.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (at, value) => {
          const broken = Buffer.from(good);
          broken[at] = value;
          refusedPng(broken);
        },
      ),
      { numRuns: scale(300) },
    );
  });

  it('keeps the ink of a signature and lets the paper go; an impression needs its transparency', () => {
    const colours = new Uint8Array(20 * 10 * 3).fill(250);
    for (let i = 0; i < 20; i++) colours.set([30, 30, 80], (5 * 20 + i) * 3);
    const paper: RasterImage = { width: 20, height: 10, colours, opacity: null };
    assert.ok(clearShare(inkOnPaper(paper)) > 0.85);
    const artwork = { format: 'png' as const, data: toBase64(writePng(paper)) };
    const box = { centre: [0, 0] as const, width: 40, height: 40 };
    assert.throws(
      () => artworkMarks(artwork, box, 'refuse'),
      (e) => e instanceof SigningError && e.code === 'picture-refused',
    );
    const [mark] = artworkMarks(artwork, box, 'clear');
    assert.ok(mark?.kind === 'image');
    assert.deepEqual(mark.place, [40, 0, 0, 20, -20, -10], 'in its own proportions');
    assert.throws(
      () => artworkMarks({ format: 'png', data: '%%%' }, box, 'clear'),
      (e) => e instanceof SigningError && e.code === 'picture-refused',
    );
  });
});

describe('SVG made safe', () => {
  it('reads shapes, groups, transforms and every path command', () => {
    const { figures, viewBox } = readSvg(
      `<?xml version="1.0" encoding="UTF-8"?><!-- a comment -->\n${svg(
        '<title>a &amp; b</title><g transform="translate(10 5) scale(2)" style="fill:#f00; stroke: none"><rect x="1" y="2" width="3" height="4"/>' +
          '<circle cx="5" cy="5" r="2" fill="none" stroke="rgb(1,2,3)" stroke-width="2"/></g>' +
          '<path d="M0 0h10v10H0zm20 0l5,5L30 0C31 1 32 1 33 0s2-1 3 0q1 1 2 0t2 0a5 5 0 0 1 10 0A5 5 30 1050 0Z" fill-rule="evenodd"/>' +
          '<polygon points="0,0 10,0 5,5"/><polyline points="0 0 1 1" fill="none" stroke="black"/><line x1="0" y1="0" x2="1cm" y2="1" stroke="red"/><ellipse rx="3" ry="2"/>',
        'viewBox="-10 -10 100 50" width="40mm"',
      )}`,
    );
    assert.deepEqual(viewBox, [-10, -10, 100, 50]);
    assert.equal(figures.length, 7);
    assert.deepEqual(figures[0]?.place, [2, 0, 0, 2, 10, 5]);
    assert.deepEqual([figures[0].fill, figures[0].stroke], [[255, 0, 0], null]);
    assert.deepEqual(figures[1]?.stroke, { colour: [1, 2, 3], width: 2, cap: 'butt', join: 'miter' });
    const path = figures[2]?.outline ?? [];
    assert.equal(figures[2]?.rule, 'evenodd');
    assert.deepEqual(path.slice(0, 6), [
      ['move', 0, 0],
      ['line', 10, 0],
      ['line', 10, 10],
      ['line', 0, 10],
      ['close'],
      ['move', 20, 0],
    ]);
    const arcEnd = path.filter(([kind]) => kind === 'curve').map((step) => step.slice(-2));
    assert.ok(
      arcEnd.some(([x, y]) => x === 50 && y === 0),
      JSON.stringify(arcEnd),
    );
  });

  const active: Readonly<Record<string, string>> = {
    'a script': svg('<script>alert(1)</script>'),
    'a handler': svg('<rect width="9" height="9" onclick="x()"/>'),
    'a handler on the root': svg('<rect width="9" height="9"/>', 'viewBox="0 0 9 9" onload="x()"'),
    'a link': svg('<a href="http://x.example/"><rect width="9" height="9"/></a>'),
    'a reference': svg('<use href="#a"/>'),
    'an outside picture': svg('<image href="http://x.example/a.png" width="9" height="9"/>'),
    'another language': svg(
      '<foreignObject width="9" height="9"><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
    ),
    'a style sheet': svg('<style>*{fill:url(http://x.example/)}</style><rect width="9" height="9"/>'),
    'a style with an address': svg('<rect width="9" height="9" style="fill:url(#g)"/>'),
    'a style that hides': svg('<rect width="9" height="9" style="behavior:url(x)"/>'),
    'a colour with an address': svg('<rect width="9" height="9" fill="url(http://x.example/#a)"/>'),
    'an entity': `<!DOCTYPE svg [<!ENTITY x "y">]>${svg('<rect width="9" height="9"/>')}`,
    'an outside entity': `<!DOCTYPE svg SYSTEM "file:///etc/passwd">${svg('&x;')}`,
    'a billion laughs': `<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${svg('<title>&b;</title>')}`,
    'an instruction': `<?xml-stylesheet href="x.css"?>${svg('<rect width="9" height="9"/>')}`,
    'an instruction inside': svg('<?php x ?><rect width="9" height="9"/>'),
    'a section of characters': svg('<![CDATA[<script/>]]><rect width="9" height="9"/>'),
    'an animation': svg('<rect width="9" height="9"><animate attributeName="x" to="9"/></rect>'),
    'a set': svg('<set attributeName="onload" to="x()"/>'),
    xlink: svg('<rect width="9" height="9" xlink:href="x" xmlns:xlink="http://www.w3.org/1999/xlink"/>'),
    'an editor’s data': svg('<sodipodi:namedview/><rect width="9" height="9"/>'),
    text: svg('<text x="1" y="9">天津</text>'),
    'loose text': svg('hello<rect width="9" height="9"/>'),
    'a filter': svg('<filter id="f"/><rect width="9" height="9"/>'),
    'half transparency': svg('<rect width="9" height="9" opacity=".5"/>'),
    'another root': `<html ${namespace}><rect width="9" height="9"/></html>`,
    'no namespace': '<svg viewBox="0 0 9 9"><rect width="9" height="9"/></svg>',
    'no size': svg('<rect width="9" height="9"/>', ''),
    nothing: svg(''),
    'nothing to see': svg('<rect width="9" height="9" fill="none"/>'),
    'numbers beyond all bounds': svg('<path d="M1e30 0L1 1"/>'),
    'a path without a move': svg('<path d="L1 1"/>'),
    'a path with a foreign letter': svg('<path d="M0 0X1 1"/>'),
    'an attribute twice': svg('<rect width="9" width="8" height="9"/>'),
    'an element that does not end': svg('<g><rect width="9" height="9"/>'),
    'something behind': `${svg('<rect width="9" height="9"/>')}<x/>`,
    'too deep': svg('<g>'.repeat(60) + '<rect width="9" height="9"/>' + '</g>'.repeat(60)),
    'a character of zero width in a name': svg('<re\u200bct width="9" height="9"/>'),
  };
  for (const [name, text] of Object.entries(active)) {
    it(`refuses ${name}`, () => assert.match(refusedSvg(text), /^The SVG is refused: /));
  }

  it('never fails but by a refusal, and quickly', () => {
    const pieces = fc.constantFrom(
      '<svg',
      namespace,
      'viewBox="0 0 9 9"',
      '>',
      '/>',
      '<path d="',
      'M0 0',
      'A1 1 0 0 1 2 2',
      '"',
      '<g',
      ' transform="rotate(',
      '1e9',
      ')',
      '</g>',
      '</svg>',
      '<!--',
      '-->',
      '&#x',
      '&amp;',
      "'",
      '=',
      ' ',
      '<rect width="9" height="9"/>',
    );
    const start = process.cpuUsage();
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { maxLength: 40 }), (parts) => {
        refusedSvg(parts.join(''));
        refusedSvg(svg(parts.join('')));
        refusedSvg(svg(`<path d="M0 0${parts.join(' ')}"/>`));
      }),
      { numRuns: scale(300) },
    );
    for (const text of [
      '<!--'.repeat(200_000),
      svg('<g '.repeat(100_000)),
      svg(`<path d="${'M0 0'.repeat(100_000)}"/>`),
      svg('<title>' + '&'.repeat(500_000)),
    ])
      refusedSvg(text);
    assert.ok(process.cpuUsage(start).user < 10_000_000);
  });

  it('is drawn anew: what comes out is read again and says the same', () => {
    const description: SealPictureDescription = {
      kind: 'filed',
      name: '备案',
      purpose: null,
      code: '12010500000001',
      centre: null,
      demonstration: false,
      artwork: {
        format: 'svg',
        data: svg(
          '<circle cx="50" cy="50" r="40" fill="none" stroke="#d7000f" stroke-width="5"/><path d="M30 30h40v40h-40z" fill="#d7000f"/>',
        ),
      },
      size: { width: 42, height: 42 },
    };
    const drawing = drawSeal(description);
    const again = readSvg(
      svgPicture(drawing, '<script>')
        .replace(/<title>.*<\/title>/, '')
        .replace(' role="img"', ''),
    );
    assert.equal(again.figures.length, 2);
    const form = pdfAppearance(drawing);
    assert.match(Buffer.from(form.content).toString('latin1'), /^\.843 0 \.059 rg/);
    for (const wrong of [{ size: { width: 200, height: 42 } }, { size: undefined }, { artwork: undefined }]) {
      assert.throws(
        () => drawSeal({ ...description, ...wrong } as SealPictureDescription),
        (e) => e instanceof SigningError && e.code === 'seal-input-invalid',
      );
    }
  });
});
