// A drawing made small enough for every page it stands on: the finest grid on which it keeps to the budget.
import { deflateSync } from 'node:zlib';
import type { Drawing, Mark } from './drawing.ts';
import { compactOutline } from './outline.ts';
import { pdfAppearance } from './pdf-form.ts';

/** Bytes that the compressed drawing may have; the rest of 6 kB is for the objects around it. */
const budget = 5450;
/** Cells in millimetres, finest first: 1270 to 318 dots an inch. */
const cells = [0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08] as const;
/** Farthest that an outline may leave the font's own, in cells. */
const tolerance = 0.8;

/**
 * Characters become whole numbers on a grid of equal cells. A name of 30 complicated characters lands on 0.04 mm, half a
 * dot of a 300 dpi printer; a short one on 0.02.
 */
export function compactDrawing(drawing: Drawing): Drawing {
  let compact = drawing;
  for (const cell of cells) {
    compact = { ...drawing, cell, marks: drawing.marks.map((mark) => onGrid(mark, cell)) };
    if (deflateSync(pdfAppearance(compact).content, { level: 9 }).length <= budget) break;
  }
  return compact;
}

function onGrid(mark: Mark, cell: number): Mark {
  if (mark.kind !== 'glyph') return mark;
  const [a, b, c, d, e, f] = mark.place;
  const [scaleX, scaleY] = [Math.hypot(a, b) / cell, Math.hypot(c, d) / cell];
  return {
    kind: 'glyph',
    outline: compactOutline(mark.outline, scaleX, scaleY, tolerance),
    place: [a / scaleX, b / scaleX, c / scaleY, d / scaleY, e, f],
  };
}
