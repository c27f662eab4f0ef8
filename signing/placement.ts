// Where a seal stands: millimetres on the page as it is displayed, turned into a rectangle of default user space.
import { upright, type Matrix } from '../formats/pdf/appearance.ts';
import type { Page, Rectangle } from '../formats/pdf/pages.ts';
import { intersection } from '../formats/pdf/pages.ts';
import { SigningError } from './errors.ts';

/** A place on a page as a reader sees it (crop box, turned by /Rotate), all in millimetres. */
export interface Placement {
  /** Centre of the seal from the left edge. */
  readonly centreX: number;
  /** Centre of the seal from the top edge. */
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedRectangle {
  /** For the widget's /Rect. */
  readonly rectangle: Rectangle;
  /** For the appearance's /Matrix, so that the drawing stands upright on the displayed page. */
  readonly matrix: Matrix;
}

const pointsPerMillimetre = 72 / 25.4;
/** A seal may touch the edge; rounding of a box to three decimals must not push it off. */
const tolerance = 0.01;

/**
 * @throws SigningError `placement-invalid` for sizes and places that are no numbers or not positive,
 *   `seal-off-page` where any part of the rectangle would lie outside what the page shows.
 */
export function placeOnPage(
  page: Pick<Page, 'cropBox' | 'rotate' | 'userUnit'>,
  placement: Placement,
): PlacedRectangle {
  const unit = pointsPerMillimetre / page.userUnit;
  const [x, y, width, height] = [placement.centreX, placement.centreY, placement.width, placement.height].map(
    (millimetres) => millimetres * unit,
  );
  if (x === undefined || y === undefined || width === undefined || height === undefined) throw invalid();
  if (![x, y, width, height].every(Number.isFinite) || width <= 0 || height <= 0) throw invalid();
  const box = page.cropBox;
  const turned = page.rotate === 90 || page.rotate === 270;
  const shownWidth = turned ? box.top - box.bottom : box.right - box.left;
  const shownHeight = turned ? box.right - box.left : box.top - box.bottom;
  const overhang = Math.max(
    width / 2 - x,
    height / 2 - y,
    x + width / 2 - shownWidth,
    y + height / 2 - shownHeight,
  );
  if (overhang > tolerance) {
    throw new SigningError(
      'seal-off-page',
      `The seal would reach ${(overhang / unit).toFixed(1)} mm over the edge of the page.`,
    );
  }
  const [centreX, centreY] = toUserSpace(page, x, y);
  const [halfX, halfY] = turned ? [height / 2, width / 2] : [width / 2, height / 2];
  return {
    rectangle: {
      left: centreX - halfX,
      bottom: centreY - halfY,
      right: centreX + halfX,
      top: centreY + halfY,
    },
    matrix: turnBack[page.rotate],
  };
}

/** A viewer turns the page clockwise, so the drawing is turned counter-clockwise (12.5.5 moves it into the rectangle). */
export const turnBack: Readonly<Record<Page['rotate'], Matrix>> = {
  0: upright,
  90: [0, 1, -1, 0, 0, 0],
  180: [-1, 0, 0, -1, 0, 0],
  270: [0, -1, 1, 0, 0, 0],
};

/** A point from the displayed left and top edge, in user space: the page turned clockwise has its left edge elsewhere. */
function toUserSpace(
  page: Pick<Page, 'cropBox' | 'rotate'>,
  x: number,
  y: number,
): readonly [number, number] {
  const { left, bottom, right, top } = page.cropBox;
  switch (page.rotate) {
    case 0:
      return [left + x, top - y];
    case 90:
      return [left + y, bottom + x];
    case 180:
      return [right - x, bottom + y];
    case 270:
      return [right - y, top - x];
  }
}

/** Something on a page as it is displayed, in millimetres from its left and top edge. */
export interface ShownArea {
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
}

/** Side lengths of the page as displayed, millimetres. */
export function shownSize(page: Pick<Page, 'cropBox' | 'rotate' | 'userUnit'>): {
  readonly width: number;
  readonly height: number;
} {
  const unit = pointsPerMillimetre / page.userUnit;
  const { left, bottom, right, top } = page.cropBox;
  const [across, up] = [(right - left) / unit, (top - bottom) / unit];
  return page.rotate === 90 || page.rotate === 270
    ? { width: up, height: across }
    : { width: across, height: up };
}

/** A rectangle of default user space as it is displayed: what `placeOnPage` turns back. */
export function shownArea(page: Pick<Page, 'cropBox' | 'rotate' | 'userUnit'>, box: Rectangle): ShownArea {
  const unit = pointsPerMillimetre / page.userUnit;
  const [x, y] = [(box.left + box.right) / 2, (box.bottom + box.top) / 2];
  const { left, bottom, right, top } = page.cropBox;
  const [width, height] = [(box.right - box.left) / unit, (box.top - box.bottom) / unit];
  switch (page.rotate) {
    case 0:
      return { centreX: (x - left) / unit, centreY: (top - y) / unit, width, height };
    case 90:
      return { centreX: (y - bottom) / unit, centreY: (x - left) / unit, width: height, height: width };
    case 180:
      return { centreX: (right - x) / unit, centreY: (y - bottom) / unit, width, height };
    case 270:
      return { centreX: (top - y) / unit, centreY: (right - x) / unit, width: height, height: width };
  }
}

/** @throws SigningError `seal-over-field` where `rectangle` shares an area with one of `others`; touching is allowed. */
export function refuseOverlap(rectangle: Rectangle, others: readonly Rectangle[]): void {
  for (const other of others) {
    const common = intersection(rectangle, other);
    if (common.right - common.left > tolerance && common.top - common.bottom > tolerance) {
      throw new SigningError('seal-over-field', 'The seal would cover another field of the page.');
    }
  }
}

function invalid(): SigningError {
  return new SigningError(
    'placement-invalid',
    'The place of the seal needs finite numbers and a positive size.',
  );
}
