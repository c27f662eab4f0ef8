// What a picture is made of: millimetres from its centre, y upwards; filled outlines in one red, or artwork in its own colours.
import type { RasterImage } from './raster.ts';

/** A step of an outline. `curve` is a cubic Bézier: two control points, then the end point. */
export type OutlineStep =
  | readonly ['move', number, number]
  | readonly ['line', number, number]
  | readonly ['curve', number, number, number, number, number, number]
  | readonly ['close'];

/** An affine map (a b c d e f) as PDF and SVG write it: x′ = ax + cy + e, y′ = bx + dy + f. */
export type Affine = readonly [number, number, number, number, number, number];

/** Red, green, blue, 0 … 255, sRGB. */
export type Colour = readonly [number, number, number];

export interface Stroke {
  readonly colour: Colour;
  /** In the outline's own units. */
  readonly width: number;
  readonly cap: 'butt' | 'round' | 'square';
  readonly join: 'miter' | 'round' | 'bevel';
}

/** One mark of the picture. */
export type Mark =
  /** A circle's line: `radius` to the middle of the line. */
  | {
      readonly kind: 'ring';
      readonly radius: number;
      readonly width: number;
      /** Height of its middle; 0 where absent. */
      readonly y?: number;
    }
  /** An ellipse's line: half axes to the middle of the line. */
  | { readonly kind: 'oval'; readonly radii: readonly [number, number]; readonly width: number }
  /** A straight-edged filled figure. */
  | { readonly kind: 'polygon'; readonly points: readonly (readonly [number, number])[] }
  /** A rectangle's line around its centre. */
  | {
      readonly kind: 'frame';
      readonly centre: readonly [number, number];
      readonly size: readonly [number, number];
      readonly width: number;
    }
  /** A character's outline, in its own grid, mapped to millimetres by `place`; filled by the non-zero rule. */
  | { readonly kind: 'glyph'; readonly outline: readonly OutlineStep[]; readonly place: Affine }
  /** A figure of artwork that was supplied. */
  | {
      readonly kind: 'figure';
      readonly outline: readonly OutlineStep[];
      readonly place: Affine;
      readonly fill: Colour | null;
      readonly rule: 'nonzero' | 'evenodd';
      readonly stroke: Stroke | null;
    }
  /** A picture of dots: the unit square, lower left corner at the origin, mapped by `place`. */
  | { readonly kind: 'image'; readonly image: RasterImage; readonly place: Affine };

/** A whole picture. */
export interface Drawing {
  /** Side lengths in millimetres; the origin is the middle. */
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
  /** Side of the grid's cells in millimetres: outlines of characters are in whole cells. Absent before that. */
  readonly cell?: number;
}

/** The one red of every seal picture, as DeviceRGB / sRGB components 0 … 255 (朱红 kept near pure red). */
export const sealRed: Colour = [215, 0, 15];

/** First `inner`, then `outer`. */
export function then(inner: Affine, outer: Affine): Affine {
  const [a, b, c, d, e, f] = inner;
  const [A, B, C, D, E, F] = outer;
  return [A * a + C * b, B * a + D * b, A * c + C * d, B * c + D * d, A * e + C * f + E, B * e + D * f + F];
}
