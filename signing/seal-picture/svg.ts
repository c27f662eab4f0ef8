// A drawing as SVG, for pages and for looking at it: no script, no outside reference.
import type { Drawing, Mark, OutlineStep } from './drawing.ts';
import { sealRed } from './drawing.ts';

/** @returns a complete SVG document in real size (millimetres); `title` is escaped and names the picture for readers. */
export function svgPicture(drawing: Drawing, title: string): string {
  const colour = `rgb(${sealRed.join(',')})`;
  const { width, height } = drawing;
  const box = `${number(-width / 2)} ${number(-height / 2)} ${number(width)} ${number(height)}`;
  const body = drawing.marks.map(element).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}mm" height="${number(height)}mm" viewBox="${box}" ` +
    `role="img" fill="${colour}" stroke="none"><title>${escaped(title)}</title>` +
    `<g transform="scale(1 -1)">${body.replaceAll('COLOUR', colour)}</g></svg>`
  );
}

function element(mark: Mark): string {
  switch (mark.kind) {
    case 'ring':
      return `<circle r="${number(mark.radius)}" fill="none" stroke="COLOUR" stroke-width="${number(mark.width)}"/>`;
    case 'polygon':
      return `<polygon points="${mark.points.map(([x, y]) => `${number(x)},${number(y)}`).join(' ')}"/>`;
    case 'frame': {
      const [[x, y], [w, h]] = [mark.centre, mark.size];
      return (
        `<rect x="${number(x - w / 2)}" y="${number(y - h / 2)}" width="${number(w)}" height="${number(h)}" ` +
        `fill="none" stroke="COLOUR" stroke-width="${number(mark.width)}"/>`
      );
    }
    case 'glyph':
      return `<path transform="matrix(${mark.place.map((v) => v.toFixed(6)).join(' ')})" d="${mark.outline.map(step).join('')}"/>`;
  }
}

function step(step: OutlineStep): string {
  switch (step[0]) {
    case 'move':
      return `M${step[1]} ${step[2]}`;
    case 'line':
      return `L${step[1]} ${step[2]}`;
    case 'curve':
      return `C${step.slice(1).join(' ')}`;
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
