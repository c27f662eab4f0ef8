// What a document holds that the person who lets it be stamped may not see, or that may look different later: told, not refused.
import { FormatError } from '../formats/errors.ts';
import { inkOf } from '../formats/pdf/covered-text.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormField } from '../formats/pdf/form.ts';
import { dictionaryOf, entry, integerOf, nameOf, type PdfDictionary } from '../formats/pdf/objects.ts';
import { pageCount, readPage, type Page } from '../formats/pdf/pages.ts';
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
  'not-all-pages': { zh: '页数过多，仅检查了前面的部分', en: 'only the first pages were looked at' },
} as const;

export type FindingCode = keyof typeof findingWords;

/** A plain value. */
export interface HiddenFinding {
  readonly code: FindingCode;
  /** First page 1; null where it concerns no single page. */
  readonly page: number | null;
  readonly count: number;
}

/** Pages, and bytes of their contents, that are looked at: what is stamped costs no more for it than a small document. */
const mostPages = 20;
const mostContent = 256 * 1024;
const mostFindings = 100;
const mostAnnotations = 2000;
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
  const tell = (code: FindingCode, page: number | null = null, count = 1): void => {
    if (found.length < mostFindings) found.push({ code, page, count });
  };
  try {
    aboutFile(document, signed, tell);
    await aboutCatalogue(document, tell);
    await aboutPages(document, fields, tell);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    tell('unreadable');
  }
  return found;
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
  let content = 0;
  const count = await pageCount(document);
  for (let index = 0; index < count; index++) {
    const page = await readPage(document, index);
    if (page === null) return;
    if (index >= mostPages || content > mostContent) {
      tell('not-all-pages');
      return;
    }
    await aboutAnnotations(document, page, ownWidgets, tell);
    content += await aboutContent(document, page, tell);
  }
}

async function aboutAnnotations(
  document: PdfDocument,
  page: Page,
  ownWidgets: ReadonlySet<number>,
  tell: Tell,
): Promise<void> {
  if (!page.dictionary.entries.has('Annots')) return;
  const list = await document.get(page.dictionary, 'Annots');
  const items = list.kind === 'array' ? list.items.slice(0, mostAnnotations) : [];
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
}

async function shareOf(document: PdfDocument, annotation: PdfDictionary, page: Page): Promise<number> {
  const list = await document.get(annotation, 'Rect');
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] =
    list.kind === 'array' ? list.items.map((item) => ('value' in item ? Number(item.value) : 0)) : [];
  const { left, bottom, right, top } = page.cropBox;
  return Math.abs((x2 - x1) * (y2 - y1)) / ((right - left) * (top - bottom));
}

/** @returns bytes of content that were read */
async function aboutContent(document: PdfDocument, page: Page, tell: Tell): Promise<number> {
  const contents = entry(page.dictionary, 'Contents');
  if (contents.kind === 'null') return 0;
  const parts = await document.resolve(contents);
  const named = parts.kind === 'array' ? parts.items : [contents];
  for (const part of named) {
    if (part.kind === 'reference' && (await document.locate(part.number)) === null)
      tell('missing-object', page.index + 1);
  }
  const content = await pageContent(document, page);
  if (content.length > mostContent) {
    tell('unreadable', page.index + 1);
    return content.length;
  }
  const { covered, invisible } = await inkOf(document, page, content);
  if (covered > 0) tell('covered-text', page.index + 1, covered);
  if (invisible > 0) tell('invisible-text', page.index + 1, invisible);
  return content.length;
}
