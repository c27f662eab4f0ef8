// Riding seals over pages of all kinds, and placed seals before other programs and in large documents.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { openPdf } from '../../formats/pdf/document.ts';
import { readPage } from '../../formats/pdf/pages.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { SigningError } from '../../signing/errors.ts';
import { placeOnPage } from '../../signing/placement.ts';
import type { RidingOrder } from '../../signing/placement-order.ts';
import { rideOver } from '../../signing/riding-seal.ts';
import { sealPlacing } from '../../signing/seal-placing.ts';
import { requireProgram, run } from '../programs.ts';
import { scale } from '../scale.ts';
import { annotationsOf, font, inkOf, pages, place, size, text } from './placed.ts';
import { a4, pdfOf, type DocumentSpec, type PageSpec } from './placing-documents.ts';
import { ringAppearance, signWith, throwAwaySigner, type ThrowAwaySigner } from './prepare-signer.ts';

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

  it('has on the first page what a seal pressed on the fanned pages leaves there', () => {
    const page = (index: number) => ({
      index,
      rotate: 0 as const,
      userUnit: 1,
      cropBox: { left: 0, bottom: 0, right: 600, top: 800 },
    });
    const sliceOn = (edge: (typeof edges)[number], index: number) =>
      rideOver([page(0), page(1), page(2)], size, { edge })[index]?.slice;
    const third = 1 / 3;
    assert.deepEqual(sliceOn('right', 0), { left: 0, right: third, bottom: 0, top: 1 });
    assert.deepEqual(sliceOn('left', 0), { left: 1 - third, right: 1, bottom: 0, top: 1 });
    assert.deepEqual(sliceOn('bottom', 0), { left: 0, right: 1, bottom: 1 - third, top: 1 });
    assert.deepEqual(sliceOn('top', 0), { left: 0, right: 1, bottom: 0, top: third });
    assert.deepEqual(sliceOn('right', 2), { left: 2 / 3, right: 1, bottom: 0, top: 1 });
    assert.deepEqual(sliceOn('top', 2), { left: 0, right: 1, bottom: 2 / 3, top: 1 });
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
