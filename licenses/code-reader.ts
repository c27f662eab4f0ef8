// Reads a drawn code back with a decoder that shares nothing with the encoder (ZXing-C++ as WebAssembly).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { codePixels, type CodeMatrix, type CodeText } from './code-picture.ts';
import { LicenseError } from './errors.ts';

const PIXELS_PER_MODULE = 2;
let prepared: Promise<unknown> | null = null;

/** The module's default is to load itself from a public network; ours comes from the package on disk. */
function prepare(): Promise<unknown> {
  prepared ??= prepareZXingModule({
    overrides: {
      wasmBinary: new Uint8Array(
        readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')),
      ).buffer,
    },
    fireImmediately: true,
  });
  return prepared;
}

/** A picture as a canvas has it: four bytes a pixel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * @param asDrawn the picture is ours: upright, dark on light, full size; otherwise all of that is tried
 * @returns the texts of every QR code in the picture
 */
export async function readCodes(picture: Pixels, asDrawn = false): Promise<readonly string[]> {
  await prepare();
  const results = await readBarcodes(
    { ...picture, colorSpace: 'srgb' },
    {
      formats: ['QRCode'],
      tryHarder: true,
      tryRotate: !asDrawn,
      tryInvert: !asDrawn,
      tryDownscale: !asDrawn,
      maxNumberOfSymbols: 4,
    },
  );
  return results.filter((result) => result.isValid).map((result) => result.text);
}

/**
 * @param file PNG or JPEG
 * @returns the texts of every QR code on the picture; none where it cannot be decoded
 */
export async function readCodesInFile(file: Uint8Array): Promise<readonly string[]> {
  await prepare();
  const results = await readBarcodes(file, { formats: ['QRCode'], tryHarder: true, maxNumberOfSymbols: 16 });
  return results.filter((result) => result.isValid).map((result) => result.text);
}

/**
 * Proves that what will be printed says what was meant.
 * @throws LicenseError `code-unreadable` where the second decoder reads nothing or something else.
 */
export async function assertReadable(matrix: CodeMatrix, text: CodeText): Promise<void> {
  const { side, grey } = codePixels(matrix, PIXELS_PER_MODULE);
  const pixels = new Uint32Array(side * side);
  // 0xAABBGGRR: every platform Node runs on stores the low byte first.
  for (let at = 0; at < pixels.length; at++) pixels[at] = grey[at] === 0 ? 0xff000000 : 0xffffffff;
  const data = new Uint8ClampedArray(pixels.buffer);
  const texts = await readCodes({ width: side, height: side, data }, true);
  if (texts.length !== 1 || texts[0] !== text.prefix + text.digits) {
    throw new LicenseError('code-unreadable', 'The drawn code does not read back as what was meant.');
  }
}
