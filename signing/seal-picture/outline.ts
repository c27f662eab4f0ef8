// Outlines made small: font outlines as steps, and any outline as few steps on a grid of cells.
import type { OutlineStep } from './drawing.ts';
import { cubicAt, fitCurves, isStraight, type Point } from './fit-curves.ts';

/** A font's outline step (TrueType: lines and quadratic curves; CFF: cubic curves). */
export interface FontStep {
  readonly command: 'moveTo' | 'lineTo' | 'quadraticCurveTo' | 'bezierCurveTo' | 'closePath';
  readonly args: readonly number[];
}

/** A font's outline, exactly, with cubic curves only; `scale` grid units per font unit. */
export function fontOutline(steps: readonly FontStep[], scale: number): OutlineStep[] {
  const out: OutlineStep[] = [];
  let at: Point = [0, 0];
  for (const { command, args } of steps) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args.map((value) => value * scale);
    switch (command) {
      case 'moveTo':
        out.push(['move', a, b]);
        at = [a, b];
        break;
      case 'lineTo':
        out.push(['line', a, b]);
        at = [a, b];
        break;
      case 'quadraticCurveTo': {
        const third = (from: number, control: number): number => from + (2 / 3) * (control - from);
        out.push(['curve', third(at[0], a), third(at[1], b), third(c, a), third(d, b), c, d]);
        at = [c, d];
        break;
      }
      case 'bezierCurveTo':
        out.push(['curve', a, b, c, d, e, f]);
        at = [e, f];
        break;
      case 'closePath':
        out.push(['close']);
        break;
    }
  }
  return out;
}

/** A point of a flattened contour, and whether the outline turns there. */
interface Vertex {
  readonly at: Point;
  readonly corner: boolean;
}

/** Turns below this are part of a bend: 25 degrees. */
const cornerCosine = Math.cos((25 * Math.PI) / 180);
/** Places looked at on one curve of the font. */
const samples = 8;

/**
 * @param scaleX cells per unit of the outline, across
 * @param scaleY cells per unit of the outline, upwards
 * @param tolerance farthest that the result may leave the outline before rounding, in cells
 * @returns steps whose numbers are whole cells; contours smaller than a cell are left out
 */
export function compactOutline(
  outline: readonly OutlineStep[],
  scaleX: number,
  scaleY: number,
  tolerance: number,
): OutlineStep[] {
  return contoursOf(outline, scaleX, scaleY).flatMap((contour) => compactContour(contour, tolerance));
}

/** Closed contours as points in cells. */
function contoursOf(outline: readonly OutlineStep[], scaleX: number, scaleY: number): Vertex[][] {
  const contours: Point[][] = [];
  let joints = new Set<Point>();
  const allJoints: Set<Point>[] = [];
  let points: Point[] = [];
  const finish = (): void => {
    if (points.length > 2) {
      contours.push(points);
      allJoints.push(joints);
    }
    points = [];
    joints = new Set();
  };
  const joint = (x: number, y: number): void => {
    const point: Point = [x * scaleX, y * scaleY];
    points.push(point);
    joints.add(point);
  };
  for (const step of outline) {
    if (step[0] === 'move') {
      finish();
      joint(step[1], step[2]);
    } else if (step[0] === 'line') joint(step[1], step[2]);
    else if (step[0] === 'curve') {
      const from = points.at(-1) ?? [0, 0];
      const place = (x: number, y: number): Point => [x * scaleX, y * scaleY];
      const cubic = [
        from,
        place(step[1], step[2]),
        place(step[3], step[4]),
        place(step[5], step[6]),
      ] as const;
      for (let i = 1; i < samples; i++) points.push(cubicAt(cubic, i / samples));
      joint(step[5], step[6]);
    }
  }
  finish();
  return contours.map((contour, index) => vertices(contour, allJoints[index] ?? new Set()));
}

function vertices(points: readonly Point[], joints: ReadonlySet<Point>): Vertex[] {
  const distinct = points.filter((point, index) => {
    const before = points[(index + points.length - 1) % points.length] ?? point;
    return index === 0 || Math.hypot(point[0] - before[0], point[1] - before[1]) > 1e-9;
  });
  const [first, last] = [distinct[0], distinct.at(-1)];
  if (first !== undefined && last !== undefined && distinct.length > 1) {
    if (Math.hypot(first[0] - last[0], first[1] - last[1]) < 1e-9) distinct.pop();
  }
  return distinct.map((at, index) => {
    const before = distinct[(index + distinct.length - 1) % distinct.length] ?? at;
    const after = distinct[(index + 1) % distinct.length] ?? at;
    return { at, corner: joints.has(at) && turns(before, at, after) };
  });
}

function turns(before: Point, at: Point, after: Point): boolean {
  const [ax, ay, bx, by] = [at[0] - before[0], at[1] - before[1], after[0] - at[0], after[1] - at[1]];
  const lengths = Math.hypot(ax, ay) * Math.hypot(bx, by);
  return lengths > 0 && (ax * bx + ay * by) / lengths < cornerCosine;
}

function compactContour(contour: readonly Vertex[], tolerance: number): OutlineStep[] {
  if (Math.abs(area(contour.map(({ at }) => at))) < 1) return [];
  const kept = withoutNeedlessCorners(contour, tolerance);
  const start = startOf(kept);
  const turned = [...kept.slice(start), ...kept.slice(0, start)];
  const first = turned[0];
  if (first === undefined) return [];
  turned.push(first);
  const out: OutlineStep[] = [['move', Math.round(first.at[0]), Math.round(first.at[1])]];
  let run: Point[] = [first.at];
  for (const vertex of turned.slice(1)) {
    run.push(vertex.at);
    if (!vertex.corner && vertex !== first) continue;
    for (const piece of fitCurves(run, tolerance)) append(out, piece);
    run = [vertex.at];
  }
  // Closing draws the last line back to the start.
  if (out.at(-1)?.[0] === 'line') out.pop();
  return out.length < 3 ? [] : [...out, ['close']];
}

/** Where closing the contour draws a straight side, so that this need not be written; else any corner. */
function startOf(contour: readonly Vertex[]): number {
  let best = 0;
  let longest = -1;
  contour.forEach(({ at, corner }, index) => {
    const before = contour[(index + contour.length - 1) % contour.length];
    if (!corner) return;
    const length = before?.corner === true ? Math.hypot(at[0] - before.at[0], at[1] - before.at[1]) : 0;
    if (length > longest) [best, longest] = [index, length];
  });
  return best;
}

/** Corners closer together than the tolerance are one. */
function withoutNeedlessCorners(contour: readonly Vertex[], tolerance: number): Vertex[] {
  const kept: Vertex[] = [];
  for (const vertex of contour) {
    const before = kept.at(-1);
    const near =
      before?.corner === true &&
      Math.hypot(vertex.at[0] - before.at[0], vertex.at[1] - before.at[1]) < tolerance;
    if (!near) kept.push(vertex);
  }
  return kept;
}

function append(out: OutlineStep[], piece: ReturnType<typeof fitCurves>[number]): void {
  const r = Math.round;
  const [x, y] = [r(piece.to[0]), r(piece.to[1])];
  const from = endOf(out.at(-1));
  if (piece.kind === 'curve') {
    const step: OutlineStep = [
      'curve',
      r(piece.first[0]),
      r(piece.first[1]),
      r(piece.second[0]),
      r(piece.second[1]),
      x,
      y,
    ];
    const inside: readonly Point[] = [from, [step[1], step[2]], [step[3], step[4]], [x, y]];
    if (!isStraight(inside, 0.5)) {
      out.push(step);
      return;
    }
  }
  if (from[0] === x && from[1] === y) return;
  // A line that goes on in the direction of the one before is one line.
  const last = out.at(-1);
  const beforeLast = endOf(out.at(-2));
  const onwards =
    last?.[0] === 'line' &&
    (from[0] - beforeLast[0]) * (y - from[1]) === (from[1] - beforeLast[1]) * (x - from[0]);
  if (onwards) out.pop();
  out.push(['line', x, y]);
}

function endOf(step: OutlineStep | undefined): Point {
  if (step === undefined || step[0] === 'close') return [0, 0];
  return step[0] === 'curve' ? [step[5], step[6]] : [step[1], step[2]];
}

function area(points: readonly Point[]): number {
  let twice = 0;
  points.forEach((point, index) => {
    const next = points[(index + 1) % points.length] ?? point;
    twice += point[0] * next[1] - next[0] * point[1];
  });
  return twice / 2;
}
