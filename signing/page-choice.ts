// The pages that a request means, looked up in the document at hand.
import type { PdfDocument } from '../formats/pdf/document.ts';
import { pageCount, readPage, walkPages, type Page } from '../formats/pdf/pages.ts';
import { SigningError } from './errors.ts';
import { isList, type PageChoice } from './placement-order.ts';

/** Named singly up to here, pages are looked up; beyond, one walk over all is quicker. */
const fewPages = 8;

/** @param page from 1, or from −1 backwards. @throws SigningError `page-not-found` */
export async function pageNumbered(document: PdfDocument, page: number): Promise<Page> {
  const index = page > 0 ? page - 1 : (await pageCount(document)) + page;
  const found = index < 0 ? null : await readPage(document, index);
  if (found !== null) return found;
  const count = await pageCount(document);
  throw new SigningError('page-not-found', `The document has ${count} pages and not the one to be signed.`);
}

/**
 * The pages chosen, in the order of the document.
 * @throws SigningError `page-not-found` for a page that is not there, and for a range without any
 */
export async function chosenPages(document: PdfDocument, choice: PageChoice): Promise<readonly Page[]> {
  if (isList(choice) && choice.length <= fewPages) {
    const pages: Page[] = [];
    for (const page of choice) pages.push(await pageNumbered(document, page));
    return distinct(pages.sort((a, b) => a.index - b.index));
  }
  const all: Page[] = [];
  for await (const page of walkPages(document)) all.push(page);
  return selected(all, choice);
}

/** The chosen of `all` pages. @throws SigningError `page-not-found` */
function selected<P extends { readonly index: number }>(all: readonly P[], choice: PageChoice): readonly P[] {
  const count = all.length;
  const indexOf = (page: number): number => (page > 0 ? page - 1 : count + page);
  if (choice === 'all') return all;
  const there = (index: number): boolean => index >= 0 && index < count;
  const wanted = isList(choice) ? choice.map(indexOf) : [indexOf(choice.from), indexOf(choice.to)];
  if (!wanted.every(there)) throw missing(count);
  if (isList(choice)) {
    const set = new Set(wanted);
    if (set.size !== wanted.length) throw twice();
    return all.filter(({ index }) => set.has(index));
  }
  const [from = 0, to = 0] = wanted;
  if (from > to) throw missing(count);
  return all.slice(from, to + 1);
}

function distinct(pages: readonly Page[]): readonly Page[] {
  if (new Set(pages.map(({ index }) => index)).size !== pages.length) throw twice();
  return pages;
}

function twice(): SigningError {
  return new SigningError('placement-invalid', 'A list of pages names one page twice.');
}

function missing(count: number): SigningError {
  return new SigningError('page-not-found', `The document has ${count} pages and not those to be stamped.`);
}
