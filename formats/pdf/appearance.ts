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
  /**
   * A document for archives whose output intent is not RGB takes no DeviceRGB (ISO 19005-1, 6.2.3.3; 19005-2, 6.2.4.3): what is
   * drawn is then in sRGB as a CalRGB space says it.
   */
  readonly calibrated?: boolean;
}

/** Adds the form XObject to an update. @param matrix turns the drawing upright on a rotated page. */
export function addAppearance(
  update: IncrementalUpdate,
  appearance: Appearance,
  matrix: Matrix,
  options: AppearanceOptions = {},
): PdfReference {
  const content = options.calibrated === true ? calibratedContent(appearance.content) : appearance.content;
  const compressed = deflated(content);
  const smaller = compressed.length < content.length;
  const reference = update.allocate();
  const dictionary = pdfDictionary({
    Type: pdfName('XObject'),
    Subtype: pdfName('Form'),
    FormType: pdfInteger(1),
    BBox: pdfArray(appearance.boundingBox.map(pdfReal)),
    ...(matrix === upright ? {} : { Matrix: pdfArray(matrix.map(pdfReal)) }),
    Resources: resourcesOf(update, appearance, options),
    ...(smaller ? { Filter: pdfName('FlateDecode') } : {}),
  });
  update.setStream(reference, dictionary, smaller ? compressed : content);
  return reference;
}

function resourcesOf(
  update: IncrementalUpdate,
  appearance: Appearance,
  options: AppearanceOptions,
): PdfDictionary {
  const own = appearance.resources ?? pdfDictionary();
  const images = appearance.images ?? [];
  const named = images.map((image) => [image.name, addImage(update, image, options)] as const);
  return withEntries(own, {
    ...(images.length === 0 ? {} : { XObject: pdfDictionary(Object.fromEntries(named)) }),
    ...(options.calibrated === true
      ? { ColorSpace: pdfDictionary({ [calibratedName]: calibratedSpace }) }
      : {}),
  });
}

const calibratedName = 'sRGB';
/** IEC 61966-2-1 as near as three gammas come to it, white point D65 (8.6.5.3). */
const calibratedSpace = pdfArray([
  pdfName('CalRGB'),
  pdfDictionary({
    WhitePoint: pdfArray([0.9505, 1, 1.089].map(pdfReal)),
    Gamma: pdfArray([2.2222, 2.2222, 2.2222].map(pdfReal)),
    Matrix: pdfArray([0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505].map(pdfReal)),
  }),
]);

const calibratedContents = new WeakMap<Uint8Array, Uint8Array>();

/** Our own drawings have no strings: what looks like setting a colour is that. */
function calibratedContent(content: Uint8Array): Uint8Array {
  const known = calibratedContents.get(content);
  if (known !== undefined) return known;
  const text = new TextDecoder('latin1')
    .decode(content)
    .replace(/((?:[\d.]+ ){3})rg\b/g, `/${calibratedName} cs $1sc`)
    .replace(/((?:[\d.]+ ){3})RG\b/g, `/${calibratedName} CS $1SC`);
  const made = new TextEncoder().encode(text);
  calibratedContents.set(content, made);
  return made;
}

function addImage(
  update: IncrementalUpdate,
  image: FormImage,
  { hardMasks = false, calibrated = false }: AppearanceOptions,
): PdfReference {
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
  const part = (space: PdfObject) => ({ ColorSpace: space, BitsPerComponent: pdfInteger(8) });
  const colours = part(calibrated ? calibratedSpace : pdfName('DeviceRGB'));
  if (image.opacity === null) return add(image.colours, colours);
  const mask = hardMasks
    ? {
        Mask: add(oneBitMask(image, image.opacity), {
          ImageMask: pdfBoolean(true),
          BitsPerComponent: pdfInteger(1),
        }),
      }
    : { SMask: add(image.opacity, part(pdfName('DeviceGray'))) };
  return add(image.colours, { ...colours, ...mask });
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
