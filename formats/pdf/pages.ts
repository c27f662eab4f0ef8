// Pages (ISO 32000-2, 7.7.3): found by number without reading the others, with the attributes they inherit.
import type { PdfDocument } from './document.ts';
import type { PdfDictionary, PdfObject, PdfReference } from './objects.ts';
import { FormatError } from '../errors.ts';
import { dictionaryOf, entry, integerOf, nameOf, numberOf, pdfNull } from './objects.ts';

/** In default user space units, lower-left and upper-right corner, left < right and bottom < top. */
export interface Rectangle {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

export interface Page {
  /** First page 0. */
  readonly index: number;
  readonly reference: PdfReference;
  readonly dictionary: PdfDictionary;
  readonly mediaBox: Rectangle;
  /** What viewers show: /CropBox cut to /MediaBox. */
  readonly cropBox: Rectangle;
  /** Clockwise turn for display. */
  readonly rotate: 0 | 90 | 180 | 270;
  /** Size of a user space unit in 1/72 inch (14.11.2 and Table 31). */
  readonly userUnit: number;
  /** /Resources as they stand, inherited; null object where there are none. */
  readonly resources: PdfObject;
}

const inheritable = ['MediaBox', 'CropBox', 'Rotate', 'Resources'] as const;
type Inherited = Readonly<Partial<Record<(typeof inheritable)[number], PdfObject>>>;

interface Node {
  readonly reference: PdfReference;
  readonly dictionary: PdfDictionary;
  readonly inherited: Inherited;
}

/** How many pages the root of the page tree says there are. */
export async function pageCount(document: PdfDocument, asOfRevision?: number): Promise<number> {
  const root = await rootNode(document, asOfRevision);
  const count = integerOf(await document.get(root.dictionary, 'Count', asOfRevision));
  if (count === null || count < 0) throw new FormatError('pdf-malformed', 'The page tree has no page count.');
  return count;
}

/** @param index first page 0. @returns null where the document has fewer pages. */
export async function readPage(
  document: PdfDocument,
  index: number,
  asOfRevision?: number,
): Promise<Page | null> {
  if (asOfRevision !== undefined) return findPage(document, index, asOfRevision);
  const known = newestPages.get(document) ?? new Map<number, Page>();
  newestPages.set(document, known);
  const page = known.get(index) ?? (await findPage(document, index));
  if (page !== null && known.size < pagesKept) known.set(index, page);
  return page;
}

/** A few pages of each document are asked for several times: a file does not change while it is open. */
const newestPages = new WeakMap<PdfDocument, Map<number, Page>>();
const pagesKept = 64;

async function findPage(document: PdfDocument, index: number, asOfRevision?: number): Promise<Page | null> {
  let skip = index;
  let node = await rootNode(document, asOfRevision);
  const seen = new Set([node.reference.number]);
  for (let depth = 0; ; depth++) {
    if (depth > document.limits.treeDepth) throw new FormatError('pdf-limit', 'The page tree is too deep.');
    const step: { readonly node: Node; readonly skip: number } | null = await descend(
      document,
      node,
      skip,
      asOfRevision,
    );
    if (step === null) return null;
    if (isLeaf(step.node.dictionary)) return toPage(document, step.node, index, asOfRevision);
    if (seen.has(step.node.reference.number)) throw circular();
    seen.add(step.node.reference.number);
    ({ node, skip } = step);
  }
}

/** All pages in order; each page object once. */
export async function* walkPages(document: PdfDocument, asOfRevision?: number): AsyncGenerator<Page> {
  const seen = new Set<number>();
  let index = 0;
  async function* walk(node: Node, depth: number): AsyncGenerator<Page> {
    if (depth > document.limits.treeDepth) throw new FormatError('pdf-limit', 'The page tree is too deep.');
    if (seen.has(node.reference.number)) throw circular();
    seen.add(node.reference.number);
    if (seen.size > document.limits.pages) throw new FormatError('pdf-limit', 'The PDF has too many pages.');
    if (isLeaf(node.dictionary)) {
      yield await toPage(document, node, index++, asOfRevision);
      return;
    }
    for (const kid of await kidsOf(document, node, asOfRevision)) {
      yield* walk(await childNode(document, node, kid, asOfRevision), depth + 1);
    }
  }
  yield* walk(await rootNode(document, asOfRevision), 0);
}

/** Four numbers in any order of corners (7.9.5); null where they are none or enclose no area. */
export async function readRectangle(
  document: PdfDocument,
  object: PdfObject,
  asOfRevision?: number,
): Promise<Rectangle | null> {
  const array = await document.resolve(object, asOfRevision);
  if (array.kind !== 'array' || array.items.length !== 4) return null;
  const numbers: number[] = [];
  for (const item of array.items) {
    // Nearly always the numbers stand there themselves, and nothing has to be waited for.
    const direct = item.kind === 'reference' ? await document.resolve(item, asOfRevision) : item;
    const number = numberOf(direct);
    if (number === null || Math.abs(number) > 1e9) return null;
    numbers.push(number);
  }
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers;
  return {
    left: Math.min(x1, x2),
    bottom: Math.min(y1, y2),
    right: Math.max(x1, x2),
    top: Math.max(y1, y2),
  };
}

async function rootNode(document: PdfDocument, asOfRevision?: number): Promise<Node> {
  const catalogue = await document.catalogue(asOfRevision);
  const reference = entry(catalogue, 'Pages');
  const root = dictionaryOf(await document.resolve(reference, asOfRevision));
  if (root === null || reference.kind !== 'reference') {
    throw new FormatError('pdf-malformed', 'The PDF has no page tree.');
  }
  return { reference, dictionary: root, inherited: inherit({}, root) };
}

async function descend(
  document: PdfDocument,
  node: Node,
  skip: number,
  asOfRevision: number | undefined,
): Promise<{ readonly node: Node; readonly skip: number } | null> {
  const kids = await kidsOf(document, node, asOfRevision);
  // As many kids as pages: each kid is a page, so the wanted one need not be looked for.
  if (integerOf(entry(node.dictionary, 'Count')) === kids.length) {
    const kid = kids[skip];
    if (kid === undefined) return null;
    const child = await childNode(document, node, kid, asOfRevision);
    if (isLeaf(child.dictionary)) return { node: child, skip: 0 };
  }
  let left = skip;
  for (const kid of kids) {
    const child = await childNode(document, node, kid, asOfRevision);
    const count = isLeaf(child.dictionary)
      ? 1
      : integerOf(await document.get(child.dictionary, 'Count', asOfRevision));
    if (count === null || count < 0)
      throw new FormatError('pdf-malformed', 'The page tree has no page count.');
    if (left < count) return { node: child, skip: left };
    left -= count;
  }
  return null;
}

async function kidsOf(
  document: PdfDocument,
  node: Node,
  asOfRevision: number | undefined,
): Promise<readonly PdfObject[]> {
  const kids = await document.get(node.dictionary, 'Kids', asOfRevision);
  if (kids.kind !== 'array') throw new FormatError('pdf-malformed', 'A node of the page tree has no kids.');
  if (kids.items.length > document.limits.pages)
    throw new FormatError('pdf-limit', 'The PDF has too many pages.');
  return kids.items;
}

async function childNode(
  document: PdfDocument,
  parent: Node,
  kid: PdfObject,
  asOfRevision: number | undefined,
): Promise<Node> {
  const dictionary = dictionaryOf(await document.resolve(kid, asOfRevision));
  if (kid.kind !== 'reference' || dictionary === null) {
    throw new FormatError('pdf-malformed', 'The page tree leads to something that is no page.');
  }
  return { reference: kid, dictionary, inherited: inherit(parent.inherited, dictionary) };
}

function inherit(parent: Inherited, dictionary: PdfDictionary): Inherited {
  const all: Partial<Record<(typeof inheritable)[number], PdfObject>> = { ...parent };
  for (const key of inheritable) {
    const value = dictionary.entries.get(key);
    if (value !== undefined && value.kind !== 'null') all[key] = value;
  }
  return all;
}

function isLeaf(dictionary: PdfDictionary): boolean {
  const type = nameOf(entry(dictionary, 'Type'));
  return type === 'Page' || (type !== 'Pages' && !dictionary.entries.has('Kids'));
}

async function toPage(
  document: PdfDocument,
  node: Node,
  index: number,
  asOfRevision: number | undefined,
): Promise<Page> {
  const { dictionary, inherited, reference } = node;
  const mediaBox = await readRectangle(document, inherited.MediaBox ?? pdfNull, asOfRevision);
  if (mediaBox === null || !hasArea(mediaBox)) {
    throw new FormatError('pdf-malformed', `Page ${index + 1} has no usable /MediaBox.`);
  }
  const crop = await readRectangle(document, inherited.CropBox ?? pdfNull, asOfRevision);
  const cut = crop === null ? mediaBox : intersection(crop, mediaBox);
  const turn = integerOf(await document.resolve(inherited.Rotate ?? pdfNull, asOfRevision)) ?? 0;
  const unit = numberOf(await document.get(dictionary, 'UserUnit', asOfRevision)) ?? 1;
  return {
    index,
    reference,
    dictionary,
    mediaBox,
    // 14.11.2.1: a crop box that misses the media box leaves nothing to cut to, and viewers show the media box.
    cropBox: hasArea(cut) ? cut : mediaBox,
    rotate: quarterTurn(turn),
    userUnit: unit > 0 && unit <= 1e6 ? unit : 1,
    resources: inherited.Resources ?? pdfNull,
  };
}

function quarterTurn(degrees: number): Page['rotate'] {
  const turn = ((degrees % 360) + 360) % 360;
  return turn === 90 || turn === 180 || turn === 270 ? turn : 0;
}

function hasArea(box: Rectangle): boolean {
  return box.right > box.left && box.top > box.bottom;
}

/** The common part; without area where there is none. */
export function intersection(a: Rectangle, b: Rectangle): Rectangle {
  return {
    left: Math.max(a.left, b.left),
    bottom: Math.max(a.bottom, b.bottom),
    right: Math.min(a.right, b.right),
    top: Math.min(a.top, b.top),
  };
}

function circular(): FormatError {
  return new FormatError('pdf-malformed', 'The page tree is circular.');
}
