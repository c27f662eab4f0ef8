// A drawing as SVG, for pages and for looking at it: no script, no outside reference.
import { toBase64 } from '../../formats/bytes.ts';
import type { Affine, Colour, Drawing, Mark, OutlineStep } from './drawing.ts';
import { sealRed, then } from './drawing.ts';
import { writePng } from './png-writer.ts';

/** @returns a complete SVG document in real size (millimetres); `title` is escaped and names the picture for readers. */
export function svgPicture(drawing: Drawing, title: string): string {
  const { width, height } = drawing;
  const box = `${number(-width / 2)} ${number(-height / 2)} ${number(width)} ${number(height)}`;
  const body = drawing.marks.map(element).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}mm" height="${number(height)}mm" viewBox="${box}" ` +
    `role="img" fill="${red}" stroke="none"><title>${escaped(title)}</title>` +
    `<g transform="scale(1 -1)">${body}</g></svg>`
  );
}

function element(mark: Mark): string {
  switch (mark.kind) {
    case 'ring':
      return `<circle cy="${number(mark.y ?? 0)}" r="${number(mark.radius)}" ${lined(mark.width)}/>`;
    case 'oval':
      return `<ellipse rx="${number(mark.radii[0])}" ry="${number(mark.radii[1])}" ${lined(mark.width)}/>`;
    case 'polygon':
      return `<polygon points="${mark.points.map(([x, y]) => `${number(x)},${number(y)}`).join(' ')}"/>`;
    case 'frame': {
      const [[x, y], [w, h]] = [mark.centre, mark.size];
      return (
        `<rect x="${number(x - w / 2)}" y="${number(y - h / 2)}" width="${number(w)}" height="${number(h)}" ` +
        `${lined(mark.width)}/>`
      );
    }
    case 'glyph':
      return `<path transform="${matrix(mark.place)}" d="${mark.outline.map(step).join('')}"/>`;
    case 'figure': {
      const fill = mark.fill === null ? 'none' : rgb(mark.fill);
      const { stroke } = mark;
      const line =
        stroke === null
          ? ''
          : ` stroke="${rgb(stroke.colour)}" stroke-width="${number(stroke.width)}" ` +
            `stroke-linecap="${stroke.cap}" stroke-linejoin="${stroke.join}"`;
      return `<path transform="${matrix(mark.place)}" fill="${fill}" fill-rule="${mark.rule}"${line} d="${mark.outline.map(step).join('')}"/>`;
    }
    case 'image': {
      // SVG counts a picture's rows downwards.
      const place = then([1, 0, 0, -1, 0, 1], mark.place);
      const png = toBase64(writePng(mark.image));
      return `<image width="1" height="1" preserveAspectRatio="none" transform="${matrix(place)}" href="data:image/png;base64,${png}"/>`;
    }
  }
}

const red = rgb(sealRed);

function lined(width: number): string {
  return `fill="none" stroke="${red}" stroke-width="${number(width)}"`;
}

function rgb(colour: Colour): string {
  return `rgb(${colour.join(',')})`;
}

function matrix(place: Affine): string {
  return `matrix(${place.map((value) => Number(value.toFixed(6))).join(' ')})`;
}

function step(step: OutlineStep): string {
  switch (step[0]) {
    case 'move':
      return `M${number(step[1])} ${number(step[2])}`;
    case 'line':
      return `L${number(step[1])} ${number(step[2])}`;
    case 'curve':
      return `C${step
        .slice(1)
        .map((value) => number(Number(value)))
        .join(' ')}`;
    case 'close':
      return 'Z';
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function number(value: number): string {
  return String(Number(value.toFixed(3)));
}
