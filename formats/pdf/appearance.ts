// The appearance of a widget (ISO 32000-2, 12.5.5): a form XObject from drawing operators.
import type { PdfDictionary, PdfObject, PdfReference } from './objects.ts';
import type { IncrementalUpdate } from './append.ts';
import { deflateSync } from 'node:zlib';
import { pdfArray, pdfBoolean, pdfDictionary, pdfInteger, pdfName, pdfReal, withEntries } from './objects.ts';

/** Six numbers of a transformation (8.3.3). */
export type Matrix = readonly [number, number, number, number, number, number];

/** The identity, which /Matrix is when absent. */
export const upright: Matrix = [1, 0, 0, 1, 0, 0];

/**
 * What a seal or a signature looks like. PDF/A-3 asks the drawing for no transparency, and for an output intent of the
 * colour space it uses; both are the caller's matter.
 */
export interface Appearance {
  /** Content stream operators, uncompressed; never written to afterwards. */
  readonly content: Uint8Array;
  /** Left, bottom, right, top of the drawing, in its own units; scaled to the widget's rectangle. */
  readonly boundingBox: readonly [number, number, number, number];
  /** /Resources; empty where the operators name none. */
  readonly resources?: PdfDictionary;
  /** Pictures of dots that the operators draw by name. */
  readonly images?: readonly FormImage[];
}

/** Dots for `/<name> Do`: rows from the top, 8 bits a part. */
export interface FormImage {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** DeviceRGB, three bytes a dot. */
  readonly colours: Uint8Array;
  /** One byte a dot, 0 clear; null for none. */
  readonly opacity: Uint8Array | null;
}

export interface AppearanceOptions {
  /**
   * PDF/A-1 knows no soft masks (ISO 19005-1, 6.4): a dot is there or not, by an image mask of one bit, of which 1 hides.
   */
  readonly hardMasks?: boolean;
}

/** Adds the form XObject to an update. @param matrix turns the drawing upright on a rotated page. */
export function addAppearance(
  update: IncrementalUpdate,
  appearance: Appearance,
  matrix: Matrix,
  options: AppearanceOptions = {},
): PdfReference {
  const compressed = deflated(appearance.content);
  const smaller = compressed.length < appearance.content.length;
  const reference = update.allocate();
  const dictionary = pdfDictionary({
    Type: pdfName('XObject'),
    Subtype: pdfName('Form'),
    FormType: pdfInteger(1),
    BBox: pdfArray(appearance.boundingBox.map(pdfReal)),
    ...(matrix === upright ? {} : { Matrix: pdfArray(matrix.map(pdfReal)) }),
    Resources: resourcesOf(update, appearance, options.hardMasks ?? false),
    ...(smaller ? { Filter: pdfName('FlateDecode') } : {}),
  });
  update.setStream(reference, dictionary, smaller ? compressed : appearance.content);
  return reference;
}

function resourcesOf(update: IncrementalUpdate, appearance: Appearance, hardMasks: boolean): PdfDictionary {
  const own = appearance.resources ?? pdfDictionary();
  const images = appearance.images ?? [];
  if (images.length === 0) return own;
  const named = images.map((image) => [image.name, addImage(update, image, hardMasks)] as const);
  return withEntries(own, { XObject: pdfDictionary(Object.fromEntries(named)) });
}

function addImage(update: IncrementalUpdate, image: FormImage, hardMask: boolean): PdfReference {
  const add = (data: Uint8Array, entries: Readonly<Record<string, PdfObject>>): PdfReference => {
    const reference = update.allocate();
    const dictionary = pdfDictionary({
      Type: pdfName('XObject'),
      Subtype: pdfName('Image'),
      Width: pdfInteger(image.width),
      Height: pdfInteger(image.height),
      Filter: pdfName('FlateDecode'),
      ...entries,
    });
    update.setStream(reference, dictionary, deflated(data));
    return reference;
  };
  const part = (space: string) => ({ ColorSpace: pdfName(space), BitsPerComponent: pdfInteger(8) });
  if (image.opacity === null) return add(image.colours, part('DeviceRGB'));
  const mask = hardMask
    ? {
        Mask: add(oneBitMask(image, image.opacity), {
          ImageMask: pdfBoolean(true),
          BitsPerComponent: pdfInteger(1),
        }),
      }
    : { SMask: add(image.opacity, part('DeviceGray')) };
  return add(image.colours, { ...part('DeviceRGB'), ...mask });
}

const masks = new WeakMap<Uint8Array, Uint8Array>();

/** Explicit masking (8.9.6.3): 1 where the page shows through. Rows begin at a byte. */
function oneBitMask({ width, height }: FormImage, opacity: Uint8Array): Uint8Array {
  const known = masks.get(opacity);
  if (known !== undefined) return known;
  const rowBytes = (width + 7) >> 3;
  const mask = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * rowBytes + (x >> 3);
      if ((opacity[y * width + x] ?? 0) < 128) mask[at] = (mask[at] ?? 0) | (0x80 >> (x & 7));
    }
  }
  masks.set(opacity, mask);
  return mask;
}

/** A seal's picture is drawn on many documents and compressed once; bytes no longer held anywhere are forgotten. */
const kept = new WeakMap<Uint8Array, Uint8Array>();

function deflated(content: Uint8Array): Uint8Array {
  const known = kept.get(content);
  if (known !== undefined) return known;
  const compressed = deflateSync(content, { level: 9, memLevel: 9 });
  kept.set(content, compressed);
  return compressed;
}
