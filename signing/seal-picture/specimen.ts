// 演示样章 in a frame: the picture itself says that it is none of a real organ.
import type { Mark } from './drawing.ts';
import { letterLine } from './lettering.ts';

/** @param bottom - of the characters, millimetres from the middle; @param height - of the characters */
export function specimenMark(bottom: number, height: number): Mark[] {
  const text = '演示样章';
  return [
    ...letterLine(text, { bottom, height, widest: 4 * height }),
    { kind: 'frame', centre: [0, bottom + height / 2], size: [4 * height + 0.9, height + 0.8], width: 0.3 },
  ];
}
