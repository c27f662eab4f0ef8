// Where form fields show, found once for all pages: a seal covers none of them unless that is asked for.
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormField, Widget } from '../formats/pdf/form.ts';
import { entry } from '../formats/pdf/objects.ts';
import type { Page, Rectangle } from '../formats/pdf/pages.ts';

export interface FieldAreas {
  /** Areas of the fields on a page: those whose widget names the page or that the page lists. */
  on(page: Page): Promise<readonly Rectangle[]>;
}

/** @param except a field that is itself to be signed */
export function fieldAreas(
  document: PdfDocument,
  fields: readonly FormField[],
  except: FormField | null = null,
): FieldAreas {
  const byPage = new Map<number, Widget[]>();
  const byNumber = new Map<number, Widget>();
  for (const field of fields) {
    if (field === except) continue;
    for (const widget of field.widgets) {
      if (widget.rectangle === null) continue;
      if (widget.page !== null) {
        const there = byPage.get(widget.page.number);
        if (there === undefined) byPage.set(widget.page.number, [widget]);
        else there.push(widget);
      }
      if (widget.reference !== null) byNumber.set(widget.reference.number, widget);
    }
  }
  return {
    async on(page) {
      if (byNumber.size === 0 && byPage.size === 0) return [];
      const found = new Set<Widget>(byPage.get(page.reference.number));
      const annotations = await document.resolve(entry(page.dictionary, 'Annots'));
      for (const item of annotations.kind === 'array' ? annotations.items : []) {
        const widget = item.kind === 'reference' ? byNumber.get(item.number) : undefined;
        if (widget !== undefined) found.add(widget);
      }
      return [...found].flatMap(({ rectangle }) => rectangle ?? []);
    },
  };
}
