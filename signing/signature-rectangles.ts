// Where signature fields already show on a page, so that a new seal covers none of them.
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormField } from '../formats/pdf/form.ts';
import { entry } from '../formats/pdf/objects.ts';
import type { Page, Rectangle } from '../formats/pdf/pages.ts';

/** @param fields of the whole document; a widget is on the page when the page lists it or the widget names the page. */
export async function signatureRectangles(
  document: PdfDocument,
  fields: readonly FormField[],
  page: Page,
): Promise<readonly Rectangle[]> {
  const annotations = await document.resolve(entry(page.dictionary, 'Annots'));
  const listed = new Set<number>();
  for (const item of annotations.kind === 'array' ? annotations.items : []) {
    if (item.kind === 'reference') listed.add(item.number);
  }
  return fields
    .filter((field) => field.type === 'Sig')
    .flatMap((field) => field.widgets)
    .filter(
      (widget) =>
        widget.page?.number === page.reference.number ||
        (widget.reference !== null && listed.has(widget.reference.number)),
    )
    .flatMap((widget) => widget.rectangle ?? []);
}
