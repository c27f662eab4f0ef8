// What shows for a signer without a seal: a frame with the name of its certificate, drawn as outlines in the box asked for.
import type { Appearance } from '../formats/pdf/appearance.ts';
import type { Drawing, Mark } from './seal-picture/drawing.ts';
import { letterLine } from './seal-picture/lettering.ts';
import { pdfAppearance } from './seal-picture/pdf-form.ts';

/** Line of the frame, mm. */
const frame = 0.4;
/** Characters of one line; a longer name goes on below. */
const lineLength = 14;
const mostLines = 3;

/**
 * @param box millimetres, from 5 by 3
 * @throws SigningError `glyph-missing` for a name with a character that the face does not have
 */
export function nameAppearance(
  name: string,
  box: { readonly width: number; readonly height: number },
): Appearance {
  const characters = Array.from(name);
  const count = Math.min(mostLines, Math.ceil(characters.length / lineLength));
  const length = Math.ceil(characters.length / count);
  const lines = [
    ...Array.from({ length: count }, (_, at) => characters.slice(at * length, (at + 1) * length).join('')),
    '数字签名',
  ];
  const room = (box.height - 4 * frame) / lines.length;
  const marks: Mark[] = [
    { kind: 'frame', centre: [0, 0], size: [box.width - frame, box.height - frame], width: frame },
  ];
  lines.forEach((text, at) => {
    if (text.trim() === '') return;
    const bottom = box.height / 2 - 2 * frame - (at + 1) * room;
    const height = room * 0.8;
    marks.push(...letterLine(text, { bottom: bottom + room * 0.1, height, widest: box.width - 6 * frame }));
  });
  const drawing: Drawing = { width: box.width, height: box.height, marks };
  return pdfAppearance(drawing);
}
