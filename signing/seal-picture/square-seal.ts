// The marks of a square name seal (名章): columns from right to left, each from top to bottom, as names are cut.
import type { SealPictureDescription } from './description.ts';
import type { Mark } from './drawing.ts';
import { letterBox } from './lettering.ts';
import { specimenMark } from './specimen.ts';

/** Side, line width, and room between line and characters, mm. */
const [side, line, margin] = [20, 1, 0.7] as const;

/** A short name is filled up with what is customary, so that the square is full. */
function charactersOf(name: string): string[] {
  const characters = Array.from(name);
  if (characters.length === 2) return [...characters, '之', '印'];
  if (characters.length === 3) return [...characters, '印'];
  return characters;
}

/** @throws SigningError `glyph-missing` */
export function squareMarks({ name, demonstration }: SealPictureDescription): Mark[] {
  const characters = charactersOf(name);
  const rows = Math.ceil(Math.sqrt(characters.length));
  const columns = Math.ceil(characters.length / rows);
  const inside = side / 2 - line - margin;
  const bottom = demonstration ? -inside + 4.3 : -inside;
  const cellWidth = (2 * inside) / columns;
  return [
    { kind: 'frame', centre: [0, 0], size: [side - line, side - line], width: line },
    ...characters.map((character, index) => {
      const [column, row] = [Math.floor(index / rows), index % rows];
      // A last column with fewer characters has larger ones.
      const cellHeight = (inside - bottom) / Math.min(rows, characters.length - column * rows);
      return letterBox(character, {
        left: inside - (column + 1) * cellWidth,
        bottom: inside - (row + 1) * cellHeight,
        width: cellWidth,
        height: cellHeight,
      });
    }),
    ...(demonstration ? specimenMark(-inside + 0.2, 3.2) : []),
  ];
}
