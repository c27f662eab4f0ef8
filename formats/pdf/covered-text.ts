// Text of a page over which the same page paints something later: what a reader never sees, and what hides it can be taken away.
import type { Matrix } from './appearance.ts';
import type { PdfDocument } from './document.ts';
import type { Page, Rectangle } from './pages.ts';
import { dictionaryOf, nameOf, pdfDictionary, type PdfDictionary } from './objects.ts';
import { ContentReader, type ContentStep, type ContentValue } from './text-reader.ts';

/** What is looked at on one page. */
const mostOperators = 100_000;
const mostStrings = 5_000;
const deepestState = 512;
const identity: Matrix = [1, 0, 0, 1, 0, 0];

/** What a page shows that is not plainly visible. */
export interface PageInk {
  /** Strings shown and then painted over by a picture or a filled rectangle. */
  readonly covered: number;
  /** Strings shown in rendering mode 3 or 7: there, and never visible. */
  readonly invisible: number;
}

/**
 * @param content decoded, parts joined
 * @throws FormatError where a picture's dictionary cannot be read
 */
export async function inkOf(document: PdfDocument, page: Page, content: Uint8Array): Promise<PageInk> {
  const resources = dictionaryOf(await document.resolve(page.resources)) ?? pdfDictionary();
  const objects = await document.getDictionary(resources, 'XObject');
  const run = new InkRun();
  const reader = new ContentReader(content);
  for (
    let left = mostOperators, step = reader.next();
    step !== null && left > 0;
    step = reader.next(), left--
  ) {
    if (step.operator !== 'Do') run.take(step);
    else if (objects !== null) run.paint(await boxOf(document, objects, step.operands.at(-1)));
  }
  return { covered: run.covered, invisible: run.invisible };
}

/** Corners of what `Do` paints, before the current transformation; null for what paints nothing known. */
async function boxOf(
  document: PdfDocument,
  objects: PdfDictionary,
  name: ContentValue | undefined,
): Promise<Rectangle | null> {
  if (typeof name !== 'object' || !('name' in name)) return null;
  const object = await document.get(objects, name.name);
  if (object.kind !== 'stream') return null;
  // A form may be transparent all over: only pictures without a mask surely cover.
  const image = nameOf(await document.get(object.dictionary, 'Subtype')) === 'Image';
  const masked = ['SMask', 'Mask', 'ImageMask'].some((key) => object.dictionary.entries.has(key));
  return image && !masked ? { left: 0, bottom: 0, right: 1, top: 1 } : null;
}

class InkRun {
  invisible = 0;
  readonly #strings: { readonly x: number; readonly y: number; covered: boolean }[] = [];
  #ctm = identity;
  #mode = 0;
  #line = identity;
  #leading = 0;
  readonly #states: { readonly ctm: Matrix; readonly mode: number }[] = [];
  #path: Rectangle[] = [];

  get covered(): number {
    return this.#strings.filter(({ covered }) => covered).length;
  }

  take({ operator, operands }: ContentStep): void {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = operands.slice(-6).map(numberIn);
    if (operator === 'q' && this.#states.length < deepestState) {
      this.#states.push({ ctm: this.#ctm, mode: this.#mode });
    } else if (operator === 'Q') {
      const state = this.#states.pop();
      this.#ctm = state?.ctm ?? this.#ctm;
      this.#mode = state?.mode ?? this.#mode;
    } else if (operator === 'cm') this.#ctm = product([a, b, c, d, e, f], this.#ctm);
    else if (operator === 're' && operands.length >= 4) this.#rectangle(operands.slice(-4).map(numberIn));
    else if (/^(f|F|f\*|B|B\*|b|b\*)$/.test(operator)) this.#fill();
    else if (/^(n|S|s)$/.test(operator)) this.#path = [];
    else this.#text(operator, operands, [a, b, c, d, e, f]);
  }

  /** @param box before the current transformation */
  paint(box: Rectangle | null): void {
    if (box === null) return;
    const corners = [
      [box.left, box.bottom],
      [box.right, box.bottom],
      [box.left, box.top],
      [box.right, box.top],
    ].map(([x = 0, y = 0]) => applied(this.#ctm, x, y));
    const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
    for (const string of this.#strings) {
      if (string.x > left && string.x < right && string.y > bottom && string.y < top) string.covered = true;
    }
  }

  #rectangle([x = 0, y = 0, width = 0, height = 0]: readonly number[]): void {
    this.#path.push({
      left: Math.min(x, x + width),
      right: Math.max(x, x + width),
      bottom: Math.min(y, y + height),
      top: Math.max(y, y + height),
    });
  }

  #fill(): void {
    for (const rectangle of this.#path) this.paint(rectangle);
    this.#path = [];
  }

  #text(operator: string, operands: readonly ContentValue[], numbers: Matrix): void {
    const [x, y] = operands.slice(-2).map(numberIn);
    if (operator === 'BT') this.#line = identity;
    else if (operator === 'Tm') this.#line = numbers;
    else if (operator === 'TL') this.#leading = x ?? 0;
    else if (operator === 'Td' || operator === 'TD') {
      if (operator === 'TD') this.#leading = -(y ?? 0);
      this.#line = product([1, 0, 0, 1, x ?? 0, y ?? 0], this.#line);
    } else if (operator === 'Tr') this.#mode = x ?? 0;
    else if (operator === 'T*') this.#line = product([1, 0, 0, 1, 0, -this.#leading], this.#line);
    else if (operator === 'Tj' || operator === 'TJ') this.#show();
    else if (operator === "'" || operator === '"') {
      this.#line = product([1, 0, 0, 1, 0, -this.#leading], this.#line);
      this.#show();
    }
  }

  #show(): void {
    if (this.#mode === 3 || this.#mode === 7) this.invisible += 1;
    else if (this.#strings.length < mostStrings) {
      const [, , , , x, y] = this.#line;
      this.#strings.push({ ...applied(this.#ctm, x, y), covered: false });
    }
  }
}

function numberIn(value: ContentValue): number {
  return typeof value === 'number' ? value : 0;
}

function applied(
  [a, b, c, d, e, f]: Matrix,
  x: number,
  y: number,
): { readonly x: number; readonly y: number } {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

function product(inner: Matrix, outer: Matrix): Matrix {
  const [a, b, c, d, e, f] = inner;
  const [p, q, r, s, t, u] = outer;
  return [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u];
}
