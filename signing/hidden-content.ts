// What a document holds that the person who lets it be stamped may not see, or that may look different later: told, not refused.
import { FormatError } from '../formats/errors.ts';
import { setImmediate } from 'node:timers/promises';
import { inkOf, type InkBudget } from '../formats/pdf/covered-text.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormField } from '../formats/pdf/form.ts';
import { dictionaryOf, entry, integerOf, nameOf, type PdfDictionary } from '../formats/pdf/objects.ts';
import { pageCount, walkPages, type Page } from '../formats/pdf/pages.ts';
import { pageContent } from '../formats/pdf/text-content.ts';

export const findingWords = {
  'earlier-versions': {
    zh: '文件曾被改动，旧版本仍保存在文件中',
    en: 'the file was changed after it was made and still holds what it was before',
  },
  'bytes-after-end': { zh: '文件结尾之后还有数据', en: 'data stands behind the end of the file' },
  rebuilt: {
    zh: '文件的交叉引用已损坏，盖章时已重建',
    en: 'the cross-reference was broken and rebuilt for the stamp',
  },
  'hidden-layer': { zh: '文件含有默认不显示的图层', en: 'a layer of the document is not shown' },
  script: { zh: '文件含有脚本或自动动作', en: 'the document runs a script or an action by itself' },
  'dynamic-form': { zh: '文件含有动态表单（XFA）', en: 'the document has a dynamic form (XFA)' },
  attachment: { zh: '文件带有附件', en: 'the document carries attachments' },
  'hidden-annotation': { zh: '页面上有不显示的批注', en: 'an annotation of a page is not shown' },
  'covering-annotation': { zh: '页面上有大面积批注', en: 'an annotation covers much of a page' },
  'covered-text': {
    zh: '页面上有文字被后画的图片或色块遮盖',
    en: 'text of a page is painted over by a picture or a filled box',
  },
  'invisible-text': { zh: '页面上有不可见的文字', en: 'text of a page is never visible' },
  'missing-object': {
    zh: '页面引用了文件中不存在的对象',
    en: 'a page names an object that the file does not hold and somebody could supply later',
  },
  unreadable: { zh: '部分内容无法检查', en: 'part of the document could not be looked at' },
  'not-all-pages': {
    zh: '内容过多，自此页起未检查',
    en: 'there is more than is looked at: nothing was, from this page on',
  },
} as const;

export type FindingCode = keyof typeof findingWords;

/** A plain value. */
export interface HiddenFinding {
  readonly code: FindingCode;
  /** First page 1; null where it concerns no single page. */
  readonly page: number | null;
  readonly count: number;
}

/**
 * What is looked at of one document, whatever it holds: about a quarter of a second. Within it every page is, and where it
 * ends the result says from which page on nothing was.
 */
const inspectionBudget = { operators: 400_000, bytes: 8 * 1024 * 1024 } as const;
/** Operators that a page and an annotation count for, beside those of its content. */
const price = { page: 20, annotation: 10 };
/** Told each with its page. */
const mostFindings = 100;
const mostAnnotations = 2000;
/** Pages between two pauses. */
const pagesAtOnce = 50;
/** Share of a page from which an annotation is called large. */
const largeShare = 0.3;
/** Hidden and NoView (Table 167). */
const unseen = 2 + 32;

/**
 * @param signed whether the document has signatures: then later saves are theirs, and judged by verification
 * @returns nothing for an ordinary document. Never throws for what the document holds.
 */
export async function hiddenContent(
  document: PdfDocument,
  fields: readonly FormField[],
  signed: boolean,
): Promise<readonly HiddenFinding[]> {
  const found: HiddenFinding[] = [];
  // A hundred harmless findings must not push a worse one out of the list: from then on each kind is told once, with its number.
  const further = new Map<FindingCode, HiddenFinding>();
  const tell = (code: FindingCode, page: number | null = null, count = 1): void => {
    if (found.length < mostFindings) found.push({ code, page, count });
    else further.set(code, { code, page: null, count: (further.get(code)?.count ?? 0) + count });
  };
  try {
    aboutFile(document, signed, tell);
    await aboutCatalogue(document, tell);
    await aboutPages(document, fields, tell);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    tell('unreadable');
  }
  return [...found, ...further.values()];
}

type Tell = (code: FindingCode, page?: number | null, count?: number) => void;

function aboutFile(document: PdfDocument, signed: boolean, tell: Tell): void {
  if (document.rebuilt !== null) tell('rebuilt');
  const later = document.revisions.slice(1).flatMap(({ sections }) => sections);
  if (!signed && later.length > 0) {
    let changed = 0;
    for (const { section } of later) for (const number of section.numbers()) if (number > 0) changed += 1;
    tell('earlier-versions', null, changed);
  }
  if ((document.facts.bytesAfterEnd ?? 0) > 2)
    tell('bytes-after-end', null, document.facts.bytesAfterEnd ?? 0);
}

async function aboutCatalogue(document: PdfDocument, tell: Tell): Promise<void> {
  const catalogue = await document.catalogue();
  const has = (key: string): boolean => catalogue.entries.has(key);
  const named = (key: string): Promise<PdfDictionary | null> =>
    has(key) ? document.getDictionary(catalogue, key) : Promise.resolve(null);
  const layers = await named('OCProperties');
  const standard = layers === null ? null : await document.getDictionary(layers, 'D');
  if (standard !== null) {
    const off = await document.get(standard, 'OFF');
    const base = nameOf(await document.get(standard, 'BaseState'));
    if ((off.kind === 'array' && off.items.length > 0) || base === 'OFF') tell('hidden-layer');
  }
  const action = await named('OpenAction');
  const kind = action === null ? null : nameOf(await document.get(action, 'S'));
  const names = await named('Names');
  const scripts = names?.entries.has('JavaScript') === true;
  if (scripts || has('AA') || (kind !== null && kind !== 'GoTo')) tell('script');
  if (names?.entries.has('EmbeddedFiles') === true) tell('attachment');
  if ((await named('AcroForm'))?.entries.has('XFA') === true) tell('dynamic-form');
}

async function aboutPages(document: PdfDocument, fields: readonly FormField[], tell: Tell): Promise<void> {
  const ownWidgets = new Set(
    fields.flatMap(({ type, widgets }) =>
      type === 'Sig' ? widgets.flatMap(({ reference }) => reference?.number ?? []) : [],
    ),
  );
  const budget: InkBudget = { ...inspectionBudget };
  let pages = 0;
  for await (const page of walkPages(document)) {
    pages += 1;
    if (pages % pagesAtOnce === 0) await setImmediate();
    const cut = await aboutPage(document, page, { ownWidgets, budget, tell });
    if (!cut) continue;
    const count = await pageCount(document);
    tell('not-all-pages', page.index + 1, Math.max(1, count - page.index));
    return;
  }
}

/** @returns whether the budget ended within the page. What cannot be read of one page says nothing of the others. */
async function aboutPage(
  document: PdfDocument,
  page: Page,
  looking: {
    readonly ownWidgets: ReadonlySet<number>;
    readonly budget: InkBudget;
    readonly tell: Tell;
  },
): Promise<boolean> {
  const { budget, ownWidgets, tell } = looking;
  budget.operators -= price.page;
  if (budget.operators <= 0) return true;
  try {
    budget.operators -= price.annotation * (await aboutAnnotations(document, page, ownWidgets, tell));
    return await aboutContent(document, page, budget, tell);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    tell('unreadable', page.index + 1);
    return false;
  }
}

/** @returns how many there are */
async function aboutAnnotations(
  document: PdfDocument,
  page: Page,
  ownWidgets: ReadonlySet<number>,
  tell: Tell,
): Promise<number> {
  if (!page.dictionary.entries.has('Annots')) return 0;
  const list = await document.get(page.dictionary, 'Annots');
  const all = list.kind === 'array' ? list.items : [];
  const items = all.slice(0, mostAnnotations);
  if (all.length > items.length) tell('unreadable', page.index + 1, all.length - items.length);
  let [hidden, large] = [0, 0];
  for (const item of items) {
    if (item.kind === 'reference' && ownWidgets.has(item.number)) continue;
    const annotation = dictionaryOf(await document.resolve(item));
    const kind = annotation === null ? null : nameOf(await document.get(annotation, 'Subtype'));
    if (annotation === null || kind === 'Popup' || kind === 'Link') continue;
    if (((integerOf(await document.get(annotation, 'F')) ?? 0) & unseen) !== 0) hidden += 1;
    else if (annotation.entries.has('AP') && (await shareOf(document, annotation, page)) > largeShare)
      large += 1;
  }
  if (hidden > 0) tell('hidden-annotation', page.index + 1, hidden);
  if (large > 0) tell('covering-annotation', page.index + 1, large);
  return items.length;
}

async function shareOf(document: PdfDocument, annotation: PdfDictionary, page: Page): Promise<number> {
  const list = await document.get(annotation, 'Rect');
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] =
    list.kind === 'array' ? list.items.map((item) => ('value' in item ? Number(item.value) : 0)) : [];
  const { left, bottom, right, top } = page.cropBox;
  return Math.abs((x2 - x1) * (y2 - y1)) / ((right - left) * (top - bottom));
}

/** @returns whether the budget ended within the page */
async function aboutContent(
  document: PdfDocument,
  page: Page,
  budget: InkBudget,
  tell: Tell,
): Promise<boolean> {
  const contents = entry(page.dictionary, 'Contents');
  if (contents.kind === 'null') return false;
  const parts = await document.resolve(contents);
  const named = parts.kind === 'array' ? parts.items : [contents];
  for (const part of named) {
    if (part.kind === 'reference' && (await document.locate(part.number)) === null)
      tell('missing-object', page.index + 1);
  }
  const content = await pageContent(document, page);
  budget.bytes -= content.length;
  if (budget.bytes <= 0) return true;
  const { covered, invisible, cut, tooDeep } = await inkOf(document, page, content, budget, pause);
  if (covered > 0) tell('covered-text', page.index + 1, covered);
  if (invisible > 0) tell('invisible-text', page.index + 1, invisible);
  if (tooDeep && !cut) tell('unreadable', page.index + 1);
  return cut;
}

/** Lets others have their turn. */
async function pause(): Promise<void> {
  await setImmediate();
}
