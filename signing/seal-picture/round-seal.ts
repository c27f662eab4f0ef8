// The marks of a round seal: ring, name along the arc, star or emblem, straight text, code, specimen mark.
import { artworkMarks } from './artwork.ts';
import { sizeOf, type SealPictureDescription } from './description.ts';
import type { Mark } from './drawing.ts';
import { letterArc, letterCode, letterLine } from './lettering.ts';
import { specimenMark } from './specimen.ts';

/** How the parts of a kind stand, in millimetres; heights count from the middle. */
interface RoundLayout {
  /** Line width of the ring (customary 1.0–1.2). */
  readonly ring: number;
  /** Tallest character of the name. */
  readonly nameHeight: number;
  /** Star, tip to tip. */
  readonly starWidth: number;
  /** Widest straight line below a star, and without one. */
  readonly widest: readonly [number, number];
}

const layouts = {
  official: { ring: 1.1, nameHeight: 5.4, starWidth: 14, widest: [19, 22.5] },
  government: { ring: 1.2, nameHeight: 5.8, starWidth: 14, widest: [19, 22.5] },
  'special-purpose': { ring: 1.1, nameHeight: 5, starWidth: 12, widest: [19, 22.5] },
  finance: { ring: 1.1, nameHeight: 4.7, starWidth: 11.5, widest: [17.5, 20] },
  contract: { ring: 1.1, nameHeight: 5, starWidth: 12, widest: [19, 22.5] },
} as const satisfies Readonly<Record<string, RoundLayout>>;

export type RoundKind = keyof typeof layouts;

/** Straight text that goes with the kind. */
const purposes: Readonly<Partial<Record<RoundKind, string>>> = {
  finance: '财务专用章',
  contract: '合同专用章',
};

/** @throws SigningError `glyph-missing`, `picture-refused` (the emblem) */
export function roundMarks(description: SealPictureDescription, kind: RoundKind): Mark[] {
  const layout = layouts[kind];
  const radius = sizeOf(description).width / 2;
  const inside = radius - layout.ring;
  return [
    { kind: 'ring', radius: radius - layout.ring / 2, width: layout.ring },
    ...letterArc({ text: description.name, outerRadius: inside - 0.9, height: layout.nameHeight }),
    ...letterCode(description.code, inside - 0.8, 1.4),
    ...middleMarks(description, kind, layout),
  ];
}

function middleMarks(description: SealPictureDescription, kind: RoundKind, layout: RoundLayout): Mark[] {
  const { demonstration } = description;
  if (kind === 'government') return emblemMarks(description);
  const purpose = description.purpose ?? purposes[kind] ?? null;
  const star = (description.centre ?? (kind === 'special-purpose' ? 'none' : 'star')) === 'star';
  const marks: Mark[] = [];
  if (purpose === null) {
    if (star) marks.push(starAt(demonstration ? 1.6 : 0, layout.starWidth));
    if (demonstration) marks.push(...specimenMark(-10.4, 4));
    return marks;
  }
  if (star) marks.push(starAt(demonstration ? 4.2 : 2.6, layout.starWidth));
  const bottom = star ? (demonstration ? -7 : -9) : demonstration ? -2.6 : -3.4;
  marks.push(...letterLine(purpose, { bottom, height: star ? 4.2 : 5, widest: layout.widest[star ? 0 : 1] }));
  if (demonstration) marks.push(...specimenMark(star ? -12.7 : -10.2, 3.6));
  return marks;
}

/** Diameter of the place for the emblem, mm. */
const emblemWidth = 17;

/** The emblem is its owner's to supply; a specimen shows the empty place. */
function emblemMarks({ artwork, demonstration }: SealPictureDescription): Mark[] {
  const centre: readonly [number, number] = [0, demonstration ? 1.8 : 0];
  const box = { centre, width: emblemWidth, height: emblemWidth };
  const marks: Mark[] =
    artwork === undefined
      ? [
          { kind: 'ring', radius: emblemWidth / 2, width: 0.25, y: centre[1] },
          ...letterLine('国徽', { bottom: centre[1] - 1.8, height: 3.6, widest: 8 }),
        ]
      : artworkMarks(artwork, box, 'refuse');
  if (demonstration) marks.push(...specimenMark(-12.6, 3.8));
  return marks;
}

/** A regular five-point star, one tip up, `width` across its side tips, its middle at height `y`. */
function starAt(y: number, width: number): Mark {
  const tip = width / (2 * Math.sin((72 * Math.PI) / 180));
  // Inner corners of the pentagram lie at this share of the tips' radius.
  const corner = tip * (Math.sin(Math.PI / 10) / Math.sin((7 * Math.PI) / 10));
  const points = Array.from({ length: 10 }, (_, i) => {
    const [r, angle] = [i % 2 === 0 ? tip : corner, (i * Math.PI) / 5];
    return [r * Math.sin(angle), y + r * Math.cos(angle)] as const;
  });
  return { kind: 'polygon', points };
}
