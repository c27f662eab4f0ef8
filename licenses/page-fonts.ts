// The two faces pages are set in: Noto Serif SC (OFL), parsed once and reused for every page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create } from '@cantoo/fontkit';
import type { Font, GlyphRun } from '@cantoo/fontkit';
import type { FontWeight } from './template.ts';

/** One face: its file, its parsed form, and what layout asks of it. */
interface PageFont {
  readonly file: Uint8Array;
  readonly font: Font;
  /** Width in ems. */
  measure(text: string): number;
  /** Characters the face cannot draw, each once, in order. */
  missing(text: string): readonly string[];
}

export type PageFonts = Readonly<Record<FontWeight, PageFont>>;

const FILES: Readonly<Record<FontWeight, string>> = {
  regular: '@expo-google-fonts/noto-serif-sc/400Regular/NotoSerifSC_400Regular.ttf',
  bold: '@expo-google-fonts/noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf',
};

/** Texts whose glyphs are kept: labels, names of authorities and the like come with every page again. */
const KEPT_RUNS = 2000;

/** Shaping a text is most of drawing it: with pdf-lib's plain calls (no features) the glyphs follow from the text alone. */
function rememberRuns(font: Font): void {
  const shape = font.layout.bind(font);
  const runs = new Map<string, GlyphRun>();
  font.layout = (text, features, ...more) => {
    if (features !== undefined || more.length > 0) return shape(text, features, ...more);
    const run = runs.get(text) ?? shape(text);
    runs.delete(text);
    runs.set(text, run);
    const oldest = runs.keys().next();
    if (runs.size > KEPT_RUNS && oldest.done !== true) runs.delete(oldest.value);
    return run;
  };
}

/** What subsetting asks of a glyph: its outline, only to learn of what other glyphs it is made, and its widths. */
interface SubsetGlyph {
  readonly advanceWidth: number;
  _decode(): { readonly numberOfContours: number } | null;
  _getMetrics(): unknown;
}

/** The part of fontkit's subset that finds glyphs. */
interface SubsetSource {
  font: { getGlyph(id: number): SubsetGlyph | null };
}

/**
 * Decoding outlines is a third of drawing a page, and of a glyph that is made of no others (nearly all) nobody looks at
 * more than that. Such a glyph is decoded once for all pages.
 */
function rememberSimpleGlyphs(font: Font): void {
  const create = font.createSubset.bind(font);
  const simple = new Map<number, SubsetGlyph>();
  font.createSubset = () => {
    const subset = create();
    const source = subset as unknown as SubsetSource;
    const whole = source.font;
    source.font = Object.create(whole, {
      getGlyph: {
        value: (id: number): SubsetGlyph | null => {
          const known = simple.get(id);
          if (known !== undefined) return known;
          const glyph = whole.getGlyph(id);
          const outline = glyph === null ? null : glyph._decode();
          if (glyph === null || (outline !== null && outline.numberOfContours < 0)) return glyph;
          const metrics = glyph._getMetrics();
          const { advanceWidth } = glyph;
          const kept = outline === null ? null : { numberOfContours: outline.numberOfContours };
          const light = { advanceWidth, _decode: () => kept, _getMetrics: () => metrics };
          simple.set(id, light);
          return light;
        },
      },
    }) as SubsetSource['font'];
    return subset;
  };
}

function loadFont(weight: FontWeight): PageFont {
  const file = new Uint8Array(readFileSync(createRequire(import.meta.url).resolve(FILES[weight])));
  const font = create(file) as Font;
  const shape = font.layout.bind(font);
  rememberRuns(font);
  rememberSimpleGlyphs(font);
  const widths = new Map<string, number>();
  return {
    file,
    font,
    measure: (text) => {
      const known = widths.get(text);
      if (known !== undefined) return known;
      const width = shape(text).advanceWidth / font.unitsPerEm;
      if (widths.size < 50_000) widths.set(text, width);
      return width;
    },
    missing: (text) => {
      const characters = new Set(Array.from(text.replaceAll('\n', '')));
      return [...characters].filter((character) => !font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0));
    },
  };
}

/** Reads and parses both faces (about half a second). */
export function loadPageFonts(): PageFonts {
  return { regular: loadFont('regular'), bold: loadFont('bold') };
}
