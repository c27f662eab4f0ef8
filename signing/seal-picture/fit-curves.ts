// A run of points made small: straight where it is straight, else as few cubic curves as stay within a tolerance.

export type Point = readonly [number, number];

/** A piece that starts where the one before ended. */
export type FittedPiece =
  | { readonly kind: 'line'; readonly to: Point }
  | { readonly kind: 'curve'; readonly first: Point; readonly second: Point; readonly to: Point };

const reparameterisations = 3;

/**
 * Fits a smooth run of points (no corner inside) by least squares, splitting it where one curve does not do.
 * @param tolerance farthest that a piece may leave the points, in their unit
 */
export function fitCurves(points: readonly Point[], tolerance: number): FittedPiece[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return [];
  if (isStraight(points, tolerance * 0.7)) return [{ kind: 'line', to: last }];
  const start = direction(first, points[1] ?? last);
  const end = direction(last, points.at(-2) ?? first);
  return fit(points, start, end, tolerance, 0);
}

function fit(
  points: readonly Point[],
  start: Point,
  end: Point,
  tolerance: number,
  depth: number,
): FittedPiece[] {
  const first = points[0] ?? [0, 0];
  const last = points.at(-1) ?? first;
  if (points.length < 3 || isStraight(points, tolerance * 0.7)) return [{ kind: 'line', to: last }];
  let parameters = chordLengths(points);
  let worst = { distance: Infinity, index: points.length >> 1 };
  for (let round = 0; round <= reparameterisations; round++) {
    const curve = leastSquares(points, parameters, start, end);
    worst = farthest(points, parameters, curve);
    if (worst.distance <= tolerance) {
      return [{ kind: 'curve', first: curve[1], second: curve[2], to: last }];
    }
    if (worst.distance > tolerance * 4) break;
    parameters = parameters.map((parameter, index) => closer(curve, points[index] ?? first, parameter));
  }
  if (depth > 16) return [{ kind: 'line', to: last }];
  const split = Math.min(Math.max(worst.index, 1), points.length - 2);
  const tangent = direction(points[split + 1] ?? last, points[split - 1] ?? first);
  return [
    ...fit(points.slice(0, split + 1), start, tangent, tolerance, depth + 1),
    ...fit(points.slice(split), [-tangent[0], -tangent[1]], end, tolerance, depth + 1),
  ];
}

type Cubic = readonly [Point, Point, Point, Point];

/** The two handle lengths that bring a cubic with given ends and tangents nearest to the points. */
function leastSquares(
  points: readonly Point[],
  parameters: readonly number[],
  start: Point,
  end: Point,
): Cubic {
  const first = points[0] ?? [0, 0];
  const last = points.at(-1) ?? first;
  let [c00, c01, c11, x0, x1] = [0, 0, 0, 0, 0];
  points.forEach((point, index) => {
    const t = parameters[index] ?? 0;
    const u = 1 - t;
    const [b0, b1, b2, b3] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
    const a: Point = [start[0] * b1, start[1] * b1];
    const b: Point = [end[0] * b2, end[1] * b2];
    c00 += dot(a, a);
    c01 += dot(a, b);
    c11 += dot(b, b);
    const rest: Point = [
      point[0] - first[0] * (b0 + b1) - last[0] * (b2 + b3),
      point[1] - first[1] * (b0 + b1) - last[1] * (b2 + b3),
    ];
    x0 += dot(a, rest);
    x1 += dot(b, rest);
  });
  const determinant = c00 * c11 - c01 * c01;
  const chord = Math.hypot(last[0] - first[0], last[1] - first[1]);
  let alpha = determinant === 0 ? 0 : (x0 * c11 - x1 * c01) / determinant;
  let beta = determinant === 0 ? 0 : (c00 * x1 - c01 * x0) / determinant;
  const least = chord * 1e-6;
  if (!(alpha > least && beta > least) || alpha > chord * 4 || beta > chord * 4) alpha = beta = chord / 3;
  return [
    first,
    [first[0] + start[0] * alpha, first[1] + start[1] * alpha],
    [last[0] + end[0] * beta, last[1] + end[1] * beta],
    last,
  ];
}

function farthest(
  points: readonly Point[],
  parameters: readonly number[],
  curve: Cubic,
): { readonly distance: number; readonly index: number } {
  let worst = { distance: 0, index: points.length >> 1 };
  points.forEach((point, index) => {
    const at = cubicAt(curve, parameters[index] ?? 0);
    const distance = Math.hypot(at[0] - point[0], at[1] - point[1]);
    if (distance > worst.distance) worst = { distance, index };
  });
  return worst;
}

/** One step of Newton's method towards the parameter whose place is nearest to `point`. */
function closer(curve: Cubic, point: Point, t: number): number {
  const [a, b, c, d] = curve;
  const at = cubicAt(curve, t);
  const u = 1 - t;
  const along = (i: 0 | 1): number =>
    3 * u * u * (b[i] - a[i]) + 6 * u * t * (c[i] - b[i]) + 3 * t * t * (d[i] - c[i]);
  const bend = (i: 0 | 1): number => 6 * u * (c[i] - 2 * b[i] + a[i]) + 6 * t * (d[i] - 2 * c[i] + b[i]);
  const [dx, dy] = [at[0] - point[0], at[1] - point[1]];
  const numerator = dx * along(0) + dy * along(1);
  const denominator = along(0) ** 2 + along(1) ** 2 + dx * bend(0) + dy * bend(1);
  return denominator === 0 ? t : Math.min(1, Math.max(0, t - numerator / denominator));
}

function chordLengths(points: readonly Point[]): number[] {
  const lengths = [0];
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1] ?? [0, 0], points[i] ?? [0, 0]];
    lengths.push((lengths[i - 1] ?? 0) + Math.hypot(b[0] - a[0], b[1] - a[1]));
  }
  const whole = lengths.at(-1) ?? 0;
  return lengths.map((length) => (whole === 0 ? 0 : length / whole));
}

/** Whether every point lies within `tolerance` of the line from the first to the last, and between them. */
export function isStraight(points: readonly Point[], tolerance: number): boolean {
  const first = points[0] ?? [0, 0];
  const last = points.at(-1) ?? first;
  return points.every((point) => distanceToSegment(first, last, point) <= tolerance);
}

function distanceToSegment(from: Point, to: Point, point: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point[0] - from[0]) * dx + (point[1] - from[1]) * dy) / length;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(point[0] - from[0] - t * dx, point[1] - from[1] - t * dy);
}

/** A cubic's place at `t`. */
export function cubicAt([a, b, c, d]: Cubic, t: number): Point {
  const u = 1 - t;
  const at = (i: 0 | 1): number =>
    u * u * u * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t * t * t * d[i];
  return [at(0), at(1)];
}

/** Unit vector from `from` to `to`. */
function direction(from: Point, to: Point): Point {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  return length === 0 ? [1, 0] : [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1];
}
