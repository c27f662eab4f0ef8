// SVG's simple shapes as outlines (SVG 1.1, 9).
import type { OutlineStep } from './drawing.ts';
import { refusedSvg, type SvgElement } from './svg-elements.ts';
import { readLength, readNumbers } from './svg-values.ts';

/** Handle length of the four curves of a unit circle. */
const quarter = 0.5522847;

/** @throws SigningError `picture-refused` for sizes that are none */
export function shapeOutline(element: SvgElement): OutlineStep[] {
  const length = (name: string): number => readLength(element.attributes.get(name) ?? '0');
  const size = (name: string): number => {
    const value = length(name);
    if (value < 0) throw refusedSvg(`the element ${element.name} has a negative size`);
    return value;
  };
  switch (element.name) {
    case 'circle':
      return oval(length('cx'), length('cy'), size('r'), size('r'));
    case 'ellipse':
      return oval(length('cx'), length('cy'), size('rx'), size('ry'));
    case 'line':
      return [
        ['move', length('x1'), length('y1')],
        ['line', length('x2'), length('y2')],
      ];
    case 'rect': {
      const rx = element.attributes.has('rx') ? size('rx') : size('ry');
      const ry = element.attributes.has('ry') ? size('ry') : rx;
      return rectangle(length('x'), length('y'), size('width'), size('height'), rx, ry);
    }
    default: {
      const numbers = readNumbers(element.attributes.get('points') ?? '');
      const steps: OutlineStep[] = [];
      for (let i = 0; i + 1 < numbers.length; i += 2) {
        steps.push([i === 0 ? 'move' : 'line', numbers[i] ?? 0, numbers[i + 1] ?? 0]);
      }
      return element.name === 'polygon' && steps.length > 0 ? [...steps, ['close']] : steps;
    }
  }
}

function oval(x: number, y: number, rx: number, ry: number): OutlineStep[] {
  if (rx === 0 || ry === 0) return [];
  const [hx, hy] = [rx * quarter, ry * quarter];
  return [
    ['move', x + rx, y],
    ['curve', x + rx, y + hy, x + hx, y + ry, x, y + ry],
    ['curve', x - hx, y + ry, x - rx, y + hy, x - rx, y],
    ['curve', x - rx, y - hy, x - hx, y - ry, x, y - ry],
    ['curve', x + hx, y - ry, x + rx, y - hy, x + rx, y],
    ['close'],
  ];
}

function rectangle(x: number, y: number, w: number, h: number, rx: number, ry: number): OutlineStep[] {
  if (w === 0 || h === 0) return [];
  const [cx, cy] = [Math.min(rx, w / 2), Math.min(ry, h / 2)];
  const [right, bottom] = [x + w, y + h];
  if (cx === 0 || cy === 0) {
    return [['move', x, y], ['line', right, y], ['line', right, bottom], ['line', x, bottom], ['close']];
  }
  const [hx, hy] = [cx * (1 - quarter), cy * (1 - quarter)];
  return [
    ['move', x + cx, y],
    ['line', right - cx, y],
    ['curve', right - hx, y, right, y + hy, right, y + cy],
    ['line', right, bottom - cy],
    ['curve', right, bottom - hy, right - hx, bottom, right - cx, bottom],
    ['line', x + cx, bottom],
    ['curve', x + hx, bottom, x, bottom - hy, x, bottom - cy],
    ['line', x, y + cy],
    ['curve', x, y + hy, x + hx, y, x + cx, y],
    ['close'],
  ];
}
