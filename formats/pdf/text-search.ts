// Where a text stands on a page: over runs, within a line, and over the end of a line into the next.
import type { Rectangle } from './pages.ts';
import { foldText } from './text-fold.ts';
import { linesOf, type TextLine } from './text-lines.ts';
import type { TextGlyph } from './text-content.ts';

export interface TextMatch {
  /** Around the characters on the line where the match begins, in default user space. */
  readonly box: Rectangle;
  /** Whether every character of it shows: text recognised under a scan does not. */
  readonly visible: boolean;
}

/** Longest text looked for, in folded characters. */
export const longestAnchor = 100;
/** How far below, in sizes, the next line of a paragraph may begin. */
const nextLine = 2.6;
/** Lines that a text may run over. */
const mostLines = 3;

/**
 * Every place of `text` that begins on the page, in no particular order; matches of one line do not overlap.
 * Blanks do not count, and full width, half width, ligatures and compatibility forms are one.
 */
export function findText(glyphs: readonly TextGlyph[], text: string): readonly TextMatch[] {
  const wanted = foldText(text);
  if (wanted === '') return [];
  const lines = linesOf(glyphs);
  const matches: TextMatch[] = [];
  lines.forEach((line, index) => {
    let end = 0;
    for (let at = line.text.indexOf(wanted); at >= 0; at = line.text.indexOf(wanted, end)) {
      end = at + wanted.length;
      matches.push(matchOf(line, at, end));
    }
    const start = overTheEnd(lines, index, wanted, end);
    if (start !== null) matches.push(matchOf(line, start, line.text.length));
  });
  return matches;
}

/** Where in the line the text begins that goes on in the next one; null where it does not. */
function overTheEnd(lines: readonly TextLine[], index: number, wanted: string, from: number): number | null {
  const line = lines[index];
  if (line === undefined) return null;
  for (let start = Math.max(from, line.text.length - wanted.length + 1); start < line.text.length; start++) {
    if (!wanted.startsWith(line.text.slice(start))) continue;
    let rest = wanted.slice(line.text.length - start);
    let last = index;
    for (let count = 1; count < mostLines && rest !== ''; count++) {
      last = following(lines, last);
      const next = lines[last];
      if (next === undefined) break;
      if (next.text.startsWith(rest)) return start;
      if (!rest.startsWith(next.text)) break;
      rest = rest.slice(next.text.length);
    }
  }
  return null;
}

/** The line of the same direction right below; −1 where there is none. */
function following(lines: readonly TextLine[], index: number): number {
  const line = lines[index];
  if (line === undefined) return -1;
  for (let at = index + 1; at < lines.length; at++) {
    const next = lines[at];
    if (next === undefined || next.along[0] !== line.along[0] || next.along[1] !== line.along[1]) return -1;
    const below = line.level - next.level;
    if (below > nextLine * Math.max(line.size, next.size)) return -1;
    if (below > 0.4 * Math.min(line.size, next.size) && next.from < line.to && next.to > line.from) return at;
  }
  return -1;
}

function matchOf(line: TextLine, start: number, end: number): TextMatch {
  const shown = line.glyphs.slice(line.owners[start] ?? 0, (line.owners[end - 1] ?? 0) + 1);
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, alongX, alongY, acrossX, acrossY } of shown) {
    const halfWidth = (Math.abs(alongX) + Math.abs(acrossX)) / 2;
    const halfHeight = (Math.abs(alongY) + Math.abs(acrossY)) / 2;
    left = Math.min(left, x - halfWidth);
    right = Math.max(right, x + halfWidth);
    bottom = Math.min(bottom, y - halfHeight);
    top = Math.max(top, y + halfHeight);
  }
  return { box: { left, bottom, right, top }, visible: shown.every(({ invisible }) => !invisible) };
}
