// Draws a seal from its description, of whatever kind it is.
import { artworkMarks } from './artwork.ts';
import { compactDrawing } from './compact.ts';
import { checkDescription, sizeOf, type SealPictureDescription } from './description.ts';
import type { Drawing, Mark } from './drawing.ts';
import { ovalMarks } from './oval-seal.ts';
import { roundMarks } from './round-seal.ts';
import { specimenMark } from './specimen.ts';
import { squareMarks } from './square-seal.ts';

/**
 * @returns the picture in millimetres, the same for the same description.
 * @throws SigningError `name-too-long`, `seal-input-invalid`, `glyph-missing`, `picture-refused`
 */
export function drawSeal(description: SealPictureDescription): Drawing {
  checkDescription(description);
  return compactDrawing({ ...sizeOf(description), marks: marksOf(description) });
}

function marksOf(description: SealPictureDescription): Mark[] {
  const { kind } = description;
  switch (kind) {
    case 'invoice':
      return ovalMarks(description);
    case 'personal':
      return squareMarks(description);
    case 'filed':
    case 'handwritten':
      return suppliedMarks(description);
    default:
      return roundMarks(description, kind);
  }
}

function suppliedMarks(description: SealPictureDescription): Mark[] {
  const { artwork, kind, demonstration } = description;
  const { width, height } = sizeOf(description);
  if (artwork === undefined) return [];
  const paper = kind === 'handwritten' ? 'clear' : 'refuse';
  const marks = artworkMarks(artwork, { centre: [0, 0], width, height }, paper);
  if (!demonstration) return marks;
  // As large as fits across the picture.
  const letter = Math.min(4, (width - 1.3) / 4, (height - 0.9) / 2);
  return [...marks, ...specimenMark(-height * 0.3 - letter / 2, letter)];
}
