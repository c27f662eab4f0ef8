// Quadratic font outlines made small: joined pairs of curves become one cubic, coordinates fall on a grid.
import type { OutlineStep } from './drawing.ts';

type Point = readonly [number, number];

/** A font's outline step (TrueType: lines and quadratic curves; CFF: cubic curves). */
export interface FontStep {
  readonly command: 'moveTo' | 'lineTo' | 'quadraticCurveTo' | 'bezierCurveTo' | 'closePath';
  readonly args: readonly number[];
}

type Piece =
  | { readonly kind: 'move' | 'line'; readonly to: Point }
  | { readonly kind: 'quadratic'; readonly control: Point; readonly to: Point }
  | { readonly kind: 'cubic'; readonly first: Point; readonly second: Point; readonly to: Point }
  | { readonly kind: 'close' };

/** Farthest a joined curve may leave the font's own, in thousandths of the em: 0.02 mm at 5 mm. */
const tolerance = 4;

/**
 * @param steps the font's steps in font units
 * @param unitsPerEm font units per em
 * @param grid cells per em that coordinates are rounded to
 * @returns the outline in grid units, cubic curves only
 */
export function compactOutline(steps: readonly FontStep[], unitsPerEm: number, grid: number): OutlineStep[] {
  const out: OutlineStep[] = [];
  const scale = grid / unitsPerEm;
  const limit = (tolerance * unitsPerEm) / 1000;
  const r = (value: number): number => Math.round(value * scale);
  const pieces = steps.map(pieceOf);
  let at: Point = [0, 0];
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i];
    if (piece === undefined) break;
    switch (piece.kind) {
      case 'close':
        out.push(['close']);
        continue;
      case 'move':
      case 'line':
        out.push([piece.kind, r(piece.to[0]), r(piece.to[1])]);
        break;
      case 'cubic':
        out.push(curve(piece.first, piece.second, piece.to, r));
        break;
      case 'quadratic': {
        const next = pieces[i + 1];
        const joined =
          next?.kind === 'quadratic'
            ? joinedCubic(at, piece.control, piece.to, next.control, next.to, limit)
            : null;
        if (joined !== null && next?.kind === 'quadratic') {
          out.push(curve(joined[0], joined[1], next.to, r));
          at = next.to;
          i++;
          continue;
        }
        const third = (from: Point): Point => [
          from[0] + (2 / 3) * (piece.control[0] - from[0]),
          from[1] + (2 / 3) * (piece.control[1] - from[1]),
        ];
        const straight = distanceToChord(at, piece.to, piece.control) < limit / 2;
        if (straight) out.push(['line', r(piece.to[0]), r(piece.to[1])]);
        else out.push(curve(third(at), third(piece.to), piece.to, r));
        break;
      }
    }
    at = piece.to;
  }
  return out;
}

function pieceOf(step: FontStep): Piece {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = step.args;
  switch (step.command) {
    case 'moveTo':
      return { kind: 'move', to: [a, b] };
    case 'lineTo':
      return { kind: 'line', to: [a, b] };
    case 'quadraticCurveTo':
      return { kind: 'quadratic', control: [a, b], to: [c, d] };
    case 'bezierCurveTo':
      return { kind: 'cubic', first: [a, b], second: [c, d], to: [e, f] };
    case 'closePath':
      return { kind: 'close' };
  }
}

function curve(first: Point, second: Point, to: Point, r: (value: number) => number): OutlineStep {
  return ['curve', r(first[0]), r(first[1]), r(second[0]), r(second[1]), r(to[0]), r(to[1])];
}

/** The cubic that two smoothly joined quadratics were once made from, or null where it would leave them. */
function joinedCubic(
  p0: Point,
  c1: Point,
  p1: Point,
  c2: Point,
  p2: Point,
  limit: number,
): [Point, Point] | null {
  const first: Point = [p0[0] + (4 / 3) * (c1[0] - p0[0]), p0[1] + (4 / 3) * (c1[1] - p0[1])];
  const second: Point = [p2[0] + (4 / 3) * (c2[0] - p2[0]), p2[1] + (4 / 3) * (c2[1] - p2[1])];
  for (const t of [0.25, 0.5, 0.75]) {
    const there = cubicAt(p0, first, second, p2, t);
    const half = t < 0.5 ? quadraticAt(p0, c1, p1, t * 2) : quadraticAt(p1, c2, p2, t * 2 - 1);
    if (Math.hypot(there[0] - half[0], there[1] - half[1]) > limit) return null;
  }
  return [first, second];
}

function cubicAt(a: Point, b: Point, c: Point, d: Point, t: number): Point {
  const u = 1 - t;
  const at = (i: 0 | 1): number =>
    u * u * u * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t * t * t * d[i];
  return [at(0), at(1)];
}

function quadraticAt(a: Point, b: Point, c: Point, t: number): Point {
  const u = 1 - t;
  const at = (i: 0 | 1): number => u * u * a[i] + 2 * u * t * b[i] + t * t * c[i];
  return [at(0), at(1)];
}

function distanceToChord(from: Point, to: Point, point: Point): number {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  if (length === 0) return Math.hypot(point[0] - from[0], point[1] - from[1]);
  const cross = (to[0] - from[0]) * (point[1] - from[1]) - (to[1] - from[1]) * (point[0] - from[0]);
  return Math.abs(cross) / length;
}
