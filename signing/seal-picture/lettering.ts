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
    return upright(character, { angle, radius: feet, width, height });
  });
}

/** A character standing on a circle of `radius`, `angle` counted anticlockwise from the top. */
function upright(
  character: string,
  at: { readonly angle: number; readonly radius: number; readonly width: number; readonly height: number },
): Mark {
  const glyph = glyphOf(character);
  const [sin, cos] = [Math.sin(at.angle), Math.cos(at.angle)];
  const [sx, sy] = [at.width / grid, at.height / grid];
  const dx = (-glyph.advance / 2) * sx;
  const dy = at.radius - bodyBottom * sy;
  return {
    kind: 'glyph',
    outline: glyph.outline,
    place: [cos * sx, sin * sx, -sin * sy, cos * sy, cos * dx - sin * dy, sin * dx + cos * dy],
  };
}

/** Digits along the bottom of a circle, heads towards the centre, read from left to right. */
export function letterCode(code: string, baseRadius: number, digitHeight: number): Mark[] {
  const digits = Array.from(code);
  // Figures of the face are 0.733 em tall.
  const em = digitHeight / 0.733;
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

/** One straight line of characters, centred on x = 0, from `bottom` upwards, no wider than `widest`. */
export function letterLine(
  text: string,
  line: { readonly bottom: number; readonly height: number; readonly widest: number },
): Mark[] {
  const characters = Array.from(text);
  const width = Math.min(line.height * 0.98, line.widest / characters.length);
  const [sx, sy] = [width / grid, line.height / grid];
  return characters.map((character, index) => {
    const glyph = glyphOf(character);
    const middle = (index - (characters.length - 1) / 2) * width;
    return {
      kind: 'glyph',
      outline: glyph.outline,
      place: [sx, 0, 0, sy, middle - (glyph.advance / 2) * sx, line.bottom - bodyBottom * sy],
    };
  });
}
