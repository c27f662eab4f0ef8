// The PDF appearance of a seal, drawn once per description: the same seal stamps thousands of documents.
import type { Appearance } from '../../formats/pdf/appearance.ts';
import type { SealPictureDescription } from './description.ts';
import { drawSeal } from './draw-seal.ts';
import { pdfAppearance } from './pdf-form.ts';

const kept = new Map<string, Appearance>();
/** Seals of a district; beyond, the oldest is drawn again. */
const keptAtMost = 256;

/** @throws SigningError `name-too-long`, `seal-input-invalid`, `glyph-missing`, `picture-refused` */
export function sealAppearance(description: SealPictureDescription): Appearance {
  const name = JSON.stringify(description);
  const known = kept.get(name);
  if (known !== undefined) return known;
  const drawn = pdfAppearance(drawSeal(description));
  const oldest = kept.keys().next();
  if (kept.size >= keptAtMost && oldest.done !== true) kept.delete(oldest.value);
  kept.set(name, drawn);
  return drawn;
}
