// A drawing as the content of a PDF form XObject: paths and one DeviceRGB red; no font, no image, no transparency.
import type { Appearance } from '../../formats/pdf/appearance.ts';
import type { Drawing, Mark, OutlineStep } from './drawing.ts';
import { sealRed } from './drawing.ts';

/** Points per millimetre. */
const pointsPerMm = 72 / 25.4;
/** Handle length of the four Bézier quarters of a unit circle. */
const quarter = 0.5522847;

/** @returns the form's operators, not yet compressed, with its box in points and the lower left corner at the origin. */
export function pdfAppearance(drawing: Drawing): Appearance {
  const [width, height] = [drawing.width * pointsPerMm, drawing.height * pointsPerMm];
  const red = sealRed.map((part) => number(part / 255, 3)).join(' ');
  const k = number(pointsPerMm, 5);
  const out = [`${red} rg ${red} RG`, `${k} 0 0 ${k} ${number(width / 2, 3)} ${number(height / 2, 3)} cm`];
  for (const mark of drawing.marks) out.push(operators(mark));
  return {
    content: new TextEncoder().encode(out.join('\n') + '\n'),
    boundingBox: [0, 0, round(width, 3), round(height, 3)],
  };
}

function operators(mark: Mark): string {
  switch (mark.kind) {
    case 'ring': {
      const [r, h] = [number(mark.radius, 3), number(mark.radius * quarter, 3)];
      return (
        `${number(mark.width, 3)} w\n${r} 0 m\n${r} ${h} ${h} ${r} 0 ${r} c\n-${h} ${r} -${r} ${h} -${r} 0 c\n` +
        `-${r} -${h} -${h} -${r} 0 -${r} c\n${h} -${r} ${r} -${h} ${r} 0 c\ns`
      );
    }
    case 'polygon': {
      const steps = mark.points.map(([x, y], i) => `${number(x, 3)} ${number(y, 3)} ${i === 0 ? 'm' : 'l'}`);
      return `${steps.join('\n')}\nf`;
    }
    case 'frame': {
      const [[x, y], [w, h]] = [mark.centre, mark.size];
      const corner = `${number(x - w / 2, 3)} ${number(y - h / 2, 3)}`;
      return `${number(mark.width, 3)} w\n${corner} ${number(w, 3)} ${number(h, 3)} re S`;
    }
    case 'glyph': {
      const place = mark.place.map((value, i) => number(value, i < 4 ? 6 : 3)).join(' ');
      return `q ${place} cm\n${mark.outline.map(step).join('\n')}\nf Q`;
    }
  }
}

function step(step: OutlineStep): string {
  switch (step[0]) {
    case 'move':
      return `${step[1]} ${step[2]} m`;
    case 'line':
      return `${step[1]} ${step[2]} l`;
    case 'curve':
      return `${step.slice(1).join(' ')} c`;
    case 'close':
      return 'h';
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** A PDF number: never in exponent form, no needless zeros. */
function number(value: number, digits: number): string {
  const text = value.toFixed(digits);
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short;
}
