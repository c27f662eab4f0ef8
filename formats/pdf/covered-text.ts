// Text of a page over which the same page paints something later: what a reader never sees, and what hides it can be taken away.
import type { Matrix } from './appearance.ts';
import type { PdfDocument } from './document.ts';
import type { Page, Rectangle } from './pages.ts';
import {
  dictionaryOf,
  nameOf,
  numberOf,
  pdfDictionary,
  type PdfDictionary,
  type PdfStream,
} from './objects.ts';
import { ContentReader, type ContentStep, type ContentValue } from './text-reader.ts';

const deepestState = 512;
const deepestForm = 6;
/** Strings near a filled box that are compared with it for the price of one operator. */
const comparedAtOnce = 32;
/** Height of the rows in which strings are kept, so that a box meets only those near it. */
const rowHeight = 24;
const mostRows = 4096;
/** Operators between two pauses: a few milliseconds. */
const stride = 2000;
const identity: Matrix = [1, 0, 0, 1, 0, 0];

/** What may still be looked at, of this page and of others after it. */
export interface InkBudget {
  /** Operators. */
  operators: number;
  /** Bytes of content, inflated. */
  bytes: number;
}

/** What a page shows that is not plainly visible. */
export interface PageInk {
  /** Strings shown and then painted over by a picture or a filled rectangle. */
  readonly covered: number;
  /** Strings shown in rendering mode 3 or 7: there, and never visible. */
  readonly invisible: number;
  /** Whether the budget ended before the page did. */
  readonly cut: boolean;
  /** Whether something is nested deeper than is looked at. */
  readonly tooDeep: boolean;
}

/**
 * Looks at the page's content and at the forms that it draws.
 * @param content decoded, parts joined; its bytes are the caller's to count
 * @param budget is spent
 * @param pause awaited every few milliseconds, for whoever else waits
 * @throws FormatError where a picture's or a form's dictionary cannot be read
 */
export async function inkOf(
  document: PdfDocument,
  page: Page,
  content: Uint8Array,
  budget: InkBudget,
  pause: () => Promise<void>,
): Promise<PageInk> {
  const resources = dictionaryOf(await document.resolve(page.resources)) ?? pdfDictionary();
  const run = new InkRun(budget);
  const looking = { document, run, budget, pause };
  await look(looking, content, resources, 0);
  const { covered, invisible, tooDeep } = run;
  return { covered, invisible, cut: budget.operators <= 0 || budget.bytes <= 0, tooDeep };
}

interface Looking {
  readonly document: PdfDocument;
  readonly run: InkRun;
  readonly budget: InkBudget;
  readonly pause: () => Promise<void>;
}

async function look(
  looking: Looking,
  content: Uint8Array,
  resources: PdfDictionary,
  depth: number,
): Promise<void> {
  const { document, run, budget, pause } = looking;
  const objects = await document.getDictionary(resources, 'XObject');
  const reader = new ContentReader(content);
  let steps = 0;
  for (let step = reader.next(); step !== null; step = reader.next()) {
    budget.operators -= 1;
    if (budget.operators <= 0) return;
    if (++steps % stride === 0) await pause();
    if (step.operator !== 'Do') run.take(step);
    else if (objects !== null) await drawn(looking, { objects, resources }, step.operands.at(-1), depth);
  }
}

/** What `Do` paints: a picture without a mask surely covers; a form may be transparent all over, and is looked into. */
async function drawn(
  looking: Looking,
  within: { readonly objects: PdfDictionary; readonly resources: PdfDictionary },
  name: ContentValue | undefined,
  depth: number,
): Promise<void> {
  if (typeof name !== 'object' || !('name' in name)) return;
  const { document, run } = looking;
  const object = await document.get(within.objects, name.name);
  if (object.kind !== 'stream') return;
  const kind = nameOf(await document.get(object.dictionary, 'Subtype'));
  const masked = ['SMask', 'Mask', 'ImageMask'].some((key) => object.dictionary.entries.has(key));
  if (kind === 'Image' && !masked) run.paint({ left: 0, bottom: 0, right: 1, top: 1 });
  if (kind !== 'Form') return;
  if (depth < deepestForm) await insideForm(looking, object, within.resources, depth);
  else run.tooDeep = true;
}

/** A form without resources of its own has those of what draws it (ISO 32000-1 7.8.3, of old files). */
async function insideForm(
  { document, run, budget, pause }: Looking,
  form: PdfStream,
  outer: PdfDictionary,
  depth: number,
): Promise<void> {
  const content = await document.streamData(form);
  budget.bytes -= content.length;
  if (budget.bytes <= 0) return;
  const list = await document.get(form.dictionary, 'Matrix');
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] =
    list.kind === 'array' ? list.items.map((item) => numberOf(item) ?? 0) : [];
  const resources = (await document.getDictionary(form.dictionary, 'Resources')) ?? outer;
  const leave = run.enter([a, b, c, d, e, f]);
  await look({ document, run, budget, pause }, content, resources, depth + 1);
  leave();
}

interface Place {
  readonly x: number;
  readonly y: number;
}

class InkRun {
  invisible = 0;
  covered = 0;
  tooDeep = false;
  readonly #budget: InkBudget;
  /** Places of strings that nothing covers yet, by row. */
  readonly #rows = new Map<number, Place[]>();
  /** Around all of them. */
  readonly #bounds = { left: Infinity, bottom: Infinity, right: -Infinity, top: -Infinity };
  #ctm = identity;
  #mode = 0;
  #line = identity;
  #leading = 0;
  readonly #states: { readonly ctm: Matrix; readonly mode: number }[] = [];
  #path: Rectangle[] = [];
  /** Whether the inline picture that is begun is a mask. */
  #mask = false;

  constructor(budget: InkBudget) {
    this.#budget = budget;
  }

  /** Draws what a form holds, under its matrix. @returns goes back to what was before */
  enter(matrix: Matrix): () => void {
    const [ctm, mode, line, leading, depth] = [
      this.#ctm,
      this.#mode,
      this.#line,
      this.#leading,
      this.#states.length,
    ];
    this.#ctm = product(matrix, ctm);
    this.#path = [];
    return () => {
      this.#states.length = Math.min(depth, this.#states.length);
      [this.#ctm, this.#mode, this.#line, this.#leading] = [ctm, mode, line, leading];
      this.#path = [];
    };
  }

  take({ operator, operands }: ContentStep): void {
    switch (operator) {
      case 'q':
        if (this.#states.length < deepestState) this.#states.push({ ctm: this.#ctm, mode: this.#mode });
        else this.tooDeep = true;
        return;
      case 'Q': {
        const state = this.#states.pop();
        this.#ctm = state?.ctm ?? this.#ctm;
        this.#mode = state?.mode ?? this.#mode;
        return;
      }
      case 'cm':
        this.#ctm = product(matrixOf(operands), this.#ctm);
        return;
      case 're':
        if (operands.length >= 4) this.#rectangle(operands);
        return;
      case 'f':
      case 'F':
      case 'f*':
      case 'B':
      case 'B*':
      case 'b':
      case 'b*':
        this.#fill();
        return;
      case 'BI':
        this.#mask = false;
        return;
      // Among the entries of an inline picture (8.9.7), a word that no operand is.
      case 'true':
        this.#mask ||= isMaskKey(operands.at(-1));
        return;
      case 'EI':
        if (!this.#mask) this.paint({ left: 0, bottom: 0, right: 1, top: 1 });
        return;
      case 'n':
      case 'S':
      case 's':
        this.#path = [];
        return;
      default:
        this.#text(operator, operands);
    }
  }

  /**
   * Paints an upright box, or what of it is upright after the current transformation. A page may have thousands of small ones
   * (the dots of a code), so nothing is made anew here for one that meets no string.
   */
  paint({ left, bottom, right, top }: Rectangle): void {
    const [a, b, c, d, e, f] = this.#ctm;
    const [x1, x2] = [Math.min(a * left, a * right), Math.max(a * left, a * right)];
    const [x3, x4] = [Math.min(c * bottom, c * top), Math.max(c * bottom, c * top)];
    const [y1, y2] = [Math.min(b * left, b * right), Math.max(b * left, b * right)];
    const [y3, y4] = [Math.min(d * bottom, d * top), Math.max(d * bottom, d * top)];
    this.#cover({ left: e + x1 + x3, right: e + x2 + x4, bottom: f + y1 + y3, top: f + y2 + y4 });
  }

  #cover(box: Rectangle): void {
    const bounds = this.#bounds;
    if (!(
      box.right > bounds.left &&
      box.left < bounds.right &&
      box.top > bounds.bottom &&
      box.bottom < bounds.top
    ))
      return;
    const [first, last] = [rowOf(box.bottom), rowOf(box.top)];
    if (last - first < this.#rows.size) for (let row = first; row <= last; row++) this.#coverRow(row, box);
    else for (const row of this.#rows.keys()) if (row >= first && row <= last) this.#coverRow(row, box);
  }

  #coverRow(row: number, box: Rectangle): void {
    const strings = this.#rows.get(row);
    if (strings === undefined || strings.length === 0) return;
    this.#budget.operators -= strings.length / comparedAtOnce;
    if (!strings.some((place) => isInside(place, box))) return;
    const open = strings.filter((place) => !isInside(place, box));
    this.covered += strings.length - open.length;
    this.#rows.set(row, open);
  }

  #rectangle(operands: readonly ContentValue[]): void {
    const [x, y] = [numberIn(operands.at(-4)), numberIn(operands.at(-3))];
    const [width, height] = [numberIn(operands.at(-2)), numberIn(operands.at(-1))];
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

  #text(operator: string, operands: readonly ContentValue[]): void {
    switch (operator) {
      case 'BT':
        this.#line = identity;
        return;
      case 'Tm':
        this.#line = matrixOf(operands);
        return;
      case 'TL':
        this.#leading = numberIn(operands.at(-1));
        return;
      case 'Tr':
        this.#mode = numberIn(operands.at(-1));
        return;
      case 'TD':
        this.#leading = -numberIn(operands.at(-1));
        this.#move(numberIn(operands.at(-2)), numberIn(operands.at(-1)));
        return;
      case 'Td':
        this.#move(numberIn(operands.at(-2)), numberIn(operands.at(-1)));
        return;
      case 'T*':
        this.#move(0, -this.#leading);
        return;
      case 'Tj':
      case 'TJ':
        this.#show();
        return;
      case "'":
      case '"':
        this.#move(0, -this.#leading);
        this.#show();
        return;
      default:
    }
  }

  #move(x: number, y: number): void {
    this.#line = product([1, 0, 0, 1, x, y], this.#line);
  }

  #show(): void {
    if (this.#mode === 3 || this.#mode === 7) this.invisible += 1;
    else {
      const [, , , , x, y] = this.#line;
      const place = applied(this.#ctm, x, y);
      const row = rowOf(place.y);
      const strings = this.#rows.get(row);
      if (strings !== undefined) strings.push(place);
      else this.#rows.set(row, [place]);
      const bounds = this.#bounds;
      bounds.left = Math.min(bounds.left, place.x);
      bounds.right = Math.max(bounds.right, place.x);
      bounds.bottom = Math.min(bounds.bottom, place.y);
      bounds.top = Math.max(bounds.top, place.y);
    }
  }
}

/** Rows beyond the outermost are one: what is far off any page need not be told apart. */
function rowOf(y: number): number {
  return Math.max(-mostRows, Math.min(mostRows, Math.floor(y / rowHeight) || 0));
}

function isInside({ x, y }: Place, { left, bottom, right, top }: Rectangle): boolean {
  return x > left && x < right && y > bottom && y < top;
}

function isMaskKey(value: ContentValue | undefined): boolean {
  return typeof value === 'object' && 'name' in value && (value.name === 'IM' || value.name === 'ImageMask');
}

function numberIn(value: ContentValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** The last six operands; what is missing counts as nothing. */
function matrixOf(operands: readonly ContentValue[]): Matrix {
  const at = (back: number): number => numberIn(operands.at(-back));
  return [at(6), at(5), at(4), at(3), at(2), at(1)];
}

function applied([a, b, c, d, e, f]: Matrix, x: number, y: number): Place {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

function product(inner: Matrix, outer: Matrix): Matrix {
  const [a, b, c, d, e, f] = inner;
  const [p, q, r, s, t, u] = outer;
  return [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u];
}
