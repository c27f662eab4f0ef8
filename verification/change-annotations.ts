// Annotations put on a page after a signature: which a certification that permits comments (DocMDP 3) lets pass.
import type { PdfDocument } from '../formats/pdf/document.ts';
import { entry, nameOf, numberOf } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import { readRectangle } from '../formats/pdf/pages.ts';
import { sameObject } from './pdf-objects.ts';

/** `none`: nothing but widgets of new fields. `harmless`: comments. `covering`: comments that may lie over what was signed. */
export type AddedAnnotations = 'none' | 'harmless' | 'covering' | 'forbidden';

/** ISO 32000-2 table 171: comments that show as an icon or a line, unless they bring an appearance of their own. */
const slight: ReadonlySet<string> = new Set([
  'Text',
  'Popup',
  'Highlight',
  'Underline',
  'Squiggly',
  'StrikeOut',
  'Caret',
]);
/** Comments that are drawn over the page. */
const drawn: ReadonlySet<string> = new Set([
  'FreeText',
  'Stamp',
  'Square',
  'Circle',
  'Line',
  'Polygon',
  'PolyLine',
  'Ink',
]);

/** Of those, what is an outline where it is not filled and its line is thin. */
const outlines: ReadonlySet<string> = new Set(['Square', 'Circle', 'Line', 'Polygon']);
/** Width in points up to which a line hides nothing. */
const thinLine = 3;

async function isOutline(
  document: PdfDocument,
  annotation: PdfDictionary,
  subtype: string,
  revision: number,
): Promise<boolean> {
  const plain = ['AP', 'IC', 'BE', 'Border', 'LE'].every((key) => !annotation.entries.has(key));
  if (!outlines.has(subtype) || !plain) return false;
  const style = await document.getDictionary(annotation, 'BS', revision);
  // Table 168: a line without a style is one point wide.
  const width = style === null ? 1 : numberOf(await document.get(style, 'W', revision));
  return style?.entries.has('W') === false || (width !== null && width <= thinLine);
}

/** From here on black text can be read through a marker's colour, of 1. */
const leastLight = 0.25;

/** Whether what a marker lies over is lost in its colour (table 166: none, grey, RGB or CMYK). */
async function isDark(document: PdfDocument, annotation: PdfDictionary, revision: number): Promise<boolean> {
  const colour = await document.get(annotation, 'C', revision);
  if (colour.kind === 'null') return false;
  if (colour.kind !== 'array') return true;
  const parts = colour.items.map((item) => numberOf(item) ?? 0);
  const [c = 0, m = 0, y = 0, k = 0] = parts;
  const light = (red: number, green: number, blue: number): number => 0.3 * red + 0.59 * green + 0.11 * blue;
  switch (parts.length) {
    case 0:
      return false;
    case 1:
      return c < leastLight;
    case 3:
      return light(c, m, y) < leastLight;
    default:
      return light(1 - c, 1 - m, 1 - y) * (1 - k) < leastLight;
  }
}

/** Side of a square in points in which an icon has room, and little else has. */
const iconSide = 32;

async function kindOf(document: PdfDocument, item: PdfObject, revision: number): Promise<AddedAnnotations> {
  // A stream would draw where the list is used for something else; an annotation is a dictionary.
  const annotation = await document.resolve(item, revision);
  if (annotation.kind !== 'dictionary') return 'forbidden';
  const subtype = nameOf(await document.get(annotation, 'Subtype', revision)) ?? '';
  for (const key of ['A', 'AA', 'FT', 'Parent']) if (annotation.entries.has(key)) return 'forbidden';
  if (await isOutline(document, annotation, subtype, revision)) return 'harmless';
  if (drawn.has(subtype)) return 'covering';
  if (!slight.has(subtype)) return 'forbidden';
  if (entry(annotation, 'AP').kind === 'null')
    return subtype === 'Highlight' && (await isDark(document, annotation, revision))
      ? 'covering'
      : 'harmless';
  const place = await readRectangle(document, entry(annotation, 'Rect'), revision);
  const small =
    place !== null && place.right - place.left <= iconSide && place.top - place.bottom <= iconSide;
  return small ? 'harmless' : 'covering';
}

const order: readonly AddedAnnotations[] = ['none', 'harmless', 'covering', 'forbidden'];

/**
 * Compares the lists of a page; what was there must still be there, in its order.
 * @param newWidgets numbers of widgets that another rule has told already
 * @param usedBefore whether an object was named in the signed revision: an old object is no new comment
 */
export async function addedAnnotations(
  document: PdfDocument,
  before: PdfObject,
  after: PdfObject,
  revision: number,
  newWidgets: ReadonlySet<number>,
  usedBefore: (number: number) => boolean,
): Promise<AddedAnnotations> {
  const old = before.kind === 'array' ? before.items : before.kind === 'null' ? [] : null;
  if (old === null || after.kind !== 'array') return 'forbidden';
  const kept = old.every((item, at) => {
    const other = after.items[at];
    return other !== undefined && sameObject(item, other);
  });
  if (!kept) return 'forbidden';
  let worst: AddedAnnotations = 'none';
  for (const item of after.items.slice(old.length)) {
    if (item.kind === 'reference' && newWidgets.has(item.number)) continue;
    const kind =
      item.kind !== 'reference' || usedBefore(item.number)
        ? 'forbidden'
        : await kindOf(document, item, revision);
    if (order.indexOf(kind) > order.indexOf(worst)) worst = kind;
  }
  return worst;
}
