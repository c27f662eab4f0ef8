// The license code in a photo, read on this device: the picture goes nowhere.
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasm from 'zxing-wasm/reader/zxing_reader.wasm';
import { evened, greyOf, rgbaOf, smoothed } from './picture-tuning.ts';

/** Longest side, in pixels, at which a picture is tried, in turn: small is quick and forgives noise, large shows fine modules. */
const sides = [1600, 3200, 1150, 2200] as const;

/** Where the picture as it is gives nothing: sides and the radius by which grain is smoothed away, in turn. */
const tunings = [
  { side: 1600, grain: 1 },
  { side: 2200, grain: 2 },
  { side: 1150, grain: 1 },
] as const;

/**
 * Parts of the picture, enlarged: a code that is small in it, in grain, shows only when its modules are some pixels wide
 * after smoothing. They overlap, so that one of them holds a code of up to a sixth of the picture's side whole.
 */
const parts = { across: 4, size: 0.35, enlarged: 1.5, longest: 2400 } as const;

/** Milliseconds after which nothing further is tried. */
const patience = 25_000;

prepareZXingModule({ overrides: { locateFile: () => wasm } });

/** A part of a picture, in shares of its sides. */
interface Part {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

const whole: Part = { left: 0, top: 0, size: 1 };

/** Upright as the camera meant it (EXIF), no longer than asked and no more enlarged. */
function pixelsOf(
  bitmap: ImageBitmap,
  longest: number,
  { left, top, size }: Part = whole,
  enlarged = 1,
): ImageData {
  const [width, height] = [bitmap.width * size, bitmap.height * size];
  const scale = Math.min(enlarged, longest / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('This browser draws no pictures.');
  context.imageSmoothingQuality = 'high';
  const from = [bitmap.width * left, bitmap.height * top, width, height] as const;
  context.drawImage(bitmap, ...from, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function smooth({ width, height, data }: ImageData, grain: number): ImageData {
  return new ImageData(rgbaOf(smoothed(greyOf(width, height, data), grain)), width, height);
}

function tuned({ width, height, data }: ImageData, grain: number): ImageData {
  const surroundings = Math.max(12, Math.round(Math.max(width, height) / 24));
  const even = evened(smoothed(greyOf(width, height, data), grain), surroundings);
  return new ImageData(rgbaOf(even), width, height);
}

/** Everything that is tried, the quickest first: the picture as it is, its parts enlarged, and light and shade evened out. */
function* attempts(bitmap: ImageBitmap): Generator<ImageData> {
  for (const side of sides) yield pixelsOf(bitmap, side);
  const { across, size, enlarged, longest } = parts;
  const step = (1 - size) / (across - 1);
  for (let at = 0; at < across * across; at += 1) {
    const part = { left: (at % across) * step, top: Math.floor(at / across) * step, size };
    yield smooth(pixelsOf(bitmap, longest, part, enlarged), 2);
  }
  for (const { side, grain } of tunings) yield tuned(pixelsOf(bitmap, side), grain);
  for (let at = 0; at < across * across; at += 1) {
    const part = { left: (at % across) * step, top: Math.floor(at / across) * step, size };
    yield tuned(pixelsOf(bitmap, longest, part, enlarged), 1);
  }
}

/** Whether a text may be a license code: an address with digits behind its #, or the digits alone. */
function digitsOf(text: string): string | null {
  return /^(?:https?:\/\/\S+#)?(1\d{16,1199})$/.exec(text.trim())?.[1] ?? null;
}

async function digitsIn(
  pixels: ImageData,
  harder: boolean,
  wanted: (text: string) => string | null,
): Promise<string | null> {
  const found = await readBarcodes(pixels, {
    formats: ['QRCode'],
    tryHarder: harder,
    tryRotate: harder,
    tryInvert: harder,
    tryDownscale: true,
    maxNumberOfSymbols: 8,
  });
  for (const { isValid, text } of found) {
    const digits = isValid ? wanted(text) : null;
    if (digits !== null) return digits;
  }
  return null;
}

/** The digits of the first license code in a frame of a camera: quickly, since the next frame is another chance. */
export function readFrame(pixels: ImageData): Promise<string | null> {
  return digitsIn(pixels, false, digitsOf);
}

/**
 * The digits of the first license code in a picture, or whatever other code is looked for.
 * @param wanted what of a read text is the answer; null where the text is something else
 * @returns null where there is none that can be read, or the file is no picture
 */
export async function readPhoto(
  file: Blob,
  wanted: (text: string) => string | null = digitsOf,
): Promise<string | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  try {
    const until = performance.now() + patience;
    for (const pixels of attempts(bitmap)) {
      const digits = await digitsIn(pixels, true, wanted);
      if (digits !== null) return digits;
      if (performance.now() > until) return null;
      // Between two attempts the page stays alive.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return null;
  } finally {
    bitmap.close();
  }
}
