// Characters of a page put into lines as a reader sees them, whatever order and pieces they were written in.
import { foldText } from './text-fold.ts';
import type { TextGlyph } from './text-content.ts';

/** Characters one after another on one line, without a wide gap. */
export interface TextLine {
  /** Folded characters of the whole line. */
  readonly text: string;
  /** For each UTF-16 unit of `text`, which glyph shows it. */
  readonly owners: readonly number[];
  readonly glyphs: readonly TextGlyph[];
  /** Unit vector along the line. */
  readonly along: readonly [number, number];
  /** Place of the line across its direction, and the size of its characters. */
  readonly level: number;
  readonly size: number;
  /** Extent along the direction. */
  readonly from: number;
  readonly to: number;
}

interface Placed {
  readonly glyph: TextGlyph;
  readonly folded: string;
  readonly angle: number;
  readonly along: number;
  readonly level: number;
  readonly half: number;
  readonly size: number;
}

/** Characters whose middles are closer than this, in their size, stand on one line. */
const sameLine = 0.4;
/** A gap wider than this many sizes ends a line: another column. */
const widestGap = 4;
/** Characters printed twice to look bold, so near to each other in their own width. */
const sameCharacter = 0.35;

/** @returns lines from their direction's top to bottom; characters that nobody knows stand in them as U+FFFD */
export function linesOf(glyphs: readonly TextGlyph[]): readonly TextLine[] {
  const directions = new Map<number, Placed[]>();
  for (const glyph of glyphs) {
    const placed = place(glyph);
    if (placed === null) continue;
    const group = directions.get(placed.angle);
    if (group === undefined) directions.set(placed.angle, [placed]);
    else group.push(placed);
  }
  return [...directions.values()].flatMap(linesOfDirection);
}

function place(glyph: TextGlyph): Placed | null {
  const folded = glyph.text === '' ? '\ufffd' : foldText(glyph.text);
  if (folded === '') return null;
  const length = Math.hypot(glyph.alongX, glyph.alongY);
  const size = Math.hypot(glyph.acrossX, glyph.acrossY);
  if (!(size > 1e-3 && size < 1e6) || !Number.isFinite(glyph.x + glyph.y)) return null;
  // A character without width has the direction of its line from the vector across.
  const angle =
    length > 1e-6 ? Math.atan2(glyph.alongY, glyph.alongX) : Math.atan2(-glyph.acrossX, glyph.acrossY);
  const degrees = Math.round((angle * 180) / Math.PI);
  const turn = ((((degrees === -180 ? 180 : degrees) * Math.PI) / 180) * 1000) / 1000;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return {
    glyph,
    folded,
    angle: turn,
    along: glyph.x * cos + glyph.y * sin,
    level: -glyph.x * sin + glyph.y * cos,
    half: length / 2,
    size,
  };
}

function linesOfDirection(placed: readonly Placed[]): TextLine[] {
  const byLevel = [...placed].sort((a, b) => b.level - a.level || a.along - b.along);
  const rows: Placed[][] = [];
  let row: Placed[] = [];
  let [level, size] = [0, 0];
  for (const each of byLevel) {
    if (row.length > 0 && level - each.level > sameLine * Math.min(size, each.size)) {
      rows.push(row);
      row = [];
    }
    if (row.length === 0) [level, size] = [each.level, each.size];
    row.push(each);
  }
  if (row.length > 0) rows.push(row);
  return rows.flatMap(segments);
}

function segments(row: Placed[]): TextLine[] {
  row.sort((a, b) => a.along - b.along);
  const lines: TextLine[] = [];
  let current: Placed[] = [];
  for (const each of row) {
    const before = current.at(-1);
    if (before !== undefined) {
      const again =
        before.folded === each.folded && Math.abs(each.along - before.along) < sameCharacter * 2 * each.half;
      if (again) continue;
      const gap = each.along - each.half - (before.along + before.half);
      if (gap > widestGap * Math.max(before.size, each.size)) {
        lines.push(lineOf(current));
        current = [];
      }
    }
    current.push(each);
  }
  if (current.length > 0) lines.push(lineOf(current));
  return lines;
}

function lineOf(placed: readonly Placed[]): TextLine {
  const owners: number[] = [];
  let text = '';
  placed.forEach(({ folded }, index) => {
    text += folded;
    for (let i = 0; i < folded.length; i++) owners.push(index);
  });
  const [first, last] = [placed[0], placed.at(-1)];
  const angle = first?.angle ?? 0;
  return {
    text,
    owners,
    glyphs: placed.map(({ glyph }) => glyph),
    along: [Math.cos(angle), Math.sin(angle)],
    level: first?.level ?? 0,
    size: Math.max(...sizes(placed)),
    from: (first?.along ?? 0) - (first?.half ?? 0),
    to: (last?.along ?? 0) + (last?.half ?? 0),
  };
}

/** A few are enough to tell a line's size, and a spread call has a bound. */
function sizes(placed: readonly Placed[]): readonly number[] {
  return placed.slice(0, 1000).map(({ size }) => size);
}
