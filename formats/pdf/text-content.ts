// A page's content run for its text alone (ISO 32000-2, 9.4): where each character stands on the page.
import type { Matrix } from './appearance.ts';
import type { PdfDocument } from './document.ts';
import { FormatError } from '../errors.ts';
import { dictionaryOf, nameOf, numberOf, pdfDictionary, type PdfDictionary } from './objects.ts';
import type { Page } from './pages.ts';
import { readTextFont } from './text-font.ts';
import type { TextFont } from './text-shown.ts';
import { ContentReader, type ContentValue } from './text-reader.ts';

/** What one code of a string shows, in default user space. */
export interface TextGlyph {
  /** Its characters; empty where the file does not tell them. */
  readonly text: string;
  /** Middle of its box. */
  readonly x: number;
  readonly y: number;
  /** Along the line, as far as it moves on. */
  readonly alongX: number;
  readonly alongY: number;
  /** Across the line, one em: to the characters' heads, or in vertical writing to the right. */
  readonly acrossX: number;
  readonly acrossY: number;
  /** Rendering mode 3 or 7: recognised text under a scanned picture. */
  readonly invisible: boolean;
}

const mostGlyphs = 500_000;
const mostOperators = 3_000_000;
const deepestForm = 12;
const deepestState = 512;

interface State {
  readonly ctm: Matrix;
  readonly font: TextFont | null;
  readonly size: number;
  readonly characterSpacing: number;
  readonly wordSpacing: number;
  /** 1 for 100 %. */
  readonly stretch: number;
  readonly leading: number;
  readonly rise: number;
  readonly mode: number;
}

const identity: Matrix = [1, 0, 0, 1, 0, 0];

/** Fonts of a document, each read once however many pages use it. */
export class TextFonts {
  readonly #document: PdfDocument;
  readonly #known = new Map<number, TextFont>();

  constructor(document: PdfDocument) {
    this.#document = document;
  }

  /** @param resources whose /Font names it; null where there is no such font */
  async named(resources: PdfDictionary, name: string): Promise<TextFont | null> {
    const fonts = await this.#document.getDictionary(resources, 'Font');
    const item = fonts?.entries.get(name);
    if (item === undefined) return null;
    const known = item.kind === 'reference' ? this.#known.get(item.number) : undefined;
    if (known !== undefined) return known;
    const dictionary = dictionaryOf(await this.#document.resolve(item));
    if (dictionary === null) return null;
    const font = await readTextFont(this.#document, dictionary);
    if (item.kind === 'reference') this.#known.set(item.number, font);
    return font;
  }
}

/**
 * Every character of a page, in the order of its content, forms included; annotations are not looked at.
 * @throws FormatError where the content cannot be read, or costs more than a page can
 */
export async function pageGlyphs(
  document: PdfDocument,
  page: Page,
  fonts: TextFonts,
): Promise<readonly TextGlyph[]> {
  const run = new Run(document, fonts);
  const resources = dictionaryOf(await document.resolve(page.resources)) ?? pdfDictionary();
  await run.content(await pageContent(document, page), resources, identity, 0);
  return run.glyphs;
}

/** The parts of a page's content count as one stream, with a blank between them (7.8.2). */
export async function pageContent(document: PdfDocument, page: Page): Promise<Uint8Array> {
  const contents = await document.get(page.dictionary, 'Contents');
  const parts = contents.kind === 'array' ? contents.items : [contents];
  const data: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    const stream = await document.resolve(part);
    if (stream.kind !== 'stream') continue;
    const bytes = await document.streamData(stream);
    size += bytes.length + 1;
    if (size > document.limits.inflatedBytes)
      throw new FormatError('pdf-limit', 'The content of a page is too large.');
    data.push(bytes);
  }
  const [only] = data;
  if (data.length === 1 && only !== undefined) return only;
  const joined = new Uint8Array(size).fill(32);
  let at = 0;
  for (const bytes of data) {
    joined.set(bytes, at);
    at += bytes.length + 1;
  }
  return joined;
}

class Run {
  readonly glyphs: TextGlyph[] = [];
  readonly #document: PdfDocument;
  readonly #fonts: TextFonts;
  readonly #open = new Set<number>();
  #operators = 0;

  constructor(document: PdfDocument, fonts: TextFonts) {
    this.#document = document;
    this.#fonts = fonts;
  }

  async content(data: Uint8Array, resources: PdfDictionary, ctm: Matrix, depth: number): Promise<void> {
    const reader = new ContentReader(data);
    const stack: State[] = [];
    let state: State = {
      ctm,
      font: null,
      size: 1,
      characterSpacing: 0,
      wordSpacing: 0,
      stretch: 1,
      leading: 0,
      rise: 0,
      mode: 0,
    };
    let line: Matrix = identity;
    let text: Matrix = identity;
    const nextLine = (x: number, y: number): void => {
      line = product([1, 0, 0, 1, x, y], line);
      text = line;
    };
    const show = (value: ContentValue | undefined): void => {
      if (value instanceof Uint8Array) text = this.#show(value, state, text);
    };
    for (let step = reader.next(); step !== null; step = reader.next()) {
      if (++this.#operators > mostOperators)
        throw new FormatError('pdf-limit', 'The content of a page is too long.');
      const { operands } = step;
      const [a, b, c, d, e, f] = operands.slice(-6).map(numberIn);
      switch (step.operator) {
        case 'q':
          if (stack.length < deepestState) stack.push(state);
          break;
        case 'Q':
          state = stack.pop() ?? state;
          break;
        case 'cm':
          state = { ...state, ctm: product([a ?? 1, b ?? 0, c ?? 0, d ?? 1, e ?? 0, f ?? 0], state.ctm) };
          break;
        case 'BT':
          line = text = identity;
          break;
        case 'Tf':
          state = {
            ...state,
            size: numberIn(operands.at(-1)),
            font: await this.#font(resources, operands.at(-2)),
          };
          break;
        case 'Tc':
          state = { ...state, characterSpacing: a ?? 0 };
          break;
        case 'Tw':
          state = { ...state, wordSpacing: a ?? 0 };
          break;
        case 'Tz':
          state = { ...state, stretch: (a ?? 100) / 100 };
          break;
        case 'TL':
          state = { ...state, leading: a ?? 0 };
          break;
        case 'Ts':
          state = { ...state, rise: a ?? 0 };
          break;
        case 'Tr':
          state = { ...state, mode: a ?? 0 };
          break;
        case 'Td':
          nextLine(a ?? 0, b ?? 0);
          break;
        case 'TD':
          state = { ...state, leading: -(b ?? 0) };
          nextLine(a ?? 0, b ?? 0);
          break;
        case 'Tm':
          line = text = [a ?? 1, b ?? 0, c ?? 0, d ?? 1, e ?? 0, f ?? 0];
          break;
        case 'T*':
          nextLine(0, -state.leading);
          break;
        case 'Tj':
          show(operands.at(-1));
          break;
        case "'":
          nextLine(0, -state.leading);
          show(operands.at(-1));
          break;
        case '"':
          state = { ...state, wordSpacing: numberIn(operands[0]), characterSpacing: numberIn(operands[1]) };
          nextLine(0, -state.leading);
          show(operands.at(-1));
          break;
        case 'TJ': {
          const list = operands.at(-1);
          for (const item of Array.isArray(list) ? (list as readonly ContentValue[]) : []) {
            if (typeof item === 'number') text = moved(state, text, item);
            else show(item);
          }
          break;
        }
        case 'Do':
          await this.#form(resources, operands.at(-1), state.ctm, depth);
          break;
        default:
          break;
      }
    }
  }

  #font(resources: PdfDictionary, name: ContentValue | undefined): Promise<TextFont | null> {
    return typeof name === 'object' && 'name' in name
      ? this.#fonts.named(resources, name.name)
      : Promise.resolve(null);
  }

  async #form(
    resources: PdfDictionary,
    name: ContentValue | undefined,
    ctm: Matrix,
    depth: number,
  ): Promise<void> {
    if (typeof name !== 'object' || !('name' in name) || depth >= deepestForm) return;
    const objects = await this.#document.getDictionary(resources, 'XObject');
    const item = objects?.entries.get(name.name);
    if (item?.kind !== 'reference' || this.#open.has(item.number)) return;
    const form = await this.#document.resolve(item);
    if (form.kind !== 'stream') return;
    if (nameOf(await this.#document.get(form.dictionary, 'Subtype')) !== 'Form') return;
    const own = await this.#document.getDictionary(form.dictionary, 'Resources');
    const matrix = await readMatrix(this.#document, form.dictionary);
    this.#open.add(item.number);
    try {
      const data = await this.#document.streamData(form);
      await this.content(data, own ?? resources, product(matrix, ctm), depth + 1);
    } finally {
      this.#open.delete(item.number);
    }
  }

  /** @returns the text matrix behind the string */
  #show(bytes: Uint8Array, state: State, start: Matrix): Matrix {
    const { font, size, stretch, rise, mode } = state;
    if (font === null) return start;
    let text = start;
    for (const code of font.decode(bytes)) {
      if (this.glyphs.length >= mostGlyphs)
        throw new FormatError('pdf-limit', 'A page has too many characters.');
      const em = size / 1000;
      const spacing = state.characterSpacing + (code.isSpace ? state.wordSpacing : 0);
      const advance = code.advance * font.unit * em;
      // Text space into the page: size and stretch are already in the numbers given to it.
      const place = product([1, 0, 0, 1, 0, rise], product(text, state.ctm));
      const box = font.vertical
        ? // From the vertical origin downwards, half an em to either side.
          { x: 0, y: -advance / 2, along: [0, -advance], across: [size * stretch, 0] }
        : // An ideograph's body reaches from 12 % below the line to 88 % above.
          { x: (advance * stretch) / 2, y: size * 0.38, along: [advance * stretch, 0], across: [0, size] };
      const [x, y] = [
        place[0] * box.x + place[2] * box.y + place[4],
        place[1] * box.x + place[3] * box.y + place[5],
      ];
      const direct = (u = 0, v = 0): readonly [number, number] => [
        place[0] * u + place[2] * v,
        place[1] * u + place[3] * v,
      ];
      const [alongX, alongY] = direct(...box.along);
      const [acrossX, acrossY] = direct(...box.across);
      this.glyphs.push({
        text: code.text,
        x,
        y,
        alongX,
        alongY,
        acrossX,
        acrossY,
        invisible: mode === 3 || mode === 7,
      });
      const move = font.vertical ? [0, -(advance + spacing)] : [(advance + spacing) * stretch, 0];
      text = product([1, 0, 0, 1, move[0] ?? 0, move[1] ?? 0], text);
    }
    return text;
  }
}

/** A number between strings moves back by so many thousandths of the em (9.4.3). */
function moved(state: State, text: Matrix, by: number): Matrix {
  const distance = (-by / 1000) * state.size;
  return state.font?.vertical === true
    ? product([1, 0, 0, 1, 0, distance], text)
    : product([1, 0, 0, 1, distance * state.stretch, 0], text);
}

async function readMatrix(document: PdfDocument, form: PdfDictionary): Promise<Matrix> {
  const array = await document.get(form, 'Matrix');
  if (array.kind !== 'array' || array.items.length !== 6) return identity;
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = array.items.map((item) => numberOf(item) ?? 0);
  return [a, b, c, d, e, f];
}

function numberIn(value: ContentValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** First `inner`, then `outer` (8.3.4). */
function product(inner: Matrix, outer: Matrix): Matrix {
  const [a, b, c, d, e, f] = inner;
  const [A, B, C, D, E, F] = outer;
  return [a * A + b * C, a * B + b * D, c * A + d * C, c * B + d * D, e * A + f * C + E, e * B + f * D + F];
}
