// Millimetres on the displayed page: where the rectangle comes to lie, on pages turned, cropped and scaled.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Page } from '../../formats/pdf/pages.ts';
import { SigningError } from '../../signing/errors.ts';
import { placeOnPage, refuseOverlap } from '../../signing/placement.ts';
import { scale } from '../scale.ts';

const point = 72 / 25.4;
const a4 = { left: 0, bottom: 0, right: 210 * point, top: 297 * point };
const turns = [0, 90, 180, 270] as const;

type Shown = Pick<Page, 'cropBox' | 'rotate' | 'userUnit'>;

function millimetres(page: Shown, centreX: number, centreY: number, width = 42, height = 20): number[] {
  const { rectangle } = placeOnPage(page, { centreX, centreY, width, height });
  const unit = point / page.userUnit;
  return [rectangle.left, rectangle.bottom, rectangle.right, rectangle.top].map(
    (value) => Math.round((value / unit) * 1000) / 1000,
  );
}

function code(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SigningError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('placing a seal', () => {
  it('counts from the left and top edge of the page as displayed', () => {
    const at = (rotate: Page['rotate']) => millimetres({ cropBox: a4, rotate, userUnit: 1 }, 40, 50);
    assert.deepEqual(at(0), [19, 237, 61, 257]);
    // Turned clockwise, the left edge is on top: 50 mm from the top is 50 mm from the left edge in user space.
    assert.deepEqual(at(90), [40, 19, 60, 61]);
    assert.deepEqual(at(180), [149, 40, 191, 60]);
    assert.deepEqual(at(270), [150, 236, 170, 278]);
  });

  it('starts from the crop box and takes its unit from the page', () => {
    const cropBox = { left: -30, bottom: 100, right: 300, top: 500 };
    const { rectangle } = placeOnPage(
      { cropBox, rotate: 0, userUnit: 1 },
      { centreX: 25.4, centreY: 25.4, width: 10, height: 10 },
    );
    assert.ok(Math.abs((rectangle.left + rectangle.right) / 2 - 42) < 1e-9);
    assert.ok(Math.abs((rectangle.bottom + rectangle.top) / 2 - 428) < 1e-9);
    const scaled = placeOnPage(
      { cropBox, rotate: 0, userUnit: 2 },
      { centreX: 25.4, centreY: 25.4, width: 10, height: 10 },
    );
    assert.ok(Math.abs((scaled.rectangle.left + scaled.rectangle.right) / 2 - 6) < 1e-9);
  });

  it('turns the drawing against the page', () => {
    const matrices = turns.map(
      (rotate) =>
        placeOnPage({ cropBox: a4, rotate, userUnit: 1 }, { centreX: 90, centreY: 90, width: 42, height: 20 })
          .matrix,
    );
    assert.deepEqual(matrices, [
      [1, 0, 0, 1, 0, 0],
      [0, 1, -1, 0, 0, 0],
      [-1, 0, 0, -1, 0, 0],
      [0, -1, 1, 0, 0, 0],
    ]);
  });

  it('is on the page with the right size, or refused', () => {
    const number = fc.double({ noNaN: true, min: -1000, max: 1000 });
    fc.assert(
      fc.property(
        fc.record({
          cropBox: fc.record({ left: number, bottom: number }),
          size: fc.tuple(
            fc.double({ min: 50, max: 2000, noNaN: true }),
            fc.double({ min: 50, max: 2000, noNaN: true }),
          ),
          rotate: fc.constantFrom(...turns),
          userUnit: fc.constantFrom(1, 2, 0.5, 10),
        }),
        fc.record({
          centreX: number,
          centreY: number,
          width: fc.double({ min: 0.1, max: 300, noNaN: true }),
          height: fc.double({ min: 0.1, max: 300, noNaN: true }),
        }),
        ({ cropBox: { left, bottom }, size: [width, height], rotate, userUnit }, placement) => {
          const cropBox = { left, bottom, right: left + width, top: bottom + height };
          try {
            const { rectangle } = placeOnPage({ cropBox, rotate, userUnit }, placement);
            assert.ok(rectangle.left >= cropBox.left - 0.02 && rectangle.right <= cropBox.right + 0.02);
            assert.ok(rectangle.bottom >= cropBox.bottom - 0.02 && rectangle.top <= cropBox.top + 0.02);
            const shown = [rectangle.right - rectangle.left, rectangle.top - rectangle.bottom];
            if (rotate === 90 || rotate === 270) shown.reverse();
            assert.ok(Math.abs((shown[0] ?? 0) - (placement.width * point) / userUnit) < 1e-6);
            assert.ok(Math.abs((shown[1] ?? 0) - (placement.height * point) / userUnit) < 1e-6);
          } catch (error) {
            if (!(error instanceof SigningError && error.code === 'seal-off-page')) throw error;
          }
        },
      ),
      { numRuns: scale(500) },
    );
  });

  it('may touch each edge and not cross it', () => {
    for (const rotate of turns) {
      const [width, height] = rotate % 180 === 0 ? [210, 297] : [297, 210];
      const at = (centreX: number, centreY: number) =>
        code(() =>
          placeOnPage({ cropBox: a4, rotate, userUnit: 1 }, { centreX, centreY, width: 42, height: 20 }),
        );
      assert.equal(at(21, 10), 'accepted');
      assert.equal(at(width - 21, height - 10), 'accepted');
      assert.equal(at(20.9, 50), 'seal-off-page');
      assert.equal(at(50, 9.9), 'seal-off-page');
      assert.equal(at(width - 20.9, 50), 'seal-off-page');
      assert.equal(at(50, height - 9.9), 'seal-off-page');
    }
  });

  it('refuses what is no place', () => {
    for (const wrong of [{ width: 0 }, { height: -1 }, { centreX: NaN }, { centreY: Infinity }]) {
      const placement = { centreX: 50, centreY: 50, width: 42, height: 42, ...wrong };
      assert.equal(
        code(() => placeOnPage({ cropBox: a4, rotate: 0, userUnit: 1 }, placement)),
        'placement-invalid',
      );
    }
  });

  it('does not cover another field, but may touch it', () => {
    const mine = { left: 0, bottom: 0, right: 100, top: 100 };
    const over = (left: number, bottom: number, right: number, top: number) =>
      code(() => refuseOverlap(mine, [{ left, bottom, right, top }]));
    assert.equal(over(99, 99, 200, 200), 'seal-over-field');
    assert.equal(over(10, 10, 20, 20), 'seal-over-field');
    assert.equal(over(-10, 40, 200, 50), 'seal-over-field');
    assert.equal(over(100, 0, 200, 100), 'accepted');
    assert.equal(over(0, 0, 0, 0), 'accepted');
    assert.equal(over(10, 10, 10, 90), 'accepted');
  });
});
