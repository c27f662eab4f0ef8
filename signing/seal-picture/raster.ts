// A picture of dots: what a PNG is read into, and what a PDF image is made of.

/** Rows from the top, dots from the left. */
export interface RasterImage {
  /** Dots across and down. */
  readonly width: number;
  readonly height: number;
  /** Three bytes a dot: sRGB red, green, blue, not multiplied with the opacity. */
  readonly colours: Uint8Array;
  /** One byte a dot, 0 clear to 255 opaque; null where every dot is opaque. */
  readonly opacity: Uint8Array | null;
}

/** Share of dots that let the page through at least half; 0 for a picture without opacity. */
export function clearShare(image: RasterImage): number {
  if (image.opacity === null) return 0;
  let clear = 0;
  for (const value of image.opacity) if (value < 128) clear++;
  return clear / image.opacity.length;
}

/** Ink on paper: dark stays, paper becomes clear. For signatures that were scanned or photographed. */
export function inkOnPaper(image: RasterImage): RasterImage {
  const dots = image.width * image.height;
  const opacity = new Uint8Array(dots);
  for (let i = 0; i < dots; i++) {
    const [r = 0, g = 0, b = 0] = image.colours.subarray(i * 3, i * 3 + 3);
    const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    const ink = Math.round(((PAPER - light) * 255) / (PAPER - INK));
    opacity[i] = (Math.min(255, Math.max(0, ink)) * (image.opacity?.[i] ?? 255)) / 255;
  }
  return { ...image, opacity };
}

/** Lightness from which on a dot is paper, and below which it is ink. */
const PAPER = 225;
const INK = 90;
