// A drawing made small enough for every page it stands on: the finest grid on which it keeps to the budget.
import { deflateSync } from 'node:zlib';
import type { Drawing, Mark } from './drawing.ts';
import { compactOutline } from './outline.ts';
import { pdfAppearance } from './pdf-form.ts';

/** Bytes that the compressed drawing may have; the rest of 6 kB is for the objects around it. */
const budget = 5700;
/**
 * Cells in millimetres, finest first (1270 to 212 dots an inch), and farthest that an outline may leave the font's own, in
 * cells. The last ones are for a long name with a long purpose and the mark of a specimen.
 */
const grids = [
  [0.02, 0.8],
  [0.03, 0.8],
  [0.04, 0.8],
  [0.045, 0.8],
  [0.05, 0.8],
  [0.055, 0.8],
  [0.06, 0.8],
  [0.065, 0.8],
  [0.07, 0.8],
  [0.08, 0.8],
  [0.09, 1],
  [0.1, 1.1],
  [0.12, 1.2],
] as const;

/**
 * Characters become whole numbers on a grid of equal cells, the finest on which the drawing keeps to its budget: a name of
 * 30 complicated characters lands near 0.06 mm, less than a dot of a 300 dpi printer; one of 10 on 0.02.
 */
export function compactDrawing(drawing: Drawing): Drawing {
  const tried = new Map<number, Drawing>();
  const fits = (index: number): boolean => {
    const [cell, tolerance] = grids[index] ?? [0.12, 1.2];
    const marks = drawing.marks.map((mark) => onGrid(mark, cell, tolerance));
    const compact = { ...drawing, cell, marks };
    tried.set(index, compact);
    return deflateSync(pdfAppearance(compact).content, { level: 9, memLevel: 9 }).length <= budget;
  };
  // Mostly the finest does; else a coarser grid is a smaller drawing, near enough.
  let [low, high] = fits(0) ? [0, 0] : [1, grids.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  if (!tried.has(low)) fits(low);
  return tried.get(low) ?? drawing;
}

function onGrid(mark: Mark, cell: number, tolerance: number): Mark {
  if (mark.kind !== 'glyph') return mark;
  const [a, b, c, d, e, f] = mark.place;
  const [scaleX, scaleY] = [Math.hypot(a, b) / cell, Math.hypot(c, d) / cell];
  return {
    kind: 'glyph',
    outline: compactOutline(mark.outline, scaleX, scaleY, tolerance),
    place: [a / scaleX, b / scaleX, c / scaleY, d / scaleY, e, f],
  };
}
