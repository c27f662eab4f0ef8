// A drawing as the content of a PDF form XObject: paths and one DeviceRGB red; no font, no transparency but of pictures filed so.
import type { Appearance, FormImage } from '../../formats/pdf/appearance.ts';
import type { Affine, Colour, Drawing, Mark, OutlineStep, Stroke } from './drawing.ts';
import { sealRed } from './drawing.ts';

/** Points per millimetre. */
const pointsPerMm = 72 / 25.4;
/** Handle length of the four Bézier quarters of a unit circle. */
const quarter = 0.5522847;

/** @returns the form's operators, not yet compressed, with its box in points and the lower left corner at the origin. */
export function pdfAppearance(drawing: Drawing): Appearance {
  const [width, height] = [drawing.width * pointsPerMm, drawing.height * pointsPerMm];
  const red = colour(sealRed);
  const k = number(pointsPerMm, 5);
  const images: FormImage[] = [];
  const out = [`${red} rg ${red} RG`, `${k} 0 0 ${k} ${number(width / 2, 3)} ${number(height / 2, 3)} cm`];
  const glyphs: string[] = [];
  for (const mark of drawing.marks) {
    if (mark.kind === 'image') {
      const name = `I${images.length}`;
      images.push({ name, ...mark.image });
      out.push(`q ${matrix(mark.place, 5, 3)} cm /${name} Do Q`);
    } else if (mark.kind === 'glyph') glyphs.push(glyph(mark, drawing.cell ?? 1));
    else out.push(operators(mark));
  }
  // Last, in cells: short numbers are what makes a seal small.
  if (glyphs.length > 0)
    out.push(`${number(drawing.cell ?? 1, 3)} 0 0 ${number(drawing.cell ?? 1, 3)} 0 0 cm`, ...glyphs);
  return {
    content: new TextEncoder().encode(out.join('\n') + '\n'),
    boundingBox: [0, 0, round(width, 3), round(height, 3)],
    ...(images.length === 0 ? {} : { images }),
  };
}

/** A filled figure needs no closing (8.5.3.3.1), and the cell is the unit. */
function glyph(mark: Extract<Mark, { kind: 'glyph' }>, cell: number): string {
  const place: Affine = [
    mark.place[0] / cell,
    mark.place[1] / cell,
    mark.place[2] / cell,
    mark.place[3] / cell,
    mark.place[4] / cell,
    mark.place[5] / cell,
  ];
  const steps = mark.outline.filter(([kind]) => kind !== 'close');
  return `q ${matrix(place, 3, 1)} cm\n${pathOf(steps, 0)}\nf Q`;
}

function operators(mark: Exclude<Mark, { kind: 'image' | 'glyph' }>): string {
  switch (mark.kind) {
    case 'ring':
      return mark.y === undefined
        ? ellipse(mark.radius, mark.radius, mark.width)
        : `q 1 0 0 1 0 ${number(mark.y, 3)} cm\n${ellipse(mark.radius, mark.radius, mark.width)} Q`;
    case 'oval':
      return ellipse(...mark.radii, mark.width);
    case 'polygon': {
      const steps = mark.points.map(([x, y], i) => `${number(x, 3)} ${number(y, 3)} ${i === 0 ? 'm' : 'l'}`);
      return `${steps.join('\n')}\nf`;
    }
    case 'frame': {
      const [[x, y], [w, h]] = [mark.centre, mark.size];
      const corner = `${number(x - w / 2, 3)} ${number(y - h / 2, 3)}`;
      return `${number(mark.width, 3)} w\n${corner} ${number(w, 3)} ${number(h, 3)} re S`;
    }
    case 'figure': {
      const paths = pathOf(mark.outline, 3);
      const fill = mark.fill === null ? '' : `${colour(mark.fill)} rg\n`;
      const even = mark.rule === 'evenodd' ? '*' : '';
      const paint = mark.fill === null ? 'S' : mark.stroke === null ? `f${even}` : `B${even}`;
      return `q ${matrix(mark.place, 6, 3)} cm\n${fill}${stroking(mark.stroke)}${paths}\n${paint} Q`;
    }
  }
}

function ellipse(rx: number, ry: number, width: number): string {
  const [x, y] = [number(rx, 3), number(ry, 3)];
  const [h, v] = [number(rx * quarter, 3), number(ry * quarter, 3)];
  return (
    `${number(width, 3)} w\n${x} 0 m\n${x} ${v} ${h} ${y} 0 ${y} c\n-${h} ${y} -${x} ${v} -${x} 0 c\n` +
    `-${x} -${v} -${h} -${y} 0 -${y} c\n${h} -${y} ${x} -${v} ${x} 0 c\ns`
  );
}

const caps: Readonly<Record<Stroke['cap'], number>> = { butt: 0, round: 1, square: 2 };
const joins: Readonly<Record<Stroke['join'], number>> = { miter: 0, round: 1, bevel: 2 };

function stroking(stroke: Stroke | null): string {
  if (stroke === null) return '';
  const { width, cap, join } = stroke;
  return `${colour(stroke.colour)} RG ${number(width, 4)} w ${caps[cap]} J ${joins[join]} j\n`;
}

function pathOf(outline: readonly OutlineStep[], digits: number): string {
  const n = (value: number): string => number(value, digits);
  let at = '';
  return outline
    .map((step) => {
      if (step[0] === 'close') return 'h';
      const to = step[0] === 'curve' ? `${n(step[5])} ${n(step[6])}` : `${n(step[1])} ${n(step[2])}`;
      const from = at;
      at = to;
      if (step[0] !== 'curve') return `${to} ${step[0] === 'move' ? 'm' : 'l'}`;
      const [first, second] = [`${n(step[1])} ${n(step[2])}`, `${n(step[3])} ${n(step[4])}`];
      // 8.5.2.1: a control point that lies on an end need not be written.
      if (first === from) return `${second} ${to} v`;
      return second === to ? `${first} ${to} y` : `${first} ${second} ${to} c`;
    })
    .join('\n');
}

/** @param digits - of the four parts of the map; @param shift - of the two of the translation */
function matrix(place: Affine, digits: number, shift: number): string {
  return place.map((value, i) => number(value, i < 4 ? digits : shift)).join(' ');
}

function colour(parts: Colour): string {
  return parts.map((part) => number(part / 255, 3)).join(' ');
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** A PDF number: never in exponent form, no needless zeros. */
function number(value: number, digits: number): string {
  const text = value.toFixed(digits);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short.replace(/^(-?)0\./, '$1.');
}
