// The Song face (宋体) that seals are cut in: Noto Serif SC, parsed once, outlines kept per character.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Fontkit from '@cantoo/fontkit';
import { SigningError } from '../errors.ts';
import type { OutlineStep } from './drawing.ts';
import { fontOutline, type FontStep } from './outline.ts';

/** Units per em of every outline. */
export const grid = 1000;
/** Grid lines between which the face draws an ideograph: its body stands from 12 % below the base line to 88 % above. */
export const bodyBottom = -0.12 * grid;

/** A character as the seal maker needs it. */
export interface Glyph {
  readonly outline: readonly OutlineStep[];
  /** Advance in grid units: `grid` for an ideograph. */
  readonly advance: number;
}

interface Font {
  readonly unitsPerEm: number;
  hasGlyphForCodePoint(codePoint: number): boolean;
  glyphForCodePoint(
    codePoint: number,
  ): { readonly path: { readonly commands: unknown }; readonly advanceWidth: number } | null;
}

let font: Font | undefined;
const glyphs = new Map<number, Glyph>();

/**
 * The outline of one character.
 * @throws SigningError `glyph-missing` where the face lacks it: a seal with a hole in its name is never drawn.
 */
export function glyphOf(character: string): Glyph {
  const codePoint = character.codePointAt(0) ?? 0;
  const known = glyphs.get(codePoint);
  if (known !== undefined) return known;
  font ??= openFont();
  const found = font.hasGlyphForCodePoint(codePoint) ? font.glyphForCodePoint(codePoint) : null;
  if (found === null) {
    const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    throw new SigningError('glyph-missing', `The seal face has no outline for the character ${name}.`);
  }
  const glyph: Glyph = {
    outline: fontOutline(found.path.commands as readonly FontStep[], grid / font.unitsPerEm),
    advance: (found.advanceWidth * grid) / font.unitsPerEm,
  };
  glyphs.set(codePoint, glyph);
  return glyph;
}

// A package's files are its own code, not the world: reading the face here needs no port.
function openFont(): Font {
  const require = createRequire(import.meta.url);
  const path = require.resolve('@expo-google-fonts/noto-serif-sc/600SemiBold/NotoSerifSC_600SemiBold.ttf');
  // Loaded when a character is first drawn: most starts of the service draw none.
  const { create } = require('@cantoo/fontkit') as typeof Fontkit;
  const opened: unknown = create(readFileSync(path));
  if (!isFont(opened)) throw new TypeError('The font package does not hold a single face.');
  return opened;
}

function isFont(value: unknown): value is Font {
  return typeof value === 'object' && value !== null && 'glyphForCodePoint' in value && 'unitsPerEm' in value;
}
