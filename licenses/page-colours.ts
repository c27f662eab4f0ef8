// The colours of official pages as DeviceRGB, under the sRGB output intent.
import type { TemplateColour } from './template.ts';

/** Red, green and blue from 0 to 1. */
export const COLOURS: Readonly<Record<TemplateColour, readonly [number, number, number]>> = {
  black: [0, 0, 0],
  grey: [0.45, 0.45, 0.45],
  red: [0.78, 0.08, 0.1],
  gold: [0.72, 0.53, 0.18],
  blue: [0.16, 0.3, 0.55],
  green: [0.12, 0.42, 0.3],
};
