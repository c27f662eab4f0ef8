// A riding seal (骑缝章): which slice of the seal stands where on which page.
import type { Page } from '../formats/pdf/pages.ts';
import { SigningError } from './errors.ts';
import { shownSize, type Placement } from './placement.ts';
import type { RidingOrder } from './placement-order.ts';

/** Part of a seal's picture: shares of its width and height, from its left and lower edge, 0 to 1. */
export interface Slice {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

export interface RidingSlice<P> {
  readonly page: P;
  readonly slice: Slice;
  readonly placement: Placement;
  /** Which slice of how many, from 1, in the order of the pages. */
  readonly number: number;
  readonly of: number;
}

type Shown = Pick<Page, 'cropBox' | 'rotate' | 'userUnit' | 'index'>;

/** Narrowest slice, millimetres: what can still be told from a line. */
const narrowest = 2;
const narrowestEver = 0.5;

const opposite = { left: 'right', right: 'left', top: 'bottom', bottom: 'top' } as const;

/**
 * Cuts the seal into as many equal slices as pages, or, where those are too many, into several seals' slices as evenly as
 * can be. One page gets the whole seal. Pages are taken to be aligned at their top (or left), so that slices of pages of
 * different sizes meet. Each slice lies at the very edge and inside the page.
 * @param size of the seal, millimetres
 * @throws SigningError `riding-impossible` for a page that is too small for its slice or slices that would be too narrow,
 *   `seal-off-page` where the position asked for leads off a page
 */
export function rideOver<P extends Shown>(
  pages: readonly P[],
  size: { readonly width: number; readonly height: number },
  order: RidingOrder,
): readonly RidingSlice<P>[] {
  const edge = order.edge ?? 'right';
  const upright = edge === 'left' || edge === 'right';
  const [cutLength, alongLength] = upright ? [size.width, size.height] : [size.height, size.width];
  const most = order.pagesPerSeal ?? Math.max(2, Math.floor(cutLength / narrowest));
  if (cutLength / most < narrowestEver) {
    throw new SigningError(
      'riding-impossible',
      `A slice of this seal would be narrower than ${narrowestEver} mm.`,
    );
  }
  const sides = pages.map((page) => {
    const { width, height } = shownSize(page);
    return upright ? { along: height, across: width } : { along: width, across: height };
  });
  const position = order.position ?? Math.min(...chunkedMinimum(sides.map(({ along }) => along))) / 2;
  const slices: RidingSlice<P>[] = [];
  for (const [first, count] of groupsOf(pages.length, most)) {
    for (let k = 0; k < count; k++) {
      const [page, side] = [pages[first + k], sides[first + k]];
      if (page === undefined || side === undefined) continue;
      const thickness = cutLength / count;
      refuseTooSmall(page, side, thickness, alongLength, position);
      const own = order.alternate === true && (first + k) % 2 === 1 ? opposite[edge] : edge;
      slices.push({
        page,
        slice: sliceOf(own, k, count),
        placement: placementOf(own, side.across, position, thickness, size),
        number: k + 1,
        of: count,
      });
    }
  }
  return slices;
}

/** @returns first page and number of pages of each seal, as even as can be */
function groupsOf(pages: number, most: number): (readonly [number, number])[] {
  const seals = Math.ceil(pages / most);
  return Array.from({ length: seals }, (_, seal): readonly [number, number] => {
    const first = Math.floor((seal * pages) / seals);
    return [first, Math.floor(((seal + 1) * pages) / seals) - first];
  });
}

/**
 * Pages fanned out over an edge show a seal pressed on it in the order in which they lie: over the right edge the first
 * page has the left end of the seal, over the left edge the right end; over the lower edge the upper, over the upper edge
 * the lower.
 */
function sliceOf(edge: NonNullable<RidingOrder['edge']>, k: number, count: number): Slice {
  const [low, high] = [k / count, (k + 1) / count];
  switch (edge) {
    case 'right':
      return { left: low, right: high, bottom: 0, top: 1 };
    case 'left':
      return { left: 1 - high, right: 1 - low, bottom: 0, top: 1 };
    case 'bottom':
      return { left: 0, right: 1, bottom: 1 - high, top: 1 - low };
    case 'top':
      return { left: 0, right: 1, bottom: low, top: high };
  }
}

function placementOf(
  edge: NonNullable<RidingOrder['edge']>,
  across: number,
  position: number,
  thickness: number,
  size: { readonly width: number; readonly height: number },
): Placement {
  const middle = edge === 'left' || edge === 'top' ? thickness / 2 : across - thickness / 2;
  return edge === 'left' || edge === 'right'
    ? { centreX: middle, centreY: position, width: thickness, height: size.height }
    : { centreX: position, centreY: middle, width: size.width, height: thickness };
}

function refuseTooSmall(
  page: Shown,
  side: { readonly along: number; readonly across: number },
  thickness: number,
  alongLength: number,
  position: number,
): void {
  if (side.along < alongLength - 0.01 || side.across < thickness - 0.01) {
    throw new SigningError(
      'riding-impossible',
      `Page ${page.index + 1} is smaller than the seal's part on it.`,
    );
  }
  if (position - alongLength / 2 < -0.01 || position + alongLength / 2 > side.along + 0.01) {
    throw new SigningError(
      'seal-off-page',
      `The riding seal would reach over the edge of page ${page.index + 1}.`,
    );
  }
}

/** The least of each thousand: a spread call has a bound. */
function chunkedMinimum(values: readonly number[]): number[] {
  const least: number[] = [];
  for (let at = 0; at < values.length; at += 1000) least.push(Math.min(...values.slice(at, at + 1000)));
  return least;
}
