// Collects the words and lines of one page: everything is set, measured and, where it does not fit, complained of.
import type { Complaint } from './errors.ts';
import type { PageFonts } from './page-fonts.ts';
import { fitText, LINE_HEIGHT } from './page-text.ts';
import type { Alignment, Box, FontWeight, TemplateColour, TemplatePage } from './template.ts';

/** One line of text, placed. Points from the lower left corner of the page. */
interface PlacedText {
  readonly text: string;
  readonly x: number;
  /** Baseline. */
  readonly y: number;
  readonly size: number;
  readonly weight: FontWeight;
  readonly colour: TemplateColour;
}

/** A straight line in points. */
interface PlacedRule {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly thickness: number;
  readonly colour: TemplateColour;
}

/** A page ready to draw, in points. */
export interface PageLayout {
  readonly width: number;
  readonly height: number;
  readonly border: TemplatePage['border'];
  readonly texts: readonly PlacedText[];
  readonly rules: readonly PlacedRule[];
  /** Upper left corner of the symbol with its quiet zone, on whole printer dots; null on annexes. */
  readonly code: { readonly x: number; readonly y: number } | null;
  /** Where a seal will be stamped, millimetres from the upper left corner; null where none is. */
  readonly seal: { readonly x: number; readonly y: number } | null;
  /** Where the photo goes, measured as the page is; null where there is none. */
  readonly photo: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  } | null;
}

/** Points a millimetre. */
export const POINTS_PER_MM = 72 / 25.4;
/** Share of the em above the baseline in Noto Serif SC's ideographic box. */
const ASCENT = 0.88;

/** How a text is set. */
export interface TextStyle {
  readonly size: number;
  readonly minSize: number;
  readonly weight: FontWeight;
  readonly colour: TemplateColour;
  readonly align: Alignment;
  /** In the middle of the box's height, instead of at its top. */
  readonly middle: boolean;
}

/** What does not fit, over all pages. */
export interface Complaints {
  readonly missing: Complaint[];
  readonly overflow: Complaint[];
}

/** The page under the builder. */
export class LayoutBuilder {
  readonly texts: PlacedText[] = [];
  readonly rules: PlacedRule[] = [];
  readonly #complaints: Complaints;
  readonly #values: Readonly<Record<string, string>>;
  readonly #fonts: PageFonts;
  readonly #height: number;

  /**
   * @param height of the page, millimetres
   * @param values printed words by short name
   */
  constructor(
    height: number,
    values: Readonly<Record<string, string>>,
    fonts: PageFonts,
    complaints: Complaints,
  ) {
    this.#values = values;
    this.#fonts = fonts;
    this.#complaints = complaints;
    this.#height = height * POINTS_PER_MM;
  }

  /** The words of an element; nothing where the license has none. */
  value(source: string): string {
    return this.#values[source] ?? '';
  }

  /**
   * Millimetres of height that a text takes in a column of the given width, shrunk only where a word is wider.
   * @returns null where it does not fit at any size
   */
  heightOf(
    text: string,
    width: number,
    style: Pick<TextStyle, 'size' | 'minSize' | 'weight'>,
  ): number | null {
    const font = this.#fonts[style.weight];
    const box = { width: width * POINTS_PER_MM, height: Infinity };
    const fitted = fitText(text, box, style, (line) => font.measure(line));
    return fitted === null ? null : (fitted.lines.length * fitted.size * LINE_HEIGHT) / POINTS_PER_MM;
  }

  /** Says that something of a field does not fit the page. */
  overflows(field: string, reason: string): void {
    this.#complaints.overflow.push({ field, reason });
  }

  /** Sets one text into a box given in millimetres. */
  place(field: string, text: string, box: Box, style: TextStyle): void {
    if (text === '') return;
    const font = this.#fonts[style.weight];
    const missing = font.missing(text);
    if (missing.length > 0) {
      const named = missing.map(
        (character) => `${character} (U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()})`,
      );
      this.#complaints.missing.push({ field, reason: `The font has no glyph for ${named.join(', ')}.` });
      return;
    }
    const width = box.width * POINTS_PER_MM;
    const height = box.height * POINTS_PER_MM;
    const fitted = fitText(text, { width, height }, style, (line) => font.measure(line));
    if (fitted === null) {
      this.#complaints.overflow.push({
        field,
        reason: `The text is too long for its place, even at ${style.minSize} points.`,
      });
      return;
    }
    const lineHeight = fitted.size * LINE_HEIGHT;
    const slack = style.middle ? Math.max(0, (height - lineHeight * fitted.lines.length) / 2) : 0;
    fitted.lines.forEach((line, index) => {
      const top = box.y * POINTS_PER_MM + slack + index * lineHeight + (lineHeight - fitted.size) / 2;
      const y = this.#height - top - fitted.size * ASCENT;
      this.#line(line, box.x * POINTS_PER_MM, y, width, fitted.size, style);
    });
  }

  #line(
    line: string,
    left: number,
    y: number,
    width: number,
    size: number,
    style: { readonly weight: FontWeight; readonly colour: TemplateColour; readonly align: Alignment },
  ): void {
    const { weight, colour, align } = style;
    const measure = (text: string): number => this.#fonts[weight].measure(text) * size;
    const used = measure(line);
    const characters = Array.from(line);
    if (align === 'spread' && characters.length > 1 && used < width) {
      const gap = (width - used) / (characters.length - 1);
      let x = left;
      for (const character of characters) {
        this.texts.push({ text: character, x, y, size, weight, colour });
        x += measure(character) + gap;
      }
      return;
    }
    const x = align === 'centre' ? left + (width - used) / 2 : align === 'right' ? left + width - used : left;
    this.texts.push({ text: line, x, y, size, weight, colour });
  }

  /** A line from one point to another, in millimetres from the upper left corner. */
  rule(
    from: readonly [number, number],
    to: readonly [number, number],
    thickness: number,
    colour: TemplateColour,
  ): void {
    const point = ([x, y]: readonly [number, number]): readonly [number, number] => [
      x * POINTS_PER_MM,
      this.#height - y * POINTS_PER_MM,
    ];
    this.rules.push({ from: point(from), to: point(to), thickness, colour });
  }
}
