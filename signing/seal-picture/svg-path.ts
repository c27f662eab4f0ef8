// The `d` of an SVG path (SVG 1.1, 8.3) into an outline: every command, arcs as cubic curves.
import type { OutlineStep } from './drawing.ts';
import { arcCurves } from './svg-arc.ts';
import { refusedSvg } from './svg-elements.ts';

const mostSteps = 50_000;
const farthest = 1e6;

const argumentsOf: Readonly<Record<string, number>> = {
  M: 2, L: 2, H: 1, V: 1, C: 6, S: 4, Q: 4, T: 2, A: 7, Z: 0,
}; // prettier-ignore

interface Mirrored {
  readonly of: 'C' | 'Q';
  readonly x: number;
  readonly y: number;
}

/** @throws SigningError `picture-refused` for anything but a path that draws */
export function readSvgPath(d: string): OutlineStep[] {
  const steps: OutlineStep[] = [];
  const tokens = new Tokens(d);
  let [x, y, startX, startY] = [0, 0, 0, 0];
  /** Control point that S and T mirror. */
  let mirrored = null as Mirrored | null;
  let command = '';
  while (!tokens.done) {
    const letter = tokens.letter();
    if (letter !== null) command = letter;
    else if (command.toUpperCase() === 'Z' || command === '')
      throw refusedSvg('a path has numbers without a command');
    // Further pairs after a move are lines (8.3.2).
    else if (command === 'M') command = 'L';
    else if (command === 'm') command = 'l';
    const kind = command.toUpperCase();
    if (steps.length === 0 && kind !== 'M') throw refusedSvg('a path does not begin with a move');
    if (steps.length > mostSteps) throw refusedSvg('a path has too many steps');
    const [a = 0, b = 0, c = 0, e = 0, f = 0, g = 0, h = 0] = tokens.numbers(
      argumentsOf[kind] ?? 0,
      kind === 'A',
    );
    const [dx, dy] = command === kind ? [0, 0] : [x, y];
    const reflect = (of: 'C' | 'Q'): readonly [number, number] =>
      mirrored?.of === of ? [2 * x - mirrored.x, 2 * y - mirrored.y] : [x, y];
    let next = null as Mirrored | null;
    const curveTo = (x1: number, y1: number, x2: number, y2: number, toX: number, toY: number): void => {
      steps.push(['curve', x1, y1, x2, y2, toX, toY]);
      [x, y] = [toX, toY];
    };
    const quadraticTo = (cx: number, cy: number, toX: number, toY: number): void => {
      const third = (from: number, control: number): number => from + (2 / 3) * (control - from);
      next = { of: 'Q', x: cx, y: cy };
      curveTo(third(x, cx), third(y, cy), third(toX, cx), third(toY, cy), toX, toY);
    };
    switch (kind) {
      case 'M':
        [x, y] = [startX, startY] = [a + dx, b + dy];
        steps.push(['move', x, y]);
        break;
      case 'Z':
        steps.push(['close']);
        [x, y] = [startX, startY];
        break;
      case 'L':
        [x, y] = [a + dx, b + dy];
        steps.push(['line', x, y]);
        break;
      case 'H':
        x = a + dx;
        steps.push(['line', x, y]);
        break;
      case 'V':
        y = a + dy;
        steps.push(['line', x, y]);
        break;
      case 'C':
        next = { of: 'C', x: c + dx, y: e + dy };
        curveTo(a + dx, b + dy, c + dx, e + dy, f + dx, g + dy);
        break;
      case 'S': {
        const [x1, y1] = reflect('C');
        next = { of: 'C', x: a + dx, y: b + dy };
        curveTo(x1, y1, a + dx, b + dy, c + dx, e + dy);
        break;
      }
      case 'Q':
        quadraticTo(a + dx, b + dy, c + dx, e + dy);
        break;
      case 'T':
        quadraticTo(...reflect('Q'), a + dx, b + dy);
        break;
      case 'A': {
        const to = [g + dx, h + dy] as const;
        for (const curve of arcCurves([x, y], [a, b], c, e === 1, f === 1, to)) steps.push(curve);
        [x, y] = to;
        break;
      }
      default:
        throw refusedSvg('a path has an unknown command');
    }
    if (!(Math.abs(x) < farthest && Math.abs(y) < farthest)) throw refusedSvg('a path leads too far');
    mirrored = next;
  }
  return steps;
}

class Tokens {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skip();
  }

  get done(): boolean {
    return this.#position >= this.#text.length;
  }

  letter(): string | null {
    const letter = this.#text.charAt(this.#position);
    if (!/[A-Za-z]/.test(letter)) return null;
    if (argumentsOf[letter.toUpperCase()] === undefined) throw refusedSvg('a path has an unknown command');
    this.#position++;
    this.#skip();
    return letter;
  }

  /** @param arc whether the fourth and fifth are flags, which need no blank behind them */
  numbers(count: number, arc: boolean): number[] {
    const values: number[] = [];
    for (let i = 0; i < count; i++) {
      const pattern =
        arc && (i === 3 || i === 4)
          ? /[01]/y
          : /[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?/y;
      pattern.lastIndex = this.#position;
      const match = pattern.exec(this.#text);
      const value = Number(match?.[0]);
      if (match === null || !(Math.abs(value) < farthest)) throw refusedSvg('a path has a wrong number');
      this.#position += match[0].length;
      values.push(value);
      this.#skip();
    }
    return values;
  }

  #skip(): void {
    while (/[\s,]/.test(this.#text.charAt(this.#position))) this.#position++;
  }
}
