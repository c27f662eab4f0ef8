// Checks that a template can be drawn, once, when a type is read: everything after relies on it.
import { LicenseError } from './errors.ts';
import {
  HOLDERS_COLUMNS,
  HOLDERS_LIST,
  ROW_NUMBER,
  SHARED_SOURCES,
  type Box,
  type ListElement,
  type PageTemplate,
  type SealElement,
  type TemplateElement,
  type TemplatePage,
} from './template.ts';
import type { FaceField } from './type.ts';

const MOST_PAGES = 10;
const MOST_ELEMENTS = 200;
const LONGEST_TEXT = 500;

function refuse(message: string): never {
  throw new LicenseError('template-invalid', message);
}

/** What a template of a type may name. */
interface Sources {
  readonly fields: ReadonlySet<string>;
  /** Columns by the name of the list. */
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
}

function sourcesOf(fields: readonly FaceField[]): Sources {
  const plain = fields.flatMap(({ kind, name }) => (kind === 'list' ? [] : [name]));
  const lists = fields.flatMap(({ kind, name, columns }) =>
    kind === 'list' ? [[name, new Set((columns ?? []).map((column) => column.name))] as const] : [],
  );
  return {
    fields: new Set([...SHARED_SOURCES, ...plain]),
    lists: new Map<string, ReadonlySet<string>>([[HOLDERS_LIST, new Set(HOLDERS_COLUMNS)], ...lists]),
  };
}

function checkBox({ page }: TemplatePage, kind: string, box: Box): void {
  const inside =
    box.x >= 0 &&
    box.y >= 0 &&
    box.width > 0 &&
    box.height > 0 &&
    box.x + box.width <= page.width &&
    box.y + box.height <= page.height;
  if (!inside) refuse(`A ${kind} lies outside the page.`);
}

function checkPoint({ page }: TemplatePage, kind: string, { x, y }: { x: number; y: number }): void {
  if (!(x >= 0 && y >= 0 && x <= page.width && y <= page.height)) refuse(`A ${kind} lies outside the page.`);
}

function checkSource(known: ReadonlySet<string>, source: string): void {
  if (!known.has(source)) refuse(`The template names an unknown element: ${source.slice(0, 40)}.`);
}

function checkList(element: ListElement, sources: Sources): void {
  const columns = sources.lists.get(element.source);
  if (columns === undefined)
    return refuse(`The template names an unknown list: ${element.source.slice(0, 40)}.`);
  if (element.columns.length < 1 || element.columns.length > 12) refuse('A list has 1 to 12 columns.');
  for (const { name } of element.columns)
    if (name !== ROW_NUMBER && !columns.has(name))
      refuse(`The list ${element.source} has no column ${name.slice(0, 40)}.`);
  if (!(element.rowHeight >= 4 && element.rowHeight <= 40)) refuse('A row of a list is 4 to 40 mm high.');
  if (element.box.height < 2 * element.rowHeight) refuse('A list has room for its headings and one row.');
}

function checkElement(page: TemplatePage, element: TemplateElement, sources: Sources): void {
  if ('box' in element) checkBox(page, element.kind, element.box);
  if ('size' in element && !(element.size >= 4 && element.size <= 100))
    refuse('Type sizes are 4 to 100 points.');
  const least = 'minSize' in element ? element.minSize : undefined;
  if (least !== undefined && least < 4) refuse('Text is not shrunk below 4 points.');
  switch (element.kind) {
    case 'text':
      if (element.text.length > LONGEST_TEXT) refuse(`Fixed words have at most ${LONGEST_TEXT} characters.`);
      break;
    case 'field':
      checkSource(sources.fields, element.source);
      break;
    case 'table':
      if (element.rows.length < 1 || element.rows.length > 60) refuse('A table has 1 to 60 rows.');
      for (const { cells } of element.rows) {
        if (cells.length < 1 || cells.length > 6) refuse('A row of a table has 1 to 6 cells.');
        for (const cell of cells) checkSource(sources.fields, cell.source);
      }
      break;
    case 'list':
      checkList(element, sources);
      break;
    case 'rule':
      checkPoint(page, 'rule', element.from);
      checkPoint(page, 'rule', element.to);
      if (!(element.thickness > 0 && element.thickness <= 10)) refuse('A line is up to 10 points thick.');
      break;
    case 'code':
    case 'seal':
      checkPoint(page, `${element.kind} place`, element);
      break;
    case 'photo':
      break;
  }
}

/** @returns whether a list of it may continue on another page */
function checkPage(page: TemplatePage, sources: Sources): boolean {
  const { width, height } = page.page;
  if (!(width >= 50 && width <= 600 && height >= 50 && height <= 600))
    refuse('A page measures 50 to 600 mm a side.');
  if (page.elements.length > MOST_ELEMENTS) refuse(`A page has at most ${MOST_ELEMENTS} elements.`);
  for (const element of page.elements) checkElement(page, element, sources);
  const continuing = page.elements.filter((element) => element.kind === 'list' && element.continues === true);
  if (continuing.length > 1) refuse('One list of a page may continue on the next.');
  return continuing.length > 0;
}

function seatsOf({ elements }: TemplatePage): readonly SealElement[] {
  return elements.filter((element) => element.kind === 'seal');
}

/**
 * One signature stamps the whole document: the seal stands on the first page alone, or at the same place on every page.
 */
function checkSeats({ pages, riding }: PageTemplate): void {
  const [first, ...others] = pages.map(seatsOf);
  const [seat] = first ?? [];
  if (seat === undefined || first?.length !== 1) return refuse('The first page has exactly one seal place.');
  const all = others.every(
    ([other, ...more]) => more.length === 0 && other?.x === seat.x && other.y === seat.y,
  );
  if (!all && others.some((seats) => seats.length > 0))
    refuse('Annexes have no seal place, or each the same as the first page.');
  if (riding !== undefined && pages.length === 1) refuse('A riding seal needs more than one page.');
  if (riding?.position !== undefined && !(riding.position >= 0 && riding.position <= 600))
    refuse('A riding seal stands on the edge of the page.');
}

/**
 * Checks that a template can be drawn: elements on their pages, sources known, exactly one code, a seal place that one
 * signature can fill, a photo exactly where the type has one.
 * @throws LicenseError `template-invalid`
 */
export function checkTemplate(
  template: PageTemplate,
  type: { readonly fields: readonly FaceField[]; readonly photo?: unknown },
): void {
  const { pages } = template;
  if (pages.length < 1 || pages.length > MOST_PAGES) refuse(`A template has 1 to ${MOST_PAGES} pages.`);
  const sources = sourcesOf(type.fields);
  const continuing = pages.map((page) => checkPage(page, sources));
  if (continuing[0] === true)
    refuse('The first page is drawn once: a list that continues stands on an annex.');
  const [first, ...annexes] = pages.map(({ elements }) => elements);
  if (first?.filter(({ kind }) => kind === 'code').length !== 1)
    refuse('The first page has exactly one code place.');
  if (annexes.flat().some(({ kind }) => kind === 'code')) refuse('The code stands on the first page alone.');
  checkSeats(template);
  const photos = pages.flatMap(({ elements }) => elements.filter(({ kind }) => kind === 'photo')).length;
  if (photos > 1) refuse('A template has at most one photo place.');
  if (photos === 1 && type.photo === undefined) refuse('The template shows a photo, and the type has none.');
  if (photos === 0 && type.photo !== undefined) refuse('The type has a photo, and the template shows none.');
}
