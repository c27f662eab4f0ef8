// Seals at places, texts, fields, on several pages and over edges: where they come to stand, what is refused, what others see.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { joinBytes } from '../../formats/bytes.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { entry, nameOf, type PdfDictionary } from '../../formats/pdf/objects.ts';
import { readPage, readRectangle, walkPages, type Rectangle } from '../../formats/pdf/pages.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { SigningError } from '../../signing/errors.ts';
import { finishSignature } from '../../signing/finish.ts';
import { placeOnPage, shownArea, shownSize } from '../../signing/placement.ts';
import type { Placing, RidingOrder } from '../../signing/placement-order.ts';
import { prepareSignature } from '../../signing/prepare.ts';
import { rideOver } from '../../signing/riding-seal.ts';
import { sealPlacing, type Showing } from '../../signing/seal-placing.ts';
import { requireProgram, run } from '../programs.ts';
import { scale } from '../scale.ts';
import { a4, gb1Font, pdfOf, utf16Hex, type DocumentSpec, type PageSpec } from './placing-documents.ts';
import {
  ringAppearance,
  signWith,
  signingTime,
  throwAwaySigner,
  type ThrowAwaySigner,
} from './prepare-signer.ts';

const size = { width: 42, height: 42 };
const font = gb1Font('UniGB-UCS2-H');
const text = (x: number, y: number, words: string): string =>
  `BT /F0 16 Tf 1 0 0 1 ${x} ${y} Tm ${utf16Hex(words)} Tj ET\n`;
const pages = (count: number, page: PageSpec = {}): DocumentSpec => ({
  pages: Array.from({ length: count }, () => page),
  fonts: [font],
});

interface Placed {
  readonly pdf: Uint8Array;
  readonly showings: readonly Showing[];
  /** Bytes appended besides the hole. */
  readonly added: number;
}

async function place(spec: DocumentSpec | Uint8Array, placing: Placing): Promise<Placed> {
  const pdf = spec instanceof Uint8Array ? spec : pdfOf(spec);
  const step = sealPlacing({ appearance: ringAppearance, size }, placing);
  const prepared = await prepareSignature(bytesSource(pdf), {
    time: signingTime,
    contentsCapacity: 16,
    place: step.place,
  });
  const whole = joinBytes([pdf, finishSignature(prepared, Uint8Array.of(0x30, 0))]);
  return { pdf: whole, showings: step.showings(), added: prepared.before.length + prepared.after.length };
}

async function refused(spec: DocumentSpec, placing: Placing, code: string): Promise<void> {
  await assert.rejects(place(spec, placing), (error) => {
    assert.ok(error instanceof SigningError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}

/** Every annotation that shows the seal, by page. */
async function annotationsOf(
  pdf: Uint8Array,
): Promise<{ page: number; subtype: string; box: Rectangle; form: string }[]> {
  const document = await openPdf(bytesSource(pdf));
  const found: { page: number; subtype: string; box: Rectangle; form: string }[] = [];
  for await (const page of walkPages(document)) {
    const list = await document.get(page.dictionary, 'Annots');
    for (const item of list.kind === 'array' ? list.items : []) {
      const annotation = (await document.resolve(item)) as PdfDictionary;
      const box = await readRectangle(document, entry(annotation, 'Rect'));
      const appearance = await document.getDictionary(annotation, 'AP');
      const form = appearance === null ? null : entry(appearance, 'N');
      if (box === null || form?.kind !== 'reference') continue;
      found.push({
        page: page.index + 1,
        subtype: nameOf(entry(annotation, 'Subtype')) ?? '',
        box,
        form: String(form.number),
      });
    }
  }
  return found;
}

/** Red dots of each page, as pdftoppm sees the crop box: share of its height and width, and how many. */
function inkOf(context: Mocha.Context, pdf: Uint8Array, page: number, dpi = 36) {
  const pdftoppm = requireProgram(context, 'pdftoppm');
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-placing-'));
  try {
    writeFileSync(join(folder, 'a.pdf'), pdf);
    run(pdftoppm, [
      '-cropbox',
      '-r',
      String(dpi),
      '-f',
      String(page),
      '-l',
      String(page),
      '-singlefile',
      join(folder, 'a.pdf'),
      join(folder, 'a'),
    ]);
    const ppm = readFileSync(join(folder, 'a.ppm'));
    const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 40).toString('latin1'));
    assert.ok(header !== null);
    const [width, height] = [Number(header[1]), Number(header[2])];
    let [left, top, right, bottom, count] = [width, height, -1, -1, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = header[0].length + (y * width + x) * 3;
        if ((ppm[at] ?? 0) < 150 || (ppm[at + 1] ?? 255) > 110) continue;
        count++;
        [left, right, top, bottom] = [
          Math.min(left, x),
          Math.max(right, x),
          Math.min(top, y),
          Math.max(bottom, y),
        ];
      }
    }
    const mm = (dots: number): number => (dots * 25.4) / dpi;
    return {
      width: mm(width),
      height: mm(height),
      left: mm(left),
      right: mm(right + 1),
      top: mm(top),
      bottom: mm(bottom + 1),
      count,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

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

describe('a riding seal', () => {
  const edges = ['right', 'left', 'top', 'bottom'] as const;

  it('is put together again from the edges of pages of all kinds', async function () {
    const specs: PageSpec[] = [
      {},
      { rotate: 90 },
      { width: 1190.55, height: 841.89 },
      { rotate: 180 },
      { cropBox: [50, 80, 500, 780] },
      { rotate: 270, width: 841.89, height: 595.276 },
    ];
    const whole = inkOf(
      this,
      (await place({ pages: [{}] }, { place: { page: 1, centreX: 100, centreY: 100 } })).pdf,
      1,
      144,
    );
    for (const edge of edges) {
      const { pdf, showings } = await place({ pages: specs }, { place: { riding: { edge } } });
      assert.equal(showings.length, specs.length);
      let dots = 0;
      for (let page = 1; page <= specs.length; page++) {
        const ink = inkOf(this, pdf, page, 144);
        dots += ink.count;
        const beyond = { right: ink.width - 7, left: 7, top: 7, bottom: ink.height - 7 }[edge];
        if (ink.count === 0) continue;
        const inside = { right: ink.left, left: -ink.right, top: -ink.bottom, bottom: ink.top }[edge];
        assert.ok(
          inside >= (edge === 'left' || edge === 'top' ? -beyond : beyond) - 0.3,
          `${edge} ${page} ${JSON.stringify(ink)}`,
        );
      }
      assert.ok(Math.abs(dots / whole.count - 1) < 0.12, `${edge}: ${dots} of ${whole.count} dots`);
    }
  });

  it('gives the pieces of one seal, in order, on 1 to 300 pages, in one signature', async () => {
    for (const [count, perSeal, groups] of [
      [1, undefined, [1]],
      [2, undefined, [2]],
      [21, undefined, [21]],
      [22, undefined, [11, 11]],
      [45, 20, [15, 15, 15]],
      [300, 20, Array.from({ length: 15 }, () => 20)],
    ] as const) {
      const riding: RidingOrder = perSeal === undefined ? {} : { pagesPerSeal: perSeal };
      const { showings, pdf, added } = await place(pages(count), { place: { riding } });
      assert.deepEqual(
        showings.map(({ page }) => page),
        Array.from({ length: count }, (_, i) => i + 1),
      );
      const sizes = showings.filter(({ slice }) => slice?.number === 1).map(({ slice }) => slice?.of);
      assert.deepEqual(sizes, groups, `${count} pages`);
      const annotations = await annotationsOf(pdf);
      const forms = new Set(annotations.map(({ form }) => form)).size;
      assert.equal(forms, Math.max(...groups), 'slices of one kind are one object');
      if (count === 300) assert.ok(added / 300 < 420, `${added / 300} bytes a page`);
      assert.equal((await readSignatures(await openPdf(bytesSource(pdf)))).length, 1);
    }
  });

  it('takes the pages that are named, at the position that is named, and both edges of double-sided prints', async () => {
    const { showings } = await place(pages(6), {
      place: { riding: { pages: { from: 2, to: 5 }, position: 60, alternate: true } },
    });
    assert.deepEqual(
      showings.map(({ page, centreY }) => [page, centreY]),
      [
        [2, 60],
        [3, 60],
        [4, 60],
        [5, 60],
      ],
    );
    assert.deepEqual(
      showings.map(({ centreX }) => centreX > 105),
      [true, false, true, false],
    );
  });

  it('stands beside a seal at a text, in the same signature', async () => {
    const spec: DocumentSpec = { pages: [{}, {}, { content: text(300, 400, '盖章') }], fonts: [font] };
    const { showings, pdf } = await place(spec, { place: { anchor: { text: '盖章' } }, riding: {} });
    assert.deepEqual(
      showings.map(({ page, as }) => [page, as]),
      [
        [3, 'widget'],
        [1, 'annotation'],
        [2, 'annotation'],
        [3, 'annotation'],
      ],
    );
    const third = (await annotationsOf(pdf)).filter(({ page }) => page === 3);
    assert.deepEqual(third.map(({ subtype }) => subtype).sort(), ['Stamp', 'Widget']);
  });

  it('covers the seal exactly once and never leaves a page, whatever the pages', () => {
    const page = fc.record({
      rotate: fc.constantFrom(0 as const, 90 as const, 180 as const, 270 as const),
      userUnit: fc.constantFrom(1, 2, 0.5),
      cropBox: fc
        .tuple(
          fc.integer({ min: -500, max: 500 }),
          fc.integer({ min: -500, max: 500 }),
          fc.integer({ min: 300, max: 3000 }),
          fc.integer({ min: 300, max: 3000 }),
        )
        .map(([left, bottom, width, height]) => ({
          left,
          bottom,
          right: left + width,
          top: bottom + height,
        })),
    });
    const order = fc.record({
      edge: fc.constantFrom(...edges),
      pagesPerSeal: fc.integer({ min: 2, max: 40 }),
      alternate: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(page, { minLength: 1, maxLength: 120 }), order, (list, riding) => {
        const indexed = list.map((each, index) => ({ ...each, index }));
        let slices: ReturnType<typeof rideOver<(typeof indexed)[number]>>;
        try {
          slices = rideOver(indexed, size, riding);
        } catch (error) {
          // Half-size units make some pages smaller than a seal.
          if (error instanceof SigningError && error.code === 'riding-impossible') return;
          throw error;
        }
        assert.equal(slices.length, list.length);
        const seals = new Map<number, number>();
        let seal = -1;
        for (const { page: own, placement, slice, number, of } of slices) {
          if (number === 1) seal++;
          seals.set(seal, (seals.get(seal) ?? 0) + (slice.right - slice.left) * (slice.top - slice.bottom));
          assert.ok(of <= riding.pagesPerSeal);
          const { rectangle } = placeOnPage(own, placement);
          assert.ok(rectangle.left >= own.cropBox.left - 0.03 && rectangle.right <= own.cropBox.right + 0.03);
          assert.ok(rectangle.bottom >= own.cropBox.bottom - 0.03 && rectangle.top <= own.cropBox.top + 0.03);
        }
        for (const share of seals.values()) assert.ok(Math.abs(share - 1) < 1e-9);
      }),
      { numRuns: scale(200) },
    );
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

describe('placed seals and other programs', () => {
  let signer: ThrowAwaySigner;
  before(function () {
    requireProgram(this, 'openssl');
    signer = throwAwaySigner();
  });
  after(() => signer.remove());

  it('verify over all their pages, and the file is sound', async function () {
    const spec: DocumentSpec = { pages: [{}, { rotate: 90 }, {}], fonts: [font] };
    const pdf = pdfOf(spec);
    const step = sealPlacing(
      { appearance: ringAppearance, size },
      { place: { pages: 'all', centreX: 60, centreY: 60 }, riding: { edge: 'left' } },
    );
    const signed = await signWith(signer, pdf, { place: step.place });
    const path = signer.path('placed.pdf');
    writeFileSync(path, signed);
    assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', path]), /Signature is Valid/);
    run(requireProgram(this, 'qpdf'), ['--check', path]);
    const document = await openPdf(bytesSource(signed));
    assert.ok((await readPage(document, 1)) !== null);
  });

  it('cost the same for each of ten thousand pages', async function () {
    this.timeout(60_000);
    const timed = async (count: number): Promise<number> => {
      const pdf = pdfOf({
        pages: Array.from({ length: count }, (_, i) => ({
          ...a4,
          content: i === count - 1 ? text(100, 300, '盖章') : text(100, 300, '页'),
        })),
        fonts: [font],
      });
      const start = process.cpuUsage();
      await place(pdf, { place: { anchor: { text: '盖章' } }, riding: { pagesPerSeal: 20 } });
      const { user, system } = process.cpuUsage(start);
      return (user + system) / count;
    };
    await timed(200);
    const [few, many] = [await timed(1000), await timed(10_000)];
    assert.ok(many < few * 3, `${few.toFixed(1)} and ${many.toFixed(1)} microseconds a page`);
  });
});
