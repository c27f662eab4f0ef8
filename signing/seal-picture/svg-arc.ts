// An elliptical arc of SVG (SVG 1.1, F.6) as cubic curves of at most a quarter turn each.
import type { OutlineStep } from './drawing.ts';

type Point = readonly [number, number];

/**
 * @param rotation of the ellipse's x axis, degrees
 * @param large whether the longer way is taken
 * @param sweep whether angles grow
 * @returns nothing where the ends are one, a line where a radius is 0 (F.6.2)
 */
export function arcCurves(
  from: Point,
  radii: Point,
  rotation: number,
  large: boolean,
  sweep: boolean,
  to: Point,
): OutlineStep[] {
  if (from[0] === to[0] && from[1] === to[1]) return [];
  let [rx, ry] = [Math.abs(radii[0]), Math.abs(radii[1])];
  if (rx === 0 || ry === 0) return [['line', to[0], to[1]]];
  const [cos, sin] = [Math.cos((rotation * Math.PI) / 180), Math.sin((rotation * Math.PI) / 180)];
  // Ends as seen from the middle between them, on the ellipse's own axes (F.6.5.1).
  const [halfX, halfY] = [(from[0] - to[0]) / 2, (from[1] - to[1]) / 2];
  const [px, py] = [cos * halfX + sin * halfY, -sin * halfX + cos * halfY];
  const excess = (px * px) / (rx * rx) + (py * py) / (ry * ry);
  if (excess > 1) {
    rx *= Math.sqrt(excess);
    ry *= Math.sqrt(excess);
  }
  const below = rx * rx * py * py + ry * ry * px * px;
  const root = below === 0 ? 0 : Math.sqrt(Math.max(0, (rx * rx * ry * ry - below) / below));
  const sign = large === sweep ? -1 : 1;
  const [cx, cy] = [(sign * root * rx * py) / ry, (-sign * root * ry * px) / rx];
  const start = Math.atan2((py - cy) / ry, (px - cx) / rx);
  const end = Math.atan2((-py - cy) / ry, (-px - cx) / rx);
  let sweepAngle = end - start;
  if (sweep && sweepAngle < 0) sweepAngle += 2 * Math.PI;
  if (!sweep && sweepAngle > 0) sweepAngle -= 2 * Math.PI;
  const middle: Point = [
    cos * cx - sin * cy + (from[0] + to[0]) / 2,
    sin * cx + cos * cy + (from[1] + to[1]) / 2,
  ];
  const onPage = (u: number, v: number): Point => [
    middle[0] + cos * rx * u - sin * ry * v,
    middle[1] + sin * rx * u + cos * ry * v,
  ];
  const parts = Math.max(1, Math.ceil(Math.abs(sweepAngle) / (Math.PI / 2 + 1e-9)));
  const step = sweepAngle / parts;
  const handle = (4 / 3) * Math.tan(step / 4);
  return Array.from({ length: parts }, (_, index): OutlineStep => {
    const [a, b] = [start + index * step, start + (index + 1) * step];
    const first = onPage(Math.cos(a) - handle * Math.sin(a), Math.sin(a) + handle * Math.cos(a));
    const second = onPage(Math.cos(b) + handle * Math.sin(b), Math.sin(b) - handle * Math.cos(b));
    const last = index === parts - 1 ? to : onPage(Math.cos(b), Math.sin(b));
    return ['curve', ...first, ...second, ...last];
  });
}
