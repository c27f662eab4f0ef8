// Text into boxes: the largest size at which it fits, broken between hanzi, never before closing marks.

/** Width of `text` in ems. */
export type Measure = (text: string) => number;

/** Text that fits its box. */
export interface FittedText {
  /** Points. */
  readonly size: number;
  readonly lines: readonly string[];
}

/** Height of a line in sizes. */
export const LINE_HEIGHT = 1.4;
const STEP = 0.5;
/** No line begins with these (kinsoku): closing brackets and sentence marks. */
const NOT_AT_START = /^[，。、；：？！）》〉」』】〕”’,.;:?!)\]%℃]/u;
/** No line ends with these. */
const NOT_AT_END = /[（《〈「『【〔“‘([]$/u;

/** The smallest pieces that may stand on a line of their own: one hanzi, one Latin word, marks with their neighbour. */
function pieces(text: string): string[] {
  const found: string[] = [];
  for (const part of text.match(/[A-Za-z0-9@#&+./_-]+|\s+|./gsu) ?? []) {
    const last = found.at(-1);
    const clings = /^\s/u.test(part) || NOT_AT_START.test(part) || NOT_AT_END.test((last ?? '').trimEnd());
    if (last !== undefined && clings) found[found.length - 1] = last + part;
    else found.push(part);
  }
  return found;
}

function breakLines(text: string, width: number, measure: Measure): readonly string[] | null {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const piece of pieces(paragraph)) {
      if (line !== '' && measure((line + piece).trimEnd()) > width) {
        lines.push(line.trimEnd());
        line = piece.trimStart();
      } else {
        line += piece;
      }
      // A piece wider than the box fits at no break: only a smaller size helps.
      if (measure(line.trimEnd()) > width) return null;
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

/**
 * Finds the largest size, in half points from `size` down to `minSize`, at which the text, broken into lines, fits.
 * @param width points
 * @param height points
 * @returns null where it does not fit even at `minSize`
 */
export function fitText(
  text: string,
  box: { readonly width: number; readonly height: number },
  sizes: { readonly size: number; readonly minSize: number },
  measure: Measure,
): FittedText | null {
  for (let size = sizes.size; size >= sizes.minSize; size -= STEP) {
    const lines = breakLines(text, box.width / size, measure);
    if (lines !== null && lines.length * size * LINE_HEIGHT <= Math.max(box.height, size * LINE_HEIGHT))
      return { size, lines };
  }
  return null;
}
