// Pictures made easier to read: grain smoothed away, and dark corners brought to the contrast of the rest. Pure arithmetic.

/** Grey pixels of a picture, a byte each. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8ClampedArray;
}

/** Luminance (ITU-R BT.601) of red, green, blue and opacity, four bytes a pixel. */
export function greyOf(width: number, height: number, rgba: Uint8ClampedArray): GreyPicture {
  const grey = new Uint8ClampedArray(width * height);
  for (let at = 0, from = 0; at < grey.length; at += 1, from += 4)
    grey[at] = (77 * (rgba[from] ?? 0) + 150 * (rgba[from + 1] ?? 0) + 29 * (rgba[from + 2] ?? 0)) >> 8;
  return { width, height, grey };
}

/** Sums over everything above and to the left, so that the mean of any window costs four look-ups. */
function sumsOf({ width, height, grey }: GreyPicture, squared: boolean): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      const value = grey[y * width + x] ?? 0;
      row += squared ? value * value : value;
      sums[(y + 1) * (width + 1) + x + 1] = (sums[y * (width + 1) + x + 1] ?? 0) + row;
    }
  }
  return sums;
}

/** Mean over the window of `radius` around a pixel, cut at the edges. */
function windowMean(
  sums: Float64Array,
  width: number,
  height: number,
  x: number,
  y: number,
  radius: number,
): number {
  const [left, right] = [Math.max(0, x - radius), Math.min(width, x + radius + 1)];
  const [top, bottom] = [Math.max(0, y - radius), Math.min(height, y + radius + 1)];
  const stride = width + 1;
  const sum =
    (sums[bottom * stride + right] ?? 0) -
    (sums[top * stride + right] ?? 0) -
    (sums[bottom * stride + left] ?? 0) +
    (sums[top * stride + left] ?? 0);
  return sum / ((right - left) * (bottom - top));
}

/** Each pixel the mean of its neighbours: grain goes, edges of modules stay where they are wider than the window. */
export function smoothed(picture: GreyPicture, radius: number): GreyPicture {
  if (radius === 0) return picture;
  const { width, height } = picture;
  const sums = sumsOf(picture, false);
  const grey = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) grey[y * width + x] = windowMean(sums, width, height, x, y, radius);
  return { width, height, grey };
}

/** Below this deviation a window is one even surface, whose grain must not be blown up to black and white. */
const evenSurface = 6;

/** Each pixel by how far it stands from the mean of its surroundings, in their own deviations: light and shade go. */
export function evened(picture: GreyPicture, radius: number): GreyPicture {
  const { width, height, grey } = picture;
  const [sums, squares] = [sumsOf(picture, false), sumsOf(picture, true)];
  const out = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const mean = windowMean(sums, width, height, x, y, radius);
      const variance = windowMean(squares, width, height, x, y, radius) - mean * mean;
      const deviation = Math.max(evenSurface, Math.sqrt(Math.max(0, variance)));
      out[y * width + x] = 128 + (72 * ((grey[y * width + x] ?? 0) - mean)) / deviation;
    }
  return { width, height, grey: out };
}

/** Opaque grey pixels, four bytes each. */
export function rgbaOf({ grey }: GreyPicture): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(grey.length * 4);
  for (let at = 0, to = 0; at < grey.length; at += 1, to += 4) {
    const value = grey[at] ?? 0;
    rgba[to] = value;
    rgba[to + 1] = value;
    rgba[to + 2] = value;
    rgba[to + 3] = 255;
  }
  return rgba;
}
