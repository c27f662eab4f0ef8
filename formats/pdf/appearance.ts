// The appearance of a widget (ISO 32000-2, 12.5.5): a form XObject from drawing operators.
import type { PdfDictionary, PdfReference } from './objects.ts';
import type { IncrementalUpdate } from './append.ts';
import { deflateSync } from 'node:zlib';
import { pdfArray, pdfDictionary, pdfInteger, pdfName, pdfReal } from './objects.ts';

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
}

/** Adds the form XObject to an update. @param matrix turns the drawing upright on a rotated page. */
export function addAppearance(
  update: IncrementalUpdate,
  appearance: Appearance,
  matrix: Matrix,
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
    Resources: appearance.resources ?? pdfDictionary(),
    ...(smaller ? { Filter: pdfName('FlateDecode') } : {}),
  });
  update.setStream(reference, dictionary, smaller ? compressed : appearance.content);
  return reference;
}

/** A seal's picture is drawn on many documents and compressed once; bytes no longer held anywhere are forgotten. */
const kept = new WeakMap<Uint8Array, Uint8Array>();

function deflated(content: Uint8Array): Uint8Array {
  const known = kept.get(content);
  if (known !== undefined) return known;
  const compressed = deflateSync(content, { level: 9 });
  kept.set(content, compressed);
  return compressed;
}
