// What a seal picture is made of: millimetres from its centre, y upwards, one colour, filled outlines only.

/** A step of an outline. `curve` is a cubic Bézier: two control points, then the end point. */
export type OutlineStep =
  | readonly ['move', number, number]
  | readonly ['line', number, number]
  | readonly ['curve', number, number, number, number, number, number]
  | readonly ['close'];

/** An affine map (a b c d e f) as PDF and SVG write it: x′ = ax + cy + e, y′ = bx + dy + f. */
type Affine = readonly [number, number, number, number, number, number];

/** One mark of the picture. */
export type Mark =
  /** A circle's line: `radius` to the middle of the line. */
  | { readonly kind: 'ring'; readonly radius: number; readonly width: number }
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
  | { readonly kind: 'glyph'; readonly outline: readonly OutlineStep[]; readonly place: Affine };

/** A whole picture. */
export interface Drawing {
  /** Side lengths in millimetres; the origin is the middle. */
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
}

/** The one red of every seal picture, as DeviceRGB / sRGB components 0 … 255 (朱红 kept near pure red). */
export const sealRed: readonly [number, number, number] = [215, 0, 15];
