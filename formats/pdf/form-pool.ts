// One drawing used in many places of a file: written once, and small forms that show all of it or a part of it, turned or not.
import {
  addAppearance,
  upright,
  type Appearance,
  type AppearanceOptions,
  type Matrix,
} from './appearance.ts';
import type { IncrementalUpdate } from './append.ts';
import { pdfArray, pdfDictionary, pdfInteger, pdfName, pdfReal, type PdfReference } from './objects.ts';
import { latin1 } from './serialise.ts';

/** A part of the drawing, in its own units: left, bottom, right, top. */
export type FormPart = readonly [number, number, number, number];

export class FormPool {
  readonly #update: IncrementalUpdate;
  readonly #appearance: Appearance;
  readonly #options: AppearanceOptions;
  readonly #made = new Map<string, PdfReference>();

  constructor(update: IncrementalUpdate, appearance: Appearance, options: AppearanceOptions = {}) {
    this.#update = update;
    this.#appearance = appearance;
    this.#options = options;
  }

  /** The whole drawing. @param matrix turns it upright on a turned page */
  whole(matrix: Matrix): PdfReference {
    return matrix === upright ? this.#base() : this.#showing(this.#appearance.boundingBox, matrix, '/S Do');
  }

  /** The whole drawing where it shows once and no more: turned itself, without a form around it. */
  only(matrix: Matrix): PdfReference {
    return addAppearance(this.#update, this.#appearance, matrix, this.#options);
  }

  /** A part of it, cut off at its edges. */
  part(part: FormPart, matrix: Matrix): PdfReference {
    return this.#showing(part, matrix, '/S Do');
  }

  /** All of it, scaled by `scale`, in the middle of a box of its own units. */
  centred(width: number, height: number, scale: number, matrix: Matrix): PdfReference {
    const [left, bottom, right, top] = this.#appearance.boundingBox;
    const x = width / 2 - ((left + right) / 2) * scale;
    const y = height / 2 - ((bottom + top) / 2) * scale;
    const n = (value: number): string => String(rounded(value));
    return this.#showing(
      [0, 0, width, height],
      matrix,
      `${n(scale)} 0 0 ${n(scale)} ${n(x)} ${n(y)} cm /S Do`,
    );
  }

  #base(): PdfReference {
    const known = this.#made.get('');
    if (known !== undefined) return known;
    const made = addAppearance(this.#update, this.#appearance, upright, this.#options);
    this.#made.set('', made);
    return made;
  }

  #showing(box: FormPart, matrix: Matrix, content: string): PdfReference {
    const key = [...box, ...matrix, content].join(' ');
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const base = this.#base();
    const reference = this.#update.allocate();
    const dictionary = pdfDictionary({
      Type: pdfName('XObject'),
      Subtype: pdfName('Form'),
      FormType: pdfInteger(1),
      BBox: pdfArray(box.map((value) => pdfReal(rounded(value)))),
      ...(matrix === upright ? {} : { Matrix: pdfArray(matrix.map(pdfReal)) }),
      Resources: pdfDictionary({ XObject: pdfDictionary({ S: base }) }),
    });
    this.#update.setStream(reference, dictionary, latin1(content));
    this.#made.set(key, reference);
    return reference;
  }
}

function rounded(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}
