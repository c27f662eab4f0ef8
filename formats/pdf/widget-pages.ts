// On which page a widget shows: by its /P, or else by the page whose /Annots names it (ISO 32000-2, 12.5.2).
import type { PdfDocument } from './document.ts';
import type { Widget } from './form.ts';
import { walkPages } from './pages.ts';

/**
 * One walk over the pages for any number of widgets.
 * @returns a page index (first page 0) or null for each widget, in their order.
 */
export async function findWidgetPages(
  document: PdfDocument,
  widgets: readonly Widget[],
  asOfRevision?: number,
): Promise<readonly (number | null)[]> {
  if (widgets.length === 0) return [];
  const pageByNumber = new Map<number, number>();
  const pageByAnnotation = new Map<number, number>();
  const someWithoutPage = widgets.some((widget) => widget.page === null);
  for await (const page of walkPages(document, asOfRevision)) {
    pageByNumber.set(page.reference.number, page.index);
    if (!someWithoutPage) continue;
    const annotations = await document.get(page.dictionary, 'Annots', asOfRevision);
    for (const item of annotations.kind === 'array' ? annotations.items : []) {
      if (item.kind === 'reference') pageByAnnotation.set(item.number, page.index);
    }
  }
  return widgets.map((widget) => {
    if (widget.page !== null) return pageByNumber.get(widget.page.number) ?? null;
    return widget.reference === null ? null : (pageByAnnotation.get(widget.reference.number) ?? null);
  });
}
