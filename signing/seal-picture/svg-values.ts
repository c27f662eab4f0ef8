// Values of SVG attributes: numbers, lengths, colours, transforms. What is not plainly one of them is refused.
import { then, type Affine, type Colour } from './drawing.ts';
import { refusedSvg, short } from './svg-elements.ts';

const number = '[+-]?(?:\\d{1,20}(?:\\.\\d{0,20})?|\\.\\d{1,20})(?:[eE][+-]?\\d{1,2})?';
const wholeNumber = new RegExp(`^${number}$`);
const lengthPattern = new RegExp(`^(${number})(px|mm|cm|pt|in)?$`);

export function readNumber(text: string): number {
  const value = Number(text.trim());
  if (!wholeNumber.test(text.trim()) || !(Math.abs(value) < 1e6)) throw refusedSvg('a number is wrong');
  return value;
}

/** @param count how many there must be; any even number where absent */
export function readNumbers(text: string, count?: number): number[] {
  const parts = text.trim().split(/[\s,]+/);
  if (parts.length > 100_000) throw refusedSvg('a list of numbers is too long');
  const values = parts[0] === '' ? [] : parts.map(readNumber);
  if (count === undefined ? values.length % 2 !== 0 : values.length !== count) {
    throw refusedSvg('a list of numbers has a wrong length');
  }
  return values;
}

/** CSS pixels in one of each unit (CSS Values 5.2). */
const units: Readonly<Record<string, number>> = { px: 1, mm: 96 / 25.4, cm: 96 / 2.54, pt: 96 / 72, in: 96 };

/** In CSS pixels, which are the picture's own units. */
export function readLength(text: string): number {
  const match = lengthPattern.exec(text.trim());
  if (match?.[1] === undefined) throw refusedSvg('a length is wrong');
  return readNumber(match[1]) * (units[match[2] ?? 'px'] ?? 1);
}

const names: Readonly<Record<string, Colour>> = {
  black: [0, 0, 0],
  white: [255, 255, 255],
  red: [255, 0, 0],
  blue: [0, 0, 255],
  navy: [0, 0, 128],
  darkred: [139, 0, 0],
  crimson: [220, 20, 60],
  firebrick: [178, 34, 34],
};

/** Hexadecimal, rgb() and a few names; null for `none`. */
export function readColour(text: string): Colour | null {
  const value = text.trim().toLowerCase();
  if (value === 'none') return null;
  const named = names[value];
  if (named !== undefined) return named;
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/.exec(value)?.[1];
  if (hex !== undefined) {
    const part = (index: number): number =>
      hex.length === 3
        ? parseInt(hex.charAt(index).repeat(2), 16)
        : parseInt(hex.slice(index * 2, index * 2 + 2), 16);
    return [part(0), part(1), part(2)];
  }
  const rgb = /^rgb\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*\)$/.exec(value);
  const parts = rgb?.slice(1).map(Number) ?? [];
  const [red, green, blue] = parts;
  if (red === undefined || green === undefined || blue === undefined || parts.some((part) => part > 255)) {
    throw refusedSvg(`the colour ${short(value)} is not allowed`);
  }
  return [red, green, blue];
}

/** translate, scale, rotate, skewX, skewY, matrix, in any number; the last is applied first. */
export function readTransform(text: string): Affine {
  let whole: Affine = [1, 0, 0, 1, 0, 0];
  let rest = text.trim();
  for (let count = 0; rest !== ''; count++) {
    const match = /^(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]{0,300})\)[\s,]*/.exec(rest);
    if (match === null || count > 20) throw refusedSvg('a transform is wrong');
    const values = (match[2] ?? '')
      .trim()
      .split(/[\s,]+/)
      .map(readNumber);
    whole = then(transformOf(match[1] ?? '', values), whole);
    rest = rest.slice(match[0].length);
  }
  return whole;
}

function transformOf(name: string, values: readonly number[]): Affine {
  const [a = 0, b, c, d, e, f] = values;
  const turn = (a * Math.PI) / 180;
  switch (`${name} ${values.length}`) {
    case 'matrix 6':
      return [a, b ?? 0, c ?? 0, d ?? 0, e ?? 0, f ?? 0];
    case 'translate 1':
    case 'translate 2':
      return [1, 0, 0, 1, a, b ?? 0];
    case 'scale 1':
    case 'scale 2':
      return [a, 0, 0, b ?? a, 0, 0];
    case 'skewX 1':
      return [1, 0, Math.tan(turn), 1, 0, 0];
    case 'skewY 1':
      return [1, Math.tan(turn), 0, 1, 0, 0];
    case 'rotate 1':
    case 'rotate 3': {
      const [cos, sin, x, y] = [Math.cos(turn), Math.sin(turn), b ?? 0, c ?? 0];
      return [cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y];
    }
    default:
      throw refusedSvg('a transform is wrong');
  }
}
