// Draws a round seal from its description: ring, name along the arc, star or straight text, code, specimen mark.
import type { SealPictureDescription } from './description.ts';
import { checkDescription, diameterOf } from './description.ts';
import type { Drawing, Mark } from './drawing.ts';
import { letterArc, letterCode, letterLine } from './lettering.ts';

/** Line width of the ring, mm (customary 1.0–1.2). */
const ringWidth = 1.1;
/** Star, tip to tip, mm. */
const starWidth = 14;

/**
 * @returns the picture in millimetres.
 * @throws SigningError `name-too-long`, `seal-input-invalid`, `glyph-missing`
 */
export function drawRoundSeal(description: SealPictureDescription): Drawing {
  checkDescription(description);
  const diameter = diameterOf(description);
  const radius = diameter / 2;
  const inside = radius - ringWidth;
  const official = description.kind === 'official';
  const star = (description.centre ?? (official ? 'star' : 'none')) === 'star';
  const marks: Mark[] = [
    { kind: 'ring', radius: radius - ringWidth / 2, width: ringWidth },
    ...letterArc({ text: description.name, outerRadius: inside - 0.9, height: official ? 5.4 : 5 }),
    ...letterCode(description.code, inside - 0.8, 1.4),
  ];
  if (official) {
    if (star) marks.push(starAt(description.demonstration ? 1.6 : 0, starWidth));
    if (description.demonstration) marks.push(...specimenMark(-10.4, 4));
  } else {
    if (star) marks.push(starAt(description.demonstration ? 4.2 : 2.6, starWidth * 0.86));
    const bottom = star ? (description.demonstration ? -7 : -9) : description.demonstration ? -2.6 : -3.4;
    const height = star ? 4.2 : 5;
    marks.push(...letterLine(description.purpose ?? '', { bottom, height, widest: star ? 19 : 22.5 }));
    if (description.demonstration) marks.push(...specimenMark(star ? -12.7 : -10.2, 3.6));
  }
  return { width: diameter, height: diameter, marks };
}

/** 演示样章 in a frame: the picture itself says that it is none of a real organ. */
function specimenMark(bottom: number, height: number): Mark[] {
  const text = '演示样章';
  return [
    ...letterLine(text, { bottom, height, widest: 4 * height }),
    { kind: 'frame', centre: [0, bottom + height / 2], size: [4 * height + 0.9, height + 0.8], width: 0.3 },
  ];
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
