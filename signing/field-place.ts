// A prepared empty field as the place of a seal: where it shows, and the seal fitted into it.
import { upright } from '../formats/pdf/appearance.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormPool } from '../formats/pdf/form-pool.ts';
import type { FormField } from '../formats/pdf/form.ts';
import type { PdfReference } from '../formats/pdf/objects.ts';
import { readPage, type Page, type Rectangle } from '../formats/pdf/pages.ts';
import { findWidgetPages } from '../formats/pdf/widget-pages.ts';
import { SigningError } from './errors.ts';
import { turnBack, shownArea } from './placement.ts';

export interface PreparedPlace {
  readonly field: FormField;
  readonly page: Page;
  readonly rectangle: Rectangle;
  /**
   * The seal in the middle of the field, in its real size, or as large as fits; nothing in a field without area.
   * @param size of the seal, millimetres
   */
  draw(pool: FormPool, size: { readonly width: number; readonly height: number }): PdfReference | null;
}

const pointsPerMillimetre = 72 / 25.4;

/** @throws SigningError `field-not-found` (absent, or no empty signature field that shows on a page), `field-already-signed` */
export async function preparedPlace(
  document: PdfDocument,
  fields: readonly FormField[],
  name: string,
): Promise<PreparedPlace> {
  const field = fields.find(({ fullName, type }) => fullName === name && type === 'Sig');
  if (field === undefined)
    throw new SigningError('field-not-found', 'The document has no signature field of this name.');
  if (field.value.kind !== 'null')
    throw new SigningError('field-already-signed', 'The field of this name is signed already.');
  const [widget] = field.widgets;
  const rectangle = widget?.rectangle ?? null;
  const [index = null] = widget === undefined ? [] : await findWidgetPages(document, [widget]);
  // A field without a place is signed invisibly, and belongs to the first page.
  const page = await readPage(document, index ?? 0);
  if (page === null) throw new SigningError('field-not-found', 'The field of this name stands on no page.');
  const box = index === null || rectangle === null ? { left: 0, bottom: 0, right: 0, top: 0 } : rectangle;
  return {
    field,
    page,
    rectangle: box,
    draw(pool, size) {
      const shown = shownArea(page, box);
      if (!(shown.width > 0.5 && shown.height > 0.5)) return null;
      const scale = Math.min(1, shown.width / size.width, shown.height / size.height);
      const points = (length: number): number => length * pointsPerMillimetre;
      const matrix = page.rotate === 0 ? upright : turnBack[page.rotate];
      return pool.centred(points(shown.width), points(shown.height), scale, matrix);
    },
  };
}
