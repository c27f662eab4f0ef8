// Objects that a page draws with by the way: a form field or the catalogue may change as such only where it is nothing else besides.
import type { PdfDocument } from '../formats/pdf/document.ts';
import { pdfReference } from '../formats/pdf/objects.ts';
import type { PdfObject } from '../formats/pdf/objects.ts';

/**
 * Where a reader looks up something to draw with by a name of the writer's choice (ISO 32000-2 7.8.3, 9.6.4, 12.5.5), or by keys
 * that other dictionaries have too (7.4.6, 11.6.6).
 */
const drawingKeys: ReadonlySet<string> = new Set([
  'Resources',
  'ExtGState',
  'ColorSpace',
  'Pattern',
  'Shading',
  'XObject',
  'Font',
  'Properties',
  'CharProcs',
  'Colorants',
  'Group',
  'DecodeParms',
  'DP',
  'AP',
  'N',
  'R',
  'D',
]);

/** Whether an object leads to a number from a place that is drawn with. */
function drawsWith(object: PdfObject, number: number): boolean {
  const pending: (readonly [PdfObject, boolean])[] = [[object, false]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, drawing] = next;
    if (value.kind === 'reference' && value.number === number && drawing) return true;
    if (value.kind === 'array') for (const item of value.items) pending.push([item, drawing]);
    const dictionary = value.kind === 'stream' ? value.dictionary : value;
    if (dictionary.kind === 'dictionary')
      for (const [key, item] of dictionary.entries) pending.push([item, drawing || drawingKeys.has(key)]);
  }
  return false;
}

/**
 * @param referrers numbers of the objects that name the given one as of the revision; 0 for the trailer, negative where unknown
 * @returns true also where it cannot be told
 */
export async function isDrawnWith(
  document: PdfDocument,
  number: number,
  referrers: Iterable<number>,
  revision: number,
): Promise<boolean> {
  for (const from of referrers) {
    if (from === 0) continue;
    if (from < 0) return true;
    const located = await document.locate(from, revision);
    const generation = located?.entry.type === 'offset' ? located.entry.generation : 0;
    if (drawsWith(await document.resolve(pdfReference(from, generation), revision), number)) return true;
  }
  return false;
}
