// The marks of an oval invoice seal (发票专用章): name along the upper arc, tax number across the middle, purpose below.
import type { SealPictureDescription } from './description.ts';
import type { Mark } from './drawing.ts';
import { letterLine, letterOval } from './lettering.ts';
import { specimenMark } from './specimen.ts';

/** Half axes of the outer edge and line width, mm. */
const [halfWidth, halfHeight, line] = [20, 15, 1] as const;

/** @throws SigningError `glyph-missing` */
export function ovalMarks({ name, taxNumber, demonstration }: SealPictureDescription): Mark[] {
  const edge = line + 0.75;
  return [
    { kind: 'oval', radii: [halfWidth - line / 2, halfHeight - line / 2], width: line },
    ...letterOval({ text: name, radii: [halfWidth - edge, halfHeight - edge], height: 4.1 }),
    ...letterLine(taxNumber ?? '', { bottom: demonstration ? -0.9 : -1.6, height: 3.1, widest: 25 }),
    ...letterLine('发票专用章', { bottom: demonstration ? -6 : -8.4, height: 4, widest: 19 }),
    ...(demonstration ? specimenMark(-10.9, 3.1) : []),
  ];
}
