// The license code in a photo, read on this device: the picture goes nowhere.
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasm from 'zxing-wasm/reader/zxing_reader.wasm';

/** Longest side, in pixels, at which a picture is tried, in turn: small is quick and forgives noise, large shows fine modules. */
const sides = [1600, 3200, 1150, 2200] as const;

prepareZXingModule({ overrides: { locateFile: () => wasm } });

/** Upright as the camera meant it (EXIF), no larger than asked. */
function pixelsOf(bitmap: ImageBitmap, side: number): ImageData {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('This browser draws no pictures.');
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Whether a text may be a license code: an address with digits behind its #, or the digits alone. */
function digitsOf(text: string): string | null {
  return /^(?:https?:\/\/\S+#)?(1\d{16,1199})$/.exec(text.trim())?.[1] ?? null;
}

/**
 * The digits of the first license code in a picture.
 * @returns null where there is none that can be read, or the file is no picture
 */
export async function readPhoto(file: Blob): Promise<string | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  try {
    for (const side of sides) {
      const found = await readBarcodes(pixelsOf(bitmap, side), {
        formats: ['QRCode'],
        tryHarder: true,
        tryRotate: true,
        tryInvert: true,
        tryDownscale: true,
        maxNumberOfSymbols: 8,
      });
      for (const { isValid, text } of found) {
        const digits = isValid ? digitsOf(text) : null;
        if (digits !== null) return digits;
      }
    }
    return null;
  } finally {
    bitmap.close();
  }
}
