// Characters on an arc and on a line: where each stands, how tall and how wide.
import type { Mark } from './drawing.ts';
import { bodyBottom, glyphOf, grid } from './song-face.ts';

/** Fits `text` clockwise along the top of a circle, feet towards the centre. Lengths in millimetres. */
export interface ArcName {
  readonly text: string;
  /** Where the characters' heads reach. */
  readonly outerRadius: number;
  /** Tallest a character may be; long names get lower ones. */
  readonly height: number;
}

/** Widest angle from the first character's middle to the last one's: leaves the lower edge for the code. */
const widestArc = (268 * Math.PI) / 180;

/** Widest angle between neighbours: four characters stand together and do not scatter over the ring. */
const widestStep = (31 * Math.PI) / 180;

/** A short name does not run round the whole ring: the arc grows with the number of characters and levels off. */
function arcFor(count: number): number {
  return widestArc * (1 - Math.exp(-count / 5.8));
}

export function letterArc(arc: ArcName): Mark[] {
  const characters = Array.from(arc.text);
  const count = characters.length;
  const step = Math.min(widestStep, arcFor(count) / (count - 1));
  const span = step * (count - 1);
  const height = arc.height * (1 - 0.17 * Math.min(1, Math.max(0, (count - 10) / 20)));
  const feet = arc.outerRadius - height;
  // Neighbours are closest at their feet.
  const width = Math.min(height * 0.94, step * feet * 0.97);
  return characters.map((character, index) => {
    const angle = span / 2 - index * step;
    return standing(character, {
      x: -feet * Math.sin(angle),
      y: feet * Math.cos(angle),
      angle,
      width,
      height,
    });
  });
}

/** A character whose feet's middle is at (x, y), its head turned by `angle`, anticlockwise from upright. */
function standing(
  character: string,
  at: {
    readonly x: number;
    readonly y: number;
    readonly angle: number;
    readonly width: number;
    readonly height: number;
  },
): Mark {
  const glyph = glyphOf(character);
  const [sin, cos] = [Math.sin(at.angle), Math.cos(at.angle)];
  const [sx, sy] = [at.width / grid, at.height / grid];
  const dx = (-glyph.advance / 2) * sx;
  const dy = -bodyBottom * sy;
  return {
    kind: 'glyph',
    outline: glyph.outline,
    place: [cos * sx, sin * sx, -sin * sy, cos * sy, at.x + cos * dx - sin * dy, at.y + sin * dx + cos * dy],
  };
}

/** Figures of the face, in em. */
const figureHeight = 0.733;

/** Digits along the bottom of a circle, heads towards the centre, read from left to right. */
export function letterCode(code: string, baseRadius: number, digitHeight: number): Mark[] {
  const digits = Array.from(code);
  const em = digitHeight / figureHeight;
  const step = (em * 0.66) / (baseRadius - digitHeight / 2);
  return digits.map((digit, index) => {
    const glyph = glyphOf(digit);
    const angle = (index - (digits.length - 1) / 2) * step;
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const scale = em / grid;
    const dx = (-glyph.advance / 2) * scale;
    const dy = -baseRadius;
    return {
      kind: 'glyph',
      outline: glyph.outline,
      place: [cos * scale, sin * scale, -sin * scale, cos * scale, cos * dx - sin * dy, sin * dx + cos * dy],
    };
  });
}

/** Fits `text` along the top of an ellipse, feet towards the inside. Lengths in millimetres. */
export interface OvalName {
  readonly text: string;
  /** Half axes of the curve that the characters' heads reach. */
  readonly radii: readonly [number, number];
  readonly height: number;
}

/** How far round the ellipse a name may run, degrees from the top to either side. */
const ovalReach = 99;

/** Characters stand at equal distances along the ellipse, each upright on it. */
export function letterOval(oval: OvalName): Mark[] {
  const characters = Array.from(oval.text);
  const count = characters.length;
  const height = oval.height * (1 - 0.2 * Math.min(1, Math.max(0, (count - 10) / 20)));
  const radii = [oval.radii[0] - height, oval.radii[1] - height] as const;
  const along = ellipseLengths(radii);
  const step = Math.min(height * 1.35, (2 * along.lengthTo(ovalReach)) / count);
  const width = Math.min(height * 0.94, step * 0.97);
  return characters.map((character, index) => {
    const at = along.placeAt((index - (count - 1) / 2) * step);
    return standing(character, { ...at, width, height });
  });
}

/** Places on an ellipse by their distance from its top along the curve, clockwise positive. */
function ellipseLengths([a, b]: readonly [number, number]): {
  lengthTo(degrees: number): number;
  placeAt(length: number): { readonly x: number; readonly y: number; readonly angle: number };
} {
  const parts = 720;
  const lengths = [0];
  const point = (index: number): readonly [number, number] => {
    const t = (index * Math.PI) / parts;
    return [a * Math.sin(t), b * Math.cos(t)];
  };
  for (let i = 1; i <= parts; i++) {
    const [[x0, y0], [x1, y1]] = [point(i - 1), point(i)];
    lengths.push((lengths[i - 1] ?? 0) + Math.hypot(x1 - x0, y1 - y0));
  }
  return {
    lengthTo: (degrees) => lengths[Math.round((degrees * parts) / 180)] ?? 0,
    placeAt(length) {
      const beyond = lengths.findIndex((each) => each >= Math.abs(length));
      const index = beyond < 0 ? parts : beyond;
      const [x, y] = point(index);
      const t = (index * Math.PI) / parts;
      // The normal of the ellipse, which is where the character's head points.
      const angle = Math.atan2(Math.sin(t) / a, Math.cos(t) / b);
      const side = Math.sign(length);
      return { x: side * x, y, angle: -side * angle };
    },
  };
}

/** A character in its box, filling it. */
export function letterBox(
  character: string,
  box: { readonly left: number; readonly bottom: number; readonly width: number; readonly height: number },
): Mark {
  const [width, height] = [box.width * 0.96, box.height * 0.96];
  return standing(character, {
    x: box.left + box.width / 2,
    y: box.bottom + (box.height - height) / 2,
    angle: 0,
    width,
    height,
  });
}

/** One straight line of characters, centred on x = 0, from `bottom` upwards, no wider than `widest`. */
export function letterLine(
  text: string,
  line: { readonly bottom: number; readonly height: number; readonly widest: number },
): Mark[] {
  const glyphs = Array.from(text, glyphOf);
  const advance = glyphs.reduce((sum, glyph) => sum + glyph.advance, 0) / grid;
  // Figures and capitals do not stand on the lower edge of the ideographs' body, and have no room above.
  const latin = /^[0-9A-Z]+$/.test(text);
  const em = latin ? line.height / figureHeight : line.height;
  const width = Math.min(em * 0.98, line.widest / advance);
  const [sx, sy] = [width / grid, em / grid];
  let left = (-advance * width) / 2;
  return glyphs.map((glyph): Mark => {
    const x = left;
    left += glyph.advance * sx;
    return {
      kind: 'glyph',
      outline: glyph.outline,
      place: [sx, 0, 0, sy, x, line.bottom - (latin ? 0 : bodyBottom * sy)],
    };
  });
}
