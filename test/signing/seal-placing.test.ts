// Seals at places, texts, fields and on several pages: where they come to stand, what is refused, what others see.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openPdf } from '../../formats/pdf/document.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { SigningError } from '../../signing/errors.ts';
import { placeOnPage, shownArea, shownSize } from '../../signing/placement.ts';
import type { Placing } from '../../signing/placement-order.ts';
import { toBase64 } from '../../formats/bytes.ts';
import { writePng } from '../../signing/seal-picture/png-writer.ts';
import { sealAppearance } from '../../signing/seal-picture/seal-appearance.ts';
import { scale } from '../scale.ts';
import { annotationsOf, font, inkOf, pages, place, refused, text } from './placed.ts';
import { pdfOf, type DocumentSpec, type PageSpec } from './placing-documents.ts';

describe('placing a seal by what a request says', () => {
  it('stands on every page chosen, drawn once, in one signature', async () => {
    const one = await place(pages(1), { place: { page: 1, centreX: 50, centreY: 50 } });
    const all = await place(pages(9, { rotate: 0 }), { place: { pages: 'all', centreX: 50, centreY: 50 } });
    const there = await annotationsOf(all.pdf);
    assert.deepEqual(
      there.map(({ page }) => page),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(
      there.map(({ subtype }) => subtype),
      ['Widget', ...Array.from({ length: 8 }, () => 'Stamp')],
    );
    assert.equal(new Set(there.map(({ form }) => form)).size, 1, 'one form object');
    assert.ok((all.added - one.added) / 8 < 420, `${(all.added - one.added) / 8} bytes a page`);
    const document = await openPdf(bytesSource(all.pdf));
    assert.equal((await readSignatures(document)).length, 1);
    const some = await place(pages(9), { place: { pages: [-1, 2, 4], centreX: 50, centreY: 50 } });
    assert.deepEqual(
      some.showings.map(({ page }) => page),
      [2, 4, 9],
    );
    const range = await place(pages(9), { place: { pages: { from: 7, to: -1 }, centreX: 50, centreY: 50 } });
    assert.deepEqual(
      range.showings.map(({ page, as }) => [page, as]),
      [
        [7, 'widget'],
        [8, 'annotation'],
        [9, 'annotation'],
      ],
    );
    assert.deepEqual(
      (await place(pages(3), { place: { page: -1, centreX: 50, centreY: 50 } })).showings[0]?.page,
      3,
    );
  });

  it('turns a shared drawing upright on turned pages, and stays on cropped and scaled ones', async function () {
    const specs: PageSpec[] = [0, 90, 180, 270].map((rotate) => ({ rotate }));
    specs.push(
      { cropBox: [60, 120, 460, 720] },
      { userUnit: 2, width: 400, height: 500 },
      { cropBox: [60, 120, 460, 720], rotate: 270, userUnit: 0.5, width: 1300, height: 1700 },
    );
    const { pdf } = await place({ pages: specs }, { place: { pages: 'all', centreX: 45, centreY: 40 } });
    for (let page = 1; page <= specs.length; page++) {
      const ink = inkOf(this, pdf, page, 72);
      for (const [edge, wanted] of [
        [ink.left, 24],
        [ink.right, 66],
        [ink.top, 19],
        [ink.bottom, 61],
      ] as const) {
        // pdftoppm takes a unit for a point.
        assert.ok(
          Math.abs(edge * (specs[page - 1]?.userUnit ?? 1) - wanted) < 1.6,
          `page ${page}: ${JSON.stringify(ink)}`,
        );
      }
    }
  });

  it('finds the k-th match from the front, from behind, within pages; blanks and width do not matter', async () => {
    const spec: DocumentSpec = {
      fonts: [font],
      pages: [
        { content: text(100, 300, '盖章') + text(300, 700, '（盖章）') + text(100, 700, '申请人盖　章') },
        { content: '' },
        { content: text(200, 500, '盖章') },
      ],
    };
    const at = async (anchor: Omit<Extract<Placing['place'], { anchor: unknown }>['anchor'], 'text'>) => {
      const { showings } = await place(spec, { place: { anchor: { text: '盖 章', ...anchor } } });
      return showings.map(({ page, anchor: hit }) => [
        page,
        Math.round(((hit?.centreX ?? 0) * 72) / 25.4),
        hit?.occurrence,
      ]);
    };
    assert.deepEqual(await at({}), [[1, 172, 1]], 'in reading order, not as written');
    assert.deepEqual(await at({ occurrence: 2 }), [[1, 332, 2]]);
    assert.deepEqual(await at({ occurrence: 4 }), [[3, 216, 4]]);
    assert.deepEqual(await at({ occurrence: -1 }), [[3, 216, null]]);
    assert.deepEqual(await at({ occurrence: -2 }), [[1, 116, null]]);
    assert.deepEqual(await at({ pages: { from: 2, to: 3 } }), [[3, 216, 1]]);
    assert.equal((await at({ occurrence: 'all' })).length, 4);
    const { showings } = await place(spec, {
      place: { anchor: { text: '盖章', offsetX: 12.5, offsetY: -7 } },
    });
    const [showing] = showings;
    assert.ok(showing?.anchor !== undefined);
    assert.ok(
      Math.abs(showing.centreX - showing.anchor.centreX - 12.5) < 0.01 &&
        Math.abs(showing.anchor.centreY - showing.centreY - 7) < 0.01,
    );
    await refused(spec, { place: { anchor: { text: '盖章', occurrence: 5 } } }, 'anchor-not-found');
    await refused(spec, { place: { anchor: { text: '公章' } } }, 'anchor-not-found');
    await refused(spec, { place: { anchor: { text: '盖章', pages: [2] } } }, 'anchor-not-found');
    await refused(spec, { place: { anchor: { text: '盖章', pages: [4] } } }, 'page-not-found');
    await refused(spec, { place: { anchor: { text: '　 ' } } }, 'placement-invalid');
    await refused(spec, { place: { anchor: { text: '盖章', offsetX: -60 } } }, 'seal-off-page');
  });

  it('counts matches as the page is displayed, whichever way it is turned', async () => {
    const content = text(100, 700, '盖章') + text(400, 700, '盖章') + text(250, 300, '盖章');
    const orders: Readonly<Record<number, readonly number[]>> = {
      0: [116, 416, 266],
      90: [266, 116, 416].toSorted((a, b) => a - b),
      180: [266, 416, 116],
      270: [416, 266, 116],
    };
    for (const [rotate, xs] of Object.entries(orders)) {
      const spec = { pages: [{ content, rotate: Number(rotate) }], fonts: [font] };
      const found: number[] = [];
      for (const occurrence of [1, 2, 3]) {
        const { pdf } = await place(spec, { place: { anchor: { text: '盖章', occurrence } } });
        const [annotation] = await annotationsOf(pdf);
        found.push(Math.round(((annotation?.box.left ?? 0) + (annotation?.box.right ?? 0)) / 2));
      }
      assert.deepEqual(found, xs, `turned by ${rotate}`);
    }
  });

  it('lands on the text on every turned, cropped and scaled page', async function () {
    for (const page of [
      { rotate: 90 },
      { rotate: 180 },
      { rotate: 270, cropBox: [40, 90, 560, 800] },
      { userUnit: 1.5 },
    ] as PageSpec[]) {
      const content = text(290, 420, '盖章');
      const { pdf, showings } = await place(
        { pages: [{ ...page, content }], fonts: [font] },
        { place: { anchor: { text: '盖章' } } },
      );
      const [annotation] = await annotationsOf(pdf);
      const { left, right, bottom, top } = annotation?.box ?? { left: 0, right: 0, bottom: 0, top: 0 };
      // The middle of two 16 point characters that start at 290, 420: 0.38 em above the line.
      assert.ok(
        Math.abs((left + right) / 2 - 306) < 0.6 && Math.abs((bottom + top) / 2 - 426.08) < 0.6,
        JSON.stringify(annotation),
      );
      assert.equal(showings[0]?.anchor?.visible, true);
      assert.ok(inkOf(this, pdf, 1).count > 20);
    }
  });

  it('refuses an anchor on the way to which a page cannot be read', async () => {
    const broken = pdfOf({
      pages: [{ content: text(100, 300, '无') }, { content: text(100, 300, '盖章') }],
      fonts: [font],
    });
    const at = Buffer.from(broken).indexOf('stream\n') + 9;
    broken.fill(0xff, at, at + 20);
    await assert.rejects(
      place(broken, { place: { anchor: { text: '盖章' } } }),
      (e) => e instanceof SigningError && e.code === 'anchor-unreadable',
    );
    assert.equal(
      (await place(broken, { place: { anchor: { text: '盖章', occurrence: -1 } } })).showings[0]?.page,
      2,
    );
  });

  it('fills a prepared field, in its middle, in real size or as large as fits', async function () {
    const field = (rect: string, more = ''): DocumentSpec => ({
      ...pages(2),
      fields: [
        `<</Type/Annot/Subtype/Widget/FT/Sig/T(a.b)/Rect[${rect}]/F 4/P {page1}${more}>>`.replace(
          '(a.b)',
          '(seal)',
        ),
      ],
    });
    const { pdf, showings } = await place(field('300 200 500 400'), { place: { field: 'seal' } });
    assert.deepEqual(
      showings.map(({ page, as }) => [page, as]),
      [[2, 'widget']],
    );
    const ink = inkOf(this, pdf, 2, 72);
    assert.ok(
      Math.abs(ink.right - ink.left - 42) < 1.5 && Math.abs((ink.left + ink.right) / 2 - 141.1) < 1,
      JSON.stringify(ink),
    );
    const small = inkOf(
      this,
      (await place(field('300 200 360 400'), { place: { field: 'seal' } })).pdf,
      2,
      72,
    );
    assert.ok(Math.abs(small.right - small.left - 21.2) < 1.2, JSON.stringify(small));
    await refused(field('0 0 1 1'), { place: { field: 'other' } }, 'field-not-found');
    const nowhere = await place(field('0 0 0 0'), { place: { field: 'seal' } });
    assert.equal((await annotationsOf(nowhere.pdf)).length, 0, 'a field without a place is signed invisibly');
    await refused(
      { ...pages(1), fields: ['<</Type/Annot/Subtype/Widget/FT/Tx/T(t)/Rect[0 0 9 9]/P {page0}>>'] },
      { place: { field: 't' } },
      'field-not-found',
    );
  });

  it('covers no field unless asked, on any of its pages', async () => {
    const spec: DocumentSpec = {
      ...pages(3),
      fields: ['<</Type/Annot/Subtype/Widget/FT/Tx/T(t)/Rect[560 380 590 460]/P {page1}>>'],
    };
    await refused(spec, { place: { pages: 'all', centreX: 188, centreY: 150 } }, 'seal-over-field');
    await refused(spec, { place: { riding: {} } }, 'seal-over-field');
    assert.equal((await place(spec, { place: { riding: {} }, overFields: true })).showings.length, 3);
    assert.equal(
      (await place(spec, { place: { pages: [1, 3], centreX: 188, centreY: 150 } })).showings.length,
      2,
    );
    assert.equal((await place(spec, { place: { page: 2, centreX: 60, centreY: 150 } })).showings.length, 1);
  });

  it('shows a filed picture with its transparency, and in PDF/A-1 with a mask of one bit', async function () {
    const side = 60;
    const opacity = new Uint8Array(side * side);
    for (let i = 0; i < side * side; i++) opacity[i] = Math.floor(i / side) < 30 ? 255 : 0;
    const colours = new Uint8Array(side * side * 3);
    for (let i = 0; i < side * side; i++) colours.set([210, 0, 20], i * 3);
    const appearance = sealAppearance({
      kind: 'filed',
      name: '备案',
      purpose: null,
      code: 'of another system',
      centre: null,
      demonstration: false,
      artwork: { format: 'png', data: toBase64(writePng({ width: side, height: side, colours, opacity })) },
      size: { width: 42, height: 42 },
    });
    const metadata = (part: number): DocumentSpec => ({
      ...pages(1, { content: '0.5 g 100 400 300 300 re f' }),
      catalogue: '/Metadata {xmp}',
      objects: {
        xmp: { entries: '/Type/Metadata/Subtype/XML', data: `<rdf:Description pdfaid:part="${part}"/>` },
      },
    });
    for (const [part, has, lacks] of [
      [1, /\/ImageMask true/, /\/SMask/],
      [2, /\/SMask/, /\/ImageMask/],
    ] as const) {
      const { pdf } = await place(
        metadata(part),
        { place: { page: 1, centreX: 80, centreY: 90 } },
        appearance,
      );
      const written = Buffer.from(pdf).toString('latin1');
      assert.match(written, has);
      assert.doesNotMatch(written, lacks);
      const ink = inkOf(this, pdf, 1, 72);
      assert.ok(
        Math.abs(ink.right - ink.left - 42) < 1 && Math.abs(ink.bottom - ink.top - 21) < 1,
        JSON.stringify(ink),
      );
    }
  });

  it('refuses what is no place', async () => {
    const wrong: readonly [Placing, string][] = [
      [{ place: { page: 0, centreX: 50, centreY: 50 } }, 'placement-invalid'],
      [{ place: { page: 1.5, centreX: 50, centreY: 50 } }, 'placement-invalid'],
      [{ place: { page: 3, centreX: 50, centreY: 50 } }, 'page-not-found'],
      [{ place: { page: -3, centreX: 50, centreY: 50 } }, 'page-not-found'],
      [{ place: { pages: [1, -2], centreX: 50, centreY: 50 } }, 'placement-invalid'],
      [{ place: { pages: [], centreX: 50, centreY: 50 } }, 'placement-invalid'],
      [{ place: { pages: { from: 2, to: 1 }, centreX: 50, centreY: 50 } }, 'page-not-found'],
      [{ place: { page: 1, centreX: NaN, centreY: 50 } }, 'placement-invalid'],
      [{ place: { riding: {} }, riding: {} }, 'placement-invalid'],
      [{ place: { riding: { pagesPerSeal: 1 } } }, 'placement-invalid'],
      [{ place: { riding: { pagesPerSeal: 99 } } }, 'riding-impossible'],
      [{ place: { riding: { position: 10 } } }, 'seal-off-page'],
    ];
    for (const [placing, code] of wrong) await refused(pages(2), placing, code);
    await refused(pages(2, { width: 60, height: 100 }), { place: { riding: {} } }, 'riding-impossible');
  });
});

describe('millimetres and user space', () => {
  it('are turned into each other and back', () => {
    const number = fc.double({ noNaN: true, min: -800, max: 800 });
    fc.assert(
      fc.property(
        fc.record({
          left: number,
          bottom: number,
          width: fc.double({ noNaN: true, min: 400, max: 2000 }),
          height: fc.double({ noNaN: true, min: 400, max: 2000 }),
        }),
        fc.constantFrom(0 as const, 90 as const, 180 as const, 270 as const),
        fc.constantFrom(1, 2, 0.7),
        fc.tuple(fc.double({ noNaN: true, min: 0, max: 1 }), fc.double({ noNaN: true, min: 0, max: 1 })),
        (box, rotate, userUnit, [u, v]) => {
          const page = {
            cropBox: {
              left: box.left,
              bottom: box.bottom,
              right: box.left + box.width,
              top: box.bottom + box.height,
            },
            rotate,
            userUnit,
          };
          const shown = shownSize(page);
          const area = {
            width: 30,
            height: 12,
            centreX: 15 + u * (shown.width - 30),
            centreY: 6 + v * (shown.height - 12),
          };
          const back = shownArea(page, placeOnPage(page, area).rectangle);
          for (const key of ['centreX', 'centreY', 'width', 'height'] as const)
            assert.ok(Math.abs(back[key] - area[key]) < 1e-6, key);
        },
      ),
      { numRuns: scale(300) },
    );
  });
});
