// A sheet put through a tired photocopier: toner noise, blur, uneven light, and a stain that hides part of the code.
import type { GreyPicture } from './raster.ts';

/** What the copier does. */
export interface Copier {
  readonly seed: number;
  /** Half width of the blur in dots of 300 dpi. */
  readonly blur: number;
  /** Largest deviation of a grey value. */
  readonly noise: number;
  /** Share of dots that come out black or white by themselves. */
  readonly specks: number;
  /** Area of the stain as a share of the area given. */
  readonly stain: number;
}

/** Numbers from 0 to below 1, the same for a seed. */
export function numbersOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function blurred({ width, height, grey }: GreyPicture, radius: number): Uint8Array {
  if (radius === 0) return grey.slice();
  const result = new Uint8Array(grey.length);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      let count = 0;
      for (let dy = -radius; dy <= radius; dy += 1)
        for (let dx = -radius; dx <= radius; dx += 1) {
          const [ax, ay] = [x + dx, y + dy];
          if (ax < 0 || ay < 0 || ax >= width || ay >= height) continue;
          sum += grey[ay * width + ax] ?? 255;
          count += 1;
        }
      result[y * width + x] = sum / count;
    }
  return result;
}

/**
 * @param picture the sheet at 300 dpi
 * @param area square of the code in it, in dots; the stain falls inside, off its three finder patterns
 */
export function photocopied(
  picture: GreyPicture,
  area: { readonly x: number; readonly y: number; readonly side: number },
  copier: Copier,
): GreyPicture {
  const next = numbersOf(copier.seed);
  const grey = blurred(picture, copier.blur);
  const { width, height } = picture;
  const radius = Math.sqrt((copier.stain * area.side ** 2) / Math.PI);
  // Between the finder patterns and the lower right: anywhere a coffee cup leaves the corners free.
  const spot = {
    x: area.x + area.side * (0.42 + 0.3 * next()),
    y: area.y + area.side * (0.42 + 0.3 * next()),
  };
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      const stained = (x - spot.x) ** 2 + (y - spot.y) ** 2 < radius ** 2;
      const paper = stained ? 96 + 24 * next() : (grey[at] ?? 255);
      const shade = 1 - 0.15 * (x / width);
      const noisy = 24 + paper * 0.85 * shade + (next() + next() - 1) * copier.noise;
      const speck = next();
      grey[at] =
        speck < copier.specks / 2 ? 20 : speck < copier.specks ? 240 : Math.max(0, Math.min(255, noisy));
    }
  return { width, height, grey };
}

/** Another size, between neighbouring dots by their distance. */
export function enlarged({ width, height, grey }: GreyPicture, factor: number): GreyPicture {
  const [columns, rows] = [Math.round(width * factor), Math.round(height * factor)];
  const result = new Uint8Array(columns * rows);
  const at = (x: number, y: number): number =>
    grey[Math.min(height - 1, y) * width + Math.min(width - 1, x)] ?? 255;
  for (let y = 0; y < rows; y += 1)
    for (let x = 0; x < columns; x += 1) {
      const [left, top] = [Math.max(0, (x + 0.5) / factor - 0.5), Math.max(0, (y + 0.5) / factor - 0.5)];
      const [fx, fy] = [left % 1, top % 1];
      const [a, b] = [Math.floor(left), Math.floor(top)];
      const upper = at(a, b) * (1 - fx) + at(a + 1, b) * fx;
      const lower = at(a, b + 1) * (1 - fx) + at(a + 1, b + 1) * fx;
      result[y * columns + x] = upper * (1 - fy) + lower * fy;
    }
  return { width: columns, height: rows, grey: result };
}

/** Each dot the middle one of its nine: specks go, edges stay. */
export function median({ width, height, grey }: GreyPicture): GreyPicture {
  const result = new Uint8Array(grey.length);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const near: number[] = [];
      for (const dy of [-1, 0, 1])
        for (const dx of [-1, 0, 1]) {
          const [ax, ay] = [
            Math.min(width - 1, Math.max(0, x + dx)),
            Math.min(height - 1, Math.max(0, y + dy)),
          ];
          near.push(grey[ay * width + ax] ?? 255);
        }
      result[y * width + x] = near.sort((a, b) => a - b)[4] ?? 255;
    }
  return { width, height, grey: result };
}
